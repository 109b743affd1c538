package forward

import "sallyport/message"

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
		body.FilterTrailers(func(name string) bool { return message.MayTrail(name) && message.HasToken(announced, name) })
	default:
		body.DropTrailers()
	}
}
