package rule

import (
	"strings"

	"sallyport/jsonschema"
)

// Vocabulary is what the roots mean at one operation.
type Vocabulary struct {
	// Path, Query and Headers are the parameters that there are. Names of header
	// fields are compared without regard to case.
	Path, Query, Headers []Parameter
	// Bodies are the shapes of the roots that are JSON; nil where there is none.
	Bodies map[Root]Shape
}

// Parameter is a parameter with one value.
type Parameter struct {
	Name string
	// Types are what its schema takes: a value is read as an integer, a number
	// or a boolean where that is all that it can be, else as text.
	Types jsonschema.Types
}

// Shape tells what values a body can have at a place; none where nothing can be.
// The schemas of package jsonschema are shapes.
type Shape interface {
	TypesAt(*jsonschema.Place) jsonschema.Types
}

func (v *Vocabulary) parameters(root Root) []Parameter {
	switch root {
	case Path:
		return v.Path
	case Query:
		return v.Query
	case Headers:
		return v.Headers
	}
	return nil
}

// has tells whether an expression may begin with the root.
func (v *Vocabulary) has(root Root) bool {
	return !root.isBody() || v.Bodies[root] != nil
}

// named finds a parameter.
func (v *Vocabulary) named(root Root, name string) (Parameter, bool) {
	for _, p := range v.parameters(root) {
		if p.Name == name || root == Headers && strings.EqualFold(p.Name, name) {
			return p, true
		}
	}
	return Parameter{}, false
}

// callerFields are the fields of the caller that are text.
var callerFields = map[string]func(*Who) string{
	"id":       func(w *Who) string { return w.ID },
	"subject":  func(w *Who) string { return w.Subject },
	"consumer": func(w *Who) string { return w.Consumer },
	"tenant":   func(w *Who) string { return w.Tenant },
	"issuer":   func(w *Who) string { return w.Issuer },
	"kind":     func(w *Who) string { return w.Kind },
}

// callerLists are those that are lists of text.
var callerLists = map[string]func(*Who) []string{
	"scopes": func(w *Who) []string { return w.Scopes },
	"roles":  func(w *Who) []string { return w.Roles },
}
