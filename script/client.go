package script

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"sallyport/message"
)

// maxAnswer is the largest body of an answer that is read, in bytes.
const maxAnswer = 64 << 20

// request is what is written to a connection, byte for byte.
type request struct {
	method, target string
	fields         message.Fields
	body           []byte
	// raw is the whole request where it is given so.
	raw []byte

	// ctx ends when the request is abandoned.
	ctx      context.Context
	listener string // which of the gateway's listeners
	from     string // our own address
	keep     bool   // on the connection that the last such request left open
	chunked  bool
	insecure bool
	// certificate is the name of the one that is shown.
	certificate string
	old         bool // HTTP/1.0
	second      bool // HTTP/2
	noHost      bool
	nth         int // the answer that counts, where one request may get several
}

// answer is what came back.
type answer struct {
	status int
	proto  string
	header http.Header
	body   []byte
	// err is why there is no answer, or why its body ended early.
	err error
	// event is where the log stood when the request was sent.
	event int
	// method is the request's.
	method string
}

// bytes are the request as it goes out.
func (q *request) bytes(address string) []byte {
	if q.raw != nil {
		return q.raw
	}
	var b bytes.Buffer
	version := "HTTP/1.1"
	if q.old {
		version = "HTTP/1.0"
	}
	fmt.Fprintf(&b, "%s %s %s\r\n", q.method, q.target, version)
	if !q.noHost && !q.fields.Has("Host") {
		fmt.Fprintf(&b, "Host: %s\r\n", address)
	}
	for _, f := range q.fields {
		fmt.Fprintf(&b, "%s: %s\r\n", f.Name, f.Value)
	}
	switch {
	case q.chunked:
		fmt.Fprintf(&b, "Transfer-Encoding: chunked\r\n\r\n")
		for _, piece := range [][]byte{q.body[:len(q.body)/2], q.body[len(q.body)/2:]} {
			if len(piece) > 0 {
				fmt.Fprintf(&b, "%x\r\n%s\r\n", len(piece), piece)
			}
		}
		b.WriteString("0\r\n\r\n")
	case len(q.body) > 0 && !q.fields.Has("Content-Length"):
		fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(q.body), q.body)
	default:
		fmt.Fprintf(&b, "\r\n%s", q.body)
	}
	return b.Bytes()
}

// connection is a connection to the gateway.
type connection struct {
	net.Conn
	reader *bufio.Reader
	to     endpoint
	stop   func() bool
}

func (c *connection) close() {
	c.stop()
	c.Close()
}

// endpoint is one of the gateway's listeners.
type endpoint struct{ name, address, scheme string }

// connect opens a connection; it breaks when the script's time is over.
func (s *state) connect(to endpoint, q *request) (*connection, error) {
	dialer := &net.Dialer{}
	if q.from != "" {
		local, err := net.ResolveTCPAddr("tcp", net.JoinHostPort(q.from, "0"))
		if err != nil {
			return nil, err
		}
		dialer.LocalAddr = local
	}
	conn, err := dialer.DialContext(q.ctx, "tcp", to.address)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(q.ctx, func() { conn.Close() })
	if to.scheme == "https" {
		secure := tls.Client(conn, s.tls(to, q))
		if err := secure.HandshakeContext(q.ctx); err != nil {
			stop()
			conn.Close()
			return nil, err
		}
		conn = secure
	}
	return &connection{Conn: conn, reader: bufio.NewReader(conn), to: to, stop: stop}, nil
}

// tls trusts the certificates that the script made, and no other.
func (s *state) tls(to endpoint, q *request) *tls.Config {
	host, _, _ := net.SplitHostPort(to.address)
	config := &tls.Config{RootCAs: s.roots, ServerName: host}
	if q.insecure {
		// The chain is not looked at: for scripts about certificates that no client should trust.
		config.InsecureSkipVerify = true
	}
	if shown := s.shown[q.certificate]; shown != nil {
		config.Certificates = []tls.Certificate{*shown}
		// It is shown whatever authorities the gateway names: to be refused is the point.
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return shown, nil }
	}
	return config
}

// send sends a request and reads the answer. It never fails: what went wrong
// stands in the answer.
func (s *state) send(q *request) *answer {
	a := &answer{method: q.method}
	to, err := s.endpoint(q.listener)
	if err != nil {
		a.err = err
		return a
	}
	a.event = s.gateway.log.len()
	if q.second || s.runner.HTTP2 && q.either(to) {
		s.sendSecond(to, q, a)
		return a
	}
	c := s.kept
	if !q.keep || c == nil || c.to != to {
		if c, a.err = s.connect(to, q); a.err != nil {
			return a
		}
	}
	if q.keep {
		s.kept = c
	} else {
		defer c.close()
	}
	// A gateway may answer before it has read everything; then writing fails
	// and the answer is there all the same.
	go c.Write(q.bytes(to.address))
	a.read(c.reader)
	for n := 1; n < q.nth && a.err == nil; n++ {
		a = &answer{method: q.method, event: a.event}
		a.read(c.reader)
	}
	return a
}

func (a *answer) read(r *bufio.Reader) {
	for {
		response, err := http.ReadResponse(r, &http.Request{Method: a.method})
		if err != nil {
			a.err = fmt.Errorf("no answer: %w", err)
			return
		}
		if response.StatusCode >= 200 || response.StatusCode == http.StatusSwitchingProtocols {
			a.take(response)
			return
		}
	}
}

func (a *answer) take(r *http.Response) {
	a.status, a.proto, a.header = r.StatusCode, r.Proto, r.Header
	if r.StatusCode == http.StatusSwitchingProtocols {
		return
	}
	a.body, a.err = io.ReadAll(io.LimitReader(r.Body, maxAnswer))
	if a.err != nil {
		a.err = fmt.Errorf("the body ended early: %w", a.err)
	}
	r.Body.Close()
}

// endpoint finds a listener by name, by scheme, or by its place from 1; the
// first one unless told.
func (s *state) endpoint(name string) (endpoint, error) {
	if s.gateway == nil {
		return endpoint{}, fmt.Errorf("no gateway was started")
	}
	if name == "" {
		name = "1"
	}
	all := s.gateway.endpoints()
	if n, err := strconv.Atoi(name); err == nil && n >= 1 {
		for _, e := range all {
			if e.name == "admin" {
				continue
			}
			if n--; n == 0 {
				return e, nil
			}
		}
	}
	for _, e := range all {
		if e.name == name || e.scheme == name && e.name != "admin" {
			return e, nil
		}
	}
	return endpoint{}, fmt.Errorf("the gateway has no listener %s, but %v", name, all)
}

// endpoints are the listeners that the gateway has told of.
func (p *process) endpoints() []endpoint {
	var all []endpoint
	p.log.find(0, func(e event) bool {
		if e.text("msg") == "listening" {
			all = append(all, endpoint{e.text("listener"), e.text("address"), e.text("scheme")})
		}
		return false
	})
	return all
}

// dump is the answer as it would stand on the wire.
func (a *answer) dump() string {
	if a == nil {
		return ""
	}
	if a.status == 0 {
		return a.err.Error()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %d %s\n", a.proto, a.status, http.StatusText(a.status))
	for _, name := range slices.Sorted(maps.Keys(a.header)) {
		for _, value := range a.header[name] {
			fmt.Fprintf(&b, "%s: %s\n", name, value)
		}
	}
	body := a.body
	if len(body) > 4096 {
		body = append(body[:4096:4096], "…"...)
	}
	fmt.Fprintf(&b, "\n%s", body)
	if a.err != nil {
		fmt.Fprintf(&b, "\n(%v)", a.err)
	}
	return b.String()
}

func silent() *log.Logger { return log.New(io.Discard, "", 0) }
