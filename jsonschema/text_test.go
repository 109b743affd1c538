package jsonschema

import (
	"strings"
	"testing"
)

func TestCompileText(t *testing.T) {
	const reference = `{"$defs":{"a b":{"type":"integer"},"n":{"$anchor":"n","type":"null"}},"properties":{"a":{"$ref":"%s"}}}`
	for _, c := range []struct{ text, body, want string }{
		{"type: string", `1`, "type: must be a string"},
		{strings.Replace(reference, "%s", "#/$defs/a%20b", 1), `{"a":null}`, "/a type: must be an integer"},
		{strings.Replace(reference, "%s", "#n", 1), `{"a":1}`, "/a type: must be null"},
		{strings.Replace(reference, "%s", "#", 1), `{"a":{"a":{}}}`, ""},
		{strings.Replace(reference, "%s", "#/$defs/none", 1), "", `compiling the schema: s.yaml:1:97: "#/$defs/none" leads nowhere`},
		{strings.Replace(reference, "%s", "other.json", 1), "", `compiling the schema: s.yaml:1:97: "other.json" leads nowhere`},
		{strings.Replace(reference, "%s", "other.json#/$defs/n", 1), "", `compiling the schema: s.yaml:1:97: "other.json#/$defs/n" leads nowhere`},
		{"{", "", "reading the schema: s.yaml:1:"},
	} {
		s, err := CompileText("s.yaml", []byte(c.text), Options{Dialect: Draft2020}, Use{})
		if err != nil {
			if c.body != "" || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("%s: %v", c.text, err)
			}
			continue
		}
		if got := told(s.Check([]byte(c.body))); c.body == "" || got != c.want {
			t.Errorf("%s: %s", c.text, got)
		}
	}
}
