package validate

import (
	"strings"
	"testing"

	"sallyport/source"
)

// Where a parameter is read otherwise than the specification, or than a client
// of it, might have it, and why. What peers do otherwise is in conformance_test.go.
func TestDepartures(t *testing.T) {
	for _, c := range []struct{ because, in, style, explode, schema, raw, want string }{
		{"browsers and backends read + as a space in a query, RFC 6570 does not", "query", "form", "true", aText, "color=a+b", `"a b"`},
		{"many a backend ends a pair at a semicolon", "query", "form", "true", aText, "color=a;b", "!/color:allowReserved"},
		{"RFC 6570 leaves an empty list out, so that an empty text is one empty item", "query", "form", "false", aList, "color=", `[""]`},
		{"an encoded comma is data (RFC 6570 §3.2.8), though some decode before they split", "query", "form", "false", aList, "color=a%2Cb,c", `["a,b","c"]`},
		{"an encoded space or pipe is a separator: unencoded they are in no URI", "query", "pipeDelimited", "false", aList, "color=a%7Cb|c", `["a","b","c"]`},
		{"spaceDelimited exploded is undefined, and read like form", "query", "spaceDelimited", "true", aList, "color=a&color=b", `["a","b"]`},
		{"spaceDelimited of one value is undefined, and read as it", "query", "spaceDelimited", "false", aText, "color=a%20b", `"a b"`},
		{"deepObject not exploded is undefined, and read exploded", "query", "deepObject", "false", aColour, "color[R]=1", `{"R":1}`},
		{"1.0 is an integer to JSON Schema, and none to many a parser of text", "query", "form", "true", `{type: integer}`, "color=1.0", "!/color:type"},
		{"no style says how to write null: its name is what clients send", "query", "form", "true", `{type: [integer, "null"]}`, "color=null", "null"},
		{"RFC 6570 writes ?color=a&color=b for an exploded list, which in a cookie is one value or two", "cookie", "form", "true", aList, "color=a&color=b", "!/color:style"},
		{"and for an exploded object", "cookie", "form", "true", aColour, "R=1&G=2", "!/color:style"},
		{"in one value it has one reading", "cookie", "form", "true", aText, "color=a&b", `"a&b"`},
		{"white space around a comma belongs to it (RFC 9110 §5.6.1)", "header", "simple", "false", aList, "color: a , b", `["a","b"]`},
		{"RFC 6570 encodes header fields, nobody else does", "header", "simple", "false", aText, "color: a%20b", `"a%20b"`},
		{"a list of objects is undefined: there is no reading", "query", "form", "true", `{type: array, items: {type: object}}`, `color={}`, "!/color/0:type"},
		{"and so is a list of lists", "query", "form", "false", `{type: array, items: {type: array, items: {type: string}}}`, `color=a,b`, "!/color/0:type!/color/1:type"},
	} {
		s := parameters(t, `[{name: color, in: `+c.in+`, style: `+c.style+`, explode: `+c.explode+`, schema: `+c.schema+`}]`, ParameterOptions{})
		if got := decoded(s, c.in, c.raw); got != c.want {
			t.Errorf("%s: %q is %s; want %s", c.because, c.raw, got, c.want)
		}
	}
}

// What no style writes is told when the document is loaded.
func TestWhatNoStyleWritesIsSaid(t *testing.T) {
	for text, want := range map[string]bool{
		`{name: a, in: query, style: form, explode: true, schema: {type: array, items: {type: object}}}`:                 true,
		`{name: a, in: query, style: pipeDelimited, schema: {type: array, items: {type: array}}}`:                        true,
		`{name: a, in: path, style: label, schema: {type: object, properties: {b: {type: array}}}}`:                      true,
		`{name: a, in: header, schema: {type: object, properties: {b: {type: object}}}}`:                                 true,
		`{name: a, in: query, style: deepObject, explode: true, schema: {type: object, properties: {b: {type: array}}}}`: false,
		`{name: a, in: query, content: {application/json: {schema: {type: array, items: {type: object}}}}}`:              false,
		`{name: a, in: query, schema: {type: array, items: {type: [string, object]}}}`:                                   false,
		`{name: a, in: query, schema: {type: object, properties: {b: {type: string}}}}`:                                  false,
		`{name: a, in: query, schema: {}}`: false,
	} {
		_, _, not, mistakes := NewParameters(parametersOf(t, "["+text+"]"), document(), ParameterOptions{})
		said := false
		for _, c := range not {
			said = said || strings.Contains(c.Says, "no style but deepObject")
		}
		if said != want || len(mistakes) > 0 {
			t.Errorf("%s: %v, %v", text, not, mistakes)
		}
	}
}

func TestAQuerystringLeavesNoRoomForAKey(t *testing.T) {
	const text = `{name: all, in: querystring, content: {application/json: {}}}`
	var mistakes source.Mistakes
	if _, _, _, mistakes = NewParameters(parametersOf(t, "["+text+"]"), document(), ParameterOptions{Declared: []string{"key"}}); len(mistakes) != 1 {
		t.Errorf("%v", mistakes)
	}
	if _, _, _, mistakes = NewParameters(parametersOf(t, "["+text+"]"), document(), ParameterOptions{}); len(mistakes) != 0 {
		t.Errorf("without a key: %v", mistakes)
	}
}

// Values of a form that are JSON text: by default objects and the items of a list
// that are objects, otherwise what encoding.contentType says (OpenAPI 3.1.1,
// Encoding Object).
func TestJSONInForms(t *testing.T) {
	s := body(t, `{content: {`+formType+`: {schema: {type: object, properties: {
		o: {type: object, properties: {a: {type: integer}}}, rows: {type: array, maxItems: 2, items: {type: object, properties: {a: {type: integer}}}},
		s: {type: string, maxLength: 2}, l: {type: array, items: {type: string, maxLength: 2}}, plain: {type: string}}},
		encoding: {s: {contentType: application/json}, l: {contentType: application/json}, plain: {contentType: text/plain}}}}}`, BodyOptions{})
	for content, want := range map[string]string{
		`o={"a":1}&rows={"a":1}&rows=%7B%22a%22:2%7D`: "passes",
		`rows={"a":1}`:                   "passes",
		`rows={"a":"x"}`:                 "body-invalid body:/rows/0/a:type",
		`rows={"a":1},{"a":1}`:           "body-invalid body:/rows:content",
		`rows=[{"a":1}]`:                 "body-invalid body:/rows/0:type",
		`rows={}&rows={}&rows={}`:        "body-invalid body:/rows:maxItems",
		`s="ab"&l="ab"&l="c"&plain="ab"`: "passes",
		`s="a%5Cu0062c"`:                 "body-invalid body:/s:maxLength",
		`s=ab`:                           "body-invalid body:/s:content",
		`l="ab"&l=c`:                     "body-invalid body:/l:content",
		`o={"a":1}&o={"a":2}`:            "body-invalid body:/o:duplicate",
	} {
		if got := told(s.Run(sending(formType, content))); got != want {
			t.Errorf("%s: %s; want %s", content, got, want)
		}
	}
}
