package serve_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestDrain(t *testing.T) {
	served := func(t *testing.T, grace string) (*gateway, chan struct{}) {
		backend, release := newBackend(t)
		f := newFolder(t)
		f.write("shop.yaml", shop("/items", "/slow"))
		f.write("sallyport.yaml", settings(backend, "", "")+"timeouts: {drain: "+grace+"}\n")
		return start(f), release
	}
	// download begins one that waits for the backend's second half.
	download := func(t *testing.T, g *gateway) *http.Response {
		r, err := onceClient().Get(g.api() + "/slow")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Body.Close() })
		if _, err := io.ReadFull(r.Body, make([]byte, len("first"))); err != nil {
			t.Fatal(err)
		}
		return r
	}

	t.Run("what_is_under_way_is_finished", func(t *testing.T) {
		t.Parallel()
		g, release := served(t, "30s")
		r := download(t, g)
		idle := g.connect()
		if answer := idle.get(t, "/items"); answer.StatusCode != 200 {
			t.Fatal(answer.Status)
		} else {
			io.Copy(io.Discard, answer.Body)
		}
		g.cancel()
		g.await("draining")
		refused(t, strings.TrimPrefix(g.api(), "http://"))
		if status, body := g.get(g.admin() + "/readyz"); status != 503 || body != "draining\n" {
			t.Errorf("/readyz: %d %q", status, body)
		}
		g.wantStatus(g.admin()+"/healthz", 200)
		if _, err := idle.reader.ReadByte(); err != io.EOF {
			t.Errorf("an idle connection is not closed: %v", err)
		}
		close(release)
		if rest, err := io.ReadAll(r.Body); err != nil || string(rest) != "second" {
			t.Errorf("the download ended with %q, %v", rest, err)
		}
		if line := g.await("stopped"); line["cut"] != false {
			t.Error(line)
		}
		refused(t, strings.TrimPrefix(g.admin(), "http://"))
	})
	t.Run("the_grace_is_an_end", func(t *testing.T) {
		t.Parallel()
		g, _ := served(t, "50ms")
		r := download(t, g)
		g.cancel()
		if line := g.await("stopped"); line["cut"] != true {
			t.Error(line)
		}
		if rest, err := io.ReadAll(r.Body); err == nil {
			t.Errorf("a part is passed off as the whole: %q", rest)
		}
	})
	t.Run("off_waits_for_nobody", func(t *testing.T) {
		t.Parallel()
		g, _ := served(t, "off")
		r := download(t, g)
		g.cancel()
		g.await("stopped")
		if _, err := io.ReadAll(r.Body); err == nil {
			t.Error("a part is passed off as the whole")
		}
	})
}

// refused tries until an address takes no connection any more.
func refused(t *testing.T, address string) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		c, err := net.Dial("tcp", address)
		if err != nil {
			var op *net.OpError
			if !errors.As(err, &op) {
				t.Error(err)
			}
			return
		}
		c.Close()
	}
	t.Errorf("%s still takes connections", address)
}
