package jose

import (
	"strings"
	"testing"
)

const (
	keyPrint  = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" // RFC 9449 §6.1
	certPrint = "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2" // RFC 8705 §3.1, whose last two bits are not zero
)

func TestConfirmation(t *testing.T) {
	certificate := certPrint[:42] + "0" // in canonical spelling
	for name, c := range map[string]struct {
		cnf  string
		want Binding
	}{
		"a key":                        {`{"jkt":"` + keyPrint + `"}`, BoundToKey},
		"a certificate":                {`{"x5t#S256":"` + certificate + `"}`, BoundToCertificate},
		"both":                         {`{"x5t#S256":"` + certificate + `","jkt":"` + keyPrint + `"}`, BoundToKey | BoundToCertificate},
		"the example of the RFC":       {`{"x5t#S256":"` + certPrint + `"}`, BoundToCertificate},
		"a key and something else":     {`{"jkt":"` + keyPrint + `","kid":"x"}`, BoundToKey | boundOtherwise},
		"a key given twice":            {`{"jkt":"` + keyPrint + `","jkt":"` + keyPrint + `"}`, BoundToKey | boundOtherwise},
		"the key itself":               {`{"jwk":{"kty":"RSA"}}`, boundOtherwise},
		"a thumbprint with padding":    {`{"jkt":"` + keyPrint + `="}`, BoundToKey | boundOtherwise},
		"a short thumbprint":           {`{"jkt":"AA"}`, BoundToKey | boundOtherwise},
		"a thumbprint with a line end": {`{"jkt":"` + keyPrint[:42] + `\n"}`, BoundToKey | boundOtherwise},
		"a thumbprint that is a list":  {`{"jkt":["` + keyPrint + `"]}`, BoundToKey | boundOtherwise},
		"nothing":                      {`{}`, boundOtherwise},
		"null":                         {`null`, boundOtherwise},
		"a text":                       {`"` + keyPrint + `"`, boundOtherwise},
		"a list":                       {`[]`, boundOtherwise},
	} {
		t.Run(name, func(t *testing.T) {
			got := confirmationOf(c.cnf)
			if got.Bound != c.want {
				t.Fatalf("bound %b, want %b", got.Bound, c.want)
			}
			if got.Bound == BoundToKey && got.Key.String() != keyPrint || got.Bound == BoundToCertificate && got.Certificate.String() != certificate {
				t.Errorf("read %v and %v", got.Key, got.Certificate)
			}
		})
	}
}

// A token is let by only where every way in which it is bound is checked by the caller.
func TestEveryBindingMustBeChecked(t *testing.T) {
	key, certificate := `"jkt":"`+keyPrint+`"`, `"x5t#S256":"`+keyPrint+`"`
	for cnf, needs := range map[string]Binding{
		key: BoundToKey, certificate: BoundToCertificate, key + "," + certificate: BoundToKey | BoundToCertificate,
		"": boundOtherwise, key + `,"kid":"x"`: boundOtherwise,
	} {
		payload := strings.TrimSuffix(encode(t, goodClaims(nil)), "}") + `,"cnf":{` + cnf + `}}`
		for checked := range BoundToKey | BoundToCertificate + 1 {
			v := ordinary(t)
			v.Bindings = checked
			want := ReasonBound
			if needs&^checked == 0 {
				want = ReasonNone
			}
			wantReason(t, verifyAt(t, v, forge(edHeader, payload)), want)
		}
	}
	v := ordinary(t)
	v.Bindings = boundOtherwise
	if v.Check() == nil {
		t.Error("a binding that is not known can be promised to be checked")
	}
}
