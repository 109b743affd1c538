package admit

import (
	"strings"
	"testing"

	"sallyport"
	"sallyport/problem"
)

func opening(scheme, authority string, origins ...string) *sallyport.Exchange {
	x := exchange("GET", "/")
	x.Request.Proto, x.Request.Scheme, x.Request.Authority = "HTTP/1.1", scheme, authority
	for _, f := range [][2]string{{"Upgrade", "websocket"}, {"Connection", "Upgrade"}, {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}, {"Sec-WebSocket-Version", "13"}} {
		x.Request.Fields.Add(f[0], f[1])
	}
	for _, o := range origins {
		x.Request.Fields.Add("Origin", o)
	}
	return x
}

func TestOriginsThatMayOpenAWebSocket(t *testing.T) {
	listed := &Handshake{Origins: []string{"https://app.example", "http://localhost:3000"}, Suffixes: []string{".bank.example"}}
	for _, c := range []struct {
		name, scheme, authority string
		origins                 []string
		may                     bool
	}{
		{"no browser", "https", "chat.example", nil, true},
		{"its own host", "https", "chat.example", []string{"https://chat.example"}, true},
		{"its own host, with the scheme's port", "https", "chat.example:443", []string{"https://chat.example"}, true},
		{"its own host, in other letters", "https", "Chat.Example", []string{"https://chat.example"}, true},
		{"its own host and port", "http", "127.0.0.1:8080", []string{"http://127.0.0.1:8080"}, true},
		{"its own host behind a proxy with TLS", "http", "chat.example", []string{"https://chat.example"}, true},
		{"a page in the clear", "https", "chat.example", []string{"http://chat.example"}, false},
		{"its own host on another port", "https", "chat.example", []string{"https://chat.example:8443"}, false},
		{"the other scheme's port", "http", "chat.example:443", []string{"http://chat.example"}, false},
		{"a name that begins alike", "https", "chat.example", []string{"https://chat.example.evil.example"}, false},
		{"a name that ends alike", "https", "chat.example", []string{"https://evilchat.example"}, false},
		{"a user before the host", "https", "chat.example", []string{"https://evil@chat.example"}, false},
		{"null", "https", "chat.example", []string{"null"}, false},
		{"an empty one", "https", "chat.example", []string{""}, false},
		{"an empty host", "https", "", []string{"https://"}, false},
		{"another scheme", "http", "chat.example", []string{"file://chat.example"}, false},
		{"listed", "https", "chat.example", []string{"https://app.example"}, true},
		{"listed with a port", "https", "chat.example", []string{"http://localhost:3000"}, true},
		{"below a listed name", "https", "chat.example", []string{"https://a.bank.example"}, true},
		{"a listed name in the clear", "https", "chat.example", []string{"http://app.example"}, false},
		{"two of which one may", "https", "chat.example", []string{"https://app.example", "https://evil.example"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := listed.Run(opening(c.scheme, c.authority, c.origins...))
			if c.may != (err == nil) || err != nil && problem.As(err).Kind != problem.WebSocketOriginRefused {
				t.Error(err)
			}
		})
	}
	if err := (&Handshake{Origins: []string{"*"}}).Run(opening("https", "chat.example", "https://whoever.example")); err != nil {
		t.Errorf("every page may: %v", err)
	}
}

func TestRequestsThatOpenNoWebSocket(t *testing.T) {
	for _, c := range []struct {
		name, field, value string
		kind               problem.Kind
		upgrade, version   string
	}{
		{"no Upgrade", "Upgrade", "", problem.WebSocketRequired, "websocket", ""},
		{"another version", "Sec-WebSocket-Version", "7", problem.WebSocketRequired, "websocket", "13"},
		{"no version", "Sec-WebSocket-Version", "secret", problem.RequestMalformed, "", ""},
		{"no key", "Sec-WebSocket-Key", "secret", problem.RequestMalformed, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := opening("https", "chat.example")
			x.Request.Fields.Set(c.field, c.value)
			r := problem.As((&Handshake{}).Run(x))
			if r.Kind != c.kind || r.Fields.Get("Upgrade") != c.upgrade || r.Fields.Get("Sec-WebSocket-Version") != c.version || strings.Contains(r.Detail, "secret") {
				t.Errorf("%v %v", r, r.Fields)
			}
		})
	}
	optional := &Handshake{Optional: true}
	x := opening("https", "chat.example")
	x.Request.Fields.Del("Upgrade")
	if err := optional.Run(x); err != nil {
		t.Errorf("it asks for none, and need not: %v", err)
	}
	if err := optional.Run(opening("https", "chat.example", "https://evil.example")); err == nil {
		t.Error("it asks for one from a page of strangers")
	}
	x = opening("https", "chat.example")
	x.Request.Proto = "HTTP/2.0" // whose answers have no Upgrade (RFC 9113 §8.2.2)
	if r := problem.As((&Handshake{}).Run(x)); r.Kind != problem.VersionUnsupported || len(r.Fields) > 0 {
		t.Errorf("%v %v", r, r.Fields)
	}
}
