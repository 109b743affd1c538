package build

import (
	"slices"
	"strings"

	"sallyport"
	"sallyport/guard"
	"sallyport/jsonschema"
	"sallyport/openapi"
	"sallyport/rule"
	"sallyport/stage/filter"
)

// guardList binds the rule over items to the list of an answer.
func (o *operationBuilder) guardList(held *filter.Guard, schema *jsonschema.Schema) []sallyport.Control {
	k := o.guarded.keep
	list, err := jsonschema.CompilePlace(k.At)
	if err != nil {
		o.fault(k.PositionOf("at"), err)
		return nil
	}
	if schema.TypesAt(list)&jsonschema.Array == 0 {
		o.faults.Add(k.PositionOf("at"), "say where it stands: keep: { rule: …, at: /items }", "the answer of %s has no list at %q", o.op.ID, k.At)
		return nil
	}
	v := o.vocabulary(nil)
	v.Bodies[rule.Item] = itemShape{schema, k.At + "/*"}
	s := statement{k.Rule, k.PositionOf("rule")}
	r := o.compileRule(s, v)
	if r == nil {
		return nil
	}
	o.bound = o.bound || r.Needs().Has(rule.Caller)
	set := guard.NewSet(rule.Item, r)
	held.Keep, held.Watch.Keep = set, []jsonschema.Keep{{Array: list, Read: set.Capture, Types: kindsOf(schema, k.At+"/*")}}
	o.guardCounts(held, schema)
	return []sallyport.Control{enforced(s.at, "answer: items of %s leave for which %s (%s)", orElse(k.At, "the list"), k.Rule, way(r))}
}

// itemShape is that of what stands at a place.
type itemShape struct {
	schema *jsonschema.Schema
	at     string
}

func (s itemShape) TypesAt(p *jsonschema.Place) jsonschema.Types {
	place, err := jsonschema.CompilePlace(s.at + p.String())
	if err != nil {
		return 0
	}
	return s.schema.TypesAt(place)
}

// guardCounts binds what comes of numbers beside a list. They are captured behind
// what the rules ask for.
func (o *operationBuilder) guardCounts(held *filter.Guard, schema *jsonschema.Schema) {
	k := o.guarded.keep
	for i := range k.Counts {
		c := &k.Counts[i]
		place, err := jsonschema.CompilePlace(c.Name)
		switch {
		case err != nil:
			o.fault(c.At, err)
		case schema.TypesAt(place)&(jsonschema.Number|jsonschema.Integer) == 0:
			o.faults.Add(c.At, "name it as the schema of the answer does", "the answer of %s has no number at %q", o.op.ID, c.Name)
		case c.As == "recount" && slices.Contains(strings.Split(c.Name, "/"), "*"):
			o.faults.Add(c.At, "write remove", "several counts cannot be recounted at once")
		case c.As != "left":
			held.Counts = append(held.Counts, filter.Count{Place: place, Recount: c.As == "recount", Capture: len(held.Watch.Capture)})
			held.Watch.Capture = append(slices.Clip(held.Watch.Capture), place)
		}
	}
}

// guardSequence binds the rule over items to answers that are items one after the
// other. Of them all together nothing is known, so that no other rule is asked.
func (o *operationBuilder) guardSequence(media *filter.Media, m *openapi.MediaType) []sallyport.Control {
	g := &o.guarded
	var item *jsonschema.Schema
	for _, held := range media.Items {
		if held != nil {
			item = held.Item()
		}
	}
	if item == nil || g.keep == nil || g.keep.At != "" || len(g.keep.Counts) > 0 || len(g.allow) > 0 {
		return nil
	}
	v := o.vocabulary(nil)
	v.Bodies[rule.Item] = item
	s := statement{g.keep.Rule, g.keep.PositionOf("rule")}
	r := o.compileRule(s, v)
	if r == nil {
		return nil
	}
	o.bound = o.bound || r.Needs().Has(rule.Caller)
	set := guard.NewSet(rule.Item, r)
	o.isAsked = true
	media.Keep = &filter.ItemGuard{Rules: set, Watch: jsonschema.Watch{Capture: set.Capture}}
	return []sallyport.Control{enforced(s.at, "answer %s: items leave, as they pass, for which %s (%s)", m.Range, g.keep.Rule, way(r))}
}
