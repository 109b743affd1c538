package clientcert

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"strings"
	"testing"
	"time"
)

func trust(t testing.TB, stale bool, lists []*List, authorities ...*party) *Trust {
	t.Helper()
	var all []*x509.Certificate
	for _, a := range authorities {
		all = append(all, a.Certificate)
	}
	made, err := NewTrust(all, lists, stale)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func TestCheck(t *testing.T) {
	root, other := authority(t, "Root"), authority(t, "Other")
	namesake := authority(t, "Root")
	middle := root.issue(t, 7, x509.Certificate{Subject: pkix.Name{CommonName: "Middle"}, IsCA: true})
	middleNamesake := root.issue(t, 8, x509.Certificate{Subject: pkix.Name{CommonName: "Middle"}, IsCA: true})
	one, two, deep := root.client(t, 10), root.client(t, 11), middle.client(t, 10)
	revoking := []*List{root.list(t, nil, 11)}
	late := noon.Add(45 * time.Minute) // after the list's nextUpdate

	for name, c := range map[string]struct {
		trust *Trust
		chain [][]*x509.Certificate
		now   time.Time
		want  error
	}{
		"of_an_authority_that_is_trusted":             {trust(t, false, nil, root), chain(one, root), noon, nil},
		"of_another_one":                              {trust(t, false, nil, other), chain(one, root), noon, Untrusted},
		"of_one_by_the_same_name":                     {trust(t, false, nil, namesake), chain(one, root), noon, Untrusted},
		"not_verified":                                {trust(t, false, nil, root), nil, noon, Unverified},
		"an_empty_chain":                              {trust(t, false, nil, root), [][]*x509.Certificate{{}}, noon, Unverified},
		"in_its_last_second":                          {trust(t, false, nil, root), chain(one, root), one.NotAfter, nil},
		"expired":                                     {trust(t, false, nil, root), chain(one, root), one.NotAfter.Add(1), Expired},
		"not_valid_yet":                               {trust(t, false, nil, root), chain(one, root), one.NotBefore.Add(-1), NotYet},
		"revoked":                                     {trust(t, false, revoking, root), chain(two, root), noon, Revoked},
		"beside_a_revoked_one":                        {trust(t, false, revoking, root), chain(one, root), noon, nil},
		"with_a_list_that_is_out_of_date":             {trust(t, false, revoking, root), chain(one, root), late, StaleList},
		"revoked_by_a_list_that_is_out_of_date":       {trust(t, false, revoking, root), chain(two, root), late, Revoked},
		"with_such_a_list_where_that_is_accepted":     {trust(t, true, revoking, root), chain(one, root), late, nil},
		"revoked_where_that_is_accepted":              {trust(t, true, revoking, root), chain(two, root), late, Revoked},
		"with_a_list_of_its_issuers_namesake":         {trust(t, false, []*List{revoking[0], middleNamesake.list(t, nil)}, root), chain(deep, middle, root), noon, Unlisted},
		"of_an_authority_without_a_list_in_between":   {trust(t, false, revoking, root), chain(deep, middle, root), noon, Unlisted},
		"of_an_authority_with_a_list_in_between":      {trust(t, false, []*List{revoking[0], middle.list(t, nil)}, root), chain(deep, middle, root), noon, nil},
		"of_a_revoked_authority":                      {trust(t, false, []*List{root.list(t, nil, 7), middle.list(t, nil)}, root), chain(deep, middle, root), noon, Revoked},
		"with_the_serial_that_another_issuer_revoked": {trust(t, false, []*List{root.list(t, nil, 10), middle.list(t, nil)}, root), chain(deep, middle, root), noon, nil},
		"revoked_by_the_older_of_two_lists":           {trust(t, false, []*List{root.list(t, nil), revoking[0]}, root), chain(two, root), noon, Revoked},
	} {
		t.Run(name, func(t *testing.T) {
			for range 2 { // the second time from what is kept
				chains, err := c.trust.Check(c.chain, c.now)
				if !errors.Is(err, c.want) {
					t.Fatalf("%v, want %v", err, c.want)
				}
				if err == nil && &chains[0] != &c.chain[0] {
					t.Error("the chains were copied though all of them count")
				}
			}
		})
	}
}

func TestCheckKeepsOnlyChainsThatCount(t *testing.T) {
	root, other := authority(t, "Root"), authority(t, "Other")
	one := root.client(t, 10)
	both := append(chain(one, other), chain(one, root)...)
	chains, err := trust(t, false, nil, root).Check(both, noon)
	if err != nil || len(chains) != 1 || chains[0][1] != root.Certificate {
		t.Errorf("%d chains, %v", len(chains), err)
	}
}

func TestCheckForgetsWithTime(t *testing.T) {
	root := authority(t, "Root")
	one := root.client(t, 10)
	judge, shown := trust(t, false, []*List{root.list(t, nil)}, root), chain(one, root)
	for _, step := range []struct {
		now  time.Time
		want error
	}{{noon, nil}, {noon.Add(29 * time.Minute), nil}, {noon.Add(30 * time.Minute), StaleList}, {noon.Add(2 * time.Hour), Expired}} {
		if _, err := judge.Check(shown, step.now); !errors.Is(err, step.want) {
			t.Errorf("at %s: %v, want %v", step.now, err, step.want)
		}
	}
}

func TestParseLists(t *testing.T) {
	root := authority(t, "Root")
	good := root.crl(t, nil, 5, 6)
	critical := func(oid ...int) func(*x509.RevocationList) {
		return func(l *x509.RevocationList) {
			l.ExtraExtensions = []pkix.Extension{{Id: oid, Critical: true, Value: []byte{5, 0}}}
		}
	}
	for name, c := range map[string]struct {
		text []byte
		want string // "" for one that is taken
	}{
		"DER":                  {good, ""},
		"PEM":                  {inPEM("X509 CRL", good), ""},
		"two_in_PEM":           {append(inPEM("X509 CRL", good), inPEM("X509 CRL", good)...), ""},
		"nothing":              {nil, "no revocation list"},
		"a_certificate":        {inPEM("CERTIFICATE", root.Raw), "not X509 CRL"},
		"half_of_one":          {good[:len(good)/2], "no revocation list"},
		"a_broken_block":       {append(inPEM("X509 CRL", good), "-----BEGIN X509 CRL-----\nAAAA"...), "broken"},
		"a_delta_list":         {root.crl(t, critical(2, 5, 29, 27)), "delta"},
		"a_list_for_a_part":    {root.crl(t, critical(2, 5, 29, 28)), "for a part"},
		"an_unknown_extension": {root.crl(t, critical(1, 2, 3, 4)), "1.2.3.4"},
		"an_entry_with_a_critical": {root.crl(t, func(l *x509.RevocationList) {
			l.RevokedCertificateEntries[0].ExtraExtensions = []pkix.Extension{{Id: []int{2, 5, 29, 29}, Critical: true, Value: []byte{48, 0}}}
		}, 5), "2.5.29.29"},
		"too_long": {bytes.Repeat([]byte{'a'}, MaxList+1), "longer than"},
	} {
		t.Run(name, func(t *testing.T) {
			lists, err := ParseLists(c.text)
			switch {
			case c.want == "" && (err != nil || lists[0].Revoked() != 2):
				t.Errorf("%v", err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

func TestAListOfAnotherKeyIsRefused(t *testing.T) {
	root, namesake, other := authority(t, "Root"), authority(t, "Root"), authority(t, "Other")
	if _, err := NewTrust([]*x509.Certificate{root.Certificate, other.Certificate}, []*List{root.list(t, nil)}, false); err == nil {
		t.Error("an authority without a list was taken")
	}
	if _, err := NewTrust([]*x509.Certificate{root.Certificate}, []*List{namesake.list(t, nil)}, false); err == nil {
		t.Error("it was taken")
	}
	mute := (*party)(nil).issue(t, 1, x509.Certificate{Subject: pkix.Name{CommonName: "Mute"}, IsCA: true})
	forged := mute.list(t, nil)
	mute.Certificate.KeyUsage = x509.KeyUsageCertSign // RFC 5280 §6.3.3 (f)
	if _, err := NewTrust([]*x509.Certificate{mute.Certificate}, []*List{forged}, false); err == nil {
		t.Error("one of an authority that may sign none was taken")
	}
}

func TestParseAuthorities(t *testing.T) {
	root, one := authority(t, "Root"), authority(t, "One")
	both := append(inPEM("CERTIFICATE", root.Raw), inPEM("CERTIFICATE", one.Raw)...)
	if all, err := ParseAuthorities(both); err != nil || len(all) != 2 {
		t.Errorf("%d, %v", len(all), err)
	}
	for name, text := range map[string][]byte{
		"nothing":          nil,
		"a_key":            inPEM("PRIVATE KEY", []byte{1}),
		"no_certificate":   inPEM("CERTIFICATE", []byte{1}),
		"a_client":         inPEM("CERTIFICATE", root.client(t, 4).Raw),
		"a_broken_end":     append(bytes.Clone(both), "-----BEGIN CERTIFICATE-----\nAAAA"...),
		"DER":              root.Raw,
		"longer_than_that": bytes.Repeat([]byte("\n"), MaxAuthorities+1),
	} {
		if _, err := ParseAuthorities(text); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

func TestCheckAllocatesNothing(t *testing.T) {
	root := authority(t, "Root")
	judge, shown := trust(t, false, []*List{root.list(t, nil)}, root), chain(root.client(t, 10), root)
	if n := testing.AllocsPerRun(100, func() {
		if _, err := judge.Check(shown, noon); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkCheck(b *testing.B) {
	root := authority(b, "Root")
	judge, shown := trust(b, false, []*List{root.list(b, nil)}, root), chain(root.client(b, 10), root)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := judge.Check(shown, noon); err != nil {
			b.Fatal(err)
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	m := NewMemory[int, int](10)
	for i := range 1000 {
		m.Put(i, i)
		if v, ok := m.Get(i); ok && v != i {
			t.Fatal("another's value")
		}
	}
	held := 0
	for i := range 1000 {
		if _, ok := m.Get(i); ok {
			held++
		}
	}
	if held > 10 {
		t.Errorf("it holds %d", held)
	}
}
