// Package inspect is the stage that looks at what a request is about to do: at
// its body, and at the object that it would change. It asks rules about both
// before the backend hears of the request.
//
// What cannot be read, has another type, or is not there, no rule holds of.
package inspect

import (
	"sallyport"
	"sallyport/jsonschema"
)

// Rules are asked about what was captured of a body.
type Rules interface {
	// Decide is nil where all of them hold, else the refusal.
	Decide(*sallyport.Exchange, []jsonschema.Captured) error
}

// Look is what rules are asked about in one body, and how it is found.
type Look struct {
	Schema *jsonschema.Schema
	Watch  jsonschema.Watch
	Rules  Rules
	// Writable refuses a value that the caller may not set; nil where every one
	// may be set.
	Writable func(*sallyport.Exchange, []jsonschema.Captured) error
}

// decide asks the rules about a body. Of one that cannot be judged to its end, or
// in which what they ask for has another type or may stand elsewhere, nobody
// knows what it holds.
func (l *Look) decide(x *sallyport.Exchange, body []byte) error {
	found := new(jsonschema.Found)
	defer found.Reset()
	if c := l.Schema.Look(body, jsonschema.Cleaning{}, &l.Watch, found); c.Undecided || found.Misread {
		return unread()
	}
	if err := l.Rules.Decide(x, found.Captured); err != nil || l.Writable == nil {
		return err
	}
	return l.Writable(x, found.Captured)
}
