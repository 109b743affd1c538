package forward

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"sallyport/message"
)

// Checks ask each target by itself whether it is well.
type Checks struct {
	// Path is asked for, perhaps with a query, behind the target's own path; ""
	// makes no checks.
	Path string
	// Every is the time from one check to the next, Timeout that for an answer.
	Every, Timeout time.Duration
	// Statuses are those of a target that is well.
	Statuses []Statuses
	// Rise checks in a row must go well for a target to come back, Fall go
	// wrong for it to be taken out. The first check of all decides alone.
	Rise, Fall int
}

// Statuses are all from one to another, both included.
type Statuses struct{ From, To int }

// check asks all targets at one time, again and again.
func (p *Pool) check(ctx context.Context) {
	for {
		var round sync.WaitGroup
		for _, t := range p.now.Load().targets {
			round.Go(func() {
				err := p.ask(ctx, t)
				if ctx.Err() == nil {
					p.found(t, err)
				}
			})
		}
		round.Wait()
		// Gateways that were started together do not ask together for long.
		if !pause(ctx, p.config.Checks.Every*19/20+rand.N(p.config.Checks.Every/10+1)) {
			return
		}
	}
}

// ask is one check.
func (p *Pool) ask(ctx context.Context, t *Target) error {
	c := &p.config.Checks
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	path, query, _ := strings.Cut(c.Path, "?")
	answer, err := p.carrier.carry(ctx, t, &outgoing{
		Request: &message.Request{Method: "GET", Authority: t.url.Host, Scheme: t.url.Scheme, Path: path},
		path:    path,
		query:   query,
		fields:  message.Fields{{Name: "User-Agent", Value: "sallyport (health check)"}},
	})
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.Body != nil {
		// To the end, so that the connection can be used again.
		if _, err := io.CopyN(io.Discard, answer.Body, 64<<10); err != nil && err != io.EOF {
			return err
		}
	}
	for _, s := range c.Statuses {
		if s.From <= answer.Status && answer.Status <= s.To {
			return nil
		}
	}
	return fmt.Errorf("status %d", answer.Status)
}

// found counts the result of a check.
func (p *Pool) found(t *Target, err error) {
	if isDial(err) {
		p.moved()
	}
	down := t.down.Load()
	if down == (err != nil) {
		t.streak.Store(0)
		t.checked.Store(true)
		return
	}
	needed := int32(p.config.Checks.Rise)
	if !down {
		needed = int32(p.config.Checks.Fall)
	}
	if t.streak.Add(1) < needed && t.checked.Load() {
		return
	}
	t.streak.Store(0)
	t.checked.Store(true)
	if down {
		t.back.Store(p.env.Now().UnixNano())
		t.down.Store(false)
		p.env.Log.Info("target up", "api", p.config.API, "target", t.Address)
		return
	}
	t.down.Store(true)
	p.env.Log.Warn("target down", "api", p.config.API, "target", t.Address, "error", err.Error())
}
