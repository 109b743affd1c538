package websocket

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"sallyport/message"
)

func asking(change func(*message.Request)) *message.Request {
	r := &message.Request{Method: "GET", Proto: "HTTP/1.1", Fields: message.Fields{
		{Name: "Upgrade", Value: "websocket"}, {Name: "Connection", Value: "Upgrade"},
		{Name: "Sec-WebSocket-Key", Value: "dGhlIHNhbXBsZSBub25jZQ=="}, {Name: "Sec-WebSocket-Version", Value: "13"},
	}}
	change(r)
	return r
}

func TestCheckRequest(t *testing.T) {
	set := func(name string, values ...string) func(*message.Request) {
		return func(r *message.Request) {
			r.Fields.Del(name)
			for _, v := range values {
				r.Fields.Add(name, v)
			}
		}
	}
	for _, c := range []struct {
		name   string
		change func(*message.Request)
		want   error
	}{
		{"as in the RFC", func(*message.Request) {}, nil},
		{"in other letters, among others", func(r *message.Request) {
			set("Upgrade", "h2c, WebSocket")(r)
			set("Connection", "keep-alive", "UPGRADE")(r)
		}, nil},
		{"subprotocols over lines", set("Sec-WebSocket-Protocol", "chat, superchat", "v3.chat"), nil},
		{"HTTP/1.0", func(r *message.Request) { r.Proto = "HTTP/1.0" }, ErrProto},
		{"HTTP/2", func(r *message.Request) { r.Proto = "HTTP/2.0" }, ErrProto},
		{"POST", func(r *message.Request) { r.Method = "POST" }, ErrNotAsked},
		{"no Upgrade", set("Upgrade"), ErrNotAsked},
		{"another Upgrade", set("Upgrade", "websockets"), ErrNotAsked},
		{"an Upgrade that no Connection names", set("Connection", "keep-alive"), ErrNotAsked},
		{"no version", set("Sec-WebSocket-Version"), ErrVersionMalformed},
		{"a list of versions", set("Sec-WebSocket-Version", "13, 8"), ErrVersionMalformed},
		{"two versions", set("Sec-WebSocket-Version", "13", "13"), ErrVersionMalformed},
		{"a version with a zero before", set("Sec-WebSocket-Version", "013"), ErrVersionMalformed},
		{"a version that is no byte", set("Sec-WebSocket-Version", "256"), ErrVersionMalformed},
		{"another version", set("Sec-WebSocket-Version", "8"), ErrVersion},
		{"no key", set("Sec-WebSocket-Key"), ErrKey},
		{"two keys", set("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ=="), ErrKey},
		{"15 bytes", set("Sec-WebSocket-Key", "MTIzNDU2Nzg5MDEyMzQ1"), ErrKey},
		{"17 bytes", set("Sec-WebSocket-Key", "MTIzNDU2Nzg5MDEyMzQ1Njc="), ErrKey},
		{"bits behind the end", set("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZR=="), ErrKey},
		{"a line break in the key", set("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBu\nb25jZQ=="), ErrKey},
		{"a subprotocol twice", set("Sec-WebSocket-Protocol", "chat, chat"), ErrProtocols},
		{"an empty subprotocol", set("Sec-WebSocket-Protocol", "chat,"), ErrProtocols},
		{"subprotocols without end", set("Sec-WebSocket-Protocol", "a"+strings.Repeat(", x", 200)), ErrProtocols},
		{"content", func(r *message.Request) { r.Body = message.BytesBody([]byte("x")) }, ErrContent},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := CheckRequest(asking(c.change)); err != c.want {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}

func TestCheckAnswer(t *testing.T) {
	const right = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" // RFC 6455 §1.3
	asked := asking(func(r *message.Request) { r.Fields.Add("Sec-WebSocket-Protocol", "chat, v2") }).Fields
	for _, c := range []struct {
		name   string
		answer message.Fields
		ok     bool
	}{
		{"as in the RFC", message.Fields{{Name: "Sec-WebSocket-Accept", Value: right}}, true},
		{"with a subprotocol", message.Fields{{Name: "Sec-WebSocket-Accept", Value: right}, {Name: "Sec-WebSocket-Protocol", Value: "v2"}}, true},
		{"no proof", nil, false},
		{"a wrong proof", message.Fields{{Name: "Sec-WebSocket-Accept", Value: strings.ToLower(right)}}, false},
		{"two proofs", message.Fields{{Name: "Sec-WebSocket-Accept", Value: right}, {Name: "Sec-WebSocket-Accept", Value: right}}, false},
		{"a subprotocol that was not offered", message.Fields{{Name: "Sec-WebSocket-Accept", Value: right}, {Name: "Sec-WebSocket-Protocol", Value: "V2"}}, false},
		{"two subprotocols", message.Fields{{Name: "Sec-WebSocket-Accept", Value: right}, {Name: "Sec-WebSocket-Protocol", Value: "v2"}, {Name: "Sec-WebSocket-Protocol", Value: "chat"}}, false},
		{"an extension", message.Fields{{Name: "Sec-WebSocket-Accept", Value: right}, {Name: "Sec-WebSocket-Extensions", Value: "permessage-deflate"}}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := CheckAnswer(asked, c.answer); (err == nil) != c.ok {
				t.Error(err)
			}
		})
	}
}

// FuzzHandshake: what is taken for a handshake has a nonce of 16 bytes in its
// one spelling, and subprotocols that are tokens, each once; an answer to it
// names none but these.
func FuzzHandshake(f *testing.F) {
	f.Add("websocket", "Upgrade", "dGhlIHNhbXBsZSBub25jZQ==", "13", "chat, v2", "v2")
	f.Add("h2c, WebSocket", "close, upgrade", "dGhlIHNhbXBsZSBub25jZR==", "8", "chat,,v2", "")
	f.Fuzz(func(t *testing.T, upgrade, connection, key, version, offered, chosen string) {
		r := &message.Request{Method: "GET", Proto: "HTTP/1.1", Fields: message.Fields{
			{Name: "Upgrade", Value: upgrade}, {Name: "Connection", Value: connection}, {Name: "Sec-WebSocket-Key", Value: key},
			{Name: "Sec-WebSocket-Version", Value: version}, {Name: "Sec-WebSocket-Protocol", Value: offered},
		}}
		if CheckRequest(r) != nil {
			return
		}
		nonce, err := base64.StdEncoding.DecodeString(key)
		if err != nil || len(nonce) != 16 || base64.StdEncoding.EncodeToString(nonce) != key || version != "13" {
			t.Errorf("key %q, version %q", key, version)
		}
		names := strings.FieldsFunc(offered, func(c rune) bool { return strings.ContainsRune(", \t", c) })
		if sorted := slices.Sorted(slices.Values(names)); len(slices.Compact(sorted)) != len(names) || strings.Count(offered, ",") != len(names)-1 {
			t.Errorf("subprotocols %q", offered)
		}
		answer := message.Fields{{Name: "Sec-WebSocket-Accept", Value: Accept(key)}, {Name: "Sec-WebSocket-Protocol", Value: chosen}}
		if taken := CheckAnswer(r.Fields, answer) == nil; taken != slices.Contains(names, chosen) {
			t.Errorf("%q of %q: taken %v", chosen, offered, taken)
		}
	})
}
