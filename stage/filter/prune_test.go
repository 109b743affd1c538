package filter

import (
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"sallyport"
	"sallyport/jsonschema"
	"sallyport/mediatype"
	"sallyport/problem"
	"sallyport/source"
)

const user = `{"type":"object","required":["name","pin"],"properties":{
	"name":{"type":"string"},"pin":{"type":"string","writeOnly":true},
	"friends":{"type":"array","items":{"type":"object","properties":{"name":{"type":"string"}}}}}}`

// users answers with JSON that names what it holds.
func users(t testing.TB, mode Mode) *Answer {
	t.Helper()
	node, err := source.Parse("schema.json", []byte(user), source.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	s, err := jsonschema.NewCompiler(jsonschema.Options{}).Compile(node, jsonschema.Use{Direction: jsonschema.Response, Closed: true})
	if err != nil {
		t.Fatal(err)
	}
	r, err := mediatype.ParseRange("application/json")
	if err != nil {
		t.Fatal(err)
	}
	return &Answer{Mode: mode, Responses: []Response{NewResponse(200, []Media{{Range: r, Schema: s}})}}
}

func answering(content string, fields ...string) *sallyport.Exchange {
	x := given{status: 200, contentType: "application/json", content: content, fields: fields}.exchange()
	x.Op.MaxAnswer = 100_000
	return x
}

func left(t *testing.T, x *sallyport.Exchange) string {
	t.Helper()
	b, err := io.ReadAll(x.Response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if int64(len(b)) != x.Response.Body.Length {
		t.Errorf("%d bytes of a length of %d", len(b), x.Response.Body.Length)
	}
	return string(b)
}

func TestPrune(t *testing.T) {
	for _, c := range []struct {
		name, content, left string
		pruned, findings    int
	}{
		{"as declared", `{"name": "Ann"}`, `{"name": "Ann"}`, 0, 0},
		{"undeclared, writeOnly and deep down", `{"hash": "x", "name": "Ann", "pin": "1", "friends": [{"name": "Bob", "age": 7}, {"age": 8}]}`,
			`{"name": "Ann", "friends": [{"name": "Bob"}, {}]}`, 4, 0},
		{"beside another fault", `{"name":1,"hash":"x"}`, `{"name":1}`, 1, 1},
		{"another fault alone", `{"name":1}`, `{"name":1}`, 0, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := answering(c.content)
			if err := users(t, Prune).Run(x); err != nil {
				t.Fatal(err)
			}
			if got := left(t, x); got != c.left || x.Pruned != c.pruned || len(x.Findings) != c.findings {
				t.Errorf("left %s\nwant %s, %d pruned, %d findings", got, c.left, x.Pruned, len(x.Findings))
			}
		})
	}
}

func TestOnlyPruneChangesAnAnswer(t *testing.T) {
	for _, content := range []string{`{"name":"Ann","hash":"x"}`, `{"name":"Ann","pin":"1"}`} {
		x := answering(content, "Etag", `"1"`)
		if err := users(t, Watch).Run(x); err != nil || left(t, x) != content || x.Pruned != 0 || len(x.Findings) != 1 || x.Response.Fields.Get("ETag") != `"1"` {
			t.Errorf("watched: %v, %d pruned, %v", err, x.Pruned, x.Findings)
		}
		x = answering(content)
		if err := users(t, Block).Run(x); err == nil || problem.As(err).Kind != problem.AnswerInvalid || x.Pruned != 0 {
			t.Errorf("%s is not blocked: %v", content, err)
		}
	}
}

// What cannot be read to its end may hold anything.
func TestWhatCannotBeJudgedDoesNotLeave(t *testing.T) {
	for _, content := range []string{`{"hash":"x"`, `{"hash":"x","hash":"y"}`, `{"hash":"x","name":1e9999}`, strings.Repeat("[", 500) + strings.Repeat("]", 500), "{\"hash\":\"\xff\"}"} {
		x := answering(content)
		if err := users(t, Prune).Run(x); err == nil || problem.As(err).Kind != problem.AnswerInvalid {
			t.Errorf("%.30q passes: %v", content, err)
		}
	}
}

func TestFieldsOfAPrunedAnswer(t *testing.T) {
	fields := []string{"Content-Digest", "sha-256=:a:", "repr-digest", "sha-256=:a:", "Digest", "a", "Content-MD5", "a", "ETag", `"1"`, "Last-Modified", "then"}
	told := func(x *sallyport.Exchange) (all []string) {
		for _, f := range x.Response.Fields {
			all = append(all, f.Name+"="+f.Value)
		}
		return all
	}
	x := answering(`{"name":"Ann","hash":"x"}`, fields...)
	if err := users(t, Prune).Run(x); err != nil {
		t.Fatal(err)
	}
	if got := told(x); !slices.Equal(got, []string{"Content-Type=application/json", `ETag=W/"1"`, "Last-Modified=then"}) {
		t.Errorf("%q", got)
	}
	x = answering(`{"name":"Ann","hash":"x"}`, "ETag", `W/"1"`)
	if err := users(t, Prune).Run(x); err != nil || x.Response.Fields.Get("ETag") != `W/"1"` {
		t.Errorf("%v: %q", err, told(x))
	}
	x = answering(`{"name":"Ann"}`, fields...)
	if err := users(t, Prune).Run(x); err != nil || len(told(x)) != 7 || x.Response.Fields.Get("ETag") != `"1"` {
		t.Errorf("nothing was taken out: %v: %q", err, told(x))
	}
}

func TestPlacesInTheLogAreFewAndShort(t *testing.T) {
	x := answering(`{"name":"Ann","a":1,"b":1,"c":1,"d":1,"e":1,"` + strings.Repeat("é", 300) + `":1}`)
	if err := users(t, Prune).Run(x); err != nil {
		t.Fatal(err)
	}
	var places []string
	for _, n := range x.Notes() {
		if n.Key == "pruned_at" {
			places = n.Value.Any().([]string)
		}
	}
	if !slices.Equal(places, []string{"/a", "/b", "/c", "/d", "/e"}) || !slices.ContainsFunc(x.Notes(), slog.Int("pruned", 6).Equal) {
		t.Errorf("%v", x.Notes())
	}
	if got := shortened("/" + strings.Repeat("é", 300)); got != "/"+strings.Repeat("é", 99)+"…" {
		t.Errorf("%q", got)
	}
}

func TestHeadHasNoLengthOfWhatMayBePruned(t *testing.T) {
	for mode, want := range map[Mode]int64{Prune: -1, Watch: 40, Block: 40} {
		x := answering(strings.Repeat(" ", 40))
		x.Request.Method = "HEAD"
		if err := users(t, mode).Run(x); err != nil || x.Response.Body.Length != want {
			t.Errorf("mode %d: length %d, %v", mode, x.Response.Body.Length, err)
		}
	}
}

// What a GET would leave is not known: neither what it is the validator of, nor
// which bytes have the digests.
func TestAnswersWithoutContentSayNothingOfBytes(t *testing.T) {
	const weak, strong = `W/"1"`, `"1"`
	asked := []string{"If-None-Match", `"1"`}
	for _, c := range []struct {
		name                string
		given               given
		prune, block, watch string
	}{
		{"HEAD", given{method: "HEAD", status: 200, contentType: "application/json"}, weak, strong, strong},
		{"HEAD with a length", given{method: "HEAD", status: 200, contentType: "application/json", content: "{}"}, weak, strong, strong},
		{"HEAD of no media type", given{method: "HEAD", status: 200}, weak, strong, strong},
		{"HEAD of what is not read", given{method: "HEAD", status: 200, contentType: "text/csv"}, strong, strong, strong},
		{"HEAD of what is not declared", given{method: "HEAD", status: 200, contentType: "image/png"}, strong, strong, strong},
		{"HEAD of a sequence", given{method: "HEAD", status: 200, contentType: "application/jsonl"}, weak, strong, strong},
		{"HEAD of what has no content", given{method: "HEAD", status: 201}, strong, strong, strong},
		{"HEAD of what would be decoded", given{method: "HEAD", status: 200, contentType: "application/json", fields: []string{"Content-Encoding", "gzip"}}, weak, weak, strong},
		{"not modified", given{status: 304, asked: asked}, weak, strong, strong},
		{"not modified, to a HEAD", given{method: "HEAD", status: 304, asked: asked}, weak, strong, strong},
		{"not modified, of what is not read", given{status: 304, contentType: "text/csv", asked: asked}, strong, strong, strong},
		{"done", given{status: 204}, strong, strong, strong},
	} {
		for mode, want := range map[Mode]string{Prune: c.prune, Block: c.block, Watch: c.watch} {
			a := users(t, mode)
			a.Responses = []Response{
				NewResponse(200, []Media{a.Responses[0].Content[0], feed(t, mode).Responses[0].Content[0], media(t, "text/csv", "")}),
				NewResponse(201, nil), NewResponse(204, nil), NewResponse(304, nil),
			}
			g := c.given
			g.fields = append([]string{"ETag", strong, "Content-Digest", "sha-256=:a:", "Repr-Digest", "sha-256=:a:", "Last-Modified", "then"}, g.fields...)
			x := g.exchange()
			if err := a.Run(x); err != nil {
				t.Fatalf("%s, mode %d: %v", c.name, mode, err)
			}
			f := x.Response.Fields
			if got := f.Get("ETag"); got != want || f.Has("Repr-Digest") != (want == strong) || f.Has("Content-Digest") != (want == strong) || f.Get("Last-Modified") != "then" {
				t.Errorf("%s, mode %d: %v; want %s", c.name, mode, f, want)
			}
			if f.Has("Content-Encoding") && want == weak {
				t.Errorf("%s, mode %d: %v", c.name, mode, f)
			}
		}
	}
}
