package bench

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	peer "github.com/santhosh-tekuri/jsonschema/v6"

	"sallyport/jsonschema"
	"sallyport/openapi"
	"sallyport/source"
)

// description is one OpenAPI document as each of the engines reads it.
type description struct {
	name string
	text []byte // JSON
	ours *openapi.Document
	// plain is decoded JSON in which every schema is one of JSON Schema.
	plain any
	draft *peer.Draft
	kin   *openapi3.T
}

// conformance is the folder of public descriptions, "" where it is absent.
func conformance() string {
	root := os.Getenv("SALLYPORT_CONFORMANCE")
	if root == "" {
		root = "../../shared/conformance"
	}
	folder := filepath.Join(root, "api-descriptions")
	if _, err := os.Stat(folder); err != nil {
		return ""
	}
	return folder
}

// describe reads a document from a file, JSON or YAML.
func describe(tb testing.TB, path string) *description {
	tb.Helper()
	root, err := source.ReadFile(path, source.DefaultLimits)
	if err != nil {
		tb.Fatal(err)
	}
	d := &description{name: filepath.Base(path), plain: root.Any(), draft: peer.Draft2020}
	if d.text, err = json.Marshal(d.plain); err != nil {
		tb.Fatal(err)
	}
	if d.ours, err = openapi.Parse(d.name, d.text, openapi.Options{Partial: true}); err != nil {
		tb.Fatal(err)
	}
	if d.ours.Version == openapi.V30 {
		d.draft = peer.Draft4
		sayNull(d.plain)
	}
	if d.kin, err = openapi3.NewLoader().LoadFromData(d.text); err != nil {
		tb.Fatal(err)
	}
	return d
}

// sayNull writes what OpenAPI 3.0 calls nullable in the words of JSON Schema.
// What else 3.0 says differently (exclusiveMinimum, siblings of $ref) it has
// from draft-04.
func sayNull(v any) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			sayNull(item)
		}
	case map[string]any:
		if name, typed := v["type"].(string); typed && v["nullable"] == true {
			v["type"] = []any{name, "null"}
		}
		for _, member := range v {
			sayNull(member)
		}
	}
}

func (d *description) dialect() jsonschema.Dialect {
	if d.ours.Version == openapi.V30 {
		return jsonschema.OpenAPI30
	}
	return jsonschema.OpenAPI31
}

// compiler is ours; schemas are judged by the specification, as the others do.
func (d *description) compiler() *jsonschema.Compiler {
	return jsonschema.NewCompiler(jsonschema.Options{Dialect: d.dialect(), Resolve: d.ours.Resolve})
}

const address = "mem:///description.json"

func (d *description) peerCompiler(tb testing.TB) *peer.Compiler {
	c := peer.NewCompiler()
	c.DefaultDraft(d.draft)
	c.AssertFormat()
	if err := c.AddResource(address, d.plain); err != nil {
		tb.Fatal(err)
	}
	return c
}

// content is a place in a document that has a schema: the body of a request, or
// of the answer with a status.
type content struct{ method, path, status string }

// pointer leads to the schema, which stands under application/json.
func (c content) pointer() string {
	at := "/paths/" + source.EscapePointer(c.path) + "/" + strings.ToLower(c.method)
	if c.status == "" {
		at += "/requestBody"
	} else {
		at += "/responses/" + c.status
	}
	return at + "/content/application~1json/schema"
}

func (c content) node(d *description) *source.Node { return d.ours.Root().At(c.pointer()) }

func (c content) kinSchema(d *description) *openapi3.Schema {
	op := d.kin.Paths.Find(c.path).GetOperation(c.method)
	if c.status == "" {
		return op.RequestBody.Value.Content["application/json"].Schema.Value
	}
	return op.Responses.Value(c.status).Value.Content["application/json"].Schema.Value
}

// decode is how both libraries want their values: numbers as they were written.
func decode(body []byte) (any, error) {
	return peer.UnmarshalJSON(bytes.NewReader(body))
}
