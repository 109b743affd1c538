package sample

import (
	"slices"
	"strings"

	"sallyport/openapi"
	"sallyport/source"
)

// goal is what one value has to hold to: schemas that all judge it, with
// references followed, allOf taken apart, and the chosen branches of unions.
type goal struct {
	schemas []*source.Node
	// pending is a union of which no branch is chosen.
	pending *union
	// doubtful values are held against their schemas at once: nothing here
	// makes sure that one branch alone fits, or that a condition does not hold.
	doubtful bool
	// names are the last parts of the references that led to schemas.
	names map[*source.Node]string
}

// unionKey is one union: a schema may have several.
type unionKey struct {
	node    *source.Node
	keyword string
}

type union struct {
	key      unionKey
	keyword  string
	branches [][]*source.Node
}

const maxReferences = 64

// goal takes schemas apart.
func (m *maker) goal(schemas []*source.Node, chosen map[unionKey]int) (*goal, error) {
	g := &goal{names: make(map[*source.Node]string)}
	for _, n := range schemas {
		if err := m.add(g, n, chosen); err != nil {
			return nil, err
		}
	}
	return g, m.discriminate(g)
}

func (m *maker) add(g *goal, n *source.Node, chosen map[unionKey]int) error {
	switch {
	case n.Kind == source.Bool && n.Text == "true" || slices.Contains(g.schemas, n):
		return nil
	case n.Kind != source.Map:
		return impossible(n.Position(), "the schema takes no value")
	case len(g.schemas) > maxReferences:
		return impossible(n.Position(), "too many schemas judge one value")
	}
	for _, keyword := range [...]string{"$ref", "$dynamicRef"} {
		ref := n.Get(keyword)
		if ref == nil || ref.Kind != source.String {
			continue
		}
		target, err := m.resolve(n, ref.Text)
		if err != nil {
			return err
		}
		g.names[target] = ref.Text[strings.LastIndexByte(ref.Text, '/')+1:]
		if err := m.add(g, target, chosen); err != nil {
			return err
		}
		if m.document.Version == openapi.V30 {
			return nil // what stands beside a reference says nothing
		}
	}
	g.schemas = append(g.schemas, n)
	g.doubtful = g.doubtful || n.Has("not") || n.Has("contains") || n.Has("dependentSchemas") || n.Has("unevaluatedItems")
	if all := n.Get("allOf"); all != nil {
		for _, branch := range all.Items {
			if err := m.add(g, branch, chosen); err != nil {
				return err
			}
		}
	}
	return m.addUnions(g, n, chosen)
}

func (m *maker) addUnions(g *goal, n *source.Node, chosen map[unionKey]int) error {
	for _, keyword := range [...]string{"oneOf", "anyOf", "if"} {
		declared := n.Get(keyword)
		if declared == nil || keyword == "if" && !n.Has("then") && !n.Has("else") {
			continue
		}
		u := &union{key: unionKey{n, keyword}, keyword: keyword}
		if keyword == "if" {
			u.branches = [][]*source.Node{present(declared, n.Get("then")), present(n.Get("else"))}
		} else {
			for _, branch := range declared.Items {
				u.branches = append(u.branches, []*source.Node{branch})
			}
		}
		g.doubtful = g.doubtful || keyword != "anyOf"
		i, decided := chosen[u.key]
		if !decided {
			g.pending = u
			continue
		}
		for _, branch := range u.branches[i] {
			if err := m.add(g, branch, chosen); err != nil {
				return err
			}
		}
	}
	return nil
}

func present(nodes ...*source.Node) []*source.Node {
	return slices.DeleteFunc(nodes, func(n *source.Node) bool { return n == nil })
}

// discriminate adds what a discriminator says of the schema that was chosen: its
// mapped value, or its name (OpenAPI: Discriminator Object).
func (m *maker) discriminate(g *goal) error {
	for _, n := range slices.Clone(g.schemas) {
		d := n.Get("discriminator")
		property := d.Str("propertyName")
		if property == "" {
			continue
		}
		value := m.discriminated(g, n, d)
		if value == "" {
			continue
		}
		constant := source.NewMap(d, source.Member{Name: "enum", Value: &source.Node{Kind: source.List, Items: []*source.Node{source.NewString(d, value)}}})
		g.schemas = append(g.schemas, source.NewMap(d,
			source.Member{Name: "properties", Value: source.NewMap(d, source.Member{Name: property, Value: constant})},
			source.Member{Name: "required", Value: &source.Node{Kind: source.List, Items: []*source.Node{source.NewString(d, property)}}},
		))
	}
	return nil
}

// discriminated is the value that stands for one of the schemas of the goal,
// other than the one that has the discriminator.
func (m *maker) discriminated(g *goal, n, d *source.Node) string {
	if mapping := d.Get("mapping"); mapping != nil && mapping.Kind == source.Map {
		for i := range mapping.Members {
			target, err := m.resolve(n, mapping.Members[i].Value.Text)
			if err != nil {
				target, err = m.resolve(n, "#/components/schemas/"+mapping.Members[i].Value.Text)
			}
			if _, led := g.names[target]; err == nil && led && target != n {
				return mapping.Members[i].Name
			}
		}
	}
	unions := n.Get("oneOf")
	if unions == nil {
		unions = n.Get("anyOf")
	}
	if unions == nil {
		return ""
	}
	for _, branch := range unions.Items {
		if ref := branch.Str("$ref"); ref != "" {
			if target, err := m.resolve(branch, ref); err == nil && g.names[target] != "" {
				return g.names[target]
			}
		}
	}
	return ""
}

// resolve follows one reference, once for each place it stands in.
func (g *Generator) resolve(from *source.Node, ref string) (*source.Node, error) {
	if target := g.targets[from]; target != nil && from.Str("$ref") == ref {
		return target, nil
	}
	target, err := g.document.Resolve(from, ref)
	if err != nil {
		return nil, err
	}
	if from.Str("$ref") == ref {
		g.targets[from] = target
	}
	return target, nil
}

// follow is the schema that says something: behind references and an allOf of
// one; nil where they lead nowhere.
func (g *Generator) follow(n *source.Node) *source.Node {
	for range maxReferences {
		if n == nil || n.Kind != source.Map {
			return n
		}
		if ref := n.Str("$ref"); ref != "" {
			target, err := g.resolve(n, ref)
			if err != nil {
				return nil
			}
			n = target
			continue
		}
		all := n.Get("allOf")
		if all == nil || len(all.Items) != 1 || n.Has("properties") || n.Has("type") {
			return n
		}
		n = all.Items[0]
	}
	return nil
}

// at is a place to point at.
func (g *goal) at() source.Position {
	if len(g.schemas) == 0 {
		return source.Position{}
	}
	return g.schemas[0].Position()
}

// enum is the first list of values that the schemas give.
func (g *goal) enum() ([]*source.Node, bool) {
	for _, n := range g.schemas {
		if v := n.Get("const"); v != nil {
			return []*source.Node{v}, true
		}
		if v := n.Get("enum"); v != nil && v.Kind == source.List {
			return v.Items, true
		}
	}
	return nil, false
}

// typesOf are the types that all schemas let through, the one to be tried
// first in front.
func (m *maker) typesOf(g *goal) []string {
	order := []string{"object", "array", "string", "integer", "number", "boolean", "null"}
	if m.place.in != "" && m.place.in != "form" && m.level == 0 {
		order = []string{"string", "integer", "number", "boolean", "array", "object", "null"}
	}
	var types []string
	for _, t := range order {
		if (t == "array" || t == "object") && m.place.flat && m.level > 0 {
			continue
		}
		if !slices.ContainsFunc(g.schemas, func(n *source.Node) bool { return !m.lets(n, t) }) {
			types = append(types, t)
		}
	}
	if len(types) < 6 {
		return types
	}
	return append([]string{g.hinted()}, types...)
}

// lets tells whether a schema's type lets a type through.
func (m *maker) lets(n *source.Node, t string) bool {
	declared := n.Get("type")
	if declared == nil {
		return true
	}
	names := []*source.Node{declared}
	if declared.Kind == source.List {
		names = declared.Items
	}
	return slices.ContainsFunc(names, func(name *source.Node) bool {
		return name.Text == t || t == "integer" && name.Text == "number"
	}) || t == "null" && m.document.Version == openapi.V30 && n.True("nullable")
}

// hinted is the type that the keywords of schemas without a type speak of.
func (g *goal) hinted() string {
	for _, hint := range [...]struct{ keyword, kind string }{
		{"properties", "object"}, {"required", "object"}, {"additionalProperties", "object"}, {"patternProperties", "object"}, {"minProperties", "object"},
		{"items", "array"}, {"prefixItems", "array"}, {"minItems", "array"}, {"contains", "array"},
		{"multipleOf", "number"}, {"minimum", "number"}, {"maximum", "number"},
	} {
		if slices.ContainsFunc(g.schemas, func(n *source.Node) bool { return n.Has(hint.keyword) }) {
			return hint.kind
		}
	}
	return "string"
}
