package config

import (
	"strings"

	"sallyport/source"
)

// expand reads a scalar and replaces ${NAME} in a string by the variable's
// value; $${ stands for ${ itself. What a variable holds is not expanded again.
func (d *decoder) expand(n *source.Node) (scalar, bool) {
	s := scalar{text: n.Text, written: n.Text, kind: n.Kind, at: n.Position()}
	if n.Kind == source.List || n.Kind == source.Map {
		d.wrong(s.at, "write one value", "%s is %s, not a single value", d.here(), n.Kind)
		return s, false
	}
	if n.Kind != source.String || !strings.Contains(n.Text, "${") {
		return s, true
	}
	text, ok := d.expandText(n.Text, s.at)
	s.text, s.free = text, true
	return s, ok
}

func (d *decoder) expandText(text string, at source.Position) (string, bool) {
	var out strings.Builder
	ok := true
	for {
		i := strings.Index(text, "${")
		if i < 0 {
			out.WriteString(text)
			return out.String(), ok
		}
		if i > 0 && text[i-1] == '$' {
			out.WriteString(text[:i-1] + "${")
			text = text[i+2:]
			continue
		}
		out.WriteString(text[:i])
		name, rest, closed := strings.Cut(text[i+2:], "}")
		if !closed || !variableName(name) {
			d.wrong(at, "write ${NAME}, or $${ for the characters themselves", "%s begins a variable with ${ and does not name one", d.here())
			return "", false
		}
		value, set := d.lookup(name)
		if !set {
			d.wrong(at, "set it where the gateway is started", "the environment variable %s is not set", name)
			ok = false
		}
		out.WriteString(value)
		text = rest
	}
}

func (d *decoder) lookup(name string) (string, bool) {
	if d.Environment == nil {
		return "", false
	}
	return d.Environment(name)
}

func variableName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c != '_' && (c|0x20 < 'a' || c|0x20 > 'z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}
