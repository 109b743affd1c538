package serve

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"sallyport/clientcert"
	"sallyport/config"
	"sallyport/message"
	"sallyport/problem"
	"sallyport/source"
)

// clients are whose certificates a listener takes. They are judged in the
// handshake, when a session is resumed, and with each request: what was trusted
// when a connection began may have been revoked since.
type clients struct {
	files *config.TLS
	now   func() time.Time
	count func(error) // of each certificate that is refused
	tell  func(error) // of one that is refused in the handshake, which leaves no other line
	trust atomic.Pointer[clientcert.Trust]
}

// read reads authorities and revocation lists, and returns what puts them in
// place. All errors are source.Mistakes.
func (c *clients) read(now time.Time) (take func(), err error) {
	if !c.files.VerifiesClients() {
		return func() {}, nil
	}
	authorities, err := c.readAuthorities()
	if err != nil {
		return nil, err
	}
	lists, err := c.readLists(now)
	if err != nil {
		return nil, err
	}
	trust, err := clientcert.NewTrust(authorities, lists, c.files.AcceptStaleCRL)
	if err != nil {
		return nil, c.mistake("client_crl", "each authority of client_ca needs its list", err)
	}
	return func() { c.trust.Store(trust) }, nil
}

func (c *clients) readAuthorities() ([]*x509.Certificate, error) {
	var all []*x509.Certificate
	for i, file := range c.files.ClientCA {
		text, err := source.ReadText(file, source.Limits{Bytes: clientcert.MaxAuthorities})
		if err == nil {
			var some []*x509.Certificate
			some, err = clientcert.ParseAuthorities(text)
			all = append(all, some...)
		}
		if err != nil {
			return nil, c.mistake(fmt.Sprintf("client_ca/%d", i), "it takes certificates of authorities as PEM", fmt.Errorf("reading the authorities in %s: %w", file, err))
		}
	}
	return all, nil
}

// readLists refuses a list that is out of date: at a start and in a reload
// somebody is there to hear of it.
func (c *clients) readLists(now time.Time) ([]*clientcert.List, error) {
	var all []*clientcert.List
	for i, file := range c.files.ClientCRL {
		key := fmt.Sprintf("client_crl/%d", i)
		text, err := source.ReadText(file, source.Limits{Bytes: clientcert.MaxList})
		var some []*clientcert.List
		if err == nil {
			some, err = clientcert.ParseLists(text)
		}
		if err != nil {
			return nil, c.mistake(key, "", fmt.Errorf("reading the revocation list %s: %w", file, err))
		}
		for _, l := range some {
			switch {
			case !now.Before(l.NextUpdate) && !c.files.AcceptStaleCRL:
				return nil, c.mistake(key, "give the new one, or say accept_stale_crl: true", fmt.Errorf("the revocation list %s of %s was to be renewed on %s", file, l.Issuer, l.NextUpdate.Format(time.RFC3339)))
			case now.Before(l.ThisUpdate):
				return nil, c.mistake(key, "wait, or look at the clock", fmt.Errorf("the revocation list %s of %s is not valid before %s", file, l.Issuer, l.ThisUpdate.Format(time.RFC3339)))
			}
		}
		all = append(all, some...)
	}
	return all, nil
}

func (c *clients) mistake(key, remedy string, err error) error {
	return source.Mistakes{{Position: c.files.PositionOf(key), Message: err.Error(), Remedy: remedy}}
}

// ask adds to the configuration of a listener what is asked of its clients.
func (c *clients) ask(base *tls.Config) *tls.Config {
	switch c.files.ClientCertificates {
	case "":
		return base
	case "any":
		base.ClientAuth = tls.RequestClientCert
		return base
	case "optional":
		base.ClientAuth = tls.VerifyClientCertIfGiven
	default:
		base.ClientAuth = tls.RequireAndVerifyClientCert
	}
	base.VerifyConnection = c.verify
	base.GetConfigForClient = c.newest(base)
	return base
}

// newest has each handshake know the authorities of the moment. The keys of
// session tickets stay those of the base, so that a reload costs nobody a new
// handshake.
func (c *clients) newest(base *tls.Config) func(*tls.ClientHelloInfo) (*tls.Config, error) {
	type asking struct {
		trust  *clientcert.Trust
		config *tls.Config
	}
	var current atomic.Pointer[asking]
	plain := base.Clone()
	return func(*tls.ClientHelloInfo) (*tls.Config, error) {
		trust := c.trust.Load()
		held := current.Load()
		if held == nil || held.trust != trust {
			held = &asking{trust, plain.Clone()}
			held.config.ClientCAs = trust.Pool
			current.Store(held)
		}
		return held.config, nil
	}
}

// verify is asked at the end of each handshake, that of a resumed session too,
// which brings the chains that were verified when it began.
func (c *clients) verify(state tls.ConnectionState) error {
	if len(state.PeerCertificates) == 0 {
		return nil // where one is required, crypto/tls has refused
	}
	_, err := c.trust.Load().Check(state.VerifiedChains, c.now())
	if err != nil {
		c.tell(err)
	}
	return err
}

// vet judges the certificate of a request's connection anew; nil where none is
// verified.
func (c *clients) vet() func(*message.Request) *problem.Refusal {
	if !c.files.VerifiesClients() {
		return nil
	}
	return func(r *message.Request) *problem.Refusal {
		if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
			return nil
		}
		chains, err := c.trust.Load().Check(r.TLS.VerifiedChains, c.now())
		if err != nil {
			c.count(err)
			return problem.Refuse(problem.CredentialsInvalid, "The certificate of this connection is not valid any more.").Because(err).With("WWW-Authenticate", "Certificate")
		}
		if len(chains) != len(r.TLS.VerifiedChains) {
			narrowed := *r.TLS // the state is shared by all requests of the connection
			narrowed.VerifiedChains = chains
			r.TLS = &narrowed
		}
		return nil
	}
}

// clientRefused tells of a certificate that was refused in the handshake.
func (s *server) clientRefused(err error) {
	s.countRefused(err)
	s.log.Info("client certificate refused", "error", err)
}

func (s *server) countRefused(err error) {
	reason, known := errors.AsType[clientcert.Reason](err)
	if !known {
		reason = reasonOf(err)
	}
	s.strangers.WithLabelValues(string(reason)).Inc()
}

// reasonOf is the reason of an error of crypto/x509.
func reasonOf(err error) clientcert.Reason {
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		return clientcert.Expired // or not valid yet
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return clientcert.Untrusted
	}
	return clientcert.Unverified
}
