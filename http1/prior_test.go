package http1

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"

	"sallyport/message"
)

// TestPriorKnowledge: a connection that begins with the preface is handed over
// with every byte of it, however it comes in pieces; any other is ours.
func TestPriorKnowledge(t *testing.T) {
	given := make(chan net.Conn, 1)
	h := &handler{}
	s := &Server{Handler: h, Limits: Limits{Target: 100, Fields: 1000, Count: 10}, Prior: func(c net.Conn) { given <- c }}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go s.Serve(l)
	t.Cleanup(func() { s.Close() })
	for _, at := range []int{len(preface), 1, len(preface) - 1} {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, preface[:at])
		_, _ = io.WriteString(conn, preface[at:]+"and more")
		got := <-given
		b := make([]byte, len(preface)+len("and more"))
		if _, err := io.ReadFull(got, b); err != nil || string(b) != preface+"and more" {
			t.Errorf("%q, %v", b, err)
		}
		_, _ = io.WriteString(got, "heard")
		got.Close()
		if answer, _ := io.ReadAll(conn); string(answer) != "heard" {
			t.Errorf("%q", answer)
		}
	}
	for text, want := range map[string]string{
		"PRI /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n":    "HTTP/1.1 200",
		"P / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n":       "HTTP/1.1 200",
		"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n":                           "HTTP/1.1 505",
		"\r\nPRI / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n": "HTTP/1.1 200",
		"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n":     "HTTP/1.1 200",
	} {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, text)
		line, _ := bufio.NewReader(conn).ReadString('\n')
		if !strings.HasPrefix(line, want) {
			t.Errorf("%q is answered %q", text, line)
		}
		conn.Close()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(given) > 0 {
		t.Error("what is no preface is handed over")
	}
}

func TestCheck(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*message.Request)
		want   *Fault
	}{
		"nothing wrong":         {func(*message.Request) {}, nil},
		"the asterisk":          {func(r *message.Request) { r.Method, r.Target = "OPTIONS", "*" }, nil},
		"another asterisk":      {func(r *message.Request) { r.Target = "*" }, errTarget},
		"an absolute target":    {func(r *message.Request) { r.Target = "http://a/" }, errTarget},
		"a space in the target": {func(r *message.Request) { r.Target = "/a b" }, errTarget},
		"a number sign":         {func(r *message.Request) { r.Target = "/a#b" }, errTarget},
		"bytes of UTF-8":        {func(r *message.Request) { r.Target = "/ä" }, errTarget},
		"CONNECT":               {func(r *message.Request) { r.Method = "CONNECT" }, errTarget},
		"no method":             {func(r *message.Request) { r.Method = "" }, errRequestLine},
		"a long method":         {func(r *message.Request) { r.Method = strings.Repeat("A", longestMethod+1) }, errMethod},
		"user information":      {func(r *message.Request) { r.Authority = "a@b" }, errHost},
		"no authority":          {func(r *message.Request) { r.Authority = "" }, errHost},
		"the same host":         {field("host", "API.example"), nil},
		"another host":          {field("host", "evil.example"), errHostOther},
		"a name with a space":   {field("a b", "1"), errName},
		"no name":               {field("", "1"), errName},
		"a line break":          {field("a", "1\r\nb: 2"), errValue},
		"a space before":        {field("a", " 1"), errValue},
		"a tab behind":          {field("a", "1\t"), errValue},
		"Connection":            {field("connection", "close"), errConnectionField},
		"Keep-Alive":            {field("keep-alive", "1"), errConnectionField},
		"Proxy-Connection":      {field("proxy-connection", "close"), errConnectionField},
		"Transfer-Encoding":     {field("transfer-encoding", "chunked"), errConnectionField},
		"Upgrade":               {field("upgrade", "h2c"), errConnectionField},
		"TE":                    {field("te", "trailers, gzip"), errConnectionField},
		"TE: trailers":          {field("te", "trailers"), nil},
		"an expectation":        {field("expect", "much"), errExpect},
		"a length with a sign":  {field("content-length", "+1"), errLength},
		"two lengths": {func(r *message.Request) {
			r.Fields = message.Fields{{Name: "content-length", Value: "1"}, {Name: "content-length", Value: "1"}}
		}, errLength},
	} {
		r := &message.Request{Method: "GET", Target: "/a?b=c", Authority: "api.example"}
		c.change(r)
		if got := Check(r); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func field(name, value string) func(*message.Request) {
	return func(r *message.Request) { r.Fields.Add(name, value) }
}
