package validate

import (
	"io"
	"strings"
	"testing"

	"sallyport"
	"sallyport/message"
	"sallyport/problem"
)

const itemsOf = `{content: {
  application/jsonl: {itemSchema: {$ref: "#/item"}},
  application/json-seq: {itemSchema: {$ref: "#/item"}},
  text/event-stream: {itemSchema: {type: object, required: [data], properties: {
    event: {enum: [a, b]}, id: {type: string, readOnly: true},
    data: {type: string, contentMediaType: application/json, contentSchema: {type: object, properties: {n: {type: integer}}}}}}}}}`

func itemsBody(t testing.TB, o BodyOptions) *Body {
	return body(t, strings.ReplaceAll(itemsOf, `{$ref: "#/item"}`, `{type: object, required: [n], properties: {n: {type: integer}, id: {type: string, readOnly: true}}}`), o)
}

// chunked is a body of unknown length.
func chunked(mediaType, content string) *sallyport.Exchange {
	x := sending(mediaType, "")
	x.Request.Body = message.NewBody(io.NopCloser(strings.NewReader(content)), -1)
	return x
}

// A body of known length is judged before the backend hears of it; of one that
// comes without, what is good goes on and the fault is how it ends. Both ways
// the backend gets the same bytes.
func TestSequences(t *testing.T) {
	for _, c := range []struct{ mediaType, content, want, left string }{
		{"application/jsonl", `{"n":1}` + "\n" + `{ "n" : 2 }`, "passes", `{"n":1}` + "\n" + `{ "n" : 2 }`},
		{"application/jsonl", `{"n":1,"id":"x"}` + "\r\n\n", "passes", `{"n":1}` + "\n\n"},
		{"application/jsonl", `{"n":1}` + "\n" + `{"n":"2"}` + "\n", "body-invalid body:/1/n:type", `{"n":1}` + "\n"},
		{"application/jsonl", `{"n":1}` + "\n" + `{"n":2,"admin":1}` + "\n", "body-invalid body:/1/admin:additionalProperties", `{"n":1}` + "\n"},
		{"application/jsonl", `{"n":1}` + "\n{\n", "body-malformed body:/1:syntax", `{"n":1}` + "\n"},
		{"application/jsonl", `{"n":1}{"n":2}` + "\n", "body-malformed body:/0:syntax", ""},
		{"application/json-seq", "\x1e{\"n\":1}\n\x1e{\n\"n\":2}\n", "passes", "\x1e{\"n\":1}\n\x1e{\n\"n\":2}\n"},
		{"application/json-seq", "\x1e{\"n\":1,\"id\":\"\"}\n", "passes", "\x1e{\"n\":1}\n"},
		{"application/json-seq", "{\"n\":1}\n", "body-malformed", ""},
		{"application/json-seq", "\x1e{\"n\":1}\n\x1e12", "body-malformed", "\x1e{\"n\":1}\n"},
		{"text/event-stream", "event: a\ndata: {\"n\":1}\n\n", "passes", "event: a\ndata: {\"n\":1}\n\n"},
		{"text/event-stream", ": note\nid: 7\nx: y\nevent: a\ndata: {\"n\":1}\n\n", "passes", ":\nevent: a\ndata: {\"n\":1}\n\n"},
		{"text/event-stream", "event: c\ndata: {}\n\n", "body-invalid body:/0/event:enum", ""},
		{"text/event-stream", "data: {}\n\ndata: {\"n\":\"1\"}\n\n", "body-invalid body:/1/data/n:type", "data: {}\n\n"},
		{"text/event-stream", "data: {}\n\ndata: \xff\n\n", "body-malformed body:/1", "data: {}\n\n"},
	} {
		x := sending(c.mediaType, c.content)
		if got := told(itemsBody(t, BodyOptions{}).Run(x)); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s %q: %s; want %s", c.mediaType, c.content, got, c.want)
		} else if got == "passes" && left(t, x) != c.left {
			t.Errorf("%s %q: left %q", c.mediaType, c.content, left(t, x))
		}
		x = chunked(c.mediaType, c.content)
		if err := itemsBody(t, BodyOptions{}).Run(x); err != nil {
			t.Errorf("%s %q, streamed: %v before it was read", c.mediaType, c.content, err)
		}
		got, err := io.ReadAll(x.Request.Body)
		if string(got) != c.left || !strings.HasPrefix(told(err), c.want) {
			t.Errorf("%s %q, streamed: %q, %s; want %q, %s", c.mediaType, c.content, got, told(err), c.left, c.want)
		}
	}
}

func TestAnItemGoesOnBeforeTheNextComes(t *testing.T) {
	in, out := io.Pipe()
	x := chunked("application/jsonl", "")
	x.Request.Body = message.NewBody(in, -1)
	go io.WriteString(out, `{"n":1}`+"\n")
	if err := itemsBody(t, BodyOptions{}).Run(x); err != nil {
		t.Fatal(err)
	}
	p := make([]byte, 100)
	if n, err := io.ReadAtLeast(x.Request.Body, p, 8); err != nil || string(p[:n]) != `{"n":1}`+"\n" {
		t.Errorf("%q, %v", p[:n], err)
	}
}

// Cut off at the limit, the rest must not look like the whole.
func TestAStreamThatIsTooLongEndsWithAnError(t *testing.T) {
	for _, content := range []string{
		strings.Repeat(`{"n":1}`+"\n", maxBody/8+1),
		`{"n":` + strings.Repeat("1", maxBody) + "}\n",
		strings.Repeat("\n", maxBody+1),
	} {
		x := chunked("application/jsonl", content)
		if err := itemsBody(t, BodyOptions{}).Run(x); err != nil {
			t.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, x.Request.Body); err == nil || n > maxBody {
			t.Errorf("%d bytes of %d pass: %v", n, len(content), err)
		}
	}
}

func TestWhatAllItemsMustBeIsJudgedAtTheEnd(t *testing.T) {
	s := body(t, `{content: {application/x-ndjson: {schema: {type: array, maxItems: 2, uniqueItems: true, items: {type: object, properties: {n: {type: integer}, id: {readOnly: true}}}}}}}`, BodyOptions{})
	for content, want := range map[string]string{
		`{"n":1}` + "\n" + `{"n":2,"id":1}`:             "passes",
		`{"n":1}` + "\n" + `{"n":1,"id":1}`:             "body-invalid body::uniqueItems",
		`{"n":1}` + "\n" + `{"n":2}` + "\n" + `{"n":3}`: "body-invalid body::maxItems",
		`{"n":1}` + "\n" + `{"n":"2"}`:                  "body-invalid body:/1/n:type",
	} {
		for _, x := range []*sallyport.Exchange{sending("application/x-ndjson", content), chunked("application/x-ndjson", content)} {
			if got := told(s.Run(x)); got != want {
				t.Errorf("%q: %s; want %s", content, got, want)
			}
		}
	}
}

func TestAWatchedSequenceIsJudgedAndLeftAsItCame(t *testing.T) {
	s := itemsBody(t, BodyOptions{Watch: true})
	for content, want := range map[string]string{`{"n":1,"id":"x"}`: "passes", `{"n":1}` + "\n" + `{}`: "body-invalid body:/1/n:required"} {
		x := chunked("application/jsonl", content)
		if got := told(s.Run(x)); got != want || left(t, x) != content {
			t.Errorf("%s: %s", content, got)
		}
	}
}

func TestASequenceWithoutItemsIsNoBody(t *testing.T) {
	s := body(t, `{required: true, content: {application/jsonl: {itemSchema: {type: object}}}}`, BodyOptions{})
	if got := told(s.Run(chunked("application/jsonl", ""))); got != "body-missing" {
		t.Error(got)
	}
	if err := s.Run(chunked("application/jsonl", "\n")); err != nil {
		t.Error(err)
	}
}

func TestNoRoomForAnItem(t *testing.T) {
	x := chunked("application/jsonl", "{}")
	x.Env = sallyport.NewEnv(x.Env.Log, maxBody-1)
	if err := itemsBody(t, BodyOptions{}).Run(x); err == nil || problem.As(err).Kind != problem.Overloaded {
		t.Error(err)
	}
}

func TestWhatIsHeldOfASequenceIsSaid(t *testing.T) {
	for text, want := range map[string]string{
		`application/jsonl: {itemSchema: {type: object}}`:                                "enforced body application/jsonl: lines of object, optional; without Content-Length each is passed on before the next is checked",
		`application/json-seq: {schema: {type: array, items: {type: integer}}}`:          "enforced body application/json-seq: texts of a sequence of integer, optional; without Content-Length each is passed on before the next is checked",
		`text/event-stream: {schema: {type: array, maxItems: 2, items: {type: object}}}`: "enforced body text/event-stream: events of object, together array of size ..2 of object, optional",
		`text/event-stream: {schema: {type: string}}`:                                    "enforced body text/event-stream: string, optional",
		`application/x-ndjson: {schema: {type: object, properties: {a: {}}}}`:            "annotation body application/x-ndjson: the schema is not that of an array and is not enforced; itemSchema is, item by item",
	} {
		_, held, not, mistakes := NewBody(bodyOf(parse(t, `{content: {`+text+`}}`)), document(), BodyOptions{})
		if err := mistakes.Err(); err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, c := range append(held, not...) {
			all = append(all, c.Effect.String()+" "+c.Says)
		}
		if !strings.Contains("\n"+strings.Join(all, "\n")+"\n", "\n"+want+"\n") {
			t.Errorf("%s:\n%s\nwant\n%s", text, strings.Join(all, "\n"), want)
		}
	}
}
