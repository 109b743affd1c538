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
	// Name is the header, query parameter or cookie. Of a certificate it is "",
	// for one that an authority vouches for, Shown, for any, or FromField.
	Name string
	// Scheme is the authentication scheme in lower case, such as bearer.
	Scheme string
	// Also are further authentication schemes in lower case by which the same
	// credential may be presented, such as dpop beside bearer (RFC 9449 §7.1).
	// Presented tells a method by which of them it was.
	Also []string
}

// Presented is the authentication scheme of the request's Authorization field in
// lower case; "" where it has none.
func Presented(r *message.Request) string {
	scheme, _ := credentials(r.Fields.Get("Authorization"))
	return strings.ToLower(scheme)
}

// same tells whether two places read one thing of a request, so that what the
// one accepts is not wrong for the other. The schemes of Authorization share one
// field: a request can hold credentials of one of them alone.
func (p Place) same(other Place) bool {
	a, b := p.slot(), other.slot()
	return a.In == b.In && (a.Name == b.Name || a.In == "header" && message.EqualName(a.Name, b.Name))
}

// slot is the place without what is read into it: an API key may be declared to
// stand in the header Authorization.
func (p Place) slot() Place {
	if p.In == "authorization" {
		return Place{In: "header", Name: "Authorization"}
	}
	return Place{In: p.In, Name: p.Name}
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

// Challenge is the value of WWW-Authenticate that asks for a credential in this
// place. Scopes and an error code are told for bearer tokens alone: the code of
// a token that was presented and refused (RFC 6750 §3.1), nil if none was.
func (p Place) Challenge(realm string, scopes []string, refused error) string {
	realm = "realm=" + quote(realm)
	switch {
	case p.In == "authorization" && p.Scheme == "basic":
		return "Basic " + realm + `, charset="UTF-8"` // RFC 7617 §2.1
	case p.In == "authorization" && p.Scheme == "bearer":
		return "Bearer " + realm + bearerParameters(scopes, refused)
	case p.In == "authorization":
		return strings.ToUpper(p.Scheme[:1]) + p.Scheme[1:] + " " + realm
	case p.In == "certificate":
		return "Certificate " + realm
	}
	return "ApiKey " + realm + ", in=" + quote(p.In) + ", name=" + quote(p.Name)
}

// bearerParameters are those of RFC 6750 §3 behind the realm.
func bearerParameters(scopes []string, refused error) string {
	var text string
	if refused != nil && !ofProof(refused) {
		text = tokenError(refused)
	}
	if all := strings.Join(scopes, " "); all != "" && quotable(all) {
		text += `, scope="` + all + `"`
	}
	return text
}

// quotable: the characters of a scope (RFC 6750 §3) fit a quoted string.
func quotable(scopes string) bool {
	for i := 0; i < len(scopes); i++ {
		if c := scopes[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// quote makes a quoted string (RFC 9110 §5.6.4).
func quote(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

// Find is what stands in the place, and whether anything does: an empty
// credential is a wrong one and not none. Two of them are refused: the gateway
// and the backend could each believe another one.
func (p Place) Find(r *message.Request) (secret string, present bool, err error) {
	switch p.In {
	case "authorization":
		return p.authorization(r.Fields)
	case "header":
		if r.Fields.Count(p.Name) > 1 {
			return "", true, p.ambiguous()
		}
		return r.Fields.Get(p.Name), r.Fields.Has(p.Name), nil
	case "query":
		return p.only(pairs(r.Query, "&"), url.QueryUnescape)
	case "cookie":
		return p.only(pairs(strings.Join(r.Fields.Values("Cookie"), ";"), ";"), unquoted)
	case "certificate":
		if p.Name == FromField {
			return Place{In: "header", Name: FromField}.Find(r)
		}
		return "presented", p.certified(r), nil
	}
	return "", false, nil
}

// Shown is the Name of a Place for certificates that no authority need vouch for.
const Shown = "shown"

// certified tells whether the client has shown a certificate. One that nobody
// vouches for proves nobody: it may be there for a token that is bound to it
// (RFC 8705 §4), and is no wrong credential.
func (p Place) certified(r *message.Request) bool {
	switch {
	case r.TLS == nil:
		return false
	case p.Name == Shown:
		return len(r.TLS.PeerCertificates) > 0
	}
	return len(r.TLS.VerifiedChains) > 0
}

// authorization reads credentials by RFC 9110 §11.4. A tab behind the scheme,
// where some servers take it for a space, stays: nothing valid begins with it.
func (p Place) authorization(fields message.Fields) (string, bool, error) {
	if fields.Count("Authorization") > 1 {
		return "", true, p.ambiguous()
	}
	scheme, secret := credentials(fields.Get("Authorization"))
	if !p.takes(scheme) {
		return "", false, nil
	}
	return secret, true, nil
}

func (p Place) takes(scheme string) bool {
	if message.EqualName(scheme, p.Scheme) {
		return true
	}
	for _, also := range p.Also {
		if message.EqualName(scheme, also) {
			return true
		}
	}
	return false
}

// credentials cuts the value of an Authorization field in two.
func credentials(value string) (scheme, secret string) {
	end := strings.IndexAny(value, " \t")
	if end < 0 {
		return value, ""
	}
	return value[:end], strings.TrimLeft(value[end:], " ")
}

func (p Place) only(pairs func(func(name, value string) bool), decode func(string) (string, error)) (string, bool, error) {
	secret, count := "", 0
	for name, value := range pairs {
		if p.In == "query" {
			name, _ = url.QueryUnescape(name) // what cannot be decoded is not our name
		}
		if name != p.Name {
			continue
		}
		if count++; count > 1 {
			return "", true, p.ambiguous()
		}
		text, err := decode(value)
		if err != nil {
			return "", true, problem.Refuse(problem.CredentialsInvalid, "The %s parameter %s is not well encoded.", p.In, p.Name)
		}
		secret = text
	}
	return secret, count > 0, nil
}

// unquoted is a cookie's value without the quotes that may stand around it (RFC
// 6265 §4.1.1).
func unquoted(value string) (string, error) {
	if len(value) >= 2 && value[0] == '"' && value[len(value)-1] == '"' {
		return value[1 : len(value)-1], nil
	}
	return value, nil
}

// hasPair tells whether the query has a parameter of that name in any encoding.
func hasPair(query, name string) bool {
	for found := range pairs(query, "&") {
		if strings.ContainsAny(found, "%+") {
			found, _ = url.QueryUnescape(found)
		}
		if found == name {
			return true
		}
	}
	return false
}

// pairs goes through name=value pairs.
func pairs(text, separator string) func(func(name, value string) bool) {
	return func(yield func(name, value string) bool) {
		for pair := range strings.SplitSeq(text, separator) {
			name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
			if !yield(strings.TrimSpace(name), value) {
				return
			}
		}
	}
}

func (p Place) ambiguous() error {
	return problem.Refuse(problem.CredentialsAmbiguous, "The request holds %s more than once.", p)
}
