package filter

import (
	"errors"
	"fmt"
	"io"
	"math"

	"sallyport"
	"sallyport/coding"
	"sallyport/jsonschema"
	"sallyport/message"
	"sallyport/problem"
)

// large is a JSON answer that is too long to be held, while it passes: each of
// its members and items is judged alone.
type large struct {
	answer *Answer
	findings
	stream *jsonschema.Stream
}

// passLarge puts it into the way of the body. What fails before a part of it was
// judged is still a refusal; what fails later breaks the answer off.
func (a *Answer) passLarge(x *sallyport.Exchange, media *Media) error {
	list, err := codings(x)
	if err != nil {
		return err
	}
	body := x.Response.Body
	l := &large{answer: a, findings: findings{exchange: x, place: x.Here()}}
	l.stream = media.Schema.Stream(body, l.streaming())
	length := body.Length
	if len(list) > 0 {
		if err := x.Claim(coding.Memory(list)); err != nil {
			return err
		}
		decoder := coding.NewReader(body, list, coding.Limits{Encoded: math.MaxInt64, Decoded: math.MaxInt64})
		l.stream = media.Schema.Stream(decoder, l.streaming())
		x.Response.Fields.Del("Content-Encoding")
	}
	if a.Mode != Watch {
		// What will be taken out is known when the fields have left.
		changed(x)
		length = -1
		if err := l.stream.Begin(); err != nil {
			return l.refusal(err)
		}
	}
	x.OnDone(l)
	if a.Mode == Watch {
		x.Response.Body = message.NewBody(watched{passing{l.stream, body}, body}, length)
		return nil
	}
	x.Response.Body = message.NewBody(passing{breaking{l.stream}, body}, length)
	return nil
}

// passing is read in the place of a body.
type passing struct {
	io.Reader
	io.Closer
}

// watched is a body that nobody changes: its trailers still hold.
type watched struct {
	passing
	message.Trailing
}

func (l *large) streaming() jsonschema.Streaming {
	all := l.answer.Mode == Prune
	how := jsonschema.Streaming{
		Limit: int(l.exchange.Op.MaxAnswer),
		May:   jsonschema.Cleaning{Undeclared: all, Hidden: all},
		Found: l.judge,
		Room:  func(more int) error { return l.exchange.Claim(int64(more)) },
	}
	if l.answer.Mode == Watch {
		how.Lenient = func(err error) { l.found(told(err)) }
	}
	return how
}

// judge is told what is wrong with a part.
func (l *large) judge(faults []jsonschema.Fault, undecided bool) error {
	refusal := problem.Fail(problem.AnswerInvalid, fmt.Errorf("a part of the body has %d faults, the first: %s %s", len(faults), faults[0].Pointer, faults[0].Keyword))
	if undecided && l.answer.Mode == Prune {
		return refusal
	}
	for _, f := range faults {
		refusal.Faults = append(refusal.Faults, problem.Fault{In: "answer", Pointer: f.Pointer, Keyword: f.Keyword, Message: f.Message})
	}
	l.found(refusal)
	return nil
}

// refusal is for what fails before anything has left.
func (l *large) refusal(err error) error {
	var timeout interface{ Timeout() bool }
	switch err = told(err); {
	case problem.As(err).Kind != problem.Internal:
		return err
	case errors.As(err, &timeout) && timeout.Timeout():
		return problem.Fail(problem.UpstreamTimeout, err)
	}
	return problem.Fail(problem.UpstreamBroken, err)
}

// Done tells the log what was taken out.
func (l *large) Done(x *sallyport.Exchange) {
	if l.stream.CutCount > 0 {
		x.Pruned += l.stream.CutCount
		note(x, l.stream.CutCount, l.stream.Cut)
	}
}
