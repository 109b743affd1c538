package sallyport

import (
	"errors"
	"fmt"

	"sallyport/coding"
	"sallyport/problem"
)

// Claim takes n more bytes of the budget of all held bodies, for what a step
// holds beside a body; a negative number gives them back. The rest is given
// back when the exchange ends. It is for the goroutine of the exchange alone.
func (x *Exchange) Claim(n int64) error {
	if n > 0 && !x.Env.Bodies.take(n) {
		return overloaded()
	}
	if n < 0 {
		x.Env.Bodies.give(-n)
	}
	x.heldBack += n
	return nil
}

func overloaded() error {
	return problem.Refuse(problem.Overloaded, "The gateway holds too many bodies at the moment.").With("Retry-After", "1")
}

// DecodeRequest is the request's body without its content codings, held and
// within the operation's limit, coded as well as decoded. The body itself stays
// as it came: whoever checks the one and passes the other on has two readings.
func (x *Exchange) DecodeRequest(codings []coding.Coding) ([]byte, error) {
	content, err := x.HoldRequest()
	if err != nil || len(content) == 0 {
		return nil, err
	}
	decoded, err := x.decode(content, codings, x.Op.MaxBody)
	switch {
	case errors.Is(err, coding.ErrTooLarge):
		return nil, problem.Refuse(problem.BodyTooLarge, "The body may be %d bytes long at most, decoded.", x.Op.MaxBody).Because(err)
	case errors.Is(err, coding.ErrBomb):
		return nil, problem.Refuse(problem.BodyTooLarge, "The body grows too much when it is decoded.").Because(err)
	case errors.Is(err, coding.ErrMalformed):
		return nil, problem.Refuse(problem.BodyMalformed, "The body is not in the format of its Content-Encoding.").Because(err)
	}
	return decoded, err
}

// DecodeResponse is the answer's body without its content codings, as
// DecodeRequest.
func (x *Exchange) DecodeResponse(codings []coding.Coding) ([]byte, error) {
	content, err := x.HoldResponse()
	if err != nil || len(content) == 0 {
		return nil, err
	}
	decoded, err := x.decode(content, codings, x.Op.MaxAnswer)
	switch {
	case errors.Is(err, coding.ErrTooLarge), errors.Is(err, coding.ErrBomb):
		return nil, problem.Fail(problem.AnswerTooLarge, fmt.Errorf("decoding the answer: %w", err))
	case errors.Is(err, coding.ErrMalformed):
		return nil, problem.Fail(problem.AnswerInvalid, fmt.Errorf("decoding the answer: %w", err))
	}
	return decoded, err
}

// decode claims what it may take, and keeps of it what came out.
func (x *Exchange) decode(content []byte, codings []coding.Coding, limit int64) ([]byte, error) {
	claim := limit + coding.Memory(codings)
	if err := x.Claim(claim); err != nil {
		return nil, err
	}
	decoded, err := coding.Decode(content, codings, coding.Limits{Encoded: limit, Decoded: limit})
	_ = x.Claim(int64(len(decoded)) - claim) // what is given back is never refused
	return decoded, err
}

// Here is the place of the step that runs, for what a step finds later, while a
// body streams: it belongs into Findings under this place.
func (x *Exchange) Here() *Placed { return x.at }
