package script

import (
	"fmt"
	"strconv"
	"strings"
)

// checkUpstream asks whether a backend heard of the last request, of how many
// in all, or what.
func checkUpstream(s *state, c call) error {
	name, args := backendFlag(c.args)
	if len(args) == 0 {
		if s.answer == nil && len(s.flying) == 0 {
			return fmt.Errorf("no request was sent yet")
		}
		if s.allHeard() <= s.heard {
			return expected("no backend heard of the request")
		}
		return nil
	}
	b, err := s.backend(name)
	if err != nil {
		return err
	}
	all := b.requests()
	if n, err := strconv.Atoi(args[0]); err == nil && len(args) == 1 {
		if len(all) != n {
			return expected("expected %d requests at the backend %s, it heard of %d", n, name, len(all))
		}
		return nil
	}
	if len(all) == 0 {
		return fmt.Errorf("the backend %s has heard of nothing", name)
	}
	return all[len(all)-1].check(args)
}

func (h *heard) check(args []string) error {
	if len(args) == 1 && args[0] == "broken" {
		if !h.broken {
			return expected("expected a body that broke off, the backend heard its end")
		}
		return nil
	}
	if len(args) < 2 {
		return fmt.Errorf("upstream %s: what should it be?", args[0])
	}
	switch what, rest := args[0], args[1:]; what {
	case "method":
		if h.method != rest[0] {
			return expected("expected the method %s, the backend heard %s", rest[0], h.method)
		}
	case "target":
		if h.target != rest[0] {
			return expected("expected the target %s, the backend heard %s", rest[0], h.target)
		}
	case "header":
		return checkFields("the request at the backend", h.header, rest)
	case "body":
		if !matches(string(h.body), rest[0]) {
			return expected("expected a body with %q, the backend heard %q", rest[0], h.body)
		}
	case "json":
		return checkPointer(h.body, rest)
	default:
		return unknownName("part of a request", what, []string{"method", "target", "header", "body", "json", "broken"})
	}
	return nil
}

// backendFlag takes --of=NAME out.
func backendFlag(args []string) (name string, rest []string) {
	name = mainBackend
	for _, arg := range args {
		if of, ok := strings.CutPrefix(arg, "--of="); ok {
			name = of
		} else {
			rest = append(rest, arg)
		}
	}
	return name, rest
}

func doBackend(s *state, c call) error {
	if c.args[0] == "stop" {
		name := mainBackend
		if len(c.args) > 1 {
			name = c.args[1]
		}
		b, err := s.backend(name)
		if err == nil {
			b.stop()
		}
		return err
	}
	name := c.args[0]
	if name == "" || nameLength(name) != len(name) {
		return fmt.Errorf("%q is no name of a variable", name)
	}
	if b := s.backends[name]; b != nil {
		b.stop()
	}
	certificate := ""
	if len(c.args) > 1 {
		certificate = c.args[1]
	}
	_, err := s.startBackend(name, certificate)
	return err
}

func doReply(s *state, c call) error {
	name, args := backendFlag(c.args)
	b, err := s.backend(name)
	if err != nil {
		return err
	}
	if len(args) == 0 {
		return fmt.Errorf("reply what?")
	}
	r, err := s.parseReply(args)
	if err == nil {
		b.set(r)
	}
	return err
}

func doRelease(s *state, c call) error {
	name, _ := backendFlag(c.args)
	b, err := s.backend(name)
	if err == nil {
		b.let()
	}
	return err
}

// doAwait waits until a backend has heard so many requests.
func doAwait(s *state, c call) error {
	name, args := backendFlag(c.args)
	b, err := s.backend(name)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return fmt.Errorf("%q is not a number", args[0])
	}
	return b.await(s.ctx, n)
}
