package forward

import (
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sallyport/message"
	"sallyport/problem"
)

// prior is a backend that speaks HTTP/2 in the clear.
func prior(t testing.TB, answer http.HandlerFunc) string {
	server := httptest.NewUnstartedServer(answer)
	server.Config.Protocols = new(http.Protocols)
	server.Config.Protocols.SetUnencryptedHTTP2(true)
	server.Start()
	t.Cleanup(server.Close)
	return server.URL
}

// overHTTP2 forwards to targets that speak HTTP/2.
func overHTTP2(t testing.TB, c PoolConfig) *Upstream {
	c.Protocol, c.Connect = HTTP2, 10*time.Second
	if c.FirstByte == 0 {
		c.FirstByte = 10 * time.Second
	}
	p, err := NewPool(c, newEnv(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return &Upstream{Pool: p, Prefix: "X-Caller-"}
}

func TestHTTP2(t *testing.T) {
	var heard *http.Request
	u := overHTTP2(t, PoolConfig{Targets: Targets(prior(t, func(w http.ResponseWriter, r *http.Request) {
		heard = r
		w.Header().Set("Trailer", "Sum, Set-Cookie")
		_, _ = io.Copy(w, r.Body)
		w.Header().Set("Sum", "1")
		w.Header().Set("Set-Cookie", "a=b")
		w.Header().Set(http.TrailerPrefix+"Other", "1")
	}))})
	x := exchange(t, "POST", "/a%2fb", "c=%64", "Te", "trailers", "Connection", "X-Hop", "X-Hop", "1", "Cookie", "a=b")
	x.Request.Body = message.NewBody(io.NopCloser(strings.NewReader("hello")), -1)
	if err := run(t, u, x); err != nil {
		t.Fatal(err)
	}
	if got := content(t, x); got != "hello" {
		t.Error(got)
	}
	if heard.ProtoMajor != 2 || heard.RequestURI != "/a%2fb?c=%64" || heard.Header.Get("Te") != "trailers" || heard.Header.Get("X-Hop") != "" {
		t.Errorf("%s %s %v", heard.Proto, heard.RequestURI, heard.Header)
	}
	if got := x.Response.Body.Trailers(); len(got) != 1 || got.Get("Sum") != "1" {
		t.Errorf("trailers %v, want what was announced and may stand there", got)
	}
}

func TestFailuresOfHTTP2(t *testing.T) {
	released := make(chan struct{})
	t.Cleanup(func() { close(released) })
	address := prior(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/slow":
			select {
			case <-released:
			case <-r.Context().Done():
			}
		case "/broken":
			panic(http.ErrAbortHandler)
		case "/long":
			w.Header().Set("A", strings.Repeat("a", answerLimits.Fields+1024))
		case "/body":
			_, _ = io.Copy(io.Discard, r.Body)
		}
	})
	speaksOne := httptest.NewUnstartedServer(http.NotFoundHandler())
	speaksOne.Config.ErrorLog = log.New(io.Discard, "", 0)
	speaksOne.StartTLS()
	t.Cleanup(speaksOne.Close)
	trusted := &TLS{Roots: speaksOne.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
	speaksTwo := httptest.NewUnstartedServer(http.NotFoundHandler())
	speaksTwo.EnableHTTP2 = true
	speaksTwo.Config.ErrorLog = log.New(io.Discard, "", 0)
	speaksTwo.StartTLS()
	t.Cleanup(speaksTwo.Close)
	for name, c := range map[string]struct {
		pool PoolConfig
		path string
		body io.Reader
		want problem.Kind
	}{
		"nobody listens":         {PoolConfig{Targets: Targets(refusing(t))}, "/", nil, problem.UpstreamUnreachable},
		"it speaks HTTP/1.1":     {PoolConfig{Targets: Targets(speaksOne.URL), TLS: trusted}, "/", nil, problem.UpstreamUnreachable},
		"its certificate":        {PoolConfig{Targets: Targets(speaksTwo.URL)}, "/", nil, problem.UpstreamUntrusted},
		"no answer in time":      {PoolConfig{Targets: Targets(address), FirstByte: 20 * time.Millisecond}, "/slow", nil, problem.UpstreamTimeout},
		"a stream that breaks":   {PoolConfig{Targets: Targets(address)}, "/broken", nil, problem.UpstreamBroken},
		"fields that are long":   {PoolConfig{Targets: Targets(address)}, "/long", nil, problem.UpstreamBroken},
		"the client's body ends": {PoolConfig{Targets: Targets(address)}, "/body", io.MultiReader(strings.NewReader("a"), brokenReader{}), problem.RequestMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			x := exchange(t, "POST", c.path, "")
			if c.body != nil {
				x.Request.Body = message.NewBody(io.NopCloser(c.body), -1)
			}
			wantKind(t, run(t, overHTTP2(t, c.pool), x), c.want)
		})
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("the client's line is cut") }

// TestTimeOfACall: what a client gives its own call ends it, and speaks against
// no target, however often it is done.
func TestTimeOfACall(t *testing.T) {
	address := prior(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	u := overHTTP2(t, PoolConfig{Targets: Targets(address), Outliers: Outliers{Failures: 1, Window: time.Hour, Out: time.Hour, On: mustCauses(t, "timeout", "reset", "connect")}})
	for range 3 {
		x := exchange(t, "POST", "/", "", "Content-Type", "application/grpc", "Grpc-Timeout", "5m")
		wantKind(t, run(t, u, x), problem.UpstreamTimeout)
	}
	if target := u.Pool.now.Load().targets[0]; !target.healthy(time.Now().UnixNano()) {
		t.Error("a client took a target out by being in a hurry")
	}
	for _, wrong := range [][]string{{"Grpc-Timeout", "5"}, {"Grpc-Timeout", "5m", "Grpc-Timeout", "6m"}} {
		x := exchange(t, "POST", "/", "", append(wrong, "Content-Type", "application/grpc+proto")...)
		wantKind(t, run(t, u, x), problem.RequestMalformed)
	}
}

func mustCauses(t testing.TB, names ...string) Causes {
	c, err := NewCauses(names...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestBoundOfACall(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"1H": time.Hour, "2M": 2 * time.Minute, "3S": 3 * time.Second, "4m": 4 * time.Millisecond, "5u": 5 * time.Microsecond, "6n": 6, "0S": 1,
		"99999999H": 1<<63 - 1,
		"":          -1, "S": -1, "1": -1, "123456789S": -1, "-1S": -1, "+1S": -1, "1s": -1, "1 S": -1, "1.5S": -1,
	} {
		got, ok := parseHurry(text)
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("%q is %d, want %d", text, got, want)
		}
	}
	fields := message.Fields{{Name: "Content-Type", Value: "application/grpc"}, {Name: "grpc-timeout", Value: "10S"}}
	for _, c := range []struct{ own, want time.Duration }{{0, 10 * time.Second}, {time.Second, time.Second}, {time.Minute, 10 * time.Second}} {
		u := &Upstream{Whole: c.own}
		if whole, hurried, err := u.bound(fields); whole != c.want || hurried != (c.want != c.own) || err != nil {
			t.Errorf("%s: %s %v %v", c.own, whole, hurried, err)
		}
	}
	if whole, hurried, _ := (&Upstream{}).bound(fields[1:]); whole != 0 || hurried {
		t.Error("it holds for gRPC alone")
	}
}

// FuzzHurry: whatever a client writes, it gets no more time than it says.
func FuzzHurry(f *testing.F) {
	for _, s := range []string{"1S", "00000001n", "99999999H", "1", "S"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if d, ok := parseHurry(s); ok && d <= 0 {
			t.Errorf("%q is %d", s, d)
		}
	})
}
