package console

import (
	"bytes"
	"context"
	_ "embed" // the document
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"sallyport"
	"sallyport/message"
	"sallyport/password"
	"sallyport/problem"
	"sallyport/store"
)

// Document describes the API: what it declares is what the pipeline lets in.
//
//go:embed openapi.yaml
var Document []byte

// Answers are what answers each operation of the document, by its id.
func (d *Desk) Answers() map[string]sallyport.Step {
	answers := make(map[string]sallyport.Step)
	for id, handle := range map[string]handler{
		"getDocument": getDocument,

		"listConsumers": listConsumers, "addConsumer": addConsumer, "getConsumer": getConsumer,
		"changeConsumer": changeConsumer, "deleteConsumer": deleteConsumer,

		"listConsumerKeys": listConsumerKeys, "issueKey": issueKey, "listKeys": listKeys, "getKey": getKey,
		"changeKey": changeKey, "rotateKey": rotateKey, "revokeKey": revokeKey,

		"listPasswords": listPasswords, "setPassword": setPassword, "deletePassword": deletePassword,

		"listRevocations": listRevocations, "addRevocation": addRevocation, "deleteRevocation": deleteRevocation,

		"listSecrets": listSecrets, "putSecret": putSecret, "deleteSecret": deleteSecret,

		"listAdminTokens": listAdminTokens, "addAdminToken": addAdminToken, "deleteAdminToken": deleteAdminToken,

		"listAudit": listAudit, "verifyAudit": verifyAudit,

		"exportRecords": exportRecords, "importRecords": importRecords,
	} {
		answers[id] = &operation{d, handle}
	}
	return answers
}

// handler answers one operation. The pipeline has let the request in: it fits
// the document, and its caller has the role.
type handler func(*call) (*reply, error)

// call is a request.
type call struct {
	*Desk
	ctx   context.Context
	by    By
	x     *sallyport.Exchange
	query url.Values
}

// reply is what a handler answers. Without a body it is a 204.
type reply struct {
	status         int
	location, etag string
	body           any
	// media and stream are in the place of body for what is no JSON.
	media  string
	stream *message.Body
}

// operation is the step that answers one operation.
type operation struct {
	desk   *Desk
	handle handler
}

// Run implements sallyport.Step.
func (o *operation) Run(x *sallyport.Exchange) error {
	query, err := url.ParseQuery(x.Request.Query)
	if err != nil {
		return problem.Refuse(problem.ParameterInvalid, "The query cannot be read.")
	}
	ctx, cancel := context.WithTimeout(x.Context, pace)
	defer cancel()
	c := &call{o.desk, ctx, By{x.Caller.ID(), x.Client.String()}, x, query}
	r, err := o.handle(c)
	if err != nil {
		return refusal(err, x.Request.Method)
	}
	x.Response, err = r.response()
	return err
}

// pace is what a handler may take that goes through no more than a page; one
// that goes through everything takes the exchange's own time.
const pace = 30 * time.Second

func (r *reply) response() (*message.Response, error) {
	out := &message.Response{Status: r.status, Fields: message.Fields{{Name: "Cache-Control", Value: "no-store"}}}
	if r.location != "" {
		out.Fields.Add("Location", r.location)
	}
	if r.etag != "" {
		out.Fields.Add("ETag", r.etag)
	}
	if r.stream != nil {
		out.Fields.Add("Content-Type", r.media)
		out.Body = r.stream
		return out, nil
	}
	if r.body == nil {
		return out, nil
	}
	text, err := json.Marshal(r.body)
	if err != nil {
		return nil, err
	}
	out.Fields.Add("Content-Type", "application/json")
	out.Body = message.BytesBody(text)
	return out, nil
}

// refusal makes an error of the desk one of the pipeline.
func refusal(err error, method string) error {
	r, ok := errors.AsType[*Refused](err)
	if !ok {
		if _, ok := errors.AsType[*problem.Refusal](err); ok {
			return err
		}
		if errors.Is(err, password.ErrBusy) {
			return problem.Fail(problem.Overloaded, err).With("Retry-After", "2")
		}
		return unavailable(err)
	}
	switch {
	case errors.Is(r, store.ErrNotFound):
		return problem.Refuse(problem.ObjectUnknown, "%s", r.Says)
	case errors.Is(r, store.ErrExists):
		return problem.Refuse(problem.ObjectExists, "%s", r.Says)
	case errors.Is(r, store.ErrChanged):
		return problem.Refuse(problem.ObjectChanged, "%s", r.Says)
	}
	kind, in := problem.BodyInvalid, "body"
	if method == http.MethodGet {
		kind, in = problem.ParameterInvalid, "query"
	}
	out := problem.Refuse(kind, "%s", r.Says)
	for _, f := range r.Faults {
		out.Faults = append(out.Faults, problem.Fault{In: in, Pointer: f.Pointer, Keyword: f.Keyword, Message: f.Says})
	}
	return out
}

// read reads the body into what it is to be; without one it stays as it is.
func (c *call) read(into any) error {
	body, err := c.x.HoldRequest()
	if err != nil || len(body) == 0 {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return &Refused{Why: ErrInvalid, Says: "The body is of another form than the document declares: " + plain(err) + "."}
	}
	return nil
}

// param is a parameter of the path. The document has judged it decoded.
func (c *call) param(name string) string {
	raw, _ := c.x.Param(name)
	value, err := url.PathUnescape(raw)
	if err != nil {
		return raw // the canonical form permits no escape that is none
	}
	return value
}

func (c *call) id() store.ID { return store.ID(c.param("id")) }

func (c *call) span() Span {
	limit, _ := strconv.Atoi(c.query.Get("limit")) // the document says that it is a number
	return Span{After: c.query.Get("after"), Limit: limit}
}

func ok(body any) *reply { return &reply{status: http.StatusOK, body: body} }

func made(location string, body any) *reply {
	return &reply{status: http.StatusCreated, location: location, body: body}
}

// done is the answer of what leaves nothing to show.
func done(err error) (*reply, error) { return &reply{status: http.StatusNoContent}, err }

// shown is the answer of what shows something.
func shown[T any](body T, err error) (*reply, error) {
	if err != nil {
		return nil, err
	}
	return ok(body), nil
}

func getDocument(*call) (*reply, error) {
	return &reply{status: http.StatusOK, media: "application/yaml", stream: message.BytesBody(Document)}, nil
}

func below(path string, id string) string { return "/v1/" + path + "/" + url.PathEscape(id) }
