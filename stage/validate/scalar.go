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
		if d.asText || !looksTyped(d.text, types) {
			d.out = appendQuoted(d.out, d.text)
			return
		}
		d.open = true
	}
	switch {
	case looksTyped(d.text, types):
		d.out = append(d.out, d.text...)
	case len(d.text) == 0 && mayBe(types, jsonschema.Null) && !mayBe(types, jsonschema.String):
		// No style says how to write null; empty is what clients send for it.
		d.out = append(d.out, "null"...)
	default:
		d.out = appendQuoted(d.out, d.text)
	}
}

// looksTyped tells whether the text is that of a type other than string.
func looksTyped(text []byte, types jsonschema.Types) bool {
	switch {
	case mayBe(types, jsonschema.Boolean) && (string(text) == "true" || string(text) == "false"):
		return true
	case mayBe(types, jsonschema.Number) && isNumber(text):
		return true
	case mayBe(types, jsonschema.Integer) && isInteger(text):
		return true
	case mayBe(types, jsonschema.Null) && !mayBe(types, jsonschema.String) && string(text) == "null":
		return true
	}
	return false
}

// isInteger is stricter than JSON Schema, for which 1.0 and 1e2 are integers:
// many a backend reads such text as 1, or not at all.
func isInteger(text []byte) bool {
	return len(text) > 0 && integerPart(text) == len(text)
}

// isNumber follows RFC 8259 §6: no leading zero, no plus sign, no bare dot.
func isNumber(text []byte) bool {
	i := integerPart(text)
	if i == 0 {
		return false
	}
	if i < len(text) && text[i] == '.' {
		n := digits(text[i+1:])
		if n == 0 {
			return false
		}
		i += 1 + n
	}
	if i < len(text) && text[i]|0x20 == 'e' {
		i++
		if i < len(text) && (text[i] == '+' || text[i] == '-') {
			i++
		}
		n := digits(text[i:])
		if n == 0 {
			return false
		}
		i += n
	}
	return i == len(text)
}

// integerPart is the length of the integer that text begins with, or 0.
func integerPart(text []byte) int {
	sign := 0
	if len(text) > 0 && text[0] == '-' {
		sign = 1
	}
	n := digits(text[sign:])
	if n == 0 || n > 1 && text[sign] == '0' {
		return 0
	}
	return sign + n
}

func digits(text []byte) int {
	n := 0
	for n < len(text) && text[n] >= '0' && text[n] <= '9' {
		n++
	}
	return n
}
