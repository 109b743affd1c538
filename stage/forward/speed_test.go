package forward

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sallyport"
	"sallyport/message"
)

func BenchmarkServeUpstream(b *testing.B) {
	answer := []byte(strings.Repeat("a", 1<<10))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = w.Write(answer)
	}))
	defer server.Close()
	u := upstream(b, server.URL)
	for _, c := range []struct {
		name, method string
		body         []byte
	}{{"GET", "GET", nil}, {"POST-2KB", "POST", make([]byte, 2<<10)}} {
		b.Run(c.name, func(b *testing.B) {
			x := exchange(b, c.method, "/v1/accounts/42", "limit=20", "Accept", "application/json", "User-Agent", "benchmark", "Cookie", "a=1")
			x.Caller = sallyport.Principal{Credentials: []*sallyport.Credential{{Scheme: "jwt", Kind: "jwt", ID: "https://id.example|ann", Subject: "ann", Scopes: []string{"read"}}}}
			buffer := make([]byte, 2<<10)
			b.ReportAllocs()
			for b.Loop() {
				if c.body != nil {
					x.Request.Body = message.BytesBody(c.body)
				}
				if err := u.Run(x); err != nil {
					b.Fatal(err)
				}
				for {
					if _, err := x.Response.Body.Read(buffer); err != nil {
						break
					}
				}
				x.Response.Body.Close()
			}
		})
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
