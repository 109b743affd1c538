package filter

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"sallyport"
	"sallyport/coding"
	"sallyport/items"
	"sallyport/jsonschema"
	"sallyport/mediatype"
	"sallyport/message"
	"sallyport/problem"
	"sallyport/source"
)

const event = `{"type":"object","required":["data"],"properties":{"event":{"enum":["a","b"]},"retry":{},
	"data":{"contentMediaType":"application/json","contentSchema":{"type":"object","properties":{"name":{"type":"string"}}}}}}`

func feed(t testing.TB, mode Mode) *Answer {
	t.Helper()
	a := &Answer{Mode: mode}
	var content []Media
	for kind, name := range []string{items.Lines: "application/jsonl", items.Sequence: "application/json-seq", items.Events: "text/event-stream"} {
		text := user
		if items.Kind(kind) == items.Events {
			text = event
		}
		node, err := source.Parse("schema.json", []byte(text), source.DefaultLimits)
		if err != nil {
			t.Fatal(err)
		}
		r, err := mediatype.ParseRange(name)
		if err != nil {
			t.Fatal(err)
		}
		m := Media{Range: r}
		c := jsonschema.NewCompiler(jsonschema.Options{Dialect: jsonschema.OpenAPI31})
		m.Items[kind], err = items.Compile(c, items.Kind(kind), node, jsonschema.Use{Direction: jsonschema.Response, Closed: true}, func(n *source.Node) *source.Node { return n })
		if err != nil {
			t.Fatal(err)
		}
		content = append(content, m)
	}
	a.Responses = []Response{NewResponse(200, content)}
	return a
}

func streamed(contentType, content string, fields ...string) *sallyport.Exchange {
	x := given{status: 200, contentType: contentType, content: content, chunked: true, fields: fields}.exchange()
	x.Op.MaxAnswer = 1000
	x.Env = sallyport.NewEnv(x.Env.Log, 1<<30)
	return x
}

func TestSequencesOfAnAnswer(t *testing.T) {
	const lines, texts, events = "application/jsonl", "application/json-seq", "text/event-stream; charset=utf-8"
	for _, c := range []struct {
		contentType, content string
		pruned               string // what leaves in mode prune
		cut, findings        int
		breaks               problem.Kind // in mode prune, with what leaves before
		blocked              string       // what leaves in mode block, before it breaks off
		blocks               bool
	}{
		{lines, "{\"name\":\"a\"}\n{ \"name\": \"b\" }\n", "{\"name\":\"a\"}\n{ \"name\": \"b\" }\n", 0, 0, 0, "{\"name\":\"a\"}\n{ \"name\": \"b\" }\n", false},
		{lines, "{\"name\":\"a\"}\n{\"name\":\"b\",\"hash\":1,\"pin\":\"2\"}\n", "{\"name\":\"a\"}\n{\"name\":\"b\"}\n", 2, 0, 0, "{\"name\":\"a\"}\n", true},
		{lines, "{\"name\":\"a\"}\n{\"name\":1}\n{\"name\":\"c\"}", "{\"name\":\"a\"}\n{\"name\":1}\n{\"name\":\"c\"}", 0, 1, 0, "{\"name\":\"a\"}\n", true},
		{lines, "{\"name\":\"a\"}\n{\"name\"\n", "{\"name\":\"a\"}\n", 0, 0, problem.AnswerInvalid, "{\"name\":\"a\"}\n", true},
		{lines, "{\"name\":\"a\"}\n\"" + strings.Repeat("x", 2000) + "\"\n", "{\"name\":\"a\"}\n", 0, 0, problem.AnswerTooLarge, "{\"name\":\"a\"}\n", true},
		{texts, "\x1e{\"name\":\"b\",\"hash\":1}\n", "\x1e{\"name\":\"b\"}\n", 1, 0, 0, "", true},
		{texts, "\x1e{\"name\":\"a\"}\n{\"hash\":1}\n", "\x1e{\"name\":\"a\"}\n", 0, 0, problem.AnswerInvalid, "\x1e{\"name\":\"a\"}\n", true},
		{events, "data: {\"name\":\"a\",\"hash\":1}\n\n", "data: {\"name\":\"a\"}\n\n", 1, 0, 0, "", true},
		{events, ": shard 7\nevent: a\nid: 1\ndata: {}\n\nretry: 5\n\n", ":\nevent: a\ndata: {}\n\nretry: 5\n\n", 1, 0, 0, ":\n", true},
		{events, "event: a\ndata: {\"hash\":1}\nretry: 3\n\n", "event: a\ndata: {}\nretry: 3\n\n", 1, 0, 0, "", true},
		{events, "event: a\ndata: {\ndata: \"name\":\"a\",\nretry: 3\ndata: \"hash\":1}\n\n", "event: a\ndata: {\ndata: \"name\":\"a\"}\nretry: 3\n\n", 1, 0, 0, "", true},
		{events, "event: c\ndata: {}\n\n", "event: c\ndata: {}\n\n", 0, 1, 0, "", true},
		{events, "data: <html>\n\n", "", 0, 0, problem.AnswerInvalid, "", true},
	} {
		x := streamed(c.contentType, c.content, "Etag", `"1"`, "Content-Digest", "sha-256=:a:")
		if err := feed(t, Prune).Run(x); err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(x.Response.Body)
		if string(got) != c.pruned || x.Pruned != c.cut || len(x.Findings) != c.findings || (err == nil) != (c.breaks == 0) || err != nil && problem.As(err).Kind != c.breaks {
			t.Errorf("%q:\nleft %q, %v; want %q\n%d pruned, %d findings", c.content, got, err, c.pruned, x.Pruned, len(x.Findings))
		}
		if x.Response.Fields.Has("Content-Digest") || x.Response.Fields.Get("ETag") != `W/"1"` {
			t.Errorf("%q: %v", c.content, x.Response.Fields)
		}

		x = streamed(c.contentType, c.content)
		if err := feed(t, Block).Run(x); err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(x.Response.Body); string(got) != c.blocked || (err != nil) != c.blocks {
			t.Errorf("%q, blocked: %q, %v; want %q", c.content, got, err, c.blocked)
		}

		x = streamed(c.contentType, c.content, "Etag", `"1"`)
		if err := feed(t, Watch).Run(x); err != nil {
			t.Fatal(err)
		}
		got, err = io.ReadAll(x.Response.Body)
		if string(got) != c.content || err != nil || x.Pruned != 0 || x.Response.Fields.Get("ETag") != `"1"` {
			t.Errorf("%q, watched: %q, %v", c.content, got, err)
		}
		if (c.findings+c.cut > 0 || c.breaks != 0) && len(x.Findings) == 0 {
			t.Errorf("%q, watched: nothing was found", c.content)
		}
	}
}

// An answer that ends can be refused as a whole.
func TestAShortSequenceIsBlockedProperly(t *testing.T) {
	for content, want := range map[string]bool{"{\"name\":\"a\"}\n": true, "{\"name\":\"a\"}\n{\"hash\":1}\n": false} {
		x := given{status: 200, contentType: "application/jsonl", content: content}.exchange()
		x.Op.MaxAnswer, x.Env = 1000, sallyport.NewEnv(x.Env.Log, 1<<30)
		err := feed(t, Block).Run(x)
		if (err == nil) != want || err != nil && problem.As(err).Kind != problem.AnswerInvalid {
			t.Errorf("%q: %v", content, err)
		}
	}
}

// An event must reach the client before the next is there, and so must the
// fields: nothing is read until the door does.
func TestAnEventIsNotHeldBack(t *testing.T) {
	for _, mode := range []Mode{Prune, Watch, Block} {
		in, out := io.Pipe()
		x := streamed("text/event-stream", "")
		x.Response.Body = message.NewBody(in, -1)
		if err := feed(t, mode).Run(x); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			go io.WriteString(out, "data: {}\n\n")
			p := make([]byte, 100)
			if n, err := x.Response.Body.Read(p); err != nil || string(p[:n]) != "data: {}\n\n" {
				t.Fatalf("mode %d: %q, %v", mode, p[:n], err)
			}
		}
	}
}

// A stream that goes on for days must not gather what was found in it.
func TestFindingsOfAStreamAreBounded(t *testing.T) {
	x := streamed("application/jsonl", strings.Repeat("{\"name\":1,\"hash\":1}\n", 1000))
	if err := feed(t, Prune).Run(x); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, x.Response.Body); err != nil || len(x.Findings) != maxFindings || x.Pruned != 1000 {
		t.Errorf("%v, %d findings, %d pruned", err, len(x.Findings), x.Pruned)
	}
}

func TestACodedStreamIsDecodedAsItComes(t *testing.T) {
	var content bytes.Buffer
	content.WriteString(zipped(t, "data: {\"name\":\"a\",\"hash\":1}\n\n"))
	x := streamed("text/event-stream", content.String(), "Content-Encoding", "gzip")
	if err := feed(t, Prune).Run(x); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(x.Response.Body); err != nil || string(got) != "data: {\"name\":\"a\"}\n\n" || x.Response.Fields.Has("Content-Encoding") {
		t.Errorf("%q, %v, %v", got, err, x.Response.Fields)
	}
	if x.Env.Bodies.Taken() < coding.Memory([]coding.Coding{coding.Gzip}) {
		t.Error("the decoder takes nothing of the budget")
	}
	x = streamed("text/event-stream", content.String()[:20], "Content-Encoding", "gzip")
	if err := feed(t, Prune).Run(x); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(x.Response.Body); err == nil || problem.As(err).Kind != problem.AnswerInvalid {
		t.Error(err)
	}
	for value, mode := range map[string]Mode{"compress": Prune, "gzip, gzip, gzip": Block} {
		if err := feed(t, mode).Run(streamed("text/event-stream", "x", "Content-Encoding", value)); err == nil || problem.As(err).Kind != problem.AnswerInvalid {
			t.Errorf("%s: %v", value, err)
		}
	}
	x = streamed("text/event-stream", "x", "Content-Encoding", "compress")
	if err := feed(t, Watch).Run(x); err != nil || len(x.Findings) != 1 {
		t.Errorf("%v, %d findings", err, len(x.Findings))
	}
}

func TestASequenceOfAnotherCharsetDoesNotLeave(t *testing.T) {
	for _, mode := range []Mode{Prune, Block} {
		x := streamed("application/jsonl; charset=utf-16", "{\"name\":\"a\"}\n")
		if err := feed(t, mode).Run(x); err == nil || problem.As(err).Kind != problem.AnswerInvalid {
			t.Errorf("mode %d: %v", mode, err)
		}
	}
	x := streamed("application/jsonl; charset=us-ascii", "{\"name\":\"a\"}\n")
	if err := feed(t, Prune).Run(x); err == nil || problem.As(err).Kind != problem.AnswerInvalid {
		t.Errorf("US-ASCII: %v", err)
	}
	x = streamed("application/jsonl; charset=utf-16", "{\"name\":\"a\"}\n")
	if err := feed(t, Watch).Run(x); err != nil || len(x.Findings) != 1 {
		t.Errorf("watched: %v, %v", err, x.Findings)
	}
}
