package inspect

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"sallyport"
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
	// Depth is how many slashes the path of the write has behind its base.
	Depth int
	// Media is what the answer is asked for as.
	Media mediatype.Range
	// Accept is that as a client writes it.
	Accept string
	Look   Look
	// IfMatch makes the write conditional on what was read (RFC 9110 §13.1.1). Both
	// are about the same resource then.
	IfMatch bool
}

// Run implements sallyport.Step.
func (o *Object) Run(x *sallyport.Exchange) error {
	request, params, err := o.request(x)
	if err != nil {
		return err
	}
	asked, err := x.Ask(o.Read, request, params)
	defer asked.End()
	if err != nil {
		return err
	}
	body, err := o.body(asked)
	if err != nil {
		return err
	}
	if err := o.Look.decide(x, body, o.unread); err != nil {
		return err
	}
	o.bind(x, validator(asked.Response.Fields))
	return nil
}

// request is for the object at the path that the write names.
func (o *Object) request(x *sallyport.Exchange) (*message.Request, []string, error) {
	path := o.base(x.Request.Path) + o.Literals[0]
	params := make([]string, len(o.Params))
	for i, name := range o.Params {
		value, ok := x.Param(name)
		if !ok {
			return nil, nil, fmt.Errorf("the path has no %s", name)
		}
		params[i] = value
		path += value + o.Literals[i+1]
	}
	r := *x.Request
	r.Method, r.Path, r.Body = "GET", path, nil
	r.Query = o.query(x.Request.Query)
	r.Target = path
	if r.Query != "" {
		r.Target += "?" + r.Query
	}
	r.Fields = make(message.Fields, 0, len(x.Request.Fields)+1)
	for _, f := range x.Request.Fields {
		if !aboutTheWrite(f.Name) {
			r.Fields = append(r.Fields, f)
		}
	}
	r.Fields.Add("Accept", o.Accept)
	return &r, params, nil
}

// base is that of the write where the reading has it too: /v1 and /v2 may hold
// different objects.
func (o *Object) base(path string) string {
	for _, base := range o.Bases {
		if rest, ok := strings.CutPrefix(path, base); ok && strings.Count(rest, "/") == o.Depth {
			return base
		}
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
	return asked.HoldResponse()
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

// bind makes the write depend on the object's being as it was read.
func (o *Object) bind(x *sallyport.Exchange, etag string) {
	if !o.IfMatch || etag == "" || x.Request.Fields.Has("If-Match") || x.Request.Fields.Has("If-Unmodified-Since") {
		return
	}
	x.Request.Fields.Add("If-Match", etag)
}

func (o *Object) unread() error {
	return unknown(errors.New(o.Read.ID + " answered what is not JSON as declared"))
}

// unknown is what a caller gets for what is not there, or not theirs.
func unknown(why error) error { return problem.Refuse(problem.ObjectUnknown, "").Because(why) }
