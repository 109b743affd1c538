package http1

import (
	"bytes"
	"net"
	"strings"
)

// preface is what a client of HTTP/2 sends first. It was chosen so that no
// server of HTTP/1.1 takes it for a request (RFC 9113 §3.4).
const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// handOver gives the connection away if it begins with the preface (prior
// knowledge, RFC 9113 §3.3), and tells whether there is nothing left to serve.
// A client whose first byte is not there yet is waited for as for a request.
func (c *Conn) handOver() bool {
	if c.server.Prior == nil || c.tls != nil {
		return false
	}
	c.wire.enter(idle)
	for {
		unread := c.in.unread()
		most := min(len(unread), len(preface))
		switch {
		case !strings.HasPrefix(preface, string(unread[:most])):
			return false
		case most == len(preface):
			return c.give(unread)
		}
		if err := c.in.more(); err != nil {
			if len(c.in.unread()) > 0 {
				return false // part of a preface is part of a request line too
			}
			c.wire.Close()
			return true
		}
	}
}

func (c *Conn) give(unread []byte) bool {
	if c.wire.release() != nil {
		c.wire.Close()
		return true
	}
	c.server.Prior(&begun{Conn: c.wire, unread: bytes.Clone(unread)})
	return true
}

// begun is a connection of which some was read already.
type begun struct {
	net.Conn
	unread []byte
}

func (b *begun) Read(p []byte) (int, error) {
	if len(b.unread) == 0 {
		return b.Conn.Read(p)
	}
	n := copy(p, b.unread)
	b.unread = b.unread[n:]
	return n, nil
}
