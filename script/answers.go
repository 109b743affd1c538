package script

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"sallyport/problem"
	"sallyport/source"
)

// answered is the answer to the last request, if one came.
func (s *state) answered() (*answer, error) {
	switch {
	case s.answer == nil:
		return nil, errors.New("no request was sent yet")
	case s.answer.status == 0:
		return nil, s.answer.err
	}
	return s.answer, nil
}

// whole is the answer with its body to the end.
func (s *state) whole() (*answer, error) {
	a, err := s.answered()
	if err == nil {
		err = a.err
	}
	return a, err
}

// matches: =TEXT is the value to the letter, any other text a part of it.
func matches(value, want string) bool {
	if exact, ok := strings.CutPrefix(want, "="); ok {
		return value == exact
	}
	return strings.Contains(value, want)
}

func checkStatus(s *state, c call) error {
	want, err := strconv.Atoi(c.args[0])
	if err != nil {
		return fmt.Errorf("%q is not a status", c.args[0])
	}
	a, err := s.answered()
	if err == nil && a.status != want {
		err = expected("expected status %d, the answer has %d", want, a.status)
	}
	return err
}

// checkStatuses counts the answers of repeat and parallel.
func checkStatuses(s *state, c call) error {
	want, err := strconv.Atoi(c.args[0])
	if err != nil {
		return fmt.Errorf("%q is not a status", c.args[0])
	}
	n, err := strconv.Atoi(c.args[1])
	if err != nil {
		return fmt.Errorf("%q is not a number", c.args[1])
	}
	seen, count := make(map[int]int), 0
	for _, a := range s.answers {
		seen[a.status]++
		if a.status == want {
			count++
		}
	}
	if count != n {
		return expected("expected %d answers of status %d, there are %d (%v)", n, want, count, seen)
	}
	return nil
}

func checkProblem(s *state, c call) error {
	var names []string
	status := 0
	for _, k := range problem.Kinds() {
		names = append(names, k.Name())
		if k.Name() == c.args[0] {
			status = k.Status()
		}
	}
	if status == 0 {
		return unknownName("kind of problem", c.args[0], names)
	}
	a, err := s.whole()
	if err != nil {
		return err
	}
	if t, _, _ := mime.ParseMediaType(a.header.Get("Content-Type")); t != problem.MediaType {
		return expected("expected a problem document, the answer's Content-Type is %q", a.header.Get("Content-Type"))
	}
	var document struct {
		Type     string
		Status   int
		Instance string
	}
	if err := json.Unmarshal(a.body, &document); err != nil {
		return fmt.Errorf("reading the problem document: %w", err)
	}
	kind := document.Type[strings.LastIndexAny(document.Type, ":/")+1:]
	switch {
	case kind != c.args[0]:
		return expected("expected the problem %s, the answer has %q", c.args[0], document.Type)
	case document.Status != a.status:
		return fmt.Errorf("the problem says status %d, the answer %d", document.Status, a.status)
	case document.Instance == "":
		return errors.New("the problem has no instance: nobody could find it in the log")
	}
	return nil
}

func unknownName(what, name string, names []string) error {
	if nearest := source.Nearest(name, names); nearest != "" {
		return fmt.Errorf("there is no %s %s (did you mean %s?)", what, name, nearest)
	}
	return fmt.Errorf("there is no %s %s; there are: %s", what, name, strings.Join(names, " "))
}

func checkHeader(s *state, c call) error {
	a, err := s.answered()
	if err != nil {
		return err
	}
	return checkFields("the answer", a.header, c.args)
}

// checkFields looks for a field, and a value if there is one to look for.
func checkFields(whose string, header http.Header, args []string) error {
	values := header[http.CanonicalHeaderKey(args[0])]
	switch {
	case len(values) == 0:
		return expected("%s has no header field %s", whose, args[0])
	case len(args) == 1:
		return nil
	}
	for _, v := range values {
		if matches(v, args[1]) {
			return nil
		}
	}
	return expected("expected %q, %s has %s: %q", args[1], whose, args[0], values)
}

func checkBody(s *state, c call) error {
	a, err := s.whole()
	if err == nil && !matches(string(a.body), c.args[0]) {
		err = expected("expected a body with %q", c.args[0])
	}
	return err
}

func checkJSON(s *state, c call) error {
	a, err := s.whole()
	if err != nil {
		return err
	}
	return checkPointer(a.body, c.args)
}

// checkPointer follows a JSON pointer (RFC 6901) and compares what is there:
// with JSON if the wanted value is JSON, else with a string.
func checkPointer(text []byte, args []string) error {
	root, err := parseJSON(text)
	if err != nil {
		return err
	}
	at := root.At(args[0])
	if at == nil {
		return expected("there is nothing at %q", args[0])
	}
	if len(args) == 1 {
		return nil
	}
	want, err := parseJSON([]byte(args[1]))
	switch {
	case args[1] == "null":
		if at.Kind == source.Null {
			return nil
		}
	case err == nil && same(at, want), at.Kind == source.String && at.Text == args[1]:
		return nil
	}
	return expected("expected %s at %q, there is %s %s", args[1], args[0], at.Kind, at.Text)
}

func parseJSON(text []byte) (*source.Node, error) {
	return source.Parse("body.json", text, source.Limits{Bytes: maxAnswer, Depth: 200, Nodes: 10_000_000})
}

// same compares two values; the order of members has no meaning (RFC 8259 §4).
func same(a, b *source.Node) bool {
	if a.Kind != b.Kind || a.Text != b.Text || len(a.Items) != len(b.Items) || len(a.Members) != len(b.Members) {
		return false
	}
	for i := range a.Items {
		if !same(a.Items[i], b.Items[i]) {
			return false
		}
	}
	for _, m := range a.Members {
		if other := b.Get(m.Name); other == nil || !same(m.Value, other) {
			return false
		}
	}
	return true
}

// checkFault looks for a fault in a problem document.
func checkFault(s *state, c call) error {
	a, err := s.whole()
	if err != nil {
		return err
	}
	var document struct {
		Errors []struct{ In, Pointer, Keyword string }
	}
	if err := json.Unmarshal(a.body, &document); err != nil {
		return fmt.Errorf("reading the problem document: %w", err)
	}
	for _, f := range document.Errors {
		if f.In == c.args[0] && f.Pointer == c.args[1] && (len(c.args) == 2 || f.Keyword == c.args[2]) {
			return nil
		}
	}
	return expected("expected a fault %q, there are %q", c.args, document.Errors)
}

func checkAborted(s *state, _ call) error {
	switch {
	case s.answer == nil:
		return errors.New("no request was sent yet")
	case s.answer.err == nil:
		return expected("the answer came to its end")
	}
	return nil
}
