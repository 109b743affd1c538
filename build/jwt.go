package build

import (
	"fmt"
	"slices"

	"sallyport"
	"sallyport/config"
	"sallyport/jose"
	"sallyport/source"
	"sallyport/stage/identify"
)

// cacheBytes is what verified tokens may take, of all schemes together.
const cacheBytes = 32 << 20

func (a *apiBuilder) jwt(c *config.Scheme, place identify.Place) (identify.Method, error) {
	if place.In == "authorization" && place.Scheme != "bearer" && place.Scheme != "dpop" {
		return nil, fmt.Errorf("a token is presented as Bearer, the document declares the HTTP scheme %s", place.Scheme)
	}
	var issuers []*identify.Issuer
	for i := range c.JWT {
		j := &c.JWT[i]
		if err := proofsFit(&j.DPoP, place); err != nil {
			return nil, err
		}
		issuer, err := a.issuer(j)
		if err != nil {
			return nil, err
		}
		issuers = append(issuers, issuer)
		a.result.Ready = append(a.result.Ready, Ready{Name: "key set of " + j.Issuer, At: j.PositionOf("keys"), Check: issuer.Ready})
	}
	cache, err := sallyport.Shared(a.result.Lasting, "verified tokens", func() (*jose.Cache, error) { return jose.NewCache(cacheBytes), nil })
	if err != nil {
		return nil, err
	}
	method, err := identify.NewJWT(c.Name, place, cache, issuers...)
	if err != nil {
		return nil, err
	}
	if a.options.Roster != nil {
		method.Revocations = a.options.Roster
	}
	method.Binding, err = a.binding()
	return method, err
}

// binding is one for all schemes: it remembers nothing but certificates.
func (a *apiBuilder) binding() (*identify.Binding, error) {
	return sallyport.Shared(a.result.Lasting, "thumbprints of certificates", func() (*identify.Binding, error) { return identify.NewBinding(16 << 10), nil })
}

// bindable is a mistake where tokens must be bound to a certificate and no client
// is asked for one.
func (a *apiBuilder) bindable(bound string, place config.Place) error {
	if bound == "" || a.showsCertificates() {
		return nil
	}
	return source.Mistakes{{Position: place.PositionOf("bound"), Message: "no listener asks clients for certificates", Remedy: "give one tls.client_ca, or client_certificates: any"}}
}

// showsCertificates tells whether any listener asks clients for certificates,
// verified or not.
func (b *builder) showsCertificates() bool {
	return slices.ContainsFunc(b.config.Listen, func(l config.Listener) bool { return l.TLS != nil && l.TLS.ClientCertificates != "" })
}

// proofsFit holds what the configuration says of proofs to where the document
// says that tokens stand.
func proofsFit(c *config.DPoP, place identify.Place) error {
	at, remedy, says := c.PositionOf("mode"), "", ""
	switch {
	case place.In != "authorization" && c.Mode != "off":
		says, remedy = "tokens with proofs of possession stand in Authorization (RFC 9449 §7.1), the document declares "+place.String(), "remove dpop"
	case place.Scheme == "dpop" && c.Mode != "required":
		says, remedy = "the document declares the HTTP scheme dpop, by which every token has a proof", "write dpop: required"
	default:
		return nil
	}
	return source.Mistakes{{Position: at, Message: says, Remedy: remedy}}
}

// dpop is nil where no proofs are taken. What was seen outlives the plan: a
// reload must not make a proof new again.
func (a *apiBuilder) dpop(c *config.DPoP) (*identify.DPoP, error) {
	if c.Mode == "off" {
		return nil, nil
	}
	seen, err := sallyport.Shared(a.result.Lasting, "proofs of possession", func() (*identify.Replays, error) { return identify.NewReplays(), nil })
	if err != nil {
		return nil, err
	}
	d := &identify.DPoP{Required: c.Mode == "required", Algorithms: c.Algorithms, Window: c.Window.Duration(), Replays: seen, Now: a.env.Now}
	if c.Nonce {
		d.Nonces, err = sallyport.Shared(a.result.Lasting, "nonces for proofs", func() (*identify.Nonces, error) { return identify.NewNonces(nil), nil })
	}
	return d, err
}

func (a *apiBuilder) issuer(j *config.JWT) (*identify.Issuer, error) {
	if err := a.bindable(j.Bound, j.Place); err != nil {
		return nil, err
	}
	keys, err := a.keySource(j)
	if err != nil {
		return nil, err
	}
	verifier := &jose.Verifier{
		Keys: keys, Issuer: j.Issuer, Audiences: j.Audience, Algorithms: j.Algorithms, Types: j.Types,
		Skew: j.Skew.Duration(), MaxLifetime: j.Lifetime.Duration(), RequiredClaims: []string{}, Now: a.env.Now,
	}
	if verifier.Skew == 0 {
		verifier.Skew = -1 // the library's zero is its default
	}
	if j.Profile == "at+jwt" {
		verifier.Types = []string{"at+jwt"}                                  // RFC 9068 §4
		verifier.RequiredClaims = []string{"sub", "client_id", "iat", "jti"} // §2.2, beside iss, exp and aud
	}
	claims := identify.Claims{Subject: j.Claims.Subject, Tenant: j.Claims.Tenant, Roles: j.Claims.Roles, Scopes: j.Claims.Scopes, Client: j.Claims.Client}
	proofs, err := a.dpop(&j.DPoP)
	return &identify.Issuer{Verifier: verifier, Claims: claims, Certificate: j.Bound == "certificate", DPoP: proofs}, err
}

// maxKeySet is the largest file with a key set, in bytes.
const maxKeySet = 1 << 20

// keySource finds a fetched key set of an earlier plan again; a file and a
// secret are read anew.
func (a *apiBuilder) keySource(j *config.JWT) (jose.Source, error) {
	switch {
	case j.Secret.Reveal() != "":
		if n := len(j.Secret.Reveal()); n < j.SecretBytes() { // of the store, or the configuration would say so
			return nil, source.Mistakes{{Position: j.PositionOf("secret"), Message: fmt.Sprintf("the secret has %d bytes; the algorithm needs %d", n, j.SecretBytes()), Remedy: "put a longer, random one into the store"}}
		}
		return jose.SecretKeys(j.Secret.Reveal())
	case j.Keys.File != "":
		text, err := source.ReadText(j.Keys.File, source.Limits{Bytes: maxKeySet})
		if err != nil {
			return nil, source.Mistakes{{Position: j.PositionOf("keys"), Message: err.Error()}}
		}
		a.result.Files = append(a.result.Files, j.Keys.File)
		keys, err := jose.ParseKeys(text)
		if err != nil {
			return nil, source.Mistakes{{Position: j.PositionOf("keys"), Message: fmt.Sprintf("%s: %s", j.Keys.File, err)}}
		}
		if keys.Len() == 0 {
			return nil, source.Mistakes{{Position: j.PositionOf("keys"), Message: fmt.Sprintf("%s holds no key that could verify a token", j.Keys.File)}}
		}
		return keys, nil
	case j.Keys.URL.Host != "":
		return sallyport.Shared(a.result.Lasting, "keys "+j.Keys.URL.String(), func() (*jose.Remote, error) {
			remote := &jose.Remote{URL: j.Keys.URL.String(), Now: a.env.Now}
			return remote, remote.Check()
		})
	}
	return sallyport.Shared(a.result.Lasting, "keys of issuer "+j.Issuer, func() (*jose.Remote, error) {
		remote := &jose.Remote{Issuer: j.Issuer, Now: a.env.Now}
		return remote, remote.Check()
	})
}
