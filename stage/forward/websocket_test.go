package forward

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"sallyport"
	"sallyport/message"
	"sallyport/problem"
	"sallyport/websocket"
)

const handshake = "GET /chat HTTP/1.1\nHost: api.example\nUpgrade: websocket\nConnection: Upgrade\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-WebSocket-Version: 13\nSec-WebSocket-Protocol: chat\nSec-WebSocket-Extensions: permessage-deflate\n\n"

// accepted is the answer to it (RFC 6455 §1.3).
const accepted = "HTTP/1.1 101 Switching Protocols\nUpgrade: WebSocket\nConnection: upgrade\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n"

func socket(t testing.TB, most int, target string) *Upstream {
	u := upstream(t, target)
	u.WebSocket = &WebSocket{Rules: websocket.Rules{MaxMessage: 1 << 10, Idle: time.Minute}, Tunnels: &Tunnels{API: "chat"}, Most: most}
	return u
}

func opening(t testing.TB) *sallyport.Exchange {
	x := exchange(t, "GET", "/chat", "")
	for line := range strings.SplitSeq(handshake, "\n") {
		if name, value, ok := strings.Cut(line, ": "); ok && name != "Host" {
			x.Request.Fields.Add(name, value)
		}
	}
	return x
}

// TestWebSocketThroughAProgram: a program that embeds the gateway has net/http
// for a door, which is taken over.
func TestWebSocketThroughAProgram(t *testing.T) {
	if running != "http1" {
		return // net/http's connections are for HTTP
	}
	// The first frame of the backend comes with its head.
	b := newBackend(t, func(c *conversation) bool {
		c.say("%s", strings.ReplaceAll(accepted, "\n", "\r\n")+"Sec-WebSocket-Protocol: chat\r\n\r\n\x81\x05hello")
		if frame := c.body(9); frame != "\x81\x83\x01\x02\x03\x04cap" {
			t.Errorf("the backend heard %q", frame)
		}
		c.Conn.Write([]byte("\x88\x02\x03\xe8"))
		c.body(8)
		return false
	})
	u := socket(t, 1, b.url())
	address, ended := gateway(t, u)
	conn, in := dial(t, address, handshake)
	r, err := http.ReadResponse(in, nil)
	if err != nil || r.StatusCode != 101 || r.Header.Get("Upgrade") != "websocket" || r.Header.Get("Connection") != "Upgrade" || r.Header.Get("Sec-WebSocket-Protocol") != "chat" {
		t.Fatalf("%+v, %v", r, err)
	}
	frame := make([]byte, 7)
	if _, err := io.ReadFull(in, frame); err != nil || string(frame) != "\x81\x05hello" {
		t.Fatalf("%q, %v", frame, err)
	}
	if n := u.WebSocket.Tunnels.open.Load(); n != 1 {
		t.Errorf("%d are open", n)
	}
	if _, err := conn.Write([]byte("\x81\x83\x01\x02\x03\x04cap")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(in, frame[:4]); err != nil || string(frame[:4]) != "\x88\x02\x03\xe8" {
		t.Fatalf("%q, %v", frame[:4], err)
	}
	if _, err := conn.Write([]byte("\x88\x82\x00\x00\x00\x00\x03\xe8")); err != nil {
		t.Fatal(err)
	}
	if _, err := in.ReadByte(); err != io.EOF {
		t.Errorf("the connection lives on: %v", err)
	}
	x := <-ended
	if got := x.Response.Tunnel.Traffic(); got.End != message.TunnelClosed || got.Code != 1000 || got.MessagesIn != 1 || got.MessagesOut != 1 || x.Sent != got.BytesOut || x.Aborted != nil {
		t.Errorf("%+v, sent %d, %v", got, x.Sent, x.Aborted)
	}
	if n := u.WebSocket.Tunnels.open.Load(); n != 0 {
		t.Errorf("%d are open", n)
	}
	head := <-b.heard
	if !strings.Contains(head, "Connection: Upgrade\nUpgrade: websocket\n") || strings.Contains(head, "Extensions") {
		t.Error(head)
	}
}

func TestHandshakesThatABackendBreaks(t *testing.T) {
	if running != "http1" {
		return
	}
	for name, answer := range map[string]string{
		"no Upgrade":          strings.Replace(accepted, "Upgrade: WebSocket\n", "", 1) + "\n",
		"another protocol":    strings.Replace(accepted, "WebSocket\n", "h2c\n", 1) + "\n",
		"no Connection":       strings.Replace(accepted, "Connection: upgrade\n", "", 1) + "\n",
		"another key":         strings.Replace(accepted, "s3pP", "S3pP", 1) + "\n",
		"no proof":            "HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\nConnection: Upgrade\n\n",
		"an extension":        accepted + "Sec-WebSocket-Extensions: permessage-deflate\n\n",
		"another chat":        accepted + "Sec-WebSocket-Protocol: soap\n\n",
		"content":             accepted + "Content-Length: 2\n\nok",
		"an answer before":    "HTTP/1.1 100 Continue\n\n" + strings.Replace(accepted, "s3pP", "S3pP", 1) + "\n",
		"nothing, and an end": "",
	} {
		t.Run(name, func(t *testing.T) {
			b := newBackend(t, func(c *conversation) bool { c.say("%s", strings.ReplaceAll(answer, "\n", "\r\n")); return answer != "" })
			x := opening(t)
			wantKind(t, run(t, socket(t, 1, b.url()), x), problem.UpstreamBroken)
			if x.Response != nil {
				t.Error("there is an answer")
			}
		})
	}
}

// TestHandshakeThatIsNotAccepted: the connection is not used again, since the
// backend may be of another mind about what it speaks.
func TestHandshakeThatIsNotAccepted(t *testing.T) {
	if running != "http1" {
		return
	}
	b := answering(t, ok)
	u := socket(t, 1, b.url())
	for range 2 {
		x := opening(t)
		if err := run(t, u, x); err != nil || x.Response.Status != 200 || x.Response.Tunnel != nil || content(t, x) != "ok" {
			t.Fatalf("%+v, %v", x.Response, err)
		}
		u.WebSocket.Tunnels.Done(x)
	}
	if n := b.count(); n != 2 {
		t.Errorf("%d connections for two handshakes", n)
	}
}

func TestWebSocketsHaveANumber(t *testing.T) {
	if running != "http1" {
		return
	}
	b := answering(t, ok)
	u := socket(t, 1, b.url())
	if err := run(t, u, opening(t)); err != nil {
		t.Fatal(err)
	}
	refusal := wantKind(t, run(t, u, opening(t)), problem.TunnelsExhausted)
	if refusal.Fields.Get("Retry-After") != "1" || u.WebSocket.Tunnels.open.Load() != 1 || len(b.heard) != 1 {
		t.Errorf("%v; %d open, %d heard", refusal.Fields, u.WebSocket.Tunnels.open.Load(), len(b.heard))
	}
}

// TestUpgradeThatNobodyAskedFor: the request of an operation that is no
// WebSocket asks for nothing, whatever the client asked for.
func TestUpgradeThatNobodyAskedFor(t *testing.T) {
	b := answering(t, accepted+"\n")
	wantKind(t, run(t, upstream(t, b.url()), opening(t)), problem.UpstreamBroken)
	if head := <-b.heard; strings.Contains(head, "Upgrade") {
		t.Error(head)
	}
}
