package openapi_test

import (
	"strings"
	"testing"
)

// media is a document with one media type, which stands on line 10.
func media(text string) string {
	return "paths:\n  /a:\n    post:\n      " + answers + "\n      requestBody: {content: {\n        " + text + "}}\n"
}

func TestParse_encodings_by_place(t *testing.T) {
	d := parse(t, "3.2.0", media(`multipart/mixed: {itemSchema: {}, prefixEncoding: [{contentType: a/b}, {headers: {X-A: {schema: {}}}}], itemEncoding: {contentType: multipart/form-data, encoding: {n: {contentType: c/d}}}}`))
	m := d.Operations[0].Body.Content[0]
	if len(m.PrefixEncoding) != 2 || m.PrefixEncoding[0].ContentType != "a/b" || m.PrefixEncoding[1].Headers["X-A"] == nil || m.PrefixEncoding[0].At.Line != 10 {
		t.Errorf("the first parts: %+v", m.PrefixEncoding)
	}
	if m.ItemEncoding == nil || m.ItemEncoding.ContentType != "multipart/form-data" || m.ItemEncoding.Encoding["n"].ContentType != "c/d" || m.ItemEncoding.At.Line != 10 {
		t.Errorf("the others: %+v", m.ItemEncoding)
	}
}

func TestParse_mistakes_of_encodings(t *testing.T) {
	check(t, []mistake{
		{"by name and by place", "3.2.0", media(`multipart/mixed: {itemSchema: {}, encoding: {}, itemEncoding: {}}`), []string{`10:57 itemEncoding stand together`}},
		{"by name and by two places", "3.2.0", media(`multipart/mixed: {itemSchema: {}, encoding: {}, prefixEncoding: [], itemEncoding: {}}`), []string{`10:57 prefixEncoding stand together`, `10:77 itemEncoding stand together`}},
		{"within an encoding", "3.2.0", media(`multipart/mixed: {itemSchema: {}, itemEncoding: {encoding: {}, prefixEncoding: []}}`), []string{`10:72 prefixEncoding stand together`}},
		{"without a schema", "3.2.0", media(`multipart/mixed: {itemEncoding: {}}`), []string{`10:27 needs a schema of the parts`}},
		{"before they were there", "3.1.0", media(`multipart/mixed: {schema: {}, itemEncoding: {}}`), []string{`10:39 OpenAPI 3.2 has it`}},
		{"a style that is none", "3.2.0", media(`multipart/mixed: {itemSchema: {}, itemEncoding: {style: matrix}}`), []string{`10:65 no style "matrix"`}},
	})
	d := parse(t, "3.2.0", media(`application/json: {schema: {}, itemEncoding: {}}`))
	if len(d.Warnings) != 1 || !strings.Contains(d.Warnings[0].Error(), "but for multipart") {
		t.Errorf("the warnings are %v", d.Warnings)
	}
}
