package validate

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"sallyport"
	"sallyport/mediatype"
	"sallyport/message"
	"sallyport/openapi"
	"sallyport/source"
)

// NewParameters compiles the parameters of one operation. It returns the step,
// what it enforces, what the document says and the step does not enforce, and
// what cannot be enforced and has to be mended.
func NewParameters(list []*openapi.Parameter, d Document, o ParameterOptions) (*Parameters, []sallyport.Control, []sallyport.Control, source.Mistakes) {
	f := request(RefuseUndeclared)
	s := &Parameters{query: newNames(), cookie: newNames(), options: o, work: sync.Pool{New: newWork}}
	for _, declared := range list {
		switch {
		case declared.In == "header" && notParameter(declared.Name):
			f.leave(sallyport.Annotation, declared.At, "header "+declared.Name+": not a parameter; content, responses and security describe this field")
		case declared.In == "header" && framing(declared.Name):
			f.leave(sallyport.Annotation, declared.At, "header "+declared.Name+": belongs to the message, not to the operation, and is checked for every request")
		case declared.In == "querystring":
			s.whole = f.querystring(declared, d)
		default:
			s.list = append(s.list, f.parameter(declared, d))
		}
	}
	s.leading = f.leading
	s.claimNames()
	if s.whole != nil && len(o.Declared) > 0 {
		f.mistakes.Add(s.whole.at, "send the key in a header field", "querystring %s is the whole query, which leaves no room for the API key %s", s.whole.name, o.Declared[0])
	}
	if s.whole == nil {
		f.undeclared(o)
	}
	return s, f.enforced, f.unenforced, f.mistakes
}

// notParameter tells the header fields that are never parameters (OpenAPI,
// Parameter Object: name).
func notParameter(name string) bool {
	return message.EqualName(name, "Accept") || message.EqualName(name, "Content-Type") || message.EqualName(name, "Authorization")
}

// framing tells the fields that say where a message goes and where it ends:
// no door hands them on, and no operation can have its own idea of them.
func framing(name string) bool {
	return message.EqualName(name, "Host") || message.EqualName(name, "Content-Length") || message.EqualName(name, "Transfer-Encoding") || message.EqualName(name, "Connection")
}

func (f *findings) undeclared(o ParameterOptions) {
	switch {
	case o.Undeclared == PassUndeclared:
		f.leave(sallyport.Annotation, source.Position{}, "query: undeclared parameters pass unread, by configuration")
	case len(o.Allow) > 0:
		f.enforce(source.Position{}, "query: no undeclared parameters but "+strings.Join(o.Allow, ", "))
	default:
		f.enforce(source.Position{}, "query: no undeclared parameters")
	}
}

func (f *findings) parameter(declared *openapi.Parameter, d Document) parameter {
	known := styles[declared.Style]
	p := parameter{
		name: declared.Name, in: declared.In, pointer: "/" + source.EscapePointer(declared.Name),
		required: declared.Required, emptyOK: declared.AllowEmptyValue && declared.In == "query",
		reserved: declared.AllowReserved, style: known.style, explode: declared.Explode,
		coding: codingOf(declared.In, known.style),
	}
	what, before := p.in+" "+p.name, f.leading
	node := declared.Schema
	if declared.Content != nil {
		node = declared.Content.Schema
		p.readings, p.content = []reading{asContent}, f.content(what, declared.Content)
	}
	p.compileSchema(f, d, what, node)
	if mark := declared.Extension.Get("outward"); mark != nil {
		p.marked, p.unmarked = mark.Text == "true", mark.Text == "false"
		f.leading = before.with(p.marked, mark.Position())
	}
	if p.spread() && p.shape != nil && !d.Budget.spend(len(p.shape.Properties)) {
		f.mistakes.Add(declared.At, tooManyNamesRemedy, "%s", tooManyNames)
		p.shape = nil
	}
	f.noStyle(what, &p, declared.At)
	f.describe(d, &p, declared, node)
	return p
}

func (p *parameter) compileSchema(f *findings, d Document, what string, node *source.Node) {
	if p.schema = f.compile(d, what, node); p.schema != nil {
		p.shape = d.Compiler.Shape(p.schema)
	}
	if p.content == noContent {
		p.readings = readingsOf(p.style, p.explode, p.shape)
		p.open = isOpen(p.shape) || d.deref(node).Has("patternProperties")
	}
}

func codingOf(in string, s style) coding {
	switch {
	case in == "query":
		return formed
	case in == "path" || in == "cookie" && s != cookie:
		return percent
	}
	return literal
}

// content is how a parameter with a content map is read.
func (f *findings) content(what string, m *openapi.MediaType) content {
	t, err := mediatype.Parse(m.Range)
	switch {
	case err == nil && t.IsJSON() && t.IsUTF8():
		return jsonContent
	case err == nil && t.Main() == "text" && !t.IsXML() && t.IsUTF8():
		return textContent
	}
	f.mistakes.Add(m.At, "describe it by application/json, by text/plain, or by schema and style", "%s: text of type %s cannot be checked", what, m.Range)
	return jsonContent
}

func (f *findings) querystring(declared *openapi.Parameter, d Document) *querystring {
	q := &querystring{at: declared.At, parameter: parameter{
		name: declared.Name, in: "query", pointer: "/" + source.EscapePointer(declared.Name),
		required: declared.Required, reserved: true, coding: percent, readings: []reading{asContent},
	}}
	m := declared.Content
	if m == nil {
		f.mistakes.Add(declared.At, "describe it by content", "querystring %s has no content", declared.Name)
		return q
	}
	what := "querystring " + declared.Name
	if t, err := mediatype.Parse(m.Range); err == nil && t.Name == formType {
		q.form = f.compileFields(d, what, m.Schema, m.Encoding)
	} else {
		q.content = f.content(what, m)
		q.compileSchema(f, d, what, m.Schema)
	}
	f.enforce(declared.At, what+": "+m.Range+presence(declared.Required))
	return q
}

// claimNames says which pair belongs to which parameter. Parameters come before
// the members of spread objects; an open object takes what nobody claims.
func (s *Parameters) claimNames() {
	for i := range s.list {
		p := &s.list[i]
		n := s.namesOf(p.in)
		if n == nil {
			continue
		}
		if !p.spread() {
			n.claim(p.name, i)
		}
		if p.style == deepObject {
			n.claimDeep(p.name, i)
		}
	}
	for _, name := range s.options.Declared {
		s.query.claim(name, len(s.list))
	}
	for i := range s.list {
		p := &s.list[i]
		n := s.namesOf(p.in)
		if n == nil || !p.spread() {
			continue
		}
		if p.shape != nil {
			for _, name := range sortedNames(p.shape.Properties) {
				n.claim(name, i)
			}
		}
		// A browser sends cookies of many makers: an object takes those it names.
		if p.in == "query" && n.rest < 0 && p.open {
			n.rest = i
		}
	}
}

func (s *Parameters) namesOf(in string) *names {
	switch in {
	case "query":
		s.inQuery = true
		return &s.query
	case "cookie":
		s.inCookie = true
		return &s.cookie
	}
	return nil
}

// sortedNames makes an order of a map, which has none.
func sortedNames[T any](named map[string]T) []string { return slices.Sorted(maps.Keys(named)) }
