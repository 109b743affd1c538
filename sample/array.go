package sample

import (
	"bytes"
	"slices"

	"sallyport/source"
)

// maxTries is how many values are made to find one that is not there yet.
const maxTries = 64

// array makes a list: one item, or two where all is wanted, or as many as there
// must be.
func (m *maker) array(g *goal) (any, error) {
	least, most := g.least("minItems"), g.most("maxItems")
	if m.place.in != "" {
		least = max(least, 1) // an empty list leaves no trace in text
	}
	contained := 0
	for _, n := range g.schemas {
		if n.Has("contains") {
			contained = max(contained, 1)
			if c := n.Get("minContains"); c != nil {
				contained = max(contained, countOf(c))
			}
		}
	}
	wanted := 1
	if m.all && m.level <= maxOptions && m.left > maxValues/2 {
		wanted = 2
	}
	wanted = min(max(wanted, least, contained), most)
	list := []any{}
	for i := range wanted {
		v, err := m.item(g, list, i < contained)
		if err != nil && len(list) >= max(least, contained) {
			return list, nil // fewer will do
		}
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

// item makes the next item, another than those before where they must differ.
func (m *maker) item(g *goal, before []any, contained bool) (any, error) {
	schemas, err := g.items(len(before), contained)
	if err != nil {
		return nil, err
	}
	unique := slices.ContainsFunc(g.schemas, func(n *source.Node) bool { return n.True("uniqueItems") })
	outer := m.vary
	defer func() { m.vary = outer }()
	for try := range maxTries {
		m.vary = outer + len(before) + try
		v, err := m.value(schemas)
		if err != nil {
			return nil, err
		}
		if !unique || !slices.ContainsFunc(before, func(b any) bool { return bytes.Equal(marshal(b), marshal(v)) }) {
			return v, nil
		}
	}
	return nil, impossible(g.at(), "it must have items that differ, and there are not as many")
}

func isFalse(n *source.Node) bool { return n != nil && n.Kind == source.Bool && n.Text == "false" }

// items is what the item at an index has to hold to.
func (g *goal) items(i int, contained bool) ([]*source.Node, error) {
	var schemas []*source.Node
	for _, n := range g.schemas {
		if c := n.Get("contains"); c != nil && contained {
			schemas = append(schemas, c)
		}
		if prefix := n.Get("prefixItems"); prefix != nil && i < len(prefix.Items) {
			schemas = append(schemas, prefix.Items[i])
			continue
		}
		if rest := n.Get("items"); isFalse(rest) {
			return nil, impossible(rest.Position(), "the list takes no more than %d items", i)
		}
		schemas = append(schemas, present(n.Get("items"))...)
	}
	for _, n := range g.schemas {
		if rest := n.Get("unevaluatedItems"); rest != nil && len(schemas) == 0 {
			if isFalse(rest) {
				return nil, impossible(rest.Position(), "the list takes no more than %d items", i)
			}
			schemas = append(schemas, rest)
		}
	}
	if len(schemas) == 0 {
		schemas = []*source.Node{{Kind: source.Map}}
	}
	return schemas, nil
}
