package validate

import (
	"github.com/go-json-experiment/json/jsontext"

	"sallyport"
	"sallyport/jsonschema"
	"sallyport/mediatype"
	"sallyport/openapi"
	"sallyport/source"
)

// fields are the properties of a form, of one part or of many, each with the way
// it is written.
type fields struct {
	list   []parameter
	names  names
	schema *jsonschema.Schema
	shape  *jsonschema.Shape
}

// compileFields reads the schema and the encodings of a form.
func (f *findings) compileFields(d Document, what string, node *source.Node, encodings map[string]*openapi.Encoding) *fields {
	form := &fields{names: newNames(), schema: f.compile(d, what, node)}
	if form.schema == nil {
		return form
	}
	form.shape = d.Compiler.Shape(form.schema)
	if form.shape == nil {
		return form
	}
	if !d.Budget.spend(len(form.shape.Properties)) {
		f.mistakes.Add(node.Position(), tooManyNamesRemedy, "%s", tooManyNames)
		form.shape = &jsonschema.Shape{Types: form.shape.Types}
		return form
	}
	for _, name := range sortedNames(form.shape.Properties) {
		p := property(name, form.shape.Properties[name], encodings[name])
		if e := encodings[name]; e != nil && e.Style != "" {
			if known, ok := styles[e.Style]; !ok || known.places != styles["deepObject"].places && e.Style != "form" {
				f.mistakes.Add(e.At, "use form, spaceDelimited, pipeDelimited or deepObject", "a property of a form cannot have the style %q", e.Style)
			}
		}
		if e := encodings[name]; e != nil {
			f.noStyle(what+": "+name, &p, e.At)
		}
		form.list = append(form.list, p)
	}
	form.claimNames()
	for _, name := range sortedNames(encodings) {
		if _, known := form.shape.Properties[name]; !known {
			f.leave(sallyport.Annotation, encodings[name].At, what+": the encoding of "+name+" belongs to no property")
		}
	}
	return form
}

// claimNames says which names belong to which property. Properties come before
// the members of objects that an encoding spreads; a spread object is never
// given under its own name, which is a member that its schema judges.
func (f *fields) claimNames() {
	for i := range f.list {
		p := &f.list[i]
		if !p.spread() {
			f.names.claim(p.name, i)
		}
		if p.style == deepObject {
			f.names.claimDeep(p.name, i)
		}
	}
	for i := range f.list {
		p := &f.list[i]
		if !p.spread() {
			continue
		}
		for _, name := range sortedNames(p.shape.Properties) {
			f.names.claim(name, i)
		}
		f.names.claim(p.name, i)
	}
}

// property is one field of a form, as declared or by default: form and exploded,
// objects as JSON text, and so are the items of a list that are objects (OpenAPI,
// Encoding Object: contentType).
func property(name string, shape *jsonschema.Shape, e *openapi.Encoding) parameter {
	p := parameter{
		name: name, in: "body", pointer: "/" + source.EscapePointer(name),
		style: form, explode: true, coding: formed, shape: shape,
		reserved: e != nil && e.AllowReserved,
	}
	if e != nil && e.Style != "" {
		p.style, p.explode = styles[e.Style].style, e.Explode
	}
	p.readings = readingsOf(p.style, p.explode, shape)
	if e != nil && e.Style != "" || len(p.readings) != 1 {
		return p
	}
	written := e != nil && isJSON(e.ContentType)
	switch p.readings[0] {
	case asObject:
		p.readings, p.content = []reading{asContent}, jsonContent
	case asScalar:
		if written {
			p.readings, p.content = []reading{asContent}, jsonContent
		}
	case asList:
		p.jsonItems = written || !mayBeScalar(typesOf(itemOf(shape)))
	}
	return p
}

// isJSON tells whether a contentType is that of JSON text alone.
func isJSON(contentType string) bool {
	t, err := mediatype.Parse(contentType)
	return err == nil && t.IsJSON()
}

// flawAt is a flaw and its place in a form.
type flawAt struct {
	flaw
	pointer string
}

// check decodes a form and holds it against its schema, without what may be
// taken out; w says where that came from. Where a field has more than one
// reading, a combination that fits is enough.
func (f *fields) check(text string, most int, may jsonschema.Cleaning, w *work) (flawAt, jsonschema.Cleaned) {
	w.pairs.begin(len(f.list))
	own := newNames() // of what the schema does not name
	flaw := scanPairs(text, most, func(name, value string) {
		owner := f.names.owner(name)
		if owner < 0 {
			if owner = own.owner(name); owner < 0 {
				owner = w.pairs.owner()
				own.claim(name, owner)
			}
		}
		w.pairs.add(owner, name, value)
	})
	if flaw != sound {
		return flawAt{flaw: flaw}, jsonschema.Cleaned{}
	}
	judge := func(text []byte) jsonschema.Cleaned { return f.judge(text, may) }
	return f.tries(&w.decoder, judge, func(d *decoder, turn int) flawAt { return f.write(d, &w.pairs, turn) })
}

// judge holds the text of a form against its schema.
func (f *fields) judge(text []byte, may jsonschema.Cleaning) jsonschema.Cleaned {
	if f.schema == nil {
		return jsonschema.Cleaned{Body: text}
	}
	return f.schema.Clean(text, may)
}

// tries judges one reading after another until one fits. What is told of
// readings that do not is what is wrong with the first.
func (f *fields) tries(d *decoder, judge func([]byte) jsonschema.Cleaned, write func(d *decoder, turn int) flawAt) (flawAt, jsonschema.Cleaned) {
	var flawed flawAt
	var wrong *jsonschema.Cleaned
	for _, turn := range [...]int{0, 1} {
		for _, asText := range [...]bool{false, true} {
			d.reset(asText)
			flaw := write(d, turn)
			if flawed.flaw == sound {
				flawed = flaw
			}
			if flaw.flaw == sound {
				c := judge(d.out)
				if len(c.Faults) == 0 {
					return flawAt{}, c
				}
				if wrong == nil {
					wrong = &c
				}
			}
			if !d.open {
				break
			}
		}
	}
	if wrong != nil {
		return flawAt{}, *wrong
	}
	return flawed, jsonschema.Cleaned{}
}

// write appends the form as one object.
func (f *fields) write(d *decoder, p *pairs, turn int) flawAt {
	open := byte('{')
	for owner := range p.chains {
		v := p.of(owner)
		if v.count() == 0 {
			continue
		}
		field := f.field(owner, v)
		d.out = append(d.out, open)
		d.out = append(appendQuoted(d.out, []byte(field.name)), ':')
		open = ','
		from := len(d.out)
		if flaw := field.writeField(d, v, turn); flaw != sound {
			return flawAt{flaw, field.pointer}
		}
		d.markAll(from, v)
	}
	if open == '{' {
		d.out = append(d.out, open)
	}
	d.out = append(d.out, '}')
	return flawAt{}
}

// field is the declared field of an owner, or one for a name that the schema
// does not name.
func (f *fields) field(owner int, v values) *parameter {
	if owner < len(f.list) {
		return &f.list[owner]
	}
	name := v.first().name
	p := property(name, memberOf(f.shape, []byte(name)), nil)
	p.pointer = pointerTo(name)
	return &p
}

// writeField appends one field in one of its readings.
func (p *parameter) writeField(d *decoder, v values, turn int) flaw {
	as := p.readings[0]
	if turn > 0 {
		as = p.readings[min(turn, len(p.readings)-1)]
	}
	if v.count() > 1 {
		as = p.many()
	}
	if as == asContent {
		return p.writeEmbedded(d, v)
	}
	return p.write(d, as, v)
}

// many is the reading of a field that is given more than once.
func (p *parameter) many() reading {
	for _, as := range p.readings {
		if as == asList {
			return asList
		}
	}
	return p.readings[0]
}

// embedded appends a list of which each item is JSON text in a pair of its own.
func (d *decoder) embedded(v values, c coding) flaw {
	open := byte('[')
	for p := v.first(); p != nil; p = v.next(p) {
		d.out = append(d.out, open)
		open = ','
		text, ok := unescape(d.text[:0], p.value, c)
		if d.text = text; !ok {
			return badEscape
		}
		if !jsontext.Value(text).IsValid() {
			return badJSON
		}
		d.out = append(d.out, text...)
	}
	d.out = append(d.out, ']')
	return sound
}

// writeEmbedded appends JSON text. It must be one whole value: text such as
// 1,"admin":true would write further members.
func (p *parameter) writeEmbedded(d *decoder, v values) flaw {
	start := len(d.out)
	if f := p.write(d, asContent, v); f != sound {
		return f
	}
	if !jsontext.Value(d.out[start:]).IsValid() {
		return badJSON
	}
	return sound
}
