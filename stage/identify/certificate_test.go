package identify

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net/url"
	"strings"
	"testing"
	"time"

	"sallyport"
	"sallyport/clientcert"
	"sallyport/jose"
	"sallyport/problem"
)

// leaf is a certificate of a client, of which the template says what it names.
func leaf(t testing.TB, template x509.Certificate) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber = big.NewInt(1)
	template.NotBefore, template.NotAfter = noon.Add(-time.Hour), noon.Add(time.Hour)
	if template.ExtKeyUsage == nil {
		template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func uris(texts ...string) []*url.URL {
	var all []*url.URL
	for _, text := range texts {
		u, _ := url.Parse(text)
		all = append(all, u)
	}
	return all
}

// showing is an exchange over a connection whose client showed the certificate,
// vouched for by that chain.
func showing(c *x509.Certificate, verified ...*x509.Certificate) *sallyport.Exchange {
	x := request("")
	x.Request.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{c}}
	if len(verified) > 0 {
		x.Request.TLS.VerifiedChains = [][]*x509.Certificate{append([]*x509.Certificate{c}, verified...)}
	}
	return x
}

func holder(name string, scopes ...string) *sallyport.Credential {
	return &sallyport.Credential{Scheme: "mtls", Kind: "certificate", ID: "certificate:" + name, Consumer: name, Scopes: scopes}
}

var authorityOf = &x509.Certificate{Raw: []byte("an authority")}

func certificates(t testing.TB, o Certificates) *Certificate {
	t.Helper()
	o.Now = atNoon
	c, err := NewCertificate(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCertificate(t *testing.T) {
	byURI := func(more ...string) Certificates {
		o := Certificates{Part: clientcert.URI, Holders: map[string]*sallyport.Credential{"spiffe://bank/shop": holder("shop", "pay"), "spiffe://bank/desk": holder("desk")}}
		for _, name := range more {
			o.Holders[name] = holder("shop", "pay")
		}
		return o
	}
	byDNS := Certificates{Part: clientcert.DNS, Holders: map[string]*sallyport.Credential{"*.partner.example": holder("partner"), "*.b.partner.example": holder("b"), "Shop.example": holder("shop")}}
	bySubject := Certificates{Part: clientcert.Subject, Holders: map[string]*sallyport.Credential{"cn=shop, o=Bank": holder("shop")}}
	for name, c := range map[string]struct {
		settings Certificates
		shown    x509.Certificate
		want     string // the consumer; "" for a refusal
		why      string
	}{
		"by_URI":                            {byURI(), x509.Certificate{URIs: uris("spiffe://bank/shop")}, "shop", ""},
		"by_one_of_two_URIs":                {byURI(), x509.Certificate{URIs: uris("https://x", "spiffe://bank/shop")}, "shop", ""},
		"by_two_URIs_of_one_consumer":       {byURI("spiffe://bank/till"), x509.Certificate{URIs: uris("spiffe://bank/till", "spiffe://bank/shop")}, "shop", ""},
		"by_two_URIs_of_two_consumers":      {byURI(), x509.Certificate{URIs: uris("spiffe://bank/desk", "spiffe://bank/shop")}, "", "two consumers"},
		"an_unknown_URI":                    {byURI(), x509.Certificate{URIs: uris("spiffe://bank/shop2")}, "", "nobody"},
		"a_URI_in_another_case":             {byURI(), x509.Certificate{URIs: uris("spiffe://bank/Shop")}, "", "nobody"},
		"the_name_in_another_part":          {byURI(), x509.Certificate{Subject: pkix.Name{CommonName: "spiffe://bank/shop"}}, "", "nobody"},
		"for_servers":                       {byURI(), x509.Certificate{URIs: uris("spiffe://bank/shop"), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}, "", "clientAuth"},
		"for_anything":                      {byURI(), x509.Certificate{URIs: uris("spiffe://bank/shop"), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}, "", "clientAuth"},
		"with_a_key_that_may_not_sign":      {byURI(), x509.Certificate{URIs: uris("spiffe://bank/shop"), KeyUsage: x509.KeyUsageKeyAgreement}, "", "may not sign"},
		"by_host":                           {byDNS, x509.Certificate{DNSNames: []string{"shop.EXAMPLE"}}, "shop", ""},
		"by_a_host_below":                   {byDNS, x509.Certificate{DNSNames: []string{"a.partner.example"}}, "partner", ""},
		"by_a_host_further_below":           {byDNS, x509.Certificate{DNSNames: []string{"a.b.partner.example"}}, "b", ""},
		"by_the_host_itself":                {byDNS, x509.Certificate{DNSNames: []string{"partner.example"}}, "", "nobody"},
		"by_a_host_with_the_same_end":       {byDNS, x509.Certificate{DNSNames: []string{"evilpartner.example"}}, "", "nobody"},
		"by_a_wildcard":                     {byDNS, x509.Certificate{DNSNames: []string{"*.partner.example"}}, "", "wildcard"},
		"by_subject":                        {bySubject, x509.Certificate{Subject: pkix.Name{CommonName: "shop", Organization: []string{"Bank"}}}, "shop", ""},
		"by_a_subject_in_which_more_stands": {bySubject, x509.Certificate{Subject: pkix.Name{CommonName: "shop", Organization: []string{"Bank"}, Country: []string{"CH"}}}, "", "nobody"},
		"by_a_subject_that_looks_the_same":  {bySubject, x509.Certificate{Subject: pkix.Name{CommonName: "shop,O=Bank"}}, "", "nobody"},
	} {
		t.Run(name, func(t *testing.T) {
			method, shown := certificates(t, c.settings), leaf(t, c.shown)
			for range 2 { // the second time from what is kept
				got, err := method.Check(showing(shown, authorityOf), "presented")
				if c.want == "" {
					r := wantKind(t, err, problem.CredentialsInvalid)
					if !strings.Contains(r.Cause.Error(), c.why) || strings.Contains(r.Detail, c.why) {
						t.Errorf("the log has %q, the caller %q, want %q in the log alone", r.Cause, r.Detail, c.why)
					}
					continue
				}
				if err != nil || got.Consumer != c.want || got.ID != "certificate:"+c.want || got.Kind != "certificate" || !got.Expires.Equal(shown.NotAfter) {
					t.Errorf("%+v, %v", got, err)
				}
			}
		})
	}
}

func TestCertificateIsBelievedOnlyWhereItCounts(t *testing.T) {
	shown := leaf(t, x509.Certificate{URIs: uris("spiffe://bank/shop")})
	holders := map[string]*sallyport.Credential{"spiffe://bank/shop": holder("shop")}
	method := certificates(t, Certificates{Part: clientcert.URI, Holders: holders})
	wantKind(t, second(method.Check(showing(shown), "presented")), problem.CredentialsInvalid) // that nobody vouches for
	wantKind(t, second(method.Check(request(""), "presented")), problem.CredentialsInvalid)    // without TLS
	if _, err := method.Check(showing(shown, authorityOf), "presented"); err != nil {
		t.Error(err)
	}
	method.now = func() time.Time { return shown.NotAfter.Add(1) } // while the connection lasts
	wantKind(t, second(method.Check(showing(shown, authorityOf), "presented")), problem.CredentialsInvalid)

	other := &x509.Certificate{Raw: []byte("another authority")}
	pinned := certificates(t, Certificates{Part: clientcert.URI, Holders: holders, Authorities: []*x509.Certificate{authorityOf}})
	for range 2 {
		if _, err := pinned.Check(showing(shown, other, authorityOf), "presented"); err != nil {
			t.Error(err)
		}
		wantKind(t, second(pinned.Check(showing(shown, other), "presented")), problem.CredentialsInvalid)
	}
}

// consumers is a directory of one holder.
type consumers struct {
	name   string
	holder *sallyport.Credential
	err    error
}

func (c *consumers) Consumer(_ context.Context, name string) (*sallyport.Credential, error) {
	switch {
	case c.err != nil:
		return nil, c.err
	case name != c.name:
		return nil, errors.New("unknown")
	}
	return c.holder, nil
}

type gone struct{}

func (gone) Error() string     { return "gone" }
func (gone) Unavailable() bool { return true }

func TestCertificateOfAConsumerInTheStore(t *testing.T) {
	store := &consumers{name: "shop", holder: &sallyport.Credential{Kind: "key", ID: "consumer:shop", Consumer: "shop", Scopes: []string{"pay"}}}
	method := certificates(t, Certificates{Part: clientcert.CommonName, Consumers: store})
	shown := leaf(t, x509.Certificate{Subject: pkix.Name{CommonName: "shop"}})
	x := showing(shown, authorityOf)
	first, err := method.Check(x, "presented")
	if err != nil || first.ID != "consumer:shop" || first.Kind != "certificate" || !first.Expires.Equal(shown.NotAfter) || store.holder.Kind != "key" {
		t.Fatalf("%+v, %v", first, err)
	}
	if again, _ := method.Check(x, "presented"); again != first {
		t.Error("the same holder makes another credential")
	}
	store.holder = &sallyport.Credential{ID: "consumer:shop", Consumer: "shop", Expires: noon.Add(time.Minute)}
	if changed, err := method.Check(x, "presented"); err != nil || len(changed.Scopes) != 0 || !changed.Expires.Equal(noon.Add(time.Minute)) {
		t.Errorf("a change is not seen: %+v, %v", changed, err)
	}
	store.err = errors.New("shut out")
	wantKind(t, second(method.Check(x, "presented")), problem.CredentialsInvalid)
	store.err = gone{}
	wantKind(t, second(method.Check(x, "presented")), problem.KeysUnavailable)
	store.err = nil
	wantKind(t, second(method.Check(showing(leaf(t, x509.Certificate{Subject: pkix.Name{CommonName: "desk"}}), authorityOf), "presented")), problem.CredentialsInvalid)
}

func TestNamesThatNoCertificateCouldHave(t *testing.T) {
	for name, part := range map[string]clientcert.Part{"": clientcert.URI, "shop": clientcert.Subject, "*": clientcert.DNS, "a.*.example": clientcert.DNS, "ann": clientcert.Email} {
		if _, err := NewCertificate(Certificates{Part: part, Holders: map[string]*sallyport.Credential{name: holder("a")}}); err == nil {
			t.Errorf("%q is taken for %s", name, part)
		}
	}
	twice := map[string]*sallyport.Credential{"CN=a,O=b": holder("a"), "cn=a, o=b": holder("b")}
	if _, err := NewCertificate(Certificates{Part: clientcert.Subject, Holders: twice}); err == nil {
		t.Error("one name is two consumers'")
	}
}

func TestBinding(t *testing.T) {
	mine, other := leaf(t, x509.Certificate{}), leaf(t, x509.Certificate{})
	bound := &jose.Confirmation{Bound: jose.BoundToCertificate, Certificate: sha256.Sum256(mine.Raw)}
	for name, c := range map[string]struct {
		x     *sallyport.Exchange
		token *jose.Confirmation
		must  bool
		taken bool
	}{
		"with_its_certificate":                   {showing(mine), bound, false, true},
		"with_its_certificate_that_is_verified":  {showing(mine, authorityOf), bound, true, true},
		"with_another_certificate":               {showing(other), bound, false, false},
		"with_none":                              {request(""), bound, false, false},
		"not_bound":                              {showing(mine), &jose.Confirmation{}, false, true},
		"not_bound_where_it_must_be":             {showing(mine), &jose.Confirmation{}, true, false},
		"bound_to_a_key_where_it_must_be_to_one": {showing(mine), &jose.Confirmation{Bound: jose.BoundToKey}, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			b := NewBinding(4)
			for range 2 {
				if err := b.Check(c.x, c.token, c.must); (err == nil) != c.taken {
					t.Errorf("%v", err)
				} else if err != nil {
					wantKind(t, err, problem.TokenInvalid)
				}
			}
		})
	}
}

// TestBoundTokens: what the cache keeps of a token says nothing of who presents
// it.
func TestBoundTokens(t *testing.T) {
	one := newIssuer(t, "https://one.example", "EdDSA")
	mine, other := leaf(t, x509.Certificate{}), leaf(t, x509.Certificate{})
	method := one.method(t, "one", 16)
	method.Binding = NewBinding(4)
	bound := one.token(t, map[string]any{"cnf": map[string]any{"x5t#S256": jose.Thumbprint(sha256.Sum256(mine.Raw)).String()}})
	for range 2 {
		if _, err := method.Check(showing(mine), bound); err != nil {
			t.Error(err)
		}
		wantKind(t, second(method.Check(showing(other), bound)), problem.TokenInvalid)
		wantKind(t, second(method.Check(request(""), bound)), problem.TokenInvalid)
	}
	if _, err := method.Check(request(""), one.token(t, nil)); err != nil {
		t.Error(err)
	}
	method.list[0].Certificate = true
	wantKind(t, second(method.Check(showing(mine), one.token(t, nil))), problem.TokenInvalid)
	method.Binding = nil
	wantKind(t, second(method.Check(showing(mine), bound)), problem.TokenInvalid)
}

func BenchmarkServeCertificate(b *testing.B) {
	method := certificates(b, Certificates{Part: clientcert.URI, Holders: map[string]*sallyport.Credential{"spiffe://bank/shop": holder("shop")}})
	x := showing(leaf(b, x509.Certificate{URIs: uris("spiffe://bank/shop")}), authorityOf)
	b.Run("method", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := method.Check(x, "presented"); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("stage", func(b *testing.B) {
		s := security(all(&Scheme{Name: "mtls", Place: Place{In: "certificate"}, Method: method}))
		b.ReportAllocs()
		for b.Loop() {
			if err := s.Run(x); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("binding", func(b *testing.B) {
		binding, token := NewBinding(4), &jose.Confirmation{Bound: jose.BoundToCertificate, Certificate: sha256.Sum256(x.Request.TLS.PeerCertificates[0].Raw)}
		b.ReportAllocs()
		for b.Loop() {
			if err := binding.Check(x, token, true); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func TestCertificatesAllocateNothing(t *testing.T) {
	method := certificates(t, Certificates{Part: clientcert.URI, Holders: map[string]*sallyport.Credential{"spiffe://bank/shop": holder("shop")}, Authorities: []*x509.Certificate{authorityOf}})
	x := showing(leaf(t, x509.Certificate{URIs: uris("spiffe://bank/shop")}), authorityOf)
	if n := testing.AllocsPerRun(100, func() {
		if _, err := method.Check(x, "presented"); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestIntrospectedTokensThatMustBeBound(t *testing.T) {
	mine, binding := leaf(t, x509.Certificate{}), NewBinding(4)
	for name, c := range map[string]struct {
		claims map[string]any
		want   problem.Kind // 0: taken
	}{
		"bound":      {map[string]any{"cnf": map[string]any{"x5t#S256": jose.Thumbprint(sha256.Sum256(mine.Raw)).String()}}, 0},
		"not bound":  {map[string]any{}, problem.TokenInvalid},
		"to another": {map[string]any{"cnf": map[string]any{"x5t#S256": strings.Repeat("A", 43)}}, problem.TokenInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			o := newTeller(t)
			o.says(c.claims)
			m := o.method(t)
			m.Binding, m.Certificate = binding, true
			for range 2 {
				_, err := m.Check(showing(mine), "opaque")
				if c.want == 0 && err != nil {
					t.Error(err)
				} else if c.want != 0 {
					wantKind(t, err, c.want)
				}
			}
		})
	}
}
