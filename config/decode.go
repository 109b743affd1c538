package config

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"sallyport/source"
)

// decoder fills structs from a tree and notes every mistake on its way.
type decoder struct {
	Reader
	directory string   // what paths are relative to
	path      []string // the keys down to the struct at hand
	files     []string
	secrets   []*StoredSecret
	mistakes  source.Mistakes
}

// value is a type that reads itself from the text of a scalar.
type value interface {
	set(text string) error
	// wanted is what the type is called, and how it is written.
	wanted() (what, example string)
}

// checked is a struct that judges itself once all its fields are filled. It may
// find fields empty that were mistakes.
type checked interface{ check(*decoder) }

// brief is a struct that may be written as the value of one of its keys.
type brief interface{ shorthand() (key string) }

// field is one key of a struct.
type field struct {
	key   string
	index []int
	named bool // a map in the file, a slice ordered as the file in Go
	alone bool // a list of structs, of which one alone may stand without the list
	tag   reflect.StructTag
}

// fieldsOf lists the keys of a struct, those of embedded structs among them.
func fieldsOf(t reflect.Type) []field {
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		key, option, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case f.Anonymous && f.Type != reflect.TypeFor[Place]():
			for _, inner := range fieldsOf(f.Type) {
				inner.index = append([]int{i}, inner.index...)
				fields = append(fields, inner)
			}
		case key != "" && key != "-":
			fields = append(fields, field{key, []int{i}, option == "named", option == "alone", f.Tag})
		}
	}
	return fields
}

func (f field) required() bool {
	_, ok := f.tag.Lookup("required")
	return ok
}

func (d *decoder) wrong(at source.Position, remedy, format string, args ...any) {
	d.mistakes.Add(at, remedy, format, args...)
}

// structure fills a struct from a map, or with its defaults where n is nil. The
// environment's name is "" where no variable stands for the struct's keys.
func (d *decoder) structure(v reflect.Value, n *source.Node, environment string) {
	if n != nil && n.Kind != source.Map {
		b, ok := v.Addr().Interface().(brief)
		if !ok {
			d.wrong(n.Position(), "write its keys", "%s is %s, not a map", d.here(), n.Kind)
			return
		}
		n = source.NewMap(n, source.Member{Name: b.shorthand(), Value: n})
	}
	fields := fieldsOf(v.Type())
	settle(v, n, fields)
	d.refuseUnknown(n, fields)
	for _, f := range fields {
		d.member(v.FieldByIndex(f.index), n, f, environment)
	}
	if c, ok := v.Addr().Interface().(checked); ok && n != nil {
		c.check(d)
	}
}

// settle notes in every Place of the struct where its keys stand.
func settle(v reflect.Value, n *source.Node, fields []field) {
	for i := range v.NumField() {
		if p, ok := v.Field(i).Addr().Interface().(*Place); ok {
			p.settle(n, fields)
		} else if v.Type().Field(i).Anonymous {
			settle(v.Field(i), n, fields)
		}
	}
}

func (d *decoder) refuseUnknown(n *source.Node, fields []field) {
	if n == nil {
		return
	}
	known := make([]string, len(fields))
	for i, f := range fields {
		known[i] = f.key
	}
	for _, m := range n.Members {
		if slices.Contains(known, m.Name) {
			continue
		}
		remedy := "known here: " + strings.Join(known, ", ")
		if near := source.Nearest(m.Name, known); near != "" {
			remedy = fmt.Sprintf("did you mean %q?", near)
		}
		d.wrong(n.NamePosition(m.Name), remedy, "%s has no key %q", d.here(), m.Name)
	}
}

func (d *decoder) member(v reflect.Value, n *source.Node, f field, environment string) {
	d.path = append(d.path, f.key)
	defer func() { d.path = d.path[:len(d.path)-1] }()
	if environment != "" {
		environment += "_" + strings.ToUpper(f.key)
	}
	written := n.Get(f.key)
	switch {
	case isStruct(v):
		if written == nil {
			d.missing(n, f)
			inherit(v, n)
		}
		if written == nil || d.present(written) {
			d.structure(v, written, environment)
		}
	default:
		d.preset(v, f) // stays where the file makes a mistake, so that one does not look like two
		d.leaf(v, n, f, environment)
	}
}

// leaf fills a key that is no struct: from its variable, or from the file.
func (d *decoder) leaf(v reflect.Value, n *source.Node, f field, environment string) {
	switch written := n.Get(f.key); {
	case d.overridden(v, f, environment):
	case written == nil:
		d.missing(n, f)
	case d.present(written):
		d.value(v, written, f)
	}
}

// inherit gives a struct that is not written the place of the one around it.
func inherit(v reflect.Value, n *source.Node) {
	if n != nil {
		v.FieldByName("Place").Addr().Interface().(*Place).At = n.Position()
	}
}

func (d *decoder) missing(n *source.Node, f field) {
	if n != nil && f.required() {
		inside := "the configuration"
		if len(d.path) > 1 {
			inside = join(d.path[:len(d.path)-1])
		}
		d.wrong(n.Position(), "add it", "%s has no %s", inside, f.key)
	}
}

// present refuses a key without a value: whether nothing or the default was
// meant cannot be told.
func (d *decoder) present(n *source.Node) bool {
	if n.Kind == source.Null {
		d.wrong(n.Position(), "give it one, or remove the key", "%s has no value", d.here())
		return false
	}
	return true
}

// overridden takes a scalar from the variable that stands for its key.
func (d *decoder) overridden(v reflect.Value, f field, variable string) bool {
	if variable == "" || d.Environment == nil || !isScalar(v) {
		return false
	}
	text, ok := d.Environment(variable)
	if ok {
		d.scalar(v, scalar{text: text, written: text, at: source.Position{File: variable}, free: true}, f)
	}
	return ok
}

// value fills anything but a struct at the top of its key.
func (d *decoder) value(v reflect.Value, n *source.Node, f field) {
	switch {
	case f.named:
		d.named(v, n)
	case v.Kind() == reflect.Slice && !isScalar(v):
		d.list(v, n, f)
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.structure(v.Elem(), n, "")
	case isStruct(v):
		d.structure(v, n, "")
	default:
		if s, ok := d.expand(n); ok {
			d.scalar(v, s, f)
		}
	}
}

// list fills a slice. A list of one scalar may be written as the scalar, as may
// one of a struct that a scalar is short for.
func (d *decoder) list(v reflect.Value, n *source.Node, f field) {
	items := n.Items
	if f.alone && n.Kind == source.Map {
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		d.structure(v.Index(0), n, "")
		return
	}
	if n.Kind != source.List {
		if !short(v.Type().Elem()) || n.Kind == source.Map {
			d.wrong(n.Position(), "begin each item with a hyphen", "%s is %s, not a list", d.here(), n.Kind)
			return
		}
		items = []*source.Node{n}
	}
	if len(items) == 0 && f.required() {
		d.wrong(n.Position(), "", "%s is empty", d.here())
	}
	v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
	for i, item := range items {
		d.path = append(d.path, strconv.Itoa(i))
		if d.present(item) {
			d.value(v.Index(i), item, f)
		}
		d.path = d.path[:len(d.path)-1]
	}
}

// short tells whether one scalar stands for the whole value.
func short(t reflect.Type) bool {
	v := reflect.New(t)
	_, ok := v.Interface().(brief)
	return ok || isScalar(v.Elem())
}

// named fills a slice of structs from a map by name.
func (d *decoder) named(v reflect.Value, n *source.Node) {
	if n.Kind != source.Map {
		d.wrong(n.Position(), "write name: {…} for each", "%s is %s, not a map of names", d.here(), n.Kind)
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Members), len(n.Members)))
	for i, m := range n.Members {
		item := v.Index(i)
		item.FieldByName("Name").SetString(m.Name)
		item.FieldByName("Place").Addr().Interface().(*Place).At = n.NamePosition(m.Name)
		d.path = append(d.path, m.Name)
		if d.present(m.Value) {
			d.structure(item, m.Value, "")
		}
		d.path = d.path[:len(d.path)-1]
	}
}

// preset fills in the default of a key.
func (d *decoder) preset(v reflect.Value, f field) {
	text, ok := f.tag.Lookup("default")
	switch {
	case !ok:
	case v.Kind() == reflect.Slice:
		words := strings.Fields(text)
		v.Set(reflect.MakeSlice(v.Type(), len(words), len(words)))
		for i, word := range words {
			d.scalar(v.Index(i), scalar{text: word, free: true}, f)
		}
	default:
		d.scalar(v, scalar{text: text, free: true}, f)
	}
}

// here is the key at hand, as a person would name it.
func (d *decoder) here() string {
	return cmp.Or(join(d.path), "the configuration")
}

// join writes apis, 0, name as apis[0].name.
func join(path []string) string {
	var s strings.Builder
	for i, key := range path {
		if _, err := strconv.Atoi(key); err == nil && i > 0 {
			s.WriteString("[" + key + "]")
			continue
		}
		if i > 0 {
			s.WriteByte('.')
		}
		s.WriteString(key)
	}
	return s.String()
}

// isScalar tells whether a field is written as one value.
func isScalar(v reflect.Value) bool {
	switch v.Addr().Interface().(type) {
	case value, *Secret, *KeySource, *StoreURL, *MasterKey:
		return true
	}
	switch v.Kind() {
	case reflect.Bool, reflect.Int, reflect.String:
		return true
	}
	return false
}

func isStruct(v reflect.Value) bool { return v.Kind() == reflect.Struct && !isScalar(v) }
