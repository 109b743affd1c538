package filter

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"

	"sallyport/jsonschema"
	"sallyport/mediatype"
	"sallyport/message"
	"sallyport/problem"
	"sallyport/source"
)

const userPage = `{"type":"object","required":["users"],"properties":{"next":{"type":"string"},"users":{"type":"array","items":` + user + `}}}`

func pages(t testing.TB, mode Mode, schema string) *Answer {
	t.Helper()
	node, err := source.Parse("schema.json", []byte(schema), source.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	r, err := mediatype.ParseRange("application/json")
	if err != nil {
		t.Fatal(err)
	}
	m := Media{Range: r}
	c := jsonschema.NewCompiler(jsonschema.Options{Dialect: jsonschema.OpenAPI31})
	if m.Schema, err = c.Compile(node, jsonschema.Use{Direction: jsonschema.Response, Closed: true}); err != nil {
		t.Fatal(err)
	}
	_, m.Streams = m.Schema.Streams()
	return &Answer{Mode: mode, Responses: []Response{NewResponse(200, []Media{m})}}
}

func TestLargeAnswers(t *testing.T) {
	const one = `{"name":"a","hash":"0123456789"}`
	many := strings.Repeat(one+",", 100) + one
	left := strings.Repeat(`{"name":"a"},`, 100) + `{"name":"a"}`
	for _, c := range []struct {
		name, schema, content string
		pruned                string // what leaves in mode prune
		refused, breaks       problem.Kind
		findings              int
		watched               int
	}{
		{"a page", userPage, `{"users":[` + many + `]}`, `{"users":[` + left + `]}`, 0, 0, 0, 4},
		{"a fault of an item", userPage, `{"users":[` + many + `,{"name":1}]}`, `{"users":[` + left + `,{"name":1}]}`, 0, 0, 1, 4},
		{"a fault of the whole", userPage, `{"next":"` + strings.Repeat("a", 600) + `","x":"` + strings.Repeat("a", 600) + `"}`, `{"next":"` + strings.Repeat("a", 600) + `"}`, 0, 0, 1, 2},
		{"an item of many bytes", userPage, `{"users":[` + many + `,{"name":"` + strings.Repeat("b", 1001) + `"}]}`, `{"users":[` + left + `,{`, 0, problem.AnswerTooLarge, 0, 5},
		{"nothing but that", userPage, `{"users":[{"name":"` + strings.Repeat("b", 1001) + `"}]}`, "", problem.AnswerTooLarge, 0, 0, 1},
		{"no JSON at its end", userPage, `{"users":[` + many + `,<html>`, `{"users":[` + left, 0, problem.AnswerInvalid, 0, 5},
		{"no JSON at all", userPage, `{"users"` + many, "", problem.AnswerInvalid, 0, 0, 1},
		{"a schema of the whole", `{"type":"array","uniqueItems":true}`, `[` + many + `]`, "", problem.AnswerTooLarge, 0, 0, 1},
	} {
		for _, encoded := range []bool{false, true} {
			x := streamed("application/json", c.content, "Etag", `"1"`, "Content-Digest", "sha-256=:a:")
			if encoded {
				var b bytes.Buffer
				w := gzip.NewWriter(&b)
				if _, err := io.WriteString(w, c.content); err != nil || w.Close() != nil {
					t.Fatal(err)
				}
				x = streamed("application/json", b.String(), "Etag", `"1"`, "Content-Encoding", "gzip")
			}
			err := pages(t, Prune, c.schema).Run(x)
			if c.refused != 0 {
				if err == nil || problem.As(err).Kind != c.refused {
					t.Errorf("%s: %v", c.name, err)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
				continue
			}
			got, err := io.ReadAll(x.Response.Body)
			if string(got) != c.pruned || c.breaks == 0 && err != nil || c.breaks != 0 && (err == nil || problem.As(err).Kind != c.breaks) {
				t.Errorf("%s: %v, left\n%s\nwant\n%s", c.name, err, got, c.pruned)
			}
			if len(x.Findings) != c.findings {
				t.Errorf("%s: %d findings", c.name, len(x.Findings))
			}
			f := x.Response.Fields
			if f.Joined("Etag") != `W/"1"` || f.Has("Content-Digest") || f.Has("Content-Encoding") || x.Response.Body.Length != -1 {
				t.Errorf("%s: %v, length %d", c.name, f, x.Response.Body.Length)
			}
		}
		x := streamed("application/json", c.content, "Etag", `"1"`)
		x.Response.Body.Length = int64(len(c.content))
		if err := pages(t, Watch, c.schema).Run(x); err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(x.Response.Body); string(got) != c.content || err != nil || len(x.Findings) != c.watched || x.Response.Fields.Joined("Etag") != `"1"` || x.Response.Body.Length != int64(len(c.content)) {
			t.Errorf("%s: watched, %v, %d findings\n%s", c.name, err, len(x.Findings), got)
		}
		if err := pages(t, Block, c.schema).Run(streamed("application/json", c.content)); err == nil || problem.As(err).Kind != problem.AnswerTooLarge {
			t.Errorf("%s: blocked with %v", c.name, err)
		}
	}
}

func TestLargeAnswerIsNotedAtItsEnd(t *testing.T) {
	x := streamed("application/json", `{"users":[`+strings.Repeat(`{"name":"a","hash":1},`, 100)+`{}]}`)
	if err := pages(t, Prune, userPage).Run(x); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, x.Response.Body); err != nil {
		t.Fatal(err)
	}
	l := &large{stream: &jsonschema.Stream{Cut: []string{"/users/*/hash"}, CutCount: 100}}
	l.Done(x)
	if x.Pruned != 100 || len(x.Notes()) != 2 || x.Notes()[1].Value.String() != "[/users/*/hash]" {
		t.Errorf("%d, %v", x.Pruned, x.Notes())
	}
}

func TestLargeAnswerFailsAsItsBackendDoes(t *testing.T) {
	gone := errors.New("the connection was reset")
	for _, sent := range []int{1, 200} {
		x := streamed("application/json", "")
		x.Op.MaxAnswer = 10
		content := `{"users":[` + strings.Repeat(`{"name":"a"},`, sent)
		x.Response.Body = message.NewBody(io.NopCloser(io.MultiReader(strings.NewReader(content), broken{gone})), -1)
		err := pages(t, Prune, userPage).Run(x)
		if err == nil {
			_, err = io.ReadAll(x.Response.Body)
		}
		if !errors.Is(err, gone) {
			t.Errorf("%d items: %v", sent, err)
		}
	}
}

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

// crowd is an answer of many users that is never whole in memory.
type crowd struct {
	left int
	rest string
	read int64
}

func (u *crowd) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		if u.rest == "" {
			if u.left--; u.left < -1 {
				return n, io.EOF
			}
			u.rest = `{"name":"somebody","hash":"0123456789abcdef","pin":"0000"},`
			if u.left == -1 {
				u.rest = `{}]}`
			}
		}
		k := copy(p[n:], u.rest)
		u.rest = u.rest[k:]
		n += k
	}
	u.read += int64(n)
	return n, nil
}

// An answer of more than a hundred megabytes takes a few.
func TestLargeAnswerIsNeverWhole(t *testing.T) {
	x := streamed("application/json", "")
	x.Op.MaxAnswer = 1 << 20
	source := &crowd{left: 2_000_000, rest: `{"users":[`}
	x.Response.Body = message.NewBody(io.NopCloser(source), -1)
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	if err := pages(t, Prune, userPage).Run(x); err != nil {
		t.Fatal(err)
	}
	most, at, left := uint64(0), int64(0), int64(0)
	buffer := make([]byte, 32<<10)
	for {
		n, err := x.Response.Body.Read(buffer)
		left += int64(n)
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if source.read > at {
			at += 10 << 20
			runtime.GC()
			runtime.ReadMemStats(&now)
			most = max(most, now.HeapAlloc-min(before.HeapAlloc, now.HeapAlloc))
		}
	}
	if source.read < 100<<20 || left != int64(len(`{"users":[`)+2_000_000*len(`{"name":"somebody"},`)+len(`{}]}`)) {
		t.Errorf("%d bytes have passed of %d", left, source.read)
	}
	if most > 8<<20 {
		t.Errorf("%d bytes were held", most)
	}
}

// What is only watched keeps the fields behind its content; what may have been
// changed does not.
func TestTrailersOfALargeAnswer(t *testing.T) {
	for mode, want := range map[Mode]bool{Watch: true, Prune: false} {
		x := streamed("application/json", "")
		x.Op.MaxAnswer = 10
		x.Response.Body = message.NewBody(trailed{io.NopCloser(strings.NewReader(`{"users":[{"name":"a"},{"name":"b"}]}`))}, -1)
		if err := pages(t, mode, userPage).Run(x); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, x.Response.Body); err != nil {
			t.Fatal(err)
		}
		if got := x.Response.Body.Trailers().Has("Content-Digest"); got != want {
			t.Errorf("mode %d: %v", mode, got)
		}
	}
}

type trailed struct{ io.ReadCloser }

func (trailed) Trailers() message.Fields {
	return message.Fields{{Name: "Content-Digest", Value: "sha-256=:a:"}}
}
