package serve

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"

	"sallyport"
	"sallyport/config"
)

// streamsOfOne is how many requests a connection of HTTP/3 has at one time.
const streamsOfOne = 128

// quicServer serves HTTP/3 (RFC 9114) on the UDP port of a listener with TLS.
type quicServer struct {
	socket    *net.UDPConn
	transport *quic.Transport
	server    *http3.Server
	limits    *quic.Config
	gateway   http.Handler

	header, idle time.Duration
	most         int64 // connections
	refused      func()

	conns, requests atomic.Int64
}

// quic serves HTTP/3 beside a listener whose TCP port is bound.
func (s *server) quic(l *config.Listener, c *certificate, at sallyport.Listener, tcp net.Addr) (*quicServer, error) {
	socket, err := bindUDP(tcp.String())
	if err != nil {
		return nil, err
	}
	q := &quicServer{
		socket: socket, gateway: s.gateway.At(at), limits: quicLimits(s.config.Timeouts),
		header: s.config.Timeouts.Header.Duration(), idle: s.config.Timeouts.Idle.Duration(),
		most: int64(l.MaxConnections), refused: s.turnedAway.Inc,
	}
	q.transport = &quic.Transport{Conn: socket, ConnContext: q.admit, VerifySourceAddress: q.isCrowded}
	q.server = &http3.Server{
		Handler:        q,
		TLSConfig:      http3.ConfigureTLSConfig(c.config(tls.VersionTLS13)), // RFC 9001 §4.2
		MaxHeaderBytes: s.headerBytes(),
		ConnContext:    q.watch,
	}
	return q, nil
}

// quicLimits are what one connection may cost. Without Allow0RTT no request can
// be replayed (RFC 9114 §10.9); without datagrams there is nothing but requests.
func quicLimits(t config.Timeouts) *quic.Config {
	return &quic.Config{
		HandshakeIdleTimeout:           t.Header.Duration(),
		MaxIdleTimeout:                 t.Idle.Duration(),
		MaxIncomingStreams:             streamsOfOne,
		MaxIncomingUniStreams:          8, // a client needs three (RFC 9114 §6.2)
		InitialStreamReceiveWindow:     64 << 10,
		MaxStreamReceiveWindow:         256 << 10,
		InitialConnectionReceiveWindow: 256 << 10,
		MaxConnectionReceiveWindow:     1 << 20,
		Allow0RTT:                      false,
		EnableDatagrams:                false,
	}
}

// Addr is where it listens.
func (q *quicServer) Addr() net.Addr { return q.socket.LocalAddr() }

func (q *quicServer) serve() error {
	l, err := q.transport.ListenEarly(q.server.TLSConfig, q.limits)
	if err != nil {
		return err
	}
	defer l.Close()
	return q.server.ServeListener(l)
}

// Shutdown implements runner. A client that was told to go (GOAWAY, RFC 9114
// §5.2) closes its connection when it has its answers; one that has them and
// stays is not waited for much longer.
func (q *quicServer) Shutdown(ctx context.Context) error {
	enough, cancel := context.WithCancel(ctx)
	defer cancel()
	go q.whenQuiet(enough, cancel)
	err := q.server.Shutdown(enough)
	if err != nil && ctx.Err() == nil {
		err = nil // all had their answers
	}
	return errors.Join(err, q.release())
}

// whenQuiet calls done once no request was under way for a second: what was
// answered last must have time to arrive.
func (q *quicServer) whenQuiet(ctx context.Context, done func()) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for quiet := 0; quiet < 10; quiet++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if q.requests.Load() > 0 {
			quiet = -1
		}
	}
	done()
}

// Close implements runner.
func (q *quicServer) Close() error { return errors.Join(q.server.Close(), q.release()) }

func (q *quicServer) release() error {
	err := q.transport.Close()
	if e := q.socket.Close(); !errors.Is(e, net.ErrClosed) {
		err = errors.Join(err, e)
	}
	return err
}

// admit counts connections from their first packet on.
func (q *quicServer) admit(ctx context.Context, _ *quic.ClientInfo) (context.Context, error) {
	if q.conns.Add(1) > q.most {
		q.conns.Add(-1)
		q.refused()
		return nil, errCrowded
	}
	context.AfterFunc(ctx, func() { q.conns.Add(-1) })
	return ctx, nil
}

var errCrowded = errors.New("one connection too many")

// isCrowded makes clients prove their address before anything is kept for them
// (RFC 9000 §8.1.2): packets with forged senders cannot take all places.
func (q *quicServer) isCrowded(net.Addr) bool { return q.conns.Load() >= q.most/4 }

// watch gives a connection its usage.
func (q *quicServer) watch(ctx context.Context, c *quic.Conn) context.Context {
	u := newUsage(q.idle, func() { c.CloseWithError(quic.ApplicationErrorCode(http3.ErrCodeNoError), "") })
	context.AfterFunc(c.Context(), func() { u.timer.Stop() })
	return context.WithValue(ctx, usageKey{}, u)
}

// usage is what a connection asks for at the moment. One that asks for nothing
// is closed after a time, whatever it sends: streams whose header never comes
// to its end count for nothing.
type usage struct {
	requests atomic.Int64
	idle     time.Duration
	timer    *time.Timer
}

type usageKey struct{}

func newUsage(idle time.Duration, over func()) *usage {
	u := &usage{idle: idle}
	u.timer = time.AfterFunc(idle, func() {
		if u.requests.Load() == 0 { // one may have begun while another ended
			over()
		}
	})
	return u
}

// begin is false for one request too many. A stream that is reset leaves its
// place to another at once; here it counts until its request has ended, so that
// nothing is gained by resetting without end (CVE-2023-44487).
func (u *usage) begin() bool {
	if u.requests.Add(1) > streamsOfOne {
		u.requests.Add(-1)
		return false
	}
	u.timer.Stop()
	return true
}

func (u *usage) end() {
	if u.requests.Add(-1) == 0 {
		u.timer.Reset(u.idle)
	}
}

// ServeHTTP takes a request to the gateway.
func (q *quicServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	u, _ := r.Context().Value(usageKey{}).(*usage)
	if u == nil || !u.begin() {
		panic(http.ErrAbortHandler) // the way to break a stream off
	}
	defer u.end()
	q.requests.Add(1)
	defer q.requests.Add(-1)

	r.Proto = "HTTP/3.0" // of CONNECT it is the client's :protocol (RFC 9220)
	q.settle(w, r)
	q.gateway.ServeHTTP(w, r)
}

// settle finds out whether a request that tells no length has a body: the end
// of its stream says so, mostly in the packet of its header. Calls of gRPC may
// wait for an answer first.
func (q *quicServer) settle(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength >= 0 || strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc") {
		return
	}
	control := http.NewResponseController(w)
	control.SetReadDeadline(time.Now().Add(q.header))
	defer control.SetReadDeadline(time.Time{})
	var first [1]byte
	switch n, err := io.ReadFull(r.Body, first[:]); {
	case n == 1:
		r.Body = &begun{ReadCloser: r.Body, first: first[:]}
	case errors.Is(err, io.EOF):
		r.Body, r.ContentLength = http.NoBody, 0
	}
}

// begun is a body whose first bytes were read.
type begun struct {
	io.ReadCloser
	first []byte
}

func (b *begun) Read(p []byte) (int, error) {
	if len(b.first) > 0 && len(p) > 0 {
		n := copy(p, b.first)
		b.first = b.first[n:]
		return n, nil
	}
	return b.ReadCloser.Read(p)
}
