package clientcert

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestDistinguished(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"CN=Shop,O=Bank,C=CH", "CN=Shop,O=Bank,C=CH"},
		{"cn=Shop, o=Bank ,C = CH", "CN=Shop,O=Bank,C=CH"},
		{"2.5.4.3=Shop", "CN=Shop"},
		{"OU=b+CN=a", "CN=a+OU=b"},
		{`CN=Bank\, Inc.`, `CN=Bank\, Inc.`},
		{`CN=Bank\2C Inc.`, `CN=Bank\, Inc.`},
		{`CN=\ a\ `, `CN=\ a\ `},
		{`CN=a=b`, `CN=a=b`},
		{`CN=a\=b`, `CN=a=b`},
		{`CN=\#a#`, `CN=\#a#`},
		{`CN=Lu\C4\8Di\C4\87`, "CN=Lučić"}, // RFC 4514 §4
		{`CN=#0c0453686f70`, "CN=Shop"},
		{`CN=#130453686f70`, "CN=Shop"},
		{`CN=#14045368 `, ""},
		{`1.3.6.1.4.1.1466.0=#04024869`, "1.3.6.1.4.1.1466.0=#04024869"}, // RFC 4514 §4
		{"UID=jsmith,DC=example,DC=net", "UID=jsmith,DC=example,DC=net"},
		{`CN=before\0dafter`, "CN=before\rafter"},
		{"", ""}, {"CN", ""}, {"CN=", ""}, {"CN=a,", ""}, {",CN=a", ""}, {"CN=a;O=b", ""}, {`CN="a"`, ""}, {`CN=a\`, ""}, {`CN=a\x`, ""},
		{"XX=a", ""}, {"2.5.04.3=a", ""}, {"9.9=a", ""}, {"2=a", ""}, {"CN=#zz", ""}, {"CN=#", ""}, {"CN=#0c", ""}, {"CN=a+", ""}, {"CN=\xff", ""},
		{"CN=" + strings.Repeat("a", maxName), ""},
	} {
		got, err := Distinguished(c.text)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%.60q: %q, %v, want %q", c.text, got, err, c.want)
		}
	}
}

func TestNames(t *testing.T) {
	root := authority(t, "Root")
	spiffe, _ := url.Parse("spiffe://bank.example/ns/shop")
	c := root.issue(t, 2, x509.Certificate{
		Subject: pkix.Name{CommonName: "Shop, Inc.", Organization: []string{"Bank"}, Country: []string{"CH"}},
		URIs:    []*url.URL{spiffe}, DNSNames: []string{"Shop.Bank.Example", "shop.bank.example", "b.example"}, EmailAddresses: []string{"Ann@Bank.Example"},
	}).Certificate
	for part, want := range map[Part][]string{
		URI:        {"spiffe://bank.example/ns/shop"},
		DNS:        {"b.example", "shop.bank.example"},
		Email:      {"Ann@bank.example"},
		Subject:    {`CN=Shop\, Inc.,O=Bank,C=CH`},
		CommonName: {"Shop, Inc."},
	} {
		if got, err := part.Names(c); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v, want %q", part, got, err, want)
		}
	}
	bare := root.issue(t, 3, x509.Certificate{}).Certificate
	for _, part := range []Part{URI, DNS, Email, Subject, CommonName} {
		if got, err := part.Names(bare); err != nil || len(got) != 0 {
			t.Errorf("%s of a certificate without names: %q, %v", part, got, err)
		}
	}
	wild := root.issue(t, 4, x509.Certificate{DNSNames: []string{"*.bank.example"}}).Certificate
	if got, err := DNS.Names(wild); err == nil {
		t.Errorf("a wildcard names %q", got)
	}
}

// raw is a subject of one attribute whose value is of that type.
func raw(t *testing.T, kind int, content string) []byte {
	t.Helper()
	attribute := struct {
		Type  asn1.ObjectIdentifier
		Value asn1.RawValue
	}{asn1.ObjectIdentifier{2, 5, 4, 3}, asn1.RawValue{Tag: kind, Bytes: []byte(content)}}
	pair, err := asn1.Marshal(attribute)
	if err != nil {
		t.Fatal(err)
	}
	set, _ := asn1.Marshal(asn1.RawValue{Tag: 17, IsCompound: true, Bytes: pair})
	der, _ := asn1.Marshal(asn1.RawValue{Tag: 16, IsCompound: true, Bytes: set})
	return der
}

func TestNamesOfEveryKindOfString(t *testing.T) {
	for _, c := range []struct {
		kind          int
		content, want string
	}{
		{12, "Shop", "CN=Shop"}, {19, "Shop", "CN=Shop"}, {22, "Shop", "CN=Shop"}, {18, "12", "CN=12"},
		{30, "\x00S\x00h\x00o\x00p", "CN=Shop"}, {30, "\xd8\x00", "2.5.4.3=#1e02d800"}, {30, "\x00", "2.5.4.3=#1e0100"},
		{20, "Shop", "2.5.4.3=#140453686f70"}, {12, "\xff", "2.5.4.3=#0c01ff"}, {12, "", "2.5.4.3=#0c00"}, {19, "\xff", "2.5.4.3=#1301ff"},
	} {
		name, err := readName(raw(t, c.kind, c.content))
		if err != nil || name.String() != c.want {
			t.Errorf("%d %q: %s, %v, want %s", c.kind, c.content, name, err, c.want)
		}
		if again, err := Distinguished(name.String()); err != nil || again != c.want {
			t.Errorf("%s reads as %q, %v", c.want, again, err)
		}
	}
}

func TestField(t *testing.T) {
	one := authority(t, "Root").client(t, 2)
	for len(one.Raw)%3 == 0 { // a signature's length varies: one that needs padding
		one = authority(t, "Root").client(t, 2)
	}
	field := string(AppendField(nil, one.Certificate))
	if c, err := ParseField(field); err != nil || !c.Equal(one.Certificate) {
		t.Errorf("%v", err)
	}
	if list := string(AppendChain(nil, chain(one, one)[0])); list != field+", "+field {
		t.Errorf("%.40q", list)
	}
	for _, bad := range []string{
		"", ":", "::", field[1:], field[:len(field)-1], field + ";a=1", field + ", " + field, strings.ReplaceAll(field, "=", ""), field[:9] + "\r\n" + field[9:],
		field[:9] + " " + field[9:], ":AAAA:", strings.Replace(field, ":", "\"", 2), ":" + strings.Repeat("A", MaxField) + ":",
	} {
		if _, err := ParseField(bad); err == nil {
			t.Errorf("%.60q is taken", bad)
		}
	}
}
