package validate

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"sallyport"
	"sallyport/message"
	"sallyport/problem"
)

func zipped(t testing.TB, content string) string {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := io.WriteString(w, content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func deflated(t testing.TB, content string) string {
	t.Helper()
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	if _, err := io.WriteString(w, content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func sendingCoded(mediaType, codings, content string) *sallyport.Exchange {
	x := sending(mediaType, content)
	x.Request.Fields.Add("Content-Encoding", codings)
	x.Request.Fields.Add("Content-Digest", "sha-256=:a:")
	return x
}

func left(t testing.TB, x *sallyport.Exchange) string {
	t.Helper()
	b, err := io.ReadAll(x.Request.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// What was checked is what the backend gets, and nothing says otherwise.
func TestACodedBodyIsDecodedCheckedAndPassedOn(t *testing.T) {
	const content = `{ "name": "a" }`
	for codings, coded := range map[string]string{
		"gzip":             zipped(t, content),
		"deflate":          deflated(t, content),
		"X-GZIP":           zipped(t, content),
		"deflate, gzip":    zipped(t, deflated(t, content)),
		"identity, gzip":   zipped(t, content),
		"gzip, , identity": zipped(t, `{ "na`) + zipped(t, `me": "a" }`), // two members are one body
	} {
		x := sendingCoded("application/json", codings, coded)
		if got := told(body(t, jsonBodyOf, BodyOptions{}).Run(x)); got != "passes" {
			t.Errorf("%s: %s", codings, got)
			continue
		}
		if x.Request.Fields.Has("Content-Encoding") || x.Request.Fields.Has("Content-Digest") || x.Request.Body.Length != int64(len(content)) {
			t.Errorf("%s: length %d, %v", codings, x.Request.Body.Length, x.Request.Fields)
		}
		if got := left(t, x); got != content {
			t.Errorf("%s: the backend gets %q", codings, got)
		}
	}
}

func TestACodedBodyThatDoesNotFitIsRefused(t *testing.T) {
	whole := zipped(t, `{"name":"a"}`)
	for name, c := range map[string]struct{ content, want string }{
		"a schema's fault": {zipped(t, `{"name":1}`), "body-invalid body:/name:type"},
		"no JSON":          {zipped(t, `{"name"`), "body-malformed body:"},
		"nothing":          {zipped(t, ""), "body-missing"},
		"cut":              {whole[:len(whole)-1], "body-malformed"},
		"more":             {whole + "{}", "body-malformed"},
		"a bomb":           {zipped(t, strings.Repeat(" ", 512<<10)), "body-too-large"},
		"too long":         {zipped(t, strings.Repeat("0123456789abcdef", maxBody/16+1)), "body-too-large"},
	} {
		x := sendingCoded("application/json", "gzip", c.content)
		if got := told(body(t, jsonBodyOf, BodyOptions{}).Run(x)); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %s; want %s", name, got, c.want)
		}
	}
}

func TestEveryReaderSeesWhatWasDecoded(t *testing.T) {
	for mediaType, c := range map[string]struct{ content, want string }{
		formType:               {"name=1&name=2", "body-invalid"},
		"text/plain":           {"too long", "body-invalid"},
		"application/x-ndjson": {`{"name":1}`, "body-invalid body:/0/name:type"},
	} {
		s := body(t, `{content: {`+mediaType+`: {schema: {type: object, required: [name], maxLength: 3, properties: {name: {type: string}}}, itemSchema: {type: object, properties: {name: {type: string}}}}}}`, BodyOptions{})
		if got := told(s.Run(sendingCoded(mediaType, "gzip", zipped(t, c.content)))); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %s; want %s", mediaType, got, c.want)
		}
	}
}

// Nothing is read of what nobody checks: it goes on as it came.
func TestAnOpaqueBodyStaysCoded(t *testing.T) {
	coded := zipped(t, "bytes")
	for _, codings := range []string{"gzip", "compress", "gzip, gzip, gzip"} {
		x := sendingCoded("application/octet-stream", codings, coded)
		if got := told(body(t, `{content: {application/octet-stream: {}}}`, BodyOptions{}).Run(x)); got != "passes" {
			t.Errorf("%s: %s", codings, got)
		}
		if x.Request.Fields.Get("Content-Encoding") != codings || left(t, x) != coded {
			t.Errorf("%s: it was changed: %v", codings, x.Request.Fields)
		}
	}
}

func TestCodedBodiesCanBeRefused(t *testing.T) {
	for _, mediaType := range []string{"application/json", "application/octet-stream"} {
		s := body(t, `{content: {application/json: {}, application/octet-stream: {}}}`, BodyOptions{RefuseEncoded: true})
		err := s.Run(sendingCoded(mediaType, "gzip", zipped(t, "{}")))
		if told(err) != "media-type-unsupported" || problem.As(err).Fields.Get("Accept-Encoding") != "identity" {
			t.Errorf("%s: %v", mediaType, err)
		}
	}
}

// What is only watched is not changed: not the bytes, nor what is said of them.
func TestAWatchedBodyStaysCoded(t *testing.T) {
	s := body(t, jsonBodyOf, BodyOptions{Watch: true})
	for content, want := range map[string]string{`{"name":"a","id":7}`: "passes", `{"name":1}`: "body-invalid body:/name:type"} {
		coded := zipped(t, content)
		x := sendingCoded("application/json", "gzip", coded)
		if got := told(s.Run(x)); got != want {
			t.Errorf("%s: %s; want %s", content, got, want)
		}
		if x.Request.Fields.Get("Content-Encoding") != "gzip" || !x.Request.Fields.Has("Content-Digest") || left(t, x) != coded {
			t.Errorf("%s: it was changed: %v", content, x.Request.Fields)
		}
	}
}

func TestABodyThatBreaksOffIsNotTakenForMalformed(t *testing.T) {
	x := sendingCoded("application/json", "gzip", "")
	x.Request.Body = message.NewBody(io.NopCloser(io.MultiReader(strings.NewReader(zipped(t, "{}")[:9]), iotest.ErrReader(errors.New("the connection broke")))), -1)
	if got := told(body(t, jsonBodyOf, BodyOptions{}).Run(x)); got != "request-malformed" {
		t.Error(got)
	}
}
