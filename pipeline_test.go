package sallyport_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sallyport"
	"sallyport/message"
	"sallyport/problem"
)

func TestStagesRunInOrder(t *testing.T) {
	var way []string
	note := func(stage sallyport.Stage, name string) sallyport.Placed {
		return at(stage, name, func(x *sallyport.Exchange) error {
			way = append(way, stage.String()+"/"+name)
			if stage == sallyport.Forward {
				x.Response = &message.Response{Status: 204}
			}
			return nil
		})
	}
	p := plan(note(sallyport.Filter, "a"), note(sallyport.Forward, "a"), note(sallyport.Inspect, "a"), note(sallyport.Admit, "a"), note(sallyport.Validate, "a"),
		note(sallyport.Authorize, "a"), note(sallyport.Limit, "a"), note(sallyport.Limit, "b"), note(sallyport.Identify, "a"))
	p.Entry = []sallyport.Placed{note(sallyport.Admit, "entry")}
	p.Finish = []sallyport.Placed{note(sallyport.Record, "log"), note(sallyport.Record, "metrics")}
	d, _ := serve(t, p)
	const want = "admit/entry admit/a identify/a limit/a limit/b authorize/a validate/a inspect/a forward/a filter/a record/log record/metrics"
	if got := strings.Join(way, " "); got != want || d.answer.Status != 204 {
		t.Errorf("%d\n%s\nwant\n%s", d.answer.Status, got, want)
	}
}

func TestRefusalEndsTheWay(t *testing.T) {
	forwarded := false
	refuse := at(sallyport.Authorize, "scopes", func(*sallyport.Exchange) error {
		return problem.Refuse(problem.ScopeMissing, "It needs a scope.").With("WWW-Authenticate", "Bearer")
	})
	p := plan(refuse, at(sallyport.Forward, "backend", func(*sallyport.Exchange) error { forwarded = true; return nil }))
	recorded := false
	p.Finish = []sallyport.Placed{at(sallyport.Record, "log", func(*sallyport.Exchange) error { recorded = true; return nil })}
	d, x := serve(t, p)
	if forwarded || !recorded {
		t.Errorf("forwarded %v, recorded %v", forwarded, recorded)
	}
	if d.answer.Status != 403 || d.answer.Fields.Get("WWW-Authenticate") != "Bearer" || d.answer.Fields.Get("Content-Type") != problem.MediaType {
		t.Errorf("%d %v", d.answer.Status, d.answer.Fields)
	}
	contains(t, d.content, `"type":"urn:p:scope-missing"`, `"status":403`, `"detail":"It needs a scope."`, `"instance":"`+x.ID+`"`)
	if x.Refusal.Kind != problem.ScopeMissing || x.Stopped().Name != "scopes" || x.Sent != int64(len(d.content)) {
		t.Errorf("%v at %v, %d bytes", x.Refusal, x.Stopped(), x.Sent)
	}
}

func TestFailureTellsTheCallerAnID(t *testing.T) {
	d, x := serve(t, plan(at(sallyport.Limit, "rate", func(*sallyport.Exchange) error { return errors.New("the counter's password is hunter2") })))
	if d.answer.Status != 500 || strings.Contains(d.content, "hunter2") {
		t.Errorf("%d %s", d.answer.Status, d.content)
	}
	contains(t, d.content, `"instance":"`+x.ID+`"`)
	contains(t, x.Refusal.Error(), "hunter2")
}

func TestPanicIsAFailureOfOneExchange(t *testing.T) {
	var closed, other []string
	boom := plan(
		at(sallyport.Admit, "leave", func(x *sallyport.Exchange) error {
			x.OnDone(closing(func(*sallyport.Exchange) { closed = append(closed, "first") }))
			x.OnDone(closing(func(*sallyport.Exchange) { panic("in a closing") }))
			x.OnDone(closing(func(*sallyport.Exchange) { closed = append(closed, "last") }))
			return nil
		}),
		at(sallyport.Inspect, "boom", func(*sallyport.Exchange) error { panic("in a step") }),
	)
	boom.Finish = []sallyport.Placed{
		at(sallyport.Record, "log", func(*sallyport.Exchange) error { panic("in the record") }),
		at(sallyport.Record, "metrics", func(*sallyport.Exchange) error { other = append(other, "metrics"); return errors.New("no space") }),
		at(sallyport.Record, "audit", func(*sallyport.Exchange) error { other = append(other, "audit"); return nil }),
	}
	env, log := newEnv()
	d, x := serveIn(t.Context(), env, boom)
	if d.answer.Status != 500 || strings.Contains(d.content, "nil map") {
		t.Errorf("%d %s", d.answer.Status, d.content)
	}
	contains(t, d.content, x.ID)
	contains(t, x.Refusal.Error(), "panic: in a step", "pipeline_test.go") // the log is told where
	if x.Stopped().Name != "boom" {
		t.Errorf("stopped at %v", x.Stopped())
	}
	if got := strings.Join(append(closed, other...), " "); got != "last first metrics audit" {
		t.Errorf("closed and recorded: %s", got)
	}
	contains(t, log.String(), "in a closing", "in the record", "no space", "request_id="+x.ID)
	if d, _ := serveIn(t.Context(), env, plan(answering(200, "ok"))); d.content != "ok" {
		t.Errorf("the next exchange: %q", d.content)
	}
}

func TestPanicsOutsideOfSteps(t *testing.T) {
	p := plan()
	p.Match = func(*sallyport.Exchange) *sallyport.Operation { panic("in matching") }
	p.Entry = []sallyport.Placed{at(sallyport.Admit, "entry", func(*sallyport.Exchange) error { return nil })}
	d, x := serve(t, p)
	if d.answer.Status != 500 || x.Stopped() != nil {
		t.Errorf("in matching: %d, blamed on %v", d.answer.Status, x.Stopped())
	}
	d, x = serve(t, plan(streaming(panicking{}, -1)))
	if x.Aborted == nil || d.answer.Status != 200 {
		t.Fatalf("in a streamed body: %v, %v", d.answer, x.Aborted)
	}
	contains(t, x.Aborted.Error(), "while reading")
}

type panicking struct{}

func (panicking) Read([]byte) (int, error) { panic("while reading") }

func TestNoAnswerIsAFailure(t *testing.T) {
	d, x := serve(t, plan())
	if d.answer.Status != 500 || x.Refusal.Kind != problem.Internal {
		t.Errorf("%d, %v", d.answer.Status, x.Refusal)
	}
}

func TestObserve(t *testing.T) {
	refusal := problem.Refuse(problem.ScopeMissing, "It needs a scope.")
	for _, c := range []struct {
		name   string
		step   step
		status int
		found  int
	}{
		{"a refusal goes on", func(*sallyport.Exchange) error { return refusal }, 200, 1},
		{"a delay does not wait", func(*sallyport.Exchange) error { return &sallyport.Wait{For: time.Hour} }, 200, 1},
		{"a failure is not let by", func(*sallyport.Exchange) error { return errors.New("no connection") }, 500, 0},
		{"nor one of the catalogue", func(*sallyport.Exchange) error { return problem.Fail(problem.KeysUnavailable, nil) }, 503, 0},
		{"nor a panic", func(*sallyport.Exchange) error { panic("boom") }, 500, 0},
		{"what a step observes itself", func(x *sallyport.Exchange) error { x.Observe(refusal); return nil }, 200, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, x := serve(t, plan(observed(sallyport.Authorize, "scopes", c.step), answering(200, "ok")))
			if d.answer.Status != c.status || len(x.Findings) != c.found {
				t.Fatalf("%d with %d findings, want %d with %d", d.answer.Status, len(x.Findings), c.status, c.found)
			}
			if c.found > 0 && (x.Findings[0].Place.Name != "scopes" || x.Refusal != nil || x.Waited != 0) {
				t.Errorf("%+v, %v", x.Findings[0], x.Refusal)
			}
		})
	}
}

func TestWait(t *testing.T) {
	waiting := plan(at(sallyport.Limit, "rate", func(*sallyport.Exchange) error { return &sallyport.Wait{For: 3 * time.Second} }), answering(200, "ok"))
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		d, x := serve(t, waiting)
		if d.content != "ok" || x.Waited != 3*time.Second || time.Since(begun) != 3*time.Second {
			t.Errorf("%q after %s, recorded %s", d.content, time.Since(begun), x.Waited)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		ctx, leave := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, leave)
		env, _ := newEnv()
		_, x := serveIn(ctx, env, waiting)
		if x.Refusal == nil || x.Refusal.Kind != problem.ClientLeft || x.Waited != time.Second {
			t.Errorf("a client that leaves: %v after %s", x.Refusal, x.Waited)
		}
	})
}

func TestAnswerFieldsAreOnEveryAnswer(t *testing.T) {
	give := at(sallyport.Admit, "give", func(x *sallyport.Exchange) error {
		x.Answer.Set("X-Request-Id", x.ID)
		x.Answer.Set("Vary", "Origin")
		return nil
	})
	for _, c := range []struct {
		name string
		p    *sallyport.Plan
		vary string
	}{
		{"the backend's", plan(give, answering(200, "", "X-Request-Id", "theirs", "x-request-id", "theirs", "Vary", "Accept", "vary", "Cookie")), "Accept, Cookie, Origin"},
		{"a refusal", plan(give, at(sallyport.Limit, "rate", func(*sallyport.Exchange) error { return problem.Refuse(problem.LimitExceeded, "") })), "Origin"},
		{"a panic", plan(give, at(sallyport.Limit, "rate", func(*sallyport.Exchange) error { panic("boom") })), "Origin"},
		{"the backend's, refused", plan(give, answering(200, "", "Set-Cookie", "a=b"), at(sallyport.Filter, "answer", func(*sallyport.Exchange) error { return problem.Fail(problem.AnswerInvalid, nil) })), "Origin"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, x := serve(t, c.p)
			f := d.answer.Fields
			if f.Get("X-Request-Id") != x.ID || f.Count("X-Request-Id") != 1 || f.Get("Vary") != c.vary || f.Count("Vary") != 1 {
				t.Errorf("%v", f)
			}
			if d.answer.Status != 200 && f.Has("Set-Cookie") {
				t.Error("a field of an answer that must not leave left")
			}
		})
	}
}

func TestAnswerThatMustNotLeaveIsClosed(t *testing.T) {
	body := &closer{Reader: strings.NewReader("secret")}
	p := plan(at(sallyport.Forward, "backend", func(x *sallyport.Exchange) error {
		x.Response = &message.Response{Status: 200, Body: message.NewBody(body, -1)}
		return nil
	}), at(sallyport.Filter, "answer", func(*sallyport.Exchange) error { panic("boom") }))
	if d, _ := serve(t, p); !body.closed || strings.Contains(d.content, "secret") {
		t.Errorf("closed %v, sent %q", body.closed, d.content)
	}
}

type closer struct {
	io.Reader
	closed bool
}

func (c *closer) Close() error { c.closed = true; return nil }

func TestDoorsErrorIsServesError(t *testing.T) {
	env, _ := newEnv()
	broken := errors.New("broken pipe")
	x := &sallyport.Exchange{Context: t.Context(), Request: &message.Request{}}
	if err := sallyport.NewGateway(env, plan(answering(200, "ok"))).Serve(x, &door{err: broken}); err != broken || x.Aborted != broken {
		t.Errorf("%v, recorded %v", err, x.Aborted)
	}
}

func TestHeldBodiesAreWithinTheBudget(t *testing.T) {
	hold := at(sallyport.Validate, "hold", func(x *sallyport.Exchange) error {
		content, err := x.HoldRequest()
		if err == nil {
			x.Note(slog.Int("held", len(content)))
		}
		return err
	})
	env, _ := newEnv() // of 1000 bytes
	ask := func(body *message.Body, maxBody int64) (*door, *sallyport.Exchange) {
		p := plan(hold, at(sallyport.Forward, "backend", func(x *sallyport.Exchange) error {
			x.Response = &message.Response{Status: 204}
			return nil
		}))
		p.Match(nil).MaxBody = maxBody
		d, x := &door{}, &sallyport.Exchange{Context: t.Context(), Request: &message.Request{Body: body}}
		_ = sallyport.NewGateway(env, p).Serve(x, d)
		return d, x
	}
	stream := func(n int, length int64) *message.Body {
		return message.NewBody(io.NopCloser(strings.NewReader(strings.Repeat("a", n))), length)
	}
	for _, c := range []struct {
		name    string
		body    *message.Body
		maxBody int64
		status  int
	}{
		{"none", nil, 10, 204},
		{"within", stream(10, 10), 10, 204},
		{"of unknown length", stream(10, -1), 10, 204},
		{"too long", stream(11, 11), 10, 413},
		{"too long, of unknown length", stream(11, -1), 10, 413},
		{"as much as there is", stream(10, -1), 1000, 204},
		{"more than there is", stream(1001, 1001), 2000, 503},
		{"more than there is, of unknown length", stream(1001, -1), 2000, 503},
		{"broken off", message.NewBody(io.NopCloser(io.MultiReader(strings.NewReader("a"), failing{io.ErrUnexpectedEOF})), 10), 10, 400},
		{"too slow", message.NewBody(io.NopCloser(failing{context.DeadlineExceeded}), 10), 10, 408},
	} {
		d, _ := ask(c.body, c.maxBody)
		if d.answer.Status != c.status {
			t.Errorf("%s: %d, want %d", c.name, d.answer.Status, c.status)
		}
		if c.status == 503 && d.answer.Fields.Get("Retry-After") == "" {
			t.Error("a 503 without Retry-After")
		}
		if taken := env.Bodies.Taken(); taken != 0 {
			t.Fatalf("%s: %d bytes were not returned", c.name, taken)
		}
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestHeldAnswers(t *testing.T) {
	hold := at(sallyport.Filter, "answer", func(x *sallyport.Exchange) error { _, err := x.HoldResponse(); return err })
	for _, c := range []struct {
		name    string
		backend sallyport.Placed
		want    problem.Kind
	}{
		{"too long", streaming(strings.NewReader(strings.Repeat("a", 101)), -1), problem.AnswerTooLarge},
		{"broken off", streaming(failing{io.ErrUnexpectedEOF}, 10), problem.UpstreamBroken},
		{"too slow", streaming(failing{context.DeadlineExceeded}, 10), problem.UpstreamTimeout},
	} {
		if _, x := serve(t, plan(c.backend, hold)); x.Refusal == nil || x.Refusal.Kind != c.want {
			t.Errorf("%s: %v, want %s", c.name, x.Refusal, c.want)
		}
	}
	if d, _ := serve(t, plan(streaming(strings.NewReader("ok"), -1), hold)); d.content != "ok" || d.answer.Body.Length != 2 {
		t.Errorf("%q of length %d", d.content, d.answer.Body.Length)
	}
}

// TestBudgetIsNeverOverdrawn: claims at one time that would not fit together.
func TestBudgetIsNeverOverdrawn(t *testing.T) {
	env, _ := newEnv()
	inside := make(chan struct{})
	release := make(chan struct{})
	p := plan(at(sallyport.Validate, "hold", func(x *sallyport.Exchange) error {
		if _, err := x.HoldRequest(); err != nil {
			return err
		}
		inside <- struct{}{}
		<-release
		return nil
	}), answering(200, ""))
	g := sallyport.NewGateway(env, p)
	var refused atomic.Int64
	var all sync.WaitGroup
	for range 30 { // 30 times 100 of 1000 bytes
		all.Go(func() {
			x := &sallyport.Exchange{Context: t.Context(), Request: &message.Request{Body: message.NewBody(io.NopCloser(strings.NewReader(strings.Repeat("a", 100))), 100)}}
			_ = g.Serve(x, &door{})
			if x.Refusal != nil && x.Refusal.Kind == problem.Overloaded {
				refused.Add(1)
			}
		})
	}
	for range 10 {
		<-inside
	}
	if taken := env.Bodies.Taken(); taken != 1000 {
		t.Errorf("%d bytes are held", taken)
	}
	close(release)
	go func() {
		for range inside { // whoever came after the first ten left
		}
	}()
	all.Wait()
	close(inside)
	if refused.Load() > 20 || env.Bodies.Taken() != 0 {
		t.Errorf("%d were refused, %d bytes were not returned", refused.Load(), env.Bodies.Taken())
	}
}

func TestSwapUnderLoad(t *testing.T) {
	env, _ := newEnv()
	versioned := func(version string) *sallyport.Plan {
		p := plan(
			at(sallyport.Admit, "see", func(x *sallyport.Exchange) error {
				if x.Plan().Digest != version {
					return errors.New("an exchange changed its plan")
				}
				return nil
			}),
			answering(200, version))
		p.Digest = version
		p.Finish = []sallyport.Placed{at(sallyport.Record, "see", func(x *sallyport.Exchange) error {
			if x.Plan().Digest != version {
				t.Error("an exchange was recorded under another plan")
			}
			return nil
		})}
		return p
	}
	g := sallyport.NewGateway(env, versioned("0"))
	ctx, stop := context.WithCancel(t.Context())
	var served atomic.Int64
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for ctx.Err() == nil {
				d := &door{}
				if err := g.Serve(&sallyport.Exchange{Context: t.Context(), Request: &message.Request{}}, d); err != nil || d.answer.Status != 200 {
					t.Errorf("%d %s, %v", d.answer.Status, d.content, err)
					return
				}
				served.Add(1)
			}
		})
	}
	old := "0"
	for i := range 1000 {
		version := string(rune('a' + i%26))
		if before := g.Swap(versioned(version)); before.Digest != old || g.Plan().Digest != version {
			t.Fatalf("swapped %s for %s, want %s", before.Digest, version, old)
		}
		old = version
	}
	for served.Load() == 0 && !t.Failed() {
		runtime.Gosched()
	}
	stop()
	all.Wait()
}

// TestRefuseRunsNoStage: bytes that are no request are answered and recorded,
// and nothing else looks at them.
func TestRefuseRunsNoStage(t *testing.T) {
	env, _ := newEnv()
	recorded := 0
	p := plan(at(sallyport.Admit, "never", func(*sallyport.Exchange) error { t.Error("a stage ran"); return nil }))
	p.Entry = []sallyport.Placed{at(sallyport.Admit, "never", func(*sallyport.Exchange) error { t.Error("the entry ran"); return nil })}
	p.Unread = []sallyport.Placed{at(sallyport.Admit, "answer", func(x *sallyport.Exchange) error { x.Answer.Add("A", "b"); return nil })}
	p.Finish = []sallyport.Placed{at(sallyport.Record, "count", func(x *sallyport.Exchange) error {
		recorded++
		if x.Refusal == nil || x.Refusal.Kind != problem.RequestMalformed || x.Client.String() != "192.0.2.1" || x.ID == "" || x.Stopped().Name != "framing" {
			t.Errorf("%+v", x)
		}
		return nil
	})}
	x := &sallyport.Exchange{Context: t.Context(), Request: &message.Request{Remote: netip.MustParseAddrPort("[::ffff:192.0.2.1]:5")}}
	var sent *message.Response
	err := sallyport.NewGateway(env, p).Refuse(x, doorFunc(func(r *message.Response) (int64, error) { sent = r; return 0, nil }),
		problem.Refuse(problem.RequestMalformed, "No."))
	if err != nil || recorded != 1 || sent == nil || sent.Status != 400 || sent.Fields.Get("A") != "b" || sent.Fields.Get("X-Request-Id") != x.ID {
		t.Errorf("%v, recorded %d times, sent %+v", err, recorded, sent)
	}
}

type doorFunc func(*message.Response) (int64, error)

func (f doorFunc) Send(r *message.Response) (int64, error) { return f(r) }
