// Package message is an HTTP message as the pipeline sees it: method, one
// canonical target, header fields in order, a body. It follows the vocabulary
// of RFC 9110 and belongs to no HTTP engine: a door fills it from net/http or
// from our own parser, and a step neither knows nor cares which.
//
// It parses nothing and writes nothing to a connection. Strings and bodies of a
// message die when the exchange ends: what outlives it must be copied.
package message

import "strings"

// Field is one header field line: a name as received and its value without
// surrounding whitespace (RFC 9110 §5).
type Field struct{ Name, Value string }

// Fields are the header fields of a message in the order of arrival. Names
// compare without regard to ASCII case (RFC 9110 §5.1).
type Fields []Field

// Get is the first value of that name, or "".
func (f Fields) Get(name string) string {
	for i := range f {
		if EqualName(f[i].Name, name) {
			return f[i].Value
		}
	}
	return ""
}

// Has tells whether there is a field line of that name.
func (f Fields) Has(name string) bool { return f.Count(name) > 0 }

// Count is the number of field lines of that name.
func (f Fields) Count(name string) int {
	n := 0
	for i := range f {
		if EqualName(f[i].Name, name) {
			n++
		}
	}
	return n
}

// Values are all values of that name in order.
func (f Fields) Values(name string) []string {
	var values []string
	for i := range f {
		if EqualName(f[i].Name, name) {
			values = append(values, f[i].Value)
		}
	}
	return values
}

// Joined is the combined value of all field lines of that name (RFC 9110 §5.3).
func (f Fields) Joined(name string) string {
	first, more := "", false
	for i := range f {
		if !EqualName(f[i].Name, name) {
			continue
		}
		if more {
			return strings.Join(f.Values(name), ", ")
		}
		first, more = f[i].Value, true
	}
	return first
}

// Add appends a field line.
func (f *Fields) Add(name, value string) { *f = append(*f, Field{name, value}) }

// Set replaces all field lines of that name by one, in the place of the first.
func (f *Fields) Set(name, value string) {
	kept, done := (*f)[:0], false
	for _, field := range *f {
		if !EqualName(field.Name, name) {
			kept = append(kept, field)
		} else if !done {
			kept, done = append(kept, Field{name, value}), true
		}
	}
	if !done {
		kept = append(kept, Field{name, value})
	}
	*f = kept
}

// Del removes all field lines of these names.
func (f *Fields) Del(names ...string) {
	f.DelFunc(func(field Field) bool {
		for _, name := range names {
			if EqualName(field.Name, name) {
				return true
			}
		}
		return false
	})
}

// DelFunc removes the field lines for which drop is true.
func (f *Fields) DelFunc(drop func(Field) bool) {
	kept := (*f)[:0]
	for _, field := range *f {
		if !drop(field) {
			kept = append(kept, field)
		}
	}
	*f = kept
}

// DelDigests removes what belongs to the bytes of a content that was changed:
// RFC 9530 §2, §3, and the older Digest (RFC 3230) and Content-MD5 (RFC 2616
// §14.15).
func (f *Fields) DelDigests() {
	f.Del("Content-Digest", "Repr-Digest", "Digest", "Content-MD5")
}

// Clone is a copy whose lines can be changed without changing f.
func (f Fields) Clone() Fields { return append(make(Fields, 0, len(f)+4), f...) }

// EqualName compares two field names without regard to ASCII case. Other
// letters are compared exactly: K and the Kelvin sign are different names.
func EqualName(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := 0; i < len(a); i++ {
		x, y := a[i], b[i]
		if x == y {
			continue
		}
		if x|0x20 != y|0x20 || x|0x20 < 'a' || x|0x20 > 'z' {
			return false
		}
	}
	return true
}
