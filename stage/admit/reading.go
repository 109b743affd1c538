package admit

import (
	"slices"
	"strings"

	"sallyport"
	"sallyport/message"
	"sallyport/problem"
)

// Reading holds what can be judged of a path only when its operation is known:
// an encoded slash and a semicolon are refused where no parameter of the
// operation may hold one. Servers that decode before they route, or cut path
// parameters off (/admin;x/), would read another path than we matched.
type Reading struct {
	// Slash tells for each path parameter whether its value may hold %2F.
	Slash []bool
	// Semicolon tells whether the template has one, or a parameter of style matrix.
	Semicolon bool
	// Fields are the header fields that the operation reads. A Connection field
	// that names one is refused: a proxy must take such a field away (RFC 9110
	// §7.6.1), and the backend would get another request than was checked.
	Fields []string
}

// Run implements sallyport.Step.
func (r *Reading) Run(x *sallyport.Exchange) error {
	if r.takesAway(x.Request.Fields) {
		return problem.Refuse(problem.RequestMalformed, "The Connection field may not name a header field that the operation reads.")
	}
	path := x.Request.Path
	if !r.Semicolon && strings.IndexByte(path, ';') >= 0 {
		return ambiguous("A semicolon in a path must be percent-encoded.")
	}
	if strings.IndexByte(path, '%') < 0 {
		return nil
	}
	slashes := strings.Count(path, "%2F")
	for i, value := range x.Params {
		if i < len(r.Slash) && r.Slash[i] {
			slashes -= strings.Count(value, "%2F")
		}
	}
	if slashes > 0 {
		return problem.Refuse(problem.PathAmbiguous, "An encoded slash (%%2F) has two readings.")
	}
	return nil
}

func (r *Reading) takesAway(fields message.Fields) bool {
	if len(r.Fields) == 0 {
		return false
	}
	value := fields.Joined("Connection")
	if value == "" || value == "keep-alive" || value == "close" {
		return false
	}
	for option := range strings.SplitSeq(value, ",") {
		option = strings.TrimSpace(option)
		if slices.ContainsFunc(r.Fields, func(name string) bool { return alike(name, option) }) {
			return true
		}
	}
	return false
}

// Sizes bounds the body before any of it is read. Only a multipart body may be
// larger than what is held, where the operation takes files of that size.
type Sizes struct{}

// Run implements sallyport.Step.
func (Sizes) Run(x *sallyport.Exchange) error {
	body := x.Request.Body
	if body == nil {
		return nil
	}
	most := x.Op.MaxBody
	if x.Op.MaxUpload > most && isMultipart(x.Request.Fields) {
		most = x.Op.MaxUpload
	}
	if body.Length > most {
		return problem.Refuse(problem.BodyTooLarge, "The body may be %d bytes long at most.", most)
	}
	body.Limit(most)
	return nil
}

func isMultipart(fields message.Fields) bool {
	const prefix = "multipart/"
	t := fields.Get("Content-Type")
	return len(t) >= len(prefix) && strings.EqualFold(t[:len(prefix)], prefix)
}
