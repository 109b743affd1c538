package authorize

import "sallyport"

// Rules are those that can be decided before the backend hears of the request:
// over the caller, the path, the query and the header fields.
type Rules struct {
	// Decide is nil where all of them hold, else the refusal.
	Decide func(*sallyport.Exchange) error
}

// Run implements sallyport.Step.
func (r *Rules) Run(x *sallyport.Exchange) error { return r.Decide(x) }
