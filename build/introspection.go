package build

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"fmt"

	"sallyport"
	"sallyport/config"
	"sallyport/introspect"
	"sallyport/source"
	"sallyport/stage/identify"
)

// rememberedAnswers is what good answers of one scheme may take, in bytes: some
// tens of thousands of tokens.
const rememberedAnswers = 32 << 20

func (a *apiBuilder) introspection(c *config.Scheme, place identify.Place) (identify.Method, error) {
	i := c.Introspection
	if err := proofsFit(&i.DPoP, place); err != nil {
		return nil, err
	}
	endpoint, name, err := a.introspectionEndpoint(i)
	if err != nil {
		return nil, err
	}
	// Answers are remembered by all that they are judged by, the scheme's name too,
	// which stands in the credential.
	name = fmt.Sprintf("answers %q %q %q %v %s %q %t of %s", c.Name, i.Issuer, i.Audience, i.Cache, i.Skew, claimNames(&i.Claims), i.DPoP.Mode != "off", name)
	memory, err := sallyport.Shared(a.result.Lasting, name, func() (*introspect.Memory[*identify.Introspected], error) {
		return introspect.NewMemory[*identify.Introspected](rememberedAnswers, a.env.Now), nil
	})
	if err != nil {
		return nil, err
	}
	method := &identify.Introspection{
		Endpoint: endpoint, Memory: memory, Scheme: c.Name, Issuer: i.Issuer, Audiences: i.Audience,
		Claims: identify.Claims{Subject: i.Claims.Subject, Tenant: i.Claims.Tenant, Roles: i.Claims.Roles, Scopes: i.Claims.Scopes, Client: i.Claims.Client},
		Keep:   i.Cache.Duration(), Skew: i.Skew.Duration(), In: place, Now: a.env.Now,
	}
	if a.options.Roster != nil {
		method.Revocations = a.options.Roster
	}
	if err := a.bind(method, i); err != nil {
		return nil, err
	}
	a.result.Ready = append(a.result.Ready, Ready{Name: "introspection endpoint of " + i.Issuer, At: i.PositionOf("url"), Check: method.Ready})
	return method, nil
}

// bind has tokens held to what their answer says that they are bound to: the
// certificate (RFC 8705 §3.2) or the key of the client (RFC 9449 §6.2). One that
// is bound in another way is refused.
func (a *apiBuilder) bind(method *identify.Introspection, c *config.Introspection) error {
	if err := a.bindable(c.Bound, c.Place); err != nil {
		return err
	}
	method.Certificate = c.Bound == "certificate"
	var err error
	if method.Binding, err = a.binding(); err == nil {
		method.DPoP, err = a.dpop(&c.DPoP)
	}
	return err
}

func claimNames(c *config.Claims) []any {
	return []any{c.Subject, c.Tenant, c.Scopes, c.Roles, c.Client}
}

// introspectionEndpoint finds the endpoint of an earlier plan again, its circuit
// and connections with it, unless something about it has changed. The name holds
// of secrets and files no more than a hash.
func (a *apiBuilder) introspectionEndpoint(c *config.Introspection) (*introspect.Endpoint, string, error) {
	secure, files, err := a.endpointTLS(c.TLS)
	if err != nil {
		return nil, "", err
	}
	s := introspect.Settings{URL: c.URL.String(), TLS: secure, Timeout: c.Timeout.Duration(), Calls: c.MaxCalls, Now: a.env.Now, Client: introspect.Client{Bearer: c.Bearer.Reveal()}}
	if c.Client != nil {
		s.Client = introspect.Client{ID: c.Client.ID, Secret: c.Client.Secret.Reveal(), Post: c.Client.Method == "post"}
	}
	hidden := sha256.Sum256(fmt.Appendf(files, "%q", []string{s.Client.Secret, s.Client.Bearer}))
	name := fmt.Sprintf("introspection %q %q %v %v %d %x", s.URL, s.Client.ID, s.Client.Post, s.Timeout, s.Calls, hidden)
	endpoint, err := sallyport.Shared(a.result.Lasting, name, func() (*introspect.Endpoint, error) { return introspect.New(s) })
	return endpoint, name, err
}

// endpointTLS reads the files that an endpoint is spoken to with; files is their
// text.
func (a *apiBuilder) endpointTLS(c *config.EndpointTLS) (secure *tls.Config, files []byte, err error) {
	if c == nil {
		return nil, nil, nil
	}
	read := func(key, path string) []byte {
		if path == "" || err != nil {
			return nil
		}
		var text []byte
		if text, err = source.ReadText(path, source.Limits{Bytes: maxPEM}); err != nil {
			err = source.Mistakes{{Position: c.PositionOf(key), Message: err.Error()}}
		}
		a.result.Files = append(a.result.Files, path)
		files = fmt.Appendf(files, "%q", text)
		return text
	}
	roots, certificate, key := read("ca", c.CA), read("certificate", c.Certificate), read("key", c.Key)
	if err != nil {
		return nil, nil, err
	}
	secure = &tls.Config{MinVersion: tls.VersionTLS12}
	if c.CA != "" {
		secure.RootCAs = x509.NewCertPool()
		if !secure.RootCAs.AppendCertsFromPEM(roots) {
			return nil, nil, source.Mistakes{{Position: c.PositionOf("ca"), Message: c.CA + " holds no certificate", Remedy: "it takes certificates as PEM"}}
		}
	}
	if c.Certificate != "" {
		pair, err := tls.X509KeyPair(certificate, key)
		if err != nil {
			return nil, nil, source.Mistakes{{Position: c.PositionOf("certificate"),
				Message: fmt.Sprintf("reading the certificate %s with the key %s: %s", c.Certificate, c.Key, err), Remedy: "it takes both as PEM, and the key of this certificate"}}
		}
		secure.Certificates = []tls.Certificate{pair}
	}
	return secure, files, nil
}
