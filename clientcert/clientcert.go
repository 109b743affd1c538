// Package clientcert judges the certificates that clients show (RFC 5280): who
// issued them, whether they were revoked, whom they name, and how they are told
// to a server behind (RFC 9440).
//
// The signatures of a chain are crypto/tls's to verify, in the handshake. This
// package judges what may change after it: time, the authorities that are
// trusted, and the revocation lists. Undecided means refused: a list that is
// stale, of nobody, or written in a way it does not know lets no certificate
// by. It fetches nothing, and names a consumer only by what an authority has
// signed, never by two readings of it.
package clientcert

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Limits of what is read, in bytes and in number.
const (
	// MaxAuthorities is the longest file of authorities.
	MaxAuthorities = 1 << 20
	// MaxList is the longest file of revocation lists: about 800 000 entries.
	MaxList = 32 << 20

	maxChain = 8 // certificates from a client's to its root
)

// Reason is why a certificate does not count.
type Reason string

// The reasons.
const (
	Unverified Reason = "not-verified"
	Untrusted  Reason = "not-of-a-trusted-authority"
	Expired    Reason = "expired"
	NotYet     Reason = "not-valid-yet"
	Revoked    Reason = "revoked"
	Unlisted   Reason = "without-revocation-list"
	StaleList  Reason = "with-stale-revocation-list"
)

func (r Reason) Error() string { return "certificate " + strings.ReplaceAll(string(r), "-", " ") }

// ParseAuthorities reads certificates of authorities, one PEM block after the
// other.
func ParseAuthorities(text []byte) ([]*x509.Certificate, error) {
	if len(text) > MaxAuthorities {
		return nil, fmt.Errorf("it is longer than %d bytes", MaxAuthorities)
	}
	var all []*x509.Certificate
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("it holds a block %.40q among the certificates", block.Type)
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate %d: %w", len(all)+1, err)
		}
		if c.Version == 3 && !c.IsCA { // RFC 5280 §4.2.1.9: it could have issued nothing
			return nil, fmt.Errorf("certificate %d (%s) is not that of an authority", len(all)+1, c.Subject)
		}
		all = append(all, c)
	}
	if len(bytes.TrimSpace(text)) > 0 && len(all) > 0 && bytes.Contains(text, []byte("-----BEGIN")) {
		return nil, errors.New("it ends in a block that is broken")
	}
	if len(all) == 0 {
		return nil, errors.New("it holds no certificate in PEM")
	}
	return all, nil
}

// Trust is who may vouch for clients, and what they have taken back. It never
// changes.
type Trust struct {
	// Pool are the authorities, as crypto/tls takes them.
	Pool *x509.CertPool

	authorities map[string]bool // by their DER
	lists       map[string][]*List
	stale       bool
	good        *Memory[*[]*x509.Certificate, verdict]
}

// verdict is what was found of the chains of one connection.
type verdict struct {
	chains [][]*x509.Certificate
	until  time.Time
}

// NewTrust fails, where there is any list, for an authority without one: all its
// clients would be refused. Every certificate needs one of its issuer then: also
// of an intermediate authority that is not among these, whose list is verified
// when a client shows its certificate. acceptStale takes lists beyond their
// nextUpdate.
func NewTrust(authorities []*x509.Certificate, lists []*List, acceptStale bool) (*Trust, error) {
	t := &Trust{
		Pool: x509.NewCertPool(), authorities: make(map[string]bool, len(authorities)), lists: make(map[string][]*List),
		stale: acceptStale, good: NewMemory[*[]*x509.Certificate, verdict](16 << 10),
	}
	for _, l := range lists {
		t.lists[string(l.issuer)] = append(t.lists[string(l.issuer)], l)
	}
	for _, c := range authorities {
		t.Pool.AddCert(c)
		t.authorities[string(c.Raw)] = true
		if len(lists) > 0 && !slices.ContainsFunc(lists, func(l *List) bool { return l.signedBy(c) }) {
			return nil, fmt.Errorf("no revocation list is signed by the authority %s", c.Subject)
		}
	}
	return t, nil
}

// Check returns those of the chains that count now: they lead to an authority
// that is trusted, and nothing in them has expired or was revoked. The chains
// are those that crypto/tls has verified; of one connection they are judged
// again only when the answer may have changed. The error is a Reason.
func (t *Trust) Check(chains [][]*x509.Certificate, now time.Time) ([][]*x509.Certificate, error) {
	if len(chains) == 0 {
		return nil, Unverified
	}
	key := &chains[0] // the array belongs to the connection, however often its state is copied
	if v, ok := t.good.Get(key); ok && now.Before(v.until) {
		return v.chains, nil
	}
	v, err := t.judge(chains, now)
	if err != nil {
		return nil, err
	}
	t.good.Put(key, v)
	return v.chains, nil
}

func (t *Trust) judge(chains [][]*x509.Certificate, now time.Time) (verdict, error) {
	var v verdict
	var worst error = Unverified
	for _, chain := range chains {
		until, err := t.checkChain(chain, now)
		if err != nil {
			worst = err
			continue
		}
		if v.chains = append(v.chains, chain); v.until.IsZero() || until.Before(v.until) {
			v.until = until
		}
	}
	switch len(v.chains) {
	case 0:
		return v, worst
	case len(chains):
		v.chains = chains // so that who has the state of the connection sees that it is whole
	}
	return v, nil
}

// checkChain tells until when a chain counts.
func (t *Trust) checkChain(chain []*x509.Certificate, now time.Time) (until time.Time, err error) {
	if len(chain) == 0 || len(chain) > maxChain {
		return until, Unverified
	}
	if !t.authorities[string(chain[len(chain)-1].Raw)] {
		return until, Untrusted
	}
	until = chain[0].NotAfter.Add(1) // NotAfter itself is still within (RFC 5280 §4.1.2.5)
	for i, c := range chain {
		switch {
		case now.Before(c.NotBefore):
			return until, NotYet
		case now.After(c.NotAfter):
			return until, Expired
		}
		until = earlier(until, c.NotAfter.Add(1))
		if len(t.lists) == 0 || i == len(chain)-1 {
			continue // nobody can revoke what is trusted by being named here
		}
		end, err := t.checkRevoked(c, chain[i+1], now)
		if err != nil {
			return until, err
		}
		until = earlier(until, end)
	}
	return until, nil
}

// checkRevoked asks the lists of an issuer (RFC 5280 §6.3.3), all of them: one
// certificate stands in the one that its issuer's key of the time signed.
func (t *Trust) checkRevoked(c, issuer *x509.Certificate, now time.Time) (until time.Time, err error) {
	var reason error = Unlisted
	found := false
	for _, l := range t.lists[string(c.RawIssuer)] {
		if !l.signedBy(issuer) {
			continue
		}
		if l.has(c) {
			return until, Revoked // a stale list still tells that
		}
		if !t.stale && !now.Before(l.NextUpdate) {
			reason = StaleList
			continue
		}
		end := l.NextUpdate
		if t.stale {
			end = now.Add(time.Hour)
		}
		if !found || end.After(until) {
			until = end
		}
		found = true
	}
	if !found {
		return until, reason
	}
	return until, nil
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
