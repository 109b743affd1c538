package build

import (
	"strings"

	"sallyport/source"
)

// extensionKeys are the words of x-sallyport that are known, by the place they
// stand in.
var extensionKeys = map[string][]string{
	"parameter": {"encoded_slash"},
	"operation": {},
}

// extensions refuses words of x-sallyport that nothing here enforces: a rule
// that is written and not held would be worse than none.
func (o *operationBuilder) extensions() {
	for _, node := range o.declared.Extensions {
		o.extension("operation", node)
	}
	for _, p := range o.declared.Parameters {
		if p.Extension != nil {
			o.extension("parameter", p.Extension)
		}
	}
}

func (o *operationBuilder) extension(place string, node *source.Node) {
	if node.Kind != source.Map {
		o.faults.Add(node.Position(), "", "x-sallyport is a map, this is %s", node.Kind)
		return
	}
	for _, m := range node.Members {
		known := false
		for _, key := range extensionKeys[place] {
			known = known || key == m.Name
		}
		if !known {
			o.faults.Add(node.NamePosition(m.Name), remedyFor(m.Name, extensionKeys[place]), "x-sallyport: %q of a %s cannot be enforced", m.Name, place)
		}
	}
}

func remedyFor(name string, known []string) string {
	if near := source.Nearest(name, known); near != "" {
		return "did you mean " + near + "?"
	}
	if len(known) == 0 {
		return "take it out"
	}
	return "known here: " + strings.Join(known, ", ")
}
