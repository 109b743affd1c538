package validate

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"sallyport"
	"sallyport/message"
	"sallyport/problem"
)

// A form with files of at most 4 KiB; the other parts have 2 KiB together.
const photos = `{required: true, content: {multipart/form-data: {schema: {type: object, required: [name], properties: {
	name: {type: string, maxLength: 5}, id: {type: integer, readOnly: true}, tags: {type: array, minItems: 2, items: {type: string, maxLength: 3}},
	meta: {type: object, properties: {a: {type: integer}, id: {type: integer, readOnly: true}}},
	photo: {type: string, format: binary, minLength: 2}, small: {type: string, format: binary, maxLength: 10},
	seal: {type: string, format: byte}, old: {type: string, format: binary, readOnly: true},
	more: {type: array, maxItems: 2, items: {type: string, format: binary}}}},
	encoding: {photo: {contentType: image/png}}}}}`

const heldBytes = 2 << 10

// limited is a request with a limit of its own.
func limited(x *sallyport.Exchange) *sallyport.Exchange {
	x.Op.MaxBody = heldBytes
	return x
}

func uploading(t *testing.T, o BodyOptions) *Body {
	o.MaxBody, o.MaxFile = heldBytes, 4096
	return body(t, photos, o)
}

// ways are the ways of one content through a step: held, or passed on as it
// comes, in pieces of one byte or more. What was passed on before a fault was
// found is told too.
func ways(t *testing.T, s *Body, mediaType, content string, each func(way, got, passed string)) {
	t.Helper()
	x := sending(mediaType, content)
	x.Op.MaxBody = int64(len(content)) // fits
	err := s.Run(x)
	passed := ""
	if err == nil {
		passed = left(t, x)
	}
	each("held", told(err), passed)
	for name, stream := range map[string]io.Reader{"streamed": strings.NewReader(content), "byte by byte": onebyte{strings.NewReader(content)}} {
		x := limited(chunked(mediaType, ""))
		x.Request.Body = message.NewBody(io.NopCloser(stream), -1)
		err := s.Run(x)
		var passed []byte
		if err == nil {
			passed, err = io.ReadAll(x.Request.Body)
		}
		each(name, told(err), string(passed))
	}
}

type onebyte struct{ from io.Reader }

func (o onebyte) Read(p []byte) (int, error) { return o.from.Read(p[:min(len(p), 1)]) }

func TestUploadsAreJudgedAlikeHeldAndStreamed(t *testing.T) {
	s := uploading(t, BodyOptions{})
	name, photo := field("name", "Bo"), file("photo", "image/png", "\x89PNG\x00\xff")
	large := func(n int) string { return strings.Repeat("\n--Xb", n/6) }
	for _, c := range []struct{ given, content, want string }{
		{"a field and a file", written(name, photo), "passes"},
		{"a file alone that is large", written(name, file("photo", "image/png", large(4092))), "passes"},
		{"all of it, in any order", written(file("more", "a/b", "x"), name, photo, field("tags", "a"), field("meta", `{"a":1}`), file("more", "a/b", ""), field("tags", "b"), file("small", "a/b", "0123456789"), file("seal", "a/b", "QUJDRA==")), "passes"},
		{"no file at all", written(name), "passes"},
		{"a file beyond the limit", written(name, file("photo", "image/png", large(4200))), "body-too-large"},
		{"a file beyond its maxLength", written(name, file("small", "a/b", "0123456789a")), "body-invalid body:/small:maxLength"},
		{"a file below its minLength", written(name, file("photo", "image/png", "x")), "body-invalid body:/photo:minLength"},
		{"a file that is no base64", written(name, file("seal", "a/b", "QUJ*")), "body-invalid body:/seal:format"},
		{"a file whose base64 is cut short", written(name, file("seal", "a/b", "QUJDRA=")), "body-invalid body:/seal:format"},
		{"a file of another type", written(name, file("photo", "text/html", "xx")), "body-invalid body:/photo:contentType"},
		{"a file of another type, late", written(photo, name, file("more", "a/b; charset=\"", "xx")), "body-malformed"},
		{"a field that is missing", written(photo), "body-invalid body:/name:required"},
		{"a field that is too long, late", written(photo, field("name", "Robert")), "body-invalid body:/name:maxLength"},
		{"an undeclared part, late", written(name, photo, field("admin", "1")), "body-invalid body:/admin:additionalProperties"},
		{"an undeclared file, late", written(name, photo, file("admin", "a/b", "1")), "body-invalid body:/admin:filename"},
		{"a large file that nobody declared", written(name, photo, file("admin", "a/b", large(3000))), "body-invalid body:/admin:filename"},
		{"a file twice", written(name, photo, photo), "body-invalid body:/photo:duplicate"},
		{"a file too many", written(name, file("more", "a/b", ""), file("more", "a/b", ""), file("more", "a/b", "")), "body-invalid body:/more:maxItems"},
		{"too few of a list", written(name, photo, field("tags", "a")), "body-invalid body:/tags:minItems"},
		{"a header field that nobody declared", written(name, strings.Replace(photo, "\n\n", "\nX-A: b\n\n", 1)), "body-invalid body:/photo:headers"},
		{"a length that holds", written(name, "Content-Length: 6\n"+photo), "passes"},
		{"a length that does not hold", written("Content-Length: 3\n"+name, photo), "body-malformed"},
		{"a length of a file that does not hold", written(name, "Content-Length: 5\n"+photo), "body-malformed"},
		{"a length that is none", written(name, "Content-Length: +6\n"+photo), "body-malformed"},
		{"two lengths", written(name, "Content-Length: 6\nContent-Length: 6\n"+photo), "body-malformed"},
		{"another charset for the rest", written(name, photo, field("_charset_", "utf-16")), "body-invalid body:/_charset_:encoding"},
		{"no end", strings.TrimSuffix(written(name, photo), "--\r\n"), "body-malformed"},
		{"an end that is none", written(name, photo) + "x", "body-malformed"},
		{"a lone LF before a boundary", strings.Replace(written(name, photo), "\xff\r\n--", "\xff\n--", 1), "body-malformed"},
		{"nothing", "", "body-missing"},
	} {
		ways(t, s, multiType, c.content, func(way, got, passed string) {
			switch {
			case got != c.want:
				t.Errorf("%s, %s: %s; want %s", c.given, way, got, c.want)
			case got == "passes" && passed != c.content:
				t.Errorf("%s, %s: %q passes as %q", c.given, way, c.content, passed)
			case got != "passes" && (strings.Contains(passed, border+"--") || !strings.HasPrefix(c.content, passed)):
				t.Errorf("%s, %s: the backend has got %q", c.given, way, passed)
			}
		})
	}
}

// What stands before the first file is judged before the backend hears of it,
// and a part with a fault never goes on.
func TestWhatTheBackendSeesOfAnUploadWithAFault(t *testing.T) {
	s := uploading(t, BodyOptions{})
	name, photo := field("name", "Bo"), file("photo", "image/png", "\x89PNG")
	for content, want := range map[string]string{
		written(field("name", "Robert"), photo):                                   "",
		written(name, file("photo", "text/html", "PNG")):                          "",
		written(name, photo, field("admin", "1")):                                 written(name, photo)[:len(written(name, photo))-len("\r\n--"+border+"--\r\n")],
		written(name, field("tags", "a"), field("tags", "long"), photo):           "",
		written(name, file("small", "a/b", "0123456789a")):                        "--" + border + "\r\n" + strings.ReplaceAll(name, "\n", "\r\n") + "\r\n--" + border + "\r\n" + strings.ReplaceAll(file("small", "a/b", ""), "\n", "\r\n"),
		"--" + border + "\r\nContent-Disposition: form-data\r\n\r\n":              "",
		written(field("name", strings.Repeat("x", heldBytes)), photo):             "",
		written(strings.Split(strings.Repeat(field("x", "")+"|", 5), "|")[:5]...): "",
	} {
		x := limited(chunked(multiType, content))
		err := s.Run(x)
		passed := ""
		if err == nil {
			var read []byte
			read, err = io.ReadAll(x.Request.Body)
			passed = string(read)
		}
		if err == nil || passed != want {
			t.Errorf("%q: the backend has got %q (%v); want %q", content, passed, err, want)
		}
	}
}

func TestAFileGoesOnBeforeItsEndHasCome(t *testing.T) {
	in, out := io.Pipe()
	x := limited(chunked(multiType, ""))
	x.Request.Body = message.NewBody(in, -1)
	first := strings.TrimSuffix(written(field("name", "Bo"), file("photo", "image/png", strings.Repeat("x", 200))), "\r\n--"+border+"--\r\n")
	go io.WriteString(out, first)
	if err := uploading(t, BodyOptions{}).Run(x); err != nil {
		t.Fatal(err)
	}
	p := make([]byte, len(first)-len(border)-4) // what may be a boundary waits
	if _, err := io.ReadFull(x.Request.Body, p); err != nil || string(p) != first[:len(p)] {
		t.Errorf("%q, %v", p, err)
	}
}

// A length that fits is held; one that does not streams, and is told on; one
// that nothing could need is refused unread.
func TestLengthsOfUploads(t *testing.T) {
	s := uploading(t, BodyOptions{RefuseReadOnly: true})
	content := written(field("name", "Bo"), file("photo", "image/png", strings.Repeat("x", 4000)))
	x := limited(sending(multiType, content))
	if err := s.Run(x); err != nil || x.Request.Body.Length != int64(len(content)) {
		t.Errorf("%v, length %d of %d", err, x.Request.Body.Length, len(content))
	}
	if _, held := x.Request.Body.Held(); held || left(t, x) != content {
		t.Error("it is held, or not what came")
	}
	x = limited(sending(multiType, written(field("name", "Bo"), file("photo", "image/png", "xx"))))
	if err := s.Run(x); err != nil {
		t.Error(err)
	}
	if _, held := x.Request.Body.Held(); !held {
		t.Error("a small one is not held")
	}
	x = limited(sending(multiType, content))
	x.Request.Body = message.NewBody(unread{t}, s.MaxUpload(heldBytes)+1)
	if got := told(s.Run(x)); got != "body-too-large" {
		t.Error(got)
	}
}

type unread struct{ t *testing.T }

func (f unread) Read([]byte) (int, error) {
	f.t.Error("it is read")
	return 0, io.ErrUnexpectedEOF
}

func (unread) Close() error { return nil }

func TestBoundsOfUploads(t *testing.T) {
	const file = `{type: string, format: binary}`
	for schema, want := range map[string]int64{
		`{type: object, properties: {a: {type: string}}}`:                                                                    0,
		`{type: object, properties: {a: ` + file + `}}`:                                                                      4096,
		`{type: object, properties: {a: ` + file + `, b: {type: string, format: binary, maxLength: 10}}}`:                    4106,
		`{type: object, properties: {a: {type: array, maxItems: 3, items: ` + file + `}}}`:                                   3 * 4096,
		`{type: object, properties: {a: {type: array, items: ` + file + `}}}`:                                                20 * 4096,
		`{type: object, properties: {a: ` + file + `}, additionalProperties: ` + file + `}`:                                  20 * 4096,
		`{type: object, properties: {a: {type: array, maxItems: 9223372036854775807, items: {type: string, format: byte}}}}`: 20 * 4096,
	} {
		s := body(t, `{content: {multipart/form-data: {schema: `+schema+`}}}`, BodyOptions{MaxFile: 4096, MaxParts: 20})
		if got := s.MaxUpload(100); got != want+100 && (want != 0 || got != 0) {
			t.Errorf("%s: %d; want %d", schema, got, want+100)
		}
		if s := body(t, `{content: {multipart/form-data: {schema: `+schema+`}}}`, BodyOptions{}); s.MaxUpload(100) != 0 {
			t.Errorf("%s streams without being asked to", schema)
		}
	}
	if s := body(t, `{content: {multipart/form-data: {schema: {type: object, properties: {a: `+file+`}}}}}`, BodyOptions{MaxFile: 1 << 62}); s.MaxUpload(1<<62) <= 1<<62 {
		t.Errorf("%d is less than one file", s.MaxUpload(1<<62))
	}
}

// Files that are small by their schemas are held: nothing goes on unchecked.
func TestSmallFilesAreHeldThoughTheLengthIsUnknown(t *testing.T) {
	s := body(t, `{content: {multipart/form-data: {schema: {type: object, properties: {a: {type: string, format: binary, maxLength: 100}, n: {type: integer}}}}}}`, BodyOptions{MaxBody: heldBytes, MaxFile: 1 << 20})
	x := limited(chunked(multiType, written(file("a", "a/b", "1"), field("n", "x"))))
	if got := told(s.Run(x)); got != "body-invalid body:/n:type" {
		t.Error(got)
	}
	x = limited(chunked(multiType, written(file("a", "a/b", "1"), field("n", "1"))))
	if err := s.Run(x); err != nil {
		t.Fatal(err)
	}
	if content, held := x.Request.Body.Held(); !held || string(content) != written(file("a", "a/b", "1"), field("n", "1")) {
		t.Errorf("%q, held %v", content, held)
	}
}

func TestUploadsAreCleaned(t *testing.T) {
	name, photo, id := field("name", "Bo"), file("photo", "image/png", "PNG"), field("id", "7")
	for _, c := range []struct{ given, content, want, left string }{
		{"first", written(id, name, photo), "passes", written(name, photo)},
		{"in the middle", written(name, id, photo), "passes", written(name, photo)},
		{"last", written(name, photo, id), "passes", written(name, photo)},
		{"a file", written(file("old", "a/b", "x"), name, photo), "passes", written(name, photo)},
		{"undeclared", written(name, field("x", "1"), photo, field("x", "2")), "passes", written(name, photo)},
		{"within JSON", written(name, field("meta", `{"id": 1, "a": 2}`), photo), "passes", written(name, field("meta", `{"a": 2}`), photo)},
		{"within JSON, twice", written(name, field("meta", `{"x":[1],"a":2, "id":1 }`), photo), "passes", written(name, field("meta", `{"a":2 }`), photo)},
		{"within JSON of a length", written(name, "Content-Length: 16\n"+field("meta", `{"id":100,"a":2}`), photo), "passes", written(name, field("meta", `{"a":2}`), photo)},
		{"readOnly, twice", written(name, id, id), "body-invalid body:/id:duplicate", ""},
		{"a fault beside it", written(id, field("name", "Robert")), "body-invalid body:/name:maxLength", ""},
	} {
		ways(t, uploading(t, BodyOptions{Undeclared: DropUndeclared}), multiType, c.content, func(way, got, passed string) {
			if got != c.want || got == "passes" && passed != c.left {
				t.Errorf("%s, %s: %s, and %q passes; want %s, %q", c.given, way, got, passed, c.want, c.left)
			}
		})
	}
	ways(t, uploading(t, BodyOptions{RefuseReadOnly: true}), multiType, written(id, name, photo), func(way, got, passed string) {
		if got != "body-invalid body:/id:readOnly" {
			t.Errorf("refused, %s: %s, and %q passes", way, got, passed)
		}
	})
	x := limited(chunked(multiType, written(name, id, photo)))
	if s := uploading(t, BodyOptions{Watch: true}); s.Run(x) != nil || left(t, x) != written(name, id, photo) {
		t.Error("watched, it changes")
	}
}

// What a schema says of a part by itself is judged at once, what it says of
// several at the end.
func TestWhatDependsOnOtherPartsIsJudgedAtTheEnd(t *testing.T) {
	for schema, want := range map[string]string{
		`dependentRequired: {a: [b]}`: "passes",
		`minProperties: 2`:            "passes",
		`required: [a, b, f]`:         "passes",
		`required: [c]`:               "body-invalid body:/c:required",
		`anyOf: [{properties: {a: {const: 1}}}, {properties: {b: {const: 2}}}]`: "passes",
		`not: {required: [a, b]}`: "body-invalid body::not",
		`maxProperties: 2`:        "body-invalid body::maxProperties",
	} {
		s := body(t, `{content: {multipart/form-data: {schema: {type: object, properties: {a: {type: integer}, b: {type: integer}, f: {type: string, format: binary}}, `+schema+`}}}}`,
			BodyOptions{MaxBody: heldBytes, MaxFile: 4096})
		ways(t, s, multiType, written(field("a", "3"), file("f", "a/b", "x"), field("b", "2")), func(way, got, _ string) {
			if got != want {
				t.Errorf("%s, %s: %s; want %s", schema, way, got, want)
			}
		})
	}
	s := body(t, `{content: {multipart/form-data: {schema: {oneOf: [
		{type: object, required: [a], properties: {a: {type: integer}, f: {type: string, format: binary, maxLength: 2}}},
		{type: object, required: [b], properties: {b: {type: integer}, f: {type: string, format: binary, maxLength: 4}}}]}}}}`, BodyOptions{})
	for content, want := range map[string]string{"01": "passes", "0123": "passes", "01234": "body-invalid body:/f:maxLength"} {
		if got := told(s.Run(sending(multiType, written(file("f", "a/b", content), field("b", "1"))))); got != want {
			t.Errorf("a file of which several schemas speak, %q: %s; want %s", content, got, want)
		}
	}
}

func TestDigestsOfUploads(t *testing.T) {
	for content, stays := range map[string]bool{written(field("name", "Bo")): true, written(field("name", "Bo"), field("id", "1")): false} {
		x := sending(multiType, content)
		x.Request.Fields.Add("Content-Digest", "sha-256=:a:")
		if err := uploading(t, BodyOptions{}).Run(x); err != nil || x.Request.Fields.Has("Content-Digest") != stays {
			t.Errorf("%q: %v, %v", content, err, x.Request.Fields)
		}
	}
}

func TestNoRoomForAnUpload(t *testing.T) {
	x := limited(chunked(multiType, written(field("name", "Bo"))))
	x.Env = sallyport.NewEnv(x.Env.Log, heldBytes-1)
	if err := uploading(t, BodyOptions{}).Run(x); err == nil || problem.As(err).Kind != problem.Overloaded {
		t.Error(err)
	}
}

// FuzzSplitter reads one body whole and in pieces: the parts are the same, and
// put together again they are the body.
func FuzzSplitter(f *testing.F) {
	f.Add([]byte(written(field("a", "1"), file("b", "image/png", "\r\n--Xb"))), border, uint8(1))
	f.Add([]byte("--b\r\n\r\n\r\n--b--"), "b", uint8(3))
	f.Add([]byte("--b\r\nA: b\r\n\r\n\n--c\r\n--b--\r\n"), "b", uint8(2))
	f.Fuzz(func(t *testing.T, content []byte, boundary string, size uint8) {
		s, err := newSplitter(content, nil, boundary)
		if err != nil {
			return
		}
		whole, err := pieces(s)
		stream, _ := newSplitter(nil, chunks{bytes.NewReader(content), int(size)%64 + 1}, boundary)
		streamed, wrong := pieces(stream)
		if (err == nil) != (wrong == nil) {
			t.Fatalf("%q: whole %v, streamed %v", content, err, wrong)
		}
		if err != nil {
			return
		}
		if again := joined(s.delimiter, whole, s.end); !bytes.Equal(again, content) {
			t.Fatalf("%q is put together as %q", content, again)
		}
		if again := joined(s.delimiter, streamed, stream.end); !bytes.Equal(again, content) {
			t.Fatalf("%q, streamed, is put together as %q", content, again)
		}
	})
}

// pieces are the parts of a body, whatever their headers say.
func pieces(s *splitter) ([]part, error) {
	var parts []part
	for {
		head, last, err := s.next()
		if err != nil || last {
			return parts, err
		}
		p := part{head: head}
		for last := false; !last; {
			var piece []byte
			if piece, last, err = s.content(); err != nil {
				return nil, err
			}
			p.content = append(p.content, piece...)
		}
		parts = append(parts, p)
	}
}

type chunks struct {
	from io.Reader
	size int
}

func (c chunks) Read(p []byte) (int, error) { return c.from.Read(p[:min(len(p), c.size)]) }

// FuzzUpload holds a body and streams it: both come to one verdict, and what
// passes is the same.
func FuzzUpload(f *testing.F) {
	s := body(f, photos, BodyOptions{MaxBody: heldBytes, MaxFile: 64, MaxParts: 8, Undeclared: DropUndeclared})
	f.Add([]byte(written(field("name", "Bo"), file("photo", "image/png", "\x89PNG"), field("id", "1"), field("x", "2"))))
	f.Add([]byte(written(field("meta", `{"id":1,"a":1}`), field("tags", "a"), field("tags", "b"), file("seal", "a/b", "QQ=="))))
	f.Fuzz(func(t *testing.T, content []byte) {
		if len(content) > heldBytes {
			return
		}
		x := sending(multiType, string(content))
		held := s.Run(x)
		y := limited(chunked(multiType, string(content)))
		streamed := s.Run(y)
		var passed []byte
		if streamed == nil {
			passed, streamed = io.ReadAll(y.Request.Body)
		}
		if (held == nil) != (streamed == nil) {
			t.Fatalf("%q: held %s, streamed %s", content, told(held), told(streamed))
		}
		if held == nil && left(t, x) != string(passed) {
			t.Fatalf("%q: held %q passes, streamed %q", content, left(t, x), passed)
		}
	})
}
