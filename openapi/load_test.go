package openapi_test

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sallyport/openapi"
)

func parse(t *testing.T, version, text string) *openapi.Document {
	t.Helper()
	d, err := openapi.Parse("d", []byte(head(version)+text), openapi.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestParse_operations(t *testing.T) {
	d := parse(t, "3.2.0", `
x-sallyport: {a: 1}
paths:
  /b:
    x-sallyport: {a: 2}
    parameters:
    - {name: p, in: query, schema: {type: string}}
    - {name: q, in: query, schema: {type: string}}
    post:
      operationId: makeB
      deprecated: true
      tags: [one, two]
      x-sallyport: {a: 3}
      parameters:
      - {name: q, in: query, required: true, schema: {type: integer}}
      - {name: Authorization, in: header, schema: {}}
      requestBody:
        required: true
        content:
          Application/JSON; Charset=UTF-8: {schema: {type: object}}
      responses:
        '201': {description: made, headers: {Location: {required: true, schema: {type: string}}, Content-Type: {schema: {}}}}
        4XX: {description: wrong}
        default: {description: other, content: {text/event-stream: {itemSchema: {type: object}}}}
    query: {}
    additionalOperations:
      COPY: {}
  /a:
    get: {}
webhooks:
  w: {post: {}}
`)
	var ids []string
	for _, op := range d.Operations {
		ids = append(ids, op.ID)
	}
	if want := []string{"makeB", "QUERY /b", "COPY /b", "GET /a"}; !reflect.DeepEqual(ids, want) {
		t.Fatalf("operations are %v, want %v", ids, want)
	}
	op := d.Operations[0]
	if op.Method != "POST" || op.Path != "/b" || !op.Deprecated || !reflect.DeepEqual(op.Tags, []string{"one", "two"}) || op.SecurityDeclared {
		t.Errorf("got %+v", op)
	}
	if got := op.At.String(); got != "d:14:7" {
		t.Errorf("the operation is at %s", got)
	}
	if len(op.Extensions) != 3 || op.Extensions[0].Get("a").Text != "1" || op.Extensions[2].Get("a").Text != "3" {
		t.Errorf("extensions are %v", op.Extensions)
	}
	if len(op.Parameters) != 2 || op.Parameters[0].Name != "p" || !op.Parameters[1].Required || op.Parameters[1].Schema.Str("type") != "integer" {
		t.Errorf("parameters are %+v", op.Parameters)
	}
	if op.Body == nil || !op.Body.Required || op.Body.Content[0].Range != "application/json; charset=utf-8" {
		t.Errorf("the body is %+v", op.Body)
	}
	var statuses []string
	for _, r := range op.Responses {
		statuses = append(statuses, r.Status)
	}
	if want := []string{"201", "4XX", "default"}; !reflect.DeepEqual(statuses, want) {
		t.Errorf("responses are %v, want %v", statuses, want)
	}
	if h := op.Responses[0].Headers; len(h) != 1 || !h["Location"].Required {
		t.Errorf("headers are %v", h)
	}
	if op.Responses[2].Content[0].ItemSchema == nil {
		t.Error("the itemSchema is lost")
	}
	if len(d.Unrouted) != 1 || d.Unrouted[0].Name != "webhook w" {
		t.Errorf("unrouted are %v", d.Unrouted)
	}
	if len(d.Warnings) != 1 || !strings.Contains(d.Warnings[0].Message, "Authorization") {
		t.Errorf("warnings are %v", d.Warnings)
	}
}

func TestParse_parameters_have_the_defaults_of_their_place(t *testing.T) {
	tests := []struct {
		version, text string
		style         string
		explode       bool
	}{
		{"3.0.4", "{name: x, in: path, required: true, schema: {}}", "simple", false},
		{"3.0.4", "{name: x, in: path, required: true, style: matrix, explode: true, schema: {}}", "matrix", true},
		{"3.0.4", "{name: a, in: query, schema: {}}", "form", true},
		{"3.0.4", "{name: a, in: query, explode: false, schema: {}}", "form", false},
		{"3.0.4", "{name: a, in: query, style: pipeDelimited, schema: {}}", "pipeDelimited", false},
		{"3.0.4", "{name: a, in: query, style: deepObject, schema: {}}", "deepObject", false},
		{"3.0.4", "{name: a, in: header, schema: {}}", "simple", false},
		{"3.0.4", "{name: a, in: cookie, schema: {}}", "form", true},
		{"3.2.0", "{name: a, in: cookie, style: cookie, schema: {}}", "cookie", true},
	}
	for _, tt := range tests {
		path := "/a"
		if strings.Contains(tt.text, "in: path") {
			path = "/{x}"
		}
		d := parse(t, tt.version, "paths:\n  "+path+":\n    get:\n      "+answers+"\n      parameters: ["+tt.text+"]\n")
		p := d.Operations[0].Parameters[0]
		if p.Style != tt.style || p.Explode != tt.explode {
			t.Errorf("%s: style %s, explode %v", tt.text, p.Style, p.Explode)
		}
	}
	d := parse(t, "3.0.4", "paths:\n  /a:\n    get:\n      "+answers+"\n      parameters: [{name: a, in: query, content: {Text/Plain: {schema: {type: string}}}}]\n")
	if p := d.Operations[0].Parameters[0]; p.Schema != nil || p.Content.Range != "text/plain" || p.Content.Schema == nil {
		t.Errorf("got %+v", p)
	}
}

func TestParse_base_paths(t *testing.T) {
	tests := []struct {
		name, servers string
		want          []string
	}{
		{"no servers", "", []string{""}},
		{"an empty list", "servers: []", []string{""}},
		{"a host alone", "servers: [{url: 'https://a.example'}]", []string{""}},
		{"a host and a slash", "servers: [{url: 'https://a.example/'}]", []string{""}},
		{"a path", "servers: [{url: 'https://a.example/v1/'}]", []string{"/v1"}},
		{"a relative path", "servers: [{url: /v1}, {url: v2}, {url: ./v3}, {url: ''}]", []string{"/v1", "/v2", "/v3", ""}},
		{"dot segments", "servers: [{url: /a/../b/./c}]", []string{"/b/c"}},
		{"percent-encoding", "servers: [{url: /a%20b}]", []string{"/a%20b"}},
		{"a query", "servers: [{url: '/a?x=/y#z'}]", []string{"/a"}},
		{"no scheme", "servers: [{url: '//a.example/v1'}]", []string{"/v1"}},
		{"the same twice", "servers: [{url: 'https://a/v1'}, {url: 'https://b/v1'}]", []string{"/v1"}},
		{"a default", "servers: [{url: 'https://a/{v}', variables: {v: {default: v1}}}]", []string{"/v1"}},
		{"an enum", "servers: [{url: 'https://a/{v}', variables: {v: {default: v2, enum: [v1, v2, v3]}}}]", []string{"/v2", "/v1", "/v3"}},
		{"a variable in the host", "servers: [{url: 'https://{h}/v1', variables: {h: {default: a, enum: [a, b/c]}}}]", []string{"/v1"}},
		{"a variable for all", "servers: [{url: '{all}/x', variables: {all: {default: 'https://a/v1', enum: ['https://a/v1', 'https://b']}}}]", []string{"/v1/x", "/x"}},
		{"an empty variable", "servers: [{url: 'https://a/{v}', variables: {v: {default: ''}}}]", []string{""}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := parse(t, "3.0.4", "paths: {/x: {get: {"+answers+"}}}\n"+tt.servers+"\n")
			if got := d.Operations[0].BasePaths; !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestParse_the_nearest_servers_win(t *testing.T) {
	d := parse(t, "3.0.4", `
servers: [{url: /root}]
paths:
  /a:
    servers: [{url: /item}]
    get: {`+answers+`, servers: [{url: /operation}]}
    put: {`+answers+`}
  /b:
    get: {`+answers+`}
`)
	for i, want := range []string{"/operation", "/item", "/root"} {
		if got := d.Operations[i].BasePaths; len(got) != 1 || got[0] != want {
			t.Errorf("%s has %q, want %s", d.Operations[i].ID, got, want)
		}
	}
}

func TestParse_security(t *testing.T) {
	d := parse(t, "3.1.0", `
security: [{key: [], oauth: [read, write]}, {}]
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Key}
    oauth: {$ref: '#/components/securitySchemes/real'}
    real: {type: oauth2, flows: {clientCredentials: {tokenUrl: /t, scopes: {}}}}
    basic: {type: http, scheme: Basic}
paths:
  /a:
    get: {}
    put: {security: []}
    post: {security: [{basic: [admin]}]}
`)
	get, put, post := d.Operations[0], d.Operations[1], d.Operations[2]
	if !get.SecurityDeclared || len(get.Security) != 2 || len(get.Security[0]) != 2 || len(get.Security[1]) != 0 ||
		!slices.Equal(get.Security[0][1].Scopes, []string{"read", "write"}) || get.SecurityAt.String() != "d:6:11" {
		t.Errorf("GET has %+v at %v", get.Security, get.SecurityAt)
	}
	if !put.SecurityDeclared || len(put.Security) != 0 {
		t.Errorf("PUT has %+v", put.Security)
	}
	if len(post.Security) != 1 || post.Security[0][0].Scheme != "basic" || post.Security[0][0].Scopes[0] != "admin" {
		t.Errorf("POST has %+v", post.Security)
	}
	if s := d.Schemes["oauth"]; s == nil || s.Type != "oauth2" || s.Name != "oauth" {
		t.Errorf("oauth is %+v", s)
	}
	if s := d.Schemes["basic"]; s.HTTPScheme != "basic" {
		t.Errorf("basic is %+v", s)
	}
	if s := d.Schemes["key"]; s.In != "header" || s.Parameter != "X-Key" || s.At.String() != "d:9:10" {
		t.Errorf("key is %+v", s)
	}
	none := parse(t, "3.1.0", "paths: {/a: {get: {}}}\n").Operations[0]
	if none.SecurityDeclared || none.Security != nil {
		t.Errorf("no security is %+v", none)
	}
}

func TestParse_path_items_by_reference(t *testing.T) {
	d := parse(t, "3.1.0", `
paths:
  /a:
    $ref: '#/components/pathItems/shared'
    parameters: [{name: own, in: query, schema: {}}]
    put: {operationId: own}
  /b:
    $ref: '#/components/pathItems/shared'
components:
  pathItems:
    shared:
      parameters: [{name: both, in: query, schema: {}}]
      get: {operationId: theirs}
      put: {operationId: unused}
`)
	var got []string
	for _, op := range d.Operations {
		names := ""
		for _, p := range op.Parameters {
			names += " " + p.Name
		}
		got = append(got, op.Method+" "+op.Path+" "+op.ID+names)
	}
	want := []string{"PUT /a own both own", "GET /a theirs both own", "GET /b GET /b both", "PUT /b unused both"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestParse_warnings_never_refuse(t *testing.T) {
	d := parse(t, "3.1.0", `
tags: [{name: a}, {name: a}]
paths:
  /a:
    get:
      responses:
        '200':
          description: x
          content:
            json: {example: 7, schema: {type: string, format: unheard-of, requird: [x]}}
          links: {l: {operationId: none}}
components:
  responses: {Unused: {description: ''}}
`)
	for _, part := range []string{"the tag \"a\"", "no media type", "\"requird\" is unknown", "\"none\", which there is not"} {
		if !strings.Contains(d.Warnings.Error(), part) {
			t.Errorf("no warning has %q:\n%v", part, d.Warnings)
		}
	}
	if len(d.Warnings) != 4 || len(d.Operations[0].Mistakes) != 0 {
		t.Errorf("got %v", d.Warnings)
	}
}

func TestParse_warnings_of_what_counts_otherwise(t *testing.T) {
	d := parse(t, "3.0.4", `
paths:
  /a:
    $ref: '#/x-items/a'
    get: {`+answers+`}
  /b:
    get:
      security: [{oauth: [read, wriet]}, {key: [admin]}]
      parameters: [{$ref: '#/components/parameters/P', required: true}]
      `+answers+`
x-items: {a: {get: {`+answers+`}}}
components:
  parameters: {P: {name: a, in: query, schema: {$ref: '#/components/schemas/S', maxLength: 3}}}
  schemas: {S: {type: string}}
  securitySchemes:
    key: {type: apiKey, in: header, name: k, scheme: basic}
    oauth: {type: oauth2, flows: {password: {tokenUrl: /t, scopes: {read: r, write: w}}}}
`)
	want := []string{
		"d:9:5: get stands here and in what $ref names", "d:12:33: no flow of \"oauth\" offers the scope \"wriet\"",
		"d:12:49: a scheme of type apiKey has no scopes", "d:13:56: required beside $ref is ignored",
		"d:17:81: maxLength beside $ref is ignored", "d:20:46: scheme means nothing",
	}
	got := strings.Split(d.Warnings.Error(), "\n")
	if len(got) != len(want) {
		t.Fatalf("got %d warnings, want %d:\n%v", len(got), len(want), d.Warnings)
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("got %s, want %s", got[i], want[i])
		}
	}
}

func TestLoad_partial_serves_the_rest(t *testing.T) {
	text := []byte(head("3.0.4") + `
security: [{key: []}]
paths:
  /good: {get: {` + answers + `}}
  /hash#tag: {get: {` + answers + `}}
  /same/{a}: {parameters: [{name: a, in: path, required: true, schema: {}}], get: {` + answers + `}}
  /same/{b}: {parameters: [{name: b, in: path, required: true, schema: {}}], get: {` + answers + `}}
  /deep: {get: {responses: {default: {$ref: '#/components/responses/R'}}}}
  /open: {get: {security: [], ` + answers + `}}
  /unknown: {get: {security: [{kye: []}], ` + answers + `}}
  /callback: {post: {` + answers + `, callbacks: {c: {'{$url}': {post: {}}}}}}
components:
  responses: {R: {description: '', content: {a/b: {schema: {$ref: '#/components/schemas/A'}}}}}
  schemas:
    A: {properties: {b: {$ref: '#/components/schemas/B'}}}
    B: {type: strin}
    Unused: {type: strin}
  securitySchemes: {key: {type: apiKey, in: header, name: k}}
`)
	if _, err := openapi.Parse("d", text, openapi.Options{}); err == nil {
		t.Error("without Partial it is not refused")
	}
	d, err := openapi.Parse("d", text, openapi.Options{Partial: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range d.Operations {
		want := map[string]string{
			"/hash#tag": "has '#' in it", "/same/{a}": "match the same", "/same/{b}": "match the same", "/deep": `"strin"`, "/unknown": `"kye"`,
		}[op.Path]
		if got := op.Mistakes.Error(); (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("%s has the mistakes %q, want %q", op.Path, got, want)
		}
	}
	if got := len(d.Warnings); got != 2 { // the unused schema and the callback
		t.Errorf("%d warnings: %v", got, d.Warnings)
	}
	broken := []byte(head("3.0.4") + "security: [{none: []}]\npahts: {}\npaths: {/a: {get: {" + answers + "}}}\n")
	if _, err := openapi.Parse("d", broken, openapi.Options{Partial: true}); err == nil || !strings.Contains(err.Error(), "pahts") || strings.Contains(err.Error(), "none") {
		t.Errorf("a mistake of the whole document: got %v", err)
	}
}

func TestLoad_digest_covers_every_file(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"a.yaml": head("3.1.0") + "paths: {}\ncomponents: {schemas: {A: {$ref: 'b.json'}}}\n", "b.json": `{"type": "string"}`})
	load := func() *openapi.Document {
		d, err := openapi.Load(context.Background(), filepath.Join(dir, "a.yaml"), openapi.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	first := load()
	if again := load(); again.Digest != first.Digest || len(first.Digest) != 64 || len(first.Files) != 2 {
		t.Errorf("%s and %s over %v", first.Digest, again.Digest, first.Files)
	}
	write(t, dir, map[string]string{"b.json": `{"type": "number"}`})
	if changed := load(); changed.Digest == first.Digest {
		t.Error("another file has the same digest")
	}
}

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// The dialect of a document is what its schemas are read by, and that of files
// which it draws schemas from may be no other.
func TestLoad_dialects(t *testing.T) {
	const head = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths: {}\n"
	for _, c := range []struct{ address, dialect, mistake string }{
		{"", "", ""},
		{"https://json-schema.org/draft/2019-09/schema", "https://json-schema.org/draft/2019-09/schema", ""},
		{"https://example.com/mine", "https://json-schema.org/draft/2020-12/schema", ""},
		{"https://example.com/other", "", "not understood"},
	} {
		text := head
		if c.address != "" {
			text += "jsonSchemaDialect: " + c.address + "\n"
		}
		d, err := openapi.Parse("api.yaml", []byte(text), openapi.Options{Dialects: map[string]string{"https://example.com/mine": "https://json-schema.org/draft/2020-12/schema"}})
		switch {
		case c.mistake != "":
			if err == nil || !strings.Contains(err.Error(), c.mistake) {
				t.Errorf("%s: the mistake is %v", c.address, err)
			}
		case err != nil:
			t.Errorf("%s: %v", c.address, err)
		case d.Dialect != c.dialect:
			t.Errorf("%s is read as %q", c.address, d.Dialect)
		}
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"api.yaml":   head + "components: {schemas: {A: {$ref: 'other.yaml#/components/schemas/B'}}}\n",
		"other.yaml": head + "jsonSchemaDialect: http://json-schema.org/draft-07/schema\ncomponents: {schemas: {B: {type: string}}}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := openapi.Load(context.Background(), filepath.Join(dir, "api.yaml"), openapi.Options{}); err == nil || !strings.Contains(err.Error(), "another dialect") {
		t.Errorf("the mistake is %v", err)
	}
}
