package jsonschema

import (
	"errors"
	"fmt"
	"net/url"
	"sort"
	"strings"

	"sallyport/source"
)

// resource is a schema with an identifier of its own, or one that was reached
// from outside and has none (JSON Schema 2020-12 core §4.3.5).
type resource struct {
	root    *source.Node
	base    string // absolute where an $id was seen, else ""
	dialect Dialect
	// lacks are the vocabularies that the dialect's meta-schema leaves out
	// (core §8.1.2).
	lacks    map[string]bool
	anchors  map[string]*source.Node
	dynamic  map[string]*source.Node
	mistakes source.Mistakes
	notes    []Note
}

// recursive is the name under which a $recursiveAnchor of 2019-09 stands among
// those of $dynamicAnchor; no anchor can be called so.
const recursive = "#"

// env is the dynamic scope of a schema: for each $dynamicAnchor the outermost
// place that has it. It is resolved while compiling, so that a check never
// looks anything up: a schema is compiled once for each env it is met in.
type env struct {
	anchors  map[string]target
	name     string
	children map[string]*env
	root     *env
}

type target struct {
	node *source.Node
	res  *resource
}

// enter is the scope after a step into a resource.
func (e *env) enter(res *resource) *env {
	var added []string
	for name := range res.dynamic {
		if _, outer := e.anchors[name]; !outer {
			added = append(added, name)
		}
	}
	if len(added) == 0 {
		return e
	}
	sort.Strings(added)
	anchors := make(map[string]target, len(e.anchors)+len(added))
	for name, t := range e.anchors {
		anchors[name] = t
	}
	for _, name := range added {
		anchors[name] = target{res.dynamic[name], res}
	}
	var id strings.Builder
	names := make([]string, 0, len(anchors))
	for name := range anchors {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		fmt.Fprintf(&id, "%s=%p;", name, anchors[name].node)
	}
	if known := e.root.children[id.String()]; known != nil {
		return known
	}
	next := &env{anchors: anchors, name: id.String(), root: e.root}
	e.root.children[next.name] = next
	return next
}

// resolver knows which resource a node belongs to and what references mean.
type resolver struct {
	options Options
	home    map[*source.Node]*resource
	ids     map[string]*resource
	noEnv   *env
}

func newResolver(o Options) resolver {
	r := resolver{
		options: o,
		home:    map[*source.Node]*resource{},
		ids:     map[string]*resource{},
		noEnv:   &env{children: map[string]*env{}},
	}
	r.noEnv.root = r.noEnv
	return r
}

// resourceOf finds a node's resource; one that was never met begins a resource
// of its own, with the base and the dialect of the one it was reached from.
func (r *resolver) resourceOf(node *source.Node, from *resource) *resource {
	if res := r.home[node]; res != nil {
		return res
	}
	res := r.newResource(node, "", r.options.Dialect)
	if from != nil {
		res.dialect, res.lacks = from.dialect, from.lacks
	}
	r.index(node, res, true)
	return r.home[node]
}

func (r *resolver) newResource(root *source.Node, base string, dialect Dialect) *resource {
	return &resource{
		root: root, base: base, dialect: dialect,
		anchors: map[string]*source.Node{}, dynamic: map[string]*source.Node{},
	}
}

// index notes the identifiers and anchors of a schema and all under it.
func (r *resolver) index(n *source.Node, res *resource, root bool) {
	if n.Kind != source.Map || r.home[n] != nil {
		if n.Kind == source.Bool {
			r.home[n] = res
		}
		return
	}
	res = r.identify(n, res, root)
	r.home[n] = res
	for i := range n.Members {
		m := &n.Members[i]
		switch shape := subschemas(m.Name); {
		case shape == mapOfSchemas && m.Value.Kind == source.Map:
			for j := range m.Value.Members {
				r.index(m.Value.Members[j].Value, res, false)
			}
		case shape == oneSchema && m.Value.Kind == source.List:
			for _, item := range m.Value.Items {
				r.index(item, res, false)
			}
		case shape == oneSchema:
			r.index(m.Value, res, false)
		}
	}
}

// identify reads $schema, $id and the anchors of one schema.
func (r *resolver) identify(n *source.Node, res *resource, root bool) *resource {
	dialect := res.dialect
	named := n.Str("$schema")
	if named != "" {
		if d, ok := r.dialectOf(named); ok {
			dialect = d
		}
	}
	word := "$id"
	switch dialect {
	case OpenAPI30:
		return res
	case Draft4:
		word = "id"
	}
	old := dialect.refAlone()
	// Before 2019-09 the siblings of $ref say nothing (draft-07 core §8.3).
	id := n.Str(word)
	if old && n.Has("$ref") {
		id = ""
	}
	if old && strings.HasPrefix(id, "#") {
		res.anchors[id[1:]] = n
		id = ""
	}
	if id != "" || named != "" && root {
		base, fragment, _ := strings.Cut(join(res.base, id), "#")
		own := r.newResource(n, base, dialect)
		own.lacks = res.lacks
		if old && fragment != "" {
			own.anchors[fragment] = n
		}
		if base != "" {
			if _, twice := r.ids[base]; !twice {
				r.ids[base] = own
			}
		}
		res = own
		if named != "" {
			own.lacks = nil
			r.readMetaschema(n, named, own)
		}
	}
	if !old {
		if a := n.Str("$anchor"); a != "" {
			res.anchors[a] = n
		}
		if dialect == Draft2019 && n.True("$recursiveAnchor") && res.root == n {
			res.dynamic[recursive] = n // 2019-09 core §8.2.4.2.2
		}
		if a := n.Str("$dynamicAnchor"); a != "" {
			res.anchors[a] = n
			res.dynamic[a] = n
		}
	}
	return res
}

// join resolves a reference against a base (RFC 3986 §5); either may be "".
func join(base, ref string) string {
	if ref == "" {
		return base
	}
	if base == "" {
		return ref
	}
	if strings.HasPrefix(ref, "#") {
		base, _, _ = strings.Cut(base, "#")
		return base + ref
	}
	b, err := url.Parse(base)
	if err != nil {
		return ref
	}
	u, err := url.Parse(ref)
	if err != nil {
		return ref
	}
	return b.ResolveReference(u).String()
}

// follow finds the schema that a reference in a resource leads to.
func (r *resolver) follow(from *source.Node, res *resource, ref string) (target, error) {
	address, fragment, _ := strings.Cut(ref, "#")
	fragment, err := url.PathUnescape(fragment)
	if err != nil {
		return target{}, fmt.Errorf("the fragment of %q is not well-formed", ref)
	}
	if address == "" && res.base != "" {
		return r.within(res, fragment, ref)
	}
	if address != "" {
		absolute, _, _ := strings.Cut(join(res.base, address), "#")
		if known := r.ids[absolute]; known != nil {
			return r.within(known, fragment, ref)
		}
		if res.base != "" {
			ref = absolute + strings.TrimPrefix(ref, address)
		}
	}
	if address == "" && !strings.HasPrefix(fragment, "/") {
		// An anchor, or # alone, of the schema itself comes before the document's.
		if n := res.anchors[fragment]; n != nil {
			return target{n, res}, nil
		}
		if fragment == "" && r.options.Resolve == nil {
			return target{res.root, res}, nil
		}
	}
	return r.outside(from, res, ref, fragment)
}

// within looks a fragment up in a resource.
func (r *resolver) within(res *resource, fragment, ref string) (target, error) {
	n := res.anchors[fragment]
	if fragment == "" || strings.HasPrefix(fragment, "/") {
		n = res.root.At(fragment)
	}
	if n == nil {
		return target{}, fmt.Errorf("%q leads nowhere", ref)
	}
	if r.home[n] == nil {
		r.index(n, res, false) // under a keyword that is not known
	}
	return target{n, r.home[n]}, nil
}

// outside asks the caller.
func (r *resolver) outside(from *source.Node, res *resource, ref, fragment string) (target, error) {
	switch {
	case r.options.Resolve == nil && strings.HasPrefix(ref, "#"):
		return r.within(res, fragment, ref)
	case r.options.Resolve == nil:
		return target{}, fmt.Errorf("%q leads nowhere", ref)
	}
	if u, err := url.Parse(ref); err == nil && u.IsAbs() {
		return r.fetched(from, res, ref, fragment)
	}
	if fragment != "" && !strings.HasPrefix(fragment, "/") {
		return r.anchor(from, ref, fragment)
	}
	n, err := r.options.Resolve(from, ref)
	if err != nil {
		return target{}, err
	}
	if n == nil {
		return target{}, fmt.Errorf("%q leads nowhere", ref)
	}
	return target{n, r.resourceOf(n, res)}, nil
}

// fetched is a schema in a document with an address: that is its base.
func (r *resolver) fetched(from *source.Node, res *resource, ref, fragment string) (target, error) {
	address, _, _ := strings.Cut(ref, "#")
	n, err := r.options.Resolve(from, address)
	if err != nil {
		return target{}, err
	}
	if n == nil {
		return target{}, fmt.Errorf("%q leads nowhere", address)
	}
	document := r.home[n]
	if document == nil {
		document = r.newResource(n, address, r.options.Dialect)
		document.dialect, document.lacks = res.dialect, res.lacks
		r.index(n, document, true)
		document = r.home[n]
	}
	r.ids[address] = document
	return r.within(document, fragment, ref)
}

// anchor searches the whole document that a reference names for an anchor:
// callers know files and pointers, not the words of a schema.
func (r *resolver) anchor(from *source.Node, ref, name string) (target, error) {
	address, _, _ := strings.Cut(ref, "#")
	if address == "" {
		address = "#"
	}
	document, err := r.options.Resolve(from, address)
	if err != nil {
		return target{}, err
	}
	if document == nil {
		return target{}, fmt.Errorf("%q leads nowhere", ref)
	}
	res := r.resourceOf(document, nil)
	if n := res.anchors[name]; n != nil {
		return target{n, res}, nil
	}
	if n := findAnchor(document, name); n != nil {
		return target{n, r.resourceOf(n, nil)}, nil
	}
	return target{}, fmt.Errorf("%q leads nowhere: no schema has that $anchor", ref)
}

func findAnchor(n *source.Node, name string) *source.Node {
	switch n.Kind {
	case source.Map:
		if n.Str("$anchor") == name || n.Str("$dynamicAnchor") == name {
			return n
		}
		for i := range n.Members {
			switch n.Members[i].Name {
			case "example", "examples", "default", "enum", "const":
				continue // values, not schemas
			}
			if found := findAnchor(n.Members[i].Value, name); found != nil {
				return found
			}
		}
	case source.List:
		for _, item := range n.Items {
			if found := findAnchor(item, name); found != nil {
				return found
			}
		}
	}
	return nil
}

// dangling turns a failed reference into mistakes.
func dangling(err error, at source.Position) source.Mistakes {
	var several source.Mistakes
	if errors.As(err, &several) {
		return several
	}
	var one *source.Mistake
	if errors.As(err, &one) {
		return source.Mistakes{one}
	}
	return source.Mistakes{{Position: at, Message: err.Error(), Remedy: "correct the reference or declare what it names"}}
}
