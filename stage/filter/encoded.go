package filter

import (
	"fmt"

	"sallyport"
	"sallyport/coding"
	"sallyport/problem"
)

// codings are those of the answer (RFC 9110 §8.4). The backend was asked for
// none; some compress all the same.
func codings(x *sallyport.Exchange) ([]coding.Coding, error) {
	list, err := coding.Parse(x.Response.Fields.Joined("Content-Encoding"))
	if err != nil {
		return nil, problem.Fail(problem.AnswerInvalid, fmt.Errorf("the body came encoded though identity was asked for: %w", err))
	}
	return list, nil
}

// read holds the body, without its codings where it has any.
func read(x *sallyport.Exchange) (body []byte, coded bool, err error) {
	list, err := codings(x)
	switch {
	case err != nil:
		return nil, true, err
	case len(list) > 0:
		body, err = x.DecodeResponse(list)
		return body, true, err
	}
	body, err = x.HoldResponse()
	return body, false, err
}

// decoded makes what was decoded the answer: what is checked is what leaves.
func decoded(x *sallyport.Exchange, body []byte) {
	x.Response.Body.Replace(body)
	x.Response.Fields.Del("Content-Encoding")
	changed(x)
}
