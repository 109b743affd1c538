package serve_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sallyport/build"
	"sallyport/config"
	"sallyport/serve"
)

// patience is how long a test waits for what must come: long enough for a
// busy machine, and never waited for in full.
const patience = 30 * time.Second

// folder is a configuration with what it names.
type folder struct {
	t   *testing.T
	dir string
}

func newFolder(t *testing.T) *folder { return &folder{t, t.TempDir()} }

func (f *folder) path(name string) string { return filepath.Join(f.dir, name) }

func (f *folder) write(name, text string) {
	f.t.Helper()
	if err := os.WriteFile(f.path(name), []byte(text), 0o600); err != nil {
		f.t.Fatal(err)
	}
}

// replace puts a new file in the place of an old one, as editors do.
func (f *folder) replace(name, text string) {
	f.t.Helper()
	f.write(name+".new", text)
	if err := os.Rename(f.path(name+".new"), f.path(name)); err != nil {
		f.t.Fatal(err)
	}
}

func (f *folder) load() (*config.Config, error) { return config.Load(f.path("sallyport.yaml")) }

// shop is a document with an operation for each of the paths.
func shop(paths ...string) string {
	var b strings.Builder
	b.WriteString("openapi: 3.1.0\ninfo: {title: shop, version: '1'}\nsecurity: []\npaths:\n")
	for _, path := range paths {
		b.WriteString("  " + path + ":\n    get:\n      operationId: get" + strings.Trim(path, "/") + "\n      responses:\n" +
			"        '200': {description: all is well, content: {text/plain: {}}}\n")
	}
	return b.String()
}

// settings is a configuration of that document; more is put below, listen in
// front.
func settings(backend, listen, more string) string {
	if listen == "" {
		listen = "listen: [{address: '127.0.0.1:0'}]\n"
	}
	return listen + "admin: {address: '127.0.0.1:0'}\napis:\n  - name: shop\n    document: shop.yaml\n    upstream: " + backend + "\n" + more
}

// newBackend answers every request; /slow sends its first half, and its second
// once release is closed.
func newBackend(t *testing.T) (address string, release chan struct{}) {
	release = make(chan struct{})
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		if r.URL.Path != "/slow" {
			io.WriteString(w, "of the backend")
			return
		}
		io.WriteString(w, "first")
		w.(http.Flusher).Flush()
		select {
		case <-release:
			io.WriteString(w, "second")
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(backend.Close)
	return backend.URL, release
}

// gateway is a run of serve in this process.
type gateway struct {
	t *testing.T
	*folder
	addresses map[string][]string // by name of the listener
	reload    chan struct{}
	logs      *logs
	cancel    context.CancelFunc
	ended     chan error
}

// start serves the folder until the test is over, and waits until it is ready.
func start(f *folder, change ...func(*serve.Options)) *gateway {
	f.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	g := &gateway{t: f.t, folder: f, addresses: map[string][]string{}, reload: make(chan struct{}), logs: newLogs(), cancel: cancel, ended: make(chan error, 1)}
	o := serve.Options{
		Load: f.load, Stdout: g.logs, Stderr: g.logs, Reload: g.reload,
		Listening: func(name, scheme string, a net.Addr) {
			g.addresses[name] = append(g.addresses[name], scheme+"://"+a.String())
		},
	}
	for _, c := range change {
		c(&o)
	}
	go func() { g.ended <- serve.Run(ctx, o) }()
	f.t.Cleanup(func() {
		cancel()
		select {
		case err := <-g.ended:
			if err != nil {
				f.t.Error(err)
			}
		case <-time.After(patience):
			f.t.Error("the gateway does not end")
		}
	})
	g.await("ready")
	return g
}

// refusal is why the folder cannot be served; nothing may be listened on.
func refusal(f *folder) string {
	f.t.Helper()
	err := serve.Run(f.t.Context(), serve.Options{
		Load: f.load, Stdout: io.Discard, Stderr: io.Discard,
		Listening: func(name, _ string, a net.Addr) { f.t.Errorf("%s is listened on at %s", name, a) },
	})
	if err == nil {
		f.t.Fatal("it was served")
	}
	return err.Error()
}

func (g *gateway) api() string   { return g.addresses["api"][0] }
func (g *gateway) admin() string { return g.addresses["admin"][0] }

// ask reloads and waits for the outcome.
func (g *gateway) ask() {
	g.t.Helper()
	g.reload <- struct{}{}
	g.await("reloaded")
}

// await is the next line of the log with that message.
func (g *gateway) await(message string) map[string]any {
	g.t.Helper()
	line, err := g.logs.await(message)
	if err != nil {
		select {
		case ended := <-g.ended:
			g.ended <- ended
			g.t.Fatalf("%v; the gateway has ended: %v", err, ended)
		default:
			g.t.Fatal(err)
		}
	}
	return line
}

// get asks over a connection of its own.
func (g *gateway) get(url string) (status int, body string) {
	g.t.Helper()
	r, err := onceClient().Get(url)
	if err != nil {
		g.t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	return r.StatusCode, string(text)
}

func (g *gateway) wantStatus(url string, want int) {
	g.t.Helper()
	if got, body := g.get(url); got != want {
		g.t.Errorf("%s: %d, want %d\n%s", url, got, want, body)
	}
}

func onceClient() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// logs takes JSON lines and hands them out in order.
type logs struct {
	mu    sync.Mutex
	part  []byte
	lines chan map[string]any
}

func newLogs() *logs { return &logs{lines: make(chan map[string]any, 1<<16)} }

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.part = append(l.part, p...)
	for {
		i := bytes.IndexByte(l.part, '\n')
		if i < 0 {
			return len(p), nil
		}
		var line map[string]any
		if json.Unmarshal(l.part[:i], &line) == nil {
			l.lines <- line
		}
		l.part = l.part[i+1:]
	}
}

func (l *logs) await(message string) (map[string]any, error) {
	before, line, err := l.until(message)
	if err != nil {
		return nil, fmt.Errorf("%w, but:\n%s", err, before)
	}
	return line, nil
}

// until is the next line with that message, and all that stand before it.
func (l *logs) until(message string) (before string, line map[string]any, err error) {
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		select {
		case line := <-l.lines:
			if line["msg"] == message {
				return before, line, nil
			}
			text, _ := json.Marshal(line)
			before += string(text) + "\n"
		case <-late.C:
			return before, nil, errors.New("the log does not say " + message)
		}
	}
}

// connection is a client that sees when it is closed.
type connection struct {
	net.Conn
	reader *bufio.Reader
}

func (g *gateway) connect() *connection {
	g.t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(g.api(), "http://"))
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	return &connection{c, bufio.NewReader(c)}
}

func (c *connection) get(t *testing.T, path string) *http.Response {
	t.Helper()
	io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: shop.example\r\n\r\n")
	r, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// documents makes the build take documents from memory.
func documents(texts map[string][]byte) func(*serve.Options) {
	return func(o *serve.Options) { o.Build = build.Options{Documents: texts} }
}
