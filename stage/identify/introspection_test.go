package identify

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sallyport/introspect"
	"sallyport/problem"
)

// teller is an issuer that tells of one token.
type teller struct {
	server *httptest.Server
	asked  atomic.Int64
	token  string                         // of which it tells
	answer atomic.Pointer[map[string]any] // nil breaks the connection
}

func newTeller(t testing.TB) *teller {
	o := &teller{token: "opaque"}
	o.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.asked.Add(1)
		answer := o.answer.Load()
		if id, secret, _ := r.BasicAuth(); answer == nil || id != "gateway" || secret != "secret" {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Content-Type", "application/json")
		if r.FormValue("token") != o.token {
			answer = &map[string]any{"active": false}
		}
		json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(o.server.Close)
	return o
}

// says makes the answer an active one; changes replace members, nil removes one.
func (o *teller) says(changes map[string]any) {
	answer := map[string]any{"active": true, "iss": "https://id.example", "sub": "ann", "aud": "bank", "scope": "read write", "exp": noon.Unix() + 60, "iat": noon.Unix() - 60, "jti": "t1"}
	for name, value := range changes {
		if answer[name] = value; value == nil {
			delete(answer, name)
		}
	}
	o.answer.Store(&answer)
}

func (o *teller) method(t testing.TB) *Introspection {
	t.Helper()
	endpoint, err := introspect.New(introspect.Settings{URL: o.server.URL, Client: introspect.Client{ID: "gateway", Secret: "secret"}, Timeout: 10 * time.Second, Now: atNoon})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(endpoint.Close)
	return &Introspection{
		Endpoint: endpoint, Memory: introspect.NewMemory[*Introspected](1<<20, atNoon), Scheme: "opaque",
		Issuer: "https://id.example", Audiences: []string{"shop", "bank"}, Claims: Claims{Subject: "sub", Client: []string{"client_id"}}, Keep: time.Minute, In: bearerPlace, Now: atNoon,
	}
}

func TestIntrospection(t *testing.T) {
	o := newTeller(t)
	o.says(map[string]any{"groups": []string{"partner"}, "org": map[string]any{"id": "acme"}})
	m := o.method(t)
	m.Claims.Roles, m.Claims.Tenant = "groups", "org.id"
	for range 3 {
		c, err := m.Check(asking(t), "opaque")
		if err != nil {
			t.Fatal(err)
		}
		if c.Kind != "introspected" || c.ID != "https://id.example|ann" || c.Subject != "ann" || c.Tenant != "acme" || c.Scheme != "opaque" ||
			!slices.Equal(c.Scopes, []string{"read", "write"}) || !slices.Equal(c.Roles, []string{"partner"}) || c.Expires.Unix() != noon.Unix()+60 {
			t.Errorf("%+v", c)
		}
	}
	if asked := o.asked.Load(); asked != 1 {
		t.Errorf("asked %d times", asked)
	}
}

// TestWhatAskingTheIssuerWeighs: a token that was made up costs the issuer a call,
// and its client a failure; as long as the answer is remembered it costs nobody one.
func TestWhatAskingTheIssuerWeighs(t *testing.T) {
	o := newTeller(t)
	o.says(nil)
	m := o.method(t)
	for _, c := range []struct {
		token string
		want  float64
	}{{"made-up", 1}, {"made-up", 0.1}, {"made-up-too", 1}, {"not of the form", 0.1}} {
		_, err := m.Check(asking(t), c.token)
		wantKind(t, err, problem.TokenInvalid)
		if got := weigh(err); got != c.want {
			t.Errorf("%q weighs %v, want %v", c.token, got, c.want)
		}
	}
	o.says(map[string]any{"aud": "another"})
	_, err := m.Check(asking(t), "opaque")
	if got := weigh(err); got != 0.1 {
		t.Errorf("a token for somebody else weighs %v", got)
	}
}

func TestIntrospectionAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		changes map[string]any
		want    problem.Kind // 0 lets in
	}{
		"ordinary":                     {nil, 0},
		"with the least":               {map[string]any{"iss": nil, "exp": nil, "iat": nil, "scope": nil, "jti": nil}, 0},
		"an audience among others":     {map[string]any{"aud": []string{"x", "bank"}}, 0},
		"inactive":                     {map[string]any{"active": false}, problem.TokenInvalid},
		"of another issuer":            {map[string]any{"iss": "https://id.example/"}, problem.TokenInvalid},
		"for somebody else":            {map[string]any{"aud": "x"}, problem.TokenInvalid},
		"for nobody":                   {map[string]any{"aud": nil}, problem.TokenInvalid},
		"for an empty list":            {map[string]any{"aud": []string{}}, problem.TokenInvalid},
		"expired":                      {map[string]any{"exp": noon.Unix()}, problem.TokenExpired},
		"not yet":                      {map[string]any{"nbf": noon.Unix() + 1}, problem.TokenInvalid},
		"issued tomorrow":              {map[string]any{"iat": noon.Unix() + 86400}, problem.TokenInvalid},
		"an expiry that is none":       {map[string]any{"exp": "soon"}, problem.TokenInvalid},
		"of nobody":                    {map[string]any{"sub": nil}, problem.TokenInvalid},
		"of nobody, with an empty sub": {map[string]any{"sub": "", "client_id": ""}, problem.TokenInvalid},
		"a refresh token":              {map[string]any{"token_type": "refresh_token"}, problem.TokenInvalid},
		"bound to a key":               {map[string]any{"cnf": map[string]any{"jkt": strings.Repeat("A", 43)}}, problem.TokenInvalid},
		"bound to a certificate":       {map[string]any{"cnf": map[string]any{"x5t#S256": strings.Repeat("A", 43)}}, problem.TokenInvalid},
		"bound to who knows what":      {map[string]any{"cnf": map[string]any{"kid": "x"}}, problem.TokenInvalid},
		"bound to nothing":             {map[string]any{"cnf": nil, "Cnf": 1}, 0},
		"bound to an empty cnf":        {map[string]any{"cnf": map[string]any{}}, problem.TokenInvalid},
		"bound to a cnf of another":    {map[string]any{"cnf": "x"}, problem.TokenInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			o := newTeller(t)
			o.says(c.changes)
			m := o.method(t)
			for _, how := range []string{"asked", "remembered"} {
				got, err := m.Check(asking(t), "opaque")
				if c.want == 0 && err != nil || c.want != 0 && (err == nil || problem.As(err).Kind != c.want) {
					t.Errorf("%s: %+v, %v", how, got, err)
				}
			}
			if asked := o.asked.Load(); asked != 1 {
				t.Errorf("asked %d times", asked)
			}
		})
	}
}

// A client that acts for itself is no user who is called the same.
func TestIntrospectionOfAClient(t *testing.T) {
	o := newTeller(t)
	o.says(map[string]any{"sub": nil, "client_id": "ann"})
	c, err := o.method(t).Check(asking(t), "opaque")
	if err != nil || c.ID != "client:https://id.example|ann" || c.Subject != "" {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestIntrospectionOfAnyAudience(t *testing.T) {
	o := newTeller(t)
	o.says(map[string]any{"aud": "somebody else"})
	m := o.method(t)
	m.Audiences = nil
	if _, err := m.Check(asking(t), "opaque"); err != nil {
		t.Error(err)
	}
}

func TestIntrospectionIsNotAskedInVain(t *testing.T) {
	o := newTeller(t)
	o.says(nil)
	m := o.method(t)
	for _, secret := range []string{"", "a b", "a\"b", "é", strings.Repeat("a", introspect.MaxToken+1), "="} {
		wantKind(t, second(m.Check(asking(t), secret)), problem.TokenInvalid)
	}
	if asked := o.asked.Load(); asked != 0 {
		t.Errorf("asked %d times", asked)
	}
}

func TestIntrospectionEndsWithItsTime(t *testing.T) {
	o := newTeller(t)
	now := noon
	m := o.method(t)
	m.Now = func() time.Time { return now }
	m.Memory = introspect.NewMemory[*Introspected](1<<20, m.Now)
	good := func(secret string, asked int64) {
		t.Helper()
		m.Check(asking(t), secret)
		if n := o.asked.Swap(0); n != asked {
			t.Errorf("at %s asked %d times, want %d", now.Sub(noon), n, asked)
		}
	}
	o.says(map[string]any{"exp": noon.Unix() + 20})
	good("opaque", 1)
	now = noon.Add(20*time.Second - 1)
	good("opaque", 0)
	now = noon.Add(20 * time.Second) // exp, before Keep has passed
	good("opaque", 1)

	o.says(map[string]any{"exp": nil})
	now = now.Add(keepRefusal) // that it had expired is believed as shortly as any refusal
	good("opaque", 1)
	now = now.Add(m.Keep - 1)
	good("opaque", 0)
	now = now.Add(1)
	good("opaque", 1)

	good("made-up", 1)
	now = now.Add(keepRefusal - 1)
	good("made-up", 0)
	now = now.Add(1)
	good("made-up", 1)

	m.Keep = 0
	now = now.Add(time.Hour)
	good("opaque", 1)
	good("opaque", 1)
}

func TestIntrospectionFailsClosed(t *testing.T) {
	o := newTeller(t)
	o.says(nil)
	m := o.method(t)
	if _, err := m.Check(asking(t), "opaque"); err != nil {
		t.Fatal(err)
	}
	o.answer.Store(nil)
	for range 10 {
		r := wantKind(t, second(m.Check(asking(t), "another")), problem.KeysUnavailable)
		if r.Fields.Get("Retry-After") != "1" {
			t.Errorf("come again in %q", r.Fields.Get("Retry-After"))
		}
	}
	if asked := o.asked.Load(); asked > 7 {
		t.Errorf("an endpoint that fails was asked %d times", asked-1)
	}
	if _, err := m.Check(asking(t), "opaque"); err != nil {
		t.Errorf("who is remembered does not go on: %v", err)
	}
}

// takenBack is a directory that knows whether tokens were.
type takenBack func(issuer, token, subject string, issued time.Time) (bool, error)

func (t takenBack) Revoked(issuer, token, subject string, issued time.Time) (bool, error) {
	return t(issuer, token, subject, issued)
}

func TestIntrospectionOfATokenThatWasTakenBackHere(t *testing.T) {
	o := newTeller(t)
	o.says(nil)
	m := o.method(t)
	var revoked bool
	var away error
	m.Revocations = takenBack(func(issuer, token, subject string, issued time.Time) (bool, error) {
		if issuer != m.Issuer || token != "t1" || subject != "ann" || issued.Unix() != noon.Unix()-60 {
			t.Errorf("asked of %s %s %s %s", issuer, token, subject, issued)
		}
		return revoked, away
	})
	if _, err := m.Check(asking(t), "opaque"); err != nil {
		t.Error(err)
	}
	revoked = true
	wantKind(t, second(m.Check(asking(t), "opaque")), problem.TokenInvalid)
	revoked, away = false, errors.New("the store is away")
	wantKind(t, second(m.Check(asking(t), "opaque")), problem.KeysUnavailable)
}

// A refusal that is remembered is shared; the challenges that are added to it
// must not be.
func TestIntrospectionRefusalsAreNotShared(t *testing.T) {
	o := newTeller(t)
	o.says(map[string]any{"active": false})
	step := security(all(&Scheme{Name: "opaque", Place: bearerPlace, Method: o.method(t)}))
	for range 3 {
		r := wantKind(t, step.Run(request("", "Authorization", "Bearer opaque")), problem.TokenInvalid)
		if got := r.Fields.Values("WWW-Authenticate"); len(got) != 1 {
			t.Errorf("%d challenges: %q", len(got), got)
		}
	}
}

func TestIntrospectionReady(t *testing.T) {
	o := newTeller(t)
	m := o.method(t)
	if err := m.Ready(t.Context()); err == nil || !strings.Contains(err.Error(), o.server.URL) {
		t.Errorf("a broken one: %v", err)
	}
	o.says(nil)
	if err := m.Ready(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestIntrospectionThatIsRememberedAllocatesLittle(t *testing.T) {
	o := newTeller(t)
	o.says(nil)
	step, x := security(all(&Scheme{Name: "opaque", Place: bearerPlace, Method: o.method(t)})), request("", "Authorization", "Bearer opaque")
	if n := testing.AllocsPerRun(100, func() {
		if err := step.Run(x); err != nil {
			t.Fatal(err)
		}
	}); n > 3 { // the question that is not asked, principal and its credentials
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkServeIntrospection(b *testing.B) {
	o := newTeller(b)
	o.says(nil)
	benchmark(b, security(all(&Scheme{Name: "opaque", Place: bearerPlace, Method: o.method(b)})), "Authorization", "Bearer opaque")
}
