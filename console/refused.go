package console

import (
	"errors"
	"strings"

	"sallyport/store"
)

// Refused is why the desk does not do what it was asked for. It holds nothing
// of what was given, but for places.
type Refused struct {
	// Why is store.ErrNotFound, ErrExists or ErrChanged, or ErrInvalid.
	Why error
	// Says is a sentence that says what to change.
	Says string
	// Faults are what is wrong with what was given, each with its place.
	Faults []Fault
}

// ErrInvalid is what was given and cannot be taken.
var ErrInvalid = errors.New("not valid")

// Fault is one thing that is wrong with what was given.
type Fault struct {
	// Pointer is a JSON pointer into what was given.
	Pointer string
	// Keyword is the word of JSON Schema that says the like.
	Keyword string
	// Says is what would be right.
	Says string
}

func (r *Refused) Error() string {
	if len(r.Faults) == 0 {
		return r.Says
	}
	said := make([]string, len(r.Faults))
	for i, f := range r.Faults {
		if said[i] = f.Says; f.Pointer != "" {
			said[i] = strings.TrimPrefix(f.Pointer, "/") + ": " + f.Says
		}
	}
	return strings.Join(said, "; ")
}

func (r *Refused) Unwrap() error { return r.Why }

func invalid(pointer, keyword, says string) *Refused {
	return &Refused{Why: ErrInvalid, Says: "What was given does not fit; errors says what to change.", Faults: []Fault{{pointer, keyword, says}}}
}

// the is what a kind of object is called in sentences.
type the string

const (
	theConsumer   the = "consumer"
	theKey        the = "key"
	thePassword   the = "password"
	theRevocation the = "revocation"
	theSecret     the = "secret"
	theToken      the = "admin token"
)

// told makes the store's answer a sentence about an object; an error of another
// kind says that the store could not be asked, and stays as it is.
func (t the) told(err error) error {
	article := "a "
	if t == theToken {
		article = "an "
	}
	switch {
	case err == nil:
		return nil
	case errors.As(err, new(*Refused)):
		return err
	case errors.Is(err, store.ErrNotFound):
		return &Refused{Why: store.ErrNotFound, Says: "There is no such " + string(t) + "."}
	case errors.Is(err, store.ErrExists):
		return &Refused{Why: store.ErrExists, Says: "There is " + article + string(t) + " of this name already."}
	case errors.Is(err, store.ErrEnded):
		return inTheWay("A key of this hash was revoked, or ended sooner, before it was deleted: it does not come back with a longer life.")
	case errors.Is(err, store.ErrInvalid):
		return &Refused{Why: ErrInvalid, Says: "The " + string(t) + " cannot be kept as it was given."}
	case errors.Is(err, store.ErrChanged):
		return &Refused{Why: store.ErrChanged, Says: "The " + string(t) + " has changed since it was read: read it again, then change it."}
	}
	return err
}

// inTheWay is a state that does not permit what was asked for.
func inTheWay(says string) error { return &Refused{Why: store.ErrExists, Says: says} }

// within puts a place before those of the faults. A refusal that is about the
// whole becomes one about that place.
func within(err error, pointer string) error {
	r, ok := errors.AsType[*Refused](err)
	if !ok {
		return err
	}
	in := &Refused{Why: r.Why, Says: r.Says}
	for _, f := range r.Faults {
		in.Faults = append(in.Faults, Fault{pointer + f.Pointer, f.Keyword, f.Says})
	}
	if len(in.Faults) == 0 && errors.Is(r, ErrInvalid) {
		in.Faults = []Fault{{pointer, "not", r.Says}}
	}
	return in
}
