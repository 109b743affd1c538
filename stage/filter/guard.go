package filter

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"sallyport"
	"sallyport/jsonschema"
	"sallyport/problem"
)

// Rules are asked about what was captured of a body.
type Rules interface {
	// Decide is nil where all of them hold, else the refusal.
	Decide(*sallyport.Exchange, []jsonschema.Captured) error
}

// ItemRules are asked about what was captured of one item after the other.
type ItemRules interface {
	// Holding tells whether all of them hold, for one exchange.
	Holding(*sallyport.Exchange) func([]jsonschema.Captured) bool
}

// Guard is the rules over an answer of JSON: whether it may leave at all, and
// which items of its list. What they ask for comes of the pass that prunes.
type Guard struct {
	Allow Rules // nil where there are none
	// Keep decides about the items of a list; nil where all leave.
	Keep ItemRules
	// Veil is what of it the caller may not see; nil where all of it may be seen.
	Veil func(*sallyport.Exchange, []jsonschema.Captured) jsonschema.Veil
	// Counts are numbers beside the list.
	Counts []Count
	// Watch captures for all of them.
	Watch jsonschema.Watch
}

// ItemGuard is the rules over each item of a sequence.
type ItemGuard struct {
	Rules ItemRules
	// Watch captures of an item what they ask for.
	Watch jsonschema.Watch
}

// look cleans a body as clean does, and decides. The error is the refusal.
func (g *Guard) look(x *sallyport.Exchange, schema *jsonschema.Schema, body []byte, may jsonschema.Cleaning) (jsonschema.Cleaned, error) {
	found := new(jsonschema.Found)
	foreign := 0
	if g.Keep != nil {
		holds := g.Keep.Holding(x)
		found.Keep = func(_ int, item []jsonschema.Captured) bool {
			yes := holds(item)
			if !yes {
				foreign++
			}
			return yes
		}
	}
	if g.Veil != nil || len(g.Counts) > 0 {
		found.Veil = func(captured []jsonschema.Captured) (veil jsonschema.Veil) {
			if g.Veil != nil {
				veil = g.Veil(x, captured)
			}
			for i := range g.Counts {
				g.Counts[i].veil(&veil, captured, foreign)
			}
			return veil
		}
	}
	cleaned := schema.Look(body, may, &g.Watch, found)
	defer found.Reset()
	if cleaned.Undecided {
		return cleaned, nil // which is refused for what it is
	}
	if foreign > 0 {
		x.Note(slog.Int("foreign_items", foreign))
	}
	if cleaned.MaskCount > 0 {
		x.Note(slog.Int("masked", cleaned.MaskCount))
	}
	private(x)
	switch {
	case found.Misread && g.Allow != nil:
		return cleaned, unknown(errMisread)
	case found.Misread && g.Veil != nil:
		return cleaned, problem.Fail(problem.AnswerInvalid, errMisread)
	case g.Allow == nil:
		return cleaned, nil
	}
	return cleaned, g.Allow.Decide(x, found.Captured)
}

// guarded holds an answer to its rules. The request went out as a GET without
// conditions: what a HEAD tells is decided on what the GET brings.
func (a *Answer) guarded(x *sallyport.Exchange) error {
	r := x.Response
	switch {
	case r.Tunnel != nil:
		return unknown(errUnguarded)
	case a.Object && r.Status == 404:
		return unknown(errAbsent)
	case a.Object && tells(r.Status):
		return unknown(fmt.Errorf("the backend answered %d", r.Status))
	case r.Status/100 != 2:
		return a.hold(x)
	}
	err := a.success(x)
	if err != nil && a.Object && problem.As(err).Kind.Failure() {
		return unknown(err) // that there is something is not everybody's to know
	}
	return err
}

// tells finds the statuses that a backend gives for an object that is there and
// not for another, or the other way round: what is wrong with the request itself,
// or with the backend, it says of every object alike.
func tells(status int) bool {
	switch status {
	case 400, 401, 405, 408, 414, 429, 431:
		return false
	}
	return status/100 == 3 || status/100 == 4
}

// success is a success that rules are asked about.
func (a *Answer) success(x *sallyport.Exchange) error {
	r := x.Response
	declared := a.declared(x)
	switch {
	case declared == nil:
		return a.undeclared(x, fmt.Errorf("status %d is not declared", r.Status))
	case a.sequenceOf(x, declared) != nil:
		return a.passItems(x, a.sequenceOf(x, declared))
	case r.Body == nil || r.Body.Length == 0 || r.Body.Empty():
		return unknown(errUnguarded)
	}
	media, err := a.media(x, declared)
	switch {
	case err != nil:
		return a.undeclared(x, err)
	case media.foreign:
		return a.refuse(x, problem.AnswerInvalid, errors.New("the body is read as UTF-8 alone, and its Content-Type says that it is something else"))
	case media.Guard == nil:
		return unknown(errUnguarded)
	}
	if err := a.check(x, media); err != nil || x.Request.Method != "HEAD" {
		return err
	}
	held, _ := r.Body.Held()
	r.Body.Replace(nil)
	r.Body.Length = int64(len(held)) // that of the GET (RFC 9110 §8.6)
	return nil
}

// sequenceOf is the sequence that the answer is, of whose items rules decide.
func (a *Answer) sequenceOf(x *sallyport.Exchange, declared *Response) *sequence {
	media, err := a.media(x, declared)
	if x.Response.Status/100 != 2 || err != nil || media.foreign || media.sequence == nil || media.sequence.keep == nil {
		return nil
	}
	return media.sequence
}

// passItems has the items of a sequence judged as they pass. One without items
// has nothing in it that is somebody else's.
func (a *Answer) passItems(x *sallyport.Exchange, s *sequence) error {
	if body := x.Response.Body; body == nil || body.Length == 0 {
		return nil
	}
	return a.pass(x, s)
}

// unknown is what a caller gets who asks for what is not there, or not theirs:
// the same to the letter.
func unknown(why error) error { return problem.Refuse(problem.ObjectUnknown, "").Because(why) }

// private keeps caches that others use from an answer that was made for one
// caller (RFC 9111 §5.2.2.7).
func private(x *sallyport.Exchange) {
	for directive := range strings.SplitSeq(x.Response.Fields.Joined("Cache-Control"), ",") {
		switch strings.ToLower(strings.TrimSpace(directive)) {
		case "private", "no-store":
			return
		}
	}
	x.Response.Fields.Set("Cache-Control", "private, no-cache")
}

var errAbsent = errors.New("the backend knows no such object")

var errMisread = errors.New("what the rules ask for is not of the type that the document declares")

var errUnguarded = errors.New("no rule can be asked about an answer that is not JSON with a schema")
