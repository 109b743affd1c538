package build

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sallyport"
	"sallyport/config"
	"sallyport/openapi"
	"sallyport/pathmatch"
	"sallyport/problem"
	"sallyport/source"
	"sallyport/stage/admit"
	"sallyport/stage/forward"
)

// operation makes the steps of one operation, in the order of a request's way.
func (a *apiBuilder) operation(d *openapi.Operation) *sallyport.Operation {
	rules := a.config.For(d.ID, d.Path, d.Tags)
	op := &sallyport.Operation{
		API:        a.config.Name,
		ID:         d.ID,
		Method:     d.Method,
		Path:       d.BasePaths[0] + d.Path,
		Index:      len(a.operations),
		MaxBody:    int64(rules.Request.MaxBody),
		MaxAnswer:  int64(rules.Answers.MaxBody),
		Deprecated: d.Deprecated,
		At:         d.At,

		Unprocessable: rules.Request.Status == 422,
	}
	op.Params, _ = pathmatch.Names(d.Path)
	a.operations = append(a.operations, op)
	if len(d.Mistakes) > 0 {
		a.unserved(op, d.Mistakes)
		return op
	}
	o := &operationBuilder{apiBuilder: a, declared: d, op: op, rules: rules}
	o.extensions()
	o.admit()
	o.identify()
	o.limit()
	o.countLookups()
	o.flow()
	o.authorize()
	o.guard()
	o.validate()
	o.uploads()
	o.needsHTTP2()
	o.filter()
	o.openFlows()
	o.forward()
	o.findUnguarded()
	if len(o.faults) > 0 {
		a.unserved(op, o.faults)
	}
	op.Unenforced = a.once(op.Unenforced)
	return op
}

// once drops what was found twice, by two answers with one schema, and keeps
// one copy of each text: a large document has a hundred thousand of them.
func (b *builder) once(controls []sallyport.Control) []sallyport.Control {
	seen := make(map[sallyport.Control]bool, len(controls))
	kept := make([]sallyport.Control, 0, len(controls))
	for _, c := range controls {
		if seen[c] {
			continue
		}
		seen[c] = true
		if text, known := b.texts[c.Says]; known {
			c.Says = text
		} else {
			b.texts[c.Says] = c.Says
		}
		kept = append(kept, c)
	}
	return slices.Clone(kept)
}

// operationBuilder collects what is wrong with one operation, so that it alone
// can be left unserved.
type operationBuilder struct {
	*apiBuilder
	declared *openapi.Operation
	op       *sallyport.Operation
	rules    config.Rules
	faults   source.Mistakes
	guarded  guarded
	isAsked  bool // rules are bound to some answer
	veiled   bool // rules say who may see values of an answer
	bound    bool // a rule binds the caller to objects; one over either alone does not
	identity bool // the answers of success are read: see forward.Upstream
}

func (o *operationBuilder) fault(at source.Position, err error) {
	if ms, ok := err.(source.Mistakes); ok {
		o.faults = append(o.faults, ms...)
		return
	}
	o.faults.Add(at, "", "%s", err)
}

// place puts a step into its stage, in the mode that the rules give the stage.
func (o *operationBuilder) place(stage sallyport.Stage, name string, step sallyport.Step, controls ...sallyport.Control) {
	o.op.Place(sallyport.Placed{Stage: stage, Mode: o.mode(stage), Name: name, Step: step, Controls: controls})
}

func (o *operationBuilder) mode(stage sallyport.Stage) sallyport.Mode {
	if slices.Contains(o.rules.Observe, stage.String()) {
		return sallyport.Observe
	}
	return sallyport.Enforce
}

func (o *operationBuilder) unenforced(controls ...sallyport.Control) {
	o.op.Unenforced = append(o.op.Unenforced, controls...)
}

func enforced(at source.Position, format string, args ...any) sallyport.Control {
	return sallyport.Control{Effect: sallyport.Enforced, Says: fmt.Sprintf(format, args...), From: at}
}

func annotation(at source.Position, format string, args ...any) sallyport.Control {
	return sallyport.Control{Effect: sallyport.Annotation, Says: fmt.Sprintf(format, args...), From: at}
}

func (o *operationBuilder) admit() {
	if o.cors != nil {
		o.place(sallyport.Admit, "cors", o.cors, enforced(o.config.CORS.At, "cors: answers may be read by listed origins"))
	}
	o.place(sallyport.Admit, "reading", o.reading(), enforced(source.Position{}, "path: no encoded slash, no path parameter of the ; kind"))
	if twins := o.rules.Request.Twins; twins != "pass" {
		says := map[string]string{"refuse": "refused", "drop": "dropped"}[twins]
		o.place(sallyport.Admit, "twins", admit.NewTwins(twins == "drop", o.readFields(), (&forward.Upstream{Prefix: string(o.config.Caller.Headers)}).Owns), enforced(o.rules.Request.PositionOf("twins"), "header fields that differ in underscores alone are %s", says))
	}
	o.handshake()
	o.place(sallyport.Admit, "sizes", admit.Sizes{}, enforced(o.rules.Request.PositionOf("max_body"), "body: at most %s", o.rules.Request.MaxBody))
}

// uploads says how large a multipart body may be that is passed on as it comes.
func (o *operationBuilder) uploads() {
	if o.op.MaxUpload > o.op.MaxBody {
		admitted := o.op.Steps(sallyport.Admit)
		sizes := &admitted[len(admitted)-1]
		sizes.Controls = append(sizes.Controls, enforced(o.rules.Request.PositionOf("max_file"), "body: a multipart body with its files at most %s bytes", strconv.FormatInt(o.op.MaxUpload, 10)))
	}
}

// reading opens what a template or a parameter of the operation needs.
func (o *operationBuilder) reading() *admit.Reading {
	r := &admit.Reading{Slash: make([]bool, len(o.op.Params)), Semicolon: strings.Contains(o.op.Path, ";")}
	for _, p := range o.declared.Parameters {
		if p.In == "header" {
			r.Fields = append(r.Fields, p.Name)
		}
		if p.In == "path" && p.Style == "matrix" {
			r.Semicolon = true
		}
		if i := slices.Index(o.op.Params, p.Name); p.In == "path" && i >= 0 && p.Extension.True("encoded_slash") {
			r.Slash[i] = true
		}
	}
	return r
}

// readFields are the header fields by which the operation decides anything.
func (o *operationBuilder) readFields() []string {
	var names []string
	for _, p := range o.declared.Parameters {
		if p.In == "header" {
			names = append(names, p.Name)
		}
	}
	for _, s := range o.document.Schemes {
		if s.Type == "apiKey" && s.In == "header" {
			names = append(names, s.Parameter)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (o *operationBuilder) forward() {
	if l, ok := o.local(); ok {
		o.answered(l)
		return
	}
	waits, socket := o.rules.Waits, o.webSocket()
	controls := []sallyport.Control{enforced(o.config.Upstream.At, "%s; first byte within %s; the caller in %s* fields", o.upstreamSays(), waits.FirstByte, o.config.Caller.Headers)}
	controls = append(controls, o.credentialControls()...)
	if socket != nil {
		controls = append(controls, o.webSocketControls()...)
	}
	o.place(sallyport.Forward, "upstream", &forward.Upstream{
		Pool:         o.poolWaiting(waits.FirstByte.Duration()),
		Prefix:       string(o.config.Caller.Headers),
		Strip:        o.stripped(),
		Identity:     o.identity,
		Guarded:      o.guardsAnswers() || o.veiled,
		Accept:       o.accept(),
		PreserveHost: o.config.Upstream.Host == "preserve",
		Idle:         waits.Idle.Duration(),
		Whole:        waits.Whole.Duration(),
		Credentials:  o.credentials,
		Certificates: o.certificates,
		Secrets:      o.querySecrets(),
		WebSocket:    socket,
	}, controls...)
}

// stripped are the base paths that the backend does not see.
func (o *operationBuilder) stripped() []string {
	if o.config.Upstream.BasePath != "strip" {
		return nil
	}
	bases := slices.DeleteFunc(slices.Clone(o.declared.BasePaths), func(base string) bool { return base == "" })
	slices.SortFunc(bases, func(a, b string) int { return len(b) - len(a) })
	return bases
}

// refuse leaves an operation nothing but a refusal.
func refuse(op *sallyport.Operation, mistakes source.Mistakes) {
	unserved := *op
	*op = sallyport.Operation{
		API: unserved.API, ID: unserved.ID, Method: unserved.Method, Path: unserved.Path, Params: unserved.Params,
		Index: unserved.Index, MaxBody: unserved.MaxBody, MaxAnswer: unserved.MaxAnswer, Deprecated: unserved.Deprecated, At: unserved.At,
	}
	controls := make([]sallyport.Control, len(mistakes))
	for i, m := range mistakes {
		controls[i] = sallyport.Control{Effect: sallyport.Refused, Says: m.Message, From: m.Position}
	}
	op.Place(sallyport.Placed{
		Stage: sallyport.Admit, Name: "unserved", Controls: controls,
		Step: &admit.Refuse{Kind: problem.OperationUnserved, Detail: "Its document declares it in a way that the gateway cannot enforce."},
	})
}
