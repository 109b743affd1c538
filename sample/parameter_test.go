package sample

import (
	"encoding/json"
	"strings"
	"testing"

	"sallyport/openapi"
)

// Values as the specification writes them (OpenAPI 3.2.0, Style Examples).
func TestStyles(t *testing.T) {
	list := []any{"blue", "black", "b&w"}
	object := map[string]any{"R": json.Number("100"), "G": json.Number("200")}
	for _, c := range []struct {
		in, style string
		explode   bool
		value     any
		want      string
	}{
		{"path", "simple", false, "a b", "a%20b"},
		{"path", "simple", false, list, "blue,black,b%26w"},
		{"path", "simple", false, object, "G,200,R,100"},
		{"path", "simple", true, object, "G=200,R=100"},
		{"path", "label", false, list, ".blue,black,b%26w"},
		{"path", "label", true, list, ".blue.black.b%26w"},
		{"path", "label", true, object, ".G=200.R=100"},
		{"path", "matrix", false, "blue", ";color=blue"},
		{"path", "matrix", false, list, ";color=blue,black,b%26w"},
		{"path", "matrix", true, list, ";color=blue;color=black;color=b%26w"},
		{"path", "matrix", false, object, ";color=G,200,R,100"},
		{"path", "matrix", true, object, ";G=200;R=100"},
		{"query", "form", true, "a+b", "color=a%2Bb"},
		{"query", "form", false, list, "color=blue,black,b%26w"},
		{"query", "form", true, list, "color=blue&color=black&color=b%26w"},
		{"query", "form", false, object, "color=G,200,R,100"},
		{"query", "form", true, object, "G=200&R=100"},
		{"query", "spaceDelimited", false, list, "color=blue%20black%20b%26w"},
		{"query", "pipeDelimited", false, list, "color=blue%7Cblack%7Cb%26w"},
		{"query", "deepObject", true, object, "color%5BG%5D=200&color%5BR%5D=100"},
		{"query", "deepObject", true, map[string]any{"a": map[string]any{"b": []any{true}}}, "color%5Ba%5D%5Bb%5D%5B0%5D=true"},
		{"header", "simple", false, []any{"a b", "c"}, "color=a b,c"},
		{"header", "simple", true, object, "color=G=200,R=100"},
		{"cookie", "form", true, "a;b", "color=a%3Bb"},
		{"cookie", "cookie", true, "a:b", "color=a:b"},
	} {
		var texts []string
		for _, p := range serialise(&openapi.Parameter{Name: "color", In: c.in, Style: c.style, Explode: c.explode}, c.value) {
			if c.in == "path" {
				p.bare = true
			}
			texts = append(texts, p.String())
		}
		if got := strings.Join(texts, "&"); got != c.want {
			t.Errorf("%s %s explode=%v %v: %s; want %s", c.in, c.style, c.explode, c.value, got, c.want)
		}
	}
}

// What two servers could read differently stands in no parameter.
func TestPlaces(t *testing.T) {
	for _, c := range []struct {
		place place
		text  string
		want  bool
	}{
		{place{in: "path"}, "a b", true},
		{place{in: "path"}, "a/b", false},
		{place{in: "path"}, "..", false},
		{place{in: "path"}, "%41", false},
		{place{in: "path", style: "label"}, "1.5", false},
		{place{in: "header"}, "a, b", true},
		{place{in: "header"}, " a", false},
		{place{in: "header"}, "é", false},
		{place{in: "header"}, "a\r\nb", false},
		{place{in: "cookie", style: "cookie"}, "a;b", false},
		{place{in: "cookie", style: "form"}, "a;b", true},
		{place{in: "query"}, "", false},
		{place{}, "", true},
	} {
		if got := c.place.takes(c.text, 0); got != c.want {
			t.Errorf("%+v %q: %v", c.place, c.text, got)
		}
	}
}

// The whole query as one document (OpenAPI 3.2: querystring).
func TestQuerystring(t *testing.T) {
	for media, want := range map[string]string{
		"application/json":                  "%7B%22a%22%3A1%7D",
		"application/x-www-form-urlencoded": "a=1",
	} {
		d, err := openapi.Parse("t.json", []byte(`{"openapi": "3.2.0", "info": {"title": "t", "version": "1"}, "paths": {"/": {"get": {"parameters": [
			{"name": "q", "in": "querystring", "required": true, "content": {"`+media+`": {"schema": {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}}}}}]}}}}`), openapi.Options{})
		if err != nil {
			t.Fatal(err)
		}
		r, err := New(d, Options{}).Request(d.Operations[0])
		if err != nil || r.Query != want {
			t.Errorf("%s: %v %v; want %s", media, r, err, want)
		}
	}
}
