package build_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"sallyport"
	"sallyport/build"
	"sallyport/config"
	"sallyport/jsonschema"
	"sallyport/openapi"
	"sallyport/problem"
	"sallyport/sample"
)

// rig is one description served for real: a client, the gateway behind a
// listener, and a backend that remembers what it heard.
type rig struct {
	t       *testing.T
	result  *build.Result
	gateway *httptest.Server
	backend *backend
	client  *http.Transport
	count   int
}

// configure is what the flags of a first try would say: every scheme left to
// the backend, every operation allowed to have no security.
func configure(t testing.TB, path, upstream string, partial bool) *config.Config {
	t.Helper()
	flags := config.Flags{Document: path, Upstream: upstream, Partial: partial}
	document, err := openapi.Load(context.Background(), path, openapi.Options{Partial: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(document.Operations) > 0 {
		flags.Public = []string{"*"}
	}
	for name := range document.Schemes {
		flags.Unchecked = append(flags.Unchecked, name)
	}
	c, err := config.FromFlags(flags)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func plan(c *config.Config) (*build.Result, *sallyport.Env, error) {
	env := sallyport.NewEnv(slog.New(slog.DiscardHandler), 64<<20)
	result, err := build.Build(context.Background(), env, c, build.Options{})
	return result, env, err
}

func newRig(t *testing.T, path string) *rig {
	r := &rig{t: t, backend: &backend{heard: make(map[string]*heard), answers: make(map[string]answer)}}
	upstream := httptest.NewServer(r.backend)
	t.Cleanup(upstream.Close)
	result, env, err := plan(configure(t, path, upstream.URL, true))
	if err != nil {
		t.Fatalf("with --partial it is not served: %v", err)
	}
	r.result = result
	r.gateway = httptest.NewServer(sallyport.NewGateway(env, result.Plan))
	r.client = &http.Transport{DisableCompression: true}
	t.Cleanup(func() { r.client.CloseIdleConnections(); r.gateway.Close() })
	return r
}

// backend answers as it is told for each request, and keeps what it heard.
type backend struct {
	mu      sync.Mutex
	heard   map[string]*heard
	answers map[string]answer
}

// heard is a request as it reached the backend.
type heard struct {
	method, target string
	header         http.Header
	body           []byte
}

type answer struct {
	// declared answers leave as they came.
	declared  bool
	status    int
	mediaType string
	body      []byte
}

// mark is the field by which a request is found again: the gateway lets fields
// pass that no document declares.
const mark = "Sweep-Id"

func (b *backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body) // what is missing shows when it is compared
	id := r.Header.Get(mark)
	b.mu.Lock()
	b.heard[id] = &heard{r.Method, r.RequestURI, r.Header, body}
	a := b.answers[id]
	b.mu.Unlock()
	w.Header()["Content-Type"] = nil
	if a.mediaType != "" {
		w.Header().Set("Content-Type", a.mediaType)
	}
	w.WriteHeader(a.status)
	w.Write(a.body)
}

// reply is what the client got.
type reply struct {
	status  int
	problem string
	detail  string
	body    []byte
}

// send sends a request, and tells what came back and what the backend heard.
func (r *rig) send(request *sample.Request, a answer) (reply, *heard) {
	r.t.Helper()
	r.count++
	id := fmt.Sprint(r.count)
	r.backend.mu.Lock()
	r.backend.answers[id] = a
	r.backend.mu.Unlock()
	host := strings.TrimPrefix(r.gateway.URL, "http://")
	out := &http.Request{
		Method: request.Method,
		URL:    &url.URL{Scheme: "http", Host: host, Opaque: request.Path, RawQuery: request.Query},
		Host:   host,
		Header: http.Header{mark: {id}, "User-Agent": {"sweep"}},
	}
	for _, f := range request.Fields {
		name := http.CanonicalHeaderKey(f.Name)
		if name == "User-Agent" {
			out.Header.Del(name)
		}
		out.Header[name] = append(out.Header[name], f.Value)
	}
	if request.Body != nil {
		out.Body, out.ContentLength = io.NopCloser(bytes.NewReader(request.Body)), int64(len(request.Body))
	}
	response, err := r.client.RoundTrip(out)
	if err != nil {
		r.t.Fatalf("%s %s: %v", request.Method, request.Target(), err)
	}
	got := reply{status: response.StatusCode}
	got.body, err = io.ReadAll(response.Body)
	response.Body.Close()
	if err != nil {
		r.t.Fatalf("%s %s: %v", request.Method, request.Target(), err)
	}
	if response.Header.Get("Content-Type") == "application/problem+json" {
		var p struct{ Type, Detail string }
		_ = json.Unmarshal(got.body, &p) // a backend's own may be anything
		got.problem, got.detail = strings.TrimPrefix(p.Type, problem.DefaultBase), p.Detail+string(got.body)
	}
	r.backend.mu.Lock()
	defer r.backend.mu.Unlock()
	return got, r.backend.heard[id]
}

// declaredAnswer is the operation's success, or what else it declares, with a
// body where one can be made as JSON. Where nothing is declared it is an error,
// of which the status alone leaves: any other would be a 502.
func declaredAnswer(g *sample.Generator, op *openapi.Operation) answer {
	a, content := answer{status: 600}, []*openapi.MediaType(nil)
	for _, response := range op.Responses {
		status := 0
		switch s := response.Status; {
		case s == "default":
			status = http.StatusOK
		case s[1:] == "XX":
			fmt.Sscan(s[:1]+"00", &status)
		default:
			fmt.Sscan(s, &status)
		}
		if status >= 200 && status < a.status {
			a, content = answer{declared: true, status: status}, response.Content
		}
	}
	if !a.declared {
		a.status = http.StatusNotFound
	}
	return withBody(g, op, a, content)
}

func withBody(g *sample.Generator, op *openapi.Operation, a answer, content []*openapi.MediaType) answer {
	if op.Method == "HEAD" || a.status == http.StatusNoContent || a.status == http.StatusResetContent || a.status == http.StatusNotModified {
		return a
	}
	for _, m := range content {
		if !strings.HasPrefix(m.Range, "application/json") {
			continue
		}
		if mediaType, body, err := g.Body([]*openapi.MediaType{m}, jsonschema.Response); err == nil {
			a.mediaType, a.body = mediaType, body
			break
		}
	}
	return a
}
