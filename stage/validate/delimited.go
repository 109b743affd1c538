package validate

import (
	"strings"

	"sallyport/jsonschema"
)

// list appends the items of a value between separators. An empty text is a list
// of one empty string: RFC 6570 §2.3 leaves an empty list out altogether.
func (d *decoder) list(raw string, sep separator, c coding, shape *jsonschema.Shape) flaw {
	d.out = append(d.out, '[')
	item := itemOf(shape)
	for more := true; more; {
		var one string
		one, raw, more = sep.cut(raw)
		if f := d.scalar(trimmed(one, c), c, item); f != sound {
			return f
		}
		if more {
			d.out = append(d.out, ',')
		}
	}
	d.out = append(d.out, ']')
	return sound
}

// trimmed takes the white space from around an item of a field value, where it
// belongs to the comma (RFC 9110 §5.6.1).
func trimmed(item string, c coding) string {
	if c != literal {
		return item
	}
	return strings.Trim(item, " \t")
}

// pairs appends an object of which names and values stand in turn: R,100,G,200.
func (d *decoder) pairs(raw string, sep separator, c coding, shape *jsonschema.Shape) flaw {
	d.out = append(d.out, '{')
	for more := true; more; {
		var name, value string
		name, raw, more = sep.cut(raw)
		if !more {
			return badPairs
		}
		value, raw, more = sep.cut(raw)
		if f := d.member(trimmed(name, c), trimmed(value, c), c, shape); f != sound {
			return f
		}
		if more {
			d.out = append(d.out, ',')
		}
	}
	d.out = append(d.out, '}')
	return sound
}

// assignments appends an object whose names and values stand around equals
// signs: R=100,G=200. Where bare names are allowed, a name alone has an empty
// value (RFC 6570 §3.2.7).
func (d *decoder) assignments(raw string, sep separator, bare bool, c coding, shape *jsonschema.Shape) flaw {
	d.out = append(d.out, '{')
	for more := true; more; {
		var one string
		one, raw, more = sep.cut(raw)
		name, value, ok := strings.Cut(one, "=")
		if !ok && !bare {
			return badPairs
		}
		if f := d.member(trimmed(name, c), trimmed(value, c), c, shape); f != sound {
			return f
		}
		if more {
			d.out = append(d.out, ',')
		}
	}
	d.out = append(d.out, '}')
	return sound
}

func (d *decoder) member(name, value string, c coding, shape *jsonschema.Shape) flaw {
	text, ok := unescape(d.text[:0], name, c)
	if d.text = text; !ok {
		return badEscape
	}
	d.out = append(appendQuoted(d.out, d.text), ':')
	return d.scalar(value, c, memberOf(shape, d.text))
}
