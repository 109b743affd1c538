package sample

import (
	"slices"
	"strconv"

	"sallyport/source"
)

// declared are the names under properties, in the order of the document.
func (g *goal) declared() []string {
	var names []string
	for _, n := range g.schemas {
		properties := n.Get("properties")
		if properties == nil {
			continue
		}
		for i := range properties.Members {
			if name := properties.Members[i].Name; !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// named are the schemas that a name has by properties or patternProperties.
func (m *maker) named(g *goal, name string) []*source.Node {
	var schemas []*source.Node
	for _, n := range g.schemas {
		schemas = append(schemas, m.namedIn(n, name)...)
	}
	return schemas
}

func (m *maker) namedIn(n *source.Node, name string) []*source.Node {
	schemas := present(n.Get("properties").Get(name))
	patterns := n.Get("patternProperties")
	if patterns == nil {
		return schemas
	}
	for i := range patterns.Members {
		if p, err := m.pattern(patterns.Members[i].Name); err == nil && p.matches(name) {
			schemas = append(schemas, patterns.Members[i].Value)
		}
	}
	return schemas
}

// member is what the value of a name has to hold to; the error says which
// schema does not let it stand.
func (m *maker) member(g *goal, name string) ([]*source.Node, error) {
	var schemas []*source.Node
	for _, n := range g.schemas {
		own := m.namedIn(n, name)
		additional := n.Get("additionalProperties")
		switch {
		case len(own) > 0 || additional == nil:
			schemas = append(schemas, own...)
		case isFalse(additional):
			return nil, impossible(additional.Position(), "%q must be there, and additionalProperties: false lets it not", name)
		default:
			schemas = append(schemas, additional)
		}
	}
	if len(schemas) == 0 && g.closed() {
		return nil, impossible(g.at(), "%q must be there and is declared nowhere, so that the object does not take it", name)
	}
	if len(schemas) == 0 {
		schemas = []*source.Node{{Kind: source.Map}}
	}
	return schemas, nil
}

// closed tells whether an object takes declared members alone (see
// jsonschema.Use).
func (g *goal) closed() bool {
	opened := slices.ContainsFunc(g.schemas, func(n *source.Node) bool {
		for _, keyword := range [...]string{"additionalProperties", "unevaluatedProperties"} {
			if v := n.Get(keyword); v != nil && v.Text != "false" {
				return true
			}
		}
		return false
	})
	return !opened && (g.has("properties") || g.has("patternProperties"))
}

func (g *goal) has(keyword string) bool {
	return slices.ContainsFunc(g.schemas, func(n *source.Node) bool { return n.Has(keyword) })
}

// least is the largest of the numbers that a keyword has, or 0.
func (g *goal) least(keyword string) int {
	least := 0
	for _, n := range g.schemas {
		if v := n.Get(keyword); v != nil {
			least = max(least, countOf(v))
		}
	}
	return least
}

const unbounded = int(^uint(0) >> 1)

// most is the smallest of the numbers that a keyword has.
func (g *goal) most(keyword string) int {
	most := unbounded
	for _, n := range g.schemas {
		if v := n.Get(keyword); v != nil {
			most = min(most, countOf(v))
		}
	}
	return most
}

// countOf reads a whole number; what is larger than one can be is unbounded.
func countOf(n *source.Node) int {
	f, err := strconv.ParseFloat(n.Text, 64)
	switch {
	case err != nil || f < 0:
		return 0
	case f > 1<<40:
		return unbounded
	}
	return int(f)
}
