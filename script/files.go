package script

import (
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// changed marks where the log stands, so that wait looks for what comes of a
// change.
func (s *state) changed() {
	if s.gateway != nil {
		s.mark = s.gateway.log.len()
	}
}

func doCopy(s *state, c call) error {
	data, err := s.read(c.args[0])
	if err != nil {
		return err
	}
	s.changed()
	return s.write(c.args[1], data)
}

// doUse brings a file in that stands beside the script.
func doUse(s *state, c call) error {
	data, err := os.ReadFile(filepath.Join(filepath.Dir(s.script.Path), filepath.FromSlash(c.args[0])))
	if err != nil {
		return err
	}
	if len(c.args) == 1 {
		return s.write(path.Base(c.args[0]), data)
	}
	return s.write(c.args[1], data)
}

func doReplace(s *state, c call) error {
	data, err := s.read(c.args[0])
	if err != nil {
		return err
	}
	if !strings.Contains(string(data), c.args[1]) {
		return fmt.Errorf("%s does not hold %q", c.args[0], c.args[1])
	}
	s.changed()
	return s.write(c.args[0], []byte(strings.ReplaceAll(string(data), c.args[1], c.args[2])))
}

func doRemove(s *state, c call) error {
	file, err := s.path(c.args[0])
	if err != nil {
		return err
	}
	s.changed()
	return os.Remove(file)
}

// doFill makes a file of a certain size, so that large ones need not be kept.
func doFill(s *state, c call) error {
	size, err := parseSize(c.args[1])
	if err != nil {
		return err
	}
	file, err := s.path(c.args[0])
	if err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	text := "#\n"
	if len(c.args) > 2 && c.args[2] != "" {
		text = c.args[2]
	}
	_, err = io.CopyN(f, &endless{text: text}, size)
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

// endless is a text again and again.
type endless struct {
	text string
	at   int
}

// Read implements io.Reader.
func (e *endless) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		m := copy(p[n:], e.text[e.at:])
		n, e.at = n+m, (e.at+m)%len(e.text)
	}
	return n, nil
}

// parseSize reads a number of bytes, with B, KiB or MiB behind it.
func parseSize(text string) (int64, error) {
	number, factor := text, int64(1)
	for _, unit := range [...]struct {
		name   string
		factor int64
	}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"B", 1}} {
		if n, ok := strings.CutSuffix(text, unit.name); ok {
			number, factor = n, unit.factor
			break
		}
	}
	n, err := strconv.ParseInt(number, 10, 32)
	if err != nil || n < 0 || n*factor > 1<<30 {
		return 0, fmt.Errorf("%q is not a size such as 10MiB, a gibibyte at most", text)
	}
	return n * factor, nil
}

// doSet sets a variable: a text, or TEXT N times.
func doSet(s *state, c call) error {
	if c.args[0] == "" || nameLength(c.args[0]) != len(c.args[0]) {
		return fmt.Errorf("%q is no name of a variable", c.args[0])
	}
	value := c.args[1]
	if len(c.args) > 2 {
		n, err := strconv.Atoi(c.args[2])
		if err != nil || n < 0 || n*len(value) > maxAnswer {
			return fmt.Errorf("%q is not a number of times", c.args[2])
		}
		value = strings.Repeat(value, n)
	}
	s.variables[c.args[0]] = value
	return nil
}
