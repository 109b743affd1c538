package validate

import (
	"strings"
	"testing"

	"sallyport/problem"
)

const mixedType = "multipart/mixed; boundary=" + border

// typed is a part without a name.
func typed(mediaType, content string) string {
	return "Content-Type: " + mediaType + "\n\n" + content
}

func TestPartsByPlace(t *testing.T) {
	s := body(t, `{required: true, content: {
		multipart/mixed: {
			schema: {type: array, minItems: 1, maxItems: 4, prefixItems: [
				{type: object, required: [n], properties: {n: {type: integer}, id: {type: integer, readOnly: true}}},
				{type: integer}], items: {type: string, format: binary, maxLength: 4}},
			prefixEncoding: [{}, {headers: {X-Unit: {required: true, schema: {type: string, maxLength: 2}}}}],
			itemEncoding: {contentType: "image/png, image/*"}},
		multipart/related: {itemSchema: {type: object, properties: {n: {type: integer}}}},
		multipart/alternative: {schema: {type: array, maxItems: 2}, itemSchema: {type: string, maxLength: 3}, itemEncoding: {contentType: text/plain}},
		multipart/digest: {schema: {type: object, properties: {n: {type: integer}}}}}}`, BodyOptions{})
	first, count := typed("application/json", `{"n":1}`), "X-Unit: kg\n\n5"
	for _, c := range []struct{ given, mediaType, content, want string }{
		{"all of it", mixedType, written(first, count, typed("image/png", "PNG"), typed("image/gif", "")), "passes"},
		{"the least", mixedType, written(first), "passes"},
		{"a part without a header", "multipart/alternative; boundary=" + border, written("\nabc"), "passes"},
		{"a Content-ID and a disposition", mixedType, written("Content-ID: <a@b>\nContent-Disposition: inline; filename=x\n" + first), "passes"},
		{"too many", mixedType, written(first, count, typed("image/png", ""), typed("image/png", ""), typed("image/png", "")), "body-invalid body::maxItems"},
		{"none", mixedType, "--" + border + "--", "body-invalid body::minItems"},
		{"the wrong order", mixedType, written(count, first), "body-invalid body:/0:headers body:/1:contentType body:/1:required"},
		{"a member that is missing", mixedType, written(typed("application/json", "{}")), "body-invalid body:/0/n:required"},
		{"an undeclared member", mixedType, written(typed("application/json", `{"n":1,"x":1}`)), "body-invalid body:/0/x:additionalProperties"},
		{"JSON that is none", mixedType, written(typed("application/json", `{`)), "body-invalid body:/0:content"},
		{"JSON that writes another part", mixedType, written(typed("application/json", `{"n":1},2`)), "body-invalid body:/0:content"},
		{"text for a number", mixedType, written(first, "X-Unit: kg\n\nfive"), "body-invalid body:/1:type"},
		{"a header field that does not fit", mixedType, written(first, "X-Unit: pound\n\n5"), "body-invalid body:/1:maxLength"},
		{"a header field that is missing", mixedType, written(first, "\n5"), "body-invalid body:/1:required"},
		{"a file that is too long", mixedType, written(first, count, typed("image/png", "01234")), "body-invalid body:/2:maxLength"},
		{"a file of another type", mixedType, written(first, count, typed("text/html", "")), "body-invalid body:/2:contentType"},
		{"a transfer encoding", mixedType, written("Content-Transfer-Encoding: base64\n" + first), "body-malformed"},
		{"a name in pieces", mixedType, written("Content-Disposition: inline; filename*=utf-8''x\n" + first), "body-malformed"},
		{"each item", "multipart/related; boundary=" + border, written(first, first), "passes"},
		{"one item that does not fit", "multipart/related; boundary=" + border, written(first, typed("application/json", `{"n":"x"}`)), "body-invalid body:/1/n:type"},
		{"a root that is named", "multipart/related; start=\"<a@b>\"; boundary=" + border, written(first), "body-malformed"},
		{"each item and all of them", "multipart/alternative; boundary=" + border, written("\na", "\nabcd", "\nc"), "body-invalid body::maxItems body:/1:maxLength"},
		{"no boundary", "multipart/mixed", written(first), "body-malformed"},
		{"a list of parts that is an object", "multipart/digest; boundary=" + border, written(first), "media-type-unsupported"},
	} {
		if got := told(s.Run(sending(c.mediaType, c.content))); got != c.want {
			t.Errorf("%s: %s; want %s", c.given, got, c.want)
		}
	}
	x := sending(mixedType, written(typed("application/json", `{"id":7,"n":1}`), count))
	if err := s.Run(x); err != nil || left(t, x) != written(first, count) {
		t.Errorf("a readOnly member of a part: %v, %q", err, left(t, x))
	}
}

func TestPartsByPlaceStream(t *testing.T) {
	s := body(t, `{content: {multipart/mixed: {schema: {type: array, prefixItems: [{type: object, properties: {n: {type: integer}}}], items: {type: string, format: binary}}}}}`,
		BodyOptions{MaxBody: heldBytes, MaxFile: 4096, MaxParts: 3})
	first, large := typed("application/json", `{"n":1}`), typed("image/png", strings.Repeat("x", 4096))
	for content, want := range map[string]string{
		written(first, large, large):                       "passes",
		written(first, large, large, large):                "body-malformed",
		written(first, typed("a/b", large)):                "body-too-large",
		written(typed("application/json", `[]`), large):    "body-invalid body:/0:type",
		written(first, large, "Content-ID: <x>\nX: y\n\n"): "body-invalid body:/2:headers",
	} {
		ways(t, s, mixedType, content, func(way, got, passed string) {
			if got != want || got == "passes" && passed != content {
				t.Errorf("%s: %s, and %d bytes pass; want %s", way, got, len(passed), want)
			}
		})
	}
}

func TestPartsOfParts(t *testing.T) {
	s := body(t, `{content: {multipart/form-data: {
		schema: {type: object, properties: {
			name: {type: string},
			files: {type: array, maxItems: 2, items: {type: string, format: binary, maxLength: 4}},
			rows: {type: array, items: {type: object, properties: {n: {type: integer}, id: {type: integer, readOnly: true}}}},
			who: {type: object, required: [age], properties: {age: {type: integer}, photo: {type: string, format: binary}}}}},
		encoding: {
			files: {contentType: multipart/mixed, itemEncoding: {contentType: image/png}},
			rows: {contentType: multipart/mixed},
			who: {contentType: multipart/form-data, encoding: {photo: {contentType: image/png}}}}}}}`, BodyOptions{})
	within := func(name, mediaType string, parts ...string) string {
		inner := strings.ReplaceAll(strings.ReplaceAll(written(parts...), border, "inner"), "\r\n", "\n")
		return `Content-Disposition: form-data; name="` + name + "\"\nContent-Type: " + mediaType + "; boundary=inner\n\n" + inner
	}
	png := typed("image/png", "PNG")
	for _, c := range []struct{ given, content, want string }{
		{"files in one part", written(field("name", "Bo"), within("files", "multipart/mixed", png, png)), "passes"},
		{"too many files", written(within("files", "multipart/mixed", png, png, png)), "body-invalid body:/files:maxItems"},
		{"a file that is too long", written(within("files", "multipart/mixed", png, typed("image/png", "01234"))), "body-invalid body:/files/1:maxLength"},
		{"a file of another type", written(within("files", "multipart/mixed", typed("text/html", ""))), "body-invalid body:/files/0:contentType"},
		{"two parts of files", written(within("files", "multipart/mixed", png), within("files", "multipart/mixed", png)), "body-invalid body:/files:duplicate"},
		{"files without a part of their own", written(file("files", "image/png", "PNG")), "body-invalid body:/files:contentType body:/files:filename"},
		{"parts within parts of which nothing is said", written(within("name", "multipart/mixed", png)), "body-invalid body:/name:contentType"},
		{"an inner body without its end", written(strings.TrimSuffix(within("files", "multipart/mixed", png), "--\n")), "body-malformed"},
		{"values", written(within("rows", "multipart/mixed", typed("application/json", `{"n":1}`))), "passes"},
		{"a value that does not fit", written(within("rows", "multipart/mixed", typed("application/json", `{"n":"x"}`))), "body-invalid body:/rows/0/n:type"},
		{"a member that could not be cut", written(within("rows", "multipart/mixed", typed("application/json", `{"id":1}`))), "body-invalid body:/rows/0/id:readOnly"},
		{"a form in a form", written(within("who", "multipart/form-data", field("age", "5"), file("photo", "image/png", "PNG"))), "passes"},
		{"a form in a form, wrong", written(within("who", "multipart/form-data", file("photo", "image/png", "PNG"))), "body-invalid body:/who/age:required"},
		{"a form in a form, undeclared", written(within("who", "multipart/form-data", field("age", "5"), field("x", "5"))), "body-invalid body:/who/x:additionalProperties"},
	} {
		if got := told(s.Run(sending(multiType, c.content))); got != c.want {
			t.Errorf("%s: %s; want %s", c.given, got, c.want)
		}
	}
}

// What a part is read as follows from its media type, its encoding and its
// schema.
func TestMediaTypesOfParts(t *testing.T) {
	s := body(t, `{content: {multipart/form-data: {
		schema: {type: object, properties: {
			text: {type: string, maxLength: 4}, number: {type: integer}, both: {type: [string, object]},
			seal: {type: string, contentEncoding: base64, maxLength: 8}, code: {type: string, format: byte, pattern: "^QQ"},
			order: {type: object, xml: {name: order}, required: [n], properties: {n: {type: integer}}},
			image: {type: object, properties: {n: {type: integer}}}}},
		encoding: {order: {contentType: "application/xml, application/json"}, image: {contentType: image/png}}}}}`, BodyOptions{})
	part := func(name, mediaType, content string) string {
		return `Content-Disposition: form-data; name="` + name + "\"\nContent-Type: " + mediaType + "\n\n" + content
	}
	for _, c := range []struct{ given, content, want string }{
		{"plain text", part("text", "text/plain; charset=UTF-8", "abcd"), "passes"},
		{"JSON in the place of text", part("text", "application/json", `"\u0061"`), "body-invalid body:/text:contentType"},
		{"JSON in the place of a number", part("number", "application/json", `5`), "body-invalid body:/number:contentType"},
		{"JSON where text or an object is declared", part("both", "application/json", `"x"`), "passes"},
		{"another charset", part("text", "text/plain; charset=iso-8859-1", "abcd"), "body-invalid body:/text:contentType"},
		{"UTF-16 by its bytes", part("text", "text/plain", "\xff\xfea\x00"), "body-invalid body:/text:encoding"},
		{"base64", file("seal", "a/b", "QUJD"), "passes"},
		{"base64 with more letters than it may have", file("seal", "a/b", "QUJDQUJDQUJD"), "body-invalid body:/seal:maxLength"},
		{"base64 with padding in the middle", file("seal", "a/b", "QQ==QUJD"), "body-invalid body:/seal:format"},
		{"base64 of which more is said is text", part("code", "text/plain", "QQ=="), "passes"},
		{"base64 of which more is said, as a file", file("code", "text/plain", "QQ=="), "body-invalid body:/code:filename"},
		{"base64 of which more is said, wrong", part("code", "text/plain", "QUI="), "body-invalid body:/code:pattern"},
		{"XML", part("order", "application/xml", "<order><n>1</n></order>"), "passes"},
		{"XML that does not fit", part("order", "application/xml", "<order><n>x</n></order>"), "body-invalid body:/order/n:type"},
		{"XML of another root", part("order", "application/xml", "<x/>"), "body-invalid body:/order:content"},
		{"XML with a document type", part("order", "application/xml", "<!DOCTYPE order><order><n>1</n></order>"), "body-invalid body:/order:content"},
		{"JSON in its place", part("order", "application/json", `{"n":1}`), "passes"},
		{"an object as an image", part("image", "image/png", "PNG"), "body-invalid body:/image:type"},
	} {
		if got := told(s.Run(sending(multiType, written(c.content)))); got != c.want {
			t.Errorf("%s: %s; want %s", c.given, got, c.want)
		}
	}
}

// Where no encoding says of which media type a part is, its schema does.
func TestMediaTypesThatSchemasImply(t *testing.T) {
	s := body(t, `{content: {
		multipart/form-data: {schema: {type: object, properties: {
			text: {type: string}, texts: {type: array, items: {type: string}}, flag: {type: [boolean, "null"]}, empty: {type: string},
			object: {type: object, properties: {n: {type: integer}}}, objects: {type: array, items: {type: object, properties: {n: {type: integer}}}},
			rows: {type: array, items: {type: array, items: {type: integer}}}, either: {type: [string, object]},
			file: {type: string, format: binary}, files: {type: array, items: {type: string, format: binary}}, png: {type: string, contentMediaType: image/png},
			page: {type: string, contentMediaType: text/html}, seal: {type: string, contentEncoding: base64, pattern: "^Q"},
			any: {maxLength: 4}, csv: {type: array, items: {type: integer}}}},
			encoding: {csv: {style: form, explode: false}, empty: {headers: {X-Part: {schema: {type: string}}}}}},
		multipart/mixed: {itemSchema: {type: integer}}}}`, BodyOptions{})
	for names, c := range map[string]struct{ content, takes, refuses string }{
		"text texts":     {"x", "text/plain TEXT/Plain;charset=utf-8", "text/html application/json application/xml application/octet-stream image/png text/csv multipart/mixed;boundary=x"},
		"empty":          {"x", "text/plain", "text/html application/json"},
		"flag":           {"true", "text/plain", "text/html application/json"},
		"object objects": {`{"n":1}`, "application/json application/json;charset=utf-8", "text/plain text/html application/xml application/octet-stream"},
		"rows":           {`[[1]]`, "application/json", "text/html"},
		"either":         {`{}`, "text/plain application/json", "text/html application/octet-stream"},
		"file files":     {"x", "application/octet-stream image/png text/html a/b", ""},
		"png":            {"x", "application/octet-stream image/png", "text/html image/gif"},
		"page":           {"x", "text/html text/plain", "text/css"},
		"seal":           {"QQ==", "text/plain application/octet-stream", "text/html"},
		"any":            {"1", "text/plain application/octet-stream application/json", "text/html"},
		"csv":            {"1,2", "text/plain text/html", ""}, // its encoding has a style
	} {
		for name := range strings.FieldsSeq(names) {
			if got := told(s.Run(sending(multiType, written(field(name, c.content))))); got != "passes" {
				t.Errorf("%s without a media type: %s", name, got)
			}
			for mediaType := range strings.FieldsSeq(c.takes) {
				if got := told(s.Run(sending(multiType, written(`Content-Disposition: form-data; name="`+name+"\"\n"+typed(mediaType, c.content))))); got != "passes" {
					t.Errorf("%s as %s: %s", name, mediaType, got)
				}
			}
			for mediaType := range strings.FieldsSeq(c.refuses) {
				want := "body-invalid body:/" + name + ":contentType"
				if got := told(s.Run(sending(multiType, written(`Content-Disposition: form-data; name="`+name+"\"\n"+typed(mediaType, c.content))))); got != want {
					t.Errorf("%s as %s: %s; want %s", name, mediaType, got, want)
				}
			}
		}
	}
	for mediaType, want := range map[string]string{"text/plain": "passes", "text/html": "body-invalid body:/0:contentType"} {
		if got := told(s.Run(sending(mixedType, written(typed(mediaType, "5"))))); got != want {
			t.Errorf("a part by its place as %s: %s; want %s", mediaType, got, want)
		}
	}
}

// A caller must learn which header field of a part is meant.
func TestFaultsOfPartHeadersNameThem(t *testing.T) {
	s := body(t, `{content: {multipart/form-data: {schema: {type: object, properties: {img: {type: string, format: binary}}},
		encoding: {img: {contentType: image/png, headers: {X-Part: {required: true, schema: {type: integer}}, X-List: {schema: {type: array, items: {type: integer}}}}}}}}}`, BodyOptions{})
	png := func(fields string) string {
		return written(strings.Replace(file("img", "image/png", "PNG"), "\n\n", fields+"\n\n", 1))
	}
	for fields, want := range map[string]string{
		"":                         "required: its header field X-Part must be given",
		"\nX-Part: x":              "type: its header field X-Part must be ",
		"\nX-Part: 1\nX-Part: 2":   "duplicate: its header field X-Part may be given only once",
		"\nx-part: 1\nX-List: 1,x": "type: its header field X-List must be ",
	} {
		found := problem.As(s.Run(sending(multiType, png(fields)))).Faults
		if len(found) != 1 || found[0].In != "body" || found[0].Pointer != "/img" || !strings.HasPrefix(found[0].Keyword+": "+found[0].Message, want) {
			t.Errorf("%q: %+v; want %s", fields, found, want)
		}
	}
	if got := told(s.Run(sending(multiType, png("\nX-Part: 7\nX-List: 1,2")))); got != "passes" {
		t.Errorf("as declared: %s", got)
	}
}

func TestWhatIsHeldOfPartsIsSaid(t *testing.T) {
	const file = `{type: string, format: binary}`
	for text, want := range map[string]string{
		`multipart/form-data: {schema: {type: object, properties: {a: ` + file + `}}}`:                                                                "enforced body multipart/form-data: object, at most 1000 parts, optional",
		`multipart/mixed: {itemSchema: {type: integer}}`:                                                                                              "enforced body multipart/mixed: parts of integer, at most 1000 parts, optional",
		`multipart/form-data: {schema: {type: array}}`:                                                                                                "refused body multipart/form-data: the parts of a form have names; a form that is described as a list is refused",
		`multipart/form-data: {schema: {type: object, properties: {a: {type: object}}}, encoding: {a: {contentType: image/png}}}`:                     "refused body multipart/form-data: part a: content of type image/png cannot be held to its schema, so such parts are refused",
		`multipart/form-data: {schema: {type: object, properties: {a: {type: string, format: binary, pattern: x}}}, encoding: {a: {}}}`:               "annotation body multipart/form-data: part a: of a file only the size is held; pattern, enum and const are not",
		`multipart/form-data: {schema: {type: object, properties: {a: {type: string}}}, encoding: {a: {contentType: text/plain, encoding: {b: {}}}}}`: "annotation body multipart/form-data: part a: its encodings belong to no parts",
		`application/octet-stream: {schema: {type: string, format: binary, minLength: 2, maxLength: 10}}`:                                             "enforced body application/octet-stream: bytes within the size limit, 2 to 10 of them, optional",
	} {
		_, held, not, mistakes := NewBody(bodyOf(parse(t, `{content: {`+text+`}}`)), document(), BodyOptions{})
		if err := mistakes.Err(); err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, c := range append(held, not...) {
			all = append(all, c.Effect.String()+" "+c.Says)
		}
		if !strings.Contains("\n"+strings.Join(all, "\n")+"\n", "\n"+want+"\n") {
			t.Errorf("%s:\n%s\nwant\n%s", text, strings.Join(all, "\n"), want)
		}
	}
}
