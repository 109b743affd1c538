package inspect

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"time"

	"sallyport"
	"sallyport/jsonschema"
	"sallyport/mediatype"
	"sallyport/message"
	"sallyport/problem"
)

// Object reads what a write is about, through the operation of the document
// that reads it and with the caller's own credential, and asks rules about it.
// Between the reading and the write another write may come; with IfMatch the
// backend refuses ours then.
type Object struct {
	// Read is the operation. Its path is one of Bases and the Literals with the
	// values of the parameters between them, whose names the write has too.
	Read     *sallyport.Operation
	Bases    []string
	Literals []string
	Params   []string
	// Query are the query parameters that the reading takes from the write: the
	// client's credentials among them.
	Query []string
	// Path is that of the write.
	Path Path
	// Media is what the answer is asked for as.
	Media mediatype.Range
	// Accept is that as a client writes it.
	Accept string
	Look   Look
	// IfMatch makes the write conditional on what was read (RFC 9110 §13.1.1). Both
	// are about the same resource then.
	IfMatch bool
	// Kept is where what was read is kept for KeepFor; nil where it is not.
	Kept    *Kept
	KeepFor time.Duration
}

// Run implements sallyport.Step.
func (o *Object) Run(x *sallyport.Exchange) error {
	request, path, params, err := o.request(x)
	if err != nil {
		return err
	}
	var r *reading
	if o.Kept == nil {
		r, err = o.read(x, request, params)
	} else {
		r, err = o.remember(x, request, path, params)
	}
	if err != nil {
		return err
	}
	if err := o.Look.Rules.Decide(x, r.values); err != nil {
		return err
	}
	o.bind(x, r.etag)
	return nil
}

// remember is what was read a moment ago, or is read now and kept. Rules are asked
// of it every time: the caller's roles may have changed.
func (o *Object) remember(x *sallyport.Exchange, request *message.Request, path string, params []string) (*reading, error) {
	q, now := o.question(x, request), x.Env.Now()
	if r := o.Kept.find(q, path, now); r != nil {
		x.Note(slog.Bool("object_kept", true))
		return r, nil
	}
	since, settled := o.Kept.writes.settled(path, now)
	r, err := o.read(x, request, params)
	if err == nil && settled {
		r.question, r.since, r.until = q, since, now.Add(o.KeepFor)
		o.Kept.put(r)
	}
	return r, err
}

// read asks the backend for the object.
func (o *Object) read(x *sallyport.Exchange, request *message.Request, params []string) (*reading, error) {
	asked, err := x.Ask(o.Read, request, params)
	defer asked.End()
	if err != nil {
		return nil, err
	}
	body, err := o.body(asked)
	if err != nil {
		return nil, err
	}
	found := new(jsonschema.Found)
	defer found.Reset()
	may := jsonschema.Cleaning{Undeclared: true, Hidden: true} // as of any answer
	if c := o.Look.Schema.Look(body, may, &o.Look.Watch, found); c.Undecided || found.Misread {
		return nil, o.unread()
	}
	return &reading{values: copied(found.Captured), etag: strings.Clone(validator(asked.Response.Fields))}, nil
}

// request is for the object at the path that the write names, which is returned
// without its base too.
func (o *Object) request(x *sallyport.Exchange) (r *message.Request, path string, params []string, err error) {
	path = o.Literals[0]
	params = make([]string, len(o.Params))
	for i, name := range o.Params {
		value, ok := x.Param(name)
		if !ok {
			return nil, "", nil, fmt.Errorf("the path has no %s", name)
		}
		params[i] = value
		path += value + o.Literals[i+1]
	}
	return o.reading(x.Request, o.base(x.Request.Path)+path), path, params, nil
}

// reading is a request for what stands at a path.
func (o *Object) reading(write *message.Request, path string) *message.Request {
	r := *write
	r.Method, r.Path, r.Body = "GET", path, nil
	r.Query = o.query(write.Query)
	r.Target = path
	if r.Query != "" {
		r.Target += "?" + r.Query
	}
	r.Fields = make(message.Fields, 0, len(write.Fields)+1)
	for _, f := range write.Fields {
		if !aboutTheWrite(f.Name) {
			r.Fields = append(r.Fields, f)
		}
	}
	r.Fields.Add("Accept", o.Accept)
	return &r
}

// base is that of the write where the reading has it too: /v1 and /v2 may hold
// different objects.
func (o *Object) base(path string) string {
	if base, _ := o.Path.cut(path); slices.Contains(o.Bases, base) {
		return base
	}
	return o.Bases[0]
}

// query is what the reading takes of the query of the write.
func (o *Object) query(query string) string {
	if query == "" || len(o.Query) == 0 {
		return ""
	}
	var taken []string
	for pair := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(pair, "=")
		if name, err := url.QueryUnescape(name); err == nil && slices.Contains(o.Query, name) {
			taken = append(taken, pair)
		}
	}
	return strings.Join(taken, "&")
}

// aboutTheWrite tells the fields that are of the write alone: what it carries,
// what it depends on, and how it is to be answered.
func aboutTheWrite(name string) bool {
	for _, prefix := range [...]string{"Content-", "If-", "Accept"} {
		if len(name) >= len(prefix) && strings.EqualFold(name[:len(prefix)], prefix) {
			return true
		}
	}
	for _, own := range [...]string{"Expect", "Prefer", "Range", "Idempotency-Key", "Digest", "Repr-Digest", "Trailer", "TE"} {
		if message.EqualName(name, own) {
			return true
		}
	}
	return false
}

// body is the object, where the backend has one and shows it as it declares.
func (o *Object) body(asked *sallyport.Exchange) ([]byte, error) {
	r := asked.Response
	switch {
	case r.Status >= 500:
		return nil, problem.Fail(problem.UpstreamBroken, fmt.Errorf("%s answered %d", o.Read.ID, r.Status))
	case r.Status != 200:
		return nil, unknown(fmt.Errorf("%s answered %d", o.Read.ID, r.Status))
	case !o.isDeclared(r.Fields):
		return nil, o.unread()
	}
	body, err := asked.HoldResponse()
	if err != nil && problem.As(err).Kind == problem.AnswerTooLarge {
		return nil, unknown(err) // that there is something is not everybody's to know
	}
	return body, err
}

func (o *Object) isDeclared(fields message.Fields) bool {
	t, err := mediatype.Parse(fields.Get("Content-Type"))
	return err == nil && fields.Count("Content-Type") == 1 && t.IsJSON() && t.IsUTF8() && o.Media.Includes(t) && !fields.Has("Content-Encoding")
}

// validator is the strong one of an answer, "" where it has none: a weak one
// makes no condition for a write (RFC 9110 §13.1.1).
func validator(fields message.Fields) string {
	etag := fields.Get("ETag")
	if fields.Count("ETag") != 1 || !strings.HasPrefix(etag, `"`) {
		return ""
	}
	return etag
}

// bind makes the write depend on the object's being as it was read. A condition
// of the client's own stays, but for * which holds of whatever is there by then.
func (o *Object) bind(x *sallyport.Exchange, etag string) {
	fields := &x.Request.Fields
	own := fields.Has("If-Match") && strings.TrimSpace(fields.Joined("If-Match")) != "*"
	if !o.IfMatch || etag == "" || own || fields.Has("If-Unmodified-Since") {
		return
	}
	fields.Set("If-Match", etag)
}

func (o *Object) unread() error {
	return unknown(errors.New(o.Read.ID + " answered what is not JSON as declared"))
}

// unknown is what a caller gets for what is not there, or not theirs.
func unknown(why error) error { return problem.Refuse(problem.ObjectUnknown, "").Because(why) }
