package limit

import (
	"net/http"

	"sallyport"
	"sallyport/problem"
)

// outcome is whether the id was missed, and whether the answer says so at all. A
// refusal of the gateway's says something of an id where a rule made it, or where
// the backend had answered and the answer was not let by: then the backend's says
// it, which the caller learns by the refusal too.
func outcome(x *sallyport.Exchange) (missed, counts bool) {
	if x.Refusal == nil {
		return said(x, x.Response.Status)
	}
	switch x.Refusal.Kind {
	case problem.ObjectUnknown, problem.RuleRefused:
		return true, true
	case problem.AnswerUndeclared, problem.AnswerInvalid, problem.AnswerTooLarge, problem.UpstreamBroken:
		return said(x, x.Upstream.Status)
	}
	return false, false
}

// said is what a status says of an object (RFC 9110 §15.5). Those that a backend
// sends before it looks for the object say nothing of it; all other refusals may
// be how this one tells objects that are there from those that are not.
func said(x *sallyport.Exchange, status int) (missed, counts bool) {
	switch status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusMethodNotAllowed, http.StatusRequestTimeout,
		http.StatusRequestEntityTooLarge, http.StatusRequestURITooLong, http.StatusUnsupportedMediaType,
		http.StatusTooManyRequests, http.StatusRequestHeaderFieldsTooLarge:
		return false, false
	case http.StatusPreconditionFailed:
		// If-Match fails where there is no object, all others where there is one (RFC 9110 §13.1).
		return x.Request.Fields.Has("If-Match"), true
	}
	missed = status >= 400 && status < 500
	return missed, missed || status > 0 && status < 400
}
