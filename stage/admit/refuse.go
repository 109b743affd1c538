package admit

import (
	"strings"

	"sallyport"
	"sallyport/problem"
)

// Refuse turns every request away: the one step of operations that no document
// declares, and of declared ones that cannot be served.
type Refuse struct {
	Kind   problem.Kind
	Detail string
	// Hint adds to the detail what the caller may have meant; may be nil.
	Hint func(*sallyport.Exchange) string
}

// Run implements sallyport.Step.
func (r *Refuse) Run(x *sallyport.Exchange) error {
	detail := r.Detail
	if r.Hint != nil {
		if hint := r.Hint(x); hint != "" {
			detail = strings.TrimSpace(detail + " " + hint)
		}
	}
	refusal := problem.Refuse(r.Kind, "%s", detail)
	if r.Kind == problem.MethodUnknown {
		refusal.With("Allow", strings.Join(x.Allowed, ", ")) // RFC 9110 §15.5.6
	}
	return refusal
}
