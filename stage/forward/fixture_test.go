package forward

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"sallyport"
	"sallyport/message"
	"sallyport/problem"
)

// backend is a server that reads requests as bytes and answers with bytes.
type backend struct {
	net.Listener
	// heard are the heads of requests in the order of arrival.
	heard chan string
	// connections counts what was accepted.
	mu          sync.Mutex
	connections int
}

// conversation is one request at a backend: its head is read.
type conversation struct {
	net.Conn
	in   *bufio.Reader
	head string
}

func (c *conversation) say(format string, args ...any) {
	fmt.Fprintf(c.Conn, strings.ReplaceAll(format, "\n", "\r\n"), args...)
}

// body reads n bytes of the request's body.
func (c *conversation) body(n int) string {
	b := make([]byte, n)
	n, _ = io.ReadFull(c.in, b)
	return string(b[:n])
}

// newBackend answers each request by calling answer, in turn on each
// connection, until answer returns false or the client is gone.
func newBackend(t testing.TB, answer func(*conversation) bool) *backend {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return backendAt(t, l, answer)
}

func backendAt(t testing.TB, l net.Listener, answer func(*conversation) bool) *backend {
	b := &backend{Listener: l, heard: make(chan string, 100)}
	var serving sync.WaitGroup
	var open sync.Map
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			open.Store(conn, nil)
			b.mu.Lock()
			b.connections++
			b.mu.Unlock()
			serving.Go(func() {
				defer conn.Close()
				for in := bufio.NewReader(conn); ; {
					head, err := readHead(in)
					if err != nil {
						return
					}
					b.heard <- head
					if !answer(&conversation{conn, in, head}) {
						return
					}
				}
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		open.Range(func(conn, _ any) bool { conn.(net.Conn).Close(); return true })
		serving.Wait()
	})
	return b
}

func readHead(in *bufio.Reader) (string, error) {
	var head strings.Builder
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return "", err
		}
		if line == "\r\n" {
			return head.String(), nil
		}
		head.WriteString(strings.ReplaceAll(line, "\r\n", "\n"))
	}
}

func (b *backend) url() string { return "http://" + b.Addr().String() }

func (b *backend) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.connections
}

// answering always gives the same answer.
func answering(t testing.TB, answer string) *backend {
	return newBackend(t, func(c *conversation) bool { c.say("%s", strings.ReplaceAll(answer, "\n", "\r\n")); return true })
}

const ok = "HTTP/1.1 200 OK\nContent-Length: 2\n\nok"

func newPool(t testing.TB, c PoolConfig) *Pool {
	t.Helper()
	p, err := NewPool(c, newEnv(), nil)
	if err != nil {
		t.Fatal(err)
	}
	p.carrier = carriers[running](c)
	t.Cleanup(p.Close)
	return p
}

// carriers are what the whole suite runs over, one after the other.
var carriers = map[string]func(PoolConfig) carrier{
	"http1":    func(c PoolConfig) carrier { return newHTTP1(c, time.Now) },
	"net/http": func(c PoolConfig) carrier { return newNetHTTP(c) },
}

var running = "http1"

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	if flag.Lookup("test.bench").Value.String() == "" && code == 0 {
		running = "net/http"
		code = m.Run()
	}
	os.Exit(code)
}

func upstream(t testing.TB, targets ...string) *Upstream {
	return &Upstream{Pool: newPool(t, PoolConfig{Targets: Targets(targets...), Connect: 10 * time.Second, FirstByte: 10 * time.Second}), Prefix: "X-Caller-"}
}

func newEnv() *sallyport.Env {
	return sallyport.NewEnv(slog.New(slog.NewTextHandler(io.Discard, nil)), 1<<20)
}

// exchange is one whose earlier stages have run.
func exchange(t testing.TB, method, path, query string, fields ...string) *sallyport.Exchange {
	r := &message.Request{
		Method: method, Path: path, Query: query, Authority: "api.example:8080", Host: "api.example", Scheme: "http", Proto: "HTTP/1.1",
		Remote: netip.MustParseAddrPort("192.0.2.1:4711"), Local: netip.MustParseAddrPort("198.51.100.1:8080"),
	}
	for i := 0; i < len(fields); i += 2 {
		r.Fields.Add(fields[i], fields[i+1])
	}
	return &sallyport.Exchange{
		Context: t.Context(), Request: r, Env: newEnv(), ID: "0197f1c2", Client: netip.MustParseAddr("192.0.2.1"),
		Op: &sallyport.Operation{MaxBody: 1 << 20, MaxAnswer: 1 << 20},
	}
}

// run forwards, and closes the answer at the end of the test.
func run(t testing.TB, u *Upstream, x *sallyport.Exchange) error {
	err := u.Run(x)
	t.Cleanup(func() {
		if x.Response != nil {
			x.Response.Body.Close()
		}
	})
	return err
}

// content reads the answer to its end and closes it.
func content(t testing.TB, x *sallyport.Exchange) string {
	t.Helper()
	if x.Response.Body == nil {
		return ""
	}
	b, err := io.ReadAll(x.Response.Body)
	if err != nil {
		t.Fatal(err)
	}
	x.Response.Body.Close()
	return string(b)
}

func wantKind(t testing.TB, err error, want problem.Kind) *problem.Refusal {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %s", want)
	}
	r := problem.As(err)
	if r.Kind != want {
		t.Fatalf("%v, want %s", err, want)
	}
	return r
}

// gateway serves everything by one step of Forward, at an address of its own.
func gateway(t testing.TB, u *Upstream, steps ...sallyport.Placed) (address string, ended <-chan *sallyport.Exchange) {
	t.Helper()
	exchanges := make(chan *sallyport.Exchange, 100)
	op := &sallyport.Operation{ID: "op", MaxBody: 1 << 20, MaxAnswer: 1 << 20}
	op.Place(append(steps, sallyport.Placed{Stage: sallyport.Forward, Name: "upstream", Step: u})...)
	server := httptest.NewServer(sallyport.NewGateway(newEnv(), &sallyport.Plan{
		Entry:  []sallyport.Placed{{Stage: sallyport.Admit, Name: "admit", Step: admitted{}}},
		Match:  func(*sallyport.Exchange) *sallyport.Operation { return op },
		Finish: []sallyport.Placed{{Stage: sallyport.Record, Name: "tell", Step: telling(exchanges)}},
	}))
	t.Cleanup(server.Close)
	return server.Listener.Addr().String(), exchanges
}

// admitted stands for the first stage.
type admitted struct{}

func (admitted) Run(x *sallyport.Exchange) error {
	x.Request.Path, x.Request.Query, _ = strings.Cut(x.Request.Target, "?")
	x.Client = x.Request.Remote.Addr()
	return nil
}

type telling chan<- *sallyport.Exchange

func (c telling) Run(x *sallyport.Exchange) error { c <- x; return nil }

// dial speaks to an address in bytes.
func dial(t testing.TB, address, request string) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if _, err := io.WriteString(conn, strings.ReplaceAll(request, "\n", "\r\n")); err != nil {
		t.Fatal(err)
	}
	return conn, bufio.NewReader(conn)
}

// refusing is an address at which nobody listens.
func refusing(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String()
}

func canceled(t testing.TB) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}
