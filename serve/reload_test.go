package serve_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"sallyport/serve"
)

func TestReload(t *testing.T) {
	backend, _ := newBackend(t)
	served := func(t *testing.T, more string) *gateway {
		f := newFolder(t)
		f.write("shop.yaml", shop("/items"))
		f.write("sallyport.yaml", settings(backend, "", more))
		return start(f)
	}

	t.Run("takes_up_what_is_new_and_drops_what_is_gone", func(t *testing.T) {
		t.Parallel()
		g := served(t, "")
		g.replace("shop.yaml", shop("/orders"))
		if line := g.await("reloaded"); line["why"] != "change" || line["changed"] != true {
			t.Error(line)
		}
		g.wantStatus(g.api()+"/orders", 200)
		g.wantStatus(g.api()+"/items", 404)
	})
	t.Run("a_file_that_is_written_in_its_place_is_read", func(t *testing.T) {
		t.Parallel()
		g := served(t, "")
		g.write("shop.yaml", shop("/items", "/orders"))
		g.await("reloaded")
		g.wantStatus(g.api()+"/orders", 200)
	})
	t.Run("the_configuration_itself_is_watched", func(t *testing.T) {
		t.Parallel()
		g := served(t, "")
		g.write("other.yaml", shop("/others"))
		g.replace("sallyport.yaml", strings.Replace(settings(backend, "", ""), "shop.yaml", "other.yaml", 1))
		g.await("reloaded")
		g.wantStatus(g.api()+"/others", 200)
		g.write("other.yaml", shop("/more")) // which was not watched at the start
		g.await("reloaded")
		g.wantStatus(g.api()+"/more", 200)
	})
	t.Run("a_file_that_is_written_anew_with_the_same_content_changes_nothing", func(t *testing.T) {
		t.Parallel()
		g := served(t, "")
		g.replace("shop.yaml", shop("/items"))
		g.replace("sallyport.yaml", settings(backend, "", "    limits: {all: {rate: 9/1m, by: client}}\n"))
		g.await("reloaded")
		g.ask()
		if _, metrics := g.get(g.admin() + "/metrics"); !strings.Contains(metrics, `sallyport_config_reload_total{result="ok"} 2`) {
			t.Errorf("there was another reload:\n%s", metrics)
		}
	})
	t.Run("what_is_wrong_leaves_the_old_plan_and_says_where", func(t *testing.T) {
		t.Parallel()
		g := served(t, "")
		for text, want := range map[string]string{
			"openapi: 3.1.0\ninfo: {":     "shop.yaml:3:1:",
			shop("/items") + "bogus: 1\n": "shop.yaml:10:1:",
		} {
			g.replace("shop.yaml", text)
			if line := g.await("reload refused"); !strings.Contains(line["error"].(string), want) {
				t.Errorf("the log does not say %q: %v", want, line)
			}
			g.wantStatus(g.api()+"/items", 200)
		}
		g.replace("sallyport.yaml", settings(backend, "", "    hots: [a]\n"))
		if line := g.await("reload refused"); !strings.Contains(line["error"].(string), "sallyport.yaml:7:5:") {
			t.Error(line)
		}
		if _, metrics := g.get(g.admin() + "/metrics"); !strings.Contains(metrics, `sallyport_config_reload_total{result="refused"} 3`) {
			t.Errorf("refused reloads are not counted:\n%s", metrics)
		}
		g.replace("sallyport.yaml", settings(backend, "", ""))
		g.await("reload refused") // the document is still wrong
		g.replace("shop.yaml", shop("/orders"))
		g.await("reloaded")
		g.wantStatus(g.api()+"/orders", 200)
	})
	t.Run("a_new_document_that_is_wrong_is_watched_until_it_is_mended", func(t *testing.T) {
		t.Parallel()
		g := served(t, "")
		if err := os.Mkdir(g.path("elsewhere"), 0o700); err != nil {
			t.Fatal(err)
		}
		g.write("elsewhere/new.yaml", "no document")
		g.replace("sallyport.yaml", strings.Replace(settings(backend, "", ""), "shop.yaml", "elsewhere/new.yaml", 1))
		g.await("reload refused")
		g.write("elsewhere/new.yaml", shop("/new"))
		g.await("reloaded")
		g.wantStatus(g.api()+"/new", 200)
	})
	t.Run("links_in_the_middle_of_a_path_are_followed", func(t *testing.T) {
		t.Parallel()
		f := newFolder(t) // as a ConfigMap is mounted: shop.yaml → ..data/shop.yaml, ..data → ..1
		version := func(name, text string) {
			if err := os.Mkdir(f.path(name), 0o700); err != nil {
				t.Fatal(err)
			}
			f.write(name+"/shop.yaml", text)
			if err := os.Symlink(name, f.path("..data_tmp")); err != nil {
				t.Skip("no symbolic links here:", err)
			}
			if err := os.Rename(f.path("..data_tmp"), f.path("..data")); err != nil {
				t.Fatal(err)
			}
		}
		version("..1", shop("/items"))
		if err := os.Symlink("..data/shop.yaml", f.path("shop.yaml")); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(f.path("elsewhere"), 0o700); err != nil {
			t.Fatal(err)
		}
		// The configuration is in another folder than the link that turns.
		if err := os.Symlink("../shop.yaml", f.path("elsewhere/shop.yaml")); err != nil {
			t.Fatal(err)
		}
		f.write("sallyport.yaml", strings.Replace(settings(backend, "", ""), "shop.yaml", "elsewhere/shop.yaml", 1))
		g := start(f)
		for _, path := range []string{"/second", "/third"} {
			version(".."+path[1:], shop(path))
			g.await("reloaded")
			g.wantStatus(g.api()+path, 200)
		}
	})
	t.Run("a_busy_log_beside_the_files_hides_no_change", func(t *testing.T) {
		t.Parallel()
		g := served(t, "")
		log, err := os.Create(g.path("busy.log"))
		if err != nil {
			t.Fatal(err)
		}
		defer log.Close()
		over := make(chan struct{})
		var writer sync.WaitGroup
		writer.Go(func() {
			for {
				select {
				case <-over:
					return
				default:
					log.WriteString("a line\n")
				}
			}
		})
		defer writer.Wait()
		defer close(over)
		g.write("shop.yaml", shop("/orders"))
		g.await("reloaded")
	})
	t.Run("counters_are_no_pardon", func(t *testing.T) {
		t.Parallel()
		g := served(t, "    limits: {all: {rate: 2/1h, by: client}}\n")
		g.wantStatus(g.api()+"/items", 200)
		g.replace("shop.yaml", shop("/items", "/orders"))
		g.await("reloaded")
		g.wantStatus(g.api()+"/orders", 200)
		g.ask()
		g.wantStatus(g.api()+"/items", 429)
	})
	t.Run("an_API_that_is_taken_out_is_gone", func(t *testing.T) {
		t.Parallel()
		f := newFolder(t)
		f.write("shop.yaml", shop("/items"))
		f.write("news.yaml", shop("/news"))
		one := settings(backend, "", "")
		f.write("sallyport.yaml", one+"  - {name: news, document: news.yaml, upstream: '"+backend+"'}\n")
		g := start(f)
		g.wantStatus(g.api()+"/news", 200)
		g.replace("sallyport.yaml", one)
		g.await("reloaded")
		g.wantStatus(g.api()+"/news", 404)
		g.wantStatus(g.api()+"/items", 200)
	})
	t.Run("settings_that_need_a_new_start_are_named", func(t *testing.T) {
		t.Parallel()
		g := served(t, "")
		g.replace("sallyport.yaml", settings(backend, "", "")+"timeouts: {idle: 5s}\nsizes: {held_bodies: 1MiB}\n")
		line := g.await("settings that take effect at the next start")
		if got := line["settings"].([]any); len(got) != 2 || got[0] != "sizes" || got[1] != "timeouts" {
			t.Error(got)
		}
	})
	t.Run("the_level_of_the_log_takes_effect_at_once", func(t *testing.T) {
		t.Parallel()
		g := served(t, "")
		g.replace("sallyport.yaml", settings(backend, "", "")+"log: {level: error}\n")
		g.reload <- struct{}{}
		g.replace("shop.yaml", "no document")
		before, _, err := g.logs.until("reload refused")
		if err != nil || strings.Contains(before, `"msg":"reloaded"`) {
			t.Errorf("%v; before the error the log says\n%s", err, before)
		}
	})
}

// TestReloadKeepsKeySets: an issuer that is down does not stand in the way of
// a reload that has nothing to do with it.
func TestReloadKeepsKeySets(t *testing.T) {
	backend, _ := newBackend(t)
	var asked atomic.Int64
	issuer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.Write([]byte(`{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`)) // RFC 8037, appendix A.2
	}))
	defer issuer.Close()
	f := newFolder(t)
	f.write("shop.yaml", shop("/items")+"components: {securitySchemes: {token: {type: http, scheme: bearer}}}\n")
	f.write("sallyport.yaml", settings(backend, "", "    identify: {token: {jwt: {issuer: i, audience: a, keys: '"+issuer.URL+"'}}}\n"))
	g := start(f)
	issuer.Close()
	g.ask()
	g.ask()
	if n := asked.Load(); n != 1 {
		t.Errorf("the issuer was asked %d times, want once", n)
	}
	g.wantStatus(g.admin()+"/readyz", 200)
	g.wantStatus(g.api()+"/items", 200)
}

// TestReloadRefusedByIssuer: a plan with a key set that was never fetched does
// not serve.
func TestReloadRefusedByIssuer(t *testing.T) {
	backend, _ := newBackend(t)
	f := newFolder(t)
	f.write("shop.yaml", shop("/items")+"components: {securitySchemes: {token: {type: http, scheme: bearer}}}\n")
	f.write("sallyport.yaml", settings(backend, "", ""))
	g := start(f, func(*serve.Options) {})
	f.replace("sallyport.yaml", settings(backend, "", "    identify: {token: {jwt: {issuer: i, audience: a, keys: 'http://"+freeAddress(t)+"'}}}\n"))
	if line := g.await("reload refused"); !strings.Contains(line["error"].(string), "sallyport.yaml:7:") {
		t.Error(line)
	}
	g.wantStatus(g.api()+"/items", 200)
}
