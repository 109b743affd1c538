package script

import (
	"errors"
	"fmt"
	"strings"
)

// doSave keeps something in a variable that the system or the gateway chose.
func doSave(s *state, c call) error {
	name, from, which := c.args[0], c.args[1], ""
	if len(c.args) == 3 {
		which = c.args[2]
	} else if from != "stdout" {
		return errors.New("save NAME header FIELD, json POINTER, stdout [POINTER] or file FILE")
	}
	value, err := s.saved(from, which)
	if err == nil {
		s.variables[name] = value
	}
	return err
}

func (s *state) saved(from, which string) (string, error) {
	switch from {
	case "header":
		a, err := s.whole()
		if err != nil {
			return "", err
		}
		return a.header.Get(which), nil
	case "json":
		a, err := s.whole()
		if err != nil {
			return "", err
		}
		return pointed(a.body, which)
	case "stdout":
		if s.ran == nil {
			return "", errors.New("nothing was run yet")
		}
		text := strings.TrimSpace(s.ran.stdout.String())
		if which == "" {
			return text, nil
		}
		return pointed([]byte(text), which)
	case "file":
		text, err := s.read(which)
		return strings.TrimSpace(string(text)), err
	}
	return "", fmt.Errorf("save keeps a header, json, stdout or a file, not %s", from)
}

// pointed is what stands at a place of JSON.
func pointed(text []byte, pointer string) (string, error) {
	root, err := parseJSON(text)
	if err != nil {
		return "", err
	}
	at := root.At(pointer)
	if at == nil {
		return "", fmt.Errorf("there is nothing at %q", pointer)
	}
	return at.Text, nil
}
