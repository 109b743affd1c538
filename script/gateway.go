package script

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// patience is how long a check waits for what comes a moment after an answer,
// such as its line in the log.
const patience = 10 * time.Second

func says(message string) func(event) bool {
	return func(e event) bool { return e.text("msg") == message }
}

// doGateway starts the gateway and waits until it is ready; negated, until it
// has refused to start.
func doGateway(s *state, c call) error {
	args := []string{"serve"}
	if c.args[0] == "flags" {
		args = append(args, c.args[1:]...)
	} else {
		args = append(append(args, "--config", c.args[0]), c.args[1:]...)
	}
	if s.gateway != nil {
		s.gateway.stop(patience)
		s.old = append(s.old, s.gateway)
	}
	p, err := s.start(args...)
	if err != nil {
		return err
	}
	s.gateway, s.mark = p, 0
	_, _, err = p.await(s.ctx, 0, says("ready"))
	switch {
	case !c.not && err != nil:
		return fmt.Errorf("the gateway did not start: %w", err)
	case c.not && err == nil:
		return errors.New("the gateway has started, and should not")
	case !c.not:
		return nil
	}
	if err := p.wait(s.ctx); err != nil {
		return err
	}
	s.gateway, s.old = nil, append(s.old, p)
	if p.code == 0 {
		return errors.New("the gateway ended with exit code 0, as if all were well")
	}
	return nil
}

func doStdin(s *state, c call) error {
	s.stdin = strings.NewReader(c.args[0])
	return nil
}

// doRun runs another verb of the command to its end.
func doRun(s *state, c call) error {
	p, err := s.start(c.args...)
	if err != nil {
		return err
	}
	s.old = append(s.old, p)
	if err := p.wait(s.ctx); err != nil {
		return err
	}
	if c.not == (p.code == 0) {
		return fmt.Errorf("exit code %d", p.code)
	}
	return nil
}

func (s *state) running() (*process, error) {
	if s.gateway == nil {
		return nil, errors.New("no gateway was started")
	}
	return s.gateway, nil
}

func doSignal(s *state, c call) error {
	p, err := s.running()
	if err != nil {
		return err
	}
	s.mark = p.log.len()
	return p.signal(c.args[0])
}

// doReload sends SIGHUP and waits for what comes of it.
func doReload(s *state, c call) error {
	p, err := s.running()
	if err != nil {
		return err
	}
	s.mark = p.log.len()
	if err := p.signal("HUP"); err != nil {
		return err
	}
	at, e, err := p.await(s.ctx, s.mark, func(e event) bool {
		return e.text("msg") == "reloaded" || e.text("msg") == "reload refused"
	})
	if err != nil {
		return err
	}
	s.mark = at + 1
	if refused := e.text("msg") == "reload refused"; refused != c.not {
		return fmt.Errorf("%s: %s", e.text("msg"), e.text("error"))
	}
	return nil
}

// doWait waits for a line of the log after the last one that was waited for.
func doWait(s *state, c call) error {
	p, err := s.running()
	if err != nil {
		return err
	}
	at, _, err := p.await(s.ctx, s.mark, says(strings.Join(c.args, " ")))
	if err == nil {
		s.mark = at + 1
	}
	return err
}

func checkExit(s *state, c call) error {
	if s.ran == nil {
		return errors.New("nothing was run yet")
	}
	want, err := strconv.Atoi(c.args[0])
	if err != nil {
		return fmt.Errorf("%q is not an exit code", c.args[0])
	}
	if err := s.ran.wait(s.ctx); err != nil {
		return err
	}
	if s.ran.code != want {
		return expected("expected exit code %d, it is %d", want, s.ran.code)
	}
	return nil
}

func checkStdout(s *state, c call) error {
	return s.checkOutput(c, func(p *process) *output { return p.stdout })
}
func checkStderr(s *state, c call) error {
	return s.checkOutput(c, func(p *process) *output { return p.stderr })
}

func (s *state) checkOutput(c call, of func(*process) *output) error {
	if s.ran == nil {
		return errors.New("nothing was run yet")
	}
	return s.awaitText(s.ran, c, of(s.ran).String)
}

// awaitText waits for a text; negated it looks only once.
func (s *state) awaitText(p *process, c call, text func() string) error {
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	defer cancel()
	for {
		ended := p.ended()
		_, _, changed := p.log.find(0, func(event) bool { return false })
		if strings.Contains(text(), c.args[0]) {
			return nil
		}
		if ended || c.not {
			return expected("expected %q", c.args[0])
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return expected("expected %q", c.args[0])
		}
	}
}

// requestEvent is what the log says of the last request.
func (s *state) requestEvent(patience time.Duration) (event, error) {
	p, err := s.running()
	if err != nil {
		return nil, err
	}
	if s.answer == nil {
		return nil, errors.New("no request was sent yet")
	}
	id := s.answer.header.Get("X-Request-Id")
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	defer cancel()
	_, e, err := p.await(ctx, s.answer.event, func(e event) bool {
		return e.text("msg") == "request" && (id == "" || e.text("request_id") == id)
	})
	if err != nil {
		return nil, errors.New("the log has no line about the request")
	}
	return e, nil
}

// checkLog looks at the log's line about the last request, or for a text
// anywhere in the gateway's output.
func checkLog(s *state, c call) error {
	if len(c.args) == 1 {
		p, err := s.running()
		if err != nil {
			return err
		}
		if s.answer != nil && c.not {
			if _, err := s.requestEvent(patience); err != nil {
				return err // what is not written yet cannot be searched
			}
		}
		return s.awaitText(p, c, func() string { return p.stdout.String() + p.stderr.String() })
	}
	e, err := s.requestEvent(patience)
	if err != nil {
		return err
	}
	return e.check(c.args[0], c.args[1])
}

func (e event) check(key, want string) error {
	value, ok := e.get(key)
	if !ok {
		return expected("the log's line has no %s", key)
	}
	if !matches(value, want) {
		return expected("expected %q, the log has %s %q", want, key, value)
	}
	return nil
}

// checkEvent waits for a line of the log of a certain message.
func checkEvent(s *state, c call) error {
	if s.ran == nil {
		return errors.New("nothing was run yet")
	}
	if len(c.args) == 2 {
		return errors.New("event takes a message, or a message, a key and a value")
	}
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	defer cancel()
	match := func(e event) bool {
		return e.text("msg") == c.args[0] && (len(c.args) == 1 || e.check(c.args[1], c.args[2]) == nil)
	}
	if c.not {
		if _, e, _ := s.ran.log.find(0, match); e != nil {
			return nil
		}
		return expected("no such line")
	}
	if _, _, err := s.ran.await(ctx, 0, match); err != nil {
		return expected("the log has no such line")
	}
	return nil
}
