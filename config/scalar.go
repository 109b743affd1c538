package config

import (
	"errors"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"sallyport/source"
)

// scalar is one value as it is written, and as it reads once the variables in
// it are expanded. Messages show what is written alone: a variable may hold
// what no log should.
type scalar struct {
	text    string
	written string
	kind    source.Kind
	at      source.Position
	// free says that the text has no kind of its own, since it comes from a
	// variable, a flag or a default.
	free bool
}

// errHidden is for a text that must not be shown.
type errHidden struct{ message, remedy string }

func (e *errHidden) Error() string { return e.message }

// scalar fills a field with one value.
func (d *decoder) scalar(v reflect.Value, s scalar, f field) {
	if _, ok := f.tag.Lookup("off"); ok && s.text == "off" {
		v.SetZero()
		return
	}
	switch to := v.Addr().Interface().(type) {
	case *Secret:
		d.secret(to, s)
		return
	case *KeySource:
		d.keySource(to, s)
		return
	case *StoreURL:
		d.storeURL(to, s)
		return
	case *MasterKey:
		d.masterKey(to, s)
		return
	case value:
		if d.set(to, s) {
			d.refuseZero(v, s, f)
		}
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		d.boolean(v, s)
	case reflect.Int:
		d.integer(v, s, f)
	case reflect.String:
		d.text(v, s, f)
	}
}

func (d *decoder) set(to value, s scalar) bool {
	what, example := to.wanted()
	_, number := to.(numeric)
	if !s.free && (s.kind == source.Bool || s.kind == source.Number && !number) {
		d.wrong(s.at, "write "+example, "%s is %s, not %s", d.here(), s.kind, what)
		return false
	}
	err := to.set(s.text)
	var hidden *errHidden
	switch {
	case err == nil:
		return true
	case errors.As(err, &hidden):
		d.wrong(s.at, hidden.remedy, "%s", hidden.message)
	case err == errForm:
		d.wrong(s.at, "write "+example, "%q is not %s", s.written, what)
	default:
		d.wrong(s.at, "write "+example, "%q is not %s: %v", s.written, what, err)
	}
	return false
}

// errForm says that a text is not of its type's form, and no more.
var errForm = errors.New("not of the form")

// numeric is a value that may be written as a number.
type numeric interface{ numeric() }

// refuseZero: a time or size of nothing is never what was meant, except where
// it can be off.
func (d *decoder) refuseZero(v reflect.Value, s scalar, f field) {
	if _, off := f.tag.Lookup("off"); !off && v.Kind() == reflect.Int64 && v.IsZero() {
		d.wrong(s.at, "write more than that", "%s cannot be %s", d.here(), s.written)
	}
}

func (d *decoder) boolean(v reflect.Value, s scalar) {
	if s.kind != source.Bool && !s.free || s.text != "true" && s.text != "false" {
		d.wrong(s.at, "write true or false", "%s is %q, not a boolean", d.here(), s.written)
		return
	}
	v.SetBool(s.text == "true")
}

func (d *decoder) integer(v reflect.Value, s scalar, f field) {
	if choices := f.choices(); len(choices) > 0 && !slices.Contains(choices, s.text) {
		d.wrong(s.at, "write "+either(choices), "%s cannot be %q", d.here(), s.written)
		return
	}
	n, err := strconv.Atoi(s.text)
	if s.kind != source.Number && !s.free || err != nil || n < 1 {
		d.wrong(s.at, "write a number such as 10", "%s is %q, not a whole number from 1", d.here(), s.written)
		return
	}
	v.SetInt(int64(n))
}

func (d *decoder) text(v reflect.Value, s scalar, f field) {
	if choices := f.choices(); len(choices) > 0 {
		d.choice(v, s, choices)
		return
	}
	if s.kind != source.String && !s.free {
		// Numbers have lost their form by now: 007 is 7 and 1e3 may be 1000.
		d.wrong(s.at, "put it in quotes", "%s is %s, not a string", d.here(), s.kind)
		return
	}
	text := s.text
	if strings.ContainsRune(text, 0) || f.required() && text == "" {
		d.wrong(s.at, "", "%s cannot be %q", d.here(), s.written)
		return
	}
	if except, ok := f.tag.Lookup("path"); ok && !slices.Contains(strings.Fields(except), text) {
		text = d.resolve(text)
	}
	v.SetString(text)
}

// choice takes numbers and booleans by their text: min_version: 1.2 is clear.
func (d *decoder) choice(v reflect.Value, s scalar, choices []string) {
	if slices.Contains(choices, s.text) {
		v.SetString(s.text)
		return
	}
	remedy := "write " + either(choices)
	if near := source.Nearest(s.written, choices); near != "" {
		remedy = "did you mean " + near + "?"
	}
	d.wrong(s.at, remedy, "%s cannot be %q", d.here(), s.written)
}

// resolve makes a path one that can be opened, whatever the working directory
// was meant to be.
func (d *decoder) resolve(path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(d.directory, path)
}

func (f field) choices() []string { return strings.Fields(f.tag.Get("choices")) }

// either joins words as a person would: a, b or c.
func either(words []string) string {
	last := len(words) - 1
	if last == 0 {
		return words[0]
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
