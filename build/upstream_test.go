package build_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sallyport"
	"sallyport/build"
	"sallyport/config"
)

const things = `openapi: 3.1.0
info: {title: things, version: '1'}
security: []
paths:
  /things/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get: {operationId: getThing, responses: {'200': {description: ok}}}
`

// upstreamOf is a configuration of one API with this upstream.
func upstreamOf(text string) string {
	return "apis:\n  - name: things\n    document: things.yaml\n    upstream: " + text + "\n"
}

// nextPlan builds one as a reload does.
func nextPlan(t *testing.T, env *sallyport.Env, configuration string) *build.Result {
	t.Helper()
	c, err := config.Parse("sallyport.yaml", []byte(configuration))
	if err != nil {
		t.Fatal(err)
	}
	result, err := build.Build(context.Background(), env, c, build.Options{Documents: map[string][]byte{"things.yaml": []byte(things)}})
	if err != nil {
		t.Fatal(err)
	}
	env.Keep(result.Lasting)
	return result
}

func TestPoolsSurviveReloads(t *testing.T) {
	env := sallyport.NewEnv(slog.New(slog.DiscardHandler), 1<<20)
	defer env.Close()
	const targets = "{ targets: [http://127.0.0.1:9, { url: http://127.0.0.1:10, weight: 2 }], retries: 2, breaker: {}, resolve: { every: off } }"
	first := nextPlan(t, env, upstreamOf(targets))
	same := nextPlan(t, env, upstreamOf(targets)+"    answers: { mode: off }\n")
	if first.Upstreams[0] != same.Upstreams[0] {
		t.Error("another part of the configuration was changed, and connections, health and circuits are lost")
	}
	for _, changed := range []string{"weight: 3", "weight: 2 }, { url: http://127.0.0.1:11"} {
		if other := nextPlan(t, env, upstreamOf(strings.Replace(targets, "weight: 2", changed, 1))); other.Upstreams[0] == first.Upstreams[0] {
			t.Errorf("%s changes nothing", changed)
		}
	}
	waiting := nextPlan(t, env, upstreamOf(targets)+"    operations: { getThing: { upstream: { first_byte: 1s } } }\n")
	if len(waiting.Upstreams) != 1 {
		t.Errorf("%d pools for one API", len(waiting.Upstreams))
	}
}

func TestReachableIsAskedForUnlessToldOtherwise(t *testing.T) {
	documents := map[string]string{"things.yaml": things}
	result := mustMake(t, upstreamOf("http://127.0.0.1:9"), documents)
	if len(result.Reachable) != 1 || result.Reachable[0].Name != "backend of things" || len(result.Ready) != 0 {
		t.Errorf("%+v, %+v", result.Reachable, result.Ready)
	}
	if result := mustMake(t, upstreamOf("{ targets: http://127.0.0.1:9, readiness: false }"), documents); len(result.Reachable) != 0 {
		t.Errorf("%+v", result.Reachable)
	}
}

func TestUpstreamMistakes(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	nonsense, empty, missing := write("nonsense.pem", "nonsense"), write("empty.pem", ""), filepath.Join(folder, "missing.pem")
	for _, c := range []struct{ upstream, want string }{
		{"{ targets: https://a, tls: { ca: " + missing + " } }", "sallyport.yaml:4:48: " + missing + ": there is no such file"},
		{"{ targets: https://a, tls: { ca: " + empty + " } }", "sallyport.yaml:4:48: " + empty + " is empty"},
		{"{ targets: https://a, tls: { ca: " + nonsense + " } }", "sallyport.yaml:4:48: " + nonsense + ": it holds no certificate in PEM"},
		{"{ targets: https://a, tls: { key: " + nonsense + ", certificate: " + nonsense + " } }", "reading the certificate " + nonsense},
		{"{ targets: http://a, balance: hash, hash: path:name }", `sallyport.yaml:4:57: no path of the document has a parameter "name"`},
	} {
		_, err := made(upstreamOf(c.upstream), map[string]string{"things.yaml": things})
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Count(err.Error(), "\n") > 0 {
			t.Errorf("%s: %v\nwant %s", c.upstream, err, c.want)
		}
	}
	if _, err := made(upstreamOf("{ targets: http://a, balance: hash, hash: path:id }"), map[string]string{"things.yaml": things}); err != nil {
		t.Error(err)
	}
}

func TestExplainTellsOfTheUpstream(t *testing.T) {
	result := mustMake(t, upstreamOf("{ targets: [http://a, http://b], balance: least_requests, max_requests: 5, health: /up, breaker: 30%, retries: 1 }"), map[string]string{"things.yaml": things})
	var says []string
	for _, p := range result.APIs[0].Operations[0].Steps(sallyport.Forward) {
		for _, c := range p.Controls {
			says = append(says, c.Says)
		}
	}
	const want = "to 2 targets by least requests; 5 requests at one time to each; checked at /up every 5s; suspended for 5s when 30% of 20 requests fail; sent again 1 time at the most; first byte within 30s; the caller in X-Caller-* fields"
	if !slices.Contains(says, want) {
		t.Errorf("%q\nwant among them\n%q", says, want)
	}
}
