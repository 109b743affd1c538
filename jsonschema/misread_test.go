package jsonschema

import "testing"

func TestMisread(t *testing.T) {
	s := compileText(t, Options{Dialect: OpenAPI31}, Use{Closed: true}, `{"type":"object","properties":{"owner":{"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer"}}},
		"either":{"type":["string","integer"]},"free":{},"lines":{"type":"array","items":{"type":"object","properties":{"n":{"type":"integer"}}}}}}`)
	for _, c := range []struct {
		place, body string
		want        bool
	}{
		{"/owner/name", `{"owner":{"name":"ann"}}`, false},
		{"/owner/name", `{}`, false},
		{"/owner/name", `{"owner":null}`, false},
		{"/owner/name", `{"owner":{"name":null}}`, false},
		{"/owner/name", `{"owner":{"name":7}}`, true},
		{"/owner/name", `{"owner":"ann"}`, true},
		{"/owner/name", `{"owner":[{"name":"ann"}]}`, true},
		{"/owner/name", `[{"owner":{"name":"ann"}}]`, true},
		{"/owner/name", `"ann"`, true},
		{"/owner/name", `{"owner":{"name":"ann"},"either":true}`, false}, // not on the way
		{"/owner/age", `{"owner":{"age":7.5}}`, false},
		{"/either", `{"either":7}`, false},
		{"/either", `{"either":{}}`, true},
		{"/free", `{"free":{}}`, false},
		{"/lines/*/n", `{"lines":[{"n":1},{"n":2}]}`, false},
		{"/lines/*/n", `{"lines":[{"n":1},{"n":"2"}]}`, true},
		{"/lines/*/n", `{"lines":{"0":{"n":1}}}`, true},
		{"", `{}`, false},
		{"", `[]`, true},
	} {
		places := compilePlaces(t, c.place)
		var found Found
		s.Look([]byte(c.body), Cleaning{true, true}, &Watch{Capture: places, Typed: s.Typed(places)}, &found)
		if found.Misread != c.want {
			t.Errorf("%s in %s: misread is %v", c.place, c.body, found.Misread)
		}
	}
}
