package openapi

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"sallyport/source"
)

// resource is what a URI without fragment names: a file or a schema with $id
// (JSON Schema 2020-12 §4.3.5).
type resource struct {
	uri     string
	root    *source.Node
	file    *file
	anchors map[string]*source.Node
}

// Resolve follows a $ref, $dynamicRef or discriminator reference that stands
// in the schema from, relative to the file and the $id it lies in: "#/pointer"
// (RFC 6901 §6), "file.yaml#/pointer", "#anchor" or a URI that a $id declares.
// The error is a *source.Mistake at the place of the reference.
func (d *Document) Resolve(from *source.Node, ref string) (*source.Node, error) {
	d.files.mu.Lock()
	defer d.files.mu.Unlock()
	node, mistake := d.files.resolve(from, ref)
	if mistake != nil {
		return nil, mistake
	}
	return node, nil
}

func (fs *files) resolve(from *source.Node, ref string) (*source.Node, *source.Mistake) {
	node, mistake := fs.follow(from, ref)
	if mistake != nil {
		mistake.Position = refPosition(from)
	}
	return node, mistake
}

// refPosition is the place of the $ref in a reference, or of the node itself.
func refPosition(from *source.Node) source.Position {
	if ref := from.Get("$ref"); ref != nil {
		return ref.Position()
	}
	return from.Position()
}

func (fs *files) follow(from *source.Node, ref string) (*source.Node, *source.Mistake) {
	f := fs.byName[from.Position().File]
	if f == nil {
		return nil, &source.Mistake{Message: fmt.Sprintf("the reference %q stands in no file of this document", ref)}
	}
	base := f.self
	if inner := f.inside[from]; inner != nil {
		base = inner
	}
	uri, fragment, _ := strings.Cut(ref, "#")
	target, mistake := fs.resourceOf(base, uri)
	if mistake != nil {
		return nil, mistake
	}
	return fs.fragment(target, ref, fragment)
}

// resourceOf is the resource a URI reference without fragment names.
func (fs *files) resourceOf(base *resource, uri string) (*resource, *source.Mistake) {
	if uri == "" {
		return base, nil
	}
	if r := fs.resources[absolute(base.uri, uri)]; r != nil {
		return r, nil
	}
	name, mistake := fs.locate(base.file, uri)
	if mistake != nil {
		return nil, mistake
	}
	if f := fs.byName[name]; f != nil {
		return f.self, nil
	}
	if m := fs.failed[name]; m != nil {
		again := *m
		return nil, &again
	}
	f, err := fs.open(name)
	if err != nil {
		m := &source.Mistake{Message: fmt.Sprintf("what %q refers to cannot be read: %v", uri, err)}
		fs.failed[name] = m
		again := *m
		return nil, &again
	}
	return f.self, nil
}

// absolute resolves a reference against a base (RFC 3986 §5.2); the name of a
// file serves as a base like the path of a URI.
func absolute(base, ref string) string {
	b, err := url.Parse(base)
	if err != nil {
		return ref
	}
	r, err := url.Parse(ref)
	if err != nil {
		return ref
	}
	u := b.ResolveReference(r)
	u.Fragment, u.RawFragment = "", ""
	return u.String()
}

// fragment is the part of a resource that a fragment names: all of it, what a
// JSON pointer leads to, or an anchor.
func (fs *files) fragment(r *resource, ref, fragment string) (*source.Node, *source.Mistake) {
	if fragment == "" {
		return r.root, nil
	}
	// RFC 6901 §6: the pointer is percent-encoded in a fragment; a plus sign is itself.
	plain, err := url.PathUnescape(fragment)
	if err != nil {
		return nil, &source.Mistake{Message: fmt.Sprintf("the reference %q is not percent-encoded well", ref)}
	}
	if !strings.HasPrefix(plain, "/") {
		return fs.anchor(r, ref, plain)
	}
	node := r.root
	for _, token := range strings.Split(plain[1:], "/") {
		next, mistake := fs.step(node, token)
		if mistake != nil {
			mistake.Message = fmt.Sprintf("the reference %q leads nowhere: %s", ref, mistake.Message)
			return nil, mistake
		}
		node = next
	}
	return node, nil
}

// step goes down one token of a JSON pointer (RFC 6901 §4).
func (fs *files) step(n *source.Node, token string) (*source.Node, *source.Mistake) {
	name := strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
	switch n.Kind {
	case source.Map:
		if v := fs.member(n, name); v != nil {
			return v, nil
		}
		return nil, &source.Mistake{Message: fmt.Sprintf("there is no %q", name), Remedy: fs.meantMember(name, n)}
	case source.List:
		i, err := strconv.Atoi(name)
		if err == nil && i >= 0 && i < len(n.Items) && strconv.Itoa(i) == name {
			return n.Items[i], nil
		}
		return nil, &source.Mistake{Message: fmt.Sprintf("there is no item %q", name)}
	}
	return nil, &source.Mistake{Message: fmt.Sprintf("before %q stands %s", name, n.Kind)}
}

func (fs *files) anchor(r *resource, ref, name string) (*source.Node, *source.Mistake) {
	if n := r.anchors[name]; n != nil {
		return n, nil
	}
	known := make([]string, 0, len(r.anchors))
	for a := range r.anchors {
		known = append(known, a)
	}
	m := &source.Mistake{Message: fmt.Sprintf("the reference %q leads nowhere: there is no $anchor %q", ref, name), Remedy: fs.meant(name, known)}
	if m.Remedy == "" && strings.Contains(name, "/") {
		m.Remedy = "a pointer begins with #/"
	}
	return nil, m
}

// meantMember is meant among the names of a map.
func (fs *files) meantMember(name string, n *source.Node) string {
	if n == nil || fs.compared+len(n.Members) > mostComparisons {
		return ""
	}
	return fs.meant(name, memberNames(n))
}

func memberNames(n *source.Node) []string {
	names := make([]string, len(n.Members))
	for i := range n.Members {
		names[i] = n.Members[i].Name
	}
	return names
}

// mostComparisons bounds the search for nearest names: a hostile document has
// thousands of wrong references into thousands of names.
const mostComparisons = 500_000

// meant is a remedy that names the nearest candidate, or "" if none is near.
func (fs *files) meant(name string, candidates []string) string {
	if fs.compared += len(candidates); fs.compared > mostComparisons {
		return ""
	}
	if near := source.Nearest(name, candidates); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return ""
}

// index finds the $self, $id and anchors of a file, before any reference is
// followed. Schemas of 3.0 have none of them.
func (fs *files) index(f *file) {
	if fs.version == V30 || f.root.Kind != source.Map {
		return
	}
	if self := f.root.Str("$self"); self != "" && f.root.Has("openapi") {
		f.self.uri = absolute(f.name, self)
		fs.resources[f.self.uri] = f.self
	}
	x := &indexer{fs: fs, file: f}
	x.visit(f.root, f.self)
}

type indexer struct {
	fs   *files
	file *file
}

// visit looks into every value that can hold a schema. Names under properties
// and the like are names, not keywords; examples and values are data.
func (x *indexer) visit(n *source.Node, r *resource) {
	switch n.Kind {
	case source.List:
		for _, item := range n.Items {
			x.visit(item, r)
		}
	case source.Map:
		r = x.enter(n, r)
		for i := range n.Members {
			m := &n.Members[i]
			switch {
			case holdsData(m.Name):
			case holdsNames(m.Name) && m.Value.Kind == source.Map:
				for j := range m.Value.Members {
					x.visit(m.Value.Members[j].Value, r)
				}
			default:
				x.visit(m.Value, r)
			}
		}
	}
}

// enter notes the resource and anchors that a schema declares.
func (x *indexer) enter(n *source.Node, r *resource) *resource {
	if id := n.Get("$id"); id != nil && id.Kind == source.String && !strings.HasPrefix(id.Text, "#") {
		r = &resource{uri: absolute(r.uri, strings.TrimSuffix(id.Text, "#")), root: n, file: x.file}
		if x.fs.resources[r.uri] == nil {
			x.fs.resources[r.uri] = r
		}
	}
	if r != x.file.self {
		if x.file.inside == nil {
			x.file.inside = map[*source.Node]*resource{}
		}
		x.file.inside[n] = r
	}
	for _, keyword := range []string{"$anchor", "$dynamicAnchor"} {
		if a := n.Get(keyword); a != nil && a.Kind == source.String {
			if r.anchors == nil {
				r.anchors = map[string]*source.Node{}
			}
			if r.anchors[a.Text] == nil {
				r.anchors[a.Text] = n
			}
		}
	}
	return r
}

func holdsData(name string) bool {
	switch name {
	case "example", "examples", "default", "enum", "const", "value", "dataValue":
		return true
	}
	return strings.HasPrefix(name, "x-")
}

func holdsNames(name string) bool {
	switch name {
	case "properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "schemas":
		return true
	}
	return false
}
