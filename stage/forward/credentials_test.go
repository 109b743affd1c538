package forward

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"sallyport/message"
)

func given(t *testing.T, name, value string) *Credentials {
	t.Helper()
	c := new(Credentials)
	if err := c.Give(name, value); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCredentialsTakeTheClientsPlace(t *testing.T) {
	c := given(t, "Authorization", "Bearer ours")
	if err := c.Give("X-Api-Key", "our key"); err != nil {
		t.Fatal(err)
	}
	c.GiveQuery("k&y", "o=u&r s")
	x := exchange(t, "GET", "/a", "a=1&k%26y=theirs&b=2&K%26Y=theirs&k%26y",
		"authorization", "Bearer theirs", "Authorization", "Basic theirs", "X_Api_Key", "theirs", "x-api_key", "theirs", "X-Api-Keys", "stays")
	head := sent(t, func(url string) *Upstream { u := upstream(t, url); u.Credentials = c; return u }, x)
	for _, want := range []string{"GET /a?a=1&b=2&k%26y=o%3Du%26r+s HTTP/1.1\n", "\nAuthorization: Bearer ours\n", "\nX-Api-Key: our key\n", "\nX-Api-Keys: stays\n"} {
		if !strings.Contains(head, want) {
			t.Errorf("%q is not in\n%s", want, head)
		}
	}
	if strings.Contains(head, "theirs") {
		t.Errorf("what the client sent passes:\n%s", head)
	}
	if x.Request.Query != "a=1&k%26y=theirs&b=2&K%26Y=theirs&k%26y" || x.Request.Fields.Get("Authorization") != "Bearer theirs" {
		t.Error("the client's request was changed")
	}
}

// A secret that the backend repeats would not be found in two parts of an
// answer, or in what is compressed.
func TestCredentialsAskForTheWholeAnswer(t *testing.T) {
	inQuery := new(Credentials)
	inQuery.GiveQuery("key", "our key")
	for name, c := range map[string]*Credentials{"field": given(t, "X-Key", "our key"), "query": inQuery} {
		t.Run(name, func(t *testing.T) {
			x := exchange(t, "GET", "/a", "", "range", "bytes=0-3", "If-Range", `"a"`, "If_Range", `"a"`, "Accept-Encoding", "gzip", "Accept_Encoding", "br")
			head := sent(t, func(url string) *Upstream { u := upstream(t, url); u.Credentials = c; return u }, x)
			if strings.Contains(strings.ToLower(head), "range") || strings.Contains(head, "gzip") || strings.Contains(head, "br\n") || !strings.Contains(head, "\nAccept-Encoding: identity\n") {
				t.Errorf("arrives as\n%s", head)
			}
		})
	}
}

func TestCredentialsAreWithheld(t *testing.T) {
	c := new(Credentials)
	c.Withhold("header", "Authorization")
	c.Withhold("query", "key")
	c.Withhold("cookie", "session")
	for name, cookie := range map[string]struct{ sends, arrives string }{
		"others stay":     {"a=1; session=secret; b=2", "\nCookie: a=1; b=2\n"},
		"twice":           {"session=secret;session=secret; a=1", "\nCookie: a=1\n"},
		"spaces":          {" session = secret; a=1", "\nCookie: a=1\n"},
		"nothing is left": {"session=secret", ""},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			x := exchange(t, "GET", "/a", "key=secret", "Authorization", "Bearer secret", "Cookie", cookie.sends)
			head := sent(t, func(url string) *Upstream { u := upstream(t, url); u.Credentials = c; return u }, x)
			if strings.Contains(head, "secret") || !strings.Contains(head, cookie.arrives) || cookie.arrives == "" && strings.Contains(head, "Cookie") {
				t.Errorf("arrives as\n%s", head)
			}
			if !strings.HasPrefix(head, "GET /a HTTP/1.1\n") {
				t.Errorf("arrives as\n%s", head)
			}
		})
	}
}

func TestCredentialsAreOneField(t *testing.T) {
	for name, value := range map[string]string{
		"a line break": "a\r\nX-Admin: 1", "a line feed": "a\nb", "nothing": "", "a space at the end": "a ", "a byte that is no ASCII": "\xff", "a tab": "a\tb",
	} {
		if err := new(Credentials).Give("X-Key", value); err == nil || len(value) > 1 && strings.Contains(err.Error(), value) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"Host", "Content-Length", "transfer_encoding", "Connection", "X-Forwarded-For", "Forwarded", "X-Request-Id", "Via", "Accept-Encoding"} {
		if err := new(Credentials).Give(name, "value"); err == nil {
			t.Errorf("%s is given away", name)
		}
	}
}

func TestEchoIsHidden(t *testing.T) {
	c := given(t, "X-Key", "hunter2hunter2")
	c.GiveQuery("key", "a secret&more")
	b := answering(t, "HTTP/1.1 302 Found\nLocation: /a/?key=a+secret%26more&x=1\nX-Echo: hunter2hunter2\nContent-Length: 30\n\n<hunter2hunter2 a secret&more>")
	x := exchange(t, "GET", "/a", "")
	u := upstream(t, b.url())
	u.Credentials = c
	if err := run(t, u, x); err != nil {
		t.Fatal(err)
	}
	if got := x.Response.Fields.Get("Location"); got != "/a/?key=***************&x=1" {
		t.Errorf("Location: %s", got)
	}
	if got := x.Response.Fields.Get("X-Echo"); got != "**************" {
		t.Errorf("X-Echo: %s", got)
	}
	if got := content(t, x); got != "<************** *************>" || x.Response.Body.Length != 30 {
		t.Errorf("%s, length %d", got, x.Response.Body.Length)
	}
}

// However an answer comes in pieces, no secret leaves and every other byte does.
func TestHiding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := new(Credentials)
		c.keep("aabaab", "abaaba", "bbbbbbb")
		text := rapid.StringOfN(rapid.RuneFrom([]rune("ab")), 0, 100, -1).Draw(t, "text")
		from := io.Reader(strings.NewReader(text))
		if rapid.Bool().Draw(t, "byte by byte") {
			from = iotest.OneByteReader(from)
		}
		h := &hiding{credentials: c, body: message.NewBody(io.NopCloser(from), -1)}
		var out bytes.Buffer
		if _, err := io.CopyBuffer(&out, struct{ io.Reader }{h}, make([]byte, rapid.IntRange(1, 20).Draw(t, "room"))); err != nil {
			t.Fatal(err)
		}
		got := out.String()
		if len(got) != len(text) {
			t.Fatalf("%d bytes became %d", len(text), len(got))
		}
		for _, s := range c.secrets {
			if strings.Contains(got, string(s)) {
				t.Fatalf("%s leaves in %s", s, got)
			}
		}
		for i := range got {
			if got[i] != text[i] && got[i] != '*' {
				t.Fatalf("%q became %q", text, got)
			}
		}
		if !strings.Contains(text, "aabaab") && !strings.Contains(text, "abaaba") && !strings.Contains(text, "bbbbbbb") && got != text {
			t.Fatalf("%q became %q", text, got)
		}
	})
}

func TestHidingPassesOnWhatItHas(t *testing.T) {
	c := new(Credentials)
	c.keep("secret")
	in, out := io.Pipe()
	h := &hiding{credentials: c, body: message.NewBody(in, -1)}
	go out.Write([]byte("event: done\n\nsec"))
	room := make([]byte, 100)
	if n, err := h.Read(room); err != nil || string(room[:n]) != "event: done\n\n" {
		t.Errorf("%q, %v", room[:n], err)
	}
	go func() { out.Write([]byte("ond\n")); out.Close() }()
	if rest, err := io.ReadAll(h); err != nil || string(rest) != "second\n" {
		t.Errorf("%q, %v", rest, err)
	}
}

func BenchmarkHiding(b *testing.B) {
	c := new(Credentials)
	c.keep("a token of the usual length, not very long")
	text := bytes.Repeat([]byte(`{"name":"Rex","tag":"a dog"},`), 2000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		io.Copy(io.Discard, &hiding{credentials: c, body: message.BytesBody(text)})
	}
}
