package jsonschema

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	oracle "github.com/santhosh-tekuri/jsonschema/v6"

	"sallyport/source"
)

// The cases of another draft's suite hold for a dialect that has no suite here,
// where the two say the same.
func TestSuiteOfNeighbours(t *testing.T) {
	suite := conformance(t, "json-schema")
	for _, c := range []struct {
		dialect    Dialect
		folder     string
		from, to   string
		otherwise  []string // words of what only one of the two has
		atLeastRun int
	}{
		{
			Draft2019, "draft2020-12", "draft/2020-12", "draft/2019-09",
			[]string{`"prefixItems":`, `"$dynamicRef":`, "evaluated by contains", "unevaluatedItems depends on multiple nested contains", "unevaluatedItems and contains interact"}, 1000,
		},
		{Draft6, "draft7", "draft-07", "draft-06", []string{`"if":`}, 800},
	} {
		t.Run(c.dialect.String(), func(t *testing.T) {
			read := func(path string) *source.Node {
				text, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				all := parseNode(t, strings.ReplaceAll(string(text), c.from, c.to))
				all.Items = slices.DeleteFunc(all.Items, func(group *source.Node) bool {
					return slices.ContainsFunc(c.otherwise, func(word string) bool { return strings.Contains(jsonText(group), word) })
				})
				return all
			}
			total, wrong := runSuiteOf(t, c.dialect, glob(t, filepath.Join(suite, "tests", c.folder, "*.json")), read, nil)
			t.Logf("%d of %d as the suite says", total-len(wrong), total)
			if total < c.atLeastRun {
				t.Errorf("only %d cases", total)
			}
			for _, w := range wrong {
				t.Error(w)
			}
		})
	}
}

// What 2019-09 and draft-06 have for themselves, judged by the oracle too.
func TestDialectsOfTheirOwn(t *testing.T) {
	const nine, six = "https://json-schema.org/draft/2019-09/schema", "http://json-schema.org/draft-06/schema"
	for _, c := range []struct {
		dialect, schema string
		good, bad       []string
	}{
		{nine, `"items": [{"type": "string"}], "additionalItems": {"type": "integer"}`, []string{`["a"]`, `["a", 1]`, `[]`}, []string{`[1]`, `["a", "b"]`}},
		{nine, `"items": [true], "unevaluatedItems": false`, []string{`[1]`}, []string{`[1, 2]`}},
		// In 2019-09 contains evaluates nothing, in 2020-12 what it fits.
		{nine, `"contains": {"const": 1}, "unevaluatedItems": false`, []string{}, []string{`[1]`}},
		{nine, `"$recursiveAnchor": true, "properties": {"child": {"$recursiveRef": "#"}}, "unevaluatedProperties": false`,
			[]string{`{"child": {"child": {}}}`}, []string{`{"child": {"other": 1}}`, `{"other": 1}`}},
		{nine, `"$id": "https://example.com/strict", "$recursiveAnchor": true, "$ref": "tree", "required": ["name"],
			"$defs": {"tree": {"$id": "https://example.com/tree", "$recursiveAnchor": true, "properties": {"child": {"$recursiveRef": "#"}}}}`,
			[]string{`{"name": 1, "child": {"name": 2}}`}, []string{`{"name": 1, "child": {}}`}},
		// Without $recursiveAnchor where it stands, it is no more than $ref.
		{nine, `"$id": "https://example.com/strict", "$recursiveAnchor": true, "$ref": "tree", "required": ["name"],
			"$defs": {"tree": {"$id": "https://example.com/tree", "properties": {"child": {"$recursiveRef": "#"}}}}`,
			[]string{`{"name": 1, "child": {}}`}, []string{`{}`}},
		{nine, `"dependentRequired": {"a": ["b"]}, "minContains": 2, "contains": {"const": 1}`, []string{`{"b": 1}`, `[1, 1]`}, []string{`{"a": 1}`, `[1]`}},
		{nine, `"prefixItems": [{"type": "string"}], "$dynamicRef": "#nowhere"`, []string{`[1]`}, nil},
		{six, `"contains": {"const": 1}, "propertyNames": {"maxLength": 1}`, []string{`[1]`, `{"a": 1}`}, []string{`[2]`, `{"ab": 1}`}},
		{six, `"exclusiveMaximum": 3`, []string{`2`}, []string{`3`}},
		{six, `"items": [{"type": "string"}], "additionalItems": false`, []string{`["a"]`}, []string{`["a", 1]`}},
		{six, `"dependencies": {"a": ["b"], "c": {"maxProperties": 1}}`, []string{`{"c": 1}`}, []string{`{"a": 1}`, `{"c": 1, "d": 1}`}},
		{six, `"if": {"const": 1}, "then": false`, []string{`1`}, nil}, // draft-07 brought it
		{six, `"properties": {"a": {"$ref": "#/definitions/s", "maxLength": 0}}, "definitions": {"s": {"type": "string"}}`, []string{`{"a": "long"}`}, []string{`{"a": 1}`}},
	} {
		text := `{"$schema": "` + c.dialect + `", ` + c.schema + `}`
		s, err := NewCompiler(Options{}).Compile(parseNode(t, text), Use{})
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		var document any
		if err := json.Unmarshal([]byte(text), &document); err != nil {
			t.Fatal(err)
		}
		judge := oracle.NewCompiler()
		if err := judge.AddResource("https://example.com/start", document); err != nil {
			t.Fatal(err)
		}
		other := judge.MustCompile("https://example.com/start")
		for i, bodies := range [][]string{c.good, c.bad} {
			for _, body := range bodies {
				var value any
				if err := json.Unmarshal([]byte(body), &value); err != nil {
					t.Fatal(err)
				}
				if ours, theirs := s.Check([]byte(body)) == nil, other.Validate(value) == nil; ours != (i == 0) || theirs != ours {
					t.Errorf("%s: %s is good: %v, by the oracle %v", text, body, ours, theirs)
				}
			}
		}
	}
}

// The meta-schema of 2019-09 is made of $recursiveRef and vocabularies: a
// schema under a schema is judged by all of it.
func TestMetaschema2019(t *testing.T) {
	remote := newRemotes(t, conformance(t, "json-schema"))
	node := parseNode(t, `{"$ref": "https://json-schema.org/draft/2019-09/schema"}`)
	s, err := NewCompiler(Options{Dialect: Draft2019, Resolve: remote.resolve(node)}).Compile(node, Use{})
	if err != nil {
		t.Fatal(err)
	}
	if faults := s.Check([]byte(`{"properties": {"a": {"allOf": [{"type": "string"}]}}}`)); faults != nil {
		t.Error(faults)
	}
	if faults := s.Check([]byte(`{"properties": {"a": {"allOf": [{"type": "wrong"}]}}}`)); faults == nil {
		t.Error("a type that there is not passes beneath two schemas")
	}
}

// metaschema resolves one address.
func metaschema(t *testing.T, address, text string) func(*source.Node, string) (*source.Node, error) {
	meta := parseNode(t, text)
	return func(_ *source.Node, ref string) (*source.Node, error) {
		if ref == address {
			return meta, nil
		}
		return nil, os.ErrNotExist
	}
}

func TestVocabularies(t *testing.T) {
	const mine = "https://example.com/dialect"
	for _, c := range []struct {
		name, meta, mistake, note string
		accepts                   string
	}{
		{name: "all known", meta: `{"$schema": "https://json-schema.org/draft/2020-12/schema", "$vocabulary": {"https://json-schema.org/draft/2020-12/vocab/validation": true}}`},
		{name: "a required one is not known", meta: `{"$schema": "https://json-schema.org/draft/2020-12/schema", "$vocabulary": {"https://example.com/vocab": true}}`,
			mistake: `requires the vocabulary "https://example.com/vocab"`},
		{name: "an optional one is not known", meta: `{"$schema": "https://json-schema.org/draft/2019-09/schema", "$vocabulary": {
			"https://json-schema.org/draft/2019-09/vocab/validation": true, "https://example.com/vocab": false}}`, note: `the vocabulary "https://example.com/vocab"`},
		{name: "without validation", meta: `{"$schema": "https://json-schema.org/draft/2020-12/schema", "$vocabulary": {"https://json-schema.org/draft/2020-12/vocab/core": true}}`,
			note: "without the vocabulary of type", accepts: `1`},
		{name: "of an unknown kind", meta: `{"$schema": "https://example.com/other"}`, mistake: "does not stand on"},
		{name: "on an older draft", meta: `{"$schema": "http://json-schema.org/draft-07/schema#"}`, mistake: "does not stand on"},
	} {
		t.Run(c.name, func(t *testing.T) {
			node := parseNode(t, `{"$schema": "`+mine+`", "type": "string"}`)
			s, err := NewCompiler(Options{Dialect: OpenAPI31, Resolve: metaschema(t, mine, c.meta)}).Compile(node, Use{})
			if c.mistake != "" {
				if err == nil || !strings.Contains(err.Error(), c.mistake) || !strings.HasPrefix(err.Error(), "schema.json:1:13: ") {
					t.Fatalf("the mistake is %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			notes := ""
			for _, n := range s.Notes() {
				notes += n.Says + "\n"
			}
			if !strings.Contains(notes, c.note) || c.note == "" && notes != "" {
				t.Errorf("the notes are %q", notes)
			}
			if ok := s.Check([]byte(`1`)) == nil; ok != (c.accepts != "") {
				t.Errorf("1 is accepted: %v", ok)
			}
		})
	}
}

// An address that nobody knows is a mistake, unless it is said what it is read as.
func TestUnknownDialect(t *testing.T) {
	node := parseNode(t, `{"$schema": "https://example.com/dialect", "items": [{"type": "string"}]}`)
	if _, err := NewCompiler(Options{Dialect: OpenAPI31}).Compile(node, Use{}); err == nil || !strings.Contains(err.Error(), "is not known") {
		t.Errorf("the mistake is %v", err)
	}
	s, err := NewCompiler(Options{Dialect: OpenAPI31, Dialects: map[string]Dialect{"https://example.com/dialect": Draft2019}}).Compile(node, Use{})
	if err != nil {
		t.Fatal(err)
	}
	if s.Check([]byte(`[1]`)) == nil || s.Check([]byte(`["a"]`)) != nil {
		t.Error("it is not read as 2019-09")
	}
}
