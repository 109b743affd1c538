package sample

import (
	"slices"
	"strings"

	"sallyport/jsonschema"
	"sallyport/mediatype"
	"sallyport/openapi"
	"sallyport/problem"
)

// Broken is a request with exactly one fault.
type Broken struct {
	*Request
	// Fault says in a few words what is wrong.
	Fault string
	// Kind is what a gateway should call it.
	Kind problem.Kind
}

// Names and texts that no document is likely to declare.
const (
	strangeName = "zz-undeclared"
	strangeText = "zz~wrong"
	strangeType = "zz/undeclared"
)

// maxOfAKind bounds the variants that one sort of fault has.
const maxOfAKind = 3

// Broken makes variants of a request that the operation takes, each with one
// fault: what is left out, of another type, of another name, or not to be read.
// Only what the document forbids is counted as a fault; an operation that takes
// anything has few.
func (g *Generator) Broken(op *openapi.Operation) ([]Broken, error) {
	d, err := g.draft(op)
	if err != nil {
		return nil, err
	}
	b := breaker{Generator: g, valid: d}
	b.target()
	b.credentials()
	b.parameters()
	b.undeclaredQuery()
	b.content()
	return b.list, nil
}

type breaker struct {
	*Generator
	valid *draft
	list  []Broken
}

// add notes a variant of the valid request.
func (b *breaker) add(kind problem.Kind, fault string, change func(*draft)) {
	d := *b.valid
	d.given = slices.Clone(d.given)
	change(&d)
	b.list = append(b.list, Broken{d.request(), fault, kind})
}

// target asks for a path longer than any that is declared, and for a method
// that the path does not have.
func (b *breaker) target() {
	path := b.valid.op.BasePaths[0] + strings.Repeat("/"+strangeName, b.segments+1)
	b.add(problem.OperationUnknown, "undeclared path", func(d *draft) { d.path = path })
	if method := b.otherMethod(b.valid.request().Path); method != "" {
		b.add(problem.MethodUnknown, "undeclared method "+method, func(d *draft) { d.method = method })
	}
}

// otherMethod is one that no template which the path could match has.
func (b *breaker) otherMethod(path string) string {
	taken := make(map[string]bool)
	for _, op := range b.document.Operations {
		for _, base := range op.BasePaths {
			if couldMatch(literal(base+op.Path), path) {
				taken[op.Method] = true
			}
		}
	}
	for _, method := range [...]string{"PUT", "DELETE", "PATCH", "POST", "GET"} {
		if !taken[method] {
			return method
		}
	}
	return ""
}

// couldMatch compares segment by segment; one with a parameter takes anything.
func couldMatch(template, path string) bool {
	a, b := segmentsOf(template), segmentsOf(path)
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] && !strings.Contains(a[i], "%7B") {
			return false
		}
	}
	return true
}

// credentials leaves them out where they are needed.
func (b *breaker) credentials() {
	anonymous := slices.ContainsFunc(b.valid.op.Security, func(a openapi.Alternative) bool { return len(a) == 0 })
	if len(b.valid.secret) > 0 && !anonymous {
		b.add(problem.CredentialsMissing, "no credentials", func(d *draft) { d.secret = nil })
	}
}

// parameters leaves out what is required, and gives others a text that their
// schema does not take.
func (b *breaker) parameters() {
	missing, wrong := 0, 0
	for i := range b.valid.given {
		p := b.valid.given[i].declared
		if p.Required && p.In != "path" && missing < maxOfAKind && !setByOthers(p) {
			missing++
			b.add(problem.ParameterInvalid, "no "+p.In+" parameter "+p.Name, func(d *draft) { d.given = slices.Delete(d.given, i, i+1) })
		}
		if text, ok := b.wrongText(p); ok && wrong < maxOfAKind && !setByOthers(p) {
			wrong++
			b.add(problem.ParameterInvalid, "wrong type of "+p.In+" parameter "+p.Name, func(d *draft) { d.given[i].pairs = []pair{text} })
		}
	}
}

// setByOthers tells header fields that clients set by themselves.
func setByOthers(p *openapi.Parameter) bool {
	return p.In == "header" && (strings.EqualFold(p.Name, "User-Agent") || strings.EqualFold(p.Name, "Accept-Encoding"))
}

// wrongText is a pair that no reading of the parameter fits: its schema takes
// neither the text nor a list of it. Objects, whose text is read in many ways,
// have none.
func (b *breaker) wrongText(p *openapi.Parameter) (pair, bool) {
	if p.Content != nil {
		if t, err := mediatype.Parse(p.Content.Range); err != nil || !t.IsJSON() || p.In == "querystring" {
			return pair{}, false
		}
		wrong := "%7B"
		if p.In == "header" {
			wrong = "{"
		}
		return pair{name: serialise(p, "")[0].name, value: wrong}, true
	}
	if p.Schema == nil || p.Style == "deepObject" {
		return pair{}, false
	}
	judge, err := b.schema(p.Schema, closed(jsonschema.Request))
	if err != nil || judge.Shape().Types&jsonschema.Object != 0 ||
		len(judge.Check(marshal(strangeText))) == 0 || len(judge.Check(marshal([]any{strangeText}))) == 0 {
		return pair{}, false
	}
	return serialise(p, strangeText)[0], true
}

// undeclaredQuery adds a parameter, unless an object takes names of any kind.
func (b *breaker) undeclaredQuery() {
	for _, p := range b.valid.op.Parameters {
		if p.In == "querystring" || p.In == "query" && p.Explode && p.Style != "deepObject" && b.mayBeObject(p) {
			return
		}
	}
	b.add(problem.ParameterInvalid, "undeclared query parameter", func(d *draft) { d.more = strangeName + "=1" })
}

func (b *breaker) mayBeObject(p *openapi.Parameter) bool {
	if p.Schema == nil {
		return false
	}
	judge, err := b.schema(p.Schema, closed(jsonschema.Request))
	return err != nil || judge.Shape().Types&jsonschema.Object != 0
}
