package inspect

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"sallyport"
	"sallyport/jsonschema"
	"sallyport/message"
	"sallyport/problem"
)

// bench is a gateway with a write whose object is read and kept.
type bench struct {
	t       testing.TB
	kept    *Kept
	backend *backend
	now     time.Time
	rules   Rules
	keeps   bool
	digest  string
	status  int    // of the answer to the write, 0 for none
	ifMatch string // of the last write
}

func newBench(t testing.TB) *bench {
	return &bench{
		t: t, kept: NewKept(), now: time.Unix(1000, 0), rules: owned("ann"), keeps: true, status: 200,
		backend: answering(200, "application/hal+json", `{"owner":"ann"}`, "ETag", `"1"`),
	}
}

// write sends one, and is the name of its refusal. Of several changes each makes
// it another request.
func (b *bench) write(path string, changes ...func(*sallyport.Exchange)) string {
	b.t.Helper()
	o := object(b.t, b.backend)
	o.Look.Rules, o.Kept, o.KeepFor = b.rules, b.kept, 5*time.Second
	o.Path.Depth = strings.Count(path, "/") - 1
	op := &sallyport.Operation{API: "shop", ID: "write", Params: []string{"id"}, MaxAnswer: 100}
	op.Place(
		sallyport.Placed{Stage: sallyport.Admit, Name: "changes", Step: step(func(x *sallyport.Exchange) error {
			for _, change := range changes {
				change(x)
			}
			return nil
		})},
		sallyport.Placed{Stage: sallyport.Inspect, Name: "object", Step: o},
		sallyport.Placed{Stage: sallyport.Inspect, Name: "written", Step: &Write{Kept: b.kept, Path: o.Path, Keeps: b.keeps}},
		sallyport.Placed{Stage: sallyport.Forward, Name: "upstream", Step: step(func(x *sallyport.Exchange) error {
			b.ifMatch = x.Request.Fields.Joined("If-Match")
			x.Upstream.Target, x.Upstream.Status = "backend", b.status
			if b.status == 0 {
				return problem.Fail(problem.UpstreamTimeout, fmt.Errorf("no answer"))
			}
			x.Response = &message.Response{Status: b.status}
			return nil
		})},
	)
	env := sallyport.NewEnv(slog.New(slog.DiscardHandler), 1000)
	env.Now = func() time.Time { return b.now }
	plan := &sallyport.Plan{Digest: b.digest, Match: func(x *sallyport.Exchange) *sallyport.Operation {
		x.Params = []string{strings.Split(path, "/")[3]}
		return op
	}}
	x := &sallyport.Exchange{Context: context.Background(), Request: &message.Request{Method: "DELETE", Path: path}}
	x.Caller.Credentials = []*sallyport.Credential{{Kind: "jwt", ID: "ann"}}
	if err := sallyport.NewGateway(env, plan).Serve(x, nowhere{}); err != nil {
		b.t.Fatal(err)
	}
	if x.Refusal == nil {
		return ""
	}
	return x.Refusal.Kind.String()
}

type step func(*sallyport.Exchange) error

func (s step) Run(x *sallyport.Exchange) error { return s(x) }

type nowhere struct{}

func (nowhere) Send(*message.Response) (int64, error) { return 0, nil }

// below is a path whose write is about the object and not to it.
const below, itself = "/v1/orders/42/lines", "/v1/orders/42"

// reads tells how often the object was read.
func (b *bench) reads(want int) {
	b.t.Helper()
	if b.backend.count != want {
		b.t.Errorf("the object was read %d times, want %d", b.backend.count, want)
	}
}

func TestKept(t *testing.T) {
	b := newBench(t)
	b.write(below)
	b.write(below)
	b.reads(1)
	if b.ifMatch != `"1"` {
		t.Errorf("If-Match %q: what is kept has its validator", b.ifMatch)
	}
	b.now = b.now.Add(5 * time.Second)
	b.write(below)
	b.reads(2)
}

// The values are kept, not the verdict.
func TestKeptValuesAreJudgedAnew(t *testing.T) {
	b := newBench(t)
	if got := b.write(below); got != "" {
		t.Error(got)
	}
	b.rules = owned("bob")
	if got := b.write(below); got != "object-unknown" {
		t.Error(got)
	}
	b.reads(1)
}

func TestKeptForTheSameQuestionAlone(t *testing.T) {
	same := map[string]bool{"the same": true, "a trace": true}
	for name, change := range map[string]func(*sallyport.Exchange){
		"the same":       func(*sallyport.Exchange) {},
		"a trace":        func(x *sallyport.Exchange) { x.Request.Fields.Add("traceparent", "00-1") },
		"another caller": func(x *sallyport.Exchange) { x.Caller.Credentials[0] = &sallyport.Credential{Kind: "jwt", ID: "bob"} },
		"nobody":         func(x *sallyport.Exchange) { x.Caller.Credentials = nil },
		"another tenant": func(x *sallyport.Exchange) { x.Request.Fields.Add("X-Tenant", "acme") },
		"another token":  func(x *sallyport.Exchange) { x.Request.Fields.Add("Authorization", "Bearer b") },
		"another host":   func(x *sallyport.Exchange) { x.Request.Authority = "b.example" },
		"another key":    func(x *sallyport.Exchange) { x.Request.Query = "key=2" },
		"another object": func(x *sallyport.Exchange) { x.Params = []string{"43"} },
		"another base":   func(x *sallyport.Exchange) { x.Request.Path = "/v2/orders/42/lines" },
		"a certificate": func(x *sallyport.Exchange) {
			x.Request.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{{Raw: []byte("c")}}}
		},
		"another operation": func(x *sallyport.Exchange) { x.Op.Index = 7 },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.write(below)
			b.write(below, change)
			if same[name] {
				b.reads(1)
			} else {
				b.reads(2)
			}
		})
	}
	b := newBench(t)
	b.write(below)
	b.digest = "other rules"
	b.write(below)
	b.reads(2)
}

func TestKeptUntilAWrite(t *testing.T) {
	other := func(x *sallyport.Exchange) { x.Caller.Credentials[0] = &sallyport.Credential{Kind: "jwt", ID: "eve"} }
	for _, c := range []struct {
		name      string
		write     func(*bench)
		forgotten bool
	}{
		{"to the object", func(b *bench) { b.write(itself) }, true},
		{"of another caller", func(b *bench) { b.write(itself, other) }, true},
		{"below it, by what keeps", func(b *bench) { b.write(below) }, false},
		{"below it, by what does not", func(b *bench) { b.keeps = false; b.write(below); b.keeps = true }, true},
		{"at another base", func(b *bench) { b.write("/v2/orders/42") }, true},
		{"to another object", func(b *bench) { b.write("/v1/orders/43") }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.write(below)
			b.reads(1)
			c.write(b)
			before := b.backend.count
			b.write(below)
			if got := b.backend.count > before; got != c.forgotten {
				t.Errorf("read again: %v", got)
			}
		})
	}
}

// Of what the backend failed at nobody knows when it comes about.
func TestKeptNotAfterWhatNobodyKnows(t *testing.T) {
	for status, known := range map[int]bool{0: false, 202: false, 502: false, 204: true, 409: true} {
		b := newBench(t)
		b.status = status
		b.write(itself)
		b.status = 200
		b.write(below)
		b.write(below)
		if known {
			b.reads(2)
		} else {
			b.reads(3)
		}
		b.now = b.now.Add(settling)
		b.backend.count = 0
		b.write(below)
		b.write(below)
		b.reads(1)
	}
}

// A write that begins while an object is read, or is under way, may not be seen by
// the reading: it must not be kept.
func TestKeptNotWhileItIsWritten(t *testing.T) {
	const path = "/orders/42"
	begin := func(b *bench) { b.kept.writes.begin(path) }
	end := func(b *bench) { b.kept.writes.end(path, true, b.now) }
	both := func(b *bench) { begin(b); end(b) }
	nothing := func(*bench) {}
	for _, c := range []struct {
		name                  string
		before, during, after func(*bench)
		kept                  bool
	}{
		{"no write", nothing, nothing, nothing, true},
		{"one before", both, nothing, nothing, true},
		{"one begins and ends", nothing, both, nothing, false},
		{"one begins", nothing, begin, end, false},
		{"one ends", begin, end, nothing, false},
		{"one goes on", begin, nothing, end, false},
	} {
		b := newBench(t)
		c.before(b)
		since, settled := b.kept.writes.settled(path, b.now)
		c.during(b)
		if settled {
			b.kept.put(&reading{since: since, until: b.now.Add(time.Second)})
		}
		c.after(b)
		if got := b.kept.find(question{}, path, b.now) != nil; got != c.kept {
			t.Errorf("%s: kept %v", c.name, got)
		}
	}
}

func TestKeptIsBounded(t *testing.T) {
	k, now := NewKept(), time.Unix(1000, 0)
	values := []jsonschema.Captured{{Value: jsonschema.Value{Raw: make([]byte, 10<<10)}}}
	for i := range 4000 {
		k.put(&reading{question: question{byte(i), byte(i >> 8)}, until: now.Add(time.Second), values: values})
	}
	total, entries := 0, 0
	for i := range k.shards {
		s := &k.shards[i]
		if len(s.entries) != s.oldest.Len() {
			t.Errorf("%d entries, %d in order", len(s.entries), s.oldest.Len())
		}
		total, entries = total+s.bytes, entries+len(s.entries)
	}
	if total > keptBytes || entries < 500 {
		t.Errorf("%d bytes, %d entries", total, entries)
	}
	if k.find(question{byte(3999 & 255), byte(3999 >> 8)}, "/a", now) == nil {
		t.Error("the newest is gone")
	}
	large := []jsonschema.Captured{{Value: jsonschema.Value{Raw: make([]byte, keptEntry)}}}
	k.put(&reading{question: question{9, 9, 9}, until: now.Add(time.Second), values: large})
	if k.find(question{9, 9, 9}, "/a", now) != nil {
		t.Error("an entry is too large and kept")
	}
}

func TestKeptByMany(t *testing.T) {
	k, now := NewKept(), time.Unix(1000, 0)
	var all sync.WaitGroup
	for n := range 4 {
		all.Go(func() {
			for i := range 1000 {
				path := fmt.Sprint("/orders/", i%7)
				q := question{byte(i % 7)}
				switch (i + n) % 3 {
				case 0:
					if since, ok := k.writes.settled(path, now); ok {
						k.put(&reading{question: q, since: since, until: now.Add(time.Second)})
					}
				case 1:
					k.find(q, path, now)
				case 2:
					k.writes.begin(path)
					k.writes.end(path, true, now)
				}
			}
		})
	}
	all.Wait()
	for i := range 7 {
		if _, ok := k.writes.settled(fmt.Sprint("/orders/", i), now); !ok {
			t.Errorf("a write to %d is still under way", i)
		}
	}
}

func TestAbove(t *testing.T) {
	if got := fmt.Sprint(above("/a/b/c"), above("/a"), above("/")); got != "[/a/b/c /a/b /a] [/a] [/]" {
		t.Error(got)
	}
}
