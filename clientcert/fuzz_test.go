package clientcert

import (
	"crypto/x509"
	"testing"
)

func FuzzParseLists(f *testing.F) {
	root := authority(f, "Root")
	der := root.crl(f, nil, 5, 6)
	f.Add(der)
	f.Add(inPEM("X509 CRL", der))
	f.Fuzz(func(t *testing.T, text []byte) {
		lists, err := ParseLists(text)
		if err != nil {
			return
		}
		for _, l := range lists {
			if l.NextUpdate.IsZero() {
				t.Error("a list without an end was taken")
			}
			_, _ = NewTrust([]*x509.Certificate{root.Certificate}, []*List{l}, false)
		}
	})
}

// FuzzDistinguished: what is canonical stays as it is, and says the same.
func FuzzDistinguished(f *testing.F) {
	for _, seed := range []string{"CN=Shop,O=Bank", `CN=Bank\, Inc.+UID=#0c0161`, `1.2.3=#0403aabbcc`, `CN=\ a\00\20`, "CN=#14015a"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		canonical, err := Distinguished(text)
		if err != nil {
			return
		}
		if again, err := Distinguished(canonical); len(canonical) <= maxName && (err != nil || again != canonical) {
			t.Errorf("%q is %q, which is %q, %v", text, canonical, again, err)
		}
	})
}

func FuzzReadName(f *testing.F) {
	f.Add(authority(f, "Root").RawSubject)
	f.Fuzz(func(t *testing.T, der []byte) {
		name, err := readName(der)
		if err != nil || len(name) == 0 {
			return
		}
		text := name.String()
		if again, err := Distinguished(text); len(text) <= maxName && (err != nil || again != text) {
			t.Errorf("%x is %q, which reads as %q, %v", der, text, again, err)
		}
	})
}

func FuzzParseField(f *testing.F) {
	f.Add(string(AppendField(nil, authority(f, "Root").Certificate)))
	f.Fuzz(func(t *testing.T, value string) {
		c, err := ParseField(value)
		if err != nil {
			return
		}
		if again, err := ParseField(string(AppendField(nil, c))); err != nil || !again.Equal(c) {
			t.Errorf("%v", err)
		}
	})
}
