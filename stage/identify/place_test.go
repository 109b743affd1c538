package identify

import (
	"crypto/tls"
	"crypto/x509"
	"net/url"
	"strings"
	"testing"

	"sallyport/problem"
)

func TestPlace(t *testing.T) {
	dpop := Place{In: "authorization", Scheme: "bearer", Also: []string{"dpop"}}
	header, query, cookie := Place{In: "header", Name: "X-Key"}, Place{In: "query", Name: "api key"}, Place{In: "cookie", Name: "sid"}
	for _, c := range []struct {
		name      string
		place     Place
		query     string
		fields    []string
		want      string
		present   bool
		ambiguous bool
	}{
		{"header", header, "", []string{"x-key", "abc"}, "abc", true, false},
		{"header, not there", header, "", []string{"X_Key", "abc"}, "", false, false},
		{"header, empty", header, "", []string{"X-Key", ""}, "", true, false},
		{"header, twice", header, "", []string{"X-Key", "a", "X-KEY", "a"}, "", true, true},

		{"bearer", bearerPlace, "", []string{"Authorization", "Bearer abc"}, "abc", true, false},
		{"bearer in other letters", bearerPlace, "", []string{"authorization", "bEARER abc"}, "abc", true, false},
		{"bearer, many spaces", bearerPlace, "", []string{"Authorization", "Bearer   abc"}, "abc", true, false},
		{"bearer, a tab", bearerPlace, "", []string{"Authorization", "Bearer\tabc"}, "\tabc", true, false},
		{"bearer, nothing behind it", bearerPlace, "", []string{"Authorization", "Bearer"}, "", true, false},
		{"bearer, spaces behind it", bearerPlace, "", []string{"Authorization", "Bearer  "}, "", true, false},
		{"a scheme that begins alike", bearerPlace, "", []string{"Authorization", "BearerX abc"}, "", false, false},
		{"another scheme", bearerPlace, "", []string{"Authorization", "Basic abc"}, "", false, false},
		{"authorization, not there", bearerPlace, "", nil, "", false, false},
		{"authorization, twice", bearerPlace, "", []string{"Authorization", "Bearer a", "Authorization", "Digest b"}, "", true, true},

		{"bearer or dpop: as bearer", dpop, "", []string{"Authorization", "Bearer abc"}, "abc", true, false},
		{"bearer or dpop: as dpop", dpop, "", []string{"Authorization", "DPOP abc"}, "abc", true, false},
		{"bearer or dpop: as another", dpop, "", []string{"Authorization", "Basic abc"}, "", false, false},

		{"query", query, "a=b&api%20key=a%2Bc", nil, "a+c", true, false},
		{"query, plus signs", query, "api+key=a+c", nil, "a c", true, false},
		{"query, another encoding of the name", query, "%61pi+key=abc", nil, "abc", true, false},
		{"query, not there", query, "apikey=abc&API+KEY=abc", nil, "", false, false},
		{"query, empty", query, "api+key=", nil, "", true, false},
		{"query, without a sign", query, "api+key", nil, "", true, false},
		{"query, twice", query, "api+key=a&api%20key=a", nil, "", true, true},
		{"query, twice, once empty", query, "api+key&api+key=a", nil, "", true, true},
		{"query, equals signs in the value", query, "api+key=a=b==", nil, "a=b==", true, false},

		{"cookie", cookie, "", []string{"Cookie", "a=b; sid=abc; c=d"}, "abc", true, false},
		{"cookie in a second line", cookie, "", []string{"Cookie", "a=b", "Cookie", "sid=abc"}, "abc", true, false},
		{"cookie in quotes", cookie, "", []string{"Cookie", `sid="abc"`}, "abc", true, false},
		{"cookie names have case", cookie, "", []string{"Cookie", "SID=abc"}, "", false, false},
		{"cookie, twice", cookie, "", []string{"Cookie", "sid=a; sid=b"}, "", true, true},
		{"cookie, twice over two lines", cookie, "", []string{"Cookie", "sid=a", "Cookie", "sid=a"}, "", true, true},
		{"cookie, twice, once with a space before the sign", cookie, "", []string{"Cookie", "sid=a; sid =b"}, "", true, true},
		{"cookie, not decoded", cookie, "", []string{"Cookie", "sid=a%20b+c"}, "a%20b+c", true, false},
		{"cookie, empty", cookie, "", []string{"Cookie", "sid="}, "", true, false},

		{"certificate, not there", Place{In: "certificate"}, "", nil, "presented", false, false},
		{"a place that does not exist", Place{In: "elsewhere"}, "elsewhere=a", nil, "", false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, present, err := c.place.Find(request(c.query, c.fields...).Request)
			if c.ambiguous {
				wantKind(t, err, problem.CredentialsAmbiguous)
				return
			}
			if err != nil || present != c.present || present && got != c.want {
				t.Errorf("found %q (%v), %v; want %q (%v)", got, present, err, c.want, c.present)
			}
		})
	}
	x, shown := request(""), []*x509.Certificate{{}}
	x.Request.TLS = &tls.ConnectionState{PeerCertificates: shown}
	for _, c := range []struct {
		name string
		want [2]bool // before and after an authority vouches for it
	}{{"", [2]bool{false, true}}, {Shown, [2]bool{true, true}}} {
		for i, chains := range [][][]*x509.Certificate{nil, {shown}} {
			x.Request.TLS.VerifiedChains = chains
			if _, present, err := (Place{In: "certificate", Name: c.name}).Find(x.Request); err != nil || present != c.want[i] {
				t.Errorf("a certificate (%s), verified %v: found %v, %v", c.name, i == 1, present, err)
			}
		}
	}
}

// FuzzPlace: a credential is found where net/url finds one, and never where it
// finds two.
func FuzzPlace(f *testing.F) {
	for _, seed := range []string{"key=a", "key=a&key=b", "%6bey=%61", "key=%zz", "key=a;key=b", "=&&key", "key=a%00", "k=1&key=%2B+"} {
		f.Add(seed, "sid="+seed)
	}
	f.Fuzz(func(t *testing.T, query, cookie string) {
		x := request(query, "Cookie", cookie)
		secret, present, err := Place{In: "query", Name: "key"}.Find(x.Request)
		if values, broken := url.ParseQuery(query); broken == nil && err == nil && strings.TrimSpace(query) == query && !strings.ContainsAny(query, " \t\r\n\v\f\u0085\u00a0") {
			if got := values["key"]; present != (len(got) > 0) || present && (len(got) != 1 || got[0] != secret) {
				t.Errorf("%q: found %q (%v), net/url %q", query, secret, present, got)
			}
		}
		if err != nil {
			if r := problem.As(err); r.Kind.Status() >= 500 || len(query) > 20 && strings.Contains(r.Error(), query) {
				t.Errorf("%q: %v", query, err)
			}
		}
		secret, present, err = Place{In: "cookie", Name: "sid"}.Find(x.Request)
		if err == nil && present && !strings.Contains(cookie, secret) {
			t.Errorf("%q: found %q", cookie, secret)
		}
		if count := strings.Count(";"+strings.ReplaceAll(cookie, " ", ""), ";sid="); err == nil && count > 1 {
			t.Errorf("%q: found one of %d", cookie, count)
		}
	})
}
