package validate

import (
	"bytes"
	"io"
	"mime/multipart"
	"strings"
	"testing"
)

const (
	border    = "XbX"
	multiType = "multipart/form-data; boundary=" + border
)

// written makes a form of parts: each is a header, an empty line, and content.
func written(parts ...string) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString("--" + border + "\r\n" + strings.ReplaceAll(p, "\n", "\r\n") + "\r\n")
	}
	return b.String() + "--" + border + "--\r\n"
}

func field(name, value string) string {
	return `Content-Disposition: form-data; name="` + name + "\"\n\n" + value
}

func file(name, mediaType, content string) string {
	return `Content-Disposition: form-data; name="` + name + "\"; filename=\"a.png\"\nContent-Type: " + mediaType + "\n\n" + content
}

func TestMultipart(t *testing.T) {
	s := body(t, `{required: true, content: {multipart/form-data: {
		schema: {type: object, required: [name, photo], properties: {
			name: {type: string, maxLength: 5}, age: {type: integer}, tags: {type: array, items: {type: string, maxLength: 3}},
			photo: {type: string, format: binary, minLength: 1}, more: {type: array, maxItems: 2, items: {type: string, format: binary}},
			meta: {type: object, properties: {a: {type: integer}}}, list: {type: array, items: {type: object, properties: {a: {type: integer}}}},
			note: {type: string}, raw: {contentMediaType: image/png}, any: {description: a file or text},
			spread: {type: object, properties: {r: {type: integer}}},
			csv: {type: array, items: {type: integer}}, deep: {type: object, properties: {a: {type: integer}, b: {type: string}}}}},
		encoding: {csv: {style: form, explode: false}, deep: {style: deepObject, explode: true}, spread: {style: form, explode: true}, photo: {contentType: "image/png, image/jpeg"}, note: {contentType: text/markdown, headers: {X-Lang: {required: true, schema: {type: string, maxLength: 2}}}}}}}}`, BodyOptions{})
	name, photo := field("name", "Bo"), file("photo", "image/png", "\x89PNG\x00\xff")
	for _, c := range []struct {
		given, content, want string
	}{
		{"a field and a file", written(name, photo), "passes"},
		{"all of it", written(name, photo, field("age", "5"), field("tags", "a"), field("tags", "b"), file("more", "a/b", "1"), field("meta", `{"a":1}`),
			field("list", `{"a":1}`), field("list", `{"a":2}`), file("raw", "image/png", "\xff")), "passes"},
		{"a list as one JSON text", written(name, photo, `Content-Disposition: form-data; name="list"`+"\nContent-Type: application/json\n\n"+`[{"a":1}]`), "passes"},
		{"JSON from a browser's Blob", written(name, photo, file("meta", "application/json", `{"a":1}`)), "passes"},
		{"no file", written(name), "body-invalid body:/photo:required"},
		{"a file of another type", written(name, file("photo", "text/html", "x")), "body-invalid body:/photo:contentType"},
		{"a file of no type", written(name, field("photo", "x")), "body-invalid body:/photo:contentType"},
		{"too many files", written(name, photo, file("more", "a/b", ""), file("more", "a/b", ""), file("more", "a/b", "")), "body-invalid body:/more:maxItems"},
		{"a field that is too long", written(field("name", "Robert"), photo), "body-invalid body:/name:maxLength"},
		{"a field twice", written(name, name, photo), "body-invalid body:/name:duplicate"},
		{"a field of the wrong type", written(name, photo, field("age", "x")), "body-invalid body:/age:type"},
		{"a field that is not declared", written(name, photo, field("admin", "1")), "body-invalid body:/admin:additionalProperties"},
		{"a file in the place of a field", written(file("name", "text/plain", "Bo"), photo), "body-invalid body:/name:filename"},
		{"JSON that writes another member", written(name, photo, field("meta", `{},"age":1`)), "body-invalid body:/meta:content"},
		{"JSON with a member twice", written(name, photo, field("meta", `{"a":1,"a":2}`)), "body-invalid body:/meta:content"},
		{"JSON that does not fit", written(name, photo, field("meta", `{"a":"x"}`)), "body-invalid body:/meta/a:type"},
		{"an item that does not fit", written(name, photo, field("tags", "a"), field("tags", "long")), "body-invalid body:/tags/1:maxLength"},
		{"text that is not UTF-8", written(field("name", "\xff"), photo), "body-invalid body:/name:encoding"},
		{"another charset", written(name, photo, `Content-Disposition: form-data; name="age"`+"\nContent-Type: text/plain; charset=utf-7\n\n5"), "body-invalid body:/age:contentType"},
		{"a part header", written(name, photo, `Content-Disposition: form-data; name="note"`+"\nX-Lang: en\n\nx"), "passes"},
		{"a part header that is missing", written(name, photo, field("note", "x")), "body-invalid body:/note:required"},
		{"a part header that does not fit", written(name, photo, `Content-Disposition: form-data; name="note"`+"\nX-Lang: eng\n\nx"), "body-invalid body:/note:maxLength"},
		{"parts written by a style", written(name, photo, field("csv", "1,2"), field("deep[a]", "1"), field("deep[b]", "x;%")), "passes"},
		{"parts written by a style, wrong", written(name, photo, field("csv", "1,x"), field("deep[a]", "y")), "body-invalid body:/csv/1:type body:/deep/a:type"},
		{"a part for a member of an object", written(name, photo, field("r", "1")), "passes"},
		{"a part for a member, wrong", written(name, photo, field("r", "x")), "body-invalid body:/spread/r:type"},
		{"a file of which nothing is said", written(name, photo, file("any", "a/b", "\xff")), "passes"},
		{"a field of which nothing is said", written(name, photo, field("any", "x")), "passes"},
		{"a part that does not follow its style", written(name, photo, field("deep[a", "1")), "body-invalid body:/deep:style"},
		{"nothing", "", "body-missing"},
	} {
		if got := told(s.Run(sending(multiType, c.content))); got != c.want {
			t.Errorf("%s: %s; want %s", c.given, got, c.want)
		}
	}
}

// Where parsers of forms differ, nothing is let through.
func TestMultipartWithTwoReadings(t *testing.T) {
	s := body(t, `{content: {multipart/form-data: {schema: {type: object, properties: {a: {type: string}, b: {type: string}}}}}}`, BodyOptions{})
	good := written(field("a", "1"))
	disposition := func(value string) string { return written("Content-Disposition: " + value + "\n\n1") }
	if got := told(s.Run(sending(multiType, good))); got != "passes" {
		t.Fatalf("a good form: %s", got)
	}
	for name, content := range map[string]string{
		"a preamble":                     "x\r\n" + good,
		"an epilogue":                    good + "x",
		"no end":                         strings.TrimSuffix(good, "--\r\n"),
		"cut short":                      good[:len(good)/2],
		"lines that end with LF":         strings.ReplaceAll(good, "\r\n", "\n"),
		"LF before a boundary":           written(field("a", "1") + "\n--" + border + "x"),
		"a lone LF before a boundary":    strings.Replace(good, "1\r\n--"+border+"--", "1\n--"+border+"\r\n"+field("b", "2")+"\r\n--"+border+"--", 1),
		"white space after a boundary":   strings.Replace(good, border+"\r\n", border+" \r\n", 1),
		"a longer boundary":              strings.Replace(good, "1\r\n", "1\r\n--"+border+"Y\r\n", 1),
		"a boundary as a field name":     strings.Replace(good, "Content-Disposition", "--"+border+": x\r\nContent-Disposition", 1),
		"no header":                      "--" + border + "\r\n\r\n1\r\n--" + border + "--\r\n",
		"a folded header":                written("Content-Disposition: form-data;\n name=\"a\"\n\n1"),
		"a header without a colon":       written("Content-Disposition\n\n1"),
		"white space before a colon":     written("Content-Disposition : form-data; name=a\n\n1"),
		"two dispositions":               written("Content-Disposition: form-data; name=a\nContent-Disposition: form-data; name=b\n\n1"),
		"no disposition":                 written("Content-Type: text/plain\n\n1"),
		"an attachment":                  disposition(`attachment; name="a"`),
		"no name":                        disposition(`form-data`),
		"two names":                      disposition(`form-data; name="a"; name="b"`),
		"two names in other letters":     disposition(`form-data; name="a"; Name="b"`),
		"an extended name":               disposition(`form-data; name="a"; name*=utf-8''b`),
		"an extended file name":          disposition(`form-data; name="a"; filename="x"; filename*=utf-8''y`),
		"a name in pieces":               disposition(`form-data; name*0="a"; name*1="b"`),
		"an escaped quote":               disposition(`form-data; name="a\"; filename="x"`),
		"a quote that is not closed":     disposition(`form-data; name="a`),
		"text after a quote":             disposition(`form-data; name="a"b`),
		"an unknown parameter":           disposition(`form-data; name="a"; size=5`),
		"an empty name":                  disposition(`form-data; name=`),
		"a transfer encoding":            written("Content-Disposition: form-data; name=a\nContent-Transfer-Encoding: base64\n\nMQ=="),
		"two transfer encodings":         written("Content-Disposition: form-data; name=a\nContent-Transfer-Encoding: 7bit\nContent-Transfer-Encoding: base64\n\nMQ=="),
		"two media types":                written("Content-Disposition: form-data; name=a\nContent-Type: text/plain\nContent-Type: a/b\n\n1"),
		"a media type that is none":      written("Content-Disposition: form-data; name=a\nContent-Type: text\n\n1"),
		"a control character in a value": written("Content-Disposition: form-data; name=a\x00\n\n1"),
		"a lone CR in a header":          written("Content-Disposition: form-data; name=a\rX: y\n\n1"),
		"a long header":                  written("Content-Disposition: form-data; name=a\nX: " + strings.Repeat("y", maxPartHeader) + "\n\n1"),
		"many header fields":             written("Content-Disposition: form-data; name=a" + strings.Repeat("\nX: y", maxPartFields) + "\n\n1"),
		"many parts":                     written(strings.Split(strings.Repeat(field("a", "")+"|", defaultParts+1), "|")[:defaultParts+1]...),
		"a name that is not UTF-8":       disposition("form-data; name=\"\xff\""),
	} {
		if got := told(s.Run(sending(multiType, content))); got != "body-malformed" {
			t.Errorf("%s: %s; want body-malformed", name, got)
		}
	}
	for _, mediaType := range []string{"multipart/form-data", `multipart/form-data; boundary=""`, "multipart/form-data; boundary=" + strings.Repeat("b", maxBoundary+1)} {
		if got := told(s.Run(sending(mediaType, good))); got != "body-malformed" {
			t.Errorf("%s: %s; want body-malformed", mediaType, got)
		}
	}
}

func TestMultipartNames(t *testing.T) {
	for value, want := range map[string]string{
		`form-data; name="a"`:                      "a",
		`FORM-DATA; NAME=a`:                        "a",
		`form-data;name="a";filename="x;y.png"`:    "a",
		`form-data; filename="C:\x\y"; name="a b"`: "a b",
		`form-data; name=""`:                       "",
		`form-data; name="a" ; filename=x`:         "a",
	} {
		var p part
		if !p.disposition(value, true) || p.name != want {
			t.Errorf("%s: the name is %q", value, p.name)
		}
	}
}

func split(content []byte, boundary string) ([]part, error) {
	s, err := newSplitter(content, nil, boundary)
	if err != nil {
		return nil, err
	}
	return s.parts(true, defaultParts)
}

// What is accepted here, the standard library reads in the same way.
func FuzzMultipart(f *testing.F) {
	f.Add([]byte(written(field("a", "1"), file("b", "image/png", "\x00"))), border)
	f.Add([]byte("--b\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n--b--"), "b")
	f.Add([]byte(strings.ReplaceAll(written(field("a", "1")), "\r\n", "\n")), border)
	f.Fuzz(func(t *testing.T, content []byte, boundary string) {
		parts, err := split(content, boundary)
		if err != nil {
			return
		}
		if !fieldName([]byte(boundary)) {
			return // no Content-Type would have it without quotes
		}
		r := multipart.NewReader(bytes.NewReader(content), boundary)
		for i, p := range parts {
			theirs, err := r.NextRawPart()
			if err != nil {
				t.Fatalf("part %d of %q: the library says %v", i, content, err)
			}
			text, err := io.ReadAll(theirs)
			if err != nil || !bytes.Equal(text, p.content) {
				t.Fatalf("part %d of %q: the library reads %q (%v), we %q", i, content, text, err, p.content)
			}
			if theirs.FormName() != p.name && ascii(p.name) {
				t.Fatalf("part %d of %q: the library names it %q, we %q", i, content, theirs.FormName(), p.name)
			}
		}
		if _, err := r.NextRawPart(); err != io.EOF {
			t.Fatalf("%q: the library goes on after the end: %v", content, err)
		}
	})
}
