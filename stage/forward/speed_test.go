package forward

import (
	"net"
	"strings"
	"testing"
	"time"

	"sallyport"
	"sallyport/message"
)

// fast answers whatever it is asked with a kibibyte, and costs next to nothing
// itself: each request must fit into one read.
func fast(t testing.TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	answer := []byte("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: Sun, 22 Nov 2026 03:00:00 GMT\r\nContent-Length: 1024\r\n\r\n" + strings.Repeat("a", 1<<10))
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				for request := make([]byte, 16<<10); ; {
					if _, err := conn.Read(request); err != nil {
						return
					}
					_, _ = conn.Write(answer)
				}
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

// forwarding is one request again and again, each an exchange of its own.
func forwarding(t testing.TB, u *Upstream, method string, body []byte) func() {
	x := exchange(t, method, "/v1/accounts/42", "limit=20", "Accept", "application/json", "User-Agent", "benchmark", "Cookie", "a=1")
	x.Caller = sallyport.Principal{Credentials: []*sallyport.Credential{{Scheme: "jwt", Kind: "jwt", ID: "https://id.example|ann", Subject: "ann", Scopes: []string{"read"}}}}
	buffer := make([]byte, 2<<10)
	return func() {
		one := *x
		if body != nil {
			one.Request.Body = message.BytesBody(body)
		}
		if err := u.Run(&one); err != nil {
			t.Fatal(err)
		}
		for {
			if _, err := one.Response.Body.Read(buffer); err != nil {
				break
			}
		}
		one.Response.Body.Close()
	}
}

func BenchmarkServeUpstream(b *testing.B) {
	for _, carried := range []string{"http1", "net/http"} {
		for _, c := range []struct {
			name, method string
			body         []byte
		}{{"GET", "GET", nil}, {"POST-2KB", "POST", make([]byte, 2<<10)}} {
			b.Run(c.name+"-by-"+strings.ReplaceAll(carried, "/", "-"), func(b *testing.B) {
				u := upstream(b, fast(b))
				u.Pool.carrier = carriers[carried](u.Pool.config)
				run := forwarding(b, u, c.method, c.body)
				b.ReportAllocs()
				for b.Loop() {
					run()
				}
			})
		}
	}
}

// TestForwardAllocates counts all of a request's way to the backend and back,
// the exchange itself included.
func TestForwardAllocates(t *testing.T) {
	u := upstream(t, fast(t))
	u.Pool.carrier = newHTTP1(u.Pool.config, time.Now)
	run := forwarding(t, u, "GET", nil)
	if n := testing.AllocsPerRun(200, run); n > 12 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkServeFields is the part of forwarding that is ours.
func BenchmarkServeFields(b *testing.B) {
	u := &Upstream{Prefix: "X-Caller-"}
	x := exchange(b, "GET", "/", "",
		"Accept", "*/*", "Accept-Encoding", "gzip", "Accept-Language", "en", "Authorization", "Bearer x", "Connection", "keep-alive", "Cookie", "a=1",
		"Origin", "https://app.example", "User-Agent", "Mozilla/5.0", "X-Forwarded-For", "203.0.113.9", "X-Tenant", "t1")
	x.Caller = sallyport.Principal{Credentials: []*sallyport.Credential{{Scheme: "jwt", Kind: "jwt", ID: "https://id.example|ann", Subject: "ann", Scopes: []string{"read"}}}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := u.fields(x); err != nil {
			b.Fatal(err)
		}
	}
}
