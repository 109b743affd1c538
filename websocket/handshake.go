package websocket

import (
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"slices"
	"strings"

	"sallyport/message"
)

// The ways in which a request is no opening handshake (RFC 6455 §4.2.1).
var (
	// ErrProto is a request in another version of HTTP than 1.1.
	ErrProto = errors.New("the handshake is made in HTTP/1.1")
	// ErrNotAsked is a request that does not ask for WebSocket.
	ErrNotAsked = errors.New("the request does not ask for WebSocket")
	// ErrVersion is another version of the protocol (§4.4).
	ErrVersion = errors.New("the version of WebSocket is 13 here")
	// ErrVersionMalformed is a version that is none, or more than one.
	ErrVersionMalformed = errors.New("Sec-WebSocket-Version stands once and is a number")
	// ErrKey is a nonce that is none.
	ErrKey = errors.New("Sec-WebSocket-Key stands once and is 16 bytes in Base64")
	// ErrProtocols is a list of subprotocols that is none.
	ErrProtocols = errors.New("Sec-WebSocket-Protocol lists tokens, each once")
	// ErrContent is a handshake with content: what follows it could be taken
	// for either.
	ErrContent = errors.New("a handshake has no content")
)

// CheckRequest tells whether a request is an opening handshake: nil, or one of
// the errors of this package.
func CheckRequest(r *message.Request) error {
	fields := r.Fields
	switch {
	case r.Proto != "HTTP/1.1":
		return ErrProto
	case r.Method != "GET" || !lists(fields.Joined("Upgrade"), "websocket") || !lists(fields.Joined("Connection"), "upgrade"):
		return ErrNotAsked
	}
	version := fields.Get("Sec-WebSocket-Version")
	switch {
	case fields.Count("Sec-WebSocket-Version") != 1 || !isVersion(version):
		return ErrVersionMalformed
	case version != "13":
		return ErrVersion
	case fields.Count("Sec-WebSocket-Key") != 1 || !isKey(fields.Get("Sec-WebSocket-Key")):
		return ErrKey
	case r.Body != nil:
		return ErrContent
	}
	if _, ok := protocols(fields); !ok {
		return ErrProtocols
	}
	return nil
}

// CheckAnswer tells whether an answer of status 101 accepts the handshake
// (RFC 6455 §4.2.2, §4.1); asked are the fields that were sent. Its Upgrade and
// Connection fields are whoever's who read them.
func CheckAnswer(asked, answer message.Fields) error {
	switch {
	case answer.Count("Sec-WebSocket-Accept") != 1 || answer.Get("Sec-WebSocket-Accept") != Accept(asked.Get("Sec-WebSocket-Key")):
		return errors.New("Sec-WebSocket-Accept does not fit the key")
	case answer.Has("Sec-WebSocket-Extensions"):
		return errors.New("the answer names an extension, and none was offered")
	case answer.Count("Sec-WebSocket-Protocol") > 1:
		return errors.New("the answer names more than one subprotocol")
	case answer.Has("Sec-WebSocket-Protocol"):
		offered, _ := protocols(asked)
		if !slices.Contains(offered, answer.Get("Sec-WebSocket-Protocol")) {
			return errors.New("the answer names a subprotocol that was not offered")
		}
	}
	return nil
}

// Accept is the Sec-WebSocket-Accept that proves that a server has read the key (§4.2.2). SHA-1 is not
// for secrecy here.
func Accept(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// isVersion: 0 to 255 without zeros before it (§4.3).
func isVersion(s string) bool {
	if len(s) == 0 || len(s) > 3 || len(s) > 1 && s[0] == '0' {
		return false
	}
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
		n = 10*n + int(s[i]-'0')
	}
	return n <= 255
}

func isKey(s string) bool {
	nonce, err := base64.StdEncoding.Strict().DecodeString(s)
	return err == nil && len(nonce) == 16 && len(s) == 24
}

// protocols are the subprotocols that a request offers, in its order.
func protocols(fields message.Fields) (offered []string, ok bool) {
	if !fields.Has("Sec-WebSocket-Protocol") {
		return nil, true
	}
	for name := range strings.SplitSeq(fields.Joined("Sec-WebSocket-Protocol"), ",") {
		name = strings.Trim(name, " \t")
		if !isToken(name) || slices.Contains(offered, name) || len(offered) == mostProtocols {
			return nil, false
		}
		offered = append(offered, name)
	}
	return offered, true
}

// mostProtocols bounds the work of looking for what stands twice.
const mostProtocols = 100

// isToken: RFC 9110 §5.6.2.
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !('a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0) {
			return false
		}
	}
	return s != ""
}

// lists tells whether a list holds a token in any letter case.
func lists(list, token string) bool {
	for one := range strings.SplitSeq(list, ",") {
		if message.EqualName(strings.Trim(one, " \t"), token) {
			return true
		}
	}
	return false
}
