package openapi

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"sallyport/source"
)

// walker goes once over everything the document says and holds it against the
// grammar. References are followed only after the document's own text has
// been read, so that their targets are known for what they are.
type walker struct {
	doc     *Document
	files   *files
	version Version
	grammar map[kind]*object

	root  *unit
	unit  *unit // whose mistakes are being noted
	units []*unit

	seen map[sight]*unit
	// first is what a node was first read as.
	first map[*source.Node]kind
	queue []pending
	// targets is where each reference leads, one step.
	targets  map[*source.Node]*source.Node
	followed []pending

	keywords     map[string]keyword
	keywordNames []string
	// foreign: the schemas being read follow an older draft.
	foreign bool

	schemes map[string]*source.Node
	// lists are the units of security and servers lists, which an operation
	// needs only where it does not have its own.
	lists map[*source.Node]*unit
	// ids are the places of all operationIds; links is who names one.
	ids   map[string]source.Position
	links []*source.Node
	// paths are the units of the entries of paths, checks the lists of
	// parameters that wait until references are known.
	paths  map[string]*unit
	checks []parameters
	// operations are the units of doc.Operations, in their order.
	operations []*unit
	warnings   source.Mistakes
	mistaken   int
}

// sight is one node read as one kind of object. A YAML alias may stand where
// two different kinds belong.
type sight struct {
	node *source.Node
	kind kind
}

// unit is a part of the document that is sound or unsound as a whole: an
// operation, a component, a path item. What an operation needs must be sound,
// what it does not need may be wrong without harm to it.
type unit struct {
	mistakes source.Mistakes
	needs    map[*unit]bool
}

func (u *unit) need(other *unit) {
	if other == u || other == nil {
		return
	}
	if u.needs == nil {
		u.needs = map[*unit]bool{}
	}
	u.needs[other] = true
}

// parameters is a list of parameters and the unit it belongs to.
type parameters struct {
	list *source.Node
	unit *unit
}

// pending is a reference that was read and is not yet followed.
type pending struct {
	from *source.Node
	ref  string
	kind kind
	unit *unit
	// at is the reference itself where it is no $ref of from.
	at *source.Node
	// mild: that it leads nowhere is only a warning.
	mild bool
}

func newWalker(d *Document) *walker {
	w := &walker{
		doc:     d,
		files:   d.files,
		version: d.Version,
		grammar: grammar(),
		seen:    map[sight]*unit{},
		first:   map[*source.Node]kind{},
		targets: map[*source.Node]*source.Node{},
		schemes: map[string]*source.Node{},
		lists:   map[*source.Node]*unit{},
		ids:     map[string]source.Position{},
		paths:   map[string]*unit{},
	}
	w.keywords = keywords(d.Version)
	w.keywordNames = slices.Sorted(maps.Keys(w.keywords))
	w.foreign = isForeign(d.Dialect)
	w.root = w.newUnit()
	w.unit = w.root
	return w
}

func (w *walker) newUnit() *unit {
	u := &unit{}
	w.units = append(w.units, u)
	return u
}

// within runs f with the mistakes going to a new unit, which the present one
// needs or not.
func (w *walker) within(needed bool, f func()) *unit {
	outer := w.unit
	w.unit = w.newUnit()
	inner := w.unit
	if needed {
		outer.need(inner)
	}
	f()
	w.unit = outer
	return inner
}

// mostMistakes bounds how many are told of a document, of each sort.
const mostMistakes = 10_000

func (w *walker) wrong(at source.Position, remedy, format string, args ...any) {
	w.note(w.unit, at, remedy, format, args...)
}

func (w *walker) note(u *unit, at source.Position, remedy, format string, args ...any) {
	w.mistaken++
	switch {
	case w.mistaken < mostMistakes:
		u.mistakes.Add(at, remedy, format, args...)
	case w.mistaken == mostMistakes:
		// With some untold no operation can be called sound.
		w.root.mistakes.Add(w.doc.root.Position(), "", "the document has more than %d mistakes", mostMistakes)
	}
}

func (w *walker) warn(at source.Position, remedy, format string, args ...any) {
	if len(w.warnings) < mostMistakes {
		w.warnings.Add(at, remedy, format, args...)
	}
}

// judge is a mistake where the version's own rules forbid it, else a warning.
func (w *walker) judge(forbidden bool, at source.Position, remedy, format string, args ...any) {
	if forbidden {
		w.wrong(at, remedy, format, args...)
	} else {
		w.warn(at, remedy, format, args...)
	}
}

func (w *walker) walkDocument() {
	root := w.doc.root
	components := root.Get("components")
	if schemes := components.Get("securitySchemes"); schemes != nil && schemes.Kind == source.Map {
		for i := range schemes.Members {
			w.schemes[schemes.Members[i].Name] = schemes.Members[i].Value
		}
	}
	w.object(aDocument, root)
	for len(w.queue) > 0 {
		next := w.queue
		w.queue = nil
		for _, p := range next {
			w.follow(p)
		}
	}
	w.endlessReferences()
	for _, c := range w.checks {
		w.unit = c.unit
		w.parameterList(c.list)
	}
	w.unit = w.root
	for _, id := range w.links {
		if _, ok := w.ids[id.Text]; !ok {
			w.warn(id.Position(), "", "the link names operation %q, which there is not", id.Text)
		}
	}
}

// object reads a node as an object of a kind.
func (w *walker) object(k kind, n *source.Node) {
	if u := w.seen[sight{n, k}]; u != nil {
		w.unit.need(u)
		return
	}
	w.seen[sight{n, k}] = w.unit
	if _, known := w.first[n]; !known {
		w.first[n] = k
	}
	if k == aSchema {
		w.schema(n)
		return
	}
	o := w.grammar[k]
	if n.Kind != source.Map {
		w.wrong(n.Position(), "", "%s must be a map, this is %s", o.title, n.Kind)
		return
	}
	if ref := n.Get("$ref"); ref != nil && o.refers && w.version >= o.refersSince {
		w.reference(k, n, ref)
		return
	}
	w.fields(k, o, n)
	w.rules(k, n)
}

// fields holds the members of an object against its table.
func (w *walker) fields(k kind, o *object, n *source.Node) {
	for i := range n.Members {
		m := &n.Members[i]
		if f := o.field(m.Name, w.version); f != nil {
			w.value(f, m)
			continue
		}
		if o.patterned || o.extends && strings.HasPrefix(m.Name, "x-") {
			continue
		}
		w.unknown(o, n.MemberPosition(i), m.Name)
	}
	for i := range o.fields {
		if f := &o.fields[i]; f.required && f.in(w.version) && !n.Has(f.name) {
			w.wrong(n.Position(), "", "%s needs the field %s", o.title, f.name)
		}
	}
}

func (w *walker) unknown(o *object, at source.Position, name string) {
	remedy := w.files.meant(name, o.names(w.version))
	open := o == w.grammar[aDiscriminator] && w.version == V30
	if since, later := o.since(name, w.version); later {
		remedy = fmt.Sprintf("OpenAPI %s has it, this document says %s", since, w.version)
	} else if remedy == "" && o.extends {
		remedy = "fields of your own begin with x-"
	}
	// The schema of 3.0 leaves the Discriminator Object open.
	w.judge(!open, at, remedy, "%s has no field %q", o.title, name)
}

// value holds one field's value against its shape.
func (w *walker) value(f *field, m *source.Member) {
	v := m.Value
	switch f.shape {
	case text:
		w.is(v, source.String, f.name)
	case address:
		if w.is(v, source.String, f.name) {
			w.address(v, f.name)
		}
	case flag:
		w.is(v, source.Bool, f.name)
	case texts:
		w.texts(v, f.name)
	case textMap:
		if w.is(v, source.Map, f.name) {
			for i := range v.Members {
				w.is(v.Members[i].Value, source.String, v.Members[i].Name)
			}
		}
	case one:
		w.one(f, v)
	case list:
		w.list(f, v)
	case named, component:
		w.named(f, v)
	}
}

func (w *walker) list(f *field, v *source.Node) {
	if !w.is(v, source.List, f.name) {
		return
	}
	read := func() {
		for _, item := range v.Items {
			w.object(f.of, item)
		}
	}
	switch f.of {
	case aRequirement, aServer:
		w.lists[v] = w.within(false, read)
	case aTag:
		w.within(false, read)
	default:
		read()
	}
}

// one reads a single object. Operations are units of their own.
// What only people read harms none of them.
func (w *walker) one(f *field, v *source.Node) {
	read := func() { w.object(f.of, v) }
	switch f.of {
	case anOperation:
		outer := w.unit
		w.within(false, read).need(outer)
	case anInfo, someDocs:
		w.within(false, read)
	default:
		read()
	}
}

func (w *walker) is(v *source.Node, k source.Kind, name string) bool {
	if v.Kind == k {
		return true
	}
	remedy := ""
	if k == source.String && (v.Kind == source.Number || v.Kind == source.Bool) {
		remedy = "put it in quotes"
	}
	w.wrong(v.Position(), remedy, "%s must be %s, this is %s", name, k, v.Kind)
	return false
}

func (w *walker) texts(v *source.Node, name string) {
	if !w.is(v, source.List, name) {
		return
	}
	for _, item := range v.Items {
		w.is(item, source.String, "an item of "+name)
	}
}

// named reads a map of objects. Each component, callback, link and example is
// a unit: a wrong one harms only those that refer to it, and the last three
// harm no operation at all, since a gateway enforces nothing of them.
func (w *walker) named(f *field, v *source.Node) {
	if !w.is(v, source.Map, f.name) {
		return
	}
	for i := range v.Members {
		m := &v.Members[i]
		read := func() { w.object(f.of, m.Value) }
		switch {
		case f.shape == component:
			w.within(false, func() {
				w.componentName(v.MemberPosition(i), m.Name)
				read()
			})
		case f.of == anOperation:
			outer := w.unit
			w.within(false, read).need(outer)
		case f.of == aCallback || f.of == aLink || f.of == anExample || f.of == aPathItem:
			w.within(false, read)
		default:
			read()
		}
	}
	w.namedRules(f, v)
}

// componentName checks the keys of components (Components Object).
func (w *walker) componentName(at source.Position, name string) {
	for _, c := range []byte(name) {
		if !isAlphanumeric(c) && c != '.' && c != '-' && c != '_' {
			w.wrong(at, "use letters, digits, '.', '-' and '_'", "%q is no name for a component", name)
			return
		}
	}
	if name == "" {
		w.wrong(at, "", "a component needs a name")
	}
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
