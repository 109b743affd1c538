package validate

import (
	"log/slog"
	"math"
	"strconv"
	"strings"

	"sallyport"
	"sallyport/jsonschema"
	"sallyport/mediatype"
	"sallyport/openapi"
	"sallyport/problem"
	"sallyport/source"
)

// multipartBody is a multipart media type whose parts are put together to one
// value. It is checked to its end before the backend hears of it; where files
// may be larger than a body that is held, they stream.
type multipartBody struct {
	parts    *assembly
	required bool
	may      jsonschema.Cleaning
	watch    bool
	// file is the most bytes of one file beyond the body's limit, 0 where files
	// count towards it; count is how many parts there may be.
	file  int64
	count int
	// files are the most bytes that all files can have.
	files int64
}

// multipart compiles the reader of a multipart media type; nil where its schema
// is that of no object and no list of parts.
func (c *contentEntry) multipart(k class) reader {
	what := "body " + c.m.Range
	r := &multipartBody{required: c.required, may: c.may(), watch: c.o.Watch, file: c.o.MaxFile, count: c.o.MaxParts}
	if r.count == 0 {
		r.count = defaultParts
	}
	byPlace := c.m.ItemSchema != nil || c.d.isList(c.m.Schema)
	switch {
	case k == classMultipart && !byPlace:
		r.parts = c.byName(c.d, what, c.m.Schema, c.m.Encodings)
	case k == classMultipart:
		if _, one := c.r.Type(); one {
			c.leave(sallyport.Refused, c.m.At, what+": the parts of a form have names; a form that is described as a list is refused")
		}
		return nil
	case byPlace:
		r.parts = c.byPlace(c.d, what, c.m.Schema, c.m.ItemSchema, c.m.Encodings)
	default:
		return nil
	}
	r.may.Hidden = r.may.Hidden && r.parts.fields.schema != nil && r.parts.fields.schema.Hides()
	if r.file > 0 && !r.watch {
		r.files = r.parts.fileBytes(r.file, r.count)
	}
	return r
}

// nested compiles the parts of a part: an encoding that names a multipart media
// type, and perhaps encodings of its own (OpenAPI 3.2, Encoding Object).
func (f *findings) nested(d Document, what string, node *source.Node, e *openapi.Encoding, k *partKind) *assembly {
	for i := range k.ranges {
		t, one := k.ranges[i].Type()
		switch {
		case !one || t.Main() != "multipart":
			continue
		case t.Name == multipartType:
			if k.list {
				node = d.deref(node).Get("items")
			}
			if n := d.deref(node); n.Str("type") == "object" || n.Has("properties") {
				k.file = nil
				return f.byName(d, what, node, e.Encodings)
			}
		case d.isList(node):
			k.file, k.list = nil, false
			return f.byPlace(d, what, node, nil, e.Encodings)
		}
	}
	if len(e.Encoding)+len(e.PrefixEncoding) > 0 || e.ItemEncoding != nil {
		f.leave(sallyport.Annotation, e.At, what+": its encodings belong to no parts")
	}
	return nil
}

// fileBytes bounds what all files together can have.
func (a *assembly) fileBytes(most int64, parts int) int64 {
	total := int64(0)
	add := func(k *partKind, files int) {
		if k.file == nil {
			return
		}
		if each := min(most, k.file.most); each > 0 && int64(files) > (math.MaxInt64/2-total)/each {
			total = math.MaxInt64 / 2
		} else {
			total += each * int64(files)
		}
	}
	for _, name := range sortedNames(a.kinds) {
		k := a.kinds[name]
		switch {
		case k.list && k.most > 0:
			add(k, min(k.most, parts))
		case k.list:
			add(k, parts)
		default:
			add(k, 1)
		}
	}
	for _, k := range a.places {
		add(k, 1)
	}
	add(a.other, parts)
	if most > 0 && total > most*int64(parts) && most <= math.MaxInt64/int64(parts) {
		total = most * int64(parts)
	}
	return total
}

func (r *multipartBody) check(x *sallyport.Exchange, t mediatype.Type) error {
	body := x.Request.Body
	if body.Empty() {
		return empty(r.required)
	}
	// Which part is the root of multipart/related would be said by it and by
	// its place (RFC 2387 §3.2).
	if _, start := t.Parameter("start"); start {
		return malformed("The body must begin with its root part, and not name it by start.")
	}
	boundary, _ := t.Boundary()
	if _, held := body.Held(); !held && r.files > 0 && (body.Length < 0 || body.Length > x.Op.MaxBody) {
		x.LoseOutward(r.parts.fields.schema, "body", "") // files go on before all else is known
		return r.stream(x, boundary)
	}
	content, err := x.HoldRequest()
	if err != nil {
		return err
	}
	left, dropped, err := r.clean(x, content, boundary)
	if err != nil || dropped == 0 {
		return err
	}
	x.Note(slog.Int("dropped", dropped))
	if !r.watch {
		body.Replace(left)
		x.Request.Fields.DelDigests()
	}
	return nil
}

// clean judges a body that is held, without what may be taken out of it. What
// is left is judged again.
func (r *multipartBody) clean(x *sallyport.Exchange, content []byte, boundary string) (left []byte, dropped int, err error) {
	s, err := newSplitter(content, nil, boundary)
	if err != nil {
		return nil, 0, malformed(err.Error())
	}
	parts, err := s.parts(r.parts.named, r.count)
	if err != nil {
		return nil, 0, malformed(err.Error())
	}
	var found faults
	for i := range parts {
		if err := r.judge(r.parts, &parts[i], "", &found); err != nil {
			return nil, 0, err
		}
	}
	if len(found) > 0 {
		return nil, 0, invalidBody(found)
	}
	d := decoder{marking: true}
	c, err := r.verdict(&d, r.parts.groups(parts), r.may)
	if len(d.out) > 0 {
		x.FindOutward(r.parts.fields.schema, "body", "", d.out)
	} else {
		x.LoseOutward(r.parts.fields.schema, "body", "")
	}
	if err != nil || c.CutCount == 0 {
		return content, 0, err
	}
	kept := d.keep(parts, c.Gone)
	_, err = r.verdict(&decoder{}, r.parts.groups(kept), jsonschema.Cleaning{})
	return joined(s.delimiter, kept, s.end), c.CutCount, err
}

// keep are the parts that stay, and what stays of them.
func (d *decoder) keep(parts []part, gone [][2]int) []part {
	lost := d.lost(gone)
	kept := make([]part, 0, len(parts))
	for _, p := range parts {
		if !lost[p.index] {
			p.shorten(d.left(p.content, p.index, gone))
			kept = append(kept, p)
		}
	}
	return kept
}

// joined is a body of parts.
func joined(delimiter []byte, parts []part, end []byte) []byte {
	var body []byte
	for i := range parts {
		body = append(parts[i].open(body, delimiter, i == 0), parts[i].content...)
	}
	return closing(body, delimiter, end, len(parts) == 0)
}

// open appends a part up to its content.
func (p *part) open(body, delimiter []byte, first bool) []byte {
	if first {
		delimiter = delimiter[2:]
	}
	body = append(append(body, delimiter...), crlf...)
	if len(p.head) > 0 {
		body = append(append(body, p.head...), crlf...)
	}
	return append(body, crlf...)
}

// closing appends the end of a body.
func closing(body, delimiter, end []byte, first bool) []byte {
	if first {
		delimiter = delimiter[2:]
	}
	return append(append(append(body, delimiter...), "--"...), end...)
}

// judge holds one part, which is there as a whole, by itself.
func (r *multipartBody) judge(a *assembly, p *part, above string, found *faults) error {
	k, pointer := a.kindOf(p), above+a.pointer(p)
	k.header(p, pointer, a.named, found)
	if p.length >= 0 && p.length != int64(len(p.content)) {
		return malformed(errPartLength.Error())
	}
	if k.file != nil {
		count := fileCount{rules: k.file, limit: r.file}
		if err := count.add(p.content, pointer); err != nil {
			return err
		}
		return count.end(pointer)
	}
	if p.typed && p.media.IsASCII() && !mediatype.HoldsASCII(p.content) {
		found.add("body", pointer, "contentType", "must be the US-ASCII that it says")
	}
	// It would say in which charset the other parts are (RFC 7578 §4.6).
	if a.named && p.name == "_charset_" && !strings.EqualFold(string(p.content), "utf-8") {
		found.add("body", pointer, "encoding", "must be utf-8")
	}
	if !p.typed || p.media.Main() != "multipart" {
		return nil
	}
	if k.parts == nil {
		if k.takes(p) { // else that is told already
			found.add("body", pointer, "contentType", "must not have parts of its own")
		}
		return nil
	}
	return r.inner(k.parts, p, pointer, found)
}

// inner takes a part apart that has parts.
func (r *multipartBody) inner(a *assembly, p *part, pointer string, found *faults) error {
	boundary, _ := p.media.Boundary()
	s, err := newSplitter(p.content, nil, boundary)
	if err == nil {
		p.parts, err = s.parts(a.named, r.count)
	}
	if err != nil {
		return malformed(err.Error())
	}
	if p.parts == nil {
		p.parts = []part{}
	}
	for i := range p.parts {
		if err := r.judge(a, &p.parts[i], pointer, found); err != nil {
			return err
		}
	}
	return nil
}

// verdict judges all parts as one value.
func (r *multipartBody) verdict(d *decoder, groups []*group, may jsonschema.Cleaning) (jsonschema.Cleaned, error) {
	judge := func(text []byte) jsonschema.Cleaned {
		c := r.parts.fields.judge(text, may)
		c.Faults = r.parts.withoutFiles(c.Faults)
		return c
	}
	flaw, c := r.parts.fields.tries(d, judge, func(d *decoder, turn int) flawAt { return r.parts.write(d, groups, turn) })
	switch {
	case flaw.flaw != sound:
		return c, flawed(flaw)
	case len(c.Faults) > 0 && c.Faults[0].Syntax():
		return c, malformed("The body has a part of which two readings are there.")
	case len(c.Faults) > 0:
		return c, invalid(c.Faults, "")
	}
	return c, nil
}

// reportMultipart says how a multipart body is held, and what the backend may see of one
// that is refused in the end.
func (c *contentEntry) reportMultipart(r *multipartBody) {
	says := "body " + c.m.Range + ": "
	switch {
	case c.m.ItemSchema == nil:
		says += c.d.summary(c.m.Schema)
	case c.m.Schema == nil:
		says += "parts of " + c.d.summary(c.m.ItemSchema)
	default:
		says += "parts of " + c.d.summary(c.m.ItemSchema) + ", together " + c.d.summary(c.m.Schema)
	}
	says += ", at most " + strconv.Itoa(r.count) + " parts" + presence(c.required)
	says += dropping(r.may, true)
	switch {
	case r.files == 0:
	case r.gathers(c.o.MaxBody):
		says += "; files may come beyond the size limit, and are held"
	default:
		says += "; files of at most " + strconv.FormatInt(r.file, 10) + " bytes stream where the whole is too large to be held, so that the backend may see bytes before a fault is found"
	}
	c.enforce(c.m.At, says)
}

// most is how long a body may be.
func (r *multipartBody) most(maxBody int64) int64 {
	if maxBody > math.MaxInt64-r.files {
		return math.MaxInt64
	}
	return maxBody + r.files
}

// gathers tells whether all files together are so small by their schemas that
// they are held.
func (r *multipartBody) gathers(maxBody int64) bool { return r.files <= maxBody }

// tooLarge is a body that is longer than its limit.
func tooLarge(most int64) error {
	return problem.Refuse(problem.BodyTooLarge, "The body may be %d bytes long at most.", most)
}
