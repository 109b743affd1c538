package filter

import (
	"errors"
	"io"

	"sallyport"
	"sallyport/coding"
	"sallyport/items"
	"sallyport/jsonschema"
	"sallyport/problem"
)

// maxFindings bounds what one stream leaves for the record: it may go on for
// days.
const maxFindings = 20

// findings are what is found in an answer while it passes.
type findings struct {
	exchange *sallyport.Exchange
	place    *sallyport.Placed
	count    int
}

func (f *findings) found(err error) {
	if f.count++; f.count <= maxFindings {
		f.exchange.Findings = append(f.exchange.Findings, sallyport.Finding{Place: f.place, Err: err})
	}
}

// breaking turns what is wrong with an answer that streams into the failure for
// which it is broken off.
type breaking struct{ io.Reader }

func (b breaking) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err != nil && err != io.EOF {
		err = told(err)
	}
	return n, err
}

func told(err error) error {
	switch {
	case errors.Is(err, items.ErrTooLarge), errors.Is(err, jsonschema.ErrTooLarge):
		return problem.Fail(problem.AnswerTooLarge, err)
	case errors.Is(err, items.ErrMalformed), errors.Is(err, items.ErrTruncated), errors.Is(err, jsonschema.ErrMalformed),
		errors.Is(err, coding.ErrMalformed), errors.Is(err, coding.ErrBomb):
		return problem.Fail(problem.AnswerInvalid, err)
	}
	return err
}
