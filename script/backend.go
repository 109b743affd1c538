package script

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"sallyport/message"
)

// mainBackend is the backend that is there from the beginning.
const mainBackend = "BACKEND"

// backend is a real HTTP server behind the gateway. It remembers what it heard
// and answers what the script says.
type backend struct {
	name    string
	address string
	// certificate is its TLS certificate and key; nil speaks plain HTTP.
	certificate *tls.Certificate

	mu      sync.Mutex
	server  *http.Server
	ended   chan struct{}
	heard   []heard
	changed chan struct{}
	reply   reply
	// sockets are WebSockets.
	sockets map[net.Conn]bool
	// release is closed when answers that are held back may go.
	release chan struct{}
}

// heard is a request as the backend got it.
type heard struct {
	method, target string
	header         http.Header
	body           []byte
	// broken is set where the body had no proper end.
	broken bool
}

// reply is what a backend answers.
type reply struct {
	// how is echo, fixed, reset, garbage, cut, hang, stream or websocket.
	how    string
	hold   bool
	status int
	fields message.Fields
	body   []byte
	pieces int
}

// startBackend starts a backend, or starts one again at its old address. With
// the name of a certificate it speaks TLS.
func (s *state) startBackend(name, certificate string) (*backend, error) {
	b := s.backends[name]
	if b == nil {
		b = &backend{name: name, changed: make(chan struct{}), reply: reply{how: "echo"}, release: make(chan struct{})}
	}
	if certificate != "" {
		pair, err := tls.LoadX509KeyPair(filepath.Join(s.folder, certificate+".pem"), filepath.Join(s.folder, certificate+".key"))
		if err != nil {
			return nil, err
		}
		b.certificate = &pair
	}
	listener, err := listen(b.address)
	if err != nil {
		return nil, err
	}
	b.address = listener.Addr().String()
	b.server = &http.Server{Handler: b, ErrorLog: silent(), MaxHeaderBytes: 1 << 20}
	b.ended = make(chan struct{})
	server, ended, scheme := b.server, b.ended, "http"
	if b.certificate != nil {
		listener = tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{*b.certificate}})
		scheme = "https"
	}
	go func() {
		defer close(ended)
		server.Serve(listener) // it ends when the script stops it
	}()
	s.backends[name] = b
	s.variables[name] = scheme + "://" + b.address
	s.variables[name+"_ADDRESS"] = b.address
	return b, nil
}

// listen listens at an address, or at a free one. The port is below those that
// systems give out themselves: an address that is given up for a while and
// taken again must not become another program's meanwhile.
func listen(address string) (net.Listener, error) {
	if address != "" {
		return net.Listen("tcp", address)
	}
	var l net.Listener
	var err error
	for range 100 {
		if l, err = net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 20_000+rand.IntN(10_000))); err == nil {
			break
		}
	}
	return l, err
}

// backend finds a backend by name.
func (s *state) backend(name string) (*backend, error) {
	if b := s.backends[name]; b != nil {
		return b, nil
	}
	return nil, fmt.Errorf("there is no backend %s", name)
}

// stop closes the listener and every connection.
func (b *backend) stop() {
	b.let()
	b.mu.Lock()
	server, ended := b.server, b.ended
	b.server = nil
	for conn := range b.sockets {
		conn.Close()
	}
	b.mu.Unlock()
	if server != nil {
		server.Close()
		<-ended
	}
}

// let sends the answers that are held back.
func (b *backend) let() {
	b.mu.Lock()
	defer b.mu.Unlock()
	close(b.release)
	b.release = make(chan struct{})
	b.reply.hold = false
}

func (b *backend) set(r reply) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reply = r
}

// requests are all that were heard so far.
func (b *backend) requests() []heard {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.heard
}

// await waits until the backend has heard n requests.
func (b *backend) await(ctx context.Context, n int) error {
	for {
		b.mu.Lock()
		count, changed := len(b.heard), b.changed
		b.mu.Unlock()
		if count >= n {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("the backend %s heard %d requests", b.name, count)
		}
	}
}

// ServeHTTP implements http.Handler.
func (b *backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxAnswer)) // a body that ends early was heard all the same
	h := heard{method: r.Method, target: r.RequestURI, header: r.Header, body: body, broken: err != nil}
	h.header.Set("Host", r.Host)
	b.mu.Lock()
	b.heard = append(b.heard, h)
	close(b.changed)
	b.changed = make(chan struct{})
	reply, release := b.reply, b.release
	b.mu.Unlock()
	if reply.how == "websocket" {
		b.accept(w, r, reply.fields)
		return
	}
	reply.send(w, r, &h, release)
}

func (p *reply) send(w http.ResponseWriter, r *http.Request, h *heard, release <-chan struct{}) {
	if p.hold && p.how != "stream" {
		<-release
	}
	switch p.how {
	case "echo":
		w.Header().Set("Content-Type", "application/json")
		w.Write(h.echo())
	case "fixed":
		p.fill(w.Header())
		w.WriteHeader(p.status)
		w.Write(p.body)
	case "cut":
		p.fill(w.Header())
		w.Header().Set("Content-Length", strconv.Itoa(len(p.body)+1))
		w.WriteHeader(p.status)
		w.Write(p.body)
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler) // the one way to break a connection off in the middle
	case "hang":
		<-r.Context().Done()
	case "stream":
		p.stream(w, release)
	default:
		p.breakOff(w)
	}
}

func (p *reply) fill(header http.Header) {
	for _, f := range p.fields {
		header.Add(f.Name, f.Value)
	}
	if header.Get("Content-Type") == "" {
		header["Content-Type"] = nil // net/http would guess one
	}
}

// stream sends the pieces one by one; the last one waits if it is to be held.
func (p *reply) stream(w http.ResponseWriter, release <-chan struct{}) {
	p.fill(w.Header())
	w.WriteHeader(p.status)
	for i := range p.pieces {
		if p.hold && i == p.pieces-1 {
			<-release
		}
		w.Write(p.body)
		http.NewResponseController(w).Flush()
	}
}

// breakOff answers nothing, or something that is not HTTP.
func (p *reply) breakOff(w http.ResponseWriter) {
	c, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	if p.how == "garbage" {
		io.WriteString(c, cmp.Or(string(p.body), "SSH-2.0-OpenSSH_9.9\r\n\r\n"))
	} else if tcp, ok := c.(*net.TCPConn); ok {
		tcp.SetLinger(0) // closes with a reset
	}
	c.Close()
}

// echo is the request as JSON.
func (h *heard) echo() []byte {
	text, err := json.Marshal(map[string]any{"method": h.method, "target": h.target, "headers": h.header, "body": string(h.body)})
	if err != nil {
		return []byte("null")
	}
	return text
}

// parseReply reads: STATUS [NAME: VALUE]... [BODY], or a word for how to fail.
func (s *state) parseReply(args []string) (reply, error) {
	p := reply{how: "fixed", status: 200}
	if len(args) > 0 && args[0] == "hold" {
		p.hold, args = true, args[1:]
		if len(args) == 0 {
			p.how = "echo"
			return p, nil
		}
	}
	switch args[0] {
	case "echo", "reset", "garbage", "hang":
		p.how = args[0]
		if p.how == "garbage" && len(args) == 2 {
			p.body = []byte(args[1])
			return p, nil
		}
		if len(args) > 1 {
			return p, fmt.Errorf("reply %s takes nothing more", p.how)
		}
		return p, nil
	case "websocket":
		p.how = args[0]
		return p, s.parseContent(args[1:], &p.fields, &p.body)
	case "cut", "stream":
		p.how, args = args[0], args[1:]
	}
	if p.how == "stream" {
		if len(args) == 0 {
			return p, fmt.Errorf("reply stream needs a number of pieces")
		}
		n, err := strconv.Atoi(args[0])
		if err != nil || n < 1 {
			return p, fmt.Errorf("%q is not a number of pieces", args[0])
		}
		p.pieces, args = n, args[1:]
	}
	if len(args) > 0 {
		if n, err := strconv.Atoi(args[0]); err == nil && n >= 200 && n <= 999 {
			p.status, args = n, args[1:]
		} else if p.how == "fixed" {
			return p, fmt.Errorf("%q is not a status", args[0])
		}
	}
	return p, s.parseContent(args, &p.fields, &p.body)
}

// parseContent reads header fields, then a body: a text or @FILE.
func (s *state) parseContent(args []string, fields *message.Fields, body *[]byte) error {
	for len(args) > 0 {
		name, value, ok := strings.Cut(args[0], ":")
		if !ok || !isToken(name) || value != "" && value[0] != ' ' || strings.ContainsAny(value, "\r\n") {
			break
		}
		fields.Add(name, strings.TrimPrefix(value, " "))
		args = args[1:]
	}
	switch {
	case len(args) == 0:
		return nil
	case len(args) > 1:
		return fmt.Errorf("%q is neither a header field (Name: value) nor the last argument", args[0])
	}
	if name, ok := strings.CutPrefix(args[0], "@"); ok {
		content, err := s.read(name)
		*body = content
		return err
	}
	*body = []byte(args[0])
	return nil
}

// isToken: RFC 9110 §5.6.2, and the underscore twins of names that attackers use.
func isToken(name string) bool {
	for i := range len(name) {
		c := name[i]
		if !('a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0) {
			return false
		}
	}
	return name != ""
}
