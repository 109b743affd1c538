// Package admit is the first stage: is this a request with one reading? It
// brings the target and the host into canonical form, holds the sizes that
// need no caller, finds the client's address behind trusted proxies, and
// answers CORS preflights.
//
// It refuses rather than repairs: what a server behind us could read otherwise
// than we do is turned away. RFC 3986 (targets), RFC 9110 §7 and RFC 9112 §3
// (routing and request line), RFC 7239 (Forwarded), the Fetch standard (CORS).
package admit

import (
	"strings"

	"sallyport"
	"sallyport/message"
	"sallyport/problem"
)

// Canonical gives the request its one reading: Path, Query and Host.
type Canonical struct {
	// MaxTarget is the longest request target in bytes; longer is 414.
	MaxTarget int
	// MaxFields is the largest number of header field lines; more is 431.
	MaxFields int
	// MaxFieldBytes is the largest sum of names and values in bytes; more is 431.
	MaxFieldBytes int
}

// Run implements sallyport.Step.
func (c *Canonical) Run(x *sallyport.Exchange) error {
	r := x.Request
	if len(r.Target) > c.MaxTarget {
		return problem.Refuse(problem.TargetTooLong, "The request target may be %d bytes long at most.", c.MaxTarget)
	}
	if err := c.checkFields(x); err != nil {
		return err
	}
	host, err := CanonicalHost(r.Authority)
	if err != nil {
		return err
	}
	target, err := originForm(r)
	if err != nil {
		return err
	}
	path, query, _ := strings.Cut(target, "?")
	if path, err = CanonicalPath(path); err != nil {
		return err
	}
	if err := CheckQuery(query); err != nil {
		return err
	}
	r.Host, r.Path, r.Query = host, path, query
	return nil
}

func (c *Canonical) checkFields(x *sallyport.Exchange) error {
	fields := x.Request.Fields
	if len(fields) > c.MaxFields {
		return problem.Refuse(problem.FieldsTooLarge, "A request may have %d header fields at most.", c.MaxFields)
	}
	size := 0
	for i := range fields {
		size += len(fields[i].Name) + len(fields[i].Value)
	}
	if size > c.MaxFieldBytes {
		return problem.Refuse(problem.FieldsTooLarge, "The header fields may be %d bytes long together at most.", c.MaxFieldBytes)
	}
	if fields.Has("Host") {
		// The door has taken the one Host field out; what is left is a second one.
		return problem.Refuse(problem.RequestMalformed, "A request has one Host field.")
	}
	return nil
}

// originForm is the target as path and query. An absolute target must name the
// host that the Host field names (RFC 9112 §3.2.2): else two servers could
// route the request differently. Its scheme must be the connection's: what is
// said of https was not proved here (RFC 9110 §7.4).
func originForm(r *message.Request) (string, error) {
	if strings.HasPrefix(r.Target, "/") {
		return r.Target, nil
	}
	scheme, rest, ok := strings.Cut(r.Target, "://")
	switch {
	case !ok || !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https"):
		return "", problem.Refuse(problem.RequestMalformed, "The request target must be a path.")
	case !strings.EqualFold(scheme, r.Scheme):
		return "", problem.Refuse(problem.RequestMalformed, "The target's scheme is not that of the connection.")
	}
	i := strings.IndexAny(rest, "/?#")
	if i < 0 {
		i = len(rest)
	}
	if !message.SameAuthority(scheme, rest[:i], r.Authority) {
		return "", problem.Refuse(problem.RequestMalformed, "The target and the Host field name different hosts.")
	}
	if i == len(rest) || rest[i] == '?' {
		return "/" + rest[i:], nil
	}
	return rest[i:], nil
}
