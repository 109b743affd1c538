package items

import (
	"slices"
	"strings"
	"testing"

	"sallyport/jsonschema"
	"sallyport/source"
)

func compile(t testing.TB, k Kind, text string) *Schema {
	t.Helper()
	node, err := source.Parse("test.yaml", []byte(text), source.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	root := func(_ *source.Node, ref string) (*source.Node, error) {
		return node.At(strings.TrimPrefix(ref, "#")), nil
	}
	follow := func(n *source.Node) *source.Node {
		for n.Has("$ref") {
			n, _ = root(n, n.Str("$ref"))
		}
		return n
	}
	c := jsonschema.NewCompiler(jsonschema.Options{Dialect: jsonschema.OpenAPI31, Resolve: root})
	s, err := Compile(c, k, node, jsonschema.Use{Direction: jsonschema.Response, Closed: true}, follow)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// feed is the shape of the examples in OpenAPI 3.2.
const feed = `
type: object
required: [data]
properties:
  event: { type: string }
  id: { type: string }
  retry: { type: integer, minimum: 0 }
  data: { type: string }
oneOf:
  - properties:
      event: { const: added }
      data: { contentMediaType: application/json, contentSchema: { $ref: "#/$defs/order" } }
    required: [event]
  - properties:
      event: { enum: [removed, renamed] }
      data: { contentMediaType: application/json, contentSchema: { type: integer } }
    required: [event]
  - properties: { event: { const: note } }
    required: [event]
$defs:
  order: { type: object, required: [id], properties: { id: { type: integer }, secret: { type: string, writeOnly: true } } }
`

func TestTheDataOfAnEventIsJudgedByItsName(t *testing.T) {
	s := compile(t, Events, feed)
	for _, c := range []struct{ event, body, faults, cut string }{
		{`{"data":"{\"id\":1}","event":"added"}`, "", "", ""},
		{`{"data":"{\"id\":1,\"x\":2,\"secret\":\"s\"}","event":"added"}`, `{"data":"{\"id\":1}","event":"added"}`, "", "/data/x /data/secret"},
		{`{"data":"{}","event":"added"}`, "", "/data/id:required", ""},
		{`{"data":"{","event":"added"}`, "", "/data:contentMediaType", ""},
		{`{"data":"7","event":"removed"}`, "", "", ""},
		{`{"data":"\"7\"","event":"removed"}`, "", "/data:type", ""},
		{`{"data":"not JSON","event":"note"}`, "", "", ""},
		{`{"data":"x","event":"note","retry":-1}`, "", "/retry:minimum", ""},
	} {
		if c.body == "" {
			c.body = c.event
		}
		got := s.Clean([]byte(c.event), jsonschema.Cleaning{Undeclared: true, Hidden: true})
		var faults []string
		for _, f := range got.Faults {
			faults = append(faults, f.Pointer+":"+f.Keyword)
		}
		slices.Sort(got.Cut)
		if wanted := strings.Fields(c.cut); string(got.Body) != c.body || strings.Join(faults, " ") != c.faults ||
			len(got.Cut) != len(wanted) || got.CutCount != len(wanted) {
			t.Errorf("%s:\n%s, %s, %s; want\n%s, %s, %s", c.event, got.Body, faults, got.Cut, c.body, c.faults, c.cut)
		}
	}
}

func TestDataThatCannotBeReadIsUndecided(t *testing.T) {
	s := compile(t, Events, `{ properties: { data: { contentMediaType: application/json, contentSchema: { type: object } } } }`)
	if !s.Clean([]byte(`{"data":"{"}`), jsonschema.Cleaning{}).Undecided {
		t.Error("half a text is let by")
	}
	if c := s.Clean([]byte(`{"data":"{}"}`), jsonschema.Cleaning{}); c.Undecided || len(c.Faults) > 0 {
		t.Errorf("%+v", c)
	}
}

func TestNotesSpeakOfWhatNobodyHolds(t *testing.T) {
	held := compile(t, Events, `{ type: object, properties: { data: { contentMediaType: application/json, contentSchema: { type: object } } } }`)
	for _, n := range held.Notes() {
		if strings.HasPrefix(n.Keyword, "content") {
			t.Errorf("held and noted: %s", n.Says)
		}
	}
	for _, text := range []string{
		`{ type: object, properties: { data: { contentMediaType: text/html, contentSchema: { type: object } } } }`,
		`{ type: object, properties: { data: { contentMediaType: application/json, contentEncoding: base64, contentSchema: { type: object } } } }`,
		`{ type: object, properties: { event: { contentMediaType: application/json, contentSchema: { type: object } } } }`,
	} {
		if !slices.ContainsFunc(compile(t, Events, text).Notes(), func(n jsonschema.Note) bool { return n.Keyword == "contentSchema" }) {
			t.Errorf("%s: nobody holds it, and no note says so", text)
		}
	}
}

func FuzzSchema(f *testing.F) {
	f.Add("event: added\ndata: {\"id\":1,\ndata: \"x\":[2]}\n\ndata: 1\nevent: removed\n\n")
	s := compile(f, Events, feed)
	may := jsonschema.Cleaning{Undeclared: true, Hidden: true}
	f.Fuzz(func(t *testing.T, text string) {
		items, err := collect(NewSplitter(strings.NewReader(text), Events, 1<<16), text)
		if err != nil {
			return
		}
		for _, i := range items {
			once := s.Clean([]byte(i), may)
			if once.Undecided || len(once.Faults) > 0 {
				continue
			}
			if twice := s.Clean(once.Body, may); twice.CutCount > 0 || twice.Undecided || len(twice.Faults) > 0 {
				t.Fatalf("%s\ncleaned: %s\nagain: %+v", i, once.Body, twice)
			}
			out, err := Append(nil, Events, once.Body)
			if err != nil {
				t.Fatalf("%s: %v", once.Body, err)
			}
			if got, err := collect(NewSplitter(strings.NewReader(string(out)), Events, 1<<20), string(out)); err != nil || len(got) != 1 {
				t.Fatalf("%q comes apart into %q, %v", out, got, err)
			}
		}
	})
}

func BenchmarkSchema(b *testing.B) {
	s := compile(b, Events, feed)
	event := []byte(`{"data":"{\"id\":1,\"x\":2}","event":"added","id":"17"}`)
	for b.Loop() {
		if c := s.Clean(event, jsonschema.Cleaning{Undeclared: true}); c.CutCount != 1 {
			b.Fatal(c)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "items/s")
}
