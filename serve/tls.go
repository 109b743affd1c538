package serve

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"sallyport/config"
	"sallyport/source"
)

// certificate is the files of a listener with TLS, which are read again when they
// change. Files that cannot be used leave what they held in place.
type certificate struct {
	files   *config.TLS
	current atomic.Pointer[tls.Certificate]
	clients *clients
}

func (s *server) certificate(files *config.TLS) *certificate {
	return &certificate{files: files, clients: &clients{files: files, now: s.env.Now, count: s.countRefused, tell: s.clientRefused}}
}

// read reads the files, and returns what puts them in place. All errors are
// source.Mistakes.
func (c *certificate) read(now time.Time) (take func(), err error) {
	pair, err := c.readPair(now)
	if err != nil {
		return nil, err
	}
	admit, err := c.clients.read(now)
	if err != nil {
		return nil, err
	}
	return func() {
		c.current.Store(pair)
		admit()
	}, nil
}

func (c *certificate) readPair(now time.Time) (*tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(c.files.Certificate, c.files.Key)
	if err != nil {
		return nil, c.mistake("it takes both as PEM, and the key of this certificate", fmt.Errorf("reading the certificate %s with the key %s: %w", c.files.Certificate, c.files.Key, err))
	}
	if pair.Leaf == nil {
		if pair.Leaf, err = x509.ParseCertificate(pair.Certificate[0]); err != nil {
			return nil, c.mistake("", fmt.Errorf("reading the certificate %s: %w", c.files.Certificate, err))
		}
	}
	if held := c.current.Load(); held != nil && slices.EqualFunc(held.Certificate, pair.Certificate, slices.Equal) {
		return &pair, nil // whatever became of it: refusing a reload would not make it younger
	}
	switch {
	case now.After(pair.Leaf.NotAfter):
		return nil, c.mistake("renew it", fmt.Errorf("the certificate %s has expired on %s", c.files.Certificate, pair.Leaf.NotAfter.Format(time.DateOnly)))
	case now.Before(pair.Leaf.NotBefore):
		return nil, c.mistake("wait, or look at the clock", fmt.Errorf("the certificate %s is not valid before %s", c.files.Certificate, pair.Leaf.NotBefore.Format(time.RFC3339)))
	}
	return &pair, nil
}

func (c *certificate) mistake(remedy string, err error) error {
	return source.Mistakes{{Position: c.files.PositionOf("certificate"), Message: err.Error(), Remedy: remedy}}
}

// config is a modern profile (RFC 9325): TLS 1.2 with forward secrecy and AEAD
// suites, or 1.3, whose suites Go chooses.
func (c *certificate) config(minVersion uint16) *tls.Config {
	return c.clients.ask(&tls.Config{
		MinVersion: minVersion,
		CipherSuites: []uint16{
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
			tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
			tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
		},
		NextProtos: []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return c.current.Load(), nil
		},
	})
}

func tlsVersion(text string) uint16 {
	if text == "1.3" {
		return tls.VersionTLS13
	}
	return tls.VersionTLS12
}
