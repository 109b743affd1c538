package clientcert

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"time"
)

// List is a certificate revocation list (RFC 5280 §5).
type List struct {
	// Issuer is its issuer's name (RFC 4514), for people.
	Issuer string
	// ThisUpdate and NextUpdate are when it was made, and when the next one was
	// to be there.
	ThisUpdate, NextUpdate time.Time

	issuer  []byte              // the name as DER
	revoked map[string]struct{} // serial numbers
	parsed  *x509.RevocationList
	signed  *Memory[*x509.Certificate, bool] // by which certificates it was found to be signed
}

// Revoked is how many certificates it lists.
func (l *List) Revoked() int { return len(l.revoked) }

// ParseLists reads revocation lists: one in DER, or PEM blocks. What this
// package cannot judge is an error, since each of it could make a list say less
// than it seems to: delta lists, lists for a part of the certificates (§5.2.5),
// and every other critical extension.
func ParseLists(text []byte) ([]*List, error) {
	if len(text) > MaxList {
		return nil, fmt.Errorf("it is longer than %d bytes", MaxList)
	}
	if !bytes.Contains(text, []byte("-----BEGIN")) {
		l, err := parseList(text)
		return []*List{l}, err
	}
	var all []*List
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			break
		}
		if block.Type != "X509 CRL" { // RFC 7468 §6
			return nil, fmt.Errorf("it holds a block %.40q, not X509 CRL", block.Type)
		}
		l, err := parseList(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("list %d: %w", len(all)+1, err)
		}
		all = append(all, l)
	}
	if len(all) == 0 || bytes.Contains(text, []byte("-----BEGIN")) {
		return nil, errors.New("it holds a PEM block that is broken")
	}
	return all, nil
}

// Extensions that are critical and understood here: none. Those that are not
// critical and would still change what a list means:
var (
	deltaIndicator = asn1.ObjectIdentifier{2, 5, 29, 27} // §5.2.4
	distribution   = asn1.ObjectIdentifier{2, 5, 29, 28} // §5.2.5
)

func parseList(der []byte) (*List, error) {
	parsed, err := x509.ParseRevocationList(der)
	if err != nil {
		return nil, fmt.Errorf("it is no revocation list in PEM or DER: %w", err)
	}
	for _, e := range parsed.Extensions {
		switch {
		case e.Id.Equal(deltaIndicator):
			return nil, errors.New("it is a delta list: give the complete one")
		case e.Id.Equal(distribution):
			return nil, errors.New("it is a list for a part of the certificates (issuing distribution point): give the complete one")
		case e.Critical:
			return nil, fmt.Errorf("it has the critical extension %s, which is not known", e.Id)
		}
	}
	switch parsed.SignatureAlgorithm {
	case x509.MD5WithRSA, x509.SHA1WithRSA, x509.ECDSAWithSHA1, x509.DSAWithSHA1:
		return nil, fmt.Errorf("it is signed with %s, which is broken", parsed.SignatureAlgorithm)
	}
	if parsed.NextUpdate.IsZero() { // §5.1.2.5
		return nil, errors.New("it does not say until when it holds (nextUpdate)")
	}
	l := &List{
		Issuer: parsed.Issuer.String(), ThisUpdate: parsed.ThisUpdate, NextUpdate: parsed.NextUpdate,
		issuer: parsed.RawIssuer, revoked: make(map[string]struct{}, len(parsed.RevokedCertificateEntries)),
		signed: NewMemory[*x509.Certificate, bool](256),
	}
	for i := range parsed.RevokedCertificateEntries {
		entry := &parsed.RevokedCertificateEntries[i]
		for _, e := range entry.Extensions {
			if e.Critical { // §5.3: such as the issuer of another's certificate
				return nil, fmt.Errorf("an entry has the critical extension %s, which is not known", e.Id)
			}
		}
		l.revoked[string(entry.SerialNumber.Bytes())] = struct{}{}
	}
	parsed.RevokedCertificateEntries = nil // they stand in the map
	//lint:ignore SA1019 the parser fills the old field too, and it would keep them all
	parsed.RevokedCertificates = nil
	l.parsed = parsed
	return l, nil
}

func (l *List) has(c *x509.Certificate) bool {
	_, ok := l.revoked[string(c.SerialNumber.Bytes())]
	return ok
}

// signedBy tells whether the authority has signed the list, and may (§6.3.3 f
// and g: key usage cRLSign).
func (l *List) signedBy(authority *x509.Certificate) bool {
	if !bytes.Equal(authority.RawSubject, l.issuer) {
		return false
	}
	signed, known := l.signed.Get(authority)
	if !known {
		signed = l.parsed.CheckSignatureFrom(authority) == nil
		l.signed.Put(authority, signed)
	}
	return signed
}
