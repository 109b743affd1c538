package validate

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"strconv"

	"sallyport"
	"sallyport/items"
	"sallyport/jsonschema"
	"sallyport/mediatype"
	"sallyport/message"
	"sallyport/problem"
	"sallyport/source"
)

// sequenceBody is JSON texts one after the other, each held to the schema of an
// item. A body of known length is checked to its end before the backend hears
// of it; one that comes without streams, item by item.
type sequenceBody struct {
	kind     items.Kind
	schema   *items.Schema
	all      *jsonschema.Schema // of all items together, as an array; or nil
	required bool
	may      jsonschema.Cleaning
	watch    bool
}

func (r *sequenceBody) check(x *sallyport.Exchange, _ mediatype.Type) error {
	body := x.Request.Body
	switch {
	case body.Empty():
		return empty(r.required)
	case body.Length < 0 && r.streams():
		r.streamed(x)
		return r.stream(x)
	}
	content, err := x.HoldRequest()
	if err != nil {
		return err
	}
	left, dropped, err := r.read(x, content)
	if err != nil || r.watch || bytes.Equal(left, content) {
		return err
	}
	if dropped > 0 {
		x.Note(slog.Int("dropped", dropped))
	}
	body.Replace(left)
	x.Request.Fields.DelDigests()
	return nil
}

// streams tells whether the backend may see items before the last was checked:
// not where there is something to say of all of them, nor where a finding is to
// change nothing.
func (r *sequenceBody) streams() bool { return r.all == nil && !r.watch }

// stream passes items on as they come. A fault is the refusal that reading the
// body ends with: the backend gets no proper end of it.
func (r *sequenceBody) stream(x *sallyport.Exchange) error {
	if err := x.Claim(x.Op.MaxBody); err != nil { // one item may be as long
		return err
	}
	most := x.Op.MaxBody
	x.Request.Body.Wrap(func(stream io.Reader) io.Reader {
		return refusing{r.reader(&capped{stream, most}, most, func([]byte) {}, nil), most}
	})
	x.Request.Fields.DelDigests() // they come before it is known whether they hold
	return nil
}

// read checks a body that is held.
func (r *sequenceBody) read(x *sallyport.Exchange, content []byte) (left []byte, dropped int, err error) {
	all := []byte{'['}
	n := 0
	collect := func(json []byte) {
		r.outward(x, n, json)
		n++
		if r.all != nil {
			if len(all) > 1 {
				all = append(all, ',')
			}
			all = append(all, json...)
		}
	}
	most := int64(len(content))
	left, err = io.ReadAll(refusing{r.reader(bytes.NewReader(content), most, collect, &dropped), most})
	if err != nil || r.all == nil {
		return left, dropped, err
	}
	return left, dropped, verdict(r.all.Check(append(all, ']')), "")
}

// reader judges each item. What no schema speaks of, such as comments between
// events, is left out: nobody has checked it.
func (r *sequenceBody) reader(from io.Reader, most int64, passed func(json []byte), dropped *int) io.Reader {
	reader := items.NewReader(items.NewSplitter(from, r.kind, int(most)), r.kind, func(n int, json []byte) ([]byte, error) {
		c := r.schema.Clean(json, r.may)
		if err := verdict(c.Faults, "/"+strconv.Itoa(n)); err != nil {
			return nil, err
		}
		if passed(c.Body); dropped != nil {
			*dropped += c.CutCount
		}
		return c.Body, nil
	})
	reader.Bare = true
	return reader
}

// refusing turns what is wrong with a sequence into refusals.
type refusing struct {
	io.Reader
	most int64
}

func (r refusing) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	switch {
	case errors.Is(err, items.ErrTooLarge):
		err = problem.Refuse(problem.BodyTooLarge, "The body may be %d bytes long at most.", r.most)
	case errors.Is(err, items.ErrMalformed), errors.Is(err, items.ErrTruncated):
		err = problem.Refuse(problem.BodyMalformed, "The body is not a sequence of its media type: %s.", err)
	}
	return n, err
}

// capped ends what is too long with an error: by its end alone the rest would
// look like the whole.
type capped struct {
	io.Reader
	left int64
}

func (c *capped) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if c.left -= int64(n); c.left < 0 {
		return 0, message.ErrTooLarge
	}
	return n, err
}

// sequence compiles the reader of a sequence; nil where nothing is declared that
// could be held item by item.
func (c *contentEntry) sequence(k items.Kind) reader {
	one, all := items.Declared(c.m.ItemSchema, c.m.Schema, c.d.deref)
	if one == nil {
		if k != items.Lines {
			return nil
		}
		one = &source.Node{Kind: source.Map} // lines of whatever JSON
	}
	r := &sequenceBody{kind: k, required: c.required, may: c.may(), watch: c.o.Watch}
	var err error
	if r.schema, err = items.Compile(c.d.Compiler, k, one, c.use, c.d.deref); err != nil {
		c.mistakes = append(c.mistakes, mistakesOf(err, one)...)
		return r
	}
	c.leading.add(r.schema.Item())
	for _, s := range r.schema.Contents() {
		c.leading.add(s)
	}
	what := "body " + c.m.Range
	for _, note := range r.schema.Notes() {
		c.leave(sallyport.Annotation, note.At, what+": "+note.Says)
	}
	if all != nil {
		r.all = c.findings.compile(c.d, what, all)
	}
	return r
}

// reportSequence says how a sequence is held.
func (c *contentEntry) reportSequence(r *sequenceBody) {
	one, all := items.Declared(c.m.ItemSchema, c.m.Schema, c.d.deref)
	what := "body " + c.m.Range
	says := what + ": " + r.kind.String() + " of " + c.d.summary(one)
	if all != nil {
		says += ", together " + c.d.summary(all)
	}
	says += presence(c.required) + dropping(r.may, r.schema != nil && r.schema.Hides())
	if r.streams() {
		says += "; without Content-Length each is passed on before the next is checked"
	}
	c.enforce(c.m.At, says)
	if n := c.d.deref(c.m.Schema); n != nil && all == nil && n.Str("type") != "array" && constrains(n) {
		c.leave(sallyport.Annotation, c.m.At, what+": the schema is not that of an array and is not enforced; itemSchema is, item by item")
	}
}
