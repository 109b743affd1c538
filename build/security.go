package build

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"sallyport"
	"sallyport/config"
	"sallyport/openapi"
	"sallyport/problem"
	"sallyport/source"
	"sallyport/stage/authorize"
	"sallyport/stage/identify"
)

// identifySchemes makes every scheme of the document that the configuration
// says how to check.
func (a *apiBuilder) identifySchemes() map[string]*identify.Scheme {
	schemes, roles := make(map[string]*identify.Scheme), a.roles()
	for i := range a.config.Identify {
		c := &a.config.Identify[i]
		declared := a.document.Schemes[c.Name]
		if declared == nil {
			continue // unused() says so
		}
		place, err := placeOf(declared)
		if c.Unchecked && place.In == "certificate" {
			place.Name = identify.Shown
		}
		if c.Certificate != nil && c.Certificate.From == "client_cert_field" {
			place.Name = identify.FromField
		}
		var method identify.Method
		if err == nil && !c.Unchecked {
			err = checkable(place)
		}
		if err == nil {
			method, err = a.method(c, place)
		}
		if err != nil {
			a.wrong(c.At, "", err)
			a.used["scheme "+c.Name] = true // it says something, if not the right thing
			continue
		}
		if tokens, ok := method.(interface{ Place() identify.Place }); ok {
			place = tokens.Place()
		}
		schemes[c.Name] = &identify.Scheme{Name: c.Name, Place: place, Method: method, Roles: roles}
		if err := a.watch(schemes[c.Name]); err != nil {
			a.wrong(c.At, "", err)
		}
	}
	return schemes
}

// placeOf is where the credential of a scheme stands (OpenAPI: Security Scheme Object).
func placeOf(s *openapi.SecurityScheme) (identify.Place, error) {
	switch s.Type {
	case "apiKey":
		return identify.Place{In: s.In, Name: s.Parameter}, nil
	case "http":
		return identify.Place{In: "authorization", Scheme: s.HTTPScheme}, nil
	case "oauth2", "openIdConnect":
		return identify.Place{In: "authorization", Scheme: "bearer"}, nil // RFC 6750 §2.1
	case "mutualTLS":
		return identify.Place{In: "certificate"}, nil
	}
	return identify.Place{}, fmt.Errorf("the type %q of security scheme %s is not known", s.Type, s.Name)
}

// checkable refuses the HTTP schemes that nothing here can check, such as digest
// and hoba: their challenges hold what only the server that checks them knows.
func checkable(place identify.Place) error {
	if place.In != "authorization" || place.Scheme == "bearer" || place.Scheme == "basic" || place.Scheme == "dpop" {
		return nil
	}
	return fmt.Errorf("credentials of the HTTP scheme %s are not checked here, only bearer, basic and dpop are: leave the scheme to the backend with unchecked: true, or take it out of the document", place.Scheme)
}

func (a *apiBuilder) method(c *config.Scheme, place identify.Place) (identify.Method, error) {
	if l, ok := a.local(); ok && l.Methods[c.Name] != nil {
		return l.Methods[c.Name], nil
	}
	switch {
	case c.Unchecked:
		return identify.Unchecked{}, nil
	case c.Certificate != nil && place.In != "certificate":
		return nil, errors.New("certificate is for schemes of type mutualTLS")
	case place.In == "certificate" && c.Certificate == nil:
		return nil, errors.New("a scheme of type mutualTLS is checked by certificate")
	case c.Certificate != nil:
		return a.certificate(c)
	case c.JWT != nil:
		return a.jwt(c, place)
	case c.Introspection != nil:
		if place.In == "authorization" && place.Scheme != "bearer" && place.Scheme != "dpop" {
			return nil, fmt.Errorf("a token is presented as Bearer, the document declares the HTTP scheme %s", place.Scheme)
		}
		return a.introspection(c, place)
	case c.Key != nil:
		if place.In == "authorization" && place.Scheme != "bearer" {
			return nil, fmt.Errorf("a key is presented as Bearer or in a field of its own, the document declares the HTTP scheme %s", place.Scheme)
		}
		return a.keys(c), nil
	case c.Basic != nil:
		if place.In != "authorization" || place.Scheme != "basic" {
			return nil, fmt.Errorf("a username and a password are presented as Basic, the document declares %s", place)
		}
		return a.basic(c)
	}
	return nil, errors.New("the scheme does not say how it is checked")
}

// identify places the document's security (OpenAPI: Security Requirement Object).
func (o *operationBuilder) identify() {
	d := o.declared
	if !d.SecurityDeclared && !o.public() {
		o.mistakes.Add(d.At, "add security, or security: [] to make it public, or name it under public (--public)", "the operation %s has no security", d.ID)
		return
	}
	if o.open() {
		at := d.SecurityAt
		if !d.SecurityDeclared {
			at = o.config.PositionOf("public")
		}
		o.unenforced(annotation(at, "identify: the operation is public"))
		return
	}
	security := &identify.Security{Realm: o.config.Name, QueryToken: o.declaresQueryToken()}
	var controls []sallyport.Control
	for _, alternative := range d.Security {
		var requirements []identify.Requirement
		for _, r := range alternative {
			scheme := o.schemes[r.Scheme]
			if scheme == nil {
				o.missingScheme(r)
				return
			}
			requirement := identify.Requirement{Scheme: scheme}
			if o.scoped(r.Scheme) {
				requirement.Scopes = r.Scopes
			}
			requirements = append(requirements, requirement)
			o.caution(r, scheme)
		}
		if a, b := crowded(requirements); a != nil {
			o.fault(alternative[0].At, fmt.Errorf("%s and %s both stand in the one Authorization field: no request can hold both", a.Name, b.Name))
			return
		}
		security.Alternatives = append(security.Alternatives, requirements)
		says := describe(alternative, o.schemes)
		if len(controls) > 0 {
			says = "or " + says
		}
		controls = append(controls, enforced(d.SecurityAt, "%s", says))
	}
	o.demandCertificates(security)
	o.guardAgainstGuessing(security)
	o.place(sallyport.Identify, "security", security, controls...)
}

// caution says what a scheme leaves open, whoever checks it.
func (o *operationBuilder) caution(r openapi.Requirement, scheme *identify.Scheme) {
	place := scheme.Place
	if _, left := scheme.Method.(identify.Unchecked); left {
		o.unenforced(annotation(r.At, "identify: %s is left to the backend", place))
		if checkable(place) != nil {
			o.unenforced(annotation(r.At, "identify: who comes without %s is answered here, and never learns the backend's own challenge", place))
		}
	}
	switch {
	case place.In == "query":
		o.unenforced(annotation(r.At, "identify: %s stands in URLs, which browsers keep and proxies before the gateway log", place))
	case place.In == "cookie" && !safe(o.declared.Method):
		o.unenforced(annotation(r.At, "identify: browsers send %s with requests that pages of strangers make: nothing here tells those apart, SameSite on the cookie does", place))
	}
}

// safe are the methods that change nothing (RFC 9110 §9.2.1).
func safe(method string) bool {
	return slices.Contains([]string{"GET", "HEAD", "OPTIONS", "TRACE", "QUERY"}, method)
}

// declaresQueryToken tells whether the document has a query parameter
// access_token for the operation, be it a key's or any other.
func (o *operationBuilder) declaresQueryToken() bool {
	const name = "access_token"
	return slices.ContainsFunc(o.declared.Parameters, func(p *openapi.Parameter) bool { return p.In == "query" && p.Name == name }) ||
		slices.ContainsFunc(o.declared.Security, func(alternative openapi.Alternative) bool {
			return slices.ContainsFunc(alternative, func(r openapi.Requirement) bool {
				s := o.document.Schemes[r.Scheme]
				return s != nil && s.Type == "apiKey" && s.In == "query" && s.Parameter == name
			})
		})
}

// querySecrets are the query parameters in which the document, or RFC 6750 §2.3,
// has credentials.
func (a *apiBuilder) querySecrets() []string {
	names := []string{"access_token"}
	for _, s := range a.document.Schemes {
		if s.Type == "apiKey" && s.In == "query" {
			names = append(names, s.Parameter)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// crowded finds two schemes of one alternative that need the Authorization
// field for different HTTP schemes: a request has one such field (RFC 9110 §11.6.2).
func crowded(requirements []identify.Requirement) (a, b *identify.Scheme) {
	for _, r := range requirements {
		if p := r.Scheme.Place; p.In != "authorization" {
			continue
		} else if a == nil {
			a = r.Scheme
		} else if a.Place.Scheme != p.Scheme {
			return a, r.Scheme
		}
	}
	return nil, nil
}

func (o *operationBuilder) public() bool {
	return slices.ContainsFunc(o.config.Public, func(g config.Glob) bool { return g.Match(o.declared.ID) })
}

// open tells that no alternative asks for anything.
func (o *operationBuilder) open() bool {
	return !slices.ContainsFunc(o.declared.Security, func(alternative openapi.Alternative) bool { return len(alternative) > 0 })
}

// missingScheme says once for a scheme that nothing is known about it.
func (o *operationBuilder) missingScheme(r openapi.Requirement) {
	if o.used["scheme "+r.Scheme] {
		return
	}
	o.used["scheme "+r.Scheme] = true
	at, remedy := o.config.PositionOf("identify"), "add identify."+r.Scheme+" with jwt, introspection, key, basic, or unchecked: true"
	if place, err := placeOf(o.document.Schemes[r.Scheme]); err == nil && checkable(place) != nil {
		o.mistakes.Add(o.document.Schemes[r.Scheme].At, "", "%s", checkable(place))
		return
	}
	if at.Line == 0 { // the configuration came as flags
		remedy = fmt.Sprintf("give --jwt %[1]s=ISSUER,AUDIENCE,JWKS or --keys %[1]s=FILE, or leave it to the backend with --unchecked %[1]s", r.Scheme)
	}
	o.mistakes.Add(at, remedy,
		"nothing says how credentials of %s are checked, which %s asks for", r.Scheme, r.At)
}

// scoped tells whether what a requirement lists are scopes; for other schemes
// they are roles (OpenAPI 3.1: Security Requirement Object).
func (a *apiBuilder) scoped(scheme string) bool {
	s := a.document.Schemes[scheme]
	return s.Type == "oauth2" || s.Type == "openIdConnect"
}

func describe(alternative openapi.Alternative, schemes map[string]*identify.Scheme) string {
	if len(alternative) == 0 {
		return "nobody"
	}
	var all []string
	for _, r := range alternative {
		all = append(all, r.Scheme+" ("+schemes[r.Scheme].Place.String()+", "+how(schemes[r.Scheme].Method)+")")
	}
	return strings.Join(all, " and ")
}

func how(m identify.Method) string {
	switch m := m.(type) {
	case *identify.JWT:
		var all []string
		for _, i := range m.Issuers() {
			all = append(all, "JWT of "+i.Verifier.Issuer+" for "+strings.Join(i.Verifier.Audiences, " or ")+boundBy(i.DPoP))
		}
		return strings.Join(all, ", or ")
	case *identify.CertificateField:
		return m.Says() + ", told by a proxy"
	case *identify.Certificate:
		return m.Says()
	case *identify.Introspection:
		return "tokens that " + m.Issuer + " says are active for " + cmp.Or(strings.Join(m.Audiences, " or "), "any audience") + boundBy(m.DPoP)
	case *identify.Key:
		return keysOf(m)
	case *identify.Basic:
		return passwordsOf(m)
	}
	return "unchecked"
}

// boundBy says whether tokens are bound to a key.
func boundBy(d *identify.DPoP) string {
	switch {
	case d == nil:
		return ""
	case d.Required:
		return ", bound to a key (DPoP)"
	}
	return ", bound to a key (DPoP) or to nothing"
}

// authorize places the scopes and roles that the document requires.
func (o *operationBuilder) authorize() {
	step := &authorize.Scopes{Challenge: insufficient(o.config.Name, o.schemes)}
	var controls []sallyport.Control
	for _, alternative := range o.declared.Security {
		var requirements []authorize.Requirement
		for _, r := range alternative {
			requirements = append(requirements, authorize.Requirement{Scheme: r.Scheme, Scopes: r.Scopes, Roles: !o.scoped(r.Scheme)})
			if len(r.Scopes) == 0 {
				continue
			}
			what := "scopes"
			if !o.scoped(r.Scheme) {
				what = "roles"
			}
			says := fmt.Sprintf("%s of %s: %s", what, r.Scheme, strings.Join(r.Scopes, ", "))
			if s := o.schemes[r.Scheme]; s != nil {
				if _, left := s.Method.(identify.Unchecked); left {
					o.unenforced(annotation(r.At, "authorize: %s are left to the backend", says))
					continue
				}
			}
			controls = append(controls, enforced(r.At, "%s", says))
		}
		step.Required = append(step.Required, requirements)
	}
	if len(controls) > 0 {
		o.place(sallyport.Authorize, "scopes", step, controls...)
	}
}

// insufficient has the schemes say how credentials with more scopes are asked for.
func insufficient(realm string, schemes map[string]*identify.Scheme) func([]*authorize.Requirement, *problem.Refusal) {
	return func(lacking []*authorize.Requirement, refusal *problem.Refusal) {
		var requirements []identify.Requirement
		for _, r := range lacking {
			requirements = append(requirements, identify.Requirement{Scheme: schemes[r.Scheme], Scopes: r.Scopes})
		}
		identify.Insufficient(realm, requirements, refusal)
	}
}

// WaitReady asks for everything that must answer before the plan may serve.
func (r *Result) WaitReady(ctx context.Context) error {
	var mistakes source.Mistakes
	for _, ready := range r.Ready {
		if err := ready.Check(ctx); err != nil {
			mistakes.Add(ready.At, "it must answer before the gateway serves", "%s: %s", ready.Name, err)
		}
	}
	return mistakes.Err()
}
