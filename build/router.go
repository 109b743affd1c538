package build

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"sallyport"
	"sallyport/config"
	"sallyport/message"
	"sallyport/pathmatch"
	"sallyport/problem"
	"sallyport/source"
	"sallyport/stage/admit"
)

// router finds the operation of a canonical request: the site of its host,
// there the table of what it asks for, then path and method.
type router struct {
	exact    map[string]*site
	wildcard []*site // the longest suffix first
	any      *site
	nowhere  *sallyport.Operation
}

// table holds the operations that stand beside each other.
type table struct {
	builder pathmatch.Builder[*sallyport.Operation]
	matcher *pathmatch.Matcher[*sallyport.Operation]
	// declared is who declares a method of a template.
	declared map[string]map[string]*sallyport.Operation
	// firsts names, for a template, the one that was first to fit its paths.
	firsts map[string]string
	// preflight answers for each template and method; by "" for any other
	// method of the template, and for undeclared paths.
	preflight map[string]map[string]*sallyport.Operation
	unknown   *sallyport.Operation
	noMethod  *sallyport.Operation
}

func newRouter() *router {
	return &router{
		exact:   make(map[string]*site),
		nowhere: refusing("", "no-host", &admit.Refuse{Kind: problem.HostUnknown, Detail: "No API answers such a request under this host."}, nil),
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

// tables are those that an API's operations go into, one for each of its hosts.
func (r *router) tables(c *config.API) []*table {
	if len(c.Hosts) == 0 {
		if r.any == nil {
			r.any = &site{}
		}
		return []*table{r.any.tableFor(c)}
	}
	var tables []*table
	for _, h := range c.Hosts {
		tables = append(tables, r.site(strings.ToLower(string(h))).tableFor(c))
	}
	return tables
}

// site is that of a host, or of *.example.com.
func (r *router) site(host string) *site {
	if suffix, ok := strings.CutPrefix(host, "*"); ok {
		i := slices.IndexFunc(r.wildcard, func(s *site) bool { return s.host == suffix })
		if i < 0 {
			r.wildcard = append(r.wildcard, &site{host: suffix})
			i = len(r.wildcard) - 1
		}
		return r.wildcard[i]
	}
	if r.exact[host] == nil {
		r.exact[host] = &site{host: host}
	}
	return r.exact[host]
}

func newTable() *table {
	return &table{
		declared:  make(map[string]map[string]*sallyport.Operation),
		firsts:    make(map[string]string),
		preflight: make(map[string]map[string]*sallyport.Operation),
	}
}

// clash is two operations that no request tells apart.
type clash struct {
	method, template, other string
	earlier                 *sallyport.Operation
}

func (c *clash) Error() string {
	return fmt.Sprintf("%s %s is the same path as %s: no request tells them apart", c.method, c.template, c.other)
}

// add routes an operation. That templates of two methods differ in the names
// of their parameters is for the document to judge: it has done so already.
func (t *table) add(method, template string, op *sallyport.Operation) error {
	err := t.builder.Add(method, template, op)
	if conflict, ok := errors.AsType[*pathmatch.Conflict](err); ok {
		if conflict.SameMethod {
			return &clash{method, template, conflict.Other, t.declared[t.first(conflict.Other)][method]}
		}
		t.firsts[template], err = t.first(conflict.Other), nil
	}
	if err == nil {
		template = t.first(template)
		if t.declared[template] == nil {
			t.declared[template] = make(map[string]*sallyport.Operation)
		}
		t.declared[template][method] = op
	}
	return err
}

func (t *table) first(template string) string {
	if first, ok := t.firsts[template]; ok {
		return first
	}
	return template
}

// undeclared makes what answers requests that the API does not declare.
func (r *router) undeclared(tables []*table, api string, cors *admit.CORS, preflight func([]string) *sallyport.Operation) {
	for _, t := range tables {
		owner, policy := api, cors
		alone := t.unknown == nil
		if !alone { // several APIs share the host: an undeclared path belongs to none
			owner, policy = "", nil
			delete(t.preflight, "")
		}
		t.unknown = refusing(owner, "undeclared-path", &admit.Refuse{Kind: problem.OperationUnknown, Detail: "The API declares no such path.", Hint: t.hint}, policy)
		t.noMethod = refusing(owner, "undeclared-method", &admit.Refuse{Kind: problem.MethodUnknown, Detail: "The API declares other methods for this path."}, policy)
		if preflight != nil {
			t.answerPreflights(api, alone, preflight)
		}
	}
}

// answerPreflights speaks for the methods of this API alone: another one on
// the same host has its own policy, or lets no origin in.
func (t *table) answerPreflights(api string, alone bool, preflight func([]string) *sallyport.Operation) {
	all := []string{}
	for template, operations := range t.declared {
		var methods []string
		for method, op := range operations {
			if op.API == api {
				methods = append(methods, method)
			}
		}
		if len(methods) == 0 {
			continue
		}
		slices.Sort(methods)
		answer := preflight(methods)
		if t.preflight[template] == nil {
			t.preflight[template] = map[string]*sallyport.Operation{"": answer}
		}
		for _, method := range methods {
			t.preflight[template][method] = answer
		}
		all = append(all, methods...)
	}
	if alone {
		// A script that asks for an undeclared path is told so by the request
		// itself, which a browser would not send after a refused preflight.
		slices.Sort(all)
		t.preflight[""] = map[string]*sallyport.Operation{"": preflight(slices.Compact(all))}
	}
}

// answerTo is the operation that answers a preflight, or nil.
func (t *table) answerTo(r *message.Request, template string) *sallyport.Operation {
	if !admit.IsPreflight(r) {
		return nil
	}
	answers := t.preflight[template]
	if op := answers[r.Fields.Get("Access-Control-Request-Method")]; op != nil {
		return op
	}
	return answers[""]
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

func (t *table) finish() { t.matcher = t.builder.Build() }

func (r *router) finish(mistakes *source.Mistakes) {
	for _, s := range r.sites() {
		s.finish()
		if c := s.alone(); c != nil {
			mistakes.Add(c.At, "add the API that takes the other requests, on the same hosts", "a canary takes a share, and nobody is there for the rest")
		}
	}
	slices.SortFunc(r.wildcard, func(a, b *site) int { return len(b.host) - len(a.host) })
}

func (r *router) sites() []*site {
	sites := slices.Clone(r.wildcard)
	for _, s := range r.exact {
		sites = append(sites, s)
	}
	if r.any != nil {
		sites = append(sites, r.any)
	}
	return sites
}

// table is what the nearest site has for the request: one whose conditions it
// does not fit leaves it to the next.
func (r *router) table(x *sallyport.Exchange) *table {
	host := x.Request.Host
	if s := r.exact[host]; s != nil {
		if t := s.table(x); t != nil {
			return t
		}
	}
	for _, s := range r.wildcard {
		if len(host) > len(s.host) && strings.HasSuffix(host, s.host) {
			if t := s.table(x); t != nil {
				return t
			}
		}
	}
	if r.any != nil {
		return r.any.table(x)
	}
	return nil
}

// match implements Plan.Match.
func (r *router) match(x *sallyport.Exchange) *sallyport.Operation {
	t := r.table(x)
	if t == nil {
		return r.nowhere
	}
	var m pathmatch.Match[*sallyport.Operation]
	switch t.matcher.Match(x.Request.Method, x.Request.Path, &m) {
	case pathmatch.Found:
		// An OPTIONS of the document needs the caller's credentials, which
		// browsers send with no preflight.
		if op := t.answerTo(x.Request, t.first(m.Template)); op != nil {
			return op
		}
		if n := m.Values.Len(); n > 0 {
			x.Params = make([]string, n)
			for i := range n {
				x.Params[i] = m.Values.At(i)
			}
		}
		return m.Value
	case pathmatch.NoMethod:
		if op := t.answerTo(x.Request, m.Template); op != nil {
			return op
		}
		x.Allowed = m.Allow
		return t.noMethod
	}
	if op := t.answerTo(x.Request, ""); op != nil {
		return op
	}
	return t.unknown
}
