package clientcert

import (
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"
)

// Part is a part of a certificate that can name its holder.
type Part string

// The parts. The first three are kinds of subject alternative names (RFC 5280
// §4.2.1.6).
const (
	URI        Part = "uri"
	DNS        Part = "dns"
	Email      Part = "email"
	Subject    Part = "subject"     // the whole distinguished name
	CommonName Part = "common_name" // one attribute of it
)

// Names are the names of that part, each once, in the form of Canonical. They
// are read from what was signed: a parsed URI can be written in another way. A
// name that would be a pattern, or empty, is an error: it names nobody.
func (p Part) Names(c *x509.Certificate) ([]string, error) {
	var all []string
	var err error
	switch p {
	case URI, DNS, Email:
		all, err = alternativeNames(c, p)
	case Subject:
		all, err = subjectNames(c)
	case CommonName:
		all, err = commonNames(c)
	default:
		return nil, fmt.Errorf("no part of a certificate is called %s", string(p))
	}
	if err != nil {
		return nil, err
	}
	for i, name := range all {
		if all[i], err = p.Canonical(name); err != nil {
			return nil, err
		}
		if p == DNS && strings.Contains(name, "*") {
			return nil, errors.New("a name with a wildcard names no one client")
		}
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// Canonical is the one way in which a name of that part is compared: the case
// of a host name does not count (RFC 4343), the rest is to the letter; of a
// distinguished name see Distinguished.
func (p Part) Canonical(name string) (string, error) {
	switch {
	case name == "" || len(name) > maxName:
		return "", errors.New("a name is empty or too long")
	case p == DNS:
		return lower(strings.TrimSuffix(name, ".")), nil
	case p == Email:
		local, host, ok := strings.Cut(name, "@")
		if !ok || local == "" || host == "" || strings.Contains(host, "@") {
			return "", errors.New("it is no address of mail")
		}
		return local + "@" + lower(host), nil
	case p == Subject:
		return Distinguished(name)
	}
	return name, nil
}

const maxName = 4 << 10

// lower folds ASCII alone: a letter of another script is another name.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r | 0x20
		}
		return r
	}, s)
}

var subjectAltName = asn1.ObjectIdentifier{2, 5, 29, 17}

// alternativeNames reads GeneralNames (RFC 5280 §4.2.1.6), of which those three
// kinds are IA5String.
func alternativeNames(c *x509.Certificate, p Part) ([]string, error) {
	want := map[Part]tag.Tag{Email: 1, DNS: 2, URI: 6}[p].ContextSpecific()
	var all []string
	for _, e := range c.Extensions {
		if !e.Id.Equal(subjectAltName) {
			continue
		}
		der, names := cryptobyte.String(e.Value), cryptobyte.String(nil)
		if !der.ReadASN1(&names, tag.SEQUENCE) || !der.Empty() {
			return nil, errNames
		}
		for !names.Empty() {
			var value cryptobyte.String
			var kind tag.Tag
			if !names.ReadAnyASN1(&value, &kind) {
				return nil, errNames
			}
			if kind != want {
				continue
			}
			for _, b := range value {
				if b <= ' ' || b > '~' {
					return nil, errNames
				}
			}
			all = append(all, string(value))
		}
	}
	return all, nil
}

var errNames = errors.New("its names cannot be read")

func subjectNames(c *x509.Certificate) ([]string, error) {
	name, err := readName(c.RawSubject)
	if err != nil || len(name) == 0 { // §4.2.1.6: then it is named by alternative names alone
		return nil, err
	}
	return []string{name.String()}, nil
}

func commonNames(c *x509.Certificate) ([]string, error) {
	name, err := readName(c.RawSubject)
	var all []string
	for _, set := range name {
		for _, a := range set {
			if a.oid == "2.5.4.3" {
				if !a.text {
					return nil, errNames
				}
				all = append(all, a.value)
			}
		}
	}
	return all, err
}
