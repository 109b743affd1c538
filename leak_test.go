package sallyport_test

import (
	"crypto/sha256"
	"fmt"
	"io"
	stdlog "log"
	"log/slog"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"sallyport"
	"sallyport/stage/admit"
	"sallyport/stage/forward"
	"sallyport/stage/identify"
	"sallyport/stage/record"
)

// TestNoSecretIsRecorded: requests with a secret in every place, well formed
// and not, and backends that echo what they hear in every place, well formed
// and not. Neither the log nor a metric holds any of it.
func TestNoSecretIsRecorded(t *testing.T) {
	// net/http prints what a backend sends unasked; where that goes is the program's to say.
	stdlog.SetOutput(io.Discard)
	t.Cleanup(func() { stdlog.SetOutput(os.Stderr) })
	log := &log{}
	env := sallyport.NewEnv(slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})), 1<<20)
	env.BodyTimeout = 50 * time.Millisecond
	registry := prometheus.NewRegistry()
	metrics := record.NewMetrics(registry)
	const key = "k-3f9c1e"
	keys := &identify.Key{Now: time.Now, Keys: map[[sha256.Size]byte]*identify.HeldKey{
		sha256.Sum256([]byte(key)): {Credential: &sallyport.Credential{Scheme: "key", Kind: "key", ID: "key:ann", Consumer: "ann"}},
	}}
	for _, p := range []identify.Place{
		{In: "header", Name: "X-Key"}, {In: "query", Name: "key"}, {In: "cookie", Name: "key"}, {In: "authorization", Scheme: "bearer"},
	} {
		for _, answer := range []string{
			"%s\r\n\r\n", "HTTP/1.1 %s\r\n\r\n", "HTTP/1.1 200 %s\r\n%s\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: %s\r\n\r\n",
			"HTTP/1.1 200 OK\r\nEcho: %s\r\nContent-Length: 99\r\n\r\n%s", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%s\r\n",
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n%s\r\n\r\n", "HTTP/1.1 500 %s\r\nSet-Cookie: %s\r\nContent-Length: 0\r\n\r\n",
		} {
			backend := echoing(t, answer)
			defer backend.Close()
			pool, err := forward.NewPool(forward.PoolConfig{Targets: forward.Targets("http://" + backend.Addr().String()), Connect: time.Second, FirstByte: time.Second}, env, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer pool.Close()
			scheme := &identify.Scheme{Name: "key", Place: p, Method: keys}
			guarded := plan(
				at(sallyport.Admit, "sizes", admit.Sizes{}.Run),
				at(sallyport.Identify, "security", (&identify.Security{Realm: "bank", Alternatives: [][]identify.Requirement{{{Scheme: scheme}}}}).Run),
				at(sallyport.Forward, "upstream", (&forward.Upstream{Pool: pool, Prefix: "X-Caller-", Identity: true, Whole: time.Second}).Run))
			guarded.Entry = []sallyport.Placed{
				at(sallyport.Admit, "client", admit.NewClient(nil).Run),
				at(sallyport.Admit, "canonical", (&admit.Canonical{MaxTarget: 200, MaxFields: 20, MaxFieldBytes: 2000}).Run),
			}
			guarded.Finish = []sallyport.Placed{
				{Stage: sallyport.Record, Name: "log", Step: &record.Log{Requests: record.All}}, {Stage: sallyport.Record, Name: "metrics", Step: metrics},
			}
			server, _ := listening(t, env, guarded)
			for _, request := range requestsWith(key) {
				_, in := speak(t, server, request)
				_, _ = io.Copy(io.Discard, in)
			}
			server.Close()
		}
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	recorded := log.String() + fmt.Sprint(families)
	for _, secret := range []string{key, "3f9c1e", "s-bad", "s-path", "s-query", "s-cookie", "s-body", "s-header", "s-method", "s-host"} {
		if i := strings.Index(strings.ToLower(recorded), secret); i >= 0 {
			t.Errorf("%s is recorded: …%s", secret, recorded[max(0, i-300):i+40])
		}
	}
	for _, kind := range []string{"credentials-missing", "credentials-invalid", "credentials-ambiguous", "path-ambiguous", "request-malformed", "upstream-broken", `"status":200`, `"aborted"`} {
		if !strings.Contains(recorded, kind) {
			t.Errorf("no request led to %s: the test looks at too little", kind)
		}
	}
}

// requestsWith are requests with that key in every place at once or in none,
// and with other secrets around it.
func requestsWith(key string) []string {
	const end = "Host: a\nConnection: close\n"
	const around = end + "X-Other: s-header\nCookie: other=s-cookie\n"
	everywhere := "X-Key: " + key + "\nCookie: key=" + key + "\nAuthorization: Bearer " + key + "\n"
	return []string{
		"GET /s-path?key=" + key + "&q=s-query HTTP/1.1\n" + around + everywhere + "\n",
		"POST /s-path?key=" + key + " HTTP/1.1\n" + around + everywhere + "Content-Length: 6\n\ns-body",
		"POST /s-path?key=" + key + " HTTP/1.1\n" + around + everywhere + "Content-Length: 9\n\ns-body",
		"POST /s-path?key=" + key + " HTTP/1.1\n" + around + everywhere + "Transfer-Encoding: chunked\n\ns-body\n\n",
		"GET /s-path?q=s-query HTTP/1.1\n" + around + "\n",
		"GET /s-path?key=s-bad HTTP/1.1\n" + around + "X-Key: s-bad\nCookie: key=s-bad\nAuthorization: Bearer s-bad\n\n",
		"GET /s-path?key=" + key + "&key=s-bad HTTP/1.1\n" + around + everywhere + everywhere + "\n",
		"GET /s-path?key=%zz" + key + " HTTP/1.1\n" + around + "\n",
		"GET /s-path/../" + key + " HTTP/1.1\n" + around + everywhere + "\n",
		"S-METHOD /s-path?key=" + key + " HTTP/1.1\n" + around + everywhere + "\n",
		"GET http://s-host/s-path?key=" + key + " HTTP/1.1\n" + around + everywhere + "\n",
		"GET /s-path HTTP/1.1\nHost: s-host:s-bad\nConnection: close\n" + everywhere + "\n",
		"GET /" + strings.Repeat("s-path", 50) + " HTTP/1.1\n" + around + everywhere + "\n",
	}
}

// echoing is a backend that answers with what it heard, put into that answer.
func echoing(t *testing.T, answer string) net.Listener {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			buffer := make([]byte, 4096)
			n, _ := conn.Read(buffer)
			heard := strings.NewReplacer("\r", "", "\n", " ").Replace(string(buffer[:n]))
			_, _ = io.WriteString(conn, strings.ReplaceAll(answer, "%s", heard))
			conn.Close()
		}
	}()
	return l
}
