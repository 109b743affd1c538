// Package rule decides by expressions: small questions over a caller, a request,
// the object that a write is about, and an answer, such as
//
//	response.owner == caller.subject || "auditor" in caller.roles
//
// An expression is CEL (the Common Expression Language, cel.dev). It is checked
// against the types that the document declares when it is compiled, so that a
// name that cannot be there is a mistake and not a rule that never holds, and
// its cost is bounded then. The shapes that nearly all rules have are compiled to
// native code, which means the same and costs no allocation.
//
// There are three outcomes: yes, no, and undecided, for what is asked of a value
// that is not there, or is not of the type that was declared. A caller without a
// claim equals nobody, and two values that are both missing are not equal:
// undecided means refused. A number beyond 64 bits is undecided rather than
// rounded.
package rule

import (
	"fmt"
	"strings"

	"cel.dev/cel-go/cel"

	"sallyport/jsonschema"
)

// Verdict is what comes of a rule.
type Verdict uint8

// The verdicts. The zero value is that nothing is known.
const (
	Undecided Verdict = iota
	No
	Yes
)

func (v Verdict) String() string { return [...]string{"undecided", "no", "yes"}[v] }

// Root is one of the names that an expression begins with.
type Root uint8

// The roots, in the order in which a request's way brings them about.
const (
	Caller Root = iota
	Path
	Query
	Headers
	Request
	Object
	Response
	Item
	roots
)

var rootNames = [...]string{"caller", "path", "query", "headers", "request", "object", "response", "item"}

func (r Root) String() string { return rootNames[r] }

// isBody tells the roots that are JSON.
func (r Root) isBody() bool { return r >= Request }

// Needs is a set of roots.
type Needs uint16

// Has tells whether the root is in the set.
func (n Needs) Has(r Root) bool { return n&(1<<r) != 0 }

func (n Needs) String() string {
	var names []string
	for r := range roots {
		if n.Has(r) {
			names = append(names, r.String())
		}
	}
	return strings.Join(names, ", ")
}

// Rule is a compiled expression. It is immutable and safe for concurrent use.
type Rule struct {
	text    string
	needs   Needs
	places  [roots][]*jsonschema.Place
	params  [roots][]Parameter
	native  node // nil where the expression has another shape
	program cel.Program
}

// String is the text that the rule was compiled from.
func (r *Rule) String() string { return r.text }

// Needs are the roots that must be known before the rule can be decided.
func (r *Rule) Needs() Needs { return r.needs }

// Places are the values of a body that the rule asks for; Inputs gives them by
// their index here.
func (r *Rule) Places(root Root) []*jsonschema.Place { return r.places[root] }

// Parameters are those of the path, the query or the header that the rule asks
// for; Inputs gives them by their index here.
func (r *Rule) Parameters(root Root) []Parameter { return r.params[root] }

// Native tells whether the rule runs without CEL.
func (r *Rule) Native() bool { return r.native != nil }

// Inputs are what a rule is decided on. They are asked for what the rule names,
// and may be asked more than once.
type Inputs interface {
	// Text is a field of the caller; "" where it is not there.
	Text(Field) string
	// List is one that is a list; false where no caller is known.
	List(Field) ([]string, bool)
	// Parameter is a decoded parameter; false where the request has none, or
	// several of the name.
	Parameter(root Root, i int) (string, bool)
	// Value is what stands at a place of a body; false where nothing does.
	Value(root Root, i int) (jsonschema.Value, bool)
}

// Decide asks the rule.
func (r *Rule) Decide(in Inputs) Verdict {
	if r.native != nil {
		if v, ok := r.native.decide(in); ok {
			return v
		}
	}
	return r.decideByCEL(in)
}

// Mistake is what is wrong with an expression.
type Mistake struct {
	// Offset is where, in bytes from the beginning of the expression.
	Offset  int
	Message string
	Remedy  string
}

func (m *Mistake) Error() string {
	if m.Remedy != "" {
		return fmt.Sprintf("%s (%s)", m.Message, m.Remedy)
	}
	return m.Message
}
