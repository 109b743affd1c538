package jsonschema

import (
	"bytes"
	"strings"
)

// value is one value of a body. The values stand in the order of the text,
// each followed by what it holds. Where they have names and texts they say
// where these stand: values without pointers cost the garbage collector nothing.
type value struct {
	kind     byte // n t f " 0 { [
	out      bool // it was taken out
	nameFlag flag
	textFlag flag
	parent   int32  // -1 at the root
	end      int32  // the first value behind this one and all it holds
	count    int32  // of members or items
	from     int32  // where the name of a member begins in the bytes
	to       int32  // where the value ends
	name     part   // where it is a member
	hash     uint32 // of the name
	text     part   // of a string, decoded; of a number, as written; of an object or array, nothing, where it begins
}

// part is where a text stands.
type part struct{ from, to int32 }

type flag uint8

const (
	escaped  flag = 1 << iota // it had escapes: it stands among the decoded texts
	whole                     // a number without fraction and exponent
	exponent                  // a number with one
	bound                     // no attack can be written in it (free.go)
)

// tree is a body that was read: it lies in the bytes of the body and dies
// with them.
type tree struct {
	values  []value
	body    []byte
	decoded []byte // strings that had escapes
	seen    nameSet
}

// makeRoom for the values of a large body at once, or most of the work would be
// to move them each time there are too many.
func (t *tree) makeRoom(body []byte) {
	if len(body)/16 < max(cap(t.values), 256) {
		return
	}
	// A value comes after a comma, or is the first of an array or object. What
	// stands within strings is counted too, hence the bound.
	n := 1
	for _, before := range [...]string{",", "[", "{"} {
		n += bytes.Count(body, []byte(before))
	}
	if n = min(n, len(body)/8, MaxValues); n > cap(t.values) {
		t.values = make([]value, 0, n)
	}
}

// add adds a value. What is known of it is written straight into its place: a
// value that is put together elsewhere and then copied takes several times as
// long.
func (t *tree) add(parent, from int32) *value {
	n := len(t.values)
	if n == cap(t.values) {
		t.values = append(t.values, value{})
	}
	t.values = t.values[:n+1]
	val := &t.values[n]
	*val = value{}
	val.parent, val.from = parent, from
	return val
}

// nameOf is the name of a member.
func (t *tree) nameOf(v int32) []byte {
	return t.nameIn(&t.values[v])
}

func (t *tree) nameIn(val *value) []byte {
	if val.nameFlag&escaped != 0 {
		return t.decoded[val.name.from:val.name.to]
	}
	return t.body[val.name.from:val.name.to]
}

// textOf is the text of a string, decoded, or that of a number.
func (t *tree) textOf(v int32) []byte {
	val := &t.values[v]
	if val.textFlag&escaped != 0 {
		return t.decoded[val.text.from:val.text.to]
	}
	return t.body[val.text.from:val.text.to]
}

// pointer is the place of a value by RFC 6901.
func (t *tree) pointer(v int32) string {
	var tokens []string
	size := 0
	for v > 0 {
		p := t.values[v].parent
		var token string
		if t.values[p].kind == '[' {
			token = itoa(t.ordinal(p, v))
		} else {
			token = escape(string(t.nameOf(v)))
		}
		tokens = append(tokens, token)
		size += len(token) + 1
		v = p
	}
	var b strings.Builder
	b.Grow(size)
	for i := len(tokens) - 1; i >= 0; i-- {
		b.WriteByte('/')
		b.WriteString(tokens[i])
	}
	return b.String()
}

// ordinal counts a child among its parent's from 0.
func (t *tree) ordinal(parent, child int32) int {
	n := 0
	for i := parent + 1; i < child; i = t.values[i].end {
		n++
	}
	return n
}

// member finds a member by name; -1 if there is none.
func (t *tree) member(object int32, name string) int32 {
	hash, end := hashOf([]byte(name)), t.values[object].end
	for i := object + 1; i < end; {
		val := &t.values[i]
		if val.hash == hash && string(t.nameIn(val)) == name {
			return i
		}
		i = val.end
	}
	return -1
}

// memberOf finds a member by the name of another.
func (t *tree) memberOf(object, other int32) int32 {
	name, hash, end := t.nameOf(other), t.values[other].hash, t.values[object].end
	for i := object + 1; i < end; {
		val := &t.values[i]
		if val.hash == hash && bytes.Equal(t.nameIn(val), name) {
			return i
		}
		i = val.end
	}
	return -1
}
