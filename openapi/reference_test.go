package openapi_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"sallyport/openapi"
	"sallyport/source"
)

func TestParse_references_of_all_kinds(t *testing.T) {
	reference := func(name, version, text string, want ...string) mistake {
		return mistake{name, version, "paths:\n  /a:\n    get:\n      " + answers + "\n      parameters: [{$ref: '#/components/parameters/P'}]\ncomponents:\n" + text, want}
	}
	check(t, []mistake{
		reference("good", "3.0.4", "  parameters:\n    P: {name: a, in: query, schema: {$ref: '#/components/schemas/A'}}\n  schemas: {A: {}}\n"),
		reference("through two", "3.0.4", "  parameters:\n    P: {$ref: '#/components/parameters/Q'}\n    Q: {name: a, in: query, schema: {}}\n"),
		reference("missing", "3.0.4", "  parameters:\n    Q: {name: a, in: query, schema: {}}\n    p: {name: b, in: query, schema: {}}\n", `9:27 did you mean "p"?`),
		reference("missing altogether", "3.0.4", "  {}\n", `9:27 there is no "parameters"`),
		reference("to itself", "3.0.4", "  parameters:\n    P: {$ref: '#/components/parameters/P'}\n", `9:27 leads back`, `12:15 leads back to itself`),
		reference("in a ring", "3.0.4", "  parameters:\n    P: {$ref: '#/components/parameters/Q'}\n    Q: {$ref: '#/components/parameters/P'}\n", `9:27 leads back`, `12:15 leads back`, `13:15 leads back to itself`),
		reference("another kind", "3.0.4", "  parameters:\n    P: {$ref: '#/components/schemas/A'}\n  schemas:\n    A: {type: string}\n", `12:15 names a schema, but here stands a parameter`),
		reference("not a string", "3.0.4", "  parameters:\n    P: {$ref: 7}\n", `12:15 put it in quotes`),
		reference("bad percent-encoding", "3.0.4", "  parameters:\n    P: {$ref: '#/%zz'}\n", `12:15 not percent-encoded well`),
		reference("no pointer", "3.0.4", "  parameters:\n    P: {$ref: '#components/parameters/Q'}\n", `12:15 a pointer begins with #/`),
		reference("an absolute path", "3.0.4", "  parameters:\n    P: {$ref: '/etc/passwd'}\n", `12:15 is an absolute path`),
		reference("a file URL", "3.0.4", "  parameters:\n    P: {$ref: 'file:///etc/passwd'}\n", `12:15 names no file`),
		reference("another host", "3.0.4", "  parameters:\n    P: {$ref: 'https://example.com/p.yaml'}\n", `12:15 allow remote references`),
		reference("a file in memory", "3.0.4", "  parameters:\n    P: {$ref: 'p.yaml'}\n", `12:15 embedded document`),
	})
	check(t, []mistake{
		{"a path item to itself", "3.0.4", "paths:\n  /a: {$ref: '#/paths/~1a'}\n", []string{`6:14 leads back to itself`}},
		{"a schema that is only itself", "3.1.0", "components:\n  schemas:\n    A: {$ref: '#/components/schemas/A'}\n", []string{`7:15 leads back to itself`}},
		{"a schema that contains itself", "3.0.4", "paths: {}\ncomponents:\n  schemas:\n    A: {properties: {a: {$ref: '#/components/schemas/A'}}}\n", nil},
		{"escapes", "3.0.4", "paths:\n  /a/{b}:\n    x-s: {type: string}\ncomponents:\n  schemas:\n    A: {$ref: '#/paths/~1a~1%7Bb%7D/x-s'}\n    B: {$ref: '#/paths/~1a~1{b}/x-s'}\n", nil},
		{"into a list", "3.0.4", "paths: {}\ncomponents:\n  schemas:\n    A: {oneOf: [{type: string}]}\n    B: {$ref: '#/components/schemas/A/oneOf/0'}\n    C: {$ref: '#/components/schemas/A/oneOf/1'}\n", []string{`10:15 there is no item "1"`}},
		{"a plus sign is no blank", "3.0.4", "paths: {}\ncomponents:\n  schemas:\n    A: {properties: {'a b': {}, c: {$ref: '#/components/schemas/A/properties/a%20b'}, d: {$ref: '#/components/schemas/A/properties/a+b'}}}\n", []string{`8:97 did you mean "a b"?`}},
		{"a property called $ref", "3.0.4", "paths: {}\ncomponents:\n  schemas:\n    A: {properties: {$ref: {type: string}}}\n", nil},
		{"what is in an example", "3.0.4", "paths: {}\ncomponents:\n  schemas:\n    A: {example: {$ref: '#/nowhere'}}\n", nil},
		{"a media type in 3.2", "3.2.0", "components:\n  mediaTypes: {M: {schema: {}}}\n  requestBodies: {B: {content: {a/b: {$ref: '#/components/mediaTypes/M'}}}}\n", nil},
	})
}

func TestDocument_Resolve(t *testing.T) {
	d := parse(t, "3.1.0", `
paths: {}
components:
  schemas:
    A: {$ref: '#/components/schemas/B', properties: {x: {$anchor: here}}}
    B: {type: string}
    C:
      $id: https://example.com/c
      $defs:
        inner: {$anchor: here, type: number, $dynamicAnchor: node}
        nested: {$id: d, $defs: {e: {type: 'null'}}}
      properties: {y: {$ref: '#/$defs/inner'}, z: {$ref: '#here'}, v: {$dynamicRef: '#node'}, w: {$ref: 'd#/$defs/e'}}
    D: {$ref: https://example.com/d}
`)
	schemas := d.Root().At("/components/schemas")
	tests := []struct {
		from, ref, want string
	}{
		{"/A", "#/components/schemas/B", "/B"},
		{"/A/properties/x", "#here", "/A/properties/x"},
		{"/C/properties/y", "#/$defs/inner", "/C/$defs/inner"},
		{"/C/properties/z", "#here", "/C/$defs/inner"},
		{"/C/properties/v", "#node", "/C/$defs/inner"},
		{"/C/properties/w", "d#/$defs/e", "/C/$defs/nested/$defs/e"},
		{"/C", "#", "/C"},
		{"/C/$defs/nested", "", "/C/$defs/nested"},
		{"/D", "https://example.com/c#/$defs/inner", "/C/$defs/inner"},
		{"/D", "https://example.com/d", "/C/$defs/nested"},
	}
	for _, tt := range tests {
		got, err := d.Resolve(schemas.At(tt.from), tt.ref)
		if err != nil || got != schemas.At(tt.want) {
			t.Errorf("%s from %s: got %v, %v, want %s", tt.ref, tt.from, got.Position(), err, tt.want)
		}
	}
	for ref, want := range map[string]string{
		"#/components/schemas/b": `did you mean "B"?`, "#her": `did you mean "here"?`, "other.yaml": "embedded", "https://example.org/": "another host",
	} {
		_, err := d.Resolve(schemas.Get("A"), ref)
		var m *source.Mistake
		if !errors.As(err, &m) || !strings.Contains(err.Error(), want) || m.Line == 0 {
			t.Errorf("%s: got %v, want %q", ref, err, want)
		}
	}
}

func TestLoad_several_files(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"api/main.yaml": head("3.0.4") + `
paths:
  /a: {$ref: 'paths/a.yaml'}
components:
  schemas:
    Top: {$ref: '../shared/schemas.json#/Pet'}
`,
		"api/paths/a.yaml":        "get:\n  parameters: [{$ref: '../parts.yml#/limit'}]\n  responses:\n    200: {description: x, content: {a/b: {schema: {$ref: '../../shared/schemas.json#/Pet'}}}}\n",
		"api/parts.yml":           "limit: {name: limit, in: query, schema: {$ref: '#/number'}}\nnumber: {type: integer}\n",
		"shared/schemas.json":     `{"Pet": {"properties": {"tag": {"$ref": "#/Tag"}, "own": {"$ref": "sub%20dir/own.json"}}}, "Tag": {"type": "string"}}`,
		"shared/sub dir/own.json": `{"type": "object"}`,
	})
	d, err := openapi.Load(context.Background(), filepath.Join(dir, "api", "main.yaml"), openapi.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Files) != 5 || d.Files[0] != filepath.Join(dir, "api", "main.yaml") {
		t.Errorf("files are %q", d.Files)
	}
	op := d.Operations[0]
	if op.ID != "GET /a" || op.Parameters[0].Name != "limit" {
		t.Errorf("got %+v", op)
	}
	pet, err := d.Resolve(op.Responses[0].Content[0].Schema, "../../shared/schemas.json#/Pet")
	if err != nil {
		t.Fatal(err)
	}
	if own, err := d.Resolve(pet.At("/properties/own"), "sub%20dir/own.json"); err != nil || own.Str("type") != "object" {
		t.Errorf("got %v, %v", own, err)
	}
	if _, err := d.Resolve(pet, "unread.json"); err == nil || !strings.Contains(err.Error(), "without this file") {
		t.Errorf("a file that load did not read: %v", err)
	}
}

func TestLoad_mistakes_in_other_files(t *testing.T) {
	dir := t.TempDir()
	main := head("3.0.4") + "paths: {}\ncomponents:\n  schemas:\n    A: {$ref: '%s'}\n"
	write(t, dir, map[string]string{
		"part.yaml": "A: {type: strin}\n", "broken.yaml": "a: [\n", "dir/x": "",
	})
	for ref, want := range map[string]string{
		"part.yaml#/A":                           "part.yaml:1:11: there is no type",
		"part.yaml#/B":                           "main.yaml:8:15: the reference",
		"none.yaml":                              "main.yaml:8:15: what \"none.yaml\" refers to cannot be read",
		"broken.yaml":                            "main.yaml:8:15: what \"broken.yaml\" refers to cannot be read",
		"dir":                                    "this is a directory",
		"/dev/zero":                              "is an absolute path",
		"../../../../../../../../../../dev/zero": "not a regular file",
	} {
		write(t, dir, map[string]string{"main.yaml": fmt.Sprintf(main, ref)})
		_, err := openapi.Load(context.Background(), filepath.Join(dir, "main.yaml"), openapi.Options{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", ref, err, want)
		}
	}
}

func TestLoad_remote_files_only_where_allowed(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"main.yaml": head("3.0.4") + "paths: {}\ncomponents:\n  schemas:\n    A: {$ref: 'https://example.com/s/a.yaml#/A'}\n"})
	path := filepath.Join(dir, "main.yaml")
	if _, err := openapi.Load(context.Background(), path, openapi.Options{}); err == nil || !strings.Contains(err.Error(), "main.yaml:8:15: ") {
		t.Errorf("got %v", err)
	}
	var asked []string
	remote := func(_ context.Context, url string) ([]byte, error) {
		asked = append(asked, url)
		switch url {
		case "https://example.com/s/a.yaml":
			return []byte("A: {$ref: '../b.yaml'}\n"), nil
		case "https://example.com/b.yaml":
			return []byte("type: string\n"), nil
		}
		return nil, errors.New("not found")
	}
	d, err := openapi.Load(context.Background(), path, openapi.Options{Remote: remote})
	if err != nil || len(d.Files) != 3 || len(asked) != 2 {
		t.Errorf("got %v, asked for %q", err, asked)
	}
	if _, err := openapi.Load(context.Background(), "https://example.com/api.yaml", openapi.Options{}); err == nil || !strings.Contains(err.Error(), "allow remote") {
		t.Errorf("a document on another host: %v", err)
	}
}

func TestLoad_self_is_the_base_of_references(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"main.yaml": head("3.2.0") + "$self: https://example.com/api/main\ncomponents:\n  schemas:\n    A: {$ref: 'https://example.com/api/main#/components/schemas/B'}\n    B: {$ref: 'main#/components/schemas/C'}\n    C: {}\n",
	})
	if _, err := openapi.Load(context.Background(), filepath.Join(dir, "main.yaml"), openapi.Options{}); err != nil {
		t.Error(err)
	}
}

func TestLoad_stops_when_it_is_told_to(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := openapi.Load(ctx, "any.yaml", openapi.Options{}); err == nil || !strings.Contains(err.Error(), "given up") {
		t.Errorf("got %v", err)
	}
}
