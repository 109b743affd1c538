package forward

import (
	"io"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"sallyport"
	"sallyport/message"
	"sallyport/problem"
)

// sent is the head of the request that the backend hears, sorted by line after
// the first.
func sent(t *testing.T, u func(string) *Upstream, x *sallyport.Exchange) string {
	t.Helper()
	b := answering(t, ok)
	if err := run(t, u(b.url()), x); err != nil {
		t.Fatal(err)
	}
	head := strings.TrimSuffix(<-b.heard, "\n")
	head = strings.ReplaceAll(head, b.Addr().String(), "BACKEND")
	lines := strings.Split(head, "\n")
	slices.Sort(lines[1:])
	return strings.Join(lines, "\n")
}

func ordinary(t *testing.T) func(string) *Upstream {
	return func(url string) *Upstream { return upstream(t, url) }
}

func TestFieldsAreRebuilt(t *testing.T) {
	x := exchange(t, "GET", "/a", "",
		"Accept", "*/*", "Cookie", "a=1", "Cookie", "b=2", "X-Tenant", "t1",
		// an address, a caller, a method or a path of the client's choice
		"Forwarded", "for=203.0.113.9", "X-Forwarded-For", "203.0.113.9", "X-Forwarded-Host", "evil.example", "x-forwarded-anything", "1",
		"X_Forwarded_For", "203.0.113.9", "X-Real-Ip", "203.0.113.9", "True-Client-IP", "203.0.113.9", "X-Consumer-Id", "root", "X_Auth_Subject", "root", "X-Client-Ip", "1", "Client_Ip", "1",
		"X-Caller-Subject", "admin", "x-caller-id", "admin", "X_Caller_Subject", "admin", "X-Caller_Subject", "admin", "x_CALLER-New", "admin", "X.Caller.Id", "admin", "x.caller~New", "admin", "Transfer.Encoding", "chunked", "Remote.User", "admin",
		"X-Request-Id", "theirs", "X_Request_Id", "theirs", "Traceparent", "theirs", "Client-Cert", "theirs", "Remote_User", "admin",
		"X-Http-Method-Override", "DELETE", "X_HTTP_Method", "DELETE", "X-Method-Override", "DELETE",
		"X-Original-Url", "/admin", "X_Rewrite_Url", "/admin", "X-Host", "evil.example", "Proxy", "http://evil.example",
		// what belongs to the client's connection
		"Connection", "close, X-Hop, Cookie, X-Caller-Id, x-forwarded-for", "X-Hop", "1", "Keep-Alive", "1", "Proxy-Connection", "1", "Proxy-Authorization", "1",
		"Te", "trailers", "Trailer", "A", "Upgrade", "websocket", "Http2-Settings", "1", "Expect", "100-continue", "Transfer-Encoding", "gzip", "Content-Length", "7", "Host", "evil.example",
		"Via", "1.0 theirs")
	x.Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	const want = `GET /a HTTP/1.1
Accept: */*
Cookie: a=1
Cookie: b=2
Forwarded: for=192.0.2.1;host="api.example:8080";proto=http
Host: BACKEND
Traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
Via: 1.0 theirs
Via: 1.1 sallyport
X-Forwarded-For: 192.0.2.1
X-Forwarded-Host: api.example:8080
X-Forwarded-Port: 8080
X-Forwarded-Proto: http
X-Request-Id: 0197f1c2
X-Tenant: t1`
	if got := sent(t, ordinary(t), x); got != want {
		t.Errorf("the backend heard\n%s\nwant\n%s", got, want)
	}
}

// TestTwinsOfTheConnection: a backend that folds underscores (CGI, RFC 3875
// §4.1.18) would read the framing from them.
func TestTwinsOfTheConnection(t *testing.T) {
	x := exchange(t, "GET", "/", "", "Transfer_Encoding", "chunked", "content_length", "3", "Keep_Alive", "1", "Proxy_Connection", "close",
		"Connection", "X-Hop, Content_Type, X_Other", "X_Hop", "1", "Content-Type", "text/plain", "X-Other", "1", "X_kept", "1")
	head := "\n" + sent(t, ordinary(t), x) + "\n"
	for _, name := range []string{"Transfer_Encoding", "Content_Length", "Keep_Alive", "Proxy_Connection", "X_Hop"} {
		if strings.Contains(strings.ToLower(head), "\n"+strings.ToLower(name)+":") {
			t.Errorf("%s was sent on:\n%s", name, head)
		}
	}
	for _, line := range []string{"Content-Type: text/plain", "X-Other: 1", "X_kept: 1"} {
		if !strings.Contains(head, "\n"+line+"\n") {
			t.Errorf("want %s in\n%s", line, head)
		}
	}
}

func TestForwardedChain(t *testing.T) {
	for _, c := range []struct{ name, peer, client, usual, standard string }{
		{"the client itself", "192.0.2.1", "192.0.2.1", "192.0.2.1", `for=192.0.2.1;host="api.example:8080";proto=http`},
		{"behind a proxy", "10.0.0.1", "192.0.2.1", "192.0.2.1, 10.0.0.1", `for=192.0.2.1;host="api.example:8080";proto=http, for=10.0.0.1`},
		{"IPv6", "fd00::1", "2001:db8::1", "2001:db8::1, fd00::1", `for="[2001:db8::1]";host="api.example:8080";proto=http, for="[fd00::1]"`},
		{"IPv4 on an IPv6 socket", "::ffff:192.0.2.1", "192.0.2.1", "192.0.2.1", `for=192.0.2.1;host="api.example:8080";proto=http`},
		{"a peer without an address", "", "", "", `for=unknown;host="api.example:8080";proto=http`},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := exchange(t, "GET", "/", "")
			x.Client, x.Request.Remote = netip.Addr{}, netip.AddrPort{}
			if c.peer != "" {
				x.Client, x.Request.Remote = netip.MustParseAddr(c.client), netip.AddrPortFrom(netip.MustParseAddr(c.peer), 1)
			}
			head := sent(t, ordinary(t), x)
			if !strings.Contains(head, "\nForwarded: "+c.standard+"\n") {
				t.Errorf("want Forwarded: %s in\n%s", c.standard, head)
			}
			if strings.Contains(head, "\nX-Forwarded-For: ") != (c.usual != "") || !strings.Contains(head+"\n", "\nX-Forwarded-For: "+c.usual+"\n") && c.usual != "" {
				t.Errorf("want X-Forwarded-For: %q in\n%s", c.usual, head)
			}
		})
	}
}

func TestTargetIsSentAsItStands(t *testing.T) {
	for _, c := range []struct{ name, prefix, path, query, want string }{
		{"encoded", "", "/a%2Fb/%C3%A9;x=1/~", "", "/a%2Fb/%C3%A9;x=1/~"},
		{"root", "", "/", "", "/"},
		{"reserved characters", "", "/a:b@c!$&'()*+,=", "", "/a:b@c!$&'()*+,="},
		{"query", "", "/a", "b=%2f&c[]={|}&d=+%20&&e", "/a?b=%2f&c[]={|}&d=+%20&&e"},
		{"query of question marks", "", "/a", "??", "/a???"},
		{"a target with a path", "/v1", "/a", "b", "/v1/a?b"},
		{"a target with a slash at its end", "/v1/", "/a/", "", "/v1/a/"},
		{"a target with an encoded path", "/v%2F1", "/a", "", "/v%2F1/a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			head := sent(t, func(url string) *Upstream { return upstream(t, url+c.prefix) }, exchange(t, "GET", c.path, c.query))
			if line, _, _ := strings.Cut(head, "\n"); line != "GET "+c.want+" HTTP/1.1" {
				t.Errorf("%q, want %q", line, c.want)
			}
		})
	}
}

func TestSettings(t *testing.T) {
	x := exchange(t, "GET", "/", "", "Accept-Encoding", "gzip", "Range", "bytes=0-1", "If-Range", "x", "User-Agent", "theirs")
	head := sent(t, func(url string) *Upstream {
		u := upstream(t, url)
		u.Identity, u.PreserveHost = true, true
		return u
	}, x)
	for _, line := range []string{"Accept-Encoding: identity", "Host: api.example:8080", "User-Agent: theirs"} {
		if !strings.Contains(head, "\n"+line+"\n") {
			t.Errorf("want %s in\n%s", line, head)
		}
	}
	if strings.Contains(head, "Range") {
		t.Errorf("a part cannot be filtered:\n%s", head)
	}
	x = exchange(t, "GET", "/", "", "Accept-Encoding", "gzip", "Range", "bytes=0-1")
	x.Request.Proto = "HTTP/2.0"
	head = sent(t, ordinary(t), x)
	for _, line := range []string{"Accept-Encoding: gzip", "Range: bytes=0-1", "Via: 2 sallyport"} {
		if !strings.Contains(head, "\n"+line+"\n") {
			t.Errorf("want %s in\n%s", line, head)
		}
	}
}

func TestCallerFields(t *testing.T) {
	caller := func(c sallyport.Credential) sallyport.Principal {
		return sallyport.Principal{Credentials: []*sallyport.Credential{{Scheme: "left", Kind: sallyport.Unchecked}, &c}}
	}
	full := sallyport.Credential{Scheme: "jwt", Kind: "jwt", ID: "https://id.example|ann", Issuer: "https://id.example", Subject: "ann", Tenant: "t1", Scopes: []string{"read", "write"}, Roles: []string{"teller", "a,b", "50%"}}
	x := exchange(t, "GET", "/", "", "X-Caller-Roles", "admin")
	x.Caller = caller(full)
	head := sent(t, ordinary(t), x)
	const want = `X-Caller-Id: https://id.example|ann
X-Caller-Issuer: https://id.example
X-Caller-Roles: teller,a%2Cb,50%25
X-Caller-Scheme: jwt
X-Caller-Scopes: read write
X-Caller-Subject: ann
X-Caller-Tenant: t1
`
	if !strings.Contains(head, want) {
		t.Errorf("want\n%s\nin\n%s", want, head)
	}

	x = exchange(t, "GET", "/", "")
	x.Caller = sallyport.Principal{Credentials: []*sallyport.Credential{{Scheme: "left", Kind: sallyport.Unchecked, Subject: "ann"}}}
	if head := sent(t, ordinary(t), x); strings.Contains(head, "X-Caller-") {
		t.Errorf("nobody was proved, and the backend hears\n%s", head)
	}

	for _, subject := range []string{"ann\r\nX-Caller-Roles: admin", "ann\x00", "\x7f", " ann", "ann ", "a\tb"} {
		bad := full
		bad.Subject = subject
		x := exchange(t, "GET", "/", "")
		x.Caller = caller(bad)
		b := answering(t, ok)
		r := wantKind(t, run(t, upstream(t, b.url()), x), problem.TokenInvalid)
		if strings.Contains(r.Error(), "ann") || !r.Fields.Has("WWW-Authenticate") || b.count() != 0 {
			t.Errorf("subject %q: %v, %v, %d connections", subject, r, r.Fields, b.count())
		}
	}
}

func TestRequestBodies(t *testing.T) {
	read := make(chan string, 1)
	b := newBackend(t, func(c *conversation) bool {
		switch {
		case strings.Contains(c.head, "Content-Length: 7\n"):
			read <- c.body(7)
		case strings.Contains(c.head, "Transfer-Encoding: chunked\n"):
			read <- c.body(len("7\r\ncontent\r\n0\r\n\r\n"))
		default:
			read <- ""
		}
		c.say(ok)
		return true
	})
	u := upstream(t, b.url())
	stream := func(length int64) *message.Body {
		return message.NewBody(io.NopCloser(strings.NewReader("content")), length)
	}
	held := stream(-1)
	if _, err := held.Hold(100, nil); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, method string
		body         *message.Body
		want, head   string
	}{
		{"streamed", "POST", stream(7), "content", "Content-Length: 7\n"},
		{"streamed, of unknown length", "POST", stream(-1), "7\r\ncontent\r\n0\r\n\r\n", "Transfer-Encoding: chunked\n"},
		{"held", "POST", held, "content", "Content-Length: 7\n"},
		{"held, at GET", "GET", message.BytesBody([]byte("content")), "content", "Content-Length: 7\n"},
		{"none, at POST", "POST", nil, "", "Content-Length: 0\n"},
		{"empty", "PUT", message.BytesBody(nil), "", "Content-Length: 0\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := exchange(t, c.method, "/", "", "Content-Length", "99", "Transfer-Encoding", "chunked")
			x.Request.Body = c.body
			if err := run(t, u, x); err != nil {
				t.Fatal(err)
			}
			if head := <-b.heard; !strings.Contains(head, c.head) {
				t.Errorf("want %q in\n%s", c.head, head)
			}
			if got := <-read; got != c.want {
				t.Errorf("the backend read %q, want %q", got, c.want)
			}
			if content(t, x) != "ok" {
				t.Error("the answer was lost")
			}
		})
	}
	x := exchange(t, "GET", "/", "")
	if err := run(t, u, x); err != nil {
		t.Fatal(err)
	}
	if head := <-b.heard; strings.Contains(head, "Content-Length") || strings.Contains(head, "Transfer-Encoding") {
		t.Errorf("GET without a body\n%s", head)
	}
}
