package build

import (
	"fmt"

	"sallyport"
	"sallyport/config"
	"sallyport/jose"
	"sallyport/source"
	"sallyport/stage/identify"
)

func (a *apiBuilder) jwt(c *config.Scheme) (identify.Method, error) {
	j := c.JWT
	keys, err := a.keySource(c)
	if err != nil {
		return nil, err
	}
	verifier := &jose.Verifier{
		Keys: keys, Issuer: j.Issuer, Audiences: j.Audience, Algorithms: j.Algorithms, Types: j.Types,
		Skew: j.Skew.Duration(), RequiredClaims: []string{}, Now: a.env.Now,
	}
	if verifier.Skew == 0 {
		verifier.Skew = -1 // the library's zero is its default
	}
	if err := verifier.Check(); err != nil {
		return nil, err
	}
	cache, err := sallyport.Shared(a.result.Lasting, "verified tokens", func() (*jose.Cache, error) { return jose.NewCache(16 << 10), nil })
	if err != nil {
		return nil, err
	}
	method := &identify.JWT{Verifier: verifier, Cache: cache, Subject: j.Claims.Subject, Tenant: j.Claims.Tenant, Roles: j.Claims.Roles, Scopes: j.Claims.Scopes}
	a.result.Ready = append(a.result.Ready, Ready{Name: "key set of " + j.Issuer, At: j.PositionOf("keys"), Check: method.Ready})
	return method, nil
}

// maxKeySet is the largest file with a key set, in bytes.
const maxKeySet = 1 << 20

// keySource finds a fetched key set of an earlier plan again; a file and a
// secret are read anew.
func (a *apiBuilder) keySource(c *config.Scheme) (jose.Source, error) {
	j := c.JWT
	switch {
	case j.Secret.Reveal() != "":
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
	return nil, source.Mistakes{{Position: j.At, Message: "there are no keys to verify tokens with", Remedy: "name a file or the URL of a JWK set under keys"}}
}
