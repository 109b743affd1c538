package openapi

import (
	"slices"
	"strings"

	"sallyport/source"
)

// maxOperations and maxParameters bound what references can multiply: a path
// item of thousands of operations that thousands of paths refer to.
const (
	maxOperations = 50_000
	maxParameters = 500
)

// builder turns the tree that the walker has read into operations. It meets
// nothing but what the walker has complained of already, and leaves that out.
type builder struct {
	*walker
	ids map[string]bool
	// What many operations share is built once.
	paired    map[*source.Node][]*source.Node
	based     map[*source.Node][]string
	inherited map[*source.Node]*parameterSet
	secured   map[*source.Node][]Alternative
	params    map[*source.Node]*Parameter
	types     map[*source.Node][]*MediaType
	fields    map[*source.Node]map[string]*Header
}

func newBuilder(w *walker) *builder {
	return &builder{
		walker:    w,
		ids:       map[string]bool{},
		paired:    map[*source.Node][]*source.Node{},
		based:     map[*source.Node][]string{},
		inherited: map[*source.Node]*parameterSet{},
		secured:   map[*source.Node][]Alternative{},
		params:    map[*source.Node]*Parameter{},
		types:     map[*source.Node][]*MediaType{},
		fields:    map[*source.Node]map[string]*Header{},
	}
}

func (b *builder) build() {
	b.buildSchemes()
	root := b.doc.root
	b.doc.Extension = root.Get("x-sallyport")
	if paths := root.Get("paths"); paths != nil {
		for i := range paths.Members {
			if m := &paths.Members[i]; !strings.HasPrefix(m.Name, "x-") {
				b.path(m.Name, m.Value)
			}
		}
	}
	if hooks := root.Get("webhooks"); hooks != nil {
		for i := range hooks.Members {
			name := hooks.Members[i].Name
			b.doc.Unrouted = append(b.doc.Unrouted, Place{"webhook " + name, hooks.MemberPosition(i)})
		}
	}
}

// path builds the operations of a path item, which may refer to another: what
// it says itself goes before what it refers to.
func (b *builder) path(path string, item *source.Node) {
	if item.Kind != source.Map {
		return
	}
	target := b.target(item)
	for _, from := range []*source.Node{item, target} {
		if from == nil {
			continue
		}
		for i := range from.Members {
			m := &from.Members[i]
			switch {
			case from == target && item.Has(m.Name):
				if slices.Contains(methods(b.version), m.Name) {
					b.warn(item.NamePosition(m.Name), "write it in one place", "%s stands here and in what $ref names; this one counts", m.Name)
				}
			case slices.Contains(methods(b.version), m.Name):
				b.operation(path, strings.ToUpper(m.Name), m.Value, item, target)
			case m.Name == "additionalOperations" && b.version >= V32:
				for j := range m.Value.Members {
					b.operation(path, m.Value.Members[j].Name, m.Value.Members[j].Value, item, target)
				}
			}
		}
	}
}

// itemsOf keeps the path items of an operation, one list for all of a path.
func (b *builder) itemsOf(target, item *source.Node) []*source.Node {
	if b.paired[item] == nil {
		b.paired[item] = []*source.Node{item}
		if target != nil {
			b.paired[item] = []*source.Node{target, item}
		}
	}
	return b.paired[item]
}

// target is the path item that another refers to, or nil.
func (b *builder) target(item *source.Node) *source.Node {
	if !item.Has("$ref") {
		return nil
	}
	next := b.targets[item]
	for range longestChain {
		if next == nil || !next.Has("$ref") || b.targets[next] == nil {
			break
		}
		next = b.targets[next]
	}
	if next == nil || next.Kind != source.Map {
		return nil
	}
	return next
}

func (b *builder) operation(path, method string, n, item, target *source.Node) {
	if n.Kind != source.Map {
		return
	}
	if len(b.doc.Operations) == maxOperations {
		b.note(b.root, n.Position(), "", "the document has more than %d operations", maxOperations)
	}
	if len(b.doc.Operations) >= maxOperations {
		return
	}
	u := b.newUnit()
	u.need(b.paths[path])
	u.need(b.seen[sight{n, anOperation}])
	op := &Operation{
		ID:         n.Str("operationId"),
		Method:     method,
		Path:       path,
		Deprecated: n.True("deprecated"),
		At:         n.Position(),

		node:  n,
		items: b.itemsOf(target, item),
	}
	if op.ID == "" || b.ids[op.ID] {
		op.ID = method + " " + path
	}
	if b.ids[op.ID] {
		b.note(u, op.At, "give one of them another operationId", "another operation has the id %q", op.ID)
	}
	b.ids[op.ID] = true
	if tags := n.Get("tags"); tags != nil {
		op.Tags = textsOf(tags)
	}
	for _, from := range []*source.Node{b.doc.root, target, item, n} {
		if x := from.Get("x-sallyport"); x != nil {
			op.Extensions = append(op.Extensions, x)
		}
	}
	b.buildServers(op, n, item, target, u)
	b.buildSecurity(op, n, u)
	b.buildParameters(op, u, target, item, n)
	b.buildBody(op, n)
	b.buildResponses(op, n)
	b.buildCallbacks(op, n)
	b.doc.Operations = append(b.doc.Operations, op)
	b.operations = append(b.operations, u)
}

// parameterSet is parameters in order, the last of a name and place winning.
type parameterSet struct {
	list   []*Parameter
	places map[string]int
	// below is what an operation inherits; its places count unless hidden.
	below *parameterSet
	over  bool
}

func (s *parameterSet) place(key string) (int, bool) {
	if i, ok := s.places[key]; ok || s.below == nil {
		return i, ok
	}
	return s.below.place(key)
}

func (s *parameterSet) add(key string, p *Parameter) {
	if i, again := s.place(key); again {
		s.list[i] = p
		return
	}
	if len(s.list) == maxParameters {
		s.over = true
		return
	}
	s.places[key] = len(s.list)
	s.list = append(s.list, p)
}

// buildParameters merges the path item's and the operation's own and holds
// them against the path's template.
func (b *builder) buildParameters(op *Operation, u *unit, target, item, n *source.Node) {
	inherited := b.inherited[item]
	if inherited == nil {
		inherited = &parameterSet{places: map[string]int{}}
		b.addParameters(inherited, target.Get("parameters"))
		b.addParameters(inherited, item.Get("parameters"))
		b.inherited[item] = inherited
	}
	set := inherited
	if own := n.Get("parameters"); own != nil && len(own.Items) > 0 {
		set = &parameterSet{list: slices.Clone(inherited.list), places: map[string]int{}, below: inherited, over: inherited.over}
		b.addParameters(set, own)
	}
	if set.over {
		b.note(u, op.At, "", "an operation has more than %d parameters", maxParameters)
	}
	op.Parameters = set.list
	b.matchTemplate(op, u)
}

func (b *builder) addParameters(set *parameterSet, list *source.Node) {
	if list == nil {
		return
	}
	for _, item := range list.Items {
		declared := b.deref(item)
		if declared == nil || parameterKey(declared) == "" {
			continue
		}
		p := b.params[item]
		if p == nil {
			p = b.parameter(declared)
			p.At = item.Position()
			b.params[item] = p
		}
		if p.In == "header" && isReservedHeader(p.Name) {
			b.warn(p.At, "", "the header parameter %q is ignored: OpenAPI describes it by other means", p.Name)
			continue
		}
		set.add(parameterKey(declared), p)
	}
}

// isReservedHeader: a parameter of that name is ignored (Parameter Object, name).
func isReservedHeader(name string) bool {
	return strings.EqualFold(name, "Accept") || strings.EqualFold(name, "Content-Type") || strings.EqualFold(name, "Authorization")
}

// matchTemplate holds the path parameters against the names in the template,
// in both directions.
func (b *builder) matchTemplate(op *Operation, u *unit) {
	names, ok := variablesOf(op.Path)
	if !ok {
		return
	}
	var declared, spare []string
	for _, p := range op.Parameters {
		if p.In != "path" {
			continue
		}
		declared = append(declared, p.Name)
		if !slices.Contains(names, p.Name) {
			spare = append(spare, p.Name)
		}
	}
	for _, name := range names {
		if slices.Contains(declared, name) {
			continue
		}
		remedy := "declare it under parameters with in: path"
		if len(spare) == 1 {
			remedy = "the declared path parameter is called \"" + spare[0] + "\""
		} else if near := b.files.meant(name, spare); near != "" {
			remedy = near
		}
		b.note(u, op.At, remedy, "%s %s has {%s} in its path, which is not declared", op.Method, op.Path, name)
	}
	for _, p := range op.Parameters {
		if p.In == "path" && !slices.Contains(names, p.Name) {
			b.note(u, p.At, b.files.meant(p.Name, names), "the path parameter %q is not in the path %s", p.Name, op.Path)
		}
	}
}

func (b *builder) buildCallbacks(op *Operation, n *source.Node) {
	callbacks := n.Get("callbacks")
	if callbacks == nil {
		return
	}
	for i := range callbacks.Members {
		name := callbacks.Members[i].Name
		b.doc.Unrouted = append(b.doc.Unrouted, Place{"callback " + name + " of " + op.ID, callbacks.MemberPosition(i)})
	}
}
