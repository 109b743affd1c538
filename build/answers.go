package build

import (
	"fmt"
	"slices"
	"strings"

	"sallyport"
	"sallyport/items"
	"sallyport/jsonschema"
	"sallyport/mediatype"
	"sallyport/message"
	"sallyport/openapi"
	"sallyport/source"
	"sallyport/stage/filter"
	"sallyport/xmlbody"
)

// filter places what holds the answers of the operation.
func (o *operationBuilder) filter() {
	answers := o.rules.Answers
	o.place(sallyport.Filter, "fields", &filter.Fields{
		Defaults:   o.answerDefaults(),
		Set:        o.answerFields(),
		KeepServer: answers.KeepServer,
		CORS:       o.config.CORS != nil,
	}, enforced(answers.PositionOf("headers"), "answer: fields that tell about the backend are removed"))
	modes := map[string]filter.Mode{"prune": filter.Prune, "observe": filter.Watch, "block": filter.Block}
	mode, on := modes[answers.Mode]
	o.veiled = len(o.guarded.fields) > 0 && o.veils()
	if (o.guardsAnswers() || o.veiled) && o.isWebSocket() {
		o.faults.Add(o.declared.At, "take the rules away from the operation", "%s is a WebSocket, and rules over its answer cannot be held: what comes through it is not looked into", o.op.ID)
		return
	}
	if (!on || mode == filter.Watch) && (o.guardsAnswers() || o.veiled) {
		o.faults.Add(answers.PositionOf("mode"), "set it to prune or block", "rules over the answer of %s cannot be held with answers.mode %s", o.op.ID, answers.Mode)
		return
	}
	if !on {
		o.unenforced(annotation(answers.PositionOf("mode"), "answer: statuses, media types and bodies are not held (mode off)"))
		return
	}
	step := &filter.Answer{Mode: mode, Guarded: o.guardsAnswers(), Object: len(o.guarded.allow) > 0}
	controls := []sallyport.Control{}
	for _, r := range o.declared.Responses {
		status, err := filter.ParseStatus(r.Status)
		if err != nil {
			o.fault(r.At, err)
			continue
		}
		var content []filter.Media
		var types []string
		for _, m := range r.Content {
			one, err := mediatype.ParseRange(m.Range)
			if err != nil {
				o.unenforced(annotation(m.At, "answer %s: no media type, so that no answer can have it", m.Range))
				continue
			}
			media, err := o.media(m, one)
			if err != nil {
				o.fault(m.At, err)
				continue
			}
			content, types = append(content, media), append(types, m.Range)
			controls = append(controls, o.guardMedia(&content[len(content)-1], m, o.isSuccess(status))...)
			controls = append(controls, o.largeAnswers(mode, r.Status, m, &content[len(content)-1])...)
			if media.XML != nil {
				controls = append(controls, enforced(m.At, "answer %s %s: of XML, %s, read and held to the schema; one of more than %s is refused", r.Status, m.Range, media.XML.Root(), answers.MaxBody))
			}
			for kind, held := range media.Items {
				if held != nil {
					controls = append(controls, enforced(m.At, "answer %s %s: %s, each held to its schema as it passes", r.Status, m.Range, items.Kind(kind)))
				}
			}
		}
		step.Responses = append(step.Responses, filter.NewResponse(status, content))
		controls = append(controls, enforced(r.At, "answer %s: %s", r.Status, orElse(strings.Join(types, ", "), "no content")))
	}
	if o.guardsAnswers() && !o.isAsked && len(o.faults) == 0 {
		o.faults.Add(o.declared.At, "declare a success of JSON with a schema", "the rules over the answer of %s can be asked about none of those that it declares", o.op.ID)
	}
	if mode != filter.Watch && !o.isWebSocket() && !declaresSuccess(step.Responses) {
		o.result.Warnings.Add(o.declared.At, "declare its 2xx, or set answers.mode for it",
			"the operation %s declares no success: every 2xx and 3xx of the backend becomes 502", o.declared.ID)
	}
	if mode == filter.Prune {
		controls = append(controls, enforced(answers.PositionOf("mode"), "answer: undeclared and writeOnly members of JSON and XML are taken out (mode prune)"))
	}
	if mode == filter.Watch {
		o.unenforced(annotation(answers.PositionOf("mode"), "answer: what is not as declared is recorded and passed (mode observe)"))
	}
	o.identity = step.ReadsSuccess()
	o.place(sallyport.Filter, "answer", step, controls...)
}

// largeAnswers says what comes of JSON that is too long to be held.
func (o *operationBuilder) largeAnswers(mode filter.Mode, status string, m *openapi.MediaType, media *filter.Media) []sallyport.Control {
	if media.Schema == nil {
		return nil
	}
	if media.Guard != nil {
		return []sallyport.Control{enforced(m.At, "answer %s %s: one of more than %s is refused, since rules decide about it", status, m.Range, o.rules.Answers.MaxBody)}
	}
	size := o.rules.Answers.MaxBody
	notes, streams := media.Schema.Streams()
	media.Streams = streams
	var controls []sallyport.Control
	switch {
	case mode == filter.Block:
		return []sallyport.Control{enforced(m.At, "answer %s %s: one of more than %s is refused, since all of it must be judged first (mode block)", status, m.Range, size)}
	case !streams && mode == filter.Watch:
		o.unenforced(annotation(notes[0].At, "answer %s %s: one of more than %s is not looked at: %s", status, m.Range, size, notes[0].Says))
		return nil
	case !streams:
		return []sallyport.Control{enforced(notes[0].At, "answer %s %s: one of more than %s is refused: %s", status, m.Range, size, notes[0].Says)}
	}
	controls = append(controls, enforced(m.At, "answer %s %s: one of more than %s is judged member by member and item by item as it passes", status, m.Range, size))
	for _, n := range notes {
		controls = append(controls, enforced(n.At, "answer %s %s: as it passes, %s", status, m.Range, n.Says))
	}
	return controls
}

func declaresSuccess(responses []filter.Response) bool {
	return slices.ContainsFunc(responses, func(r filter.Response) bool {
		return r.Status == 0 || r.Status == 2 || r.Status == 3 || 200 <= r.Status && r.Status < 400
	})
}

func (o *operationBuilder) media(m *openapi.MediaType, r mediatype.Range) (filter.Media, error) {
	media := filter.Media{Range: r}
	t, one := r.Type()
	if err := o.items(&media, m); err != nil {
		return media, err
	}
	err := o.xml(&media, m)
	if m.Schema == nil || one && !t.IsJSON() || err != nil {
		if m.Schema != nil && !t.IsXML() && media.Items == (filter.Media{}).Items {
			o.unenforced(annotation(m.At, "answer %s: the schema is not held, only JSON and XML are", m.Range))
		}
		return media, err
	}
	media.Schema, err = o.compiler.Compile(m.Schema, jsonschema.Use{Direction: jsonschema.Response, Closed: true})
	if err != nil {
		return media, err
	}
	for _, n := range media.Schema.Notes() {
		o.unenforced(annotation(n.At, "answer %s: %s", n.Keyword, n.Says))
	}
	return media, nil
}

// xml compiles what holds an answer of XML, where the range includes any.
func (o *operationBuilder) xml(media *filter.Media, m *openapi.MediaType) error {
	t, one := media.Range.Type()
	example, err := mediatype.Parse("application/xml")
	if err != nil || m.Schema == nil || one && !t.IsXML() || !one && !media.Range.Includes(example) {
		return err
	}
	media.XML, err = xmlbody.Compile(o.compiler, o.plans, m.Schema, jsonschema.Use{Direction: jsonschema.Response, Closed: true})
	switch {
	case err != nil:
		return err
	case media.XML == nil:
		o.unenforced(annotation(m.At, "answer %s: the schema does not say element by element what is there, so that XML passes unread", m.Range))
	case one: // of a range the schema is held of JSON too, which says the same
		for _, n := range media.XML.Notes() {
			o.unenforced(annotation(n.At, "answer %s: %s", n.Keyword, n.Says))
		}
	}
	return nil
}

// sequences are a type of each kind, by which a range is asked whether it
// includes any.
var sequences = [...]string{items.Lines: "application/x-ndjson", items.Sequence: "application/json-seq", items.Events: "text/event-stream"}

// items compiles what holds an answer item by item, for each kind of sequence
// that its range includes.
func (o *operationBuilder) items(media *filter.Media, m *openapi.MediaType) error {
	one, all := items.Declared(m.ItemSchema, m.Schema, o.follow)
	if one == nil {
		return nil
	}
	t, exact := media.Range.Type()
	exactly, ok := items.KindOf(t)
	for kind, name := range sequences {
		example, err := mediatype.Parse(name)
		if err != nil {
			return err
		}
		if exact && !(ok && exactly == items.Kind(kind)) || !exact && !media.Range.Includes(example) {
			continue
		}
		held, err := items.Compile(o.compiler, items.Kind(kind), one, jsonschema.Use{Direction: jsonschema.Response, Closed: true}, o.follow)
		if err != nil {
			return err
		}
		media.Items[kind] = held
		for _, n := range held.Notes() {
			o.unenforced(annotation(n.At, "answer %s: %s", n.Keyword, n.Says))
		}
		if all != nil {
			o.unenforced(annotation(m.At, "answer %s: the items are held one by one; what the schema says of all of them together is not", m.Range))
		}
	}
	return nil
}

// follow leads from a schema that is a reference to what says something.
func (o *operationBuilder) follow(n *source.Node) *source.Node { return follow(o.document, n) }

func follow(d *openapi.Document, n *source.Node) *source.Node {
	for range 16 {
		ref := n.Str("$ref")
		if ref == "" {
			return n
		}
		next, err := d.Resolve(n, ref)
		if err != nil || next == nil {
			return nil
		}
		n = next
	}
	return nil
}

// answerDefaults are what browsers need to be careful with an answer that is
// data (OWASP REST Security Cheat Sheet, "Security headers").
func (o *operationBuilder) answerDefaults() message.Fields {
	if !o.rules.Answers.SecurityHeaders {
		return nil
	}
	return message.Fields{
		{Name: "Content-Security-Policy", Value: "default-src 'none'; frame-ancestors 'none'"},
		{Name: "X-Frame-Options", Value: "DENY"},
		{Name: "Referrer-Policy", Value: "no-referrer"},
		{Name: "Cache-Control", Value: "no-store"},
	}
}

func (o *operationBuilder) answerFields() message.Fields {
	var fields message.Fields
	for _, h := range o.rules.Answers.Headers {
		fields.Add(h.Name, h.Value)
	}
	return fields
}

// everyAnswer are fields of whatever answer leaves, refusals included.
func (b *builder) everyAnswer() message.Fields {
	return message.Fields{{Name: "X-Content-Type-Options", Value: "nosniff"}}
}

// hsts is the longest promise of any listener with TLS (RFC 6797 §6.1.1).
func (b *builder) hsts() string {
	longest := 0
	for i := range b.config.Listen {
		if l := &b.config.Listen[i]; l.TLS != nil {
			longest = max(longest, int(l.HSTS.Duration().Seconds()))
		}
	}
	if longest == 0 {
		return ""
	}
	return fmt.Sprintf("max-age=%d", longest)
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
