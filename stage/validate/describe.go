package validate

import (
	"strconv"
	"strings"

	"sallyport"
	"sallyport/jsonschema"
	"sallyport/openapi"
	"sallyport/source"
)

// describe makes the line of a parameter for explain: what it is called, what
// it must be, how it is written, whether it must be there.
func (f *findings) describe(d Document, p *parameter, declared *openapi.Parameter, node *source.Node) {
	says := p.in + " " + p.name + ": " + d.summary(node)
	if declared.Content != nil {
		says += " as " + declared.Content.Range
	} else {
		says += ", " + declared.Style
		if declared.Explode && (p.readings[0] != asScalar || len(p.readings) > 1) {
			says += " exploded"
		}
	}
	f.enforce(declared.At, says+presence(declared.Required))
}

// noStyle tells of lists and objects within a list or an object: no style but
// deepObject writes them (OpenAPI, Style Values: undefined), so that their values
// can only be refused.
func (f *findings) noStyle(what string, p *parameter, at source.Position) {
	if p.style == deepObject || p.content != noContent || p.jsonItems || p.shape == nil {
		return
	}
	within := ""
	if item := p.shape.Items; item != nil && mayBe(typesOf(p.shape), jsonschema.Array) && !mayBeScalar(typesOf(item)) {
		within = "its items"
	}
	for _, name := range sortedNames(p.shape.Properties) {
		if mayBe(typesOf(p.shape), jsonschema.Object) && !mayBeScalar(typesOf(p.shape.Properties[name])) {
			within = "its member " + name
		}
	}
	if within != "" {
		f.leave(sallyport.Refused, at, what+": no style but deepObject writes lists or objects within a value, such as "+within+", so that they are refused; content application/json can hold them")
	}
}

func presence(required bool) string {
	if required {
		return ", required"
	}
	return ", optional"
}

// summary is a schema in a few words.
func (d Document) summary(node *source.Node) string {
	n := d.deref(node)
	if n == nil || n.Kind != source.Map || len(n.Members) == 0 {
		return "anything"
	}
	words := typeWords(n)
	if format := n.Str("format"); format != "" {
		words += " (" + format + ")"
	}
	words += bounds(n, "minimum", "maximum", " ")
	words += bounds(n, "minLength", "maxLength", " of length ")
	words += bounds(n, "minItems", "maxItems", " of size ")
	if n.Has("pattern") {
		words += " by pattern"
	}
	if values := n.Get("enum"); values != nil && values.Kind == source.List {
		words += " out of " + strconv.Itoa(len(values.Items))
	}
	if items := n.Get("items"); items != nil && items != n && typeWords(n) == "array" {
		if inner := d.deref(items); inner != nil && inner.Kind == source.Map && inner.Get("items") == nil {
			words += " of " + d.summary(inner)
		}
	}
	return words
}

func typeWords(n *source.Node) string {
	t := n.Get("type")
	switch {
	case t == nil:
		return "value"
	case t.Kind == source.List:
		names := make([]string, len(t.Items))
		for i, item := range t.Items {
			names[i] = item.Text
		}
		return strings.Join(names, " or ")
	}
	return t.Text
}

// bounds is lowest..highest, with what is open left out.
func bounds(n *source.Node, lowest, highest, before string) string {
	low, high := n.Get(lowest), n.Get(highest)
	if low == nil && high == nil {
		return ""
	}
	says := before
	if low != nil {
		says += low.Text
	}
	says += ".."
	if high != nil {
		says += high.Text
	}
	return says
}
