package sallyport

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sort"
	"strconv"
	"sync"
	"time"

	"sallyport/http1"
	"sallyport/mediatype"
	"sallyport/message"
	"sallyport/problem"
)

// Door is the client's side of an exchange.
type Door interface {
	// Send writes the answer, its body to the end, and tells how many bytes of
	// the body were sent. If the body cannot be read to its end the connection
	// is broken off, so that nobody takes the part for the whole.
	Send(*message.Response) (int64, error)
}

// ServeHTTP makes the gateway an http.Handler: the door for HTTP/2 and HTTP/3,
// and for programs that embed us.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) { g.serveHTTP(w, r, &Listener{}) }

// Listener is what a door knows beside the plan: of the address that a request
// came to.
type Listener struct {
	// Fields are on every answer.
	Fields message.Fields
	// Vet judges a request by its connection before any stage sees it: whether
	// the certificate that the client showed still counts. It may narrow TLS
	// down to what does. A refusal turns the request away; nil lets all by.
	Vet func(*message.Request) *problem.Refusal
}

// At is the same door for one listener.
func (g *Gateway) At(l Listener) http.Handler {
	l.Fields = slices.Clip(l.Fields) // what an exchange adds is added to a copy
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { g.serveHTTP(w, r, &l) })
}

func (g *Gateway) serveHTTP(w http.ResponseWriter, r *http.Request, l *Listener) {
	x := &Exchange{Context: r.Context(), Request: fromHTTP(r), Answer: l.Fields}
	door := &httpDoor{w: w, control: http.NewResponseController(w), method: r.Method, patience: g.env.WriteTimeout, trailers: x.Request.TakesTrailers()}
	if len(r.TransferEncoding) > 0 && r.ProtoMajor == 1 {
		// net/http takes Transfer-Encoding and drops a Content-Length beside it
		// without telling. A proxy before us that believed the length would take
		// what follows for a second request: nothing may follow (RFC 9112 §6.3).
		w.Header().Set("Connection", "close")
	}
	if x.Request.Body != nil && g.env.BodyTimeout > 0 && !talks(x.Request) {
		// What cannot have one has none; net/http takes it away at the body's end.
		door.control.SetReadDeadline(time.Now().Add(g.env.BodyTimeout))
	}
	if err := g.take(x, door, r, l); err != nil {
		panic(http.ErrAbortHandler) // net/http's way to break a connection off
	}
}

// take serves a request, or refuses one that our own engine would not read.
func (g *Gateway) take(x *Exchange, door *httpDoor, r *http.Request, l *Listener) error {
	if r.ProtoMajor < 2 {
		return g.ServeAt(l, x, door)
	}
	if fault := http1.Check(x.Request); fault != nil {
		return g.Refuse(x, door, Unreadable(fault))
	}
	x.Request.Fields.Del("Host") // it says what the authority says
	return g.ServeAt(l, x, door)
}

// Unreadable is the refusal of what a door cannot take for a request.
func Unreadable(fault *http1.Fault) *problem.Refusal {
	for _, kind := range [...]problem.Kind{
		problem.RequestTimeout, problem.TargetTooLong, problem.ExpectationFailed, problem.FieldsTooLarge, problem.VersionUnsupported,
	} {
		if kind.Status() == fault.Status {
			return problem.Refuse(kind, "%s", fault.Says)
		}
	}
	return problem.Refuse(problem.RequestMalformed, "%s", fault.Says)
}

// talks tells a call of gRPC, whose client may be silent for as long as it
// likes: its bytes are passed on as they come, and grpc-timeout, the pauses of
// the answer and the time for the whole bound it.
func talks(r *message.Request) bool {
	t, err := mediatype.Parse(r.Fields.Get("Content-Type"))
	return err == nil && t.IsGRPC()
}

// fromHTTP sees a request of net/http as a message. net/http keeps field lines
// by name; we sort the names, so that the same request always looks the same.
func fromHTTP(r *http.Request) *message.Request {
	names := make([]string, 0, len(r.Header))
	for name := range r.Header {
		names = append(names, name)
	}
	sort.Strings(names)
	fields := make(message.Fields, 0, len(names)+2)
	for _, name := range names {
		for _, value := range r.Header[name] {
			fields = append(fields, message.Field{Name: name, Value: value})
		}
	}
	m := &message.Request{
		Method:    r.Method,
		Target:    r.RequestURI,
		Authority: r.Host,
		Scheme:    "http",
		Proto:     r.Proto,
		Fields:    fields,
		TLS:       r.TLS,
	}
	m.Remote, _ = netip.ParseAddrPort(r.RemoteAddr)
	if local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
		m.Local, _ = netip.ParseAddrPort(local.String())
	}
	if r.TLS != nil {
		m.Scheme = "https"
	}
	if r.Body != nil && r.Body != http.NoBody && r.ContentLength != 0 {
		m.Body = message.NewBody(r.Body, r.ContentLength)
	}
	return m
}

// switchTo sends an answer of 101 and leaves the connection to its tunnel. A
// ResponseWriter that cannot be taken over (of another program's wrapping) is
// an error: nothing is sent.
func (d *httpDoor) switchTo(r *message.Response) (int64, error) {
	conn, buffered, err := d.control.Hijack()
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Time{}); err != nil {
		return 0, err
	}
	head := http.Response{StatusCode: r.Status, ProtoMajor: 1, ProtoMinor: 1, Header: d.w.Header()}
	head.Header.Set("Connection", "Upgrade")
	if err := head.Write(conn); err != nil {
		return 0, err
	}
	r.Tunnel.Relay(&hijacked{conn, buffered.Reader})
	return r.Tunnel.Traffic().BytesOut, nil
}

// hijacked is a connection of net/http of which some was read.
type hijacked struct {
	net.Conn
	reader io.Reader
}

func (h *hijacked) Read(p []byte) (int, error) { return h.reader.Read(p) }

type httpDoor struct {
	w        http.ResponseWriter
	control  *http.ResponseController
	method   string
	patience time.Duration
	trailers bool // the client takes them
}

// hurry gives the client its time for the next piece: one that reads too
// slowly is cut off by its progress, one with a long answer is not.
func (d *httpDoor) hurry() {
	if d.patience > 0 {
		d.control.SetWriteDeadline(time.Now().Add(d.patience))
	}
}

// calm ends that time while the backend is waited for: in HTTP/2 a deadline
// that passes ends the stream, though nothing was to be written.
func (d *httpDoor) calm() {
	if d.patience > 0 {
		d.control.SetWriteDeadline(time.Time{})
	}
}

// copyBuffers hold no more than bytes on their way; they are the one thing of
// an exchange that is pooled.
var copyBuffers = sync.Pool{New: func() any { b := make([]byte, 32<<10); return &b }}

func (d *httpDoor) Send(r *message.Response) (int64, error) {
	header := d.w.Header()
	for _, f := range r.Fields {
		header[http.CanonicalHeaderKey(f.Name)] = append(header[http.CanonicalHeaderKey(f.Name)], f.Value)
	}
	if header["Content-Type"] == nil {
		header["Content-Type"] = nil // or net/http would guess one from the bytes
	}
	if r.Body != nil && r.Body.Length >= 0 {
		header.Set("Content-Length", strconv.FormatInt(r.Body.Length, 10))
	}
	if r.Tunnel != nil {
		return d.switchTo(r)
	}
	if header["Upgrade"] != nil { // it ends at this connection (RFC 9110 §7.8)
		header.Add("Connection", "Upgrade")
	}
	d.hurry()
	d.w.WriteHeader(r.Status)
	if r.Body == nil || message.Bodiless(d.method, r.Status) {
		return 0, nil
	}
	if held, whole := r.Body.Held(); whole {
		n, err := d.w.Write(held)
		return int64(n), ignoreBodiless(err)
	}
	return d.stream(r.Body)
}

// stream passes a body on as it comes, flushing what has no declared end: an
// event must not wait for a buffer to fill, nor the header for an event.
func (d *httpDoor) stream(body *message.Body) (sent int64, err error) {
	buffer := copyBuffers.Get().(*[]byte)
	defer copyBuffers.Put(buffer)
	defer d.hurry() // for what net/http still holds
	for {
		if body.Length < 0 {
			if err := d.control.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
				return sent, err
			}
		}
		d.calm()
		n, err := body.Read(*buffer)
		if n > 0 {
			d.hurry()
			m, err := d.w.Write((*buffer)[:n])
			if sent += int64(m); err != nil {
				return sent, err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			d.trail(body)
			return sent, nil
		case err != nil:
			return sent, err
		}
	}
}

// trail leaves the fields behind the content to net/http, which sends them when
// the exchange is over.
func (d *httpDoor) trail(body *message.Body) {
	if !d.trailers {
		return
	}
	header := d.w.Header()
	for _, f := range body.Trailers() {
		if message.MayTrail(f.Name) {
			name := http.TrailerPrefix + http.CanonicalHeaderKey(f.Name)
			header[name] = append(header[name], f.Value)
		}
	}
}

func ignoreBodiless(err error) error {
	if errors.Is(err, http.ErrBodyNotAllowed) {
		return nil
	}
	return err
}

// ClientLeft tells whether an exchange was cut short by its client.
func (x *Exchange) ClientLeft() bool { return errors.Is(x.Context.Err(), context.Canceled) }
