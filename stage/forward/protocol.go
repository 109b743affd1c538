package forward

import (
	"errors"
	"net/http"
	"time"
)

// Protocol is what a pool speaks to its targets.
type Protocol string

// The protocols.
const (
	// HTTP1 is HTTP/1.1, by our own engine. "" is the same.
	HTTP1 Protocol = "http1"
	// HTTP2 is HTTP/2 alone: over TLS by ALPN, to http and unix targets with
	// prior knowledge (RFC 9113 §3.3).
	HTTP2 Protocol = "http2"
	// Auto is what an https target chooses of the two, and HTTP/1.1 elsewhere.
	Auto Protocol = "auto"
)

// spoken are the protocols as net/http knows them.
func (p Protocol) spoken() *http.Protocols {
	all := new(http.Protocols)
	all.SetHTTP1(p != HTTP2)
	all.SetHTTP2(p == HTTP2 || p == Auto)
	all.SetUnencryptedHTTP2(p == HTTP2)
	return all
}

// offered is what a handshake of TLS asks for (RFC 7301); nothing is HTTP/1.1.
func (p Protocol) offered() []string {
	switch p {
	case HTTP2:
		return []string{"h2"}
	case Auto:
		return []string{"h2", "http/1.1"}
	case HTTP1:
	}
	return nil
}

// errNoHTTP2 is for a target that goes on with something else: it would take
// our preface for a request.
var errNoHTTP2 = errors.New("the target does not speak HTTP/2 (ALPN)")

// carrier makes what carries the requests of a pool.
func (c PoolConfig) carrier(now func() time.Time) carrier {
	if c.Protocol == HTTP2 || c.Protocol == Auto {
		return newNetHTTP(c)
	}
	return newHTTP1(c, now)
}
