package validate

import (
	"encoding/binary"
	"io"
	"strings"
	"testing"
	"unicode/utf16"

	"sallyport/message"
)

// inUTF16 is text with a byte order mark before it.
func inUTF16(text string, order binary.AppendByteOrder) string {
	b := order.AppendUint16(nil, 0xfeff)
	for _, c := range utf16.Encode([]rune(text)) {
		b = order.AppendUint16(b, c)
	}
	return string(b)
}

// No content is read in another charset than UTF-8, whether it says so or not.
func TestCharsets(t *testing.T) {
	s := body(t, `{content: {
		application/json: {schema: {type: object}}, application/xml: {schema: {type: object, xml: {name: a}, properties: {b: {type: string}}}},
		text/plain: {schema: {type: string}}, text/csv: {}, `+formType+`: {schema: {type: object, properties: {a: {type: string}}}},
		multipart/form-data: {schema: {type: object, properties: {a: {type: string}}}}, multipart/mixed: {itemSchema: {type: string}},
		application/jsonl: {itemSchema: {type: object}}, text/event-stream: {itemSchema: {type: object}}, application/octet-stream: {}}}`, BodyOptions{})
	const xml = "<a><b>x</b></a>"
	contents := map[string]string{
		"application/json": "{}", "application/xml": xml, "text/plain": "x", "text/csv": "a,b", formType: "a=1", multiType: written(field("a", "1")),
		mixedType: written("\nx"), "application/jsonl": "{}\n", "text/event-stream": "data: x\n\n",
	}
	for mediaType, content := range contents {
		for charset, want := range map[string]string{"utf-8": "passes", `"UTF-8"`: "passes", "US-ASCII": "passes", "iso-8859-1": "media-type-unsupported", "utf-16": "media-type-unsupported", "utf-7": "media-type-unsupported", `""`: "media-type-unsupported"} {
			if got := told(s.Run(sending(mediaType+"; charset="+charset, content))); got != want {
				t.Errorf("%s; charset=%s: %s; want %s", mediaType, charset, got, want)
			}
		}
	}
	for _, order := range []binary.AppendByteOrder{binary.BigEndian, binary.LittleEndian} {
		for mediaType, content := range contents {
			if mediaType == formType || mediaType == multiType || mediaType == mixedType {
				continue // bytes of a form are no text
			}
			x := sending(mediaType, inUTF16(content, order))
			if got := told(s.Run(x)); mediaType == "text/event-stream" {
				if rest := strings.Trim(left(t, x), ":\n"); rest != "" { // lines without a field that is known are left out
					t.Errorf("%s in UTF-16: %s, and %q passes", mediaType, got, rest)
				}
			} else if !strings.HasPrefix(got, "body-malformed") {
				t.Errorf("%s in UTF-16: %s", mediaType, got)
			}
		}
	}
	for given, c := range map[string][2]string{
		"a declaration of UTF-8":         {"application/xml", `<?xml version="1.0" encoding="UTF-8"?>` + xml},
		"a declaration of another":       {"application/xml", `<?xml version="1.0" encoding="iso-8859-1"?>` + xml},
		"Latin 1 in text":                {"text/plain", "caf\xe9"},
		"Latin 1 in text without schema": {"text/csv", "caf\xe9"},
		"Latin 1 in a form":              {formType, "a=caf%E9"},
		"Latin 1 in a form, not encoded": {formType, "a=caf\xe9"},
		"Latin 1 in JSON":                {"application/json", "{\"a\":\"caf\xe9\"}"},
		"a surrogate that is encoded":    {"text/plain", "\xed\xa0\x80"},
		"an overlong slash":              {"text/plain", "\xc0\xaf"},
		"octets are no text":             {"application/octet-stream", "\xff\xfe\x00"},
		"octets with a charset":          {"application/octet-stream; charset=utf-16", "\xff\xfe\x00"},
	} {
		got := told(s.Run(sending(c[0], c[1])))
		if passes := strings.Contains(given, "octets") || strings.Contains(given, "of UTF-8"); passes != (got == "passes") {
			t.Errorf("%s: %s", given, got)
		}
	}
}

// US-ASCII is read as UTF-8, so that it must be US-ASCII.
func TestASCII(t *testing.T) {
	s := body(t, `{content: {application/json: {schema: {type: object}}, text/plain: {schema: {type: string}},
		application/jsonl: {itemSchema: {type: object}}, application/octet-stream: {},
		multipart/form-data: {schema: {type: object, properties: {a: {type: string}, f: {type: string, format: binary}}}}}}`, BodyOptions{})
	part := func(mediaType, content string) string {
		return written("Content-Disposition: form-data; name=a\nContent-Type: "+mediaType+"\n\n"+content, file("f", "image/png", "\xff"))
	}
	const says = "; charset=US-ASCII"
	for _, c := range []struct{ mediaType, content, want string }{
		{"text/plain" + says, "cafe", "passes"},
		{"text/plain" + says, "café", "body-malformed"},
		{"application/json" + says, `{"a":"é"}`, "body-malformed"},
		{"application/json" + says, `{"a":"\u00e9"}`, "passes"},
		{"application/jsonl" + says, "{}\n{\"a\":\"é\"}\n", "body-malformed"},
		{"application/octet-stream" + says, "\xff", "passes"},
		{multiType + says, part("text/plain", "é"), "passes"},
		{multiType, part("text/plain"+says, "e"), "passes"},
		{multiType, part("text/plain"+says, "é"), "body-invalid body:/a:contentType"},
	} {
		if got := told(s.Run(sending(c.mediaType, c.content))); got != c.want {
			t.Errorf("%s %q: %s; want %s", c.mediaType, c.content, got, c.want)
		}
	}
	if got := told(s.Run(sendingCoded("text/plain"+says, "gzip", zipped(t, "café")))); got != "body-malformed" {
		t.Errorf("encoded: %s", got)
	}
}

// Bytes stream, within the limit of the body and the number that their schema
// allows; a length that says too much is refused unread.
func TestOctets(t *testing.T) {
	s := body(t, `{content: {application/octet-stream: {schema: {type: string, format: binary, minLength: 2, maxLength: 4}}, image/png: {}}}`, BodyOptions{})
	for _, c := range []struct{ mediaType, content, want string }{
		{"application/octet-stream", "0123", "passes"},
		{"application/octet-stream", "01", "passes"},
		{"application/octet-stream", "0", "body-invalid body::minLength"},
		{"application/octet-stream", "01234", "body-invalid body::maxLength"},
		{"image/png", "0", "passes"},
		{"image/png", strings.Repeat("x", maxBody), "passes"},
		{"image/png", strings.Repeat("x", maxBody+1), "body-too-large"},
	} {
		x := sending(c.mediaType, c.content)
		if got := told(s.Run(x)); got != c.want {
			t.Errorf("%d bytes of %s: %s; want %s", len(c.content), c.mediaType, got, c.want)
		}
		if _, held := x.Request.Body.Held(); held {
			t.Errorf("%s is held", c.mediaType)
		}
		x = chunked(c.mediaType, c.content)
		if err := s.Run(x); err != nil {
			t.Errorf("%d bytes of %s without a length: %v before they are read", len(c.content), c.mediaType, err)
		}
		passed, err := io.ReadAll(x.Request.Body)
		if err == message.ErrTooLarge {
			err = x.Unread(err)
		}
		if got := told(err); got != c.want || got == "passes" && string(passed) != c.content || len(passed) > maxBody {
			t.Errorf("%d bytes of %s without a length: %s, %d pass; want %s", len(c.content), c.mediaType, got, len(passed), c.want)
		}
	}
	for mediaType, length := range map[string]int64{"application/octet-stream": 5, "image/png": maxBody + 1} {
		x := sending(mediaType, "")
		x.Request.Body = message.NewBody(unread{t}, length)
		if err := s.Run(x); err == nil {
			t.Errorf("%s of %d bytes passes", mediaType, length)
		}
	}
	x := chunked("application/octet-stream", "01234")
	if s := body(t, `{content: {application/octet-stream: {schema: {type: string, format: binary, maxLength: 4}}}}`, BodyOptions{Watch: true}); s.Run(x) != nil || left(t, x) != "01234" {
		t.Error("watched, it breaks off")
	}
}
