package console_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sallyport"
	"sallyport/build"
	"sallyport/console"
	"sallyport/keyring"
	"sallyport/keyring/keyringtest"
	"sallyport/store"
	"sallyport/store/sqlite"
)

// office is a desk on a real store, and the API before it.
type office struct {
	*console.Desk
	t     testing.TB
	ring  *keyring.Ring
	clock *clock
	api   http.Handler
	path  string
	// asked are the operations that were asked for, with the statuses of their
	// answers.
	asked map[string][]int
	// failing is set where answers of the 500s are what a test waits for.
	failing bool
}

// clock is a time that a test sets.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// me is who does what a test does without the API.
var me = console.By{Actor: "cli:test"}

func open(t testing.TB) *office {
	t.Helper()
	return openWith(t, keyringtest.New(t))
}

func openWith(t testing.TB, ring *keyring.Ring) *office {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sallyport.db")
	kept, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := kept.Close(); err != nil {
			t.Error(err)
		}
	})
	at := &clock{now: time.Now().UTC().Truncate(time.Millisecond)}
	o := &office{Desk: &console.Desk{Store: kept, Keys: ring, Now: at.Now}, t: t, ring: ring, clock: at, path: path, asked: make(map[string][]int)}
	o.api = o.plan()
	return o
}

// plan is the API as the gateway serves it.
func (o *office) plan() http.Handler {
	c, err := console.Configuration()
	if err != nil {
		o.t.Fatal(err)
	}
	env := sallyport.NewEnv(slog.New(slog.DiscardHandler), 1<<24)
	env.Now = o.clock.Now
	result, err := build.Build(o.t.Context(), env, c, build.Options{
		Documents: console.Documents(),
		Local:     map[string]build.Local{console.Name: {Answers: o.Answers(), Methods: o.Methods()}},
	})
	if err != nil {
		o.t.Fatal(err)
	}
	env.Keep(result.Lasting)
	o.t.Cleanup(env.Close)
	plan := *result.Plan
	plan.Finish = append(plan.Finish,
		sallyport.Placed{Stage: sallyport.Record, Name: "audit", Step: &console.Refusals{Desk: o.Desk}},
		sallyport.Placed{Stage: sallyport.Record, Name: "asked", Step: noting{o}})
	return sallyport.NewGateway(env, &plan)
}

// noting notes which operation was asked for, and what came of it.
type noting struct{ o *office }

func (n noting) Run(x *sallyport.Exchange) error {
	n.o.asked[x.Op.ID] = append(n.o.asked[x.Op.ID], x.Response.Status)
	return nil
}

// token is a new administrator's.
func (o *office) token(name string, roles ...string) string {
	o.t.Helper()
	made, err := o.AddToken(o.t.Context(), me, console.NewToken{Name: name, Roles: roles})
	if err != nil {
		o.t.Fatal(err)
	}
	return made.Secret
}

// consumer is a new consumer of that name.
func (o *office) consumer(name string) *console.Consumer {
	o.t.Helper()
	made, err := o.AddConsumer(o.t.Context(), me, console.NewConsumer{Name: name})
	if err != nil {
		o.t.Fatal(err)
	}
	return made
}

// issue is a new key of a consumer.
func (o *office) issue(consumer string, n console.NewKey) *console.Issued {
	o.t.Helper()
	made, err := o.IssueKey(o.t.Context(), me, consumer, n)
	if err != nil {
		o.t.Fatal(err)
	}
	return made
}

// answer is what the API said.
type answer struct {
	t      testing.TB
	status int
	header http.Header
	body   string
}

// ask sends a request as the holder of a token; further fields are names and
// values in turn.
func (o *office) ask(token, method, path, body string, fields ...string) *answer {
	o.t.Helper()
	r := httptest.NewRequest(method, "/v1"+path, strings.NewReader(body))
	if body == "" {
		r = httptest.NewRequest(method, "/v1"+path, nil)
	} else {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	w := httptest.NewRecorder()
	o.api.ServeHTTP(w, r)
	if w.Code >= 500 && !o.failing {
		o.t.Errorf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
	return &answer{o.t, w.Code, w.Header(), w.Body.String()}
}

// want checks the status, and for one of an error that it is told as a problem.
func (a *answer) want(status int) *answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%d, want %d: %s", a.status, status, a.body)
	}
	if status >= 400 && a.header.Get("Content-Type") != "application/problem+json" {
		a.t.Errorf("%d is no problem document: %s", a.status, a.body)
	}
	return a
}

// problem checks the kind of an error.
func (a *answer) problem(kind string) *answer {
	a.t.Helper()
	if got, _ := a.get("type").(string); !strings.HasSuffix(got, ":"+kind) {
		a.t.Errorf("%s, want %s: %s", got, kind, a.body)
	}
	return a
}

// get is a member of the body.
func (a *answer) get(name string) any {
	a.t.Helper()
	var body map[string]any
	if err := json.Unmarshal([]byte(a.body), &body); err != nil {
		a.t.Fatalf("%v: %s", err, a.body)
	}
	return body[name]
}

// text is a member of the body that is a string.
func (a *answer) text(name string) string {
	a.t.Helper()
	text, ok := a.get(name).(string)
	if !ok {
		a.t.Fatalf("%s is no text: %s", name, a.body)
	}
	return text
}

// items are those of a list.
func (a *answer) items() []any {
	a.t.Helper()
	list, ok := a.get("items").([]any)
	if !ok {
		a.t.Fatalf("no items: %s", a.body)
	}
	return list
}

// entries is the whole audit.
func (o *office) entries() []store.Entry {
	o.t.Helper()
	list, err := o.Store.ListEntries(o.t.Context(), 0, 10000)
	if err != nil {
		o.t.Fatal(err)
	}
	return list
}
