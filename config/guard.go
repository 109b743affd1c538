package config

import (
	"reflect"
	"time"

	"sallyport/source"
)

// Guard is the rules that bind callers to objects: which they may read, write
// and find in lists. A rule is an expression (CEL) over caller, path, query and
// headers, and over response or item where the answer is JSON. It stands in the
// configuration, or in the document under x-sallyport, at the root, a path or an
// operation.
type Guard struct {
	Place `json:"-"`

	// What must hold, all of it, such as response.owner == caller.subject. What is
	// known before the backend is asked is decided before. Rules of outer places
	// hold beside those of inner ones.
	Allow []string `yaml:"allow"`
	// Which items of a list leave: the others are taken out. A rule alone is
	// short for {rule: …}. An inner place takes the place of outer ones.
	Keep *Keep `yaml:"keep"`
	// What a write is about: the operation, by its id, that reads it, with the
	// caller's own credential, before the write goes on. Rules call it object.
	Object *Object `yaml:"object"`
	// Who may see and set single values, by their JSON pointers in the body, such
	// as /salary or /items/*/iban. Those of an outer place hold in every operation
	// whose bodies have them.
	Fields []Field `yaml:"fields,named"`
	// The operations, by id, for which the rules of this place do not hold.
	Except []Glob `yaml:"except"`
	// What callers are told for whom a rule does not hold: 404, word for word as
	// of an object that does not exist, or 403.
	Otherwise string `yaml:"otherwise" default:"404" choices:"404 403"`
}

// Keep is which items of a list leave.
type Keep struct {
	Place `json:"-"`

	// What must hold of an item that leaves, such as item.owner == caller.subject.
	Rule string `yaml:"rule" required:""`
	// Where the list stands in the answer, as a JSON pointer such as /items.
	// Without it the answer itself is the list.
	At string `yaml:"at"`
	// What comes of numbers beside the list, by their JSON pointers, such as
	// /total: remove. Those that are not named stay.
	Counts []Count `yaml:"counts,named"`
}

func (*Keep) shorthand() string { return "rule" }

// Count is what comes of a number beside a list of which items are taken out.
type Count struct {
	Place `json:"-"`

	// Name is the JSON pointer.
	Name string `yaml:"-"`
	// left leaves it as the backend wrote it, remove takes it out, recount writes
	// it less what was taken out of this answer: right for the items of a page,
	// wrong for all pages together, of which this one tells nothing.
	As string `yaml:"as" required:"" choices:"left remove recount"`
}

func (*Count) shorthand() string { return "as" }

// Field is who may see and set one value.
type Field struct {
	Place `json:"-"`

	// Name is the JSON pointer; * stands for every item.
	Name string `yaml:"-"`
	// What must hold for it to be seen in an answer, such as "hr" in caller.roles.
	// Without it, everybody sees it.
	Visible string `yaml:"visible"`
	// What those get who may not see it: drop takes it out of the answer, mask
	// shows **** for text and null for anything else.
	Instead string `yaml:"instead" default:"drop" choices:"drop mask"`
	// How many characters at the end of masked text stay, 4 at most; without it,
	// none.
	Last int `yaml:"last"`
	// What must hold for a request to hold it. Without it, whoever may ask for
	// the operation may set it.
	Writable string `yaml:"writable"`
}

func (f *Field) check(c *decoder) {
	switch {
	case !f.Wrote("visible") && !f.Wrote("writable"):
		c.wrong(f.At, "write visible, writable, or both", "nothing is said of %s", f.Name)
	case f.Instead == "drop" && f.Wrote("last"):
		c.wrong(f.PositionOf("last"), "add instead: mask", "last has a meaning for a mask only")
	case f.Wrote("instead") && !f.Wrote("visible"):
		c.wrong(f.PositionOf("instead"), "add visible", "instead of what is always seen nothing is shown")
	}
	if f.Last > 4 {
		c.wrong(f.PositionOf("last"), "write at most 4", "a mask that shows %d characters hides little", f.Last)
	}
	if f.Name == "" || f.Name[0] != '/' {
		c.wrong(f.At, "write a JSON pointer such as /salary", "%q names no value of a body", f.Name)
	}
}

// Object is how the object that a write is about is read first.
type Object struct {
	Place `json:"-"`

	// The id of the operation that reads it: a GET of the same API whose path
	// parameters the write has too.
	Read string `yaml:"read" required:""`
	// Send the ETag that was read as If-Match with the write, where the backend
	// gives a strong one and the client sends none: then nothing can change in
	// between (RFC 9110 §13.1.1).
	IfMatch bool `yaml:"if_match" default:"true"`
	// How long what was read is kept for the next write of the same caller to the
	// same path that reads the same object, a minute at most. A write through the
	// gateway to the object, or below it by an operation that keeps nothing, ends
	// that at once; what changes the object elsewhere is noticed when the time is
	// over. Off unless you know that little does.
	KeepFor Duration `yaml:"keep_for" off:""`
}

func (o *Object) check(c *decoder) {
	if o.KeepFor.Duration() > time.Minute {
		c.wrong(o.PositionOf("keep_for"), "take a minute at most, better seconds", "whose an object is may change in %s", o.KeepFor)
	}
}

func (*Object) shorthand() string { return "read" }

// DecodeGuard reads the rules that a document writes, with the mistakes that
// they have.
func DecodeGuard(n *source.Node) (*Guard, source.Mistakes) {
	d := &decoder{}
	g := new(Guard)
	d.path = []string{"x-sallyport"}
	d.structure(reflect.ValueOf(g).Elem(), n, "")
	return g, d.mistakes
}
