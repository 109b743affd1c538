package build

import (
	"fmt"
	"slices"
	"strings"

	"sallyport"
	"sallyport/config"
	"sallyport/guard"
	"sallyport/jsonschema"
	"sallyport/mediatype"
	"sallyport/openapi"
	"sallyport/rule"
	"sallyport/source"
	"sallyport/stage/inspect"
)

func includesJSON(r mediatype.Range) bool {
	t, one := r.Type()
	if one {
		return t.IsJSON()
	}
	example, err := mediatype.Parse("application/json")
	return err == nil && r.Includes(example)
}

// isJSON tells a range that is one type of JSON.
func isJSON(r mediatype.Range) bool {
	t, one := r.Type()
	return one && t.IsJSON()
}

// addWrites lets rules ask for what the request carries, and for the object
// that it is about.
func (o *operationBuilder) addWrites(v *rule.Vocabulary, read *openapi.Operation) {
	if s := o.requestSchema(); s != nil {
		v.Bodies[rule.Request] = s
	}
	if read == nil {
		return
	}
	if _, s := o.successMedia(read, mayBeRead); s != nil {
		v.Bodies[rule.Object] = s
	}
}

// mayBeRead tells the statuses by which a 200 is declared.
func mayBeRead(status int) bool { return status == 0 || status == 2 || status == 200 }

func (o *operationBuilder) requestSchema() *jsonschema.Schema {
	if o.declared.Body == nil {
		return nil
	}
	for _, m := range o.declared.Body.Content {
		if one, err := mediatype.ParseRange(m.Range); m.Schema == nil || err != nil || !includesJSON(one) {
			continue
		}
		if s, err := o.compiler.Compile(m.Schema, jsonschema.Use{Direction: jsonschema.Request, Closed: true}); err == nil {
			return s
		}
	}
	return nil
}

// readOf is the operation that reads what this one writes.
func (o *operationBuilder) readOf() *openapi.Operation {
	c := o.guarded.object
	if c == nil {
		return nil
	}
	if o.reads() {
		o.faults.Add(c.At, "ask for response in its rules", "%s reads the object itself", o.op.ID)
		return nil
	}
	var ids []string
	for _, other := range o.document.Operations {
		if other.ID == c.Read {
			return o.readable(other)
		}
		ids = append(ids, other.ID)
	}
	remedy := "it takes the id of a GET of the same API"
	if near := source.Nearest(c.Read, ids); near != "" {
		remedy = "did you mean " + near + "?"
	}
	o.faults.Add(c.PositionOf("read"), remedy, "the document has no operation %q", c.Read)
	return nil
}

// readable tells whether a write names all that the reading needs.
func (o *operationBuilder) readable(read *openapi.Operation) *openapi.Operation {
	at := o.guarded.object.PositionOf("read")
	if read.Method != "GET" {
		o.faults.Add(at, "name a GET", "%s is a %s and would change something", read.ID, read.Method)
		return nil
	}
	for _, p := range read.Parameters {
		switch {
		case p.In == "path" && !slices.Contains(o.op.Params, p.Name):
			o.faults.Add(at, "", "%s needs the path parameter %s, which %s has not", read.ID, p.Name, o.op.ID)
			return nil
		case p.In == "query" && p.Required && !o.hasQuery(p.Name):
			o.faults.Add(at, "", "%s needs the query parameter %s, which nobody can give it here", read.ID, p.Name)
			return nil
		}
	}
	if _, s := o.successMedia(read, mayBeRead); s == nil {
		o.faults.Add(at, "declare its 200 as application/json with a schema", "what %s answers has no schema that a rule could ask", read.ID)
		return nil
	}
	return read
}

func (o *operationBuilder) hasQuery(name string) bool {
	return slices.ContainsFunc(o.declared.Parameters, func(p *openapi.Parameter) bool { return p.In == "query" && p.Name == name })
}

// readQuery is what the reading takes of the query of the write: what both
// declare, and credentials.
func (o *operationBuilder) readQuery(read *openapi.Operation) []string {
	names := o.querySecrets()
	for _, p := range read.Parameters {
		if p.In == "query" && o.hasQuery(p.Name) {
			names = append(names, p.Name)
		}
	}
	return names
}

// guardBody places the rules over what the request carries.
func (o *operationBuilder) guardBody(all []statement, fields []*config.Field) {
	if len(all)+len(fields) == 0 {
		return
	}
	step := &inspect.Body{}
	var controls []sallyport.Control
	for _, m := range o.declared.Body.Content {
		one, err := mediatype.ParseRange(m.Range)
		if err != nil {
			continue // of no request
		}
		look := inspect.Look{Rules: guard.NewSet(rule.Request)}
		if m.Schema != nil && includesJSON(one) {
			look.Schema, err = o.compiler.Compile(m.Schema, jsonschema.Use{Direction: jsonschema.Request, Closed: true})
			if err != nil {
				continue // validate says so
			}
		}
		v := o.vocabulary(nil)
		v.Bodies[rule.Request] = orAny(look.Schema)
		rules := o.compileAll(all, v)
		set := guard.NewSet(rule.Request, rules...)
		look.Rules, look.Watch.Capture = set, set.Capture
		o.guardWritable(&look, fields, m)
		if look.Schema != nil {
			look.Watch.Typed = look.Schema.Typed(look.Watch.Capture)
		}
		if !isJSON(one) || look.Schema == nil {
			controls = append(controls, enforced(m.At, "a body of %s that is not JSON with a schema is refused, since rules are asked about it", m.Range))
		}
		step.Ranges, step.Looks = append(step.Ranges, one), append(step.Looks, look)
	}
	for _, s := range all {
		controls = append(controls, enforced(s.at, "rule %s (needs request)", s.text))
	}
	for _, f := range fields {
		controls = append(controls, enforced(f.PositionOf("writable"), "request: %s only where %s", f.Name, f.Writable))
	}
	if len(step.Looks) > 0 {
		o.place(sallyport.Inspect, "body", step, controls...)
	}
}

// orAny is the shape of a schema, or that of what is never read.
func orAny(s *jsonschema.Schema) rule.Shape {
	if s == nil {
		return anyShape{}
	}
	return s
}

func (o *operationBuilder) compileAll(all []statement, v *rule.Vocabulary) []*guard.Rule {
	var rules []*guard.Rule
	for _, s := range all {
		if r := o.compileRule(s, v); r != nil {
			rules = append(rules, r)
		}
	}
	return rules
}

// guardObject places the reading of what a write is about, and the rules over it.
func (o *operationBuilder) guardObject(all []statement, read *openapi.Operation) {
	if read == nil {
		return
	}
	c := o.guarded.object
	if len(all) == 0 {
		o.faults.Add(c.At, "add a rule such as object.owner == caller.subject under allow, or remove object", "the object that %s is about is read, and no rule asks for it", o.op.ID)
		return
	}
	media, schema := o.successMedia(read, mayBeRead)
	v := o.vocabulary(nil)
	v.Bodies[rule.Object] = schema
	set := guard.NewSet(rule.Object, o.compileAll(all, v)...)
	look := inspect.Look{Schema: schema, Rules: set}
	look.Watch.Capture, look.Watch.Typed = set.Capture, schema.Typed(set.Capture)
	step := &inspect.Object{
		Bases: read.BasePaths, Path: pathOf(o.declared), Query: o.readQuery(read), IfMatch: o.ifMatch(read), Look: look,
	}
	o.keepObject(step)
	step.Literals, step.Params = template(read.Path)
	o.asFor(step, media)
	o.later = append(o.later, func() { o.readBy(step, read) })
	controls := []sallyport.Control{enforced(c.At, "the object is read by %s before the write goes on", read.ID)}
	if step.Kept != nil {
		controls = append(controls, enforced(c.PositionOf("keep_for"), "what was read is kept for %s, until the object is written to", c.KeepFor))
	}
	for _, s := range all {
		controls = append(controls, enforced(s.at, "rule %s (needs object)", s.text))
	}
	o.place(sallyport.Inspect, "object", step, controls...)
}

// asFor has the object asked for as the media type of which rules know the schema.
func (o *operationBuilder) asFor(step *inspect.Object, media *openapi.MediaType) {
	var err error
	if step.Media, err = mediatype.ParseRange(media.Range); err != nil {
		o.fault(media.At, err)
	}
	if step.Accept = media.Range; !isJSON(step.Media) {
		step.Accept = "application/json"
	}
}

// ifMatch tells whether a write can depend on what was read: a condition is about
// the resource that the request is for (RFC 9110 §13.1).
func (o *operationBuilder) ifMatch(read *openapi.Operation) bool {
	c := o.guarded.object
	if same := read.Path == o.declared.Path; same || !c.Wrote("if_match") {
		return same && c.IfMatch
	}
	if c.IfMatch {
		o.faults.Add(c.PositionOf("if_match"), "leave it out", "%s is for another path than %s, so that its ETag is no condition for it", read.ID, o.op.ID)
	}
	return false
}

// readBy leaves a write unserved where what reads its object is.
func (o *operationBuilder) readBy(step *inspect.Object, read *openapi.Operation) {
	step.Read = o.operationOf(read)
	if step.Read == nil || len(step.Read.Steps(sallyport.Forward)) == 0 {
		at := o.guarded.object.PositionOf("read")
		o.unserved(o.op, source.Mistakes{{Position: at, Message: fmt.Sprintf("%s, which reads what %s is about, is not served", read.ID, o.op.ID)}})
	}
}

// template is a path cut at its parameters.
func template(path string) (literals, params []string) {
	for {
		before, rest, found := strings.Cut(path, "{")
		literals = append(literals, before)
		if !found {
			return literals, params
		}
		var name string
		name, path, _ = strings.Cut(rest, "}")
		params = append(params, name)
	}
}

// operationOf is the operation that was made of a declared one.
func (a *apiBuilder) operationOf(declared *openapi.Operation) *sallyport.Operation {
	for _, op := range a.operations {
		if op.API == a.config.Name && op.ID == declared.ID {
			return op
		}
	}
	return nil
}
