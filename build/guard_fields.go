package build

import (
	"cmp"
	"slices"

	"sallyport"
	"sallyport/config"
	"sallyport/guard"
	"sallyport/jsonschema"
	"sallyport/mediatype"
	"sallyport/openapi"
	"sallyport/rule"
	"sallyport/source"
	"sallyport/stage/filter"
	"sallyport/stage/inspect"
)

// addFields lays the rules about values of an inner place over those of the
// outer ones.
func (g *guarded) addFields(inner []config.Field) {
	for i := range inner {
		f := &inner[i]
		g.fields = slices.DeleteFunc(g.fields, func(outer *config.Field) bool { return outer.Name == f.Name })
		g.fields = append(g.fields, f)
	}
}

// noteFields remembers all rules about values, and which of them some operation
// has.
func (o *operationBuilder) noteFields() {
	for _, f := range o.guarded.fields {
		if _, known := o.fields[f]; !known {
			o.fields[f] = false
		}
	}
}

// unusedFields are mistakes: what they guard is somewhere else, or nowhere.
func (a *apiBuilder) unusedFields() {
	seen := make(map[source.Position]bool)
	for f, used := range a.fields {
		seen[f.At] = seen[f.At] || used
	}
	var unused []*config.Field
	for f := range a.fields {
		if !seen[f.At] {
			seen[f.At] = true // once, though every operation reads the document anew
			unused = append(unused, f)
		}
	}
	slices.SortFunc(unused, func(f, g *config.Field) int {
		return cmp.Or(cmp.Compare(f.At.File, g.At.File), cmp.Compare(f.At.Line, g.At.Line), cmp.Compare(f.At.Column, g.At.Column))
	})
	for _, f := range unused {
		a.mistakes.Add(f.At, "name it as the schemas of the bodies do", "no operation that the rule stands for has a body with a value at %s", f.Name)
	}
}

// unusedExceptions are mistakes: an operation that was meant is bound all the same.
func (a *apiBuilder) unusedExceptions() {
	for at, used := range a.exceptions {
		if !used {
			a.mistakes.Add(at, "it takes the ids of operations; * stands for any characters", "no operation of the document fits this exception")
		}
	}
}

// has tells whether a body can have a value, and notes that it is used.
func (o *operationBuilder) has(s *jsonschema.Schema, f *config.Field) (*jsonschema.Place, bool) {
	place, err := jsonschema.CompilePlace(f.Name)
	if err != nil {
		o.fault(f.At, err)
		o.fields[f] = true
		return nil, false
	}
	if s == nil || s.TypesAt(place) == 0 {
		return nil, false
	}
	o.fields[f] = true
	return place, true
}

// visibleFields are the rules about values that an answer of the schema can have.
func (o *operationBuilder) visibleFields(s *jsonschema.Schema) []*config.Field {
	var fields []*config.Field
	for _, f := range o.guarded.fields {
		if _, ok := o.has(s, f); ok && f.Visible != "" {
			fields = append(fields, f)
		}
	}
	return fields
}

// veil binds rules about values to an answer.
func (o *operationBuilder) veil(held *filter.Guard, fields []*config.Field, schema *jsonschema.Schema) []sallyport.Control {
	if len(fields) == 0 {
		return nil
	}
	v := o.vocabulary(schema)
	v.Bodies[rule.Response] = schema
	var rules []*guard.Rule
	var bound []guard.Field
	var controls []sallyport.Control
	for _, f := range fields {
		r := o.compileRule(statement{f.Visible, f.PositionOf("visible")}, v)
		place, ok := o.has(schema, f)
		if r == nil || !ok {
			continue
		}
		rules = append(rules, r)
		bound = append(bound, guard.Field{Place: place, Mask: f.Instead == "mask", Last: f.Last})
		controls = append(controls, enforced(f.At, "answer: %s is seen only where %s (else %s)", f.Name, f.Visible, f.Instead))
	}
	set := guard.NewSet(rule.Response, rules...)
	held.Veil = guard.NewFields(set, len(held.Watch.Capture), bound).Veil
	held.Watch.Capture = slices.Concat(held.Watch.Capture, set.Capture)
	return controls
}

// writableFields are the rules about values that some body of the request can
// have, of whatever media type.
func (o *operationBuilder) writableFields() []*config.Field {
	var fields []*config.Field
	if o.declared.Body == nil {
		return nil
	}
	for _, f := range o.guarded.fields {
		for _, m := range o.declared.Body.Content {
			one, err := mediatype.ParseRange(m.Range)
			patches := err == nil && isPatch(one) && o.answers(f)
			if (o.mayHold(m, f, jsonschema.Request) || patches) && f.Writable != "" && !slices.Contains(fields, f) {
				fields = append(fields, f)
			}
		}
	}
	return fields
}

// guardWritable binds rules about values to a body of the request. Where the body
// is no JSON nothing finds them in it, so that it must not have them.
func (o *operationBuilder) guardWritable(look *inspect.Look, fields []*config.Field, m *openapi.MediaType) {
	if len(fields) == 0 {
		return
	}
	if one, err := mediatype.ParseRange(m.Range); err != nil || !isJSON(one) || look.Schema == nil || isPatch(one) {
		o.faults.Add(m.At, "declare JSON alone, or take the rule away from the operation", "a body of %s could hold %s, of which a rule says who may set it", m.Range, fields[0].Name)
		return
	}
	v := o.vocabulary(nil)
	v.Bodies[rule.Request] = look.Schema
	var rules []*guard.Rule
	var places []*jsonschema.Place
	for _, f := range fields {
		r := o.compileRule(statement{f.Writable, f.PositionOf("writable")}, v)
		place, ok := o.has(look.Schema, f)
		if r != nil && ok {
			rules, places = append(rules, r), append(places, place)
		}
	}
	set := guard.NewSet(rule.Request, rules...)
	bound := guard.NewFields(set, len(look.Watch.Capture), nil)
	look.Watch.Capture = slices.Concat(look.Watch.Capture, set.Capture)
	written := len(look.Watch.Capture)
	look.Watch.Capture = append(look.Watch.Capture, places...)
	look.Writable = func(x *sallyport.Exchange, captured []jsonschema.Captured) error {
		return bound.Set(x, captured, written)
	}
}

// veils tells whether rules say who may see values that some answer can have, of
// whatever status and media type. A success that is no JSON with a schema could
// show them, and so could any answer that has a schema and is not of JSON: that is
// a mistake.
func (o *operationBuilder) veils() bool {
	veils := false
	for _, f := range o.guarded.fields {
		for _, r := range o.declared.Responses {
			for _, m := range r.Content {
				veils = o.mayHold(m, f, jsonschema.Response) && f.Visible != "" || veils
			}
		}
	}
	if !veils {
		return false
	}
	for _, r := range o.declared.Responses {
		status, err := filter.ParseStatus(r.Status)
		if err != nil {
			continue
		}
		for _, m := range r.Content {
			one, err := mediatype.ParseRange(m.Range)
			t, exact := one.Type()
			if err == nil && (!exact || !t.IsJSON() || m.Schema == nil) && (o.isSuccess(status) || m.Schema != nil || m.ItemSchema != nil) {
				o.faults.Add(m.At, "declare JSON with a schema alone, or take the rule away from the operation", "an answer of %s could show a value of which a rule says who may see it", m.Range)
			}
		}
	}
	return true
}

// answers tells whether some answer of the operation has the value.
func (o *operationBuilder) answers(f *config.Field) bool {
	for _, r := range o.declared.Responses {
		for _, m := range r.Content {
			if o.mayHold(m, f, jsonschema.Response) {
				return true
			}
		}
	}
	return false
}

// isPatch tells JSON that names values by pointers in place of having them (RFC
// 6902): of what it sets its schema says nothing.
func isPatch(r mediatype.Range) bool {
	t, one := r.Type()
	return one && t.Name == "application/json-patch+json"
}

// mayHold tells whether a body of the media type can have the value, by its
// schema or by that of its items.
func (o *operationBuilder) mayHold(m *openapi.MediaType, f *config.Field, direction jsonschema.Direction) bool {
	holds := false
	for _, n := range []*source.Node{m.Schema, m.ItemSchema} {
		if n == nil {
			continue
		}
		if s, err := o.compiler.Compile(n, jsonschema.Use{Direction: direction, Closed: true}); err == nil {
			_, ok := o.has(s, f)
			holds = holds || ok
		}
	}
	return holds
}

// accept is what the backend is asked for where an answer must be JSON.
func (o *operationBuilder) accept() string {
	media, _ := o.successMedia(o.declared, o.isSuccess)
	switch {
	case media == nil || !o.guardsAnswers() && !o.veiled:
		return ""
	case isJSONRange(media.Range):
		return media.Range
	}
	return "application/json"
}

func isJSONRange(text string) bool {
	one, err := mediatype.ParseRange(text)
	return err == nil && isJSON(one)
}
