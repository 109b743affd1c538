package filter

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"slices"
	"strconv"

	"sallyport"
	"sallyport/coding"
	"sallyport/items"
	"sallyport/jsonschema"
	"sallyport/problem"
)

// sequence is an answer of JSON texts one after the other while it passes. Each
// is judged alone and passed on at once; none waits for the next.
type sequence struct {
	answer *Answer
	kind   items.Kind
	schema *items.Schema

	findings
	cut []string

	keep    *ItemGuard // nil where all items leave
	holds   func([]jsonschema.Captured) bool
	looked  jsonschema.Found
	foreign int
}

// pass puts the sequence into the way of the body.
func (a *Answer) pass(x *sallyport.Exchange, s *sequence) error {
	list, err := codings(x)
	switch {
	case err != nil && a.Mode != Watch:
		return err
	case err != nil || len(list) > 0 && a.Mode == Watch:
		x.Observe(problem.Fail(problem.AnswerInvalid, errors.New("the body came encoded though identity was asked for, and was not looked at")))
		return nil
	}
	s.findings = findings{exchange: x, place: x.Here()}
	if s.keep != nil {
		s.holds = s.keep.Rules.Holding(x)
	}
	if body := x.Response.Body; a.Mode == Block && body.Length >= 0 && !body.Unannounced {
		return s.whole() // it can still be refused properly
	}
	if len(list) > 0 {
		if err := x.Claim(coding.Memory(list)); err != nil {
			return err
		}
		x.Response.Fields.Del("Content-Encoding")
	}
	if a.Mode != Watch {
		changed(x) // what may be taken out is known when the fields have left
	}
	length := x.Response.Body.Length
	x.Response.Body.Wrap(func(stream io.Reader) io.Reader {
		if len(list) > 0 {
			stream = coding.NewReader(stream, list, coding.Limits{Encoded: math.MaxInt64, Decoded: math.MaxInt64})
		}
		return s.reader(stream)
	})
	if a.Mode == Watch {
		x.Response.Body.Length = length
	}
	x.OnDone(s)
	return nil
}

// whole judges an answer that ends before any of it leaves.
func (s *sequence) whole() error {
	x := s.exchange
	body, coded, err := read(x)
	if err != nil {
		return err
	}
	left, err := io.ReadAll(s.reader(bytes.NewReader(body)))
	if err != nil {
		return err
	}
	s.Done(x)
	if coded || len(left) != len(body) {
		decoded(x, left)
	}
	return nil
}

func (s *sequence) reader(stream io.Reader) io.Reader {
	x := s.exchange
	split := items.NewSplitter(stream, s.kind, int(x.Op.MaxAnswer))
	split.Room = func(n int) error { return x.Claim(int64(n)) }
	r := items.NewReader(split, s.kind, s.item)
	if s.answer.Mode == Watch {
		r.Lenient = func(err error) { s.found(told(err)) }
		return r
	}
	r.Bare = true
	return breaking{r}
}

// item judges one item.
func (s *sequence) item(n int, json []byte) ([]byte, error) {
	if s.keep != nil && !s.stays(json) {
		s.foreign++
		return nil, nil
	}
	all := s.answer.Mode == Prune
	c := s.schema.Clean(json, jsonschema.Cleaning{Undeclared: all, Hidden: all})
	if s.exchange.Pruned += c.CutCount; c.CutCount > 0 && len(s.cut) < maxPlaces {
		for _, place := range c.Cut {
			if place = "/*" + place; !slices.Contains(s.cut, place) {
				s.cut = append(s.cut, place)
			}
		}
	}
	if len(c.Faults) == 0 {
		return c.Body, nil
	}
	first := &c.Faults[0]
	refusal := problem.Fail(problem.AnswerInvalid, fmt.Errorf("item %d has %d faults, the first: %s %s", n, len(c.Faults), first.Pointer, first.Keyword))
	if s.answer.Mode == Block || c.Undecided && s.answer.Mode == Prune {
		return nil, refusal
	}
	for _, f := range c.Faults {
		refusal.Faults = append(refusal.Faults, problem.Fault{In: "answer", Pointer: "/" + strconv.Itoa(n) + f.Pointer, Keyword: f.Keyword, Message: f.Message})
	}
	s.found(refusal)
	return c.Body, nil
}

// Done tells the log what was taken out.
func (s *sequence) Done(x *sallyport.Exchange) {
	if len(s.cut) > 0 {
		note(x, x.Pruned, s.cut)
	}
	if s.foreign > 0 {
		x.Note(slog.Int("foreign_items", s.foreign))
	}
}

// stays asks the rules about an item. What cannot be judged to its end stays, to
// be refused for what it is.
func (s *sequence) stays(json []byte) bool {
	defer s.looked.Reset()
	undecided := s.schema.Item().Look(json, jsonschema.Cleaning{}, &s.keep.Watch, &s.looked).Undecided
	return undecided || s.holds(s.looked.Captured)
}
