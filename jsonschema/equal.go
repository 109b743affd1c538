package jsonschema

import (
	"bytes"
	"hash/maphash"

	"sallyport/source"
)

// fewItems is how many items are compared each with each.
const fewItems = 8

// distinct tells whether no two items of an array are equal.
func (k *check) distinct(v int32) bool {
	if k.values[v].count > fewItems {
		return k.distinctByHash(v)
	}
	end := k.values[v].end
	for i := v + 1; i < end; i = k.values[i].end {
		for j := k.values[i].end; j < end; j = k.values[j].end {
			if k.equal(i, j) {
				return false
			}
		}
	}
	return true
}

// distinctByHash compares only items of one hash. The seed is drawn for each
// check, so that nobody can send items that collide.
func (k *check) distinctByHash(v int32) bool {
	seed := maphash.MakeSeed()
	seen := make(map[uint64][]int32, k.values[v].count)
	for i := v + 1; i < k.values[v].end; i = k.values[i].end {
		h := k.hash(seed, i)
		for _, j := range seen[h] {
			if k.equal(i, j) {
				return false
			}
		}
		seen[h] = append(seen[h], i)
	}
	return true
}

// hash is the same for equal values.
func (k *check) hash(seed maphash.Seed, v int32) uint64 {
	val := &k.values[v]
	switch val.kind {
	case '"':
		return maphash.Bytes(seed, k.textOf(v))
	case '0':
		d := k.number(v)
		return maphash.Bytes(seed, d.digits)*31 + uint64(d.point)*2 + 1
	}
	sum := uint64(val.kind) * 0x9E3779B97F4A7C15
	for i := v + 1; i < val.end; i = k.values[i].end {
		h := k.hash(seed, i)
		if val.kind == '{' {
			// Members have no order: their hashes are added up.
			sum += (maphash.Bytes(seed, k.nameOf(i)) ^ h*3) * 0xBF58476D1CE4E5B9
		} else {
			sum = sum*0x94D049BB133111EB + h + 1
		}
	}
	return sum
}

// equal compares two values of the body.
func (k *check) equal(a, b int32) bool {
	x, y := &k.values[a], &k.values[b]
	if x.kind != y.kind || x.count != y.count {
		return false
	}
	switch x.kind {
	case '"':
		return bytes.Equal(k.textOf(a), k.textOf(b))
	case '0':
		return k.number(a).compare(k.numberInto(&k.digits[1], b)) == 0
	case '[':
		for i, j := a+1, b+1; i < x.end; i, j = k.values[i].end, k.values[j].end {
			if !k.equal(i, j) {
				return false
			}
		}
	case '{':
		for i := a + 1; i < x.end; i = k.values[i].end {
			j := k.memberOf(b, i)
			if j < 0 || !k.equal(i, j) {
				return false
			}
		}
	}
	return true
}

// nodeType is the type of a value of the schema.
func nodeType(n *source.Node) Types {
	switch n.Kind {
	case source.Bool:
		return Boolean
	case source.Number:
		if d, ok := parseDecimal([]byte(n.Text), nil); ok && d.integer() {
			return Integer
		}
		return Number
	case source.String:
		return String
	case source.List:
		return Array
	case source.Map:
		return Object
	}
	return Null
}
