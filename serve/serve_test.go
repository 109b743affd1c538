package serve_test

import (
	"net"
	"net/http"
	"strings"
	"testing"
)

func TestServe(t *testing.T) {
	backend, _ := newBackend(t)
	served := func(t *testing.T, listen, more string) *gateway {
		f := newFolder(t)
		f.write("shop.yaml", shop("/items"))
		f.write("sallyport.yaml", settings(backend, listen, more))
		return start(f)
	}

	t.Run("what_is_declared_is_passed_on", func(t *testing.T) {
		t.Parallel()
		g := served(t, "", "")
		if status, body := g.get(g.api() + "/items"); status != 200 || body != "of the backend" {
			t.Errorf("%d %q", status, body)
		}
		g.wantStatus(g.api()+"/other", 404)
	})
	t.Run("every_listener_is_served", func(t *testing.T) {
		t.Parallel()
		g := served(t, "listen: [{address: '127.0.0.1:0'}, {address: '127.0.0.1:0'}]\n", "")
		if len(g.addresses["api"]) != 2 {
			t.Fatal(g.addresses)
		}
		for _, address := range g.addresses["api"] {
			g.wantStatus(address+"/items", 200)
		}
	})
	t.Run("operators_see_health_readiness_numbers_and_problems", func(t *testing.T) {
		t.Parallel()
		g := served(t, "", "")
		g.wantStatus(g.api()+"/items", 200)
		for path, want := range map[string]string{
			"/healthz":                    "alive",
			"/readyz":                     "ready",
			"/metrics":                    "sallyport_config_hash_info{digest=",
			"/problems/operation-unknown": "#",
		} {
			if status, body := g.get(g.admin() + path); status != 200 || !strings.Contains(body, want) {
				t.Errorf("%s: %d, want 200 with %q\n%.200s", path, status, want, body)
			}
		}
		g.wantStatus(g.admin()+"/problems/no-such-kind", 404)
		g.wantStatus(g.admin()+"/problems/..%2fdocs.go", 404)
		g.wantStatus(g.admin()+"/items", 404)
		g.wantStatus(g.api()+"/metrics", 404)
	})
	t.Run("a_reader_of_metrics_finds_the_operation_by_its_id", func(t *testing.T) {
		t.Parallel()
		g := served(t, "", "")
		g.wantStatus(g.api()+"/items", 200)
		g.await("request")
		if _, body := g.get(g.admin() + "/metrics"); !strings.Contains(body, `operation="getitems"`) {
			t.Errorf("no metric names the operation:\n%s", body)
		}
	})
}

func TestStart(t *testing.T) {
	backend, _ := newBackend(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	free := freeAddress(t)

	for name, c := range map[string]struct {
		document, settings string
		want               []string
	}{
		"a_mistake_in_the_configuration": {
			shop("/items"), settings(backend, "", "    upsteam: x\n"),
			[]string{"sallyport.yaml:7:5:", "upsteam", "upstream"},
		},
		"a_mistake_in_the_document": {
			shop("/items") + "  items:\n    get: {}\n", settings(backend, "", ""),
			[]string{"shop.yaml:10:3:"},
		},
		"a_document_that_is_not_there": {
			"", strings.Replace(settings(backend, "", ""), "shop.yaml", "shoop.yaml", 1),
			[]string{"sallyport.yaml:5:15:", "shoop.yaml"},
		},
		"a_port_that_is_in_use": {
			shop("/items"),
			settings(backend, "listen:\n  - address: "+free+"\n  - address: "+taken.Addr().String()+"\n", ""),
			[]string{"sallyport.yaml:3:14:", "in use by another program"},
		},
		"an_operators_port_that_is_in_use": {
			shop("/items"),
			strings.Replace(settings(backend, "listen: [{address: '"+free+"'}]\n", ""), "admin: {address: '127.0.0.1:0'}", "admin: {address: '"+taken.Addr().String()+"'}", 1),
			[]string{"sallyport.yaml:2:18:", "in use by another program"},
		},
		"plain_http_beyond_loopback": {
			shop("/items"), settings(backend, "listen: [{address: '0.0.0.0:0'}]\n", ""),
			[]string{"sallyport.yaml:1:20:", "plain HTTP from other machines", "tls"},
		},
		"a_key_set_that_does_not_answer": {
			shop("/items") + "components: {securitySchemes: {token: {type: http, scheme: bearer}}}\n",
			settings(backend, "", "    identify: {token: {jwt: {issuer: i, audience: a, keys: 'http://"+free+"/jwks'}}}\n"),
			[]string{"sallyport.yaml:7:", "key set of i", "must answer before the gateway serves"},
		},
		"a_log_that_cannot_be_written": {
			shop("/items"), settings(backend, "", "") + "log: {output: no/such/folder/log}\n",
			[]string{"opening the log", "no/such/folder/log"},
		},
	} {
		t.Run(name+"_listens_on_nothing", func(t *testing.T) {
			f := newFolder(t)
			if c.document != "" {
				f.write("shop.yaml", c.document)
			}
			f.write("sallyport.yaml", c.settings)
			text := refusal(f)
			for _, want := range c.want {
				if !strings.Contains(text, want) {
					t.Errorf("the refusal does not say %q:\n%s", want, text)
				}
			}
			l, err := net.Listen("tcp", free)
			if err != nil {
				t.Fatalf("an address is still taken: %v", err)
			}
			l.Close()
		})
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestRedirect(t *testing.T) {
	backend, _ := newBackend(t)
	f := newFolder(t)
	f.certificate("leaf", valid)
	f.write("shop.yaml", shop("/items"))
	f.write("sallyport.yaml", settings(backend, `listen:
  - { address: '127.0.0.1:0', redirect: true }
  - { address: '127.0.0.1:0', redirect: true, redirect_to: 'api.example.com:8443' }
  - { address: '127.0.0.1:0', tls: { certificate: leaf.pem, key: leaf.key } }
`, ""))
	g := start(f)
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(g.api(), "https://"))
	asked, fixed := g.addresses["redirect"][0], g.addresses["redirect"][1]

	for name, c := range map[string]struct {
		to, method, host, target string
		status                   int
		location                 string
	}{
		"to_the_host_that_was_asked_for":     {asked, "GET", "Shop.example:80", "/items?a=1", 308, "https://shop.example:" + port + "/items?a=1"},
		"with_the_method_as_it_is":           {asked, "POST", "shop.example", "/items", 308, "https://shop.example:" + port + "/items"},
		"to_an_address_of_version_6":         {asked, "GET", "[::1]:80", "/items", 308, "https://[::1]:" + port + "/items"},
		"to_the_host_that_is_configured":     {fixed, "GET", "evil.example", "/items", 308, "https://api.example.com:8443/items"},
		"a_path_of_two_readings_is_dropped":  {asked, "GET", "shop.example", "/a/%2e%2e/b?x=1", 308, "https://shop.example:" + port + "/"},
		"a_query_of_two_readings_is_dropped": {asked, "GET", "shop.example", "/items?a=%zz", 308, "https://shop.example:" + port + "/"},
		"a_host_that_is_none_is_refused":     {asked, "GET", "a_b@c", "/items", 400, ""},
		"a_host_with_odd_letters_is_refused": {asked, "GET", "a%2fb", "/items", 400, ""},
		"a_host_with_two_dots_is_refused":    {asked, "GET", "a..b", "/items", 400, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := http.NewRequest(c.method, c.to, nil)
			r.URL.Opaque, r.Host = c.target, c.host
			if path, query, ok := strings.Cut(c.target, "?"); ok {
				r.URL.Opaque, r.URL.RawQuery = path, query
			}
			answer, err := onceClient().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			if got := answer.Header.Get("Location"); answer.StatusCode != c.status || got != c.location {
				t.Errorf("%d %q, want %d %q", answer.StatusCode, got, c.status, c.location)
			}
			if answer.Header.Get("Strict-Transport-Security") != "" {
				t.Error("browsers ignore Strict-Transport-Security in the clear (RFC 6797 §7.2)")
			}
		})
	}
}
