package sample

import (
	"bytes"
	"encoding/json"

	"sallyport/jsonschema"
	"sallyport/source"
)

// Bounds of one value, whatever its schema.
const (
	maxValues  = 4_000 // values that are tried, those that are given up included
	maxDepth   = 40
	maxOptions = 4 // how deep optional members are filled in
	maxReturns = 2 // how often a schema may stand within itself
)

// maker makes one value and all that it holds. Numbers are json.Number, objects
// map[string]any, so that marshalling is in one order.
type maker struct {
	*Generator
	direction jsonschema.Direction
	place     place
	all       bool
	// vary makes another value of the same schema, for items that must differ.
	vary int
	left int
	// level is how many values the one being made lies in.
	level int
	// open counts the schemas whose values are being made.
	open map[*source.Node]int
}

// pick begins a choice among n.
func (m *maker) pick(n int) int { return int((uint64(m.vary) + m.options.Seed) % uint64(n)) }

// value makes a value that all of the schemas take.
func (m *maker) value(schemas []*source.Node) (any, error) {
	if m.left--; m.left < 0 {
		return nil, impossible(schemas[0].Position(), "its values are too many to be tried")
	}
	if m.level > maxDepth {
		return nil, impossible(schemas[0].Position(), "its values are nested too deep")
	}
	return m.settle(schemas, make(map[unionKey]int))
}

// settle chooses one branch of each union after another, and keeps the first
// choice with which a value can be made.
func (m *maker) settle(schemas []*source.Node, chosen map[unionKey]int) (any, error) {
	g, err := m.goal(schemas, chosen)
	if err != nil {
		return nil, err
	}
	if g.pending == nil {
		return m.build(g, schemas)
	}
	u := g.pending
	var first error
	for _, i := range m.order(u) {
		chosen[u.key] = i
		v, err := m.settle(schemas, chosen)
		delete(chosen, u.key)
		if err == nil {
			return v, nil
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
}

// order is the branches in the order in which they are tried: null last, since
// nothing can be seen of it.
func (m *maker) order(u *union) []int {
	n := len(u.branches)
	var order, nulls []int
	for k := range n {
		i := (k + m.pick(n)) % n
		if u.keyword != "if" && len(u.branches[i]) == 1 && isNull(m.follow(u.branches[i][0])) {
			nulls = append(nulls, i)
			continue
		}
		order = append(order, i)
	}
	return append(order, nulls...)
}

func isNull(n *source.Node) bool { return n != nil && n.Str("type") == "null" }

// build makes a value once all is decided, of the first type for which that is
// possible. Where nothing makes sure that the value fits, it is tried with and
// without what is optional: either may tell the branches of a union apart.
func (m *maker) build(g *goal, schemas []*source.Node) (any, error) {
	if enum, ok := g.enum(); ok {
		v, err := m.oneOf(g, enum)
		if err == nil && g.doubtful {
			err = m.fits(schemas, v)
		}
		return v, err
	}
	first := impossible(g.at(), "no type is left that the schemas have in common")
	for i, t := range m.typesOf(g) {
		v, err := m.possible(g, t, schemas)
		if err == nil {
			return v, nil
		}
		if i == 0 {
			first = err
		}
	}
	return nil, first
}

func (m *maker) possible(g *goal, t string, schemas []*source.Node) (any, error) {
	if !g.doubtful {
		return m.ofType(g, t)
	}
	outer := m.all
	defer func() { m.all = outer }()
	var first error
	for _, m.all = range [...]bool{outer, !outer} {
		v, err := m.ofType(g, t)
		if err == nil {
			err = m.fits(schemas, v)
		}
		if err == nil {
			return v, nil
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
}

// fits holds a value against schemas as the specification does.
func (m *maker) fits(schemas []*source.Node, v any) error {
	text := marshal(v)
	for _, n := range schemas {
		judge, err := m.schema(n, jsonschema.Use{Direction: m.direction})
		if err != nil {
			return firstMistake(err)
		}
		if err := faultOf(judge.Check(text)); err != nil {
			return err
		}
	}
	return nil
}

func (m *maker) ofType(g *goal, t string) (any, error) {
	switch t {
	case "object":
		return m.within(g, m.object)
	case "array":
		return m.within(g, m.array)
	case "string":
		return m.text(g)
	case "integer", "number":
		return m.number(g, t == "integer")
	case "boolean":
		return m.pick(2) == 0, nil
	}
	return nil, nil
}

// within makes a value that holds others, and stops where its schema stands
// within itself too often.
func (m *maker) within(g *goal, make func(*goal) (any, error)) (any, error) {
	for _, n := range g.schemas {
		if m.open[n]++; m.open[n] > maxReturns {
			defer m.leave(g, n)
			return nil, impossible(n.Position(), "its values hold one another without end")
		}
	}
	m.level++
	v, err := make(g)
	m.level--
	m.leave(g, nil)
	return v, err
}

// leave undoes what within has counted, up to and including one schema.
func (m *maker) leave(g *goal, last *source.Node) {
	for _, n := range g.schemas {
		if m.open[n]--; n == last {
			return
		}
	}
}

// oneOf makes one of the values of an enum, null only where there is no other.
func (m *maker) oneOf(g *goal, enum []*source.Node) (any, error) {
	var first error
	for _, nulls := range [...]bool{false, true} {
		for k := range enum {
			n := enum[(k+m.pick(len(enum)))%len(enum)]
			v := n.Any()
			if (v == nil) != nulls || !m.place.takes(v, m.level) {
				continue
			}
			err := m.fits(g.schemas, v)
			if err == nil {
				return v, nil
			}
			if first == nil {
				first = err
			}
		}
	}
	if first == nil {
		first = impossible(g.at(), "none of the values of the enum can stand in its place")
	}
	return nil, first
}

// marshal is JSON text with the members of objects in one order.
func marshal(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil // only what no JSON text holds, which nothing here makes
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
