package openapi

import (
	"slices"
	"strings"

	"sallyport/jsonschema"
	"sallyport/source"
)

// Word is a field of an object where it stands in a document, and what comes of
// it.
type Word struct {
	// Place names the object: "operation", "query limit", "body",
	// "body application/json", "answer 200 header ETag", "document" ...
	Place string
	jsonschema.Keyword
	// Value is what the field says.
	Value *source.Node
}

// Field is a field that the specification gives an object.
type Field struct {
	// Object is what the object is called: "a parameter".
	Object string
	Name   string
	Effect jsonschema.Effect
	Why    string
}

// Fields are all that objects of a version have outside schemas, those of
// discriminators and of xml within them included, with what comes of each in
// general.
func Fields(v Version) []Field {
	var all []Field
	objects := grammar()
	for k := aDocument; k <= aRequirement; k++ {
		o := objects[k]
		if o == nil {
			continue
		}
		for _, name := range o.names(v) {
			e := effects[k][name]
			all = append(all, Field{o.title, name, e.Effect, e.why})
		}
	}
	return all
}

// Words lists the fields of the document itself that belong to no operation.
func (d *Document) Words() []Word {
	r := d.wordReader()
	r.fields("document", aDocument, d.root)
	r.object("info", anInfo, d.root.Get("info"))
	r.each("server", aServer, d.root.Get("servers"))
	for _, name := range sortedKeys(d.Schemes) {
		r.object("security scheme "+name, aSecurityScheme, d.root.Get("components").Get("securitySchemes").Get(name))
	}
	return r.words
}

// OperationWords lists the fields of an operation and of all that belongs to it, down to
// its schemas, with what comes of each in general: what a setting or a schema
// changes is for who builds the plan to say.
func (d *Document) OperationWords(op *Operation) []Word {
	r := d.wordReader()
	r.own = map[source.Position]bool{}
	for _, p := range op.Parameters {
		r.own[p.At] = true
	}
	for _, item := range op.items {
		r.object("path item", aPathItem, item)
	}
	r.object("operation", anOperation, op.node)
	return r.words
}

// wordReader goes through objects by their grammar.
type wordReader struct {
	doc     *Document
	grammar map[kind]*object
	words   []Word
	// seen bounds what references repeat.
	seen map[wordSight]bool
	// own are the parameters of the operation: the others of its path item are
	// replaced by them.
	own      map[source.Position]bool
	replaced bool
}

type wordSight struct {
	node  *source.Node
	place string
}

func (d *Document) wordReader() *wordReader {
	return &wordReader{doc: d, grammar: grammar(), seen: map[wordSight]bool{}}
}

// deref follows references to what says something.
func (r *wordReader) deref(n *source.Node) *source.Node {
	for range longestChain {
		ref := n.Str("$ref")
		if ref == "" {
			return n
		}
		next, err := r.doc.Resolve(n, ref)
		if err != nil || next == nil {
			return nil
		}
		n = next
	}
	return nil
}

// object reads the fields of an object and what is in them.
func (r *wordReader) object(place string, k kind, n *source.Node) {
	if n == nil || n.Kind != source.Map || r.seen[wordSight{n, place}] {
		return
	}
	r.seen[wordSight{n, place}] = true
	if ref := n.Get("$ref"); ref != nil && r.grammar[k].refers && r.doc.Version >= r.grammar[k].refersSince {
		r.reference(place, k, n)
		return
	}
	r.fields(place, k, n)
	if k == aPathItem {
		r.each("", aParameter, n.Get("parameters"))
		r.each("server", aServer, n.Get("servers"))
		return // its operations are read by themselves
	}
	for i := range n.Members {
		if f := r.grammar[k].field(n.Members[i].Name, r.doc.Version); f != nil {
			r.below(place, k, f, n.Members[i].Value)
		}
	}
}

// reference reads what stands beside $ref, and where that leads.
func (r *wordReader) reference(place string, k kind, n *source.Node) {
	for i := range n.Members {
		e := effect{jsonschema.NotHeld, "says nothing beside $ref"}
		switch name := n.Members[i].Name; {
		case name == "$ref":
			e = held
		case name == "summary" || name == "description":
			e = reading
		case strings.HasPrefix(name, "x-"):
			e = effect{jsonschema.Annotation, "an extension"}
		}
		r.add(place, n, i, e)
	}
	r.object(place, k, r.deref(n))
}

func (r *wordReader) fields(place string, k kind, n *source.Node) {
	if k == aParameter {
		place = n.Str("in") + " " + n.Str("name")
	}
	for i := range n.Members {
		r.add(place, n, i, r.effect(place, k, n, n.Members[i].Name))
	}
}

func (r *wordReader) add(place string, n *source.Node, i int, e effect) {
	r.words = append(r.words, Word{
		place, jsonschema.Keyword{Name: n.Members[i].Name, Effect: e.Effect, Why: e.why, At: n.MemberPosition(i)}, n.Members[i].Value,
	})
}

// effect is that of the table, but for what the place changes.
func (r *wordReader) effect(place string, k kind, n *source.Node, name string) effect {
	e, known := effects[k][name]
	answer := strings.HasPrefix(place, "answer ")
	switch {
	case name == "x-sallyport":
		return held
	case strings.HasPrefix(name, "x-"):
		return effect{jsonschema.Annotation, "an extension"}
	case !known:
		return effect{jsonschema.NotHeld, "no field of OpenAPI " + r.doc.Version.String()}
	case e.Effect != jsonschema.Enforced:
		return e
	case r.replaced && !(n.Str("in") == "header" && isReservedHeader(n.Str("name"))):
		return effect{jsonschema.NotHeld, "the operation has one of its own"}
	case k == aParameter && n.Str("in") == "header" && isReservedHeader(n.Str("name")):
		return effect{jsonschema.NotHeld, "OpenAPI ignores a parameter of that name"}
	case k == aParameter && (name == "allowEmptyValue" || name == "allowReserved") && n.Str("in") != "query":
		return effect{jsonschema.NotHeld, "changes nothing in " + n.Str("in")}
	case k == aMediaType && strings.HasSuffix(strings.ToLower(name), "encoding") || k == anEncoding:
		return r.encoding(place, answer)
	}
	return e
}

// encoding is enforced in forms alone, and of requests alone (OpenAPI, Encoding
// Object).
func (r *wordReader) encoding(place string, answer bool) effect {
	if answer {
		return effect{jsonschema.NotHeld, "answers are not read by encodings"}
	}
	for _, media := range []string{" application/x-www-form-urlencoded", " multipart/", " application/*", " */*"} {
		if strings.Contains(place, media) {
			return held
		}
	}
	return effect{jsonschema.NotHeld, "says nothing of this media type"}
}

// below reads the objects that a field holds, each under a place of its own.
// Schemas are the compiler's, and examples nobody's.
func (r *wordReader) below(place string, k kind, f *field, v *source.Node) {
	switch {
	case k == aParameter && f.name == "content":
		r.named(v, func(string) string { return place }, f.of)
	case f.of == aMediaType:
		if place == "operation" {
			place = "body"
		}
		r.named(v, func(name string) string { return place + " " + mediaRange(name) }, aMediaType)
	case f.of == aHeader:
		r.named(v, func(name string) string { return place + " header " + name }, aHeader)
	case f.of == aLink:
		r.named(v, func(name string) string { return place + " link " + name }, aLink)
	case f.of == anEncoding && f.shape == named:
		r.named(v, func(name string) string { return place + " part " + name }, anEncoding)
	case f.of == anEncoding && f.shape == list:
		r.each(place+" parts", anEncoding, v)
	case f.of == anEncoding:
		r.object(place+" parts", anEncoding, v)
	case f.of == aServerVariable:
		r.named(v, func(name string) string { return place + " variable " + name }, aServerVariable)
	case f.of == theResponses:
		r.named(v, func(name string) string { return "answer " + name }, aResponse)
	case f.of == aRequestBody:
		r.object("body", aRequestBody, v)
	case f.of == aParameter:
		r.each("", aParameter, v)
	case f.of == aServer && f.shape == list:
		r.each("server", aServer, v)
	}
}

func (r *wordReader) named(v *source.Node, place func(string) string, k kind) {
	if v.Kind != source.Map {
		return
	}
	for i := range v.Members {
		if m := &v.Members[i]; !strings.HasPrefix(m.Name, "x-") {
			r.object(place(m.Name), k, m.Value)
		}
	}
}

// each reads a list. A parameter's place is its own name.
func (r *wordReader) each(place string, k kind, v *source.Node) {
	if v == nil || v.Kind != source.List {
		return
	}
	for _, item := range v.Items {
		at := place
		if p := r.deref(item); k == aParameter && p != nil {
			at = p.Str("in") + " " + p.Str("name")
		}
		r.replaced = k == aParameter && !r.own[item.Position()]
		r.object(at, k, item)
		r.replaced = false
	}
}

func sortedKeys[T any](m map[string]T) []string {
	keys := make([]string, 0, len(m))
	for name := range m {
		keys = append(keys, name)
	}
	slices.Sort(keys)
	return keys
}
