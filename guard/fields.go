package guard

import (
	"sallyport"
	"sallyport/jsonschema"
	"sallyport/problem"
	"sallyport/rule"
	"sallyport/source"
)

// Field is a rule about one value of a body.
type Field struct {
	// Rule says who may see it, or set it.
	Rule *Rule
	// Place is where it stands.
	Place *jsonschema.Place
	// Mask shows a mask in its place, with so many of its last characters, where
	// it may not be seen; else nothing is shown.
	Mask bool
	Last int
}

// Fields are rules about values of one body.
type Fields struct {
	set    *Set
	fields []Field
}

// NewFields puts rules together. Of what is captured, those of their places come
// first places behind the beginning.
func NewFields(set *Set, first int, fields []Field) *Fields {
	for _, r := range set.Rules {
		r.first += first
	}
	return &Fields{set, fields}
}

// Veil is what of an answer the caller may not see.
func (f *Fields) Veil(x *sallyport.Exchange, captured []jsonschema.Captured) jsonschema.Veil {
	var veil jsonschema.Veil
	facts := f.set.about(x, captured)
	for i, r := range f.set.Rules {
		field := &f.fields[i]
		switch {
		case facts.decide(r) == rule.Yes:
		case field.Mask:
			veil.Mask = append(veil.Mask, jsonschema.Mask{Place: field.Place, Last: field.Last})
		default:
			veil.Drop = append(veil.Drop, field.Place)
		}
	}
	return veil
}

// Set refuses a request that sets what its caller may not. The values of the
// fields were captured from written on, in their order. Each rule is asked once,
// however often its value stands in the body.
func (f *Fields) Set(x *sallyport.Exchange, captured []jsonschema.Captured, written int) error {
	facts := f.set.about(x, captured)
	asked, may := -1, true
	for n := range captured {
		i := captured[n].Place - written
		if i >= 0 && i != asked {
			asked, may = i, facts.decide(f.set.Rules[i]) == rule.Yes
		}
		if may {
			continue
		}
		refusal := problem.Refuse(problem.RuleRefused, "").Because(notWritable(f.set.Rules[i].From))
		refusal.Faults = append(refusal.Faults, problem.Fault{In: "body", Pointer: captured[n].Pointer(), Keyword: "writable", Message: "is not the caller's to set"})
		return refusal
	}
	return nil
}

type notWritable source.Position

func (n notWritable) Error() string {
	return "the rule at " + source.Position(n).String() + ": not writable"
}
