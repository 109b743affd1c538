package build

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"sallyport"
	"sallyport/config"
	"sallyport/pathmatch"
	"sallyport/problem"
	"sallyport/stage/admit"
)

// router finds the operation of a canonical request: host, then path, then
// method.
type router struct {
	exact    map[string]*table
	wildcard []*table // the longest suffix first
	any      *table
	nowhere  *sallyport.Operation
}

// table holds the operations of one host.
type table struct {
	host    string
	builder pathmatch.Builder[*sallyport.Operation]
	matcher *pathmatch.Matcher[*sallyport.Operation]
	// preflight answers for each template; by "" for undeclared paths.
	preflight map[string]*sallyport.Operation
	methods   map[string][]string
	unknown   *sallyport.Operation
	noMethod  *sallyport.Operation
}

func newRouter() *router {
	return &router{
		exact:   make(map[string]*table),
		nowhere: refusing("", "no-host", &admit.Refuse{Kind: problem.HostUnknown, Detail: "No API is served under this host."}, nil),
	}
}

// refusing is an operation that no document declares.
func refusing(api, id string, step *admit.Refuse, cors *admit.CORS) *sallyport.Operation {
	op := &sallyport.Operation{API: api, ID: id, Index: -1}
	if cors != nil {
		op.Place(sallyport.Placed{Stage: sallyport.Admit, Name: "cors", Step: cors})
	}
	op.Place(sallyport.Placed{Stage: sallyport.Admit, Name: id, Step: step})
	return op
}

// hosts are the tables that an API's operations go into.
func (r *router) hosts(c *config.API) []*table {
	if len(c.Hosts) == 0 {
		if r.any == nil {
			r.any = newTable("")
		}
		return []*table{r.any}
	}
	var tables []*table
	for _, h := range c.Hosts {
		host := strings.ToLower(string(h))
		if suffix, ok := strings.CutPrefix(host, "*"); ok {
			i := slices.IndexFunc(r.wildcard, func(t *table) bool { return t.host == suffix })
			if i < 0 {
				r.wildcard = append(r.wildcard, newTable(suffix))
				i = len(r.wildcard) - 1
			}
			tables = append(tables, r.wildcard[i])
			continue
		}
		if r.exact[host] == nil {
			r.exact[host] = newTable(host)
		}
		tables = append(tables, r.exact[host])
	}
	return tables
}

func newTable(host string) *table {
	return &table{host: host, preflight: make(map[string]*sallyport.Operation), methods: make(map[string][]string)}
}

// add routes an operation. Two templates that no path tells apart are a
// mistake within one API; between methods the document has said so already.
func (t *table) add(method, template string, op *sallyport.Operation) error {
	err := t.builder.Add(method, template, op)
	var conflict *pathmatch.Conflict
	if errors.As(err, &conflict) {
		if conflict.SameMethod {
			return fmt.Errorf("%s %s is the same path as %s: no request tells them apart", method, template, conflict.Other)
		}
		err = nil
	}
	if err == nil {
		t.methods[template] = append(t.methods[template], method)
	}
	return err
}

// undeclared makes what answers requests that the API does not declare.
func (r *router) undeclared(tables []*table, api string, cors *admit.CORS, preflight func([]string) *sallyport.Operation) {
	for _, t := range tables {
		unknown := &admit.Refuse{Kind: problem.OperationUnknown, Detail: "The API declares no such path.", Hint: t.hint}
		if t.unknown != nil { // several APIs share the host: an undeclared path belongs to none
			api, cors = "", nil
		}
		t.unknown = refusing(api, "undeclared-path", unknown, cors)
		t.noMethod = refusing(api, "undeclared-method", &admit.Refuse{Kind: problem.MethodUnknown, Detail: "The API declares other methods for this path."}, cors)
		if preflight == nil {
			continue
		}
		all := []string{}
		for template, methods := range t.methods {
			if t.preflight[template] == nil {
				slices.Sort(methods)
				t.preflight[template] = preflight(slices.Compact(methods))
			}
			all = append(all, methods...)
		}
		slices.Sort(all)
		// A script that asks for an undeclared path is told so by the request
		// itself, which a browser would not send after a refused preflight.
		t.preflight[""] = preflight(slices.Compact(all))
	}
}

func (t *table) hint(x *sallyport.Exchange) string {
	hint, ok := t.matcher.Hint(x.Request.Path)
	switch {
	case !ok:
		return ""
	case hint.Slash && hint.Case:
		return "It declares one that differs in letter case and in the slash at the end."
	case hint.Slash:
		return "It declares one that differs in the slash at the end."
	}
	return "It declares one that differs in letter case."
}

func (r *router) finish() {
	for _, t := range r.tables() {
		t.matcher = t.builder.Build()
	}
	slices.SortFunc(r.wildcard, func(a, b *table) int { return len(b.host) - len(a.host) })
}

func (r *router) tables() []*table {
	tables := slices.Clone(r.wildcard)
	for _, t := range r.exact {
		tables = append(tables, t)
	}
	if r.any != nil {
		tables = append(tables, r.any)
	}
	return tables
}

func (r *router) table(host string) *table {
	if t := r.exact[host]; t != nil {
		return t
	}
	for _, t := range r.wildcard {
		if len(host) > len(t.host) && strings.HasSuffix(host, t.host) {
			return t
		}
	}
	return r.any
}

// match implements Plan.Match.
func (r *router) match(x *sallyport.Exchange) *sallyport.Operation {
	t := r.table(x.Request.Host)
	if t == nil {
		return r.nowhere
	}
	var m pathmatch.Match[*sallyport.Operation]
	switch t.matcher.Match(x.Request.Method, x.Request.Path, &m) {
	case pathmatch.Found:
		if n := m.Values.Len(); n > 0 {
			x.Params = make([]string, n)
			for i := range n {
				x.Params[i] = m.Values.At(i)
			}
		}
		return m.Value
	case pathmatch.NoMethod:
		if op := t.preflight[m.Template]; op != nil && admit.IsPreflight(x.Request) {
			return op
		}
		x.Allowed = m.Allow
		return t.noMethod
	}
	if op := t.preflight[""]; op != nil && admit.IsPreflight(x.Request) {
		return op
	}
	return t.unknown
}
