package filter

import (
	"errors"
	"log/slog"

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
	if g.Allow == nil {
		return cleaned, nil
	}
	return cleaned, g.Allow.Decide(x, found.Captured)
}

// guards tells an answer that rules decide about: a success, what is left of
// one, and what does not exist.
func (a *Answer) guards(status int) bool {
	return a.Guarded && (status/100 == 2 || status == notModified || status == notFound)
}

const notFound = 404

// guarded holds an answer to its rules. The request went out as a GET without
// conditions: what a HEAD tells is decided on what the GET brings.
func (a *Answer) guarded(x *sallyport.Exchange, declared *Response) error {
	if s := a.sequenceOf(x, declared); s != nil {
		return a.passItems(x, s)
	}
	body := x.Response.Body
	switch {
	case x.Response.Status == notFound:
		return unknown(errAbsent)
	case x.Response.Status/100 != 2 || body == nil || body.Length == 0 || body.Empty():
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
	held, _ := body.Held()
	body.Replace(nil)
	body.Length = int64(len(held)) // that of the GET (RFC 9110 §8.6)
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

var (
	errAbsent    = errors.New("the backend knows no such object")
	errUnguarded = errors.New("no rule can be asked about an answer that is not JSON with a schema")
)
