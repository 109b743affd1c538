package source

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

// FuzzParse holds the reader against encoding/json: JSON without duplicate
// names is read to the same values, and no text makes it panic or gives it a
// tree without places.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{"a": [1, -0.5e+3, true, null, "x\u0041"]}`, "a: &x {b: [*y]}\nc: *x\n", "- 0x1F\n- 012\n- .5\n", "{a: b}", "? a\n: |\n  b\n",
		"a: !!binary aGk=\nb: 2026-01-01\n", "---\na: 1\n...\n", "<<: {a: 1}\n", `[{"":{"":[]}}]`, "a: 'ä'\n\tb", "&a [*a]", "%YAML 1.2\n---\na: b",
	} {
		f.Add([]byte(seed))
	}
	limits := Limits{Bytes: 1 << 16, Depth: 50, Nodes: 5000}
	f.Fuzz(func(t *testing.T, text []byte) {
		n, err := Parse("f.json", text, limits)
		if err == nil {
			hasPlaces(t, n)
		} else if _, ok := err.(Mistakes); !ok {
			t.Fatalf("%T is no Mistakes", err)
		}
		yamlNode, yamlErr := Parse("f.yaml", text, limits)
		if yamlErr == nil {
			hasPlaces(t, yamlNode)
		}
		if !isStrictJSON(text) || len(text) > 1000 {
			return
		}
		if err != nil {
			t.Fatalf("valid JSON %q is refused: %v", text, err)
		}
		dec := json.NewDecoder(bytes.NewReader(text))
		dec.UseNumber()
		var want any
		if err := dec.Decode(&want); err != nil {
			t.Fatalf("encoding/json refuses %q: %v", text, err)
		}
		if got := n.Any(); !reflect.DeepEqual(got, want) {
			t.Fatalf("%q is %#v, encoding/json says %#v", text, got, want)
		}
	})
}

// isStrictJSON: one JSON list or map, valid UTF-8, no name twice, not deep.
func isStrictJSON(text []byte) bool {
	body := bytes.TrimLeft(text, " \t\r\n")
	if len(body) == 0 || body[0] != '{' && body[0] != '[' || bytes.Count(text, []byte("["))+bytes.Count(text, []byte("{")) > 50 {
		return false
	}
	return jsontext.Value(text).IsValid()
}

func hasPlaces(t *testing.T, n *Node) {
	if p := n.Position(); p.Line < 1 || p.Column < 1 {
		t.Fatalf("a node is at %v", p)
	}
	for _, item := range n.Items {
		hasPlaces(t, item)
	}
	for i := range n.Members {
		if p := n.MemberPosition(i); p.Line < 1 || p.Column < 1 {
			t.Fatalf("the name %q is at %v", n.Members[i].Name, p)
		}
		hasPlaces(t, n.Members[i].Value)
	}
}
