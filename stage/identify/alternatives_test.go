package identify

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"sallyport"
	"sallyport/problem"
)

// TestAlternatives is the Security Requirement Object row by row: what the
// document asks for, what a request presents, what is answered to the letter.
func TestAlternatives(t *testing.T) {
	one := newIssuer(t, "https://one.example", "EdDSA")
	token, expired := "Bearer "+one.token(t, nil), "Bearer "+one.token(t, map[string]any{"exp": 1})
	bearer, basic := one.bearer(t, "one"), &Scheme{Name: "basic", Place: Place{In: "authorization", Scheme: "basic"}, Method: passwords{"ann": "secret"}}
	header, query, cookie := keyScheme("header", "header", "X-Key", "good"), keyScheme("query", "query", "key", "good"), keyScheme("cookie", "cookie", "sid", "good")
	field := keyScheme("field", "header", "Authorization", "good")
	accessToken := keyScheme("accessToken", "query", "access_token", "good")
	scoped := func(s *Scheme, scopes ...string) Requirement { return Requirement{s, scopes} }

	const (
		askBearer   = `Bearer realm="bank"`
		badToken    = `Bearer realm="bank", error="invalid_token", error_description="The token is not valid"`
		oldToken    = `Bearer realm="bank", error="invalid_token", error_description="The token has expired"`
		emptyToken  = `Bearer realm="bank", error="invalid_token", error_description="The credentials are empty."`
		badRequest  = `Bearer realm="bank", error="invalid_request"`
		askBasic    = `Basic realm="bank", charset="UTF-8"`
		askHeader   = `ApiKey realm="bank", in="header", name="X-Key"`
		askQuery    = `ApiKey realm="bank", in="query", name="key"`
		askCookie   = `ApiKey realm="bank", in="cookie", name="sid"`
		askField    = `ApiKey realm="bank", in="header", name="Authorization"`
		annsBasic   = "Basic YW5uOnNlY3JldA=="
		wrongBasic  = "Basic YW5uOndyb25n"
		nobodyBasic = "Basic Ym9iOnNlY3JldA=="
	)
	asked := func(challenges ...string) []string { return challenges }
	anyOf, optional := security(all(bearer), all(header)), security(all(bearer), all(basic), all(header), nil)
	allOf := security(all(bearer, header))
	mixed := security(all(bearer, query), all(basic), all(cookie))
	for _, c := range []struct {
		name       string
		security   *Security
		x          *sallyport.Exchange
		who        string
		status     int
		challenges []string
	}{
		{"bearer: nothing", security(all(bearer)), request(""), "", 401, asked(askBearer)},
		{"bearer: good", security(all(bearer)), request("", "Authorization", token), "0:one", 0, nil},
		{"bearer: wrong", security(all(bearer)), request("", "Authorization", "Bearer a.b.c"), "", 401, asked(badToken)},
		{"bearer: expired", security(all(bearer)), request("", "Authorization", expired), "", 401, asked(oldToken)},
		{"bearer: empty", security(all(bearer)), request("", "Authorization", "Bearer "), "", 401, asked(emptyToken)},
		{"bearer: in other letters", security(all(bearer)), request("", "authorization", "bEaReR"+token[6:]), "0:one", 0, nil},
		{"bearer: two in one line", security(all(bearer)), request("", "Authorization", token+", "+token), "", 401, asked(badToken)},
		{"bearer: two lines", security(all(bearer)), request("", "Authorization", token, "Authorization", token), "", 400, asked(badRequest)},
		{"bearer: another scheme", security(all(bearer)), request("", "Authorization", annsBasic), "", 401, asked(askBearer)},
		{"bearer: no scheme", security(all(bearer)), request("", "Authorization", token[7:]), "", 401, asked(askBearer)},
		{"bearer: in the query", security(all(bearer)), request("access_token=" + token[7:]), "", 401, asked(askBearer)},
		{"bearer: in the query by escapes", security(all(bearer)), request("%61ccess_token=x"), "", 401, asked(askBearer)},
		{"bearer: in the query beside nobody", security(all(bearer), nil), request("access_token=x"), "", 401, asked(askBearer)},
		{"bearer: in both", security(all(bearer)), request("access_token="+token[7:], "Authorization", token), "", 400, asked(badRequest)},
		{"bearer: a parameter that ends alike", security(all(bearer)), request("my_access_token=x&access_tokens=y", "Authorization", token), "0:one", 0, nil},
		{"bearer: the document's own access_token", &Security{Realm: "bank", Alternatives: [][]Requirement{all(bearer)}, QueryToken: true}, request("access_token=x", "Authorization", token), "0:one", 0, nil},
		{"a key called access_token", &Security{Realm: "bank", Alternatives: [][]Requirement{all(bearer), all(accessToken)}, QueryToken: true}, request("access_token=good"), "1:accessToken", 0, nil},
		{"no bearer: access_token is a parameter like others", security(all(header)), request("access_token=x", "X-Key", "good"), "0:header", 0, nil},
		{"bearer: scopes are told", security([]Requirement{scoped(bearer, "read", "write")}), request(""), "", 401, asked(`Bearer realm="bank", scope="read write"`)},
		{"bearer: scopes behind the code", security([]Requirement{scoped(bearer, "read")}), request("", "Authorization", expired), "", 401, asked(oldToken + `, scope="read"`)},
		{"bearer: scopes of two alternatives", security([]Requirement{scoped(bearer, "read")}, []Requirement{scoped(bearer, "admin")}), request(""), "", 401, asked(`Bearer realm="bank", scope="read admin"`)},

		{"any of: nothing", anyOf, request(""), "", 401, asked(askBearer, askHeader)},
		{"any of: the second", anyOf, request("", "X-Key", "good"), "1:header", 0, nil},
		{"any of: both", anyOf, request("", "X-Key", "good", "Authorization", token), "0:one 1:header", 0, nil},
		{"any of: good and wrong", anyOf, request("", "X-Key", "bad", "Authorization", token), "", 401, asked(askBearer, askHeader)},
		{"any of: wrong and good", anyOf, request("", "X-Key", "good", "Authorization", "Bearer x"), "", 401, asked(badToken, askHeader)},
		{"any of: both wrong", anyOf, request("", "X-Key", "bad", "Authorization", expired), "", 401, asked(oldToken, askHeader)},
		{"any of: the key twice with one value", anyOf, request("", "X-Key", "good", "X-Key", "good"), "", 400, nil},

		{"all of: nothing", allOf, request(""), "", 401, asked(askBearer, askHeader)},
		{"all of: one", allOf, request("", "Authorization", token), "", 401, asked(askBearer, askHeader)},
		{"all of: the other", allOf, request("", "X-Key", "good"), "", 401, asked(askBearer, askHeader)},
		{"all of: both", allOf, request("", "X-Key", "good", "Authorization", token), "0:one+header", 0, nil},
		{"all of: one wrong", allOf, request("", "X-Key", "bad", "Authorization", token), "", 401, asked(askBearer, askHeader)},
		{"all of: the token old", allOf, request("", "X-Key", "good", "Authorization", expired), "", 401, asked(oldToken, askHeader)},
		{"all of three places", security(all(header, query, cookie)), request("key=good", "X-Key", "good", "Cookie", "sid=good"), "0:header+query+cookie", 0, nil},
		{"all of three places, the last missing", security(all(header, query, cookie)), request("key=good", "X-Key", "good"), "", 401, asked(askHeader, askQuery, askCookie)},

		{"optional: nothing", optional, request(""), "3:", 0, nil},
		{"optional: basic", optional, request("", "Authorization", annsBasic), "1:basic 3:", 0, nil},
		{"optional: wrong password", optional, request("", "Authorization", wrongBasic), "", 401, asked(askBearer, askBasic, askHeader)},
		{"optional: unknown account looks the same", optional, request("", "Authorization", nobodyBasic), "", 401, asked(askBearer, askBasic, askHeader)},
		{"optional: wrong token", optional, request("", "Authorization", "Bearer x"), "", 401, asked(badToken, askBasic, askHeader)},
		{"optional: a scheme that is not asked for", optional, request("", "Authorization", "Digest username=ann"), "3:", 0, nil},
		{"optional: two lines of two schemes", optional, request("", "Authorization", annsBasic, "Authorization", token), "", 400, asked(badRequest)},
		{"optional: a cookie that is not asked for", optional, request("", "Cookie", "sid=bad"), "3:", 0, nil},

		{"mixed: a part of the first, the whole of the third", mixed, request("key=good", "Cookie", "sid=good"), "2:cookie", 0, nil},
		{"mixed: parts of two", mixed, request("", "Authorization", token), "", 401, asked(askBearer, askQuery, askBasic, askCookie)},
		{"mixed: first", mixed, request("key=good", "Authorization", token), "0:one+query", 0, nil},
		{"mixed: basic with a stray key", mixed, request("key=bad", "Authorization", annsBasic), "", 401, asked(askBearer, askQuery, askBasic, askCookie)},
		{"mixed: a cookie twice", mixed, request("", "Cookie", "sid=good", "Cookie", "sid=good"), "", 400, nil},
		{"mixed: a key twice", mixed, request("key=good&k%65y=good", "Authorization", token), "", 400, nil},

		{"a key that is declared in Authorization", security(all(field)), request("", "Authorization", "good"), "0:field", 0, nil},
		{"a key in Authorization beside bearer: the token", security(all(bearer), all(field)), request("", "Authorization", token), "0:one", 0, nil},
		{"a key in Authorization beside bearer: the key", security(all(bearer), all(field)), request("", "Authorization", "good"), "1:field", 0, nil},
		{"a key in Authorization beside bearer: neither", security(all(bearer), all(field)), request("", "Authorization", "bad"), "", 401, asked(askBearer, askField)},
		{"a cookie in half quotes is not the one in whole ones", security(all(cookie)), request("", "Cookie", `sid="good; a=b"`), "", 401, asked(askCookie)},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.security.Run(c.x)
			if c.status == 0 {
				if err != nil {
					t.Fatal(err)
				}
				if got := names(c.x.Identities); got != c.who {
					t.Errorf("identities %q, want %q", got, c.who)
				}
				return
			}
			if err == nil {
				t.Fatalf("let in as %q", names(c.x.Identities))
			}
			r := problem.As(err)
			if r.Status() != c.status {
				t.Errorf("status %d, want %d", r.Status(), c.status)
			}
			if got := r.Fields.Values("WWW-Authenticate"); !slices.Equal(got, c.challenges) {
				t.Errorf("challenges\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.challenges, "\n"))
			}
		})
	}
}

// passwords checks Basic (RFC 7617) against a list, as simply as can be.
type passwords map[string]string

func (p passwords) Check(_ *sallyport.Exchange, secret string) (*sallyport.Credential, error) {
	text, _ := base64.StdEncoding.DecodeString(secret)
	name, password, _ := strings.Cut(string(text), ":")
	if p[name] == "" || p[name] != password {
		return refusing{}.Check(nil, "")
	}
	return &sallyport.Credential{Kind: "basic", ID: "consumer:" + name, Consumer: name}, nil
}

func (passwords) Account(secret string) string {
	text, _ := base64.StdEncoding.DecodeString(secret)
	name, _, _ := strings.Cut(string(text), ":")
	return name
}
