package clientcert

import (
	"crypto/x509"
	"encoding/base64"
	"errors"
	"strings"
)

// MaxField is the longest Client-Cert field that is read, in bytes.
const MaxField = 16 << 10

// AppendField appends the certificate as a byte sequence of structured fields
// (RFC 9440 §2.2, RFC 9651 §4.1.8).
func AppendField(to []byte, c *x509.Certificate) []byte {
	to = append(to, ':')
	to = base64.StdEncoding.AppendEncode(to, c.Raw)
	return append(to, ':')
}

// AppendChain appends certificates as a list of byte sequences (RFC 9440 §2.3).
func AppendChain(to []byte, chain []*x509.Certificate) []byte {
	for i, c := range chain {
		if i > 0 {
			to = append(to, ", "...)
		}
		to = AppendField(to, c)
	}
	return to
}

// ParseField reads a Client-Cert field. It takes what §2.2 of RFC 9440 says
// alone: one byte sequence, padded, without parameters, of one certificate.
func ParseField(value string) (*x509.Certificate, error) {
	if len(value) > MaxField {
		return nil, errors.New("the field is too long")
	}
	inner, ok := strings.CutPrefix(strings.Trim(value, " "), ":")
	if inner, ok = cutLast(inner, ok); !ok {
		return nil, errors.New("the field is no byte sequence")
	}
	if strings.ContainsAny(inner, "\r\n") { // which the decoder would skip
		return nil, errors.New("the field is no byte sequence")
	}
	der, err := base64.StdEncoding.Strict().DecodeString(inner)
	if err != nil {
		return nil, errors.New("the field is no byte sequence")
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, errors.New("the field holds no certificate")
	}
	return c, nil
}

func cutLast(s string, ok bool) (string, bool) {
	inner, closed := strings.CutSuffix(s, ":")
	return inner, ok && closed
}
