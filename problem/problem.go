// Package problem is how a request is turned away: the catalogue of kinds, and
// problem documents by RFC 9457. A step returns a Refusal; only the gateway
// makes an answer of it, and only this package knows the status it has.
//
// No value that a client sent is ever put into a problem: it says where the
// fault is and what would be right.
package problem

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"sallyport/message"
)

// MediaType is the media type of a problem document (RFC 9457 §3).
const MediaType = "application/problem+json"

// DefaultBase is what a kind's name is appended to for its type, where no
// address of one's own pages is configured. It is a name, not an address
// (RFC 9457 §3.1.1 allows both).
const DefaultBase = "urn:sallyport:problem:"

// Fault is one thing that is wrong with a request.
type Fault struct {
	// In is path, query, header, cookie or body.
	In string
	// Pointer is a JSON pointer (RFC 6901) into the body, or /NAME of a parameter.
	Pointer string
	// Keyword is the word of the document that was broken, such as maxLength.
	Keyword string
	// Message says what would be right, in a sentence, without the value.
	Message string
}

// Refusal turns a request away. It is an error; make one with Refuse or Fail.
type Refusal struct {
	Kind Kind
	// Detail is told to the caller: what to change.
	Detail string
	Faults []Fault
	// Fields go with the answer: WWW-Authenticate, Allow, Retry-After.
	Fields message.Fields
	// Cause is for the log alone.
	Cause error
	// Unprocessable gives faults against a schema the status 422 (RFC 9110
	// §15.5.21) in place of 400.
	Unprocessable bool
}

// Status is the status of the answer.
func (r *Refusal) Status() int {
	if r.Unprocessable && (r.Kind == ParameterInvalid || r.Kind == BodyInvalid) {
		return http.StatusUnprocessableEntity
	}
	return r.Kind.Status()
}

// Refuse turns the request away and tells the caller why.
func Refuse(kind Kind, format string, args ...any) *Refusal {
	return &Refusal{Kind: kind, Detail: fmt.Sprintf(format, args...)}
}

// Fail turns the request away for something that is not the caller's to know:
// the cause is logged, the caller gets the kind and the request's id.
func Fail(kind Kind, cause error) *Refusal { return &Refusal{Kind: kind, Cause: cause} }

// With adds a field to the answer.
func (r *Refusal) With(name, value string) *Refusal {
	r.Fields.Add(name, value)
	return r
}

// Because adds a cause for the log.
func (r *Refusal) Because(cause error) *Refusal {
	r.Cause = cause
	return r
}

// Error is for logs; it may hold the cause.
func (r *Refusal) Error() string {
	s := r.Kind.Name()
	if r.Detail != "" {
		s += ": " + r.Detail
	}
	if r.Cause != nil {
		s += ": " + r.Cause.Error()
	}
	return s
}

func (r *Refusal) Unwrap() error { return r.Cause }

// As finds the refusal in an error; any other error is an internal failure.
func As(err error) *Refusal {
	var r *Refusal
	if errors.As(err, &r) {
		return r
	}
	return Fail(Internal, err)
}

// Response is the answer to a request that was turned away: an RFC 9457
// document whose type is base followed by the kind's name.
func (r *Refusal) Response(base, requestID string) *message.Response {
	fields := make(message.Fields, 0, len(r.Fields)+3)
	fields = append(fields, r.Fields...)
	fields.Add("Content-Type", MediaType)
	fields.Add("Cache-Control", "no-store")
	return &message.Response{Status: r.Status(), Fields: fields, Body: message.BytesBody(r.document(base, requestID))}
}

// Replacement is an answer of the same status whose body is a problem document
// of no particular type (RFC 9457 §4.2.1), for errors that a backend was not
// declared to give. Of its fields those stay that belong to the status.
func Replacement(status int, from message.Fields, requestID string) *message.Response {
	fields := message.Fields{{Name: "Content-Type", Value: MediaType}, {Name: "Cache-Control", Value: "no-store"}}
	for _, name := range [...]string{"Allow", "Retry-After", "WWW-Authenticate"} {
		for _, value := range from.Values(name) {
			fields.Add(name, value)
		}
	}
	b := append(make([]byte, 0, 128), `{"type":"about:blank","title":`...)
	b = quote(b, http.StatusText(status))
	b = append(b, `,"status":`...)
	b = strconv.AppendInt(b, int64(status), 10)
	b = append(b, `,"instance":`...)
	b = quote(b, requestID)
	return &message.Response{Status: status, Fields: fields, Body: message.BytesBody(append(b, '}', '\n'))}
}

func (r *Refusal) document(base, requestID string) []byte {
	b := append(make([]byte, 0, 512), `{"type":`...)
	b = quote(b, base+r.Kind.Name())
	b = append(b, `,"title":`...)
	b = quote(b, r.Kind.Title())
	b = append(b, `,"status":`...)
	b = strconv.AppendInt(b, int64(r.Status()), 10)
	if r.Detail != "" {
		b = append(b, `,"detail":`...)
		b = quote(b, r.Detail)
	}
	b = append(b, `,"instance":`...)
	b = quote(b, requestID)
	if len(r.Faults) > 0 {
		b = append(b, `,"errors":[`...)
		for i, f := range r.Faults {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(b, `{"in":`...)
			b = quote(b, f.In)
			b = append(b, `,"pointer":`...)
			b = quote(b, f.Pointer)
			b = append(b, `,"keyword":`...)
			b = quote(b, f.Keyword)
			b = append(b, `,"message":`...)
			b = quote(b, f.Message)
			b = append(b, '}')
		}
		b = append(b, ']')
	}
	return append(b, '}', '\n')
}

// quote appends a JSON string; text that is not UTF-8 is mended on the way.
func quote(b []byte, s string) []byte {
	b, _ = jsontext.AppendQuote(b, s) // the error only says that something was mended
	return b
}
