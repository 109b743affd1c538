package validate

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"sallyport/jsonschema"
	"sallyport/openapi"
	"sallyport/source"
	"sallyport/xmlbody"
)

// assembly is how parts make one value: an object of those that have names, as
// in a form, or a list of those that have places (OpenAPI 3.2, Encoding By Name,
// Encoding By Position).
type assembly struct {
	named bool
	// fields are the properties by name; by place the schema of the list alone.
	fields *fields
	kinds  map[string]*partKind
	// other are the parts of names, or behind the places, that nobody names.
	other  *partKind
	places []*partKind
	// plain is set where each part can be judged by itself, whatever else comes.
	plain bool
}

// byName compiles a form: the schema of an object and the encodings of its
// properties.
func (f *findings) byName(d Document, what string, node *source.Node, e openapi.Encodings) *assembly {
	a := &assembly{named: true, kinds: map[string]*partKind{}, other: &partKind{}, plain: d.isPlain(node, 0)}
	a.fields = f.compileFields(d, what, node, e.Encoding)
	for i := range a.fields.list {
		p := &a.fields.list[i]
		p.coding = literal
		nodes := append(d.propertiesOf(node, p.name), nil) // at least one
		k := f.partKind(d, what+": part "+p.name, nodes[0], p.shape, e.Encoding[p.name])
		if !a.plain {
			k.widen(d, nodes)
		}
		a.kinds[p.name] = k
	}
	if n := d.deref(node).Get("additionalProperties"); n != nil && n.Kind == source.Map {
		a.other = f.partKind(d, what+": other parts", n, memberOf(a.fields.shape, nil), nil)
	}
	return a
}

// byPlace compiles the schema of an array, or of each of its items, and the
// encodings of its places.
func (f *findings) byPlace(d Document, what string, array, item *source.Node, e openapi.Encodings) *assembly {
	a := &assembly{fields: &fields{}}
	a.fields.schema = f.compile(d, what, listNode(array, item))
	if a.fields.schema == nil {
		return a
	}
	a.fields.shape = d.Compiler.Shape(a.fields.schema)
	n := d.deref(array)
	rest := item
	if n.Has("items") {
		rest = n.Get("items")
	}
	var prefix []*source.Node
	if list := n.Get("prefixItems"); list != nil {
		prefix = list.Items
	}
	for i := range max(len(prefix), len(e.PrefixEncoding)) {
		node, encoding := rest, e.ItemEncoding
		if i < len(prefix) {
			node = prefix[i]
		}
		if i < len(e.PrefixEncoding) {
			encoding = e.PrefixEncoding[i]
		}
		a.places = append(a.places, f.place(d, what+": part "+strconv.Itoa(i), node, encoding))
	}
	a.other = f.place(d, what+": other parts", rest, e.ItemEncoding)
	a.other.most = int(countOf(n, "maxItems"))
	return a
}

func (f *findings) place(d Document, what string, node *source.Node, e *openapi.Encoding) *partKind {
	var shape *jsonschema.Shape
	if node != nil {
		if schema, err := d.Compiler.Compile(node, f.use); err == nil { // what is wrong with it, the whole has told
			shape = d.Compiler.Shape(schema)
		}
	}
	k := f.partKind(d, what, node, shape, e)
	k.list, k.styled = false, false
	return k
}

// listNode is the schema of a list of which both the whole and each item may be
// described.
func listNode(array, item *source.Node) *source.Node {
	if item == nil {
		return array
	}
	n := &source.Node{Kind: source.Map, Members: []source.Member{{Name: "items", Value: item}}}
	if array != nil {
		n.Members = append(n.Members, source.Member{Name: "allOf", Value: &source.Node{Kind: source.List, Items: []*source.Node{array}}})
	}
	return n
}

// isList tells whether a schema is that of an array.
func (d Document) isList(node *source.Node) bool {
	n := d.deref(node)
	return n.Str("type") == "array" || n.Has("prefixItems") || n.Has("items")
}

// isPlain tells whether what a schema says of one member depends on no other.
func (d Document) isPlain(node *source.Node, depth int) bool {
	n := d.deref(node)
	if n == nil || depth > 8 {
		return false
	}
	for i := range n.Members {
		switch m := &n.Members[i]; m.Name {
		case "anyOf", "oneOf", "not", "if", "dependentSchemas", "dependencies", "discriminator", "$dynamicRef", "$recursiveRef":
			return false
		case "allOf":
			for _, branch := range m.Value.Items {
				if !d.isPlain(branch, depth+1) {
					return false
				}
			}
		}
	}
	return true
}

// group is the parts of one property, in the order of arrival, or one part by
// its place.
type group struct {
	name  string
	kind  *partKind
	parts []*part
}

// groups puts the parts of one property together.
func (a *assembly) groups(parts []part) []*group {
	var order []*group
	known := map[string]*group{}
	for i := range parts {
		order = a.join(order, known, &parts[i])
	}
	return order
}

// join adds a part to its group.
func (a *assembly) join(order []*group, known map[string]*group, p *part) []*group {
	if !a.named {
		return append(order, &group{kind: a.kindOf(p), parts: []*part{p}})
	}
	name := a.property(p.name)
	g := known[name]
	if g == nil {
		g = &group{name: name, kind: a.kindOf(p)}
		known[name] = g
		order = append(order, g)
	}
	g.parts = append(g.parts, p)
	return order
}

// property is what a part belongs to: deepObject spreads it over several names.
func (a *assembly) property(name string) string {
	if owner := a.fields.names.owner(name); owner >= 0 {
		return a.fields.list[owner].name
	}
	return name
}

func (a *assembly) kindOf(p *part) *partKind {
	if !a.named {
		if p.index < len(a.places) {
			return a.places[p.index]
		}
		return a.other
	}
	if k := a.kinds[a.property(p.name)]; k != nil {
		return k
	}
	return a.other
}

// pointer is where a part stands in the value.
func (a *assembly) pointer(p *part) string {
	if a.named {
		return pointerTo(p.name)
	}
	return "/" + strconv.Itoa(p.index)
}

// write appends all parts as one value.
func (a *assembly) write(d *decoder, groups []*group, turn int) flawAt {
	open, end := byte('['), byte(']')
	if a.named {
		open, end = '{', '}'
	}
	d.out = append(d.out, open)
	for i, g := range groups {
		if i > 0 {
			d.out = append(d.out, ',')
		}
		var f flaw
		var pointer string
		if a.named {
			d.out = append(appendQuoted(d.out, []byte(g.name)), ':')
			f, pointer = a.writeGroup(d, g, turn), pointerTo(g.name)
		} else {
			f, pointer = g.kind.write(d, g.parts[0], g.kind.shape), a.pointer(g.parts[0])
		}
		if f != sound {
			return flawAt{f, pointer}
		}
	}
	d.out = append(d.out, end)
	return flawAt{}
}

// writeGroup appends the value of one name: a list has a part for each item (RFC
// 7578 §4.3), or one part that is the JSON text of the whole list.
func (a *assembly) writeGroup(d *decoder, g *group, turn int) flaw {
	field := a.field(g.name)
	from := len(d.out)
	if g.kind.styled {
		return d.writeStyled(field, g, turn)
	}
	list := mayBe(typesOf(field.shape), jsonschema.Array) && (g.kind.parts == nil || g.kind.list)
	first := g.parts[0]
	switch {
	case len(g.parts) > 1 && !list:
		return repeated
	case len(g.parts) == 1 && (!list || field.oneValue(turn) || g.kind.isJSON(first) && startsWith(first.content, '[')):
		return g.kind.write(d, first, field.shape)
	}
	open := byte('[')
	for _, p := range g.parts {
		d.out = append(d.out, open)
		open = ','
		if f := g.kind.write(d, p, itemOf(field.shape)); f != sound {
			return f
		}
	}
	d.out = append(d.out, ']')
	for _, p := range g.parts {
		d.mark(from, p.index, false)
	}
	return sound
}

// writeStyled appends a value that is written by a style, over one part or more.
func (d *decoder) writeStyled(field *parameter, g *group, turn int) flaw {
	var ps pairs
	ps.begin(1)
	for _, p := range g.parts {
		ps.add(0, p.name, string(p.content))
	}
	marks := len(d.marks)
	f := field.writeField(d, ps.of(0), turn)
	for i := range d.marks[marks:] {
		m := &d.marks[marks+i]
		m.index = g.parts[m.index].index
	}
	return f
}

// oneValue tells whether a single part is a value rather than a list of one.
func (p *parameter) oneValue(turn int) bool {
	return p.readings[min(turn, len(p.readings)-1)] != asList
}

func (a *assembly) field(name string) *parameter {
	if owner := a.fields.names.owner(name); owner >= 0 {
		return &a.fields.list[owner]
	}
	p := property(name, memberOf(a.fields.shape, []byte(name)), nil)
	return &p
}

// write appends the value of one part. A file is an empty string, about which
// the schema is not asked.
func (k *partKind) write(d *decoder, p *part, shape *jsonschema.Shape) flaw {
	from := len(d.out)
	switch {
	case k.file != nil:
		d.out = append(d.out, `""`...)
	case k.parts != nil && p.parts != nil:
		// What is taken out is a matter of parts as a whole, not of their parts.
		marks := len(d.marks)
		f := k.parts.write(d, k.parts.groups(p.parts), 0)
		if d.marks = d.marks[:marks]; f.flaw != sound {
			return f.flaw
		}
	case k.isJSON(p):
		if types := typesOf(shape); p.typed && types == jsonschema.String {
			return badMedia // a backend that ignores the type would read the quotes
		}
		if !jsontext.Value(p.content).IsValid() {
			return badJSON
		}
		d.out = append(d.out, p.content...)
		d.mark(from, p.index, true)
		return sound
	case k.isXML(p):
		if xmlbody.Check(p.content) != nil {
			return badXML
		}
		text, wrong, err := k.xml.Read(p.content)
		if err != nil || len(wrong) > 0 {
			return badXML
		}
		d.out = append(d.out, text...)
	default:
		if f := d.literal(p.content, shape); f != sound {
			return f
		}
	}
	d.mark(from, p.index, false)
	return sound
}

// literal appends text that is not encoded in any way.
func (d *decoder) literal(content []byte, shape *jsonschema.Shape) flaw {
	return d.scalar(string(content), literal, shape)
}

func startsWith(content []byte, c byte) bool {
	content = bytes.TrimLeft(content, " \t\r\n")
	return len(content) > 0 && content[0] == c
}

// withoutFiles drops what a schema says of content that nobody read; that the
// part is there, and how many there are, remains.
func (a *assembly) withoutFiles(found []jsonschema.Fault) []jsonschema.Fault {
	kept := found[:0:0]
	for _, f := range found {
		switch f.Keyword {
		case "minLength", "pattern", "enum", "const", "format":
			if a.isFile(f.Pointer) {
				continue
			}
		}
		kept = append(kept, f)
	}
	return kept
}

// isFile tells whether a pointer leads to a file.
func (a *assembly) isFile(pointer string) bool {
	token, deeper, more := strings.Cut(strings.TrimPrefix(pointer, "/"), "/")
	k := a.other
	if a.named {
		if known := a.kinds[strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")]; known != nil {
			k = known
		}
	} else if i, err := strconv.Atoi(token); err == nil && i < len(a.places) {
		k = a.places[i]
	}
	switch {
	case k.parts != nil && more:
		if k.list {
			_, deeper, _ = strings.Cut(deeper, "/")
		}
		return k.parts.isFile("/" + deeper)
	case k.file == nil:
		return false
	}
	return !strings.Contains(deeper, "/")
}

// propertiesOf finds the schemas of a property where a form declares it.
func (d Document) propertiesOf(node *source.Node, name string) []*source.Node {
	return d.search(nil, node, name, 0)
}

func (d Document) search(found []*source.Node, node *source.Node, name string, depth int) []*source.Node {
	n := d.deref(node)
	if n == nil || depth > 8 || len(found) > 100 {
		return found
	}
	if p := n.Get("properties").Get(name); p != nil {
		found = append(found, p)
	}
	for _, word := range []string{"allOf", "anyOf", "oneOf"} {
		branches := n.Get(word)
		if branches == nil {
			continue
		}
		for _, branch := range branches.Items {
			found = d.search(found, branch, name, depth+1)
		}
	}
	return found
}
