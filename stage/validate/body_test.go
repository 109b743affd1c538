package validate

import (
	"errors"
	"io"
	"strings"
	"testing"

	"sallyport"
	"sallyport/message"
	"sallyport/problem"
	"sallyport/source"
)

const jsonBodyOf = `{required: true, content: {application/json: {schema: {type: object, required: [name], properties: {
	name: {type: string, maxLength: 5}, id: {type: integer, readOnly: true}, tags: {type: array, items: {type: string}}}}}}}`

func TestJSONBody(t *testing.T) {
	s := body(t, jsonBodyOf, BodyOptions{})
	for _, c := range []struct{ mediaType, content, want string }{
		{"application/json", `{"name":"a","tags":["x"]}`, "passes"},
		{"Application/JSON; charset=UTF-8", `{"name":"a"}`, "passes"},
		{"application/json", `{"name":"abcdef","tags":[1]}`, "body-invalid body:/name:maxLength body:/tags/0:type"},
		{"application/json", `{"name":"a","admin":true}`, "body-invalid body:/admin:additionalProperties"},
		{"application/json", `{"tags":[]}`, "body-invalid body:/name:required"},
		{"application/json", `{"name":"a","name":"b"}`, "body-malformed body:/name:syntax"},
		{"application/json", `{"name":"a"`, "body-malformed body::syntax"},
		{"application/json", `{"name":"a"} x`, "body-malformed body::syntax"},
		{"application/json", "{\"name\":\"\xff\"}", "body-malformed body:/name:syntax"},
		{"application/json", "", "body-missing"},
		{"application/json; charset=utf-16", `{"name":"a"}`, "media-type-unsupported"},
		{"application/json, text/plain", `{"name":"a"}`, "media-type-unsupported"},
		{"application/vnd.x+json", `{"name":"a"}`, "media-type-unsupported"},
		{"text/plain", `{"name":"a"}`, "media-type-unsupported"},
		{"", `{"name":"a"}`, "media-type-unsupported"},
	} {
		if got := told(s.Run(sending(c.mediaType, c.content))); got != c.want {
			t.Errorf("%s %s: %s; want %s", c.mediaType, c.content, got, c.want)
		}
	}
}

func TestBodyPresence(t *testing.T) {
	required := body(t, jsonBodyOf, BodyOptions{})
	optional := body(t, strings.Replace(jsonBodyOf, "required: true", "required: false", 1), BodyOptions{})
	none, _, _, _ := NewBody(nil, document(), BodyOptions{})
	unknown := func(content string) *sallyport.Exchange {
		x := sending("application/json", content)
		x.Request.Body = message.NewBody(io.NopCloser(strings.NewReader(content)), -1)
		return x
	}
	for name, c := range map[string]struct {
		s    *Body
		x    *sallyport.Exchange
		want string
	}{
		"required and missing":              {required, exchange("", nil), "body-missing"},
		"required and of length 0":          {required, sending("application/json", ""), "body-missing"},
		"required and empty after all":      {required, unknown(""), "body-missing"},
		"optional and missing":              {optional, exchange("", nil), "passes"},
		"optional and empty after all":      {optional, unknown(""), "passes"},
		"optional and wrong":                {optional, unknown("{}"), "body-invalid body:/name:required"},
		"none taken and none sent":          {none, exchange("", nil), "passes"},
		"none taken and one sent":           {none, sending("application/json", "{}"), "body-unexpected"},
		"none taken, of unknown length":     {none, unknown("{}"), "body-unexpected"},
		"none taken and empty after all":    {none, unknown(""), "passes"},
		"none taken and broken off":         {none, broken(), "request-malformed"},
		"taken and longer than the limit":   {required, sending("application/json", strings.Repeat(" ", maxBody+1)), "body-too-large"},
		"without a type, of unknown length": {optional, untyped(), "media-type-unsupported"},
	} {
		if got := told(c.s.Run(c.x)); got != c.want {
			t.Errorf("%s: %s; want %s", name, got, c.want)
		}
	}
}

func untyped() *sallyport.Exchange {
	x := sending("", "{}")
	x.Request.Body.Length = -1
	return x
}

func broken() *sallyport.Exchange {
	x := exchange("", nil)
	x.Request.Body = message.NewBody(io.NopCloser(failing{}), -1)
	return x
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("broken off") }

func TestUndeclaredPropertiesPass(t *testing.T) {
	s := body(t, jsonBodyOf, BodyOptions{Undeclared: PassUndeclared})
	for content, want := range map[string]string{
		`{"name":"a","admin":true}`: "passes",
		`{"name":1,"admin":true}`:   "body-invalid body:/name:type",
	} {
		if got := told(s.Run(sending("application/json", content))); got != want {
			t.Errorf("%s: %s; want %s", content, got, want)
		}
	}
}

func TestJSONBodyIsCleaned(t *testing.T) {
	drop := BodyOptions{Undeclared: DropUndeclared}
	for _, c := range []struct {
		name                string
		o                   BodyOptions
		content, want, left string
	}{
		{"readOnly is dropped", BodyOptions{}, `{ "id": 7, "name": "a" }`, "passes", `{ "name": "a" }`},
		{"of whatever value", BodyOptions{}, `{"name":"a","id":"seven"}`, "passes", `{"name":"a"}`},
		{"readOnly is refused", BodyOptions{RefuseReadOnly: true}, `{"id":7,"name":"a"}`, "body-invalid body:/id:readOnly", `{"id":7,"name":"a"}`},
		{"undeclared is refused beside it", BodyOptions{}, `{"id":7,"name":"a","admin":1}`, "body-invalid body:/admin:additionalProperties", `{"id":7,"name":"a","admin":1}`},
		{"undeclared is dropped", drop, `{"name":"a","admin":{"x":[1]}}`, "passes", `{"name":"a"}`},
		{"both are dropped", drop, `{"id":7,"name":"a","admin":1}`, "passes", `{"name":"a"}`},
		{"undeclared passes, readOnly is dropped", BodyOptions{Undeclared: PassUndeclared}, `{"id":7,"name":"a","admin":1}`, "passes", `{"name":"a","admin":1}`},
		{"another fault is refused", drop, `{"id":7,"name":1,"admin":1}`, "body-invalid body:/name:type", `{"id":7,"name":1,"admin":1}`},
		{"watched, nothing changes", BodyOptions{Undeclared: DropUndeclared, Watch: true}, `{"id":7,"name":"a","admin":1}`, "passes", `{"id":7,"name":"a","admin":1}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := sending("application/json", c.content)
			x.Request.Fields.Add("Content-Digest", "sha-256=:a:")
			if got := told(body(t, jsonBodyOf, c.o).Run(x)); got != c.want {
				t.Errorf("%s; want %s", got, c.want)
			}
			left, _ := x.Request.Body.Held()
			if string(left) != c.left || x.Request.Body.Length != int64(len(left)) {
				t.Errorf("left %s; want %s", left, c.left)
			}
			if x.Request.Fields.Has("Content-Digest") != (c.left == c.content) {
				t.Errorf("the digest is that of other bytes: %v", x.Request.Fields)
			}
		})
	}
}

// A form loses pairs, each with one ampersand, and no other byte.
func TestFormsAreCleaned(t *testing.T) {
	const declared = `{content: {` + formType + `: {schema: {type: object, properties: {
		name: {type: string}, id: {type: string, readOnly: true}, tags: {type: array, items: {type: string}, readOnly: true},
		o: {type: object, properties: {a: {type: integer}, id: {type: integer, readOnly: true}}},
		s: {type: object, properties: {sa: {type: integer}, sid: {type: integer, readOnly: true}}},
		j: {type: object, properties: {a: {type: integer}, id: {type: integer, readOnly: true}}}}},
		encoding: {o: {style: deepObject, explode: true}, s: {style: form, explode: true}}}}}`
	drop, refuse := BodyOptions{Undeclared: DropUndeclared}, BodyOptions{RefuseReadOnly: true}
	for _, c := range []struct {
		given         string
		o             BodyOptions
		content, want string
		left          string
	}{
		{"nothing to take out", drop, "name=a+b&&name%41=", "passes", "name=a+b&"},
		{"nothing is declared otherwise", drop, "&name=a%20b&", "passes", "&name=a%20b&"},
		{"readOnly", BodyOptions{}, "id=7&name=a", "passes", "name=a"},
		{"readOnly in the middle", BodyOptions{}, "name=a&id=7&&o[a]=1", "passes", "name=a&&o[a]=1"},
		{"readOnly at the end, encoded", BodyOptions{}, "name=a&%69d=7", "passes", "name=a"},
		{"all of it", BodyOptions{}, "id=7", "passes", ""},
		{"a list", BodyOptions{}, "tags=1&name=a&tags=2", "passes", "name=a"},
		{"a member of a deep object", BodyOptions{}, "o[id]=1&o[a]=2", "passes", "o[a]=2"},
		{"a member of a spread object", BodyOptions{}, "sid=1&sa=2", "passes", "sa=2"},
		{"a member within JSON text", BodyOptions{}, "j=%7B%22id%22%3A1%7D&name=a", "body-invalid body:/j/id:readOnly", ""},
		{"undeclared", drop, "admin=1&name=a&o[x]=1&o[a]=1&admin=2", "passes", "name=a&o[a]=1"},
		{"undeclared, refused", BodyOptions{}, "admin=1&name=a", "body-invalid body:/admin:additionalProperties", ""},
		{"readOnly, refused", refuse, "id=7&name=a", "body-invalid body:/id:readOnly", ""},
		{"a fault beside it", drop, "id=7&name=a&name=b", "body-invalid body:/name:duplicate", ""},
		{"watched, nothing changes", BodyOptions{Undeclared: DropUndeclared, Watch: true}, "id=7&x=1", "passes", "id=7&x=1"},
	} {
		x := sending(formType, c.content)
		x.Request.Fields.Add("Content-Digest", "sha-256=:a:")
		if got := told(body(t, declared, c.o).Run(x)); got != c.want {
			t.Errorf("%s: %s; want %s", c.given, got, c.want)
		} else if got == "passes" && (left(t, x) != c.left || x.Request.Fields.Has("Content-Digest") != (c.left == c.content)) {
			t.Errorf("%s: left %q of %q, with %v", c.given, left(t, x), c.content, x.Request.Fields)
		}
	}
}

func TestWhatIsDroppedIsSaid(t *testing.T) {
	for want, o := range map[string]BodyOptions{
		"body application/json: object, required; readOnly members are dropped":                {},
		"body application/json: object, required; readOnly and undeclared members are dropped": {Undeclared: DropUndeclared},
		"body application/json: object, required; undeclared members are dropped":              {Undeclared: DropUndeclared, RefuseReadOnly: true},
		"body application/json: object, required":                                              {RefuseReadOnly: true},
	} {
		_, enforced, _, _ := NewBody(bodyOf(parse(t, jsonBodyOf)), document(), o)
		if len(enforced) != 1 || enforced[0].Says != want {
			t.Errorf("%v; want %s", enforced, want)
		}
	}
}

func TestContentTypeAndCoding(t *testing.T) {
	s := body(t, jsonBodyOf, BodyOptions{})
	for name, c := range map[string]struct {
		fields       []message.Field
		want, header string
	}{
		"twice":            {[]message.Field{{Name: "Content-Type", Value: "application/json"}, {Name: "content-type", Value: "application/json"}}, "media-type-unsupported", "Accept"},
		"not well-formed":  {[]message.Field{{Name: "Content-Type", Value: "application/json; charset"}}, "media-type-unsupported", "Accept-Post"},
		"unknown coding":   {[]message.Field{{Name: "Content-Type", Value: "application/json"}, {Name: "Content-Encoding", Value: "compress"}}, "media-type-unsupported", "Accept-Encoding"},
		"unknown, second":  {[]message.Field{{Name: "Content-Type", Value: "application/json"}, {Name: "Content-Encoding", Value: "identity"}, {Name: "Content-Encoding", Value: "x"}}, "media-type-unsupported", "Accept-Encoding"},
		"too many":         {[]message.Field{{Name: "Content-Type", Value: "application/json"}, {Name: "Content-Encoding", Value: "br, br, br"}}, "media-type-unsupported", "Accept-Encoding"},
		"not what it says": {[]message.Field{{Name: "Content-Type", Value: "application/json"}, {Name: "Content-Encoding", Value: "gzip"}}, "body-malformed", ""},
		"identity":         {[]message.Field{{Name: "Content-Type", Value: "application/json"}, {Name: "Content-Encoding", Value: "Identity"}}, "passes", ""},
	} {
		x := sending("", `{"name":"a"}`)
		x.Request.Fields = c.fields
		err := s.Run(x)
		if got := told(err); got != c.want {
			t.Errorf("%s: %s; want %s", name, got, c.want)
		}
		if c.header != "" && !problem.As(err).Fields.Has(c.header) {
			t.Errorf("%s: the answer has no %s", name, c.header)
		}
	}
}

func TestHintOfMediaTypes(t *testing.T) {
	s := body(t, `{content: {application/json: {}, "text/*": {}}}`, BodyOptions{})
	for method, header := range map[string]string{"POST": "Accept-Post", "PATCH": "Accept-Patch", "PUT": "Accept"} {
		x := sending("image/png", "x")
		x.Request.Method = method
		if got := problem.As(s.Run(x)).Fields.Get(header); got != "application/json, text/*" {
			t.Errorf("%s: %s is %q", method, header, got)
		}
	}
}

func TestRanges(t *testing.T) {
	s := body(t, `{content: {
		"*/*": {schema: {type: object, properties: {any: {type: integer}}}},
		application/*: {schema: {type: object, properties: {app: {type: integer}}}},
		application/json: {schema: {type: object, properties: {exact: {type: integer}}}}}}`, BodyOptions{})
	for _, c := range []struct{ mediaType, content, want string }{
		{"application/json", `{"exact":1}`, "passes"},
		{"application/x+json", `{"app":1}`, "passes"},
		{"text/json", `{"any":1}`, "passes"},
		{formType, `app=1`, "passes"},
		{formType, `any=1`, "body-invalid body:/any:additionalProperties"},
		{"multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=any\r\n\r\n1\r\n--b--", "passes"},
		{"application/xml", `<app/>`, "passes"},
		{"text/plain", `app`, "body-invalid body::type"},
		{"image/png", `app`, "media-type-unsupported"},
		{"application/octet-stream", `app`, "media-type-unsupported"},
	} {
		if got := told(s.Run(sending(c.mediaType, c.content))); got != c.want {
			t.Errorf("%s: %s; want %s", c.mediaType, got, c.want)
		}
	}
}

func TestTextBody(t *testing.T) {
	s := body(t, `{required: true, content: {text/plain: {schema: {type: string, maxLength: 5}}, text/csv: {}, text/x-number: {schema: {type: integer}}}}`, BodyOptions{})
	for _, c := range []struct{ mediaType, content, want string }{
		{"text/plain", "ab\"\n", "passes"},
		{"text/plain; charset=us-ascii", "12", "passes"},
		{"text/plain", "abcdef", "body-invalid body::maxLength"},
		{"text/plain", "\xff", "body-malformed"},
		{"text/plain; charset=latin1", "a", "media-type-unsupported"},
		{"text/csv", "a,b\r\n", "passes"},
		{"text/x-number", "12", "passes"},
		{"text/x-number", "x", "body-invalid body::type"},
		{"text/html", "x", "media-type-unsupported"},
	} {
		if got := told(s.Run(sending(c.mediaType, c.content))); got != c.want {
			t.Errorf("%s %q: %s; want %s", c.mediaType, c.content, got, c.want)
		}
	}
}

func TestXMLBody(t *testing.T) {
	s := body(t, `{content: {application/xml: {schema: {type: object}}}}`, BodyOptions{})
	for content, want := range map[string]string{
		`<?xml version="1.0" encoding="UTF-8"?><a b="1">x<!-- c --><c/>&lt;&#65;</a>`: "passes",
		`<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>`:            "body-malformed",
		`<!DOCTYPE a><a/>`: "body-malformed",
		`<a>&x;</a>`:       "body-malformed",
		`<a><b></a></b>`:   "body-malformed",
		`<a/><b/>`:         "body-malformed",
		`<a/>x`:            "body-malformed",
		`x`:                "body-malformed",
		`<a b="1" b="2"/>`: "body-malformed",
		`<?xml version="1.0" encoding="latin1"?><a/>`:                "body-malformed",
		strings.Repeat("<a>", 200+1) + strings.Repeat("</a>", 200+1): "body-malformed",
		"<a>\xff</a>": "body-malformed",
	} {
		if got := told(s.Run(sending("application/xml", content))); got != want {
			t.Errorf("%.80s: %s; want %s", content, got, want)
		}
	}
}

func TestLinesBody(t *testing.T) {
	s := body(t, `{content: {application/jsonl: {itemSchema: {type: object, properties: {a: {type: integer}}}}}}`, BodyOptions{})
	for content, want := range map[string]string{
		"{\"a\":1}\n\n{\"a\":2}\r\n": "passes",
		"{\"a\":1}\n{\"a\":\"x\"}\n": "body-invalid body:/1/a:type",
		"{\"a\":1}\n{":               "body-malformed body:/1:syntax",
	} {
		if got := told(s.Run(sending("application/jsonl", content))); got != want {
			t.Errorf("%q: %s; want %s", content, got, want)
		}
	}
}

func TestOpaqueBody(t *testing.T) {
	s := body(t, `{content: {
		application/octet-stream: {}, image/png: {schema: {type: string, format: binary}}, audio/*: {schema: {contentMediaType: audio/ogg}},
		application/pdf: {schema: {type: object}}, application/zip: {schema: {type: object}}}}`, BodyOptions{Opaque: []string{"application/z*"}})
	for mediaType, want := range map[string]string{
		"application/octet-stream": "passes",
		"image/png":                "passes",
		"audio/ogg":                "passes",
		"application/zip":          "passes",
		"application/pdf":          "media-type-unsupported",
	} {
		x := sending(mediaType, "\x00\xff")
		if got := told(s.Run(x)); got != want {
			t.Errorf("%s: %s; want %s", mediaType, got, want)
		}
		if _, held := x.Request.Body.Held(); held {
			t.Errorf("%s: the body is held", mediaType)
		}
	}
}

func TestOpaqueBodyIsLimited(t *testing.T) {
	s := body(t, `{content: {application/octet-stream: {}}}`, BodyOptions{})
	x := sending("application/octet-stream", strings.Repeat("x", maxBody+1))
	if got := told(s.Run(x)); got != "body-too-large" {
		t.Errorf("a length that is too large: %s", got)
	}
	x.Request.Body.Length = -1
	if got := told(s.Run(x)); got != "passes" {
		t.Fatalf("an unknown length: %s", got)
	}
	if _, err := io.Copy(io.Discard, x.Request.Body); !errors.Is(err, message.ErrTooLarge) {
		t.Errorf("reading it ended with %v", err)
	}
}

func TestFormBody(t *testing.T) {
	s := body(t, `{required: true, content: {application/x-www-form-urlencoded: {
		schema: {type: object, required: [name], properties: {
			name: {type: string}, free: {type: string}, age: {type: integer}, tags: {type: array, items: {type: string, maxLength: 3}},
			csv: {type: array, items: {type: integer}}, meta: {type: object, properties: {a: {type: integer}}},
			deep: {type: object, properties: {a: {type: integer}, b: {type: array, items: {type: string}}}},
			spread: {type: object, properties: {r: {type: integer}, g: {type: integer}}},
			either: {anyOf: [{type: array, items: {type: integer}}, {type: string, enum: [""]}]},
			note: {oneOf: [{type: integer, maximum: 9}, {type: string, minLength: 3}]}}},
		encoding: {csv: {style: form, explode: false}, free: {style: form, allowReserved: true}, deep: {style: deepObject, explode: true}, spread: {style: form, explode: true}}}}}`, BodyOptions{})
	for content, want := range map[string]string{
		"name=a+b&age=5&tags=x&tags=y":      "passes",
		"name=a&csv=1,2,3":                  "passes",
		"name=a&csv=1,x":                    "body-invalid body:/csv/1:type",
		"name=a&csv=1&csv=2":                "body-invalid body:/csv:duplicate",
		"name=a&meta=%7B%22a%22%3A1%7D":     "passes",
		"name=a&meta=%7B%22a%22%3A%221%22}": "body-invalid body:/meta/a:type",
		// Text that would end the object and write another member.
		"name=a&meta={},%22age%22:1":               "body-invalid body:/meta:content",
		"name=a&meta=x":                            "body-invalid body:/meta:content",
		"name=a&deep[a]=1&deep[b][]=x&deep[b][]=y": "passes",
		"name=a&deep[a]=x":                         "body-invalid body:/deep/a:type",
		"name=a&deep[c]=x":                         "body-invalid body:/deep/c:additionalProperties",
		"name=a&r=1&g=2":                           "passes",
		"name=a&r=x":                               "body-invalid body:/spread/r:type",
		"name=a&spread=1":                          "body-invalid body:/spread/spread:additionalProperties",
		"name=a&either=":                           "passes",
		"name=a&either=1&either=2":                 "passes",
		"name=a&either=5":                          "passes",
		"name=a&note=123":                          "passes", // as text
		"name=a&age=x":                             "body-invalid body:/age:type",
		"name=a&age=1&age=2":                       "body-invalid body:/age:duplicate",
		"name=a&tags=long":                         "body-invalid body:/tags/0:maxLength",
		"age=5":                                    "body-invalid body:/name:required",
		"name=a&admin=1":                           "body-invalid body:/admin:additionalProperties",
		"name=%":                                   "body-invalid body:/name:encoding",
		"n%me=a":                                   "body-malformed",
		"name=a;b":                                 "body-invalid body:/name:allowReserved",
		"name=a;age=1":                             "body-invalid body:/name:allowReserved",
		"a;name=1":                                 "body-malformed",
		"name=a&free=a;b":                          "passes",
		"":                                         "body-missing",
		strings.Repeat("a&", maxFormPairs+1):       "body-malformed",
	} {
		x := sending(formType, content)
		if got := told(s.Run(x)); got != want {
			t.Errorf("%.60q: %s; want %s", content, got, want)
		}
	}
}

func TestFormThatIsOpen(t *testing.T) {
	s := body(t, `{content: {application/x-www-form-urlencoded: {schema: {type: object, additionalProperties: {type: integer}}}}}`, BodyOptions{})
	for content, want := range map[string]string{
		"a=1&b=2": "passes",
		"a=1&b=x": "body-invalid body:/b:type",
		"a=1&a=2": "body-invalid body:/a:duplicate",
	} {
		if got := told(s.Run(sending(formType, content))); got != want {
			t.Errorf("%q: %s; want %s", content, got, want)
		}
	}
}

func TestBodyControls(t *testing.T) {
	_, enforced, unenforced, mistakes := NewBody(bodyOf(parse(t, `{required: true, content: {
		application/json: {schema: {type: object, properties: {a: {type: string, format: tide}}}},
		application/xml: {schema: {type: object}},
		application/pdf: {schema: {type: object}},
		image/jpeg: {schema: {type: string, format: base64}},
		"application/*": {schema: {type: object}},
		nonsense: {}}}`)), document(), BodyOptions{})
	for _, want := range []string{
		"body application/json: object, required",
		"body application/xml: well-formed XML without a document type",
		"body image/jpeg: bytes within the size limit",
	} {
		if !says(enforced, want) {
			t.Errorf("it is not said that %q: %+v", want, enforced)
		}
	}
	for want, effect := range map[string]sallyport.Effect{
		"body application/json: ":                                   sallyport.Annotation,
		"body application/xml: the schema is not enforced":          sallyport.Annotation,
		"body image/jpeg: the schema is not enforced":               sallyport.Annotation,
		"body application/pdf: nothing here can hold it":            sallyport.Refused,
		"body application/*: media types that cannot be checked":    sallyport.Refused,
		"body nonsense: no media type, so that no body can have it": sallyport.Annotation,
	} {
		found := false
		for _, c := range unenforced {
			found = found || strings.HasPrefix(c.Says, want) && c.Effect == effect
		}
		if !found {
			t.Errorf("it is not said that %q is %v: %+v", want, effect, unenforced)
		}
	}
	if len(mistakes) > 0 {
		t.Errorf("mistakes are\n%v", mistakes)
	}
}

func TestBodyMistakes(t *testing.T) {
	_, _, _, mistakes := NewBody(bodyOf(parse(t, `{content: {
		application/json: {schema: {type: string, pattern: "("}},
		multipart/form-data: {schema: {type: object, properties: {a: {}}}, encoding: {a: {contentType: "png"}}},
		application/x-www-form-urlencoded: {schema: {type: object, properties: {a: {}}}, encoding: {a: {style: matrix}}}}}`)), document(), BodyOptions{})
	if len(mistakes) != 3 {
		t.Errorf("mistakes are\n%v", mistakes)
	}
	for _, m := range mistakes {
		if m.Position == (source.Position{}) {
			t.Errorf("it has no position: %v", m)
		}
	}
}
