package sample

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"sallyport/jsonschema"
	"sallyport/openapi"
	"sallyport/problem"
)

// document is a document of one schema, called S, and other components.
func document(t testing.TB, version, schema, more string) *openapi.Document {
	t.Helper()
	text := fmt.Sprintf(`{"openapi": %q, "info": {"title": "t", "version": "1"}, "paths": {"/": {"post": {"responses": {"default": {"description": ""}},
		"requestBody": {"required": true, "content": {"application/json": {"schema": %s}}}}}}, "components": {"schemas": {%s}}}`, version, schema, more)
	d, err := openapi.Parse("t.json", []byte(text), openapi.Options{})
	if err != nil {
		t.Fatalf("%s: %v", schema, err)
	}
	return d
}

// made is what a generator makes of a schema: JSON text, or the error.
func made(t testing.TB, version, schema, more string, o Options, direction jsonschema.Direction) string {
	t.Helper()
	d := document(t, version, schema, more)
	text, err := New(d, o).Value(d.Operations[0].Body.Content[0].Schema, direction)
	if err != nil {
		return "error: " + err.Error()
	}
	return string(text)
}

func TestValue(t *testing.T) {
	for _, c := range []struct{ version, schema, more, want string }{
		{"3.1.2", `{"type": "string"}`, "", `"sample"`},
		{"3.1.2", `{"type": "string", "minLength": 9}`, "", `"samsample"`},
		{"3.1.2", `{"type": "string", "maxLength": 2}`, "", `"le"`},
		{"3.1.2", `{"type": "string", "pattern": "^[a-c]{2}\\d+$", "minLength": 5}`, "", `"aa000"`},
		{"3.1.2", `{"type": "string", "format": "date"}`, "", `"2026-01-01"`},
		{"3.1.2", `{"type": "string", "format": "uuid"}`, "", `"00000000-0000-4000-8000-000000000001"`},
		{"3.1.2", `{"type": "integer", "minimum": 7, "multipleOf": 5}`, "", `10`},
		{"3.1.2", `{"type": "integer", "exclusiveMaximum": 0}`, "", `-1`},
		{"3.1.2", `{"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.1}`, "", `0.001515151515151515151515`},
		{"3.0.4", `{"type": "number", "minimum": 3, "exclusiveMinimum": true, "maximum": 4}`, "", `4`},
		{"3.0.4", `{"type": "string", "nullable": true, "enum": [null, "x"]}`, "", `"x"`},
		{"3.1.2", `{"type": ["null", "integer"]}`, "", `1`},
		{"3.1.2", `{"const": {"a": [1]}}`, "", `{"a":[1]}`},
		{"3.1.2", `{"type": "array", "items": {"type": "boolean"}, "minItems": 2, "uniqueItems": true}`, "", `[true,false]`},
		{"3.1.2", `{"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": false, "minItems": 2}`, "", `["sample",2]`},
		{"3.1.2", `{"type": "array", "contains": {"const": 5}, "minContains": 2}`, "", `[5,5]`},
		{"3.1.2", `{"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}}`, "", `{"a":1}`},
		{"3.1.2", `{"type": "object", "minProperties": 2, "properties": {"a": {"type": "integer"}}, "additionalProperties": {"type": "boolean"}}`, "", `{"a":1,"member":true}`},
		{"3.1.2", `{"type": "object", "minProperties": 1, "patternProperties": {"^x-": {"type": "integer"}}}`, "", `{"x-":1}`},
		{"3.1.2", `{"type": "object", "required": ["a"], "properties": {"a": {}, "b": {}, "c": {}}, "dependentRequired": {"a": ["b"], "b": ["c"]}}`, "", `{"a":"sample","b":"sample","c":"sample"}`},
		{"3.1.2", `{"allOf": [{"type": "object", "required": ["a"], "properties": {"a": {"minimum": 3}}}, {"properties": {"a": {"type": "integer", "maximum": 3}}}]}`, "", `{"a":3}`},
		{"3.1.2", `{"oneOf": [{"type": "object", "properties": {"a": {"const": 1}}}, {"type": "object", "required": ["b"], "properties": {"b": {"type": "integer"}, "a": {"const": 1}}}]}`, "", `{}`},
		{"3.1.2", `{"oneOf": [{"type": "integer"}, {"type": "number", "minimum": 0.5, "maximum": 0.7}]}`, "", `1`},
		{"3.1.2", `{"anyOf": [false, {"type": "null"}, {"type": "boolean"}]}`, "", `true`},
		{"3.1.2", `{"type": "object", "required": ["k"], "properties": {"k": {"enum": ["a", "b"]}, "v": {"type": "integer"}}, "if": {"properties": {"k": {"const": "a"}}}, "then": {"required": ["v"]}}`, "", `{"k":"a","v":1}`},
		{"3.1.2", `{"type": "integer", "not": {"const": 1}, "enum": [1, 2]}`, "", `2`},
		// A tree ends as early as it may.
		{"3.1.2", `{"$ref": "#/components/schemas/T"}`, `"T": {"type": "object", "required": ["sons"], "properties": {"sons": {"type": "array", "items": {"$ref": "#/components/schemas/T"}}}}`, `{"sons":[{"sons":[]}]}`},
		{"3.1.2", `{"$ref": "#/components/schemas/T"}`, `"T": {"type": "object", "required": ["next"], "properties": {"next": {"anyOf": [{"$ref": "#/components/schemas/T"}, {"type": "null"}]}}}`, `{"next":{"next":null}}`},
		// What a discriminator says of a branch and of a child.
		{"3.0.4", `{"oneOf": [{"$ref": "#/components/schemas/Cat"}], "discriminator": {"propertyName": "kind"}}`, `"Cat": {"type": "object", "properties": {"kind": {"type": "string"}}}`, `{"kind":"Cat"}`},
		{"3.0.4", `{"oneOf": [{"$ref": "#/components/schemas/Cat"}], "discriminator": {"propertyName": "kind", "mapping": {"tom": "#/components/schemas/Cat"}}}`, `"Cat": {"type": "object", "properties": {"kind": {"type": "string"}}}`, `{"kind":"tom"}`},
		{"3.0.4", `{"$ref": "#/components/schemas/Cat"}`, `"Pet": {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}}, "discriminator": {"propertyName": "kind", "mapping": {"tom": "#/components/schemas/Cat"}}},
			"Cat": {"allOf": [{"$ref": "#/components/schemas/Pet"}, {"type": "object", "properties": {"lives": {"type": "integer"}}}]}`, `{"kind":"tom"}`},
		// A pattern with look-around is tried on the document's own example.
		{"3.1.2", `{"type": "string", "pattern": "^(?!a).b$", "example": "xb"}`, "", "error: "},
	} {
		if got := made(t, c.version, c.schema, c.more, Options{}, jsonschema.Request); got != c.want && !(c.want == "error: " && strings.HasPrefix(got, c.want)) {
			t.Errorf("%s: %s; want %s", c.schema, got, c.want)
		}
	}
	if got := made(t, "3.1.2", `{"type": "string", "pattern": "^(?!a).b$", "example": "xb"}`, "", Options{Backtracking: true}, jsonschema.Request); got != `"xb"` {
		t.Errorf("with backtracking: %s", got)
	}
}

func TestAll(t *testing.T) {
	tree := `"T": {"type": "object", "properties": {"name": {"type": "string"}, "left": {"$ref": "#/components/schemas/T"}}}`
	for schema, want := range map[string]string{
		`{"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "boolean"}}}`:       `{"a":1,"b":true}`,
		`{"type": "object", "additionalProperties": {"type": "integer"}}`:                              `{"member":1}`,
		`{"type": "array", "items": {"type": "integer"}}`:                                              `[1,2]`,
		`{"type": "object", "properties": {"a": false, "b": {"type": "boolean"}}}`:                     `{"b":true}`,
		`{"type": "object", "maxProperties": 1, "properties": {"a": {"const": 1}, "b": {"const": 2}}}`: `{"a":1}`,
		`{"$ref": "#/components/schemas/T"}`:                                                           `{"name":"sample"}`,
	} {
		if got := made(t, "3.1.2", schema, tree, Options{All: true}, jsonschema.Request); got != want {
			t.Errorf("%s: %s; want %s", schema, got, want)
		}
	}
}

func TestDirection(t *testing.T) {
	schema := `{"type": "object", "required": ["id", "secret"], "properties": {"id": {"type": "integer", "readOnly": true}, "secret": {"allOf": [{"type": "integer", "writeOnly": true}]}}}`
	for direction, want := range map[jsonschema.Direction]string{jsonschema.Request: `{"secret":1}`, jsonschema.Response: `{"id":1}`, jsonschema.Neutral: `{"id":1,"secret":1}`} {
		if got := made(t, "3.1.2", schema, "", Options{}, direction); got != want {
			t.Errorf("direction %d: %s; want %s", direction, got, want)
		}
	}
}

// What cannot be made says where and why.
func TestImpossible(t *testing.T) {
	for schema, want := range map[string]string{
		`{"type": "string", "minLength": 3, "maxLength": 2}`:                                                                "no text was found",
		`{"type": "integer", "minimum": 3, "maximum": 2}`:                                                                   "no number is within its limits",
		`{"allOf": [{"type": "string"}, {"type": "integer"}]}`:                                                              "no type is left",
		`{"type": "object", "required": ["b"], "properties": {"a": {}}}`:                                                    `"b" must be there and is declared nowhere`,
		`{"type": "object", "required": ["b"], "additionalProperties": false}`:                                              "additionalProperties: false",
		`{"type": "array", "minItems": 3, "uniqueItems": true, "items": {"type": "boolean"}}`:                               "items that differ",
		`{"type": "string", "enum": [1, 2]}`:                                                                                "must be a string",
		`{"oneOf": [{"type": "integer"}, {"type": "integer"}]}`:                                                             "fits more than one",
		`{"$ref": "#/components/schemas/T"}`:                                                                                "without end",
		`{"type": "object", "minProperties": 2, "propertyNames": {"const": "a"}, "additionalProperties": {"type": "null"}}`: "not as many names",
	} {
		got := made(t, "3.1.2", schema, `"T": {"type": "object", "required": ["next"], "properties": {"next": {"$ref": "#/components/schemas/T"}}}`, Options{}, jsonschema.Request)
		if !strings.HasPrefix(got, "error: t.json:") || !strings.Contains(got, want) {
			t.Errorf("%s: %s; want an error at a place with %q", schema, got, want)
		}
	}
}

// A seed makes other requests, the same seed the same.
func TestSeed(t *testing.T) {
	schema := `{"type": "object", "required": ["a", "b", "c"], "properties": {"a": {"type": "string"}, "b": {"enum": ["x", "y", "z"]}, "c": {"type": "integer"}}}`
	seen := map[string]bool{}
	for seed := range uint64(3) {
		first := made(t, "3.1.2", schema, "", Options{Seed: seed}, jsonschema.Request)
		if again := made(t, "3.1.2", schema, "", Options{Seed: seed}, jsonschema.Request); again != first {
			t.Errorf("seed %d made %s, then %s", seed, first, again)
		}
		seen[first] = true
	}
	if len(seen) != 3 {
		t.Errorf("three seeds made %v", seen)
	}
}

const shop = `
openapi: 3.1.2
info: {title: shop, version: "1"}
servers: [{url: /v1}]
components:
  securitySchemes:
    key: {type: apiKey, in: query, name: key}
    token: {type: http, scheme: bearer}
paths:
  /orders/{id}:
    put:
      operationId: put
      security: [{token: [], key: []}]
      parameters:
        - {name: id, in: path, required: true, schema: {type: array, items: {type: integer}, minItems: 2}}
        - {name: filter, in: query, required: true, style: deepObject, schema: {type: object, required: [a], properties: {a: {type: string, const: "x y"}}}}
        - {name: tags, in: query, required: true, explode: false, schema: {type: array, minItems: 2, items: {type: string}}}
        - {name: X-Trace, in: header, required: true, schema: {type: integer}}
        - {name: sid, in: cookie, required: true, schema: {type: string}}
        - {name: later, in: query, schema: {type: boolean}}
      requestBody:
        required: true
        content:
          application/json:
            schema: {type: object, required: [n], properties: {n: {type: integer}, in: {type: object, required: [m], properties: {m: {type: string}}}}}
      responses: {default: {description: any}}
    get:
      operationId: get
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses: {default: {description: any}}
  /files:
    post:
      operationId: upload
      requestBody:
        content:
          multipart/form-data:
            schema: {type: object, required: [file, note], properties: {file: {type: string, format: binary}, note: {type: string}, meta: {type: object, properties: {a: {type: integer}}}}}
      responses: {default: {description: any}}
  /form:
    post:
      operationId: form
      requestBody:
        content:
          application/x-www-form-urlencoded:
            schema: {type: object, required: [a, list, meta], properties: {a: {const: "1&2"}, list: {type: array, items: {type: integer}, minItems: 2}, meta: {type: object, required: [x], properties: {x: {type: integer}}}}}
      responses: {default: {description: any}}
  /xml:
    post:
      operationId: xml
      requestBody: {content: {application/xml: {schema: {type: object, xml: {name: order}, required: [a], properties: {a: {const: "<&>"}}}}}}
      responses: {default: {description: any}}
`

func shopGenerator(t testing.TB, o Options) (*Generator, map[string]*openapi.Operation) {
	t.Helper()
	d, err := openapi.Parse("shop.yaml", []byte(shop), openapi.Options{})
	if err != nil {
		t.Fatal(err)
	}
	operations := map[string]*openapi.Operation{}
	for _, op := range d.Operations {
		operations[op.ID] = op
	}
	return New(d, o), operations
}

func secret(s *openapi.SecurityScheme) string { return "secret-" + s.Name }

func TestRequest(t *testing.T) {
	g, operations := shopGenerator(t, Options{Credential: secret})
	r, err := g.Request(operations["put"])
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintln(r.Method, r.Target(), r.Fields, string(r.Body))
	want := fmt.Sprintln("PUT", "/v1/orders/1,2?filter%5Ba%5D=x%20y&tags=sample,sample1&key=secret-key",
		[]Field{{"X-Trace", "1"}, {"Authorization", "Bearer secret-token"}, {"Cookie", "sid=sample"}, {"Content-Type", "application/json"}}, `{"n":1}`)
	if got != want {
		t.Errorf("%s; want %s", got, want)
	}
	for id, want := range map[string]string{
		"form":   `a=1%262&list=1&list=2&meta=%7B%22x%22%3A1%7D`,
		"xml":    `<order><a>&lt;&amp;&gt;</a></order>`,
		"upload": "--sallyport-sample-boundary\r\nContent-Disposition: form-data; name=\"file\"; filename=\"sample.bin\"\r\nContent-Type: application/octet-stream\r\n\r\nsample\r\n--sallyport-sample-boundary\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nsample\r\n--sallyport-sample-boundary--\r\n",
	} {
		r, err := g.Request(operations[id])
		if err != nil || string(r.Body) != want {
			t.Errorf("%s: %v %q; want %q", id, err, r.Body, want)
		}
	}
}

// Without a secret for every scheme of an alternative there is no request.
func TestCredentials(t *testing.T) {
	g, operations := shopGenerator(t, Options{Credential: func(s *openapi.SecurityScheme) string {
		if s.Name == "key" {
			return ""
		}
		return "x"
	}})
	if _, err := g.Request(operations["put"]); err == nil || !strings.Contains(err.Error(), "no alternative of its security") {
		t.Errorf("a request without its key: %v", err)
	}
	if _, err := g.Request(operations["get"]); err != nil {
		t.Errorf("a public operation: %v", err)
	}
}

func TestBroken(t *testing.T) {
	g, operations := shopGenerator(t, Options{Credential: secret, All: true})
	list, err := g.Broken(operations["put"])
	if err != nil {
		t.Fatal(err)
	}
	valid, _ := g.Request(operations["put"])
	got := map[string]problem.Kind{}
	for _, b := range list {
		got[b.Fault] = b.Kind
		if fmt.Sprint(*b.Request) == fmt.Sprint(*valid) {
			t.Errorf("%s: the request is the valid one", b.Fault)
		}
	}
	want := map[string]problem.Kind{
		"undeclared path":                        problem.OperationUnknown,
		"undeclared method DELETE":               problem.MethodUnknown,
		"no credentials":                         problem.CredentialsMissing,
		"wrong type of path parameter id":        problem.ParameterInvalid,
		"no query parameter filter":              problem.ParameterInvalid,
		"no query parameter tags":                problem.ParameterInvalid,
		"no header parameter X-Trace":            problem.ParameterInvalid,
		"wrong type of header parameter X-Trace": problem.ParameterInvalid,
		"wrong type of query parameter tags":     problem.ParameterInvalid,
		"undeclared query parameter":             problem.ParameterInvalid,
		"no body":                                problem.BodyMissing,
		"wrong media type":                       problem.MediaTypeUnsupported,
		"malformed JSON":                         problem.BodyMalformed,
		"missing property /n":                    problem.BodyInvalid,
		"missing property /in/m":                 problem.BodyInvalid,
		"wrong type of property /n":              problem.BodyInvalid,
		"wrong type of property /in":             problem.BodyInvalid,
		"wrong type of property /in/m":           problem.BodyInvalid,
		"undeclared property /zz-undeclared":     problem.BodyInvalid,
		"undeclared property /in/zz-undeclared":  problem.BodyInvalid,
	}
	for fault, kind := range want {
		if got[fault] != kind {
			t.Errorf("%s: %v; want %v", fault, got[fault], kind)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d faults: %v", len(got), got)
	}
	// What is broken for one variant is whole again for the next.
	if again, _ := g.Request(operations["put"]); fmt.Sprint(*again) != fmt.Sprint(*valid) || !json.Valid(again.Body) {
		t.Errorf("the valid request has changed: %v", again)
	}
}

// Parts of a form that nobody reads have no wrong type.
func TestBrokenForm(t *testing.T) {
	g, operations := shopGenerator(t, Options{All: true})
	list, err := g.Broken(operations["upload"])
	if err != nil {
		t.Fatal(err)
	}
	var faults []string
	for _, b := range list {
		if b.Kind == problem.BodyInvalid {
			faults = append(faults, b.Fault)
		}
	}
	if got := strings.Join(faults, ", "); got != "wrong type of property /meta, missing property /note, undeclared property /zz-undeclared" {
		t.Error(got)
	}
}
