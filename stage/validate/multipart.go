package validate

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"sallyport"
	"sallyport/jsonschema"
	"sallyport/mediatype"
	"sallyport/openapi"
	"sallyport/source"
)

// multipartBody is multipart/form-data: parts that are put together to one
// object by the schema and the encodings of its properties.
type multipartBody struct {
	fields   *fields
	kinds    map[string]*partKind
	required bool
}

// partKind is what is known of the parts of one name.
type partKind struct {
	// ranges are what encoding.contentType lists.
	ranges []mediatype.Range
	// opaque parts are not looked at.
	opaque bool
	// styled parts are written by encoding.style instead of a media type.
	styled bool
	// headers are the header fields that a part must or may have.
	headers []parameter
}

// compileMultipart adds to the fields of a form what only parts have.
func (f *findings) compileMultipart(d Document, what string, m *openapi.MediaType, required bool) *multipartBody {
	r := &multipartBody{fields: f.compileFields(d, what, m), kinds: map[string]*partKind{}, required: required}
	for i := range r.fields.list {
		p := &r.fields.list[i]
		p.coding = literal
		r.kinds[p.name] = f.partKind(d, what+": part "+p.name, d.propertyOf(m.Schema, p.name), m.Encoding[p.name])
	}
	return r
}

func (f *findings) partKind(d Document, what string, node *source.Node, e *openapi.Encoding) *partKind {
	k := &partKind{opaque: d.isBinary(node)}
	if e == nil {
		return k
	}
	if k.styled = e.Style != ""; k.styled {
		k.opaque = false
		e = &openapi.Encoding{Headers: e.Headers, At: e.At} // contentType is ignored beside it
	}
	for _, text := range strings.Split(e.ContentType, ",") {
		if strings.TrimSpace(text) == "" {
			continue
		}
		r, err := mediatype.ParseRange(text)
		if err != nil {
			f.mistakes.Add(e.At, "write type/subtype, type/* or a list of them", "%s: %q is no media type", what, strings.TrimSpace(text))
			continue
		}
		k.ranges = append(k.ranges, r)
	}
	for _, name := range sortedNames(e.Headers) {
		if !strings.EqualFold(name, "Content-Type") { // encoding.contentType describes it (OpenAPI, Encoding Object: headers)
			k.headers = append(k.headers, f.partHeader(d, what, name, e.Headers[name]))
		}
	}
	return k
}

func (f *findings) partHeader(d Document, what, name string, h *openapi.Header) parameter {
	p := parameter{name: name, in: "body", required: h.Required, style: simple, explode: h.Explode}
	node := h.Schema
	if h.Content != nil {
		node = h.Content.Schema
		p.readings, p.content = []reading{asContent}, f.content(what+": header "+name, h.Content)
	}
	p.compileSchema(f, d, what+": header "+name, node)
	return p
}

// propertyOf finds the schema of a property where a form declares it.
func (d Document) propertyOf(node *source.Node, name string) *source.Node {
	return d.search(node, name, 0)
}

func (d Document) search(node *source.Node, name string, depth int) *source.Node {
	n := d.deref(node)
	if n == nil || depth > 8 {
		return nil
	}
	if p := n.Get("properties").Get(name); p != nil {
		return p
	}
	for _, word := range []string{"allOf", "anyOf", "oneOf"} {
		branches := n.Get(word)
		if branches == nil {
			continue
		}
		for _, branch := range branches.Items {
			if p := d.search(branch, name, depth+1); p != nil {
				return p
			}
		}
	}
	return nil
}

// isBinary tells whether a schema stands for bytes: format: binary (3.0), a
// contentMediaType that is not text, or in 3.1 a schema that says nothing of a
// type (Encoding Object: contentType); of a list, its items.
func (d Document) isBinary(node *source.Node) bool {
	n := d.deref(node)
	for depth := 0; n != nil && n.Kind == source.Map && depth < 8; depth++ {
		if n.Str("format") == "binary" {
			return true
		}
		if media := n.Str("contentMediaType"); media != "" {
			t, err := mediatype.Parse(media)
			return n.Str("contentEncoding") == "" && (err != nil || classOf(t) == classOther)
		}
		switch {
		case n.Str("type") == "array" && n.Has("items"):
			n = d.deref(n.Get("items"))
		case n.Get("allOf") != nil && len(n.Get("allOf").Items) == 1:
			n = d.deref(n.Get("allOf").Items[0])
		default:
			return !n.Has("type") && !n.Has("format") && !constrains(n)
		}
	}
	return false
}

func (r *multipartBody) check(x *sallyport.Exchange, t mediatype.Type) error {
	content, err := x.HoldRequest()
	if err != nil {
		return err
	}
	if len(content) == 0 {
		return empty(r.required)
	}
	boundary, _ := t.Parameter("boundary")
	parts, err := parseParts(content, boundary)
	if err != nil {
		return malformed(err.Error())
	}
	return r.checkParts(parts)
}

// checkParts judges each part by itself, then all of them as one object.
func (r *multipartBody) checkParts(parts []part) error {
	order, groups := r.group(parts)
	var found faults
	for _, name := range order {
		for _, p := range groups[name] {
			r.checkPart(p, &found)
		}
	}
	if len(found) > 0 {
		return invalidBody(found)
	}
	d := newWork().(*work).decoder
	flaw, wrong := r.fields.tries(&d, func(d *decoder, turn int) flawAt { return r.write(d, order, groups, turn) })
	if flaw.flaw != sound {
		return flawed(flaw)
	}
	if wrong = r.withoutOpaque(wrong); len(wrong) > 0 {
		return invalid(wrong, "")
	}
	return nil
}

// group puts parts of one property together, in the order of arrival.
func (r *multipartBody) group(parts []part) ([]string, map[string][]*part) {
	var order []string
	groups := map[string][]*part{}
	for i := range parts {
		name := r.property(parts[i].name)
		if groups[name] == nil {
			order = append(order, name)
		}
		groups[name] = append(groups[name], &parts[i])
	}
	return order, groups
}

// property is what a part belongs to: deepObject spreads it over several names.
func (r *multipartBody) property(name string) string {
	if owner := r.fields.names.owner(name); owner >= 0 {
		return r.fields.list[owner].name
	}
	return name
}

// checkPart holds the media type and the header fields of a part against its
// encoding.
func (r *multipartBody) checkPart(p *part, found *faults) {
	pointer := pointerTo(p.name)
	kind := r.kinds[r.property(p.name)]
	if kind == nil {
		kind = &partKind{}
	}
	if !kind.takes(p) {
		found.add("body", pointer, "contentType", "must have one of the media types "+kind.listed())
	}
	if !kind.opaque && p.typed && !p.media.IsUTF8() {
		found.add("body", pointer, "contentType", "must be UTF-8 text")
	}
	if p.file && !kind.opaque && !(p.typed && p.media.IsJSON()) {
		// Backends put a part with a file name among the files, where the
		// value that was checked is not found.
		found.add("body", pointer, "filename", "must be sent without a file name")
	}
	for i := range kind.headers {
		h := kind.headers[i]
		h.pointer = pointer
		var ps pairs
		ps.begin(1)
		for _, value := range p.fields.Values(h.name) {
			ps.add(0, h.name, value)
		}
		h.check(&decoder{}, ps.of(0), found)
	}
}

// takes tells whether the part has a media type that is declared. A part that
// names none is what its encoding says where that is one text type, else
// text/plain (RFC 7578 §4.4).
func (k *partKind) takes(p *part) bool {
	if len(k.ranges) == 0 {
		return true
	}
	if p.typed {
		return mediatype.Match(k.ranges, p.media) >= 0
	}
	if t, ok := k.ranges[0].Type(); ok && len(k.ranges) == 1 {
		return classOf(t) != classOther
	}
	return mediatype.Match(k.ranges, plainText()) >= 0
}

func plainText() mediatype.Type {
	t, _ := mediatype.Parse("text/plain")
	return t
}

func (k *partKind) listed() string {
	texts := make([]string, len(k.ranges))
	for i := range k.ranges {
		texts[i] = strings.TrimSpace(k.ranges[i].Text)
	}
	return strings.Join(texts, ", ")
}

// write appends all parts as one object.
func (r *multipartBody) write(d *decoder, order []string, groups map[string][]*part, turn int) flawAt {
	open := byte('{')
	for _, name := range order {
		if !utf8.ValidString(name) {
			return flawAt{flaw: badEscape}
		}
		d.out = append(d.out, open)
		open = ','
		d.out = append(appendQuoted(d.out, []byte(name)), ':')
		if flaw := r.writeParts(d, name, groups[name], turn); flaw != sound {
			return flawAt{flaw, pointerTo(name)}
		}
	}
	if open == '{' {
		d.out = append(d.out, open)
	}
	d.out = append(d.out, '}')
	return flawAt{}
}

// writeParts appends the value of one name: a list has a part for each item
// (RFC 7578 §4.3), or one part that is the JSON text of the whole list.
func (r *multipartBody) writeParts(d *decoder, name string, parts []*part, turn int) flaw {
	field := r.field(name)
	if k := r.kinds[name]; k != nil && k.styled {
		var ps pairs
		ps.begin(1)
		for _, p := range parts {
			ps.add(0, p.name, string(p.content))
		}
		return field.writeField(d, ps.of(0), turn)
	}
	types := typesOf(field.shape)
	list := mayBe(types, jsonschema.Array)
	switch {
	case len(parts) > 1 && !list:
		return repeated
	case len(parts) == 1 && (!list || field.oneValue(turn) || r.isJSON(name, parts[0]) && startsWith(parts[0].content, '[')):
		return r.writePart(d, name, parts[0], field.shape)
	}
	open := byte('[')
	for _, p := range parts {
		d.out = append(d.out, open)
		open = ','
		if f := r.writePart(d, name, p, itemOf(field.shape)); f != sound {
			return f
		}
	}
	d.out = append(d.out, ']')
	return sound
}

// oneValue tells whether a single part is a value rather than a list of one.
func (p *parameter) oneValue(turn int) bool {
	if len(p.readings) == 1 {
		return p.readings[0] != asList
	}
	return p.readings[min(turn, len(p.readings)-1)] != asList
}

func (r *multipartBody) field(name string) *parameter {
	if owner := r.fields.names.owner(name); owner >= 0 {
		return &r.fields.list[owner]
	}
	p := property(name, memberOf(r.fields.shape, []byte(name)), nil)
	return &p
}

// isJSON tells whether a part is JSON text: it says so, its encoding says so,
// or nothing says otherwise and it is an object (OpenAPI, Encoding Object:
// contentType).
func (r *multipartBody) isJSON(name string, p *part) bool {
	if p.typed {
		return p.media.IsJSON()
	}
	if k := r.kinds[name]; k != nil && len(k.ranges) == 1 {
		t, ok := k.ranges[0].Type()
		return ok && t.IsJSON()
	}
	shape := r.field(name).shape
	if shape != nil && mayBe(shape.Types, jsonschema.Array) && shape.Items != nil {
		shape = shape.Items
	}
	types := typesOf(shape)
	return mayBe(types, jsonschema.Object) && !mayBeScalar(types)
}

// writePart appends the value of one part. An opaque one is an empty string,
// about which the schema is not asked.
func (r *multipartBody) writePart(d *decoder, name string, p *part, shape *jsonschema.Shape) flaw {
	if k := r.kinds[name]; k != nil && k.opaque {
		d.out = append(d.out, `""`...)
		return sound
	}
	if r.isJSON(name, p) {
		if !jsontext.Value(p.content).IsValid() {
			return badJSON
		}
		d.out = append(d.out, p.content...)
		return sound
	}
	if !utf8.Valid(p.content) {
		return badEscape
	}
	d.text = append(d.text[:0], p.content...)
	d.appendScalar(typesOf(shape))
	return sound
}

// withoutOpaque drops what a schema says of content that nobody read; that the
// part is there, and how many there are, remains.
func (r *multipartBody) withoutOpaque(found []jsonschema.Fault) []jsonschema.Fault {
	kept := found[:0:0]
	for _, f := range found {
		name, deeper, _ := strings.Cut(strings.TrimPrefix(f.Pointer, "/"), "/")
		name = strings.ReplaceAll(strings.ReplaceAll(name, "~1", "/"), "~0", "~")
		k := r.kinds[name]
		aboutContent := f.Keyword == "minLength" || f.Keyword == "pattern" || f.Keyword == "enum" || f.Keyword == "const" || f.Keyword == "format"
		if k == nil || !k.opaque || !aboutContent || strings.Contains(deeper, "/") {
			kept = append(kept, f)
		}
	}
	return kept
}

func startsWith(content []byte, c byte) bool {
	content = bytes.TrimLeft(content, " \t\r\n")
	return len(content) > 0 && content[0] == c
}
