package validate

import (
	"errors"
	"log/slog"
	"strings"

	"sallyport"
	"sallyport/jsonschema"
	"sallyport/mediatype"
	"sallyport/message"
	"sallyport/openapi"
	"sallyport/problem"
)

// Media types that are read by rules of their own.
const (
	formType      = "application/x-www-form-urlencoded"
	multipartType = "multipart/form-data"
)

// BodyOptions are what the document cannot say.
type BodyOptions struct {
	// Undeclared says what comes of properties that the schema of an object
	// does not name, where the schema leaves that open.
	Undeclared Undeclared
	// RefuseReadOnly refuses readOnly properties. Without it they are taken out
	// of a JSON body, so that what was read can be put back; in forms they are
	// refused in any case.
	RefuseReadOnly bool
	// Watch leaves the body as it came: what would be taken out is judged as if
	// it were.
	Watch bool
	// RefuseEncoded refuses a body with content codings (RFC 9110 §8.4). Without
	// it one that is read is decoded, and passed on decoded.
	RefuseEncoded bool
	// MaxBody is the operation's limit of a body, in bytes: by it files that are
	// small by their schemas are held rather than passed on as they come.
	MaxBody int64
	// MaxFile is the largest file of a multipart body, in bytes. With it files do
	// not count towards the limit of the body; 0 is none.
	MaxFile int64
	// MaxParts is how many parts a multipart body may have; 0 is 1000.
	MaxParts int
	// Opaque lists media types, * standing for any text, whose content may pass
	// unread although the document gives it a schema. Without it such content
	// is refused with 415, since nothing would hold it to its schema.
	Opaque []string
}

// Body holds the body of a request against what the operation takes: whether
// there may be one, of which media type, and its content.
type Body struct {
	required bool
	ranges   []mediatype.Range
	entries  []entry // one for each range
	accept   string  // for the hint
	watch    bool
	plain    bool // no content codings
	leading  leading
}

// entry is one entry of the content map: a reader for each class of media
// types that its range includes.
type entry [classes]reader

// reader checks a body that is there, of a media type that is taken.
type reader interface {
	check(x *sallyport.Exchange, t mediatype.Type) error
}

// class is a way to read content.
type class uint8

const (
	classJSON class = iota
	classForm
	classMultipart
	classParts // multipart media types but forms
	classText
	classXML
	classLines
	classSequence
	classEvents
	classOther
	classes
)

func classOf(t mediatype.Type) class {
	switch {
	case t.IsJSON():
		return classJSON
	case t.Name == formType:
		return classForm
	case t.Name == multipartType:
		return classMultipart
	case t.Main() == "multipart":
		return classParts
	case t.IsXML():
		return classXML
	case t.IsJSONLines():
		return classLines
	case t.IsJSONSequence():
		return classSequence
	case t.IsEventStream():
		return classEvents
	case t.Main() == "text":
		return classText
	}
	return classOther
}

// Run refuses a request whose body does not fit.
func (s *Body) Run(x *sallyport.Exchange) error {
	err := s.judge(x)
	s.unread(x, err)
	return err
}

func (s *Body) judge(x *sallyport.Exchange) error {
	body := x.Request.Body
	if body == nil || body.Length == 0 {
		return s.absent()
	}
	if len(s.ranges) == 0 {
		return unexpected(body)
	}
	coded := isCoded(x.Request.Fields)
	if coded && s.plain {
		return plainOnly()
	}
	t, wrong := contentType(x.Request.Fields)
	if wrong != "" {
		return s.unsupported(x, wrong)
	}
	i := mediatype.Match(s.ranges, t)
	if i < 0 {
		return s.unsupported(x, "The operation takes no body of this media type.")
	}
	c := classOf(t)
	if c != classOther && !t.IsUTF8() {
		return s.unsupported(x, "The body must be UTF-8 text.")
	}
	r := s.entries[i][c]
	if r == nil {
		return s.unsupported(x, "A body of this media type cannot be checked against its schema.")
	}
	if o, opaque := r.(opaqueBody); coded && !(opaque && o.bounds == nil) {
		return s.decoded(x, r, t)
	}
	return judged(x, r, t)
}

// judged holds what says that it is US-ASCII to that, before it is read as UTF-8.
// A multipart body is bytes, whatever it says: its parts have charsets.
func judged(x *sallyport.Exchange, r reader, t mediatype.Type) error {
	if c := classOf(t); !t.IsASCII() || c == classOther || c == classMultipart || c == classParts {
		return r.check(x, t)
	}
	content, err := x.HoldRequest()
	switch {
	case err != nil:
		return err
	case !mediatype.HoldsASCII(content):
		return malformed("The body is not the US-ASCII that its Content-Type says.")
	}
	return r.check(x, t)
}

func (s *Body) absent() error {
	if s.required {
		return problem.Refuse(problem.BodyMissing, "Send a body of type %s.", s.accept)
	}
	return nil
}

// empty is the verdict on a body that was announced and had no content.
func empty(required bool) error {
	if required {
		return problem.Refuse(problem.BodyMissing, "The body is empty.")
	}
	return nil
}

// unexpected refuses a body where none is declared. One of unknown length may
// turn out to be empty; then it is none.
func unexpected(body *message.Body) error {
	refusal := problem.Refuse(problem.BodyUnexpected, "Leave the body out.")
	if body.Length > 0 {
		return refusal
	}
	_, err := body.Hold(0, nil)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, message.ErrTooLarge):
		return refusal
	}
	return problem.Refuse(problem.RequestMalformed, "The body could not be read to its end.").Because(err)
}

// unsupported refuses a media type and lists those that are taken: Accept
// (RFC 9110 §15.5.16), and the fields that say of which method they speak:
// Accept-Post (Linked Data Platform 1.0 §7.1), Accept-Patch (RFC 5789 §3.1).
func (s *Body) unsupported(x *sallyport.Exchange, says string) error {
	r := problem.Refuse(problem.MediaTypeUnsupported, "%s", says).With("Accept", s.accept)
	switch x.Request.Method {
	case "POST":
		r.With("Accept-Post", s.accept)
	case "PATCH":
		r.With("Accept-Patch", s.accept)
	}
	return r
}

// isCoded tells whether the content is coded (RFC 9110 §8.4).
func isCoded(fields message.Fields) bool {
	for i := range fields {
		f := &fields[i]
		if message.EqualName(f.Name, "Content-Encoding") && f.Value != "" && !strings.EqualFold(f.Value, "identity") {
			return true
		}
	}
	return false
}

// contentType is the one media type of a request, or a sentence that says what
// is wrong with it. Two lines of it are read differently by different servers
// (RFC 9110 §8.3).
func contentType(fields message.Fields) (t mediatype.Type, wrong string) {
	switch fields.Count("Content-Type") {
	case 0:
		return t, "The body needs a Content-Type."
	case 1:
	default:
		return t, "There must be one Content-Type."
	}
	t, err := mediatype.Parse(fields.Get("Content-Type"))
	if err != nil {
		return t, "The Content-Type is not well-formed."
	}
	return t, ""
}

// jsonBody is JSON text (RFC 8259).
type jsonBody struct {
	schema   *jsonschema.Schema
	required bool
	may      jsonschema.Cleaning
	watch    bool
}

func (r *jsonBody) check(x *sallyport.Exchange, _ mediatype.Type) error {
	content, err := x.HoldRequest()
	if err != nil {
		return err
	}
	if len(content) == 0 {
		return empty(r.required)
	}
	c := r.schema.Clean(content, r.may)
	x.FindOutward(r.schema, "body", "", r.left(content, c))
	if len(c.Faults) == 0 && c.CutCount > 0 {
		x.Note(slog.Int("dropped", c.CutCount))
		if !r.watch {
			x.Request.Body.Replace(c.Body)
			x.Request.Fields.DelDigests()
		}
	}
	return verdict(c.Faults, "")
}

// left is what the backend gets.
func (r *jsonBody) left(content []byte, c jsonschema.Cleaned) []byte {
	if len(c.Faults) == 0 && c.CutCount > 0 && !r.watch {
		return c.Body
	}
	return content
}

// verdict is what faults of JSON text come to.
func verdict(found []jsonschema.Fault, pointer string) error {
	switch {
	case len(found) == 0:
		return nil
	case found[0].Syntax():
		r := problem.Refuse(problem.BodyMalformed, "The body is not well-formed JSON.")
		r.Faults = faults{{In: "body", Pointer: pointer + found[0].Pointer, Keyword: "syntax", Message: found[0].Message}}
		return r
	}
	return invalid(found, pointer)
}

func malformed(says string) error { return problem.Refuse(problem.BodyMalformed, "%s", says) }

func invalid(found []jsonschema.Fault, pointer string) error {
	var list faults
	list.addAll("body", pointer, found)
	return invalidBody(list)
}

func invalidBody(list faults) error {
	r := problem.Refuse(problem.BodyInvalid, "The body does not fit the operation; errors says what to change.")
	r.Faults = list
	return r
}

// flawed refuses a body that could not be decoded.
func flawed(f flawAt) error {
	if f.pointer == "" {
		return malformed("The body " + flaws[f.flaw].message + ".")
	}
	return invalidBody(faults{{In: "body", Pointer: f.pointer, Keyword: flaws[f.flaw].keyword, Message: flaws[f.flaw].message}})
}

// MaxUpload is the largest body of a multipart media type, in bytes, 0 where
// none may be larger than any other body.
func (s *Body) MaxUpload(maxBody int64) int64 {
	most := int64(0)
	for _, e := range s.entries {
		for _, r := range e {
			if m, ok := r.(*multipartBody); ok && m.files > 0 {
				most = max(most, m.most(maxBody))
			}
		}
	}
	return most
}

// accepts joins the declared ranges for a hint.
func accepts(content []*openapi.MediaType) string {
	var list []string
	for _, m := range content {
		list = append(list, m.Range)
	}
	return strings.Join(list, ", ")
}
