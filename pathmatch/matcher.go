package pathmatch

// Verdict is what a match came to. The zero value is NoPath, so that a forgotten result lets nothing in.
type Verdict uint8

const (
	NoPath   Verdict = iota // no template matches the path: 404
	NoMethod                // the path is described, the method is not: 405 with Allow
	Found                   // Value is the one to use
)

func (v Verdict) String() string {
	switch v {
	case NoPath:
		return "no path"
	case NoMethod:
		return "no method"
	case Found:
		return "found"
	}
	return "unknown verdict"
}

// Match is the outcome of one look-up. It may be used again for the next; it holds nothing over.
type Match[T any] struct {
	Value    T        // what was added for the method and the template; zero unless Found
	Template string   // the template as it was added; empty for NoPath
	Values   Values   // of the template's parameters; none for NoPath
	Allow    []string // for NoMethod, the methods of the template, sorted; shared, not to be changed
}

// Matcher finds values by method and path. It never changes and may be used by many goroutines at once.
type Matcher[T any] struct {
	routes []route[T]
	exact  tree
	folded tree // the same with literals in lower case, for Hint alone
}

// route is what was added for templates of one shape.
type route[T any] struct {
	segments []segment
	entries  []entry[T]
	allow    []string
}

// entry keeps the template too, as two of the same shape may differ in their names.
type entry[T any] struct {
	method   string
	template string
	value    T
}

// entry returns nil if the route lacks the method. Methods are case-sensitive (RFC 9110 section 9.1).
func (r *route[T]) entry(method string) *entry[T] {
	for i := range r.entries {
		if r.entries[i].method == method {
			return &r.entries[i]
		}
	}
	return nil
}

// Match looks up the canonical path of a request, beginning with "/" and without its query. The most concrete
// template that matches the path decides, whether or not it has the method; the package comment says why.
func (m *Matcher[T]) Match(method, path string, into *Match[T]) Verdict {
	var none T
	into.Value, into.Template, into.Allow = none, "", nil
	into.Values.length, into.Values.ambiguous = 0, false
	leaf := m.exact.find(path, &into.Values)
	if leaf == 0 {
		return NoPath
	}
	r := &m.routes[leaf-1]
	e := r.entry(method)
	if e == nil {
		into.Template, into.Allow = r.entries[0].template, r.allow
		return NoMethod
	}
	into.Value, into.Template = e.value, e.template
	return Found
}
