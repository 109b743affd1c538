package script

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

// verbs are the commands that send a request.
func verbs() []string {
	return []string{"get", "head", "post", "put", "patch", "delete", "options", "request", "raw"}
}

const requestUsage = `TARGET [--FLAG]... ["Name: value"]... [BODY|@FILE]`

// doRequest sends one request; its answer is what the checks look at.
func doRequest(verb string) func(*state, call) error {
	return func(s *state, c call) error {
		return s.sendAll(append([]string{verb}, c.args...), 1, false)
	}
}

func doAdmin(s *state, c call) error {
	return s.sendAll(append(c.args[:len(c.args):len(c.args)], "--to=admin"), 1, false)
}

func doRepeat(s *state, c call) error   { return s.sendMany(c.args, false) }
func doParallel(s *state, c call) error { return s.sendMany(c.args, true) }

// doUntil sends a request until it is answered as it should be in the end.
func doUntil(s *state, c call) error {
	ctx, cancel := context.WithTimeout(s.ctx, 2*time.Second)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		if err := s.sendAll(c.args[1:], 1, false); err != nil {
			return err
		}
		if checkStatus(s, call{args: c.args[:1]}) == nil {
			return nil
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return fmt.Errorf("the answer has not the status %s within two seconds", c.args[0])
		}
	}
}

func (s *state) sendMany(args []string, together bool) error {
	n, err := strconv.Atoi(args[0])
	if err != nil || n < 1 || n > 100_000 {
		return fmt.Errorf("%q is not a number of requests", args[0])
	}
	return s.sendAll(args[1:], n, together)
}

func (s *state) sendAll(args []string, n int, together bool) error {
	q, err := s.parseRequest(args)
	if err != nil {
		return err
	}
	if _, err := s.endpoint(q.listener); err != nil {
		return err
	}
	s.heard = s.allHeard()
	s.answers = make([]*answer, n)
	if together {
		var wait sync.WaitGroup
		for i := range n {
			wait.Go(func() { s.answers[i] = s.send(q) })
		}
		wait.Wait()
	} else {
		for i := range n {
			s.answers[i] = s.send(q)
		}
	}
	s.answer = s.answers[n-1]
	return s.ctx.Err()
}

// doBackground sends a request and does not wait for its answer.
func doBackground(s *state, c call) error {
	q, err := s.parseRequest(c.args[1:])
	if err != nil {
		return err
	}
	if q.keep {
		return errors.New("a request in the background has a connection of its own")
	}
	if _, err := s.endpoint(q.listener); err != nil {
		return err
	}
	s.heard = s.allHeard()
	f := &flight{came: make(chan *answer, 1)}
	q.ctx, f.abandon = context.WithCancel(s.ctx)
	s.flying[c.args[0]] = f
	go func() { f.came <- s.send(q) }()
	return nil
}

// flight is a request whose answer is not there yet.
type flight struct {
	came    chan *answer
	abandon context.CancelFunc
}

// doFinish waits for the answer to a request in the background.
func doFinish(s *state, c call) error { return s.land(c.args[0], false) }

// doAbandon breaks the connection of a request in the background off.
func doAbandon(s *state, c call) error { return s.land(c.args[0], true) }

func (s *state) land(name string, abandon bool) error {
	f := s.flying[name]
	if f == nil {
		return fmt.Errorf("no request %s is in the background", name)
	}
	delete(s.flying, name)
	if abandon {
		f.abandon()
	}
	s.answer = <-f.came // its connection breaks when the script's time is over
	s.answers = []*answer{s.answer}
	f.abandon()
	return s.ctx.Err()
}

func (s *state) allHeard() int {
	n := 0
	for _, b := range s.backends {
		n += len(b.requests())
	}
	return n
}

// parseRequest reads a verb and what follows it.
func (s *state) parseRequest(args []string) (*request, error) {
	q := &request{ctx: s.ctx}
	verb, args := args[0], args[1:]
	switch verb {
	case "get", "head", "post", "put", "patch", "delete", "options":
		q.method = strings.ToUpper(verb)
	case "request", "raw":
		if len(args) == 0 {
			return nil, fmt.Errorf("%s needs an argument", verb)
		}
		q.method, args = args[0], args[1:]
	default:
		return nil, fmt.Errorf("%s sends no request; what does: %s", verb, strings.Join(verbs(), " "))
	}
	rest, err := q.flags(args)
	if err != nil {
		return nil, err
	}
	if q.certificate != "" && s.shown[q.certificate] == nil {
		return nil, fmt.Errorf("there is no certificate %s of a client", q.certificate)
	}
	if verb == "raw" {
		return q, s.rawRequest(q, rest)
	}
	if len(rest) == 0 {
		return nil, fmt.Errorf("%s needs a target", verb)
	}
	q.target = rest[0]
	return q, s.parseContent(rest[1:], &q.fields, &q.body)
}

// flags takes the arguments that begin with two hyphens out.
func (q *request) flags(args []string) ([]string, error) {
	var rest []string
	for _, arg := range args {
		name, value, _ := strings.Cut(arg, "=")
		switch name {
		case "--to":
			q.listener = value
		case "--from":
			q.from = value
		case "--answer":
			var err error
			if q.nth, err = strconv.Atoi(value); err != nil {
				return nil, fmt.Errorf("%q is not a number", value)
			}
		case "--keep":
			q.keep = true
		case "--chunked":
			q.chunked = true
		case "--insecure":
			q.insecure = true
		case "--http1.0":
			q.old = true
		case "--http2":
			q.second = true
		case "--certificate":
			q.certificate = value
		case "--no-host":
			q.noHost = true
		default:
			if strings.HasPrefix(name, "--") && !strings.Contains(arg, "\n") { // a multipart body begins with its boundary
				return nil, fmt.Errorf("a request has no flag %s", name)
			}
			rest = append(rest, arg)
		}
	}
	return rest, nil
}

// rawRequest sends a file: its lines end in CRLF, and escapes are read.
func (s *state) rawRequest(q *request, rest []string) error {
	if len(rest) > 0 {
		return fmt.Errorf("raw takes one file, not %q too", rest[0])
	}
	text, err := s.read(q.method)
	if err != nil {
		return err
	}
	q.method, _, _ = strings.Cut(string(text), " ")
	q.raw = make([]byte, 0, len(text)+16)
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\n':
			q.raw = append(q.raw, '\r', '\n')
		case '\\':
			b, length, err := escape(string(text[i:min(i+4, len(text))]))
			if err != nil {
				return err
			}
			q.raw = append(q.raw, b)
			i += length - 1
		default:
			q.raw = append(q.raw, text[i])
		}
	}
	return nil
}
