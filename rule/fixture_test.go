package rule

import (
	"testing"

	"sallyport/jsonschema"
)

// order is a schema with a value of every kind that rules ask for.
const order = `{
	"type": "object",
	"properties": {
		"id": {"type": "integer"},
		"owner": {"type": "string"},
		"manager": {"type": ["string", "null"]},
		"price": {"type": "number"},
		"open": {"type": "boolean"},
		"customer": {"type": "object", "properties": {"id": {"type": "string"}, "a/b": {"type": "string"}}},
		"members": {"type": "array", "items": {"type": "string"}},
		"lines": {"type": "array", "items": {"type": "object", "properties": {"sku": {"type": "string"}, "count": {"type": "integer"}}}},
		"free": {"type": "object"},
		"either": {"oneOf": [{"type": "string"}, {"type": "integer"}]}
	}
}`

func schemaOf(t testing.TB, text string) *jsonschema.Schema {
	s, err := jsonschema.CompileText("order.json", []byte(text), jsonschema.Options{Dialect: jsonschema.OpenAPI31}, jsonschema.Use{Closed: true})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func vocabulary(t testing.TB) *Vocabulary {
	s := schemaOf(t, order)
	return &Vocabulary{
		Path:    []Parameter{{"userId", jsonschema.String}, {"id", jsonschema.Integer}},
		Query:   []Parameter{{"tenant", jsonschema.String}, {"all", jsonschema.Boolean}, {"most", jsonschema.Number}},
		Headers: []Parameter{{"X-Tenant", jsonschema.String}},
		Bodies:  map[Root]Shape{Response: s, Item: s},
	}
}

// inputs are those of one decision.
type inputs struct {
	rule    *Rule
	who     who
	path    map[string]string
	query   map[string]string
	headers map[string]string
	bodies  map[Root][]byte
	found   map[Root]*jsonschema.Found
	shapes  map[Root]*jsonschema.Schema
}

// who is a caller.
type who struct {
	ID, Subject   string
	Scopes, Roles []string
}

func (w *who) text(f Field) string {
	switch f {
	case ID:
		return w.ID
	case Subject:
		return w.Subject
	}
	return ""
}

func (w *who) list(f Field) ([]string, bool) {
	if f == Roles {
		return w.Roles, true
	}
	return w.Scopes, true
}

func (in *inputs) Text(f Field) string           { return in.who.text(f) }
func (in *inputs) List(f Field) ([]string, bool) { return in.who.list(f) }

func (in *inputs) Parameter(root Root, i int) (string, bool) {
	values := map[Root]map[string]string{Path: in.path, Query: in.query, Headers: in.headers}[root]
	text, ok := values[in.rule.Parameters(root)[i].Name]
	return text, ok
}

// Value captures what the rule asks for, as a stage does, once for each body.
func (in *inputs) Value(root Root, i int) (jsonschema.Value, bool) {
	if in.found == nil {
		in.found = make(map[Root]*jsonschema.Found)
	}
	found := in.found[root]
	if found == nil {
		found = new(jsonschema.Found)
		in.shapes[root].Look(in.bodies[root], jsonschema.Cleaning{}, &jsonschema.Watch{Capture: in.rule.Places(root)}, found)
		in.found[root] = found
	}
	for _, c := range found.Captured {
		if c.Place == i {
			return c.Value, true
		}
	}
	return jsonschema.Value{}, false
}

func compiled(t testing.TB, text string, v *Vocabulary) *Rule {
	r, err := Compile(text, v)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return r
}
