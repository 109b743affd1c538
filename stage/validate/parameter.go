package validate

import (
	"strings"

	"sallyport/jsonschema"
)

// style is how a value becomes text (OpenAPI, Style Values).
type style uint8

const (
	simple style = iota
	label
	matrix
	form
	spaceDelimited
	pipeDelimited
	deepObject
	cookie
)

// styles are the words of the document, with the places that have them.
var styles = map[string]struct {
	style  style
	places string
}{
	"simple":         {simple, "path header"},
	"label":          {label, "path"},
	"matrix":         {matrix, "path"},
	"form":           {form, "query cookie"},
	"spaceDelimited": {spaceDelimited, "query"},
	"pipeDelimited":  {pipeDelimited, "query"},
	"deepObject":     {deepObject, "query"},
	"cookie":         {cookie, "cookie"},
}

// separator is what stands between the items of a style that is not exploded.
func (s style) separator() separator {
	switch s {
	case spaceDelimited:
		return space
	case pipeDelimited:
		return pipe
	}
	return comma
}

// reading is one way to understand a text whose schema lets several types
// through.
type reading uint8

const (
	asScalar reading = iota
	asList
	asObject
	asContent
)

// parameter is a compiled parameter, a property of a form, or a header field of
// a part.
type parameter struct {
	name, in string
	pointer  string
	required bool
	emptyOK  bool
	// reserved lets semicolons stand unencoded.
	reserved bool
	style    style
	explode  bool
	// open objects take names that the schema does not name.
	open     bool
	coding   coding
	readings []reading
	content  content
	// marked and unmarked are what the document says of where it leads.
	marked, unmarked bool
	// jsonItems are items of a list that are JSON text each, as in forms.
	jsonItems bool
	schema    *jsonschema.Schema
	shape     *jsonschema.Shape
}

// content is how a parameter with a content map is written.
type content uint8

const (
	noContent content = iota
	jsonContent
	textContent
)

// readingsOf are the readings that a style has for the types of a shape, the
// most specific first.
func readingsOf(s style, explode bool, shape *jsonschema.Shape) []reading {
	if s == deepObject {
		return []reading{asObject}
	}
	types := typesOf(shape)
	list, object := mayBe(types, jsonschema.Array), mayBe(types, jsonschema.Object)
	scalar := mayBeScalar(types)
	if explode && (s == form || s == cookie || s == spaceDelimited || s == pipeDelimited) && (scalar || list) {
		object = false // a=1&b=2 would be one reading, a=1 another: only objects alone are spread over names
	}
	var readings []reading
	if list && !mayBe(types, jsonschema.String) {
		readings = append(readings, asList)
	}
	if object && !mayBe(types, jsonschema.String) {
		readings = append(readings, asObject)
	}
	if scalar {
		readings = append(readings, asScalar)
	}
	if mayBe(types, jsonschema.String) {
		if list {
			readings = append(readings, asList)
		}
		if object {
			readings = append(readings, asObject)
		}
	}
	return readings
}

// spread tells whether the members of the parameter are names of their own.
func (p *parameter) spread() bool {
	return p.explode && (p.style == form || p.style == cookie || p.style == spaceDelimited || p.style == pipeDelimited) &&
		len(p.readings) == 1 && p.readings[0] == asObject
}

// check decodes the values of the parameter and holds them against its schema.
// Where there are several readings, one that fits is enough; none of them is
// ever sent on, only the text itself.
func (p *parameter) check(d *decoder, v values, found *faults) {
	if v.count() == 0 {
		if p.required {
			found.add(p.in, p.pointer, "required", "must be given")
		}
		return
	}
	if p.isEmpty(v) {
		return
	}
	flawed, wrong := p.read(d, v)
	switch {
	case len(wrong) > 0:
		found.addAll(p.in, p.pointer, wrong)
	case flawed != sound:
		found.add(p.in, p.pointer, flaws[flawed].keyword, flaws[flawed].message)
	}
}

// isEmpty tells a parameter that may be given without a value, and is.
func (p *parameter) isEmpty(v values) bool {
	return p.emptyOK && v.count() == 1 && v.first().value == "" && v.first().name == p.name
}

// read tries the readings until one fits, and tells what is wrong with the
// first that could be decoded.
func (p *parameter) read(d *decoder, v values) (flaw, []jsonschema.Fault) {
	var flawed flaw
	var wrong []jsonschema.Fault
	for _, as := range p.readings {
		for _, asText := range [...]bool{false, true} {
			d.reset(asText)
			f, faults := p.try(d, as, v)
			if f == sound && len(faults) == 0 {
				return sound, nil
			}
			if flawed == sound {
				flawed = f
			}
			if wrong == nil {
				wrong = faults
			}
			if !d.open {
				break
			}
		}
	}
	return flawed, wrong
}

func (p *parameter) try(d *decoder, as reading, v values) (flaw, []jsonschema.Fault) {
	if f := p.write(d, as, v); f != sound {
		return f, nil
	}
	if p.schema == nil {
		return sound, nil
	}
	faults := p.schema.Check(d.out)
	if len(faults) == 0 || !faults[0].Syntax() {
		return sound, faults
	}
	if as == asContent {
		return badJSON, nil
	}
	// All that can be wrong with text that we wrote is a name that comes twice.
	return repeated, nil
}

// write appends the JSON text of the values.
func (p *parameter) write(d *decoder, as reading, v values) flaw {
	for pair := v.first(); pair != nil; pair = v.next(pair) {
		if f := p.wellFormed(pair.value, as); f != sound {
			return f
		}
	}
	switch {
	case p.style == deepObject && as != asContent:
		return d.deep(p.name, v, p.coding, p.shape)
	case as == asList && p.jsonItems:
		return d.embedded(v, p.coding)
	case as == asList && p.explode && p.style >= form:
		return d.values(v, p.coding, p.shape)
	case as == asObject && p.explode && p.style >= form:
		return d.members(v, p.coding, p.shape)
	case v.count() > 1:
		return repeated
	}
	raw := v.first().value
	if as == asContent {
		return p.writeContent(d, raw)
	}
	switch p.style {
	case label:
		return p.writeLabel(d, as, raw)
	case matrix:
		return p.writeMatrix(d, as, raw)
	}
	return p.writeItems(d, as, raw, p.style.separator())
}

// wellFormed is what must hold of a value in its place, however it is read.
func (p *parameter) wellFormed(value string, as reading) flaw {
	switch {
	case p.coding == formed && !p.reserved && strings.IndexByte(value, ';') >= 0:
		return badSeparator
	case p.in == "cookie" && !cookieValue(value):
		return badEscape
	case p.in == "cookie" && p.style == form && p.explode && as != asScalar && strings.IndexByte(value, '&') >= 0:
		return badStyle // RFC 6570 would go on behind it, cookies do not
	}
	return sound
}

func (p *parameter) writeItems(d *decoder, as reading, raw string, sep separator) flaw {
	switch {
	case as == asList:
		return d.list(raw, sep, p.coding, p.shape)
	case as == asObject && p.explode:
		return d.assignments(raw, sep, false, p.coding, p.shape)
	case as == asObject:
		return d.pairs(raw, sep, p.coding, p.shape)
	}
	return d.scalar(raw, p.coding, p.shape)
}

// writeLabel reads RFC 6570 §3.2.5: .blue,black or exploded .blue.black
func (p *parameter) writeLabel(d *decoder, as reading, raw string) flaw {
	raw, ok := strings.CutPrefix(raw, ".")
	if !ok {
		return badStyle
	}
	if p.explode {
		return p.writeItems(d, as, raw, dot)
	}
	return p.writeItems(d, as, raw, comma)
}

// writeMatrix reads RFC 6570 §3.2.7: ;color=blue,black or exploded
// ;color=blue;color=black, and ;R=100;G=200 for objects.
func (p *parameter) writeMatrix(d *decoder, as reading, raw string) flaw {
	raw, ok := strings.CutPrefix(raw, ";")
	if !ok {
		return badStyle
	}
	if as == asObject && p.explode {
		return d.assignments(raw, semicolon, true, p.coding, p.shape)
	}
	if as != asList || !p.explode {
		value, ok := p.named(d, raw)
		if !ok {
			return badStyle
		}
		return p.writeItems(d, as, value, comma)
	}
	d.out = append(d.out, '[')
	for more := true; more; {
		var one string
		one, raw, more = semicolon.cut(raw)
		value, ok := p.named(d, one)
		if !ok {
			return badStyle
		}
		if f := d.scalar(value, p.coding, itemOf(p.shape)); f != sound {
			return f
		}
		if more {
			d.out = append(d.out, ',')
		}
	}
	d.out = append(d.out, ']')
	return sound
}

// named is the value of name=value, if it has the parameter's own name.
func (p *parameter) named(d *decoder, raw string) (string, bool) {
	name, value, _ := strings.Cut(raw, "=")
	text, ok := unescape(d.text[:0], name, p.coding)
	d.text = text
	return value, ok && string(text) == p.name
}

// writeContent appends the text of a parameter that is written as a media type.
func (p *parameter) writeContent(d *decoder, raw string) flaw {
	text, ok := unescape(d.text[:0], raw, p.coding)
	if d.text = text; !ok {
		return badEscape
	}
	switch p.content {
	case jsonContent:
		d.out = append(d.out, text...)
	case textContent:
		d.appendScalar(typesOf(p.shape))
	}
	return sound
}

// values appends a list of which each item has its own pair.
func (d *decoder) values(v values, c coding, shape *jsonschema.Shape) flaw {
	item := itemOf(shape)
	open := byte('[')
	for p := v.first(); p != nil; p = v.next(p) {
		d.out = append(d.out, open)
		open = ','
		if f := d.scalar(p.value, c, item); f != sound {
			return f
		}
	}
	d.out = append(d.out, ']')
	return sound
}

// members appends an object of which each member has its own pair.
func (d *decoder) members(v values, c coding, shape *jsonschema.Shape) flaw {
	open := byte('{')
	for i := v.chain.first; i >= 0; i = v.pairs.list[i].next {
		p := &v.pairs.list[i]
		d.out = append(d.out, open)
		open = ','
		d.text = append(d.text[:0], p.name...)
		d.out = append(appendQuoted(d.out, d.text), ':')
		from := len(d.out)
		if f := d.scalar(p.value, c, memberOf(shape, d.text)); f != sound {
			return f
		}
		d.mark(from, int(i), false)
	}
	d.out = append(d.out, '}')
	return sound
}
