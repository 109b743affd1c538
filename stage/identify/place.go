package identify

import (
	"net/url"
	"strings"

	"sallyport/message"
	"sallyport/problem"
)

// Place is where a scheme's credential stands in a request.
type Place struct {
	// In is header, query, cookie, or authorization for an HTTP authentication
	// scheme (RFC 9110 §11.4).
	In string
	// Name is the header, query parameter or cookie.
	Name string
	// Scheme is the authentication scheme in lower case, such as bearer.
	Scheme string
}

// String says for a person what stands there.
func (p Place) String() string {
	switch p.In {
	case "authorization":
		if p.Scheme == "bearer" {
			return "a bearer token in Authorization"
		}
		return "credentials of scheme " + p.Scheme + " in Authorization"
	case "certificate":
		return "a client certificate"
	}
	return "a key in the " + p.In + " " + p.Name
}

func (p Place) challenge(realm string) string {
	realm = `realm="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(realm) + `"`
	switch {
	case p.In == "authorization" && p.Scheme == "bearer":
		return "Bearer " + realm
	case p.In == "authorization" && p.Scheme == "basic":
		return `Basic ` + realm + `, charset="UTF-8"` // RFC 7617 §2.1
	case p.In == "authorization":
		return strings.ToUpper(p.Scheme[:1]) + p.Scheme[1:] + " " + realm
	case p.In == "certificate":
		return "Certificate " + realm
	}
	return `ApiKey ` + realm + `, in="` + p.In + `", name="` + p.Name + `"`
}

// Find is what stands in the place, or "". Two of them are refused: the
// gateway and the backend could each believe another one.
func (p Place) Find(r *message.Request) (string, error) {
	switch p.In {
	case "authorization":
		if r.Fields.Count("Authorization") > 1 {
			return "", p.ambiguous()
		}
		scheme, rest, ok := strings.Cut(r.Fields.Get("Authorization"), " ")
		if !ok || !strings.EqualFold(scheme, p.Scheme) {
			return "", nil
		}
		return strings.TrimLeft(rest, " "), nil
	case "header":
		if r.Fields.Count(p.Name) > 1 {
			return "", p.ambiguous()
		}
		return r.Fields.Get(p.Name), nil
	case "query":
		return p.only(pairs(r.Query, "&"), url.QueryUnescape)
	case "cookie":
		return p.only(pairs(strings.Join(r.Fields.Values("Cookie"), ";"), ";"), func(v string) (string, error) { return strings.Trim(v, `"`), nil })
	case "certificate":
		if r.TLS != nil && len(r.TLS.PeerCertificates) > 0 {
			return "presented", nil
		}
	}
	return "", nil
}

func (p Place) only(pairs func(func(name, value string) bool), decode func(string) (string, error)) (string, error) {
	secret, count := "", 0
	for name, value := range pairs {
		if p.In == "query" {
			name, _ = url.QueryUnescape(name) // what cannot be decoded is not our name
		}
		if name != p.Name {
			continue
		}
		if count++; count > 1 {
			return "", p.ambiguous()
		}
		text, err := decode(value)
		if err != nil {
			return "", problem.Refuse(problem.CredentialsInvalid, "The %s parameter %s is not well encoded.", p.In, p.Name)
		}
		secret = text
	}
	return secret, nil
}

// pairs goes through name=value pairs.
func pairs(text, separator string) func(func(name, value string) bool) {
	return func(yield func(name, value string) bool) {
		for pair := range strings.SplitSeq(text, separator) {
			name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
			if !yield(name, value) {
				return
			}
		}
	}
}

func (p Place) ambiguous() error {
	return problem.Refuse(problem.CredentialsAmbiguous, "The request holds %s more than once.", p)
}
