package forward

import (
	"strings"

	"sallyport/message"
)

// limitTrailers leaves of the fields behind an answer those that the backend
// announced in Trailer (RFC 9110 §6.6.2), or all of an answer of gRPC, whose
// status stands there. What frames, routes or proves something never passes.
func limitTrailers(answer *message.Response) {
	body := answer.Body
	if !body.MayHaveTrailers() {
		return
	}
	announced := answer.Fields.Joined("Trailer")
	switch {
	case isGRPC(answer.Fields):
		body.FilterTrailers(message.MayTrail)
	case announced != "":
		body.FilterTrailers(func(name string) bool { return message.MayTrail(name) && hasToken(announced, name) })
	default:
		body.DropTrailers()
	}
}

// takesTrailers tells whether a client asks for them (RFC 9110 §10.1.4).
func takesTrailers(fields message.Fields) bool { return hasToken(fields.Joined("Te"), "trailers") }

// hasToken looks for a token in a list (RFC 9110 §5.6.1), without regard to case.
func hasToken(list, token string) bool {
	for list != "" {
		var item string
		item, list, _ = strings.Cut(list, ",")
		if strings.EqualFold(strings.Trim(item, " \t"), token) {
			return true
		}
	}
	return false
}
