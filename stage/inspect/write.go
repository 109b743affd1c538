package inspect

import (
	"strings"

	"sallyport"
)

// Write has what was read of an object forgotten when it is written to. It runs
// for every operation that is no reading, and comes last before the backend.
type Write struct {
	Kept *Kept
	// Path cuts the base off the path of a request.
	Path Path
	// Keeps tells that the operation keeps what was read before it: then it does
	// not change whose the objects are that its path lies under.
	Keeps bool
}

// Path is how long the path of an operation is.
type Path struct {
	// Bases are the base paths before it.
	Bases []string
	// Depth is how many slashes it has behind them.
	Depth int
}

// cut parts the path of a request; the base is "" where it has none of them.
func (p *Path) cut(path string) (base, rest string) {
	for _, base := range p.Bases {
		if rest, ok := strings.CutPrefix(path, base); ok && strings.Count(rest, "/") == p.Depth {
			return base, rest
		}
	}
	return "", path
}

// Run implements sallyport.Step.
func (w *Write) Run(x *sallyport.Exchange) error {
	_, path := w.Path.cut(x.Request.Path)
	u := &underWay{&w.Kept.writes, []string{path}}
	if !w.Keeps {
		u.paths = above(path)
	}
	for _, path := range u.paths {
		u.writes.begin(path)
	}
	x.OnDone(u)
	return nil
}

// underWay is a write that has begun.
type underWay struct {
	writes *writes
	paths  []string
}

// Done implements sallyport.Closing. What the backend failed at, or does later
// (RFC 9110 §15.3.3), nobody knows the outcome of, nor of what it never answered.
func (u *underWay) Done(x *sallyport.Exchange) {
	status := x.Upstream.Status
	known := x.Upstream.Target == "" || status != 0 && status != accepted && status < 500
	for _, path := range u.paths {
		u.writes.end(path, known, x.Env.Now())
	}
}

const accepted = 202
