package validate

import "sallyport/jsonschema"

// decoder writes the JSON text of a value. It is guided by what types the
// schema lets through, and never decides whether a value is right: text that
// fits no type becomes a string, and the schema says what is wrong with it.
type decoder struct {
	out  []byte
	text []byte // one value without its encoding
	// asText reads text as a string wherever strings are let through.
	asText bool
	// open is set when a value would have had another reading as text.
	open bool
	// marks say what was written from where, if that is asked for.
	marks   []mark
	marking bool
}

func (d *decoder) reset(asText bool) {
	d.out, d.text, d.marks, d.asText, d.open = d.out[:0], d.text[:0], d.marks[:0], asText, false
}

// scalar appends a value that is no list and no object. The more specific type
// comes first: 12 is a number where numbers and strings are let through.
func (d *decoder) scalar(raw string, c coding, shape *jsonschema.Shape) flaw {
	text, ok := unescape(d.text[:0], raw, c)
	if d.text = text; !ok {
		return badEscape
	}
	d.appendScalar(typesOf(shape))
	return sound
}

func (d *decoder) appendScalar(types jsonschema.Types) {
	if mayBe(types, jsonschema.String) {
		if d.asText || !types.Spells(d.text) {
			d.out = appendQuoted(d.out, d.text)
			return
		}
		d.open = true
	}
	if types.Spells(d.text) {
		d.out = append(d.out, d.text...)
		return
	}
	// No style writes null by nothing: what is undefined is left out (RFC 6570
	// §2.3), and an empty value is the empty string (OpenAPI, Style Examples).
	d.out = appendQuoted(d.out, d.text)
}
