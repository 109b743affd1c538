package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sallyport/store/storetest"
)

// TestNodes runs three gateways over one PostgreSQL: what is changed anywhere
// holds everywhere, a node that is cut off lives on what it remembers for as long
// as it may and opens to nobody, and PostgreSQL may restart under load.
func TestNodes(t *testing.T) {
	t.Parallel()
	cluster, err := storetest.StartCluster()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cluster.Stop() })
	f := newFleet(t, cluster)
	one, two, three := f.node("one", "15m", nil), f.node("two", "15m", nil), f.node("three", "6s", newWire(t, cluster.Socket()))
	all := []*node{one, two, three}

	f.run("consumers", "add", "shop")
	key := f.run("keys", "issue", "shop", "--quiet")
	for _, n := range all {
		n.becomes(key, "/things", 200)
		n.becomes(key, "/desk", 403)
	}
	f.timed("a role that was given", all, key, "/desk", 200, "consumers", "set", "shop", "--role", "clerk")
	f.timed("a consumer that was shut out", all, key, "/things", 401, "consumers", "disable", "shop")
	other := f.run("keys", "issue", "shop", "--quiet", "--name", "other")
	f.timed("a consumer that was let in again", all, key, "/things", 200, "consumers", "enable", "shop")

	// All commands that need not come after the cut come before it: from there on
	// the third node may answer for six seconds only, and a command takes its time.
	unseen, id := f.run("keys", "issue", "shop", "--quiet", "--name", "unseen"), f.id("other")
	// All changes so far are applied: what is read from here on is remembered.
	for _, n := range all {
		n.becomes(other, "/things", 200)
	}
	three.wire.cut()
	if got := three.get(other, "/things"); got != 200 {
		t.Errorf("cut off, a node answers %d to whom it remembers", got)
	}
	if got := three.get(unseen, "/things"); got != 503 {
		t.Errorf("cut off, a node answers %d to whom it does not know", got)
	}
	f.timed("a key that was revoked", all[:2], other, "/things", 401, "keys", "revoke", id)
	if got := three.get(other, "/things"); got != 200 && got != 503 {
		t.Errorf("cut off, a node answers %d to whom it cannot know to be revoked", got)
	}
	three.becomes(other, "/things", 503) // it has been alone for too long
	three.wire.mend()
	three.becomes(other, "/things", 401)
	three.becomes(unseen, "/things", 200)

	f.restart(cluster, key, all[:2])
	f.timed("after the restart, a key that was revoked", all, unseen, "/things", 401, "keys", "revoke", f.id("unseen"))
}

// fleet is gateways that share a store and a master key.
type fleet struct {
	t       *testing.T
	binary  string
	backend string
	master  string
	url     string // of the store, as the command line reaches it
	admin   string // a configuration for the command line
}

func newFleet(t *testing.T, cluster *storetest.Cluster) *fleet {
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, "{}")
	}))
	t.Cleanup(backend.Close)
	master := make([]byte, 32)
	rand.Read(master)
	f := &fleet{t: t, binary: command(t), backend: backend.URL, master: base64.StdEncoding.EncodeToString(master), url: cluster.NewDatabase(t)}
	f.admin = f.configuration("admin", "15m", f.url)
	return f
}

const nodesDocument = `openapi: 3.1.0
info: { title: Shop, version: "1" }
paths:
  /things:
    get: { operationId: listThings, security: [ { apiKey: [] } ], responses: { "200": { description: ok, content: { application/json: {} } } } }
  /desk:
    get: { operationId: desk, security: [ { apiKey: [ clerk ] } ], responses: { "200": { description: ok, content: { application/json: {} } } } }
components:
  securitySchemes:
    apiKey: { type: apiKey, in: header, name: X-Api-Key }
`

func (f *fleet) configuration(name, stale, url string) string {
	dir := f.t.TempDir()
	text := fmt.Sprintf(`listen: [ { address: "127.0.0.1:0" } ]
admin: { address: "off" }
store: { url: "${STORE}", stale: %s, timeout: 1s }
keyring: "${MASTER}"
guessing: off
apis:
  - name: %s
    document: api.yaml
    upstream: %s
    identify: { apiKey: { key: {} } }
`, stale, name, f.backend)
	write(f.t, filepath.Join(dir, "api.yaml"), nodesDocument)
	write(f.t, filepath.Join(dir, "url"), url)
	return write(f.t, filepath.Join(dir, "sallyport.yaml"), text)
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func (f *fleet) command(ctx context.Context, configuration string, args ...string) *exec.Cmd {
	url, err := os.ReadFile(filepath.Join(filepath.Dir(configuration), "url"))
	if err != nil {
		f.t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, f.binary, append(args, "--config", configuration)...)
	cmd.Env = []string{"MASTER=" + f.master, "STORE=" + string(url), "GORACE=atexit_sleep_ms=0", "PATH=" + os.Getenv("PATH")}
	return cmd
}

// run runs another verb and returns what it prints.
func (f *fleet) run(args ...string) string {
	f.t.Helper()
	cmd := f.command(f.t.Context(), f.admin, args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		f.t.Fatalf("%v: %v\n%s%s", args, err, out, stderr.String())
	}
	return strings.TrimSpace(string(out))
}

// id is that of the key of a name.
func (f *fleet) id(name string) string {
	f.t.Helper()
	var list []struct{ ID, Name string }
	text := f.run("keys", "list", "--output", "json")
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		f.t.Fatalf("%v: %s", err, text)
	}
	for _, k := range list {
		if k.Name == name {
			return k.ID
		}
	}
	f.t.Fatalf("no key %s in %s", name, text)
	return ""
}

// timed does something and tells how long it took until all nodes hold to it.
func (f *fleet) timed(what string, nodes []*node, key, path string, want int, args ...string) {
	f.t.Helper()
	f.run(args...)
	done := time.Now()
	for _, n := range nodes {
		n.becomes(key, path, want)
	}
	f.t.Logf("%s: everywhere after %v", what, time.Since(done).Round(time.Millisecond))
}

// restart restarts PostgreSQL while callers that are remembered go on.
func (f *fleet) restart(cluster *storetest.Cluster, key string, nodes []*node) {
	f.t.Helper()
	var stop atomic.Bool
	var asked atomic.Int64
	var all sync.WaitGroup
	for _, n := range nodes {
		n.becomes(key, "/things", 200)
		for range 4 {
			all.Go(func() {
				for !stop.Load() {
					if got := n.get(key, "/things"); got != 200 {
						f.t.Errorf("while PostgreSQL restarts: %d", got)
						return
					}
					asked.Add(1)
				}
			})
		}
	}
	cluster.Halt()
	for _, n := range nodes {
		n.becomes("sallyport_unknown", "/things", 401) // no key has this form: nobody has to be asked
	}
	if err := cluster.Start(); err != nil {
		f.t.Error(err)
	}
	fresh := f.run("keys", "issue", "shop", "--quiet", "--name", "fresh")
	for _, n := range nodes {
		n.becomes(fresh, "/things", 200)
	}
	stop.Store(true)
	all.Wait()
	f.t.Logf("%d requests while PostgreSQL restarted", asked.Load())
}

// node is one gateway that runs.
type node struct {
	t       *testing.T
	address string
	wire    *wire // nil where it reaches the store directly
	client  *http.Client
}

func (f *fleet) node(name, stale string, w *wire) *node {
	f.t.Helper()
	url := f.url
	if w != nil {
		url = w.reaches(f.url)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := f.command(ctx, f.configuration(name, stale, url), "serve")
	out, err := cmd.StdoutPipe()
	if err != nil {
		f.t.Fatal(err)
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		f.t.Fatal(err)
	}
	n := &node{t: f.t, wire: w, client: &http.Client{Timeout: 10 * time.Second}}
	lines := bufio.NewScanner(out)
	for n.address == "" && lines.Scan() {
		var line struct{ Msg, Listener, Address string }
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "listening" && line.Listener == "api" {
			n.address = line.Address
		}
	}
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		for lines.Scan() {
		}
	}()
	f.t.Cleanup(func() {
		cancel()
		<-drained
		cmd.Wait()
		n.client.CloseIdleConnections()
	})
	if n.address == "" {
		f.t.Fatalf("%s does not listen: %s", name, stderr.String())
	}
	return n
}

func (n *node) get(key, path string) int {
	r, err := http.NewRequest("GET", "http://"+n.address+path, nil)
	if err != nil {
		n.t.Error(err)
		return 0
	}
	r.Header.Set("X-Api-Key", key)
	answer, err := n.client.Do(r)
	if err != nil {
		n.t.Error(err)
		return 0
	}
	defer answer.Body.Close()
	io.Copy(io.Discard, answer.Body)
	return answer.StatusCode
}

// becomes waits until the node answers so.
func (n *node) becomes(key, path string, want int) {
	n.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	end := time.After(20 * time.Second)
	for {
		got := n.get(key, path)
		if got == want {
			return
		}
		select {
		case <-tick.C:
		case <-end:
			n.t.Fatalf("%s: still %d and not %d", path, got, want)
		}
	}
}

// wire is a way to the server that can be cut.
type wire struct {
	t      *testing.T
	listen net.Listener
	to     string

	mu    sync.Mutex
	whole bool
	conns []net.Conn
}

func newWire(t *testing.T, to string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{t: t, listen: l, to: to, whole: true}
	t.Cleanup(func() { l.Close(); w.cut() })
	go w.serve()
	return w
}

// reaches is the URL of the store by this way.
func (w *wire) reaches(url string) string {
	database, _, _ := strings.Cut(strings.TrimPrefix(url, "postgres:///"), "?")
	return fmt.Sprintf("postgres://postgres@%s/%s?sslmode=disable", w.listen.Addr(), database)
}

func (w *wire) serve() {
	for {
		from, err := w.listen.Accept()
		if err != nil {
			return
		}
		to, err := net.Dial("unix", w.to)
		if err != nil || !w.joined(from, to) {
			from.Close()
			continue
		}
		go relay(from, to)
		go relay(to, from)
	}
}

func relay(to, from net.Conn) {
	io.Copy(to, from)
	to.Close()
	from.Close()
}

func (w *wire) joined(from, to net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.whole {
		to.Close()
		return false
	}
	w.conns = append(w.conns, from, to)
	return true
}

func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.whole = false
	for _, c := range w.conns {
		c.Close()
	}
	w.conns = nil
}

func (w *wire) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.whole = true
}
