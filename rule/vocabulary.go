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

// Field is what rules ask of the caller beside claims.
type Field uint8

// The fields: of text first, then those that are lists of text.
const (
	ID Field = iota
	Subject
	Consumer
	Tenant
	Issuer
	Kind
	Scopes
	Roles
)

// callerTexts and callerLists are the fields by their names.
var (
	callerTexts = map[string]Field{"id": ID, "subject": Subject, "consumer": Consumer, "tenant": Tenant, "issuer": Issuer, "kind": Kind}
	callerLists = map[string]Field{"scopes": Scopes, "roles": Roles}
)
