package validate

import (
	"strconv"
	"strings"

	"sallyport/jsonschema"
)

// maxDeep is how deep the brackets of deepObject may be nested.
const maxDeep = 16

// branch is a value of style deepObject on its way from pairs to JSON text. The
// specification defines one level, p[a]=1; descriptions in use nest further,
// p[a][b]=1, and write lists as p[a][0]=1 or p[a][]=1, which is read too as far
// as it has one reading.
type branch struct {
	leaf   bool
	value  string
	pair   int32 // that the value came with
	names  []string
	byName map[string]*branch
	// appended counts items written with empty brackets.
	appended int
}

// deep appends a value of style deepObject from all pairs that begin with the
// name of its parameter.
func (d *decoder) deep(prefix string, v values, c coding, shape *jsonschema.Shape) flaw {
	var root branch
	for i := v.chain.first; i >= 0; i = v.pairs.list[i].next {
		p := &v.pairs.list[i]
		if f := root.grow(p.name[len(prefix):], p.value, i); f != sound {
			return f
		}
	}
	return d.branch(&root, c, shape)
}

// grow adds one value at a path of brackets.
func (b *branch) grow(path, value string, pair int32) flaw {
	for depth := 0; path != ""; depth++ {
		token, rest, ok := strings.Cut(path, "]")
		if !ok || token == "" || token[0] != '[' || strings.IndexByte(token[1:], '[') >= 0 || depth == maxDeep {
			return badPath
		}
		token, path = token[1:], rest
		if token == "" {
			if path != "" {
				return badPath // p[][a]=1&p[][b]=2 is one item or two
			}
			token = strconv.Itoa(b.appended)
			b.appended++
		}
		if b.leaf {
			return badPath // p[a]=1&p[a][b]=2: text and object at one place
		}
		b = b.child(token)
	}
	if b.leaf || len(b.names) > 0 {
		return repeated
	}
	b.leaf, b.value, b.pair = true, value, pair
	return sound
}

func (b *branch) child(name string) *branch {
	next := b.byName[name]
	if next == nil {
		if b.byName == nil {
			b.byName = map[string]*branch{}
		}
		next = &branch{}
		b.byName[name] = next
		b.names = append(b.names, name)
	}
	return next
}

func (d *decoder) branch(b *branch, c coding, shape *jsonschema.Shape) flaw {
	if b.leaf {
		from := len(d.out)
		f := d.scalar(b.value, c, shape)
		d.mark(from, int(b.pair), false)
		return f
	}
	types := typesOf(shape)
	if b.appended > 0 || mayBe(types, jsonschema.Array) && !mayBe(types, jsonschema.Object) {
		return d.indexed(b, c, shape)
	}
	d.out = append(d.out, '{')
	for i, name := range b.names {
		if i > 0 {
			d.out = append(d.out, ',')
		}
		d.out = append(appendQuoted(d.out, []byte(name)), ':')
		if f := d.branch(b.byName[name], c, memberOf(shape, []byte(name))); f != sound {
			return f
		}
	}
	d.out = append(d.out, '}')
	return sound
}

// indexed appends a list. A gap would be null for one backend and no item for
// another.
func (d *decoder) indexed(b *branch, c coding, shape *jsonschema.Shape) flaw {
	d.out = append(d.out, '[')
	for i := range b.names {
		item := b.byName[strconv.Itoa(i)]
		if item == nil {
			return badPath
		}
		if i > 0 {
			d.out = append(d.out, ',')
		}
		if f := d.branch(item, c, itemOf(shape)); f != sound {
			return f
		}
	}
	d.out = append(d.out, ']')
	return sound
}
