package xmlbody

import (
	"github.com/go-json-experiment/json/jsontext"

	"sallyport/jsonschema"
)

// output is JSON text, and which bytes of the XML its members came from.
type output struct {
	text  []byte
	marks []mark
}

// mark says that a member of the JSON text came from these bytes of the XML. A
// list without an element of its own comes from several.
type mark struct{ json, xml span }

// appendText writes a text as the type that its schema lets through. White space
// around what is no string counts for nothing (XML Schema Part 2 §4.3.6).
func (o *output) appendText(types jsonschema.Types, text []byte) {
	takes := types&jsonschema.String != 0
	if trimmed := trim(text); !takes && len(trimmed) > 0 {
		text = trimmed
	}
	switch {
	case types.Spells(text):
		o.text = append(o.text, text...)
	case len(text) == 0 && types&jsonschema.Null != 0 && !takes:
		o.text = append(o.text, "null"...) // XML has no other way to write it but nil
	default:
		o.appendQuoted(text)
	}
}

// appendQuoted writes a string. The text is UTF-8: Check takes no other.
func (o *output) appendQuoted(text []byte) {
	quoted, err := jsontext.AppendQuote(o.text, text)
	if err != nil {
		quoted = append(o.text, `""`...)
	}
	o.text = quoted
}

// memberText is what was read of one member so far.
type memberText struct {
	name string
	list bool
	n    int
	output
	from []span // of the XML
}

// objectText is what was read of an object: its members in the order in which
// they came first.
type objectText struct {
	list  []memberText
	index map[string]int // of more than a few
}

// few members are looked for one after the other.
const few = 8

// at is the member of a name, which is made where there is none.
func (o *objectText) at(name string) *memberText {
	if o.index != nil {
		if i, ok := o.index[name]; ok {
			return &o.list[i]
		}
		o.index[name] = len(o.list)
	} else {
		for i := range o.list {
			if o.list[i].name == name {
				return &o.list[i]
			}
		}
	}
	o.list = append(o.list, memberText{name: name})
	if o.index == nil && len(o.list) > few {
		o.index = make(map[string]int)
		for i := range o.list {
			o.index[o.list[i].name] = i
		}
	}
	return &o.list[len(o.list)-1]
}

func (o *objectText) appendTo(out *output) {
	out.text = append(out.text, '{')
	for i := range o.list {
		m := &o.list[i]
		if i > 0 {
			out.text = append(out.text, ',')
		}
		begin := len(out.text)
		out.appendQuoted([]byte(m.name))
		out.text = append(out.text, ':')
		if m.list {
			out.text = append(out.text, '[')
		}
		shift := len(out.text)
		out.text = append(out.text, m.text...)
		if m.list {
			out.text = append(out.text, ']')
		}
		for _, inner := range m.marks {
			out.marks = append(out.marks, mark{span{inner.json.from + shift, inner.json.to + shift}, inner.xml})
		}
		for _, from := range m.from {
			out.marks = append(out.marks, mark{span{begin, len(out.text)}, from})
		}
	}
	out.text = append(out.text, '}')
}
