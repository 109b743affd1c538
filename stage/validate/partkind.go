package validate

import (
	"slices"
	"strings"

	"sallyport"
	"sallyport/jsonschema"
	"sallyport/mediatype"
	"sallyport/message"
	"sallyport/openapi"
	"sallyport/source"
	"sallyport/xmlbody"
)

// partKind is what is known of the parts of one name or place.
type partKind struct {
	// ranges are what encoding.contentType lists; without it a part that says its
	// media type must be in implied, if there is any.
	ranges, implied []mediatype.Range
	// file is set where the content is not read as a value.
	file *fileRules
	// styled parts are written by encoding.style instead of a media type.
	styled bool
	// list is set where several parts may make one value, most of them; 0 is any
	// number.
	list bool
	most int
	// headers are the header fields that a part must or may have.
	headers []parameter
	shape   *jsonschema.Shape
	// parts is set where the part has parts itself: together they are its value.
	parts *assembly
	// xml reads XML; nil where the schema says not how.
	xml *xmlbody.Plan
}

// partKind compiles the encoding of a property or a place.
func (f *findings) partKind(d Document, what string, node *source.Node, shape *jsonschema.Shape, e *openapi.Encoding) *partKind {
	k := &partKind{file: d.fileRules(node), shape: shape, list: mayBe(typesOf(shape), jsonschema.Array), xml: f.planXML(d, node)}
	if n := d.deref(node); k.list && n.Has("maxItems") {
		k.most = int(countOf(n, "maxItems"))
	}
	if e == nil || e.ContentType == "" {
		k.implied = d.impliedTypes(node, shape, k.file)
	}
	if e == nil {
		return k
	}
	for _, name := range sortedNames(e.Headers) {
		if !strings.EqualFold(name, "Content-Type") { // encoding.contentType describes it (OpenAPI, Encoding Object: headers)
			k.headers = append(k.headers, f.partHeader(d, what, name, e.Headers[name]))
		}
	}
	if k.styled = e.Style != ""; k.styled {
		k.file, k.implied = nil, nil
		return k // contentType is ignored beside it
	}
	k.ranges = f.ranges(what, e)
	k.parts = f.nested(d, what, node, e, k)
	if k.parts == nil && k.unreadable() {
		f.leave(sallyport.Refused, e.At, what+": content of type "+e.ContentType+" cannot be held to its schema, so such parts are refused")
	}
	f.reportFile(d, what, node, k)
	return k
}

// ranges are the media types that an encoding lists.
func (f *findings) ranges(what string, e *openapi.Encoding) []mediatype.Range {
	var ranges []mediatype.Range
	for text := range strings.SplitSeq(e.ContentType, ",") {
		if strings.TrimSpace(text) == "" {
			continue
		}
		r, err := mediatype.ParseRange(text)
		if err != nil {
			f.mistakes.Add(e.At, "write type/subtype, type/* or a list of them", "%s: %q is no media type", what, strings.TrimSpace(text))
			continue
		}
		ranges = append(ranges, r)
	}
	return ranges
}

// unreadable tells whether the parts are objects of media types that nothing
// here makes an object of.
func (k *partKind) unreadable() bool {
	types := typesOf(k.shape)
	if len(k.ranges) == 0 || k.file != nil || mayBeScalar(types) {
		return false
	}
	if k.shape.Items != nil && mayBeScalar(typesOf(k.shape.Items)) {
		return false
	}
	return !slices.ContainsFunc(k.ranges, func(r mediatype.Range) bool {
		t, one := r.Type()
		return !one || t.IsJSON() || t.IsXML() && k.xml != nil
	})
}

func (f *findings) partHeader(d Document, what, name string, h *openapi.Header) parameter {
	p := parameter{name: name, in: "body", required: h.Required, style: simple, explode: h.Explode}
	node := h.Schema
	if h.Content != nil {
		node = h.Content.Schema
		p.readings, p.content = []reading{asContent}, f.content(what+": header "+name, h.Content)
	}
	p.compileSchema(f, d, what+": header "+name, node)
	f.noStyle(what+": header "+name, &p, h.At)
	return p
}

// takes tells whether the part has a media type that is declared. A part that
// names none is what its encoding says where that is one text type, else
// text/plain (RFC 7578 §4.4).
func (k *partKind) takes(p *part) bool {
	ranges := k.declared()
	switch {
	case p.typed:
		return len(ranges) == 0 || mediatype.Match(ranges, p.media) >= 0
	case len(k.ranges) == 0:
		return true
	}
	if t, ok := k.ranges[0].Type(); ok && len(k.ranges) == 1 {
		c := classOf(t)
		return c != classOther && c != classParts && c != classMultipart
	}
	return mediatype.Match(k.ranges, plainText()) >= 0
}

func plainText() mediatype.Type {
	t, _ := mediatype.Parse("text/plain")
	return t
}

// declared are the ranges of a part that says its media type; none are all.
func (k *partKind) declared() []mediatype.Range {
	if len(k.ranges) > 0 {
		return k.ranges
	}
	return k.implied
}

func (k *partKind) listed() string {
	ranges := k.declared()
	texts := make([]string, len(ranges))
	for i := range ranges {
		texts[i] = strings.TrimSpace(ranges[i].Text)
	}
	return strings.Join(texts, ", ")
}

// isJSON tells whether a part is JSON text: it says so, its encoding says so,
// or nothing says otherwise and it is an object, or a list within a list (OpenAPI,
// Encoding Object: contentType).
func (k *partKind) isJSON(p *part) bool {
	if p.typed {
		return p.media.IsJSON()
	}
	if len(k.ranges) == 1 {
		t, ok := k.ranges[0].Type()
		return ok && t.IsJSON()
	}
	shape, written := k.shape, jsonschema.Object
	if shape != nil && mayBe(shape.Types, jsonschema.Array) && shape.Items != nil {
		shape, written = shape.Items, jsonschema.Object|jsonschema.Array // a list within a list has no other form
	}
	types := typesOf(shape)
	return mayBe(types, written) && !mayBeScalar(types)
}

// isXML tells whether a part is XML that can be read.
func (k *partKind) isXML(p *part) bool {
	if k.xml == nil || p.typed {
		return k.xml != nil && p.media.IsXML()
	}
	if len(k.ranges) != 1 {
		return false
	}
	t, ok := k.ranges[0].Type()
	return ok && t.IsXML()
}

// header judges what can be judged of a part before its content: its media type,
// its file name, its header fields.
func (k *partKind) header(p *part, pointer string, named bool, found *faults) {
	if !k.takes(p) {
		found.add("body", pointer, "contentType", "must have one of the media types "+k.listed())
	}
	if k.file == nil && p.typed && !p.media.IsUTF8() {
		found.add("body", pointer, "contentType", "must be UTF-8 text")
	}
	if named && p.file && k.file == nil && !(p.typed && p.media.IsJSON()) {
		// Backends put a part with a file name among the files, where the
		// value that was checked is not found.
		found.add("body", pointer, "filename", "must be declared as a file, or sent without a file name")
	}
	for i := range p.fields {
		if !k.mayHave(p.fields[i].Name, named) {
			found.add("body", pointer, "headers", "must not have header fields that are not declared")
			break
		}
	}
	for i := range k.headers {
		k.headers[i].checkHeader(p.fields.Values(k.headers[i].name), pointer, found)
	}
}

// checkHeader judges a header field of the part at a pointer. A pointer cannot
// lead to one, so the message names it: the name is the document's.
func (p *parameter) checkHeader(values []string, pointer string, found *faults) {
	var ps pairs
	ps.begin(1)
	for _, value := range values {
		ps.add(0, p.name, value)
	}
	var own faults
	p.check(&decoder{}, ps.of(0), &own)
	for _, f := range own {
		found.add("body", pointer, f.Keyword, "its header field "+p.name+" "+f.Message)
	}
}

// mayHave tells whether a part may have a header field: those of RFC 7578 §4.8,
// a Content-Length that holds, outside of forms Content-ID (RFC 2045 §7), and
// what is declared.
func (k *partKind) mayHave(name string, named bool) bool {
	for _, known := range [...]string{"Content-Disposition", "Content-Type", "Content-Transfer-Encoding", "Content-Length"} {
		if message.EqualName(name, known) {
			return true
		}
	}
	return !named && message.EqualName(name, "Content-ID") ||
		slices.ContainsFunc(k.headers, func(h parameter) bool { return message.EqualName(name, h.name) })
}
