package jsonschema

import (
	"fmt"
	"strings"
	"testing"
)

func TestOutward(t *testing.T) {
	const doc = `{"$defs": {"hook": {"type": "object", "properties": {"url": {"type": "string", "format": "uri"}, "next": {"$ref": "#/$defs/hook"}}}},
		"type": "object", "properties": {
			"hook": {"$ref": "#/$defs/hook"}, "list": {"type": "array", "items": {"allOf": [{"format": "hostname"}, {"maxLength": 99}]}},
			"back": {"type": "string", "format": "iri-reference"}, "spot": {"anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]},
			"link": {"oneOf": [{"type": "string", "format": "uri"}, {"type": "integer"}]},
			"kind": {"format": "uri", "x-sallyport": {"outward": false}}, "fixed": {"format": "uri", "enum": ["http://a"]},
			"free": {"type": "string", "x-sallyport": {"outward": true}}, "made": {"$ref": "#/$defs/hook/properties/url", "x-sallyport": {"outward": true}},
			"name": {"type": "string"}},
		"patternProperties": {"^x_": {"format": "url"}}, "additionalProperties": {"format": "ipv4"},
		"if": {"properties": {"name": {"format": "uri"}}}}`
	s, err := CompileText("doc", []byte(doc), Options{Dialect: Draft2020}, Use{})
	if err != nil {
		t.Fatal(err)
	}
	for body, want := range map[string]string{
		`{"hook":{"url":"a","next":{"url":"b","next":{"next":{"url":"c"}}}}}`: "/hook/url=1 /hook/next/url=1 /hook/next/next/next/url=1",
		`{"list":["a",1,"b"],"back":"x"}`:                                     "/list/0=4 /list/2=4 /back=2",
		`{"spot":"x","link":"y"}`:                                             "/spot=20 /link=17",
		`{"link":7,"kind":"x","fixed":"http://a"}`:                            "",
		`{"free":"a","made":"b"}`:                                             "/free=13 /made=13",
		`{"name":"a"}`:                                                        "/name=17",
		`{"x_1":"a","other":"b\u0041"}`:                                       "/x_1=5 /other=4",
		`{"hook":{"url":7},"back":null,"list":"a"}`:                           "/hook/url=0 /list=0",
		`{"hook":{"url":["a"]},"back":{"a":"b"}}`:                             "/hook/url=0 /back=0",
		`{"hook":"a","link":["a"],"made":[],"free":true}`:                     "/hook=0 /link=0 /made=0",
		`{"name":["a"],"other":7,"spot":{}}`:                                  "",
	} {
		found, known := s.FindOutward([]byte(body), false, nil)
		var got []string
		for _, f := range found {
			got = append(got, fmt.Sprintf("%s=%d", f.Pointer, f.Outward))
		}
		if all := strings.Join(got, " "); !known || all != want {
			t.Errorf("%s: %v %s; want %s", body, known, all, want)
		}
	}
	if found, known := s.FindOutward([]byte(`{"back":"a","free":"b\u0041"}`), true, nil); !known || len(found) != 1 || found[0].Text != "bA" {
		t.Errorf("marked: %v %v", found, known)
	}
	if found, known := s.FindOutward([]byte(`{"hook":["a"],"list":"a","free":["b"]}`), true, nil); !known || fmt.Sprint(found) != "[{0 /free }]" {
		t.Errorf("marked, of another type: %v %v", found, known)
	}
	for _, body := range []string{`{"back":`, `{"a":1,"a":2}`, ``} {
		if _, known := s.FindOutward([]byte(body), false, nil); known {
			t.Errorf("%s: known", body)
		}
	}
	if n := len(s.OutwardAt(false, 100)); n != 11 {
		t.Errorf("%d schemas say so", n)
	}
	if n := len(s.OutwardAt(true, 100)); n != 2 {
		t.Errorf("%d schemas are marked", n)
	}
	if found, known := s.Strings([]byte(`["a",{"b":"c"}]`), OutwardURL, nil); !known || len(found) != 2 || found[1].Pointer != "/1/b" {
		t.Errorf("all strings: %v %v", found, known)
	}
}

// Schemas that double with each level do not make the search endless: what it
// cannot finish is not known.
func TestOutwardEnds(t *testing.T) {
	const doc = `{"$defs": {"a": {"anyOf": [{"items": {"$ref": "#/$defs/a"}}, {"items": {"$ref": "#/$defs/b"}}, {"format": "uri"}]},
		"b": {"oneOf": [{"items": {"$ref": "#/$defs/a"}}, {"items": {"$ref": "#/$defs/b"}}]}}, "$ref": "#/$defs/a"}`
	s, err := CompileText("doc", []byte(doc), Options{Dialect: Draft2020}, Use{})
	if err != nil {
		t.Fatal(err)
	}
	body := strings.Repeat("[", 100) + `"x"` + strings.Repeat("]", 100)
	if found, known := s.FindOutward([]byte(body), false, nil); !known || len(found) != 1 {
		t.Errorf("%v %v", found, known)
	}
}
