package build

import (
	"context"
	"crypto/x509"
	"fmt"
	"net/netip"
	"slices"

	"sallyport"
	"sallyport/clientcert"
	"sallyport/config"
	"sallyport/source"
	"sallyport/stage/forward"
	"sallyport/stage/identify"
)

func (a *apiBuilder) certificate(c *config.Scheme) (identify.Method, error) {
	part := clientcert.Part(c.Certificate.By)
	settings := identify.Certificates{Part: part, Holders: make(map[string]*sallyport.Credential), Now: a.env.Now}
	for i := range c.Certificate.Consumers {
		h := &c.Certificate.Consumers[i]
		settings.Holders[h.Name] = &sallyport.Credential{
			Scheme: c.Name, Kind: "certificate", ID: "certificate:" + h.Consumer, Consumer: h.Consumer, Tenant: h.Tenant, Scopes: h.Scopes, Roles: h.Roles,
		}
		if _, err := identify.NewCertificate(identify.Certificates{Part: part, Holders: map[string]*sallyport.Credential{h.Name: {}}}); err != nil {
			return nil, source.Mistakes{{Position: h.At, Message: fmt.Sprintf("%q cannot be the %s of a certificate: %s", h.Name, c.Certificate.By, err)}}
		}
	}
	var err error
	if settings.Authorities, err = a.authorities(c.Certificate); err != nil {
		return nil, err
	}
	if c.Certificate.Store {
		settings.Consumers = a.consumers()
	}
	if c.Certificate.From == "client_cert_field" {
		return a.certificateField(c.Certificate, settings)
	}
	if !a.verifies() {
		return nil, source.Mistakes{{Position: c.Certificate.At, Message: "no listener verifies certificates of clients", Remedy: "give one tls.client_ca"}}
	}
	return identify.NewCertificate(settings)
}

func (a *apiBuilder) certificateField(c *config.Certificate, settings identify.Certificates) (identify.Method, error) {
	var proxies []netip.Prefix
	for _, p := range a.builder.config.TrustedProxies {
		proxies = append(proxies, p.Prefix)
	}
	if len(proxies) == 0 {
		return nil, source.Mistakes{{Position: c.PositionOf("from"), Message: "no proxy is trusted that could tell of certificates", Remedy: "name it under trusted_proxies"}}
	}
	return identify.NewCertificateField(settings, proxies)
}

// consumers are the store's.
func (a *apiBuilder) consumers() identify.Consumers {
	if a.options.Roster != nil {
		return a.options.Roster
	}
	return noStore{}
}

// Consumer implements identify.Consumers.
func (noStore) Consumer(context.Context, string) (*sallyport.Credential, error) {
	return nil, errNoStore
}

func (a *apiBuilder) authorities(c *config.Certificate) ([]*x509.Certificate, error) {
	var all []*x509.Certificate
	for i, file := range c.CA {
		text, err := source.ReadText(file, source.Limits{Bytes: clientcert.MaxAuthorities})
		var some []*x509.Certificate
		if err == nil {
			some, err = clientcert.ParseAuthorities(text)
		}
		if err != nil {
			return nil, source.Mistakes{{Position: c.PositionOf(fmt.Sprintf("ca/%d", i)), Message: fmt.Sprintf("reading the authorities in %s: %s", file, err)}}
		}
		a.result.Files = append(a.result.Files, file)
		all = append(all, some...)
	}
	return all, nil
}

// verifies tells whether any listener verifies certificates of clients.
func (b *builder) verifies() bool {
	return slices.ContainsFunc(b.config.Listen, func(l config.Listener) bool { return l.TLS.VerifiesClients() })
}

// demandCertificates points at listeners over which an operation could never be
// asked for: each alternative of its security needs a certificate, and the
// listener verifies none.
func (o *operationBuilder) demandCertificates(security *identify.Security) {
	if o.used["certificates"] {
		return // it was said already
	}
	for _, alternative := range security.Alternatives {
		if !slices.ContainsFunc(alternative, func(r identify.Requirement) bool { _, is := r.Scheme.Method.(*identify.Certificate); return is }) {
			return
		}
	}
	o.used["certificates"] = true
	for i := range o.builder.config.Listen {
		if l := &o.builder.config.Listen[i]; !l.Redirect && !l.TLS.VerifiesClients() {
			o.mistakes.Add(l.At, "give it tls.client_ca, or take the listener away",
				"the operation %s needs a client certificate, and this listener verifies none", o.declared.ID)
		}
	}
}

// prepareCertificates has the backend told the certificates of clients.
func (a *apiBuilder) prepareCertificates() {
	tells := a.config.Caller.ClientCert
	if tells == "off" || tells == "" {
		return
	}
	if !a.verifies() {
		a.mistakes.Add(a.config.Caller.PositionOf("client_cert"), "give a listener tls.client_ca", "no listener verifies certificates of clients that the backend could be told")
	}
	a.certificates = forward.NewCertificates(tells == "chain")
}
