package build

import (
	"slices"
	"strings"

	"sallyport/source"
)

// extensionKeys are the words of x-sallyport that are known, by the place they
// stand in.
var extensionKeys = map[string][]string{
	"a parameter":  {"encoded_slash", outwardWord},
	"an operation": append([]string{webSocketWord}, guardWords[:]...),
}

// extensions refuses words of x-sallyport that nothing here enforces: a rule
// that is written and not held would be worse than none.
func (o *operationBuilder) extensions() {
	for _, node := range o.declared.Extensions {
		o.extension("an operation", node)
	}
	for _, p := range o.declared.Parameters {
		if p.Extension != nil {
			o.extension("a parameter", p.Extension)
		}
	}
}

func (o *operationBuilder) extension(place string, node *source.Node) {
	if node.Kind != source.Map {
		o.faults.Add(node.Position(), "", "x-sallyport is a map, this is %s", node.Kind)
		return
	}
	for _, m := range node.Members {
		if place == "an operation" && slices.Contains(guardWords[:], m.Name) {
			continue // guards reads them
		}
		known := false
		for _, key := range extensionKeys[place] {
			known = known || key == m.Name
		}
		if !known {
			o.faults.Add(node.NamePosition(m.Name), remedyFor(m.Name, extensionKeys[place]), "x-sallyport: %q of %s cannot be enforced", m.Name, place)
		} else if m.Value.Kind != source.Bool {
			o.faults.Add(m.Value.Position(), "write true or false", "x-sallyport: %q is neither true nor false", m.Name)
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

// strayExtensions points at x-sallyport where no operation reads it: in a
// schema, an answer, a server. It would look like a rule and be none.
func (a *apiBuilder) strayExtensions() {
	read := make(map[*source.Node]bool)
	for _, op := range a.document.Operations {
		for _, node := range op.Extensions {
			read[node] = true
		}
		for _, p := range op.Parameters {
			read[p.Extension] = true
		}
	}
	for _, m := range membersOf(a.document.Root().Get("components").Get("parameters")) {
		read[m.Value.Get("x-sallyport")] = true // by whatever refers to it
	}
	a.search(a.document.Root(), read, false)
}

// search goes through a document. In a map that is named, the author chose the
// names of the members, x-sallyport among them.
func (a *apiBuilder) search(n *source.Node, read map[*source.Node]bool, named bool) {
	for _, item := range n.Items {
		a.search(item, read, named)
	}
	for i, m := range n.Members {
		switch {
		case named:
			a.search(m.Value, read, false)
		case m.Name == "x-sallyport":
			if !read[m.Value] && !a.marksOutward(n, m.Value) {
				a.mistakes.Add(n.MemberPosition(i), "it is read at the root, a path, an operation, a parameter, and, with outward alone, a schema of a request", "x-sallyport stands where nothing holds what it says")
			}
		case !strings.HasPrefix(m.Name, "x-") && !slices.Contains(unread[:], m.Name):
			a.search(m.Value, read, slices.Contains(namedByAuthor[:], m.Name))
		}
	}
}

func membersOf(n *source.Node) []source.Member {
	if n == nil {
		return nil
	}
	return n.Members
}

// unread are values that are data, and parts that are not routed or that only
// a reference makes count.
var unread = [...]string{"example", "examples", "default", "enum", "const", "webhooks", "callbacks", "pathItems"}

// namedByAuthor are maps whose names are the author's, x-sallyport too.
var namedByAuthor = [...]string{"properties", "patternProperties", "dependentSchemas", "$defs", "definitions", "schemas", "headers", "securitySchemes"}
