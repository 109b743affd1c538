package serve_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/quic-go/quic-go/http3"
)

const overQUIC = "listen:\n  - {address: '127.0.0.1:0', tls: {certificate: leaf.pem, key: leaf.key}, http3: true}\n  - {address: '127.0.0.1:0'}\n"

const notes = `openapi: 3.1.0
info: {title: notes, version: '1'}
security: []
paths:
  /items:
    get: {operationId: list, responses: {'200': {description: ok, content: {text/plain: {}}}}}
    post:
      operationId: add
      requestBody: {required: true, content: {application/json: {schema: {type: object, required: [n], properties: {n: {type: integer}}}}}}
      responses: {'200': {description: ok, content: {text/plain: {}}}}
  /slow:
    get: {operationId: slow, responses: {'200': {description: ok, content: {text/plain: {}}}}}
`

// overHTTP3 serves notes by HTTP/3 too.
func overHTTP3(t *testing.T, backend, listen, more string) (*gateway, *x509.CertPool) {
	f := newFolder(t)
	roots := x509.NewCertPool()
	roots.AddCert(f.certificate("leaf", valid))
	f.write("shop.yaml", notes)
	f.write("sallyport.yaml", settings(backend, listen, more))
	return start(f), roots
}

func http3Client(t *testing.T, roots *x509.CertPool) *http.Client {
	transport := &http3.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	t.Cleanup(func() { transport.Close() })
	return &http.Client{Transport: transport}
}

func TestHTTP3(t *testing.T) {
	seen := make(chan *http.Request, 1)
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("Alt-Svc", `h3="elsewhere:1"`)
		body, _ := io.ReadAll(r.Body)
		w.Write(body)
		seen <- r
	}))
	t.Cleanup(backend.Close)
	g, roots := overHTTP3(t, backend.URL, overQUIC, "")
	client := http3Client(t, roots)

	for name, c := range map[string]struct {
		method, path, body string
		field              [2]string
		status             int
		answer             string
	}{
		"a_GET":                             {"GET", "/items", "", [2]string{}, 200, ""},
		"a_body_that_fits":                  {"POST", "/items", `{"n":1}`, [2]string{"Content-Type", "application/json"}, 200, `{"n":1}`},
		"a_body_that_breaks_its_schema":     {"POST", "/items", `{"n":"one"}`, [2]string{"Content-Type", "application/json"}, 400, "body-invalid"},
		"a_path_that_nobody_declared":       {"GET", "/other", "", [2]string{}, 404, "operation-unknown"},
		"a_path_with_two_readings":          {"GET", "/a/%2e%2e/items", "", [2]string{}, 400, "path-ambiguous"},
		"a_field_that_asks_for_too_much":    {"GET", "/items", "", [2]string{"Expect", "much"}, 417, "expectation-failed"},
		"fields_that_are_too_large":         {"GET", "/items", "", [2]string{"X-A", strings.Repeat("a", 34<<10)}, 431, "fields-too-large"},
		"a_body_where_none_is_declared":     {"GET", "/items", "x", [2]string{}, 400, "body-unexpected"},
		"a_required_body_that_is_not_there": {"POST", "/items", "", [2]string{"Content-Type", "application/json"}, 400, "body-missing"},
	} {
		for _, length := range []string{"with_a_length", "without"} {
			t.Run(name+"/"+length, func(t *testing.T) {
				r, err := http.NewRequest(c.method, g.addresses["http3"][0]+c.path, strings.NewReader(c.body))
				if err != nil {
					t.Fatal(err)
				}
				if length == "without" {
					r.Body, r.ContentLength = io.NopCloser(strings.NewReader(c.body)), -1
				}
				if c.field[0] != "" {
					r.Header.Set(c.field[0], c.field[1])
				}
				answer, err := client.Do(r)
				if err != nil {
					t.Fatal(err)
				}
				defer answer.Body.Close()
				text, err := io.ReadAll(answer.Body)
				if err != nil || answer.StatusCode != c.status || answer.ProtoMajor != 3 || !strings.Contains(string(text), c.answer) {
					t.Fatalf("%s %d, want %d: %v\n%s", answer.Proto, answer.StatusCode, c.status, err, text)
				}
				if c.status == 200 {
					r := <-seen
					if r.Header.Get("Via") != "3 sallyport" || r.Header.Get("X-Forwarded-Proto") != "https" {
						t.Error(r.Header)
					}
					if c.body == "" && len(r.TransferEncoding) > 0 {
						t.Error("a request without a body is passed on with one")
					}
				} else if answer.Header.Get("Content-Type") != "application/problem+json" {
					t.Errorf("the refusal is no problem document: %s", text)
				}
				if answer.Header.Get("Strict-Transport-Security") == "" {
					t.Error("no Strict-Transport-Security")
				}
			})
		}
	}
}

func TestHTTP3IsAnnounced(t *testing.T) {
	backend, _ := newBackend(t)
	g, roots := overHTTP3(t, backend, overQUIC, "")
	api := g.addresses["api"]
	if g.addresses["http3"][0] != api[0] {
		t.Errorf("HTTP/3 is at %s, the rest at %s", g.addresses["http3"], api[0])
	}
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(api[0], "https://"))
	announced := `h3=":` + port + `"; ma=86400`
	for name, c := range map[string]struct {
		client *http.Client
		base   string
		want   string
	}{
		"over_HTTP_1.1":          {clientOf(roots, false), api[0], announced},
		"over_HTTP_2":            {clientOf(roots, true), api[0], announced},
		"not_over_HTTP_3":        {http3Client(t, roots), api[0], ""},
		"not_at_another_address": {onceClient(), api[1], ""},
	} {
		t.Run(name, func(t *testing.T) {
			for _, path := range []string{"/items", "/other"} {
				r, err := c.client.Get(c.base + path)
				if err != nil {
					t.Fatal(err)
				}
				r.Body.Close()
				if got := strings.Join(r.Header["Alt-Svc"], ", "); got != c.want {
					t.Errorf("%s: Alt-Svc is %q, want %q", path, got, c.want)
				}
			}
		})
	}
	t.Run("only_TLS_1.3_of_h3_is_spoken_there", func(t *testing.T) {
		r, err := http3Client(t, roots).Get(api[0] + "/items")
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.TLS == nil || r.TLS.Version != tls.VersionTLS13 || r.TLS.NegotiatedProtocol != "h3" {
			t.Errorf("%+v", r.TLS)
		}
	})
}

func TestHTTP3Certificate(t *testing.T) {
	backend, _ := newBackend(t)
	g, roots := overHTTP3(t, backend, overQUIC, "")
	if r, err := http3Client(t, roots).Get(g.api() + "/items"); err != nil {
		t.Fatal(err)
	} else {
		r.Body.Close()
	}
	renewed := g.certificate("leaf", valid)
	for g.await("reloaded"); !g.shown().Equal(renewed); {
		g.await("reloaded")
	}
	after := x509.NewCertPool()
	after.AddCert(renewed)
	r, err := http3Client(t, after).Get(g.api() + "/items")
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if !r.TLS.PeerCertificates[0].Equal(renewed) {
		t.Error("the old one is still shown")
	}
}

func TestHTTP3Drain(t *testing.T) {
	for name, c := range map[string]struct {
		grace string
		cut   bool
	}{
		"what_is_under_way_is_finished": {"30s", false},
		"the_grace_is_an_end":           {"50ms", true},
		"off_waits_for_nobody":          {"off", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			backend, release := newBackend(t)
			g, roots := overHTTP3(t, backend, overQUIC, "timeouts: {drain: "+c.grace+"}\n")
			client := http3Client(t, roots)
			r, err := client.Get(g.api() + "/slow")
			if err != nil {
				t.Fatal(err)
			}
			defer r.Body.Close()
			if _, err := io.ReadFull(r.Body, make([]byte, len("first"))); err != nil {
				t.Fatal(err)
			}
			g.cancel()
			g.await("draining")
			if !c.cut {
				close(release)
			}
			rest, err := io.ReadAll(r.Body)
			if c.cut && err == nil || !c.cut && (err != nil || string(rest) != "second") {
				t.Errorf("the download ended with %q, %v", rest, err)
			}
			if line := g.await("stopped"); line["cut"] != c.cut {
				t.Error(line)
			}
		})
	}
}

func TestHTTP3Connections(t *testing.T) {
	backend, release := newBackend(t)
	g, roots := overHTTP3(t, backend, strings.Replace(overQUIC, "http3: true", "http3: true, max_connections: 1", 1), "")
	r, err := http3Client(t, roots).Get(g.api() + "/slow")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if another, err := http3Client(t, roots).Get(g.api() + "/items"); err == nil {
		another.Body.Close()
		t.Error("one connection too many was taken")
	}
	if _, text := g.get(g.admin() + "/metrics"); !strings.Contains(text, "sallyport_connections_refused_total") || strings.Contains(text, "sallyport_connections_refused_total 0\n") {
		t.Error("it was not counted")
	}
	close(release)
	if _, err := io.ReadAll(r.Body); err != nil {
		t.Error(err)
	}
}

func TestHTTP3Mistakes(t *testing.T) {
	backend, _ := newBackend(t)
	t.Run("without_TLS", func(t *testing.T) {
		f := newFolder(t)
		f.write("shop.yaml", notes)
		f.write("sallyport.yaml", settings(backend, "listen: [{address: '127.0.0.1:0', http3: true}]\n", ""))
		if text := refusal(f); !strings.Contains(text, "sallyport.yaml:1:") || !strings.Contains(text, "HTTP/3 is spoken over TLS only") {
			t.Error(text)
		}
	})
	t.Run("a_port_of_UDP_that_is_taken", func(t *testing.T) {
		// Another program of the machine may hold the port of TCP: then the next
		// one is tried.
		var said string
		for range 10 {
			var freed error
			if said, freed = refusedForUDP(t, backend); strings.Contains(said, "sallyport.yaml:2:") && strings.Contains(said, "UDP ") && freed == nil {
				return
			}
		}
		t.Errorf("the mistake is told as %s, or the port of TCP stays taken", said)
	})
}

// refusedForUDP starts a gateway on a port of UDP that is taken: what it says,
// and whether the port of TCP is free again.
func refusedForUDP(t *testing.T, backend string) (said string, freed error) {
	t.Helper()
	taken, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	f := newFolder(t)
	f.certificate("leaf", valid)
	f.write("shop.yaml", notes)
	address := taken.LocalAddr().String()
	f.write("sallyport.yaml", settings(backend, strings.Replace(overQUIC, "127.0.0.1:0", address, 1), ""))
	said = refusal(f)
	l, err := net.Listen("tcp", address)
	if err != nil {
		return said, err
	}
	return said, l.Close()
}
