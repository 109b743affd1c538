package inspect

import (
	"errors"
	"fmt"
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
	// Read is the operation. Its path is the Literals with the values of the
	// parameters between them, whose names the write has too.
	Read     *sallyport.Operation
	Literals []string
	Params   []string
	Look     Look
	// IfMatch makes the write conditional on what was read (RFC 9110 §13.1.1).
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
	if err := o.Look.decide(x, body); err != nil {
		return err
	}
	o.bind(x, asked.Response.Fields)
	return nil
}

// request is for the object at the path that the write names.
func (o *Object) request(x *sallyport.Exchange) (*message.Request, []string, error) {
	path := o.Literals[0]
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
	r.Method, r.Path, r.Query, r.Body = "GET", path, "", nil
	r.Target = path
	r.Fields = make(message.Fields, 0, len(x.Request.Fields))
	for _, f := range x.Request.Fields {
		if !aboutTheWrite(f.Name) {
			r.Fields = append(r.Fields, f)
		}
	}
	r.Fields.Add("Accept", "application/json")
	return &r, params, nil
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
	t, err := mediatype.Parse(r.Fields.Get("Content-Type"))
	switch {
	case r.Status >= 500:
		return nil, problem.Fail(problem.UpstreamBroken, fmt.Errorf("%s answered %d", o.Read.ID, r.Status))
	case r.Status != 200:
		return nil, unknown(fmt.Errorf("%s answered %d", o.Read.ID, r.Status))
	case err != nil || !t.IsJSON() || !t.IsUTF8() || r.Fields.Has("Content-Encoding"):
		return nil, unknown(errors.New(o.Read.ID + " answered what is not plain JSON"))
	}
	return asked.HoldResponse()
}

// bind makes the write depend on the object's being as it was read.
func (o *Object) bind(x *sallyport.Exchange, read message.Fields) {
	etag := read.Get("ETag")
	if !o.IfMatch || read.Count("ETag") != 1 || !strings.HasPrefix(etag, `"`) || x.Request.Fields.Has("If-Match") || x.Request.Fields.Has("If-Unmodified-Since") {
		return
	}
	x.Request.Fields.Add("If-Match", etag)
}

// unknown is what a caller gets for what is not there, or not theirs.
func unknown(why error) error { return problem.Refuse(problem.ObjectUnknown, "").Because(why) }
