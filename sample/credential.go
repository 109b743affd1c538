package sample

import (
	"slices"
	"strings"

	"sallyport/openapi"
)

// credential is a secret in the place where its scheme has it.
type credential struct {
	in, name, value string
	scheme          *openapi.SecurityScheme
}

// credentials are those of the first alternative of which every scheme has a
// secret. The error says that there is none.
func (g *Generator) credentials(op *openapi.Operation) ([]credential, error) {
	if g.options.Credential == nil || len(op.Security) == 0 {
		return nil, nil
	}
next:
	for _, alternative := range op.Security {
		var all []credential
		for _, r := range alternative {
			scheme := g.document.Schemes[r.Scheme]
			if scheme == nil {
				continue next
			}
			secret := g.options.Credential(scheme)
			c, ok := placed(scheme, secret)
			if secret == "" || !ok {
				continue next
			}
			for _, other := range all {
				if other.sharesField(c) && other.value != c.value {
					continue next // a field has one value
				}
			}
			if !slices.ContainsFunc(all, c.sharesField) {
				all = append(all, c)
			}
		}
		return all, nil
	}
	return nil, impossible(op.SecurityAt, "no alternative of its security can be met: a scheme has no secret, or two stand in one field")
}

// sharesField tells whether both stand in one place: two schemes of OAuth read
// the same token.
func (c credential) sharesField(other credential) bool {
	return c.in == other.in && (c.name == other.name || c.in == "header" && strings.EqualFold(c.name, other.name))
}

// placed is a secret in its place (OpenAPI: Security Scheme Object); a client
// certificate has none in a request.
func placed(s *openapi.SecurityScheme, secret string) (credential, bool) {
	switch s.Type {
	case "apiKey":
		return credential{s.In, s.Parameter, secret, s}, true
	case "http":
		return credential{"header", "Authorization", strings.ToUpper(s.HTTPScheme[:min(1, len(s.HTTPScheme))]) + s.HTTPScheme[min(1, len(s.HTTPScheme)):] + " " + secret, s}, true
	case "oauth2", "openIdConnect":
		return credential{"header", "Authorization", "Bearer " + secret, s}, true // RFC 6750 §2.1
	}
	return credential{}, false
}

// takenBySecret tells whether a credential stands where a parameter would.
func (d *draft) takenBySecret(p *openapi.Parameter) bool {
	for _, c := range d.secret {
		if c.in == p.In && (c.name == p.Name || c.in == "header" && strings.EqualFold(c.name, p.Name)) {
			return true
		}
	}
	return false
}
