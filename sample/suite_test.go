package sample

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sallyport/jsonschema"
	"sallyport/openapi"
	"sallyport/source"
)

// unmade are schemas of the official suite for which values exist and none is
// made, and why.
var unmade = map[string]string{
	// The anchor of an outer resource goes before the one that is named.
	"dynamicRef: $dynamicRef avoids the root of each schema, but scopes are still registered": "at most 2 characters",
	// Nothing but an object with a member that nobody names is left.
	"not: collect annotations inside a 'not', even if collection is disabled": "must not be what the schema rules out",
}

// Every schema of the official JSON Schema suite that takes some value has one
// made for it.
func TestSuite(t *testing.T) {
	root := os.Getenv("SALLYPORT_CONFORMANCE")
	if root == "" {
		root = filepath.Join("..", "..", "shared", "conformance")
	}
	files, _ := filepath.Glob(filepath.Join(root, "json-schema", "tests", "draft2020-12", "*.json"))
	if len(files) == 0 {
		t.Skipf("there is no JSON Schema suite below %s", root)
	}
	made := 0
	for _, file := range files {
		var groups []struct {
			Description string
			Schema      json.RawMessage
			Tests       []struct {
				Data  json.RawMessage
				Valid bool
			}
		}
		text, err := os.ReadFile(file)
		if err == nil {
			err = json.Unmarshal(text, &groups)
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range groups {
			name := strings.TrimSuffix(filepath.Base(file), ".json") + ": " + g.Description
			satisfiable := false
			for _, c := range g.Tests {
				satisfiable = satisfiable || c.Valid && judged(t, g.Schema, c.Data)
			}
			if !satisfiable {
				continue
			}
			value, err := makeOne(g.Schema)
			reason, known := unmade[name]
			switch {
			case err != nil && (!known || !strings.Contains(err.Error(), reason)):
				t.Errorf("%s: %v\n%s", name, err, g.Schema)
			case err == nil && known:
				t.Errorf("%s: %s is made after all", name, value)
			case err == nil:
				made++
			}
		}
	}
	t.Logf("%d schemas, %d without a value", made+len(unmade), len(unmade))
}

// wrapped is a document of one schema, which is a resource of its own.
func wrapped(schema json.RawMessage) (*openapi.Document, error) {
	text := strings.TrimSpace(string(schema))
	if strings.HasPrefix(text, "{") && !strings.Contains(text, `"$id"`) {
		text = `{"$id": "urn:sample",` + text[1:]
		text = strings.Replace(text, ",}", "}", 1)
	}
	return openapi.Parse("t.json", []byte(`{"openapi": "3.1.2", "info": {"title": "t", "version": "1"}, "paths": {"/": {"post": {
		"requestBody": {"content": {"application/json": {"schema": `+text+`}}}}}}}`), openapi.Options{})
}

func schemaOf(d *openapi.Document) *source.Node { return d.Operations[0].Body.Content[0].Schema }

func judged(t *testing.T, schema, data json.RawMessage) bool {
	d, err := wrapped(schema)
	if err != nil {
		return false // what a document may not hold, or what lies on another host
	}
	judge, err := New(d, Options{}).schema(schemaOf(d), closed(jsonschema.Neutral))
	return err == nil && len(judge.Check(data)) == 0
}

func makeOne(schema json.RawMessage) (string, error) {
	d, err := wrapped(schema)
	if err != nil {
		return "", err
	}
	text, err := New(d, Options{}).Value(schemaOf(d), jsonschema.Neutral)
	return string(text), err
}
