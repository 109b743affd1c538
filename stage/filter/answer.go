// Package filter is the stage that asks what of the answer may leave: status,
// media type and body as the document promises them, and no header field that
// tells about the machinery behind.
//
// The backend is not trusted: what its answer may be is the document's to say.
// RFC 9110 §15 (status codes), RFC 9457 (problem documents).
package filter

import (
	"errors"
	"fmt"
	"log/slog"
	"strconv"

	"sallyport"
	"sallyport/items"
	"sallyport/jsonschema"
	"sallyport/mediatype"
	"sallyport/message"
	"sallyport/problem"
	"sallyport/xmlbody"
)

// Mode says what comes of an answer that is not as declared.
type Mode uint8

// The modes.
const (
	// Prune refuses an undeclared status or media type and JSON or XML that
	// cannot be read, takes undeclared and writeOnly properties out, and records
	// other faults.
	Prune Mode = iota
	// Watch records all of it and lets it pass.
	Watch
	// Block refuses all of it.
	Block
)

// Answer holds the answers of one operation to what the document declares.
type Answer struct {
	Mode Mode
	// Responses are what is declared, in any order.
	Responses []Response
	// Guarded tells that rules decide about a success: only one that they can be
	// asked about leaves. The Mode is not Watch then.
	Guarded bool
	// Object tells that they decide whose object it is: whatever else the backend
	// says of it, one that does not exist, one that is not the caller's and one
	// that no rule can be asked about look the same.
	Object bool
}

// Response is one declared answer.
type Response struct {
	// Status is a code, 0 for default, or 1 to 5 for a range such as 2XX.
	Status int
	// Content are the media types; none means no content.
	Content []Media
	ranges  []mediatype.Range
}

// Media is one declared media type.
type Media struct {
	Range mediatype.Range
	// Schema checks JSON; nil where nothing is declared.
	Schema *jsonschema.Schema
	// Streams tells that an answer which is too long to be held is judged as it
	// passes: see jsonschema.Schema.Streams.
	Streams bool
	// XML checks XML; nil where nothing is declared that could be read.
	XML *xmlbody.Schema
	// Items check what is a sequence, item by item, for each kind that the range
	// includes.
	Items [items.Events + 1]*items.Schema
	// Guard are the rules over JSON; nil where there are none.
	Guard *Guard
	// Keep are the rules over the items of a sequence; nil where there are none.
	Keep *ItemGuard

	// Of the answer at hand.
	sequence *sequence
	// foreign is set where the body is read and its charset is not UTF-8: the
	// client would read other text than was judged.
	foreign bool
	ascii   bool // it says that it is US-ASCII
}

// checks tells whether the answer at hand is judged as a whole.
func (m *Media) checks() bool { return m.Schema != nil || m.XML != nil }

// reads tells whether the answer at hand is judged in any way.
func (m *Media) reads() bool { return m.checks() || m.sequence != nil }

// clean judges a body.
func (m *Media) clean(body []byte, may jsonschema.Cleaning) jsonschema.Cleaned {
	if m.XML != nil {
		return m.XML.Clean(body, may)
	}
	return m.Schema.Clean(body, may)
}

// NewResponse makes a declared answer.
func NewResponse(status int, content []Media) Response {
	r := Response{Status: status, Content: content}
	for _, m := range content {
		r.ranges = append(r.ranges, m.Range)
	}
	return r
}

// Run implements sallyport.Step.
func (a *Answer) Run(x *sallyport.Exchange) error {
	if a.Guarded {
		return a.guarded(x)
	}
	return a.hold(x)
}

// hold holds an answer to what is declared of it.
func (a *Answer) hold(x *sallyport.Exchange) error {
	r := x.Response
	if r.Tunnel != nil {
		return nil // Forward has held the handshake to its RFC; there is nothing else in it
	}
	declared := a.declared(x)
	switch {
	case declared == nil:
		return a.undeclared(x, fmt.Errorf("status %d is not declared", r.Status))
	case message.Bodiless(x.Request.Method, r.Status):
		a.describe(x, declared)
		return nil
	case r.Body == nil || r.Body.Length == 0:
		return nil
	}
	if inParts(x, declared) {
		return nil
	}
	media, err := a.media(x, declared)
	switch {
	case (err != nil || media.checks()) && r.Body.Empty(): // chunked, and nothing came
		return nil
	case err != nil:
		return a.undeclared(x, err)
	case media.foreign:
		return a.refuse(x, problem.AnswerInvalid, errors.New("the body is read as UTF-8 alone, and its Content-Type says that it is something else"))
	case media.sequence != nil:
		return a.pass(x, media.sequence)
	case !media.checks():
		return nil
	}
	return a.check(x, media)
}

// declared is the answer of the exact status, of its range, or the default
// (OpenAPI: Responses Object). An answer that says "not modified" is declared
// where its 200 is (RFC 9110 §15.4.5).
func (a *Answer) declared(x *sallyport.Exchange) *Response {
	status := x.Response.Status
	if status == notModified && (x.Request.Fields.Has("If-None-Match") || x.Request.Fields.Has("If-Modified-Since")) {
		if r := a.find(notModified); r != nil {
			return r
		}
		status = 200
	}
	if status == partial {
		return a.partOf(x)
	}
	return a.find(status)
}

func (a *Answer) find(status int) *Response {
	var byRange, byDefault *Response
	for i := range a.Responses {
		switch r := &a.Responses[i]; r.Status {
		case status:
			return r
		case status / 100:
			byRange = r
		case 0:
			byDefault = r
		}
	}
	if byRange != nil {
		return byRange
	}
	return byDefault
}

func (a *Answer) media(x *sallyport.Exchange, declared *Response) (*Media, error) {
	switch x.Response.Fields.Count("Content-Type") {
	case 0:
		return nil, errors.New("the answer has content and no Content-Type")
	case 1:
	default: // readers differ on which counts (RFC 9110 §8.3)
		return nil, errors.New("the answer has more than one Content-Type")
	}
	t, err := mediatype.Parse(x.Response.Fields.Get("Content-Type"))
	if err != nil {
		return nil, fmt.Errorf("the answer's Content-Type: %w", err)
	}
	i := mediatype.Match(declared.ranges, t)
	if i < 0 {
		return nil, fmt.Errorf("media type %s is not declared for status %d", t.Name, x.Response.Status)
	}
	m := declared.Content[i].of(t)
	if m.sequence != nil {
		m.sequence.answer = a
	}
	// A sequence that says US-ASCII would have left when it is found to be another.
	m.foreign = m.reads() && (!t.IsUTF8() || m.sequence != nil && t.IsASCII())
	m.ascii = t.IsASCII()
	return &m, nil
}

// of is what is declared of one type of the range.
func (m Media) of(t mediatype.Type) Media {
	if !t.IsJSON() {
		m.Schema, m.Guard = nil, nil
	}
	if !t.IsXML() {
		m.XML = nil
	}
	if kind, ok := items.KindOf(t); ok && m.Items[kind] != nil {
		m.sequence = &sequence{kind: kind, schema: m.Items[kind], keep: m.Keep}
	}
	return m
}

// check reads the body against its schema.
func (a *Answer) check(x *sallyport.Exchange, media *Media) error {
	body, coded, err := read(x)
	switch {
	case err != nil && a.streams(x, media, err):
		return a.passLarge(x, media)
	case err != nil && a.Mode == Watch && unchecked(err):
		x.Observe(err)
		return nil
	case err != nil:
		return err
	case media.ascii && !mediatype.HoldsASCII(body):
		return a.refuse(x, problem.AnswerInvalid, errors.New("the body is not the US-ASCII that its Content-Type says"))
	case coded && a.Mode != Watch:
		decoded(x, body)
	}
	all := a.Mode == Prune
	may := jsonschema.Cleaning{Undeclared: all, Hidden: all}
	var cleaned jsonschema.Cleaned
	if media.Guard == nil {
		cleaned = media.clean(body, may)
	} else if cleaned, err = media.Guard.look(x, media.Schema, body, may); err != nil {
		return err
	}
	prune(x, &cleaned)
	if len(cleaned.Faults) == 0 {
		return nil
	}
	return a.invalid(x, &cleaned)
}

// streams tells whether an answer that cannot be held is judged as it passes.
// What is refused in mode block must be known before any of it leaves, and what
// is only watched stays encoded.
func (a *Answer) streams(x *sallyport.Exchange, media *Media, err error) bool {
	return media.Schema != nil && media.Guard == nil && media.Streams && !media.ascii && a.Mode != Block && problem.As(err).Kind == problem.AnswerTooLarge &&
		(a.Mode != Watch || !x.Response.Fields.Has("Content-Encoding"))
}

// invalid judges a body that does not fit its schema. One that could not be
// judged to its end may hold anything: it is not pruned, and does not leave.
func (a *Answer) invalid(x *sallyport.Exchange, c *jsonschema.Cleaned) error {
	refusal := problem.Fail(problem.AnswerInvalid, fmt.Errorf("the body has %d faults, the first: %s %s", len(c.Faults), c.Faults[0].Pointer, c.Faults[0].Keyword))
	if a.Mode == Block || c.Undecided && a.Mode == Prune {
		return refusal // what the backend did wrong is not the caller's to know
	}
	for _, f := range c.Faults {
		refusal.Faults = append(refusal.Faults, problem.Fault{In: "answer", Pointer: f.Pointer, Keyword: f.Keyword, Message: f.Message})
	}
	x.Observe(refusal)
	return nil
}

// unchecked tells that the body is whole, but not held or not decoded: it could
// still pass.
func unchecked(err error) bool {
	kind := problem.As(err).Kind
	return kind == problem.AnswerTooLarge || kind == problem.Overloaded || kind == problem.AnswerInvalid
}

// undeclared judges an answer that the document does not promise. An error
// keeps its status and gets a problem document for a body: what an error page
// shows is rarely meant for callers.
func (a *Answer) undeclared(x *sallyport.Exchange, why error) error {
	unmet := x.Response.Status == unsatisfiable && x.Request.Fields.Has("Range") // any whole has an end
	if a.Mode == Watch || a.Mode == Block && !unmet || x.Response.Status < 400 {
		return a.refuse(x, problem.AnswerUndeclared, why)
	}
	x.Note(slog.String("answer_replaced", why.Error()))
	x.Response.Body.Close()
	length := x.Response.Fields.Get("Content-Range")
	x.Response = problem.Replacement(x.Response.Status, x.Response.Fields, x.ID)
	if unmet && length != "" {
		x.Response.Fields.Add("Content-Range", length) // RFC 9110 §15.5.17
	}
	return nil
}

// refuse turns the answer away, or records it where the mode only watches.
func (a *Answer) refuse(x *sallyport.Exchange, kind problem.Kind, why error) error {
	refusal := problem.Fail(kind, why)
	if a.Mode == Watch {
		x.Observe(refusal)
		return nil
	}
	return refusal
}

// ParseStatus reads a key of a Responses Object.
func ParseStatus(key string) (int, error) {
	switch {
	case key == "default":
		return 0, nil
	case len(key) == 3 && key[1:] == "XX" && '1' <= key[0] && key[0] <= '5':
		return int(key[0] - '0'), nil
	}
	n, err := strconv.Atoi(key)
	if err != nil || n < 100 || n > 599 {
		return 0, fmt.Errorf("%q is not a status", key)
	}
	return n, nil
}
