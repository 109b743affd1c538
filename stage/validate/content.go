package validate

import (
	"slices"
	"strings"

	"sallyport"
	"sallyport/items"
	"sallyport/jsonschema"
	"sallyport/mediatype"
	"sallyport/openapi"
	"sallyport/source"
)

// NewBody compiles what one operation takes as a body; nil takes none. It
// returns the step, what it enforces, what the document says and the step does
// not enforce, and what cannot be enforced and has to be mended.
func NewBody(declared *openapi.RequestBody, d Document, o BodyOptions) (*Body, []sallyport.Control, []sallyport.Control, source.Mistakes) {
	f := request(o.Undeclared)
	s := &Body{watch: o.Watch, plain: o.RefuseEncoded}
	if declared == nil {
		f.enforce(source.Position{}, "body: none is taken")
		return s, f.enforced, nil, nil
	}
	if o.Undeclared == PassUndeclared {
		f.leave(sallyport.Annotation, declared.At, "body: undeclared properties pass unread, by configuration")
	}
	if s.plain {
		f.enforce(declared.At, "body: none with a content coding")
	}
	s.required, s.accept = declared.Required, accepts(declared.Content)
	for _, m := range declared.Content {
		r, err := mediatype.ParseRange(m.Range)
		if err != nil {
			f.leave(sallyport.Annotation, m.At, "body "+m.Range+": no media type, so that no body can have it")
			continue
		}
		c := contentEntry{findings: &f, d: d, m: m, o: o, r: r, required: declared.Required}
		s.ranges = append(s.ranges, r)
		s.entries = append(s.entries, c.compile())
	}
	s.leading = f.leading
	return s, f.enforced, f.unenforced, f.mistakes
}

// contentEntry is one entry of a content map while it is compiled.
type contentEntry struct {
	*findings
	d        Document
	m        *openapi.MediaType
	o        BodyOptions
	r        mediatype.Range
	required bool
}

// compile makes a reader for each class that the range may include.
func (c *contentEntry) compile() entry {
	var e entry
	t, one := c.r.Type()
	if one {
		only := classOf(t)
		e[only] = c.reader(only)
		c.report(e[only], only)
		return e
	}
	for k := range classes {
		if c.mayInclude(k) {
			e[k] = c.reader(k)
		}
	}
	c.enforce(c.m.At, "body "+c.m.Range+": "+c.d.summary(c.m.Schema)+presence(c.required)+droppingOf(e[classJSON]))
	for _, k := range []class{classLines, classSequence, classEvents} {
		if r, ok := e[k].(*sequenceBody); ok && (c.m.ItemSchema != nil || r.all != nil) {
			c.reportSequence(r)
		}
	}
	if e[classOther] == nil {
		c.leave(sallyport.Refused, c.m.At, "body "+c.m.Range+": media types that cannot be checked against the schema are refused")
	}
	return e
}

// mayInclude tells whether a range of several types has one of a class.
func (c *contentEntry) mayInclude(k class) bool {
	examples := [classes][]string{
		classJSON:      {"application/json", "text/json"},
		classForm:      {formType},
		classMultipart: {multipartType},
		classParts:     {"multipart/mixed"},
		classText:      {"text/plain"},
		classXML:       {"application/xml", "text/xml"},
		classLines:     {"application/jsonl", "application/x-ndjson"},
		classSequence:  {"application/json-seq"},
		classEvents:    {"text/event-stream"},
	}
	for _, example := range examples[k] {
		if t, err := mediatype.Parse(example); err == nil && c.r.Includes(t) {
			return true
		}
	}
	_, suffix, found := strings.Cut(c.r.Text, "*+")
	return len(examples[k]) == 0 && !found || k == classJSON && suffix == "json" || k == classXML && suffix == "xml" || k == classSequence && suffix == "json-seq"
}

func (c *contentEntry) reader(k class) reader {
	what := "body " + c.m.Range
	switch k {
	case classJSON:
		return &jsonBody{c.schemaOrAny(what, c.m.Schema), c.required, c.may(), c.o.Watch}
	case classLines:
		return c.sequence(items.Lines)
	case classSequence:
		if r := c.sequence(items.Sequence); r != nil {
			return r
		}
	case classForm:
		return &formBody{fields: c.compileFields(c.d, what, c.m.Schema, c.m.Encoding), required: c.required, may: c.may(), watch: c.o.Watch}
	case classMultipart:
		return c.multipart(k)
	case classParts:
		if r := c.multipart(k); r != nil {
			return r
		}
	case classXML:
		r := &xmlBody{required: c.required, plan: c.planXML(c.d, c.m.Schema)}
		if r.plan != nil {
			r.schema = c.findings.compile(c.d, what, c.m.Schema)
		}
		return r
	case classText, classEvents:
		if k == classEvents {
			if r := c.sequence(items.Events); r != nil {
				return r
			}
		}
		r := &textBody{schema: c.findings.compile(c.d, what, c.m.Schema), required: c.required}
		if r.schema != nil {
			r.shape = c.d.Compiler.Shape(r.schema)
		}
		return r
	}
	if c.mayBeOpaque() {
		return opaqueBody{bounded(c.d.fileRules(c.m.Schema)), c.o.Watch}
	}
	return nil
}

// schemaOrAny compiles a schema; without one any JSON text fits.
func (c *contentEntry) schemaOrAny(what string, node *source.Node) *jsonschema.Schema {
	if node == nil {
		node = &source.Node{Kind: source.Map}
	}
	return c.findings.compile(c.d, what, node)
}

// mayBeOpaque tells whether content that nobody can read may pass: its schema
// says no more of it than that it is bytes, or the operator lets it.
func (c *contentEntry) mayBeOpaque() bool {
	n := c.d.deref(c.m.Schema)
	if c.m.Schema == nil || c.d.isBinary(n) || n != nil && (n.Kind == source.Bool && n.Text == "true" || n.Kind == source.Map && !constrains(n)) {
		return true
	}
	for _, pattern := range c.o.Opaque {
		if matches(pattern, c.m.Range) {
			return true
		}
	}
	return false
}

// constrains tells whether a schema says more of bytes than that they are some,
// and than these keywords.
func constrains(n *source.Node, but ...string) bool {
	for i := range n.Members {
		switch m := &n.Members[i]; m.Name {
		case "title", "description", "example", "examples", "default", "deprecated", "externalDocs", "contentMediaType", "format", "$comment":
		case "type":
			if m.Value.Text != "string" {
				return true
			}
		default:
			if !strings.HasPrefix(m.Name, "x-") && !slices.Contains(but, m.Name) {
				return true
			}
		}
	}
	return false
}

// report says what becomes of one media type.
func (c *contentEntry) report(r reader, k class) {
	what := "body " + c.m.Range
	switch r := r.(type) {
	case nil:
		c.leave(sallyport.Refused, c.m.At, what+": nothing here can hold it to its schema, so it is refused; opaque lets it pass unread")
	case opaqueBody:
		c.enforce(c.m.At, what+": bytes within the size limit"+r.bounds.says()+presence(c.required))
		if n := c.d.deref(c.m.Schema); n != nil && (constrains(n, "minLength", "maxLength") || n.Has("format") && n.Str("format") != "binary") {
			c.leave(sallyport.Annotation, c.m.At, what+": the schema is not enforced")
		}
	case *xmlBody:
		if r.plan != nil {
			c.enforce(c.m.At, what+": "+r.plan.Root()+", read as "+c.d.summary(c.m.Schema)+presence(c.required))
			break
		}
		c.enforce(c.m.At, what+": well-formed XML without a document type"+presence(c.required))
		if c.m.Schema != nil {
			c.leave(sallyport.Annotation, c.m.At, what+": the schema is not enforced")
		}
	case *sequenceBody:
		c.reportSequence(r)
	case *multipartBody:
		c.reportMultipart(r)
	case *formBody:
		c.enforce(c.m.At, what+": "+c.d.summary(c.m.Schema)+presence(c.required)+dropping(r.may, r.fields.schema != nil && r.fields.schema.Hides()))
	case *jsonBody:
		c.enforce(c.m.At, what+": "+c.d.summary(c.m.Schema)+presence(c.required)+droppingOf(r))
	default:
		c.enforce(c.m.At, what+": "+c.d.summary(c.m.Schema)+presence(c.required))
	}
}

// may is what is taken out of JSON.
func (c *contentEntry) may() jsonschema.Cleaning {
	return jsonschema.Cleaning{Undeclared: c.o.Undeclared == DropUndeclared, Hidden: !c.o.RefuseReadOnly}
}

// dropping says what is taken out of JSON whose schema hides members, or not.
func dropping(may jsonschema.Cleaning, hides bool) string {
	hidden := may.Hidden && hides
	switch {
	case hidden && may.Undeclared:
		return "; readOnly and undeclared members are dropped"
	case hidden:
		return "; readOnly members are dropped"
	case may.Undeclared:
		return "; undeclared members are dropped"
	}
	return ""
}

func droppingOf(r reader) string {
	if j, ok := r.(*jsonBody); ok {
		return dropping(j.may, j.schema != nil && j.schema.Hides())
	}
	return ""
}
