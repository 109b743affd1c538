package jsonschema

import (
	"slices"

	"sallyport/source"
)

// constant is a value of the schema that values of bodies are compared with.
type constant struct {
	kind    byte // as that of a value
	text    string
	number  decimal
	items   []constant
	members []namedConstant
}

type namedConstant struct {
	name  string
	value constant
}

// constantOf prepares a value for comparison. It is false for a number beyond
// the bounds of those that are judged, and for what holds one: nothing that
// may come is equal to it.
func constantOf(n *source.Node) (constant, bool) {
	switch n.Kind {
	case source.Null:
		return constant{kind: 'n'}, true
	case source.Bool:
		return constant{kind: n.Text[0]}, true
	case source.String:
		return constant{kind: '"', text: n.Text}, true
	case source.Number:
		d, ok := parseDecimal([]byte(n.Text), nil)
		return constant{kind: '0', number: d}, ok
	case source.List:
		c := constant{kind: '['}
		for _, item := range n.Items {
			i, ok := constantOf(item)
			if !ok {
				return c, false
			}
			c.items = append(c.items, i)
		}
		return c, true
	}
	c := constant{kind: '{'}
	for i := range n.Members {
		m, ok := constantOf(n.Members[i].Value)
		if !ok {
			return c, false
		}
		c.members = append(c.members, namedConstant{n.Members[i].Name, m})
	}
	return c, true
}

// enum is the values of enum or const.
type enum struct {
	strings lexicon
	numbers []decimal // sorted
	small   []small   // the same, if all are
	others  []constant
	values  []*source.Node
	keyword string // enum or const
}

func newEnum(keyword string, values []*source.Node) *enum {
	e := &enum{values: values, keyword: keyword}
	var texts []string
	for _, value := range values {
		c, ok := constantOf(value)
		switch {
		case !ok:
		case c.kind == '"':
			texts = append(texts, c.text)
		case c.kind == '0':
			e.numbers = append(e.numbers, c.number)
		default:
			e.others = append(e.others, c)
		}
	}
	e.strings = newLexicon(texts)
	slices.SortFunc(e.numbers, decimal.compare)
	e.small = smallOnes(e.numbers)
	return e
}

// maxSmall is how many numbers are compared one by one.
const maxSmall = 16

// smallOnes are numbers that are few and small, nil if they are not.
func smallOnes(numbers []decimal) []small {
	var list []small
	for _, d := range numbers {
		s, ok := small{}, d.integer()
		if ok {
			s, ok = parseSmall([]byte(d.plain()))
		}
		if !ok || len(list) == maxSmall {
			return nil
		}
		list = append(list, s)
	}
	return list
}

// isOneOf looks a value up among those of the schema.
func (k *check) isOneOf(e *enum, v int32) bool {
	switch k.values[v].kind {
	case '"':
		return e.strings.has(k.textOf(v))
	case '0':
		if e.numbers == nil {
			return false
		}
		if s, ok := parseSmall(k.textOf(v)); ok && e.small != nil {
			return slices.ContainsFunc(e.small, func(other small) bool { return s.compare(other) == 0 })
		}
		_, ok := slices.BinarySearchFunc(e.numbers, k.number(v), decimal.compare)
		return ok
	}
	for i := range e.others {
		if k.isConstant(v, &e.others[i]) {
			return true
		}
	}
	return false
}

// isConstant compares a value with one of the schema: numbers by value,
// objects without order (core §4.2.2).
func (k *check) isConstant(v int32, c *constant) bool {
	val := &k.values[v]
	if val.kind != c.kind {
		return false
	}
	switch c.kind {
	case '"':
		return string(k.textOf(v)) == c.text
	case '0':
		return k.number(v).compare(c.number) == 0
	case '[':
		return k.isList(v, c.items)
	}
	if int(val.count) != len(c.members) {
		return false
	}
	for i := range c.members {
		m := k.member(v, c.members[i].name)
		if m < 0 || !k.isConstant(m, &c.members[i].value) {
			return false
		}
	}
	return true
}

func (k *check) isList(v int32, items []constant) bool {
	if int(k.values[v].count) != len(items) {
		return false
	}
	i := v + 1
	for j := range items {
		if !k.isConstant(i, &items[j]) {
			return false
		}
		i = k.values[i].end
	}
	return true
}
