package serve_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sallyport/config"
	"sallyport/serve"
)

// swapping is a gateway whose configuration is another one at each reload.
func swapping(f *folder, texts map[string][]byte, next func(n int) string) *gateway {
	n := 0
	return start(f, documents(texts), func(o *serve.Options) {
		o.Load = func() (*config.Config, error) {
			n++
			return config.Parse(f.path("sallyport.yaml"), []byte(next(n)))
		}
	})
}

// crowd is clients that ask all the time, each on a connection of its own that
// is kept.
type crowd struct {
	header   http.Header
	over     chan struct{}
	all      sync.WaitGroup
	answered atomic.Int64
	failed   atomic.Int64
	first    atomic.Pointer[string]
}

// ask has that many clients ask for the paths in turn, until the crowd is over.
func (c *crowd) ask(clients int, address string, want map[string]int) {
	c.over = make(chan struct{})
	for range clients {
		client := &http.Client{Transport: &http.Transport{}}
		c.all.Go(func() {
			defer client.CloseIdleConnections()
			for {
				for path, status := range want {
					select {
					case <-c.over:
						return
					default:
						c.one(client, address+path, status)
					}
				}
			}
		})
	}
}

func (c *crowd) one(client *http.Client, url string, want int) {
	request, err := http.NewRequest("GET", url, nil)
	if err != nil {
		panic(err) // the test's own
	}
	maps.Copy(request.Header, c.header)
	r, err := client.Do(request)
	if err == nil {
		_, err = io.Copy(io.Discard, r.Body)
		r.Body.Close()
		if err == nil && r.StatusCode != want {
			err = fmt.Errorf("%s: %s, want %d", url, r.Status, want)
		}
	}
	if err != nil {
		c.failed.Add(1)
		text := err.Error()
		c.first.CompareAndSwap(nil, &text)
	}
	c.answered.Add(1)
}

func (c *crowd) end() {
	close(c.over)
	c.all.Wait()
}

// footprint is what a leak would make grow.
type footprint struct {
	heap       uint64
	goroutines int
}

func measure() footprint {
	runtime.GC()
	runtime.GC() // what a finalizer held is free after the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return footprint{m.HeapAlloc, runtime.NumGoroutine()}
}

// flat holds what is left at the end to what there was early on.
func flat(t *testing.T, early, late footprint) {
	t.Helper()
	t.Logf("heap %d KiB, then %d KiB; goroutines %d, then %d", early.heap>>10, late.heap>>10, early.goroutines, late.goroutines)
	if late.heap > early.heap+early.heap/4+4<<20 {
		t.Errorf("the heap has grown from %d to %d bytes", early.heap, late.heap)
	}
	if late.goroutines > early.goroutines+16 {
		t.Errorf("the goroutines have grown from %d to %d", early.goroutines, late.goroutines)
	}
}

// token is signed with the secret that the folder's configuration names.
func (f *folder) token(secret, claims string) string {
	f.write("secret", secret)
	text := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + base64.RawURLEncoding.EncodeToString([]byte(claims))
	mac := hmac.New(sha256.New, []byte(secret))
	io.WriteString(mac, text)
	return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

const reloads = 1000

// TestThousandPlans swaps plans of the bank's document a thousand times under
// load: no request fails, and nothing is left of the plans that were.
func TestThousandPlans(t *testing.T) {
	bank, err := os.ReadFile("../demo/bank.openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"status":"up","email":"jo@bank.example","passwordHash":"x"}`)
	}))
	defer backend.Close()
	f := newFolder(t)
	token := f.token(strings.Repeat("s", 32), `{"iss":"https://id.bank.example","aud":"bank","sub":"jo","exp":4102444800,"roles":["profile:read"]}`)
	// The other document says more, so that every swap is one.
	texts := map[string][]byte{f.path("0.yaml"): bank, f.path("1.yaml"): append(bank[:len(bank):len(bank)], "\nx-other: true\n"...)}
	g := swapping(f, texts, func(n int) string {
		return fmt.Sprintf(`listen: [{address: '127.0.0.1:0'}]
admin: {address: 'off'}
log: {requests: none}
apis:
  - name: bank
    document: %d.yaml
    upstream: %s
    identify: {bearerAuth: {jwt: {issuer: 'https://id.bank.example', audience: bank, secret: 'file:secret', claims: {roles: roles}}}}
    limits: {all: {rate: 1000000/1s, by: caller}}
    operations: {getStatus: {upstream: {first_byte: 9s}}}
`, n%2, backend.URL)
	})

	c := &crowd{header: http.Header{"Authorization": {"Bearer " + token}}}
	c.ask(2, g.api(), map[string]int{"/v2/status": 200, "/v2/user/profile": 200, "/v2/users/all": 404})
	var early footprint
	for n := range reloads {
		g.reload <- struct{}{}
		if line := g.await("reloaded"); line["changed"] != true {
			t.Fatal(line)
		}
		if n == reloads/5 {
			early = measure()
		}
	}
	late := measure()
	c.end()
	flat(t, early, late)
	if n := c.failed.Load(); n > 0 {
		t.Errorf("%d of %d requests failed, the first: %s", n, c.answered.Load(), *c.first.Load())
	}
	if n := c.answered.Load(); n < reloads {
		t.Errorf("%d requests are no load", n)
	}
	t.Logf("%d requests answered over %d plans", c.answered.Load(), reloads)
}

// TestUpstreamsThatChange gives the API another upstream, another limit and
// another issuer at each reload: nothing is left of those that were.
func TestUpstreamsThatChange(t *testing.T) {
	var open atomic.Int64
	backend := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		if r.URL.Path == "/jwks" {
			io.WriteString(w, `{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`) // RFC 8037, appendix A.2
		}
	}))
	backend.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		switch s {
		case http.StateNew:
			open.Add(1)
		case http.StateClosed:
			open.Add(-1)
		}
	}
	backend.Start()
	defer backend.Close()
	f := newFolder(t)
	document := []byte(shop("/items") + "components: {securitySchemes: {token: {type: http, scheme: bearer}}}\n")
	g := swapping(f, map[string][]byte{f.path("shop.yaml"): document}, func(n int) string {
		return fmt.Sprintf(`listen: [{address: '127.0.0.1:0'}]
admin: {address: 'off'}
log: {requests: none}
apis:
  - name: shop
    document: shop.yaml
    upstream: %[1]s/v%[2]d
    identify: {token: {jwt: {issuer: i, audience: a, keys: '%[1]s/jwks?%[2]d'}}}
    limits: {rate%[2]d: {rate: 1000/1s, by: client}, flights%[2]d: {concurrency: 9, by: client}}
    operations: {getitems: {upstream: {first_byte: %[2]dms}}}
`, backend.URL, n+10_000)
	})
	c := &http.Client{Transport: &http.Transport{}}
	defer c.CloseIdleConnections()
	one := &crowd{}
	var early footprint
	for n := range reloads {
		one.one(c, g.api()+"/items", 200) // so that each pool has a connection
		g.ask()
		if n == reloads/5 {
			early = measure()
		}
	}
	flat(t, early, measure())
	if text := one.first.Load(); text != nil {
		t.Error(*text)
	}
	if n := open.Load(); n > 16 {
		t.Errorf("%d connections to upstreams that are no more are open", n)
	}
}

// TestSwapUnderWay: an exchange ends with the upstream it began with, and the
// connection is not kept after that.
func TestSwapUnderWay(t *testing.T) {
	closed := make(chan struct{}, 8)
	release := make(chan struct{})
	backend := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		io.WriteString(w, "first")
		w.(http.Flusher).Flush()
		<-release
		io.WriteString(w, "second")
	}))
	backend.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateClosed {
			closed <- struct{}{}
		}
	}
	backend.Start()
	defer backend.Close()
	f := newFolder(t)
	f.write("shop.yaml", shop("/slow"))
	g := swapping(f, nil, func(n int) string { return settings(fmt.Sprintf("%s/v%d", backend.URL, n), "", "") })
	r, err := onceClient().Get(g.api() + "/slow")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if _, err := io.ReadFull(r.Body, make([]byte, len("first"))); err != nil {
		t.Fatal(err)
	}
	g.ask()
	close(release)
	if rest, err := io.ReadAll(r.Body); err != nil || string(rest) != "second" {
		t.Errorf("the answer ended with %q, %v", rest, err)
	}
	select {
	case <-closed:
	case <-time.After(patience):
		t.Error("the connection to the upstream that was is kept")
	}
}
