package validate

import (
	"sallyport"
	contentcoding "sallyport/coding"
	"sallyport/mediatype"
	"sallyport/problem"
)

// decoded checks a body without its content codings (RFC 9110 §8.4), and makes
// that the body: the bytes that were checked are the bytes that the backend
// gets. Where it is only watched, the body goes on as it came.
func (s *Body) decoded(x *sallyport.Exchange, r reader, t mediatype.Type) error {
	codings, err := contentcoding.Parse(x.Request.Fields.Joined("Content-Encoding"))
	switch {
	case err != nil:
		return problem.Refuse(problem.MediaTypeUnsupported, "The body must be sent in one of the content codings %s, or in none.", contentcoding.Names).With("Accept-Encoding", contentcoding.Names)
	case len(codings) == 0:
		return judged(x, r, t)
	}
	content, err := x.DecodeRequest(codings)
	if err != nil {
		return err
	}
	encoded, _ := x.Request.Body.Held()
	fields := x.Request.Fields
	x.Request.Body.Replace(content)
	x.Request.Fields = fields.Clone()
	x.Request.Fields.Del("Content-Encoding")
	x.Request.Fields.DelDigests()
	err = judged(x, r, t)
	if s.watch {
		x.Request.Body.Replace(encoded)
		x.Request.Fields = fields
	}
	return err
}

// plainOnly refuses what is coded, and says what is taken instead (RFC 9110
// §12.5.3, §15.5.16).
func plainOnly() error {
	return problem.Refuse(problem.MediaTypeUnsupported, "The body must be sent without a content coding.").With("Accept-Encoding", "identity")
}
