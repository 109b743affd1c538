package introspect

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sallyport/jose"
)

func TestAsk(t *testing.T) {
	a := newAuthority(t)
	a.issue("good", map[string]any{"sub": "ann", "scope": "read write", "exp": 1_800_000_000, "aud": []string{"bank"}, "token_type": "Bearer"})
	for name, client := range map[string]Client{
		"basic":  {ID: a.clientID, Secret: a.secret},
		"post":   {ID: a.clientID, Secret: a.secret, Post: true},
		"bearer": {Bearer: a.bearer},
	} {
		e := a.endpoint(t, func(s *Settings) { s.Client = client })
		answer, err := e.Ask(t.Context(), "good")
		if err != nil || answer.Subject != "ann" || answer.Expires.Unix() != 1_800_000_000 {
			t.Errorf("%s: %+v, %v", name, answer, err)
		}
		if _, err := e.Ask(t.Context(), "unknown"); !errors.Is(err, ErrInactive) {
			t.Errorf("%s: a token that nobody knows: %v", name, err)
		}
	}
	if a.asked.Load() != 6 {
		t.Errorf("it was asked %d times", a.asked.Load())
	}
}

func TestAskWithACertificate(t *testing.T) {
	a := newAuthority(t)
	a.issue("good", map[string]any{"sub": "ann"})
	secure := httptest.NewUnstartedServer(a)
	secure.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	secure.StartTLS()
	defer secure.Close()
	roots := x509.NewCertPool()
	roots.AddCert(secure.Certificate())
	settings := func(s *Settings) {
		s.URL, s.Client = secure.URL, Client{ID: a.clientID}
		s.TLS = &tls.Config{RootCAs: roots, Certificates: secure.TLS.Certificates}
	}
	if answer, err := a.endpoint(t, settings).Ask(t.Context(), "good"); err != nil || answer.Subject != "ann" {
		t.Errorf("%v, %v", answer, err)
	}
	strange := a.endpoint(t, func(s *Settings) { settings(s); s.TLS = nil })
	if _, err := strange.Ask(t.Context(), "good"); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("an endpoint that cannot prove who it is: %v", err)
	}
}

func TestAddresses(t *testing.T) {
	for address, right := range map[string]bool{
		"https://id.example/introspect": true, "http://127.0.0.1:8080/": true, "http://[::1]/": true, "http://localhost/": true,
		"http://id.example/": false, "http://localhost.example/": false, "ftp://127.0.0.1/": false, "https:///x": false,
		"https://user@id.example/": false, "https://id.example/#x": false, ":": false, "": false,
	} {
		if _, err := New(Settings{URL: address}); (err == nil) != right {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// An answer that is none, whatever it says, is not known to be a yes or a no.
func TestAnswersThatDecideNothing(t *testing.T) {
	const json = "application/json"
	hanging := make(chan struct{})
	defer close(hanging)
	for name, how := range map[string]http.HandlerFunc{
		"our credentials are refused": status(401),
		"400":                         status(400),
		"403":                         status(403),
		"404":                         status(404),
		"429":                         status(429),
		"500":                         status(500),
		"503":                         status(503),
		"204":                         status(204),
		"a redirect":                  status(307, "Location", "/elsewhere"),
		"a redirect to somebody else": status(302, "Location", "http://localhost:1/"),
		"a page":                      says("text/html", `{"active":true}`),
		"no media type":               says("", `{"active":true}`),
		"a signed answer":             says("application/token-introspection+jwt", "e30.e30.e30"),
		"nothing":                     says(json, ""),
		"no object":                   says(json, `[{"active":true}]`),
		"no JSON":                     says(json, `active=true`),
		"more behind it":              says(json, `{"active":true}{"active":false}`),
		"a name twice":                says(json, `{"active":false,"active":true}`),
		"a name twice, escaped":       says(json, `{"active":false,"\u0061ctive":true}`),
		"a name twice within":         says(json, `{"active":true,"x":{"a":1,"a":2}}`),
		"no UTF-8":                    says(json, "{\"active\":true,\"sub\":\"\xff\"}"),
		"a byte order mark":           says(json, "\ufeff"+`{"active":true}`),
		"no active":                   says(json, `{"sub":"ann"}`),
		"active as a string":          says(json, `{"active":"true"}`),
		"active as a number":          says(json, `{"active":1}`),
		"active as nothing":           says(json, `{"active":null}`),
		"active in another case":      says(json, `{"Active":true}`),
		"nested without end":          says(json, `{"active":true,"x":`+strings.Repeat("[", 1000)+strings.Repeat("]", 1000)+`}`),
		"huge":                        says(json, `{"active":true,"x":"`+strings.Repeat("x", 1<<20)+`"}`),
		"huge, in pieces": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", json)
			for range 100 {
				if _, err := w.Write([]byte(strings.Repeat(" ", 4096))); err != nil {
					return
				}
				w.(http.Flusher).Flush()
			}
			w.Write([]byte(`{"active":true}`))
		},
		"huge fields": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Long", strings.Repeat("x", 64<<10))
			says(json, `{"active":true}`)(w, r)
		},
		"cut": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", json)
			w.Header().Set("Content-Length", "100")
			w.Write([]byte(`{"active":true}`))
			panic(http.ErrAbortHandler)
		},
		"a connection that breaks": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"gzip that nobody asked for": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", json)
			w.Header().Set("Content-Encoding", "gzip")
			w.Write([]byte("\x1f\x8b\x08\x00"))
		},
		"no answer": func(w http.ResponseWriter, r *http.Request) {
			r.Body.Close()
			select {
			case <-r.Context().Done():
			case <-hanging:
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAuthority(t)
			a.misbehave(how)
			e := a.endpoint(t, func(s *Settings) {
				if name == "no answer" {
					s.Timeout = 20 * time.Millisecond
				}
			})
			answer, err := e.Ask(t.Context(), "token-of-somebody")
			failure, ok := errors.AsType[*Failure](err)
			if !ok || answer != nil || failure.Retry < time.Second {
				t.Fatalf("%v, %v", answer, err)
			}
			if text := err.Error(); strings.Contains(text, "token-of-somebody") || strings.Contains(text, "s3cret") {
				t.Errorf("%s tells a secret", text)
			}
			if e.Ready(t.Context()) == nil {
				t.Error("it counts as ready")
			}
		})
	}
}

func TestEndpointThatIsDead(t *testing.T) {
	a := newAuthority(t)
	e := a.endpoint(t, nil)
	a.Close()
	if _, err := e.Ask(t.Context(), "x"); !errors.As(err, new(*Failure)) {
		t.Errorf("%v", err)
	}
}

// What is said in a wrong way of a token that is active refuses this token, and
// nobody else.
func TestActiveTokensThatAreRefused(t *testing.T) {
	a := newAuthority(t)
	e := a.endpoint(t, nil)
	for name, c := range map[string]struct {
		members map[string]any
		want    jose.Reason
	}{
		"exp as a string":    {map[string]any{"exp": "1800000000"}, jose.ReasonMalformed},
		"exp in ms":          {map[string]any{"exp": 1_800_000_000_000}, jose.ReasonMalformed},
		"sub as a number":    {map[string]any{"sub": 7}, jose.ReasonMalformed},
		"aud as an object":   {map[string]any{"aud": map[string]any{"bank": true}}, jose.ReasonMalformed},
		"a refresh token":    {map[string]any{"token_type": "refresh_token"}, jose.ReasonType},
		"a token of no type": {map[string]any{"token_type": 7}, jose.ReasonType},
		"used for a refresh": {map[string]any{"token_type": "Bearer", "token_use": "refresh_token"}, jose.ReasonType},
		"an ID token":        {map[string]any{"typ": "ID"}, jose.ReasonType},
	} {
		a.issue("strange", c.members)
		if _, err := e.Ask(t.Context(), "strange"); jose.ReasonOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, members := range []map[string]any{{"token_type": "bearer"}, {"token_type": "DPoP"}, {"token_use": "access_token"}, {"typ": "Bearer"}, {}} {
		a.issue("strange", members)
		if _, err := e.Ask(t.Context(), "strange"); err != nil {
			t.Errorf("%v: %v", members, err)
		}
	}
}

func TestCircuit(t *testing.T) {
	a := newAuthority(t)
	a.issue("good", map[string]any{"sub": "ann"})
	now := time.Unix(1_800_000_000, 0)
	e := a.endpoint(t, func(s *Settings) { s.Now = func() time.Time { return now } })
	ask := func(want int64) time.Duration {
		t.Helper()
		_, err := e.Ask(t.Context(), "good")
		if asked := a.asked.Swap(0); asked != want {
			t.Fatalf("it was asked %d times, want %d (%v)", asked, want, err)
		}
		if failure, ok := errors.AsType[*Failure](err); ok {
			return failure.Retry
		}
		return 0
	}
	a.misbehave(status(500))
	for range failuresToOpen {
		ask(1)
	}
	ask(0)
	pause := firstPause
	for range 7 { // each time that one tries in vain the pause doubles
		if now = now.Add(pause - 1); ask(0) == 0 {
			t.Error("nobody is told when to come again")
		}
		now = now.Add(1)
		pause = min(2*pause, longestPause)
		if retry := ask(1); retry != pause {
			t.Errorf("come again in %s, want %s", retry, pause)
		}
		ask(0)
	}
	a.misbehave(nil)
	now = now.Add(pause)
	if retry := ask(1); retry != 0 {
		t.Errorf("it has recovered, and fails: %s", retry)
	}
	ask(1)

	a.misbehave(status(403)) // what a token may provoke suspends nobody
	for range 3 * failuresToOpen {
		ask(1)
	}
	a.misbehave(status(429, "Retry-After", "7"))
	if retry := ask(1); retry != 7*time.Second {
		t.Errorf("come again in %s", retry)
	}
}

func TestOneTriesWhileTheCircuitIsHalfOpen(t *testing.T) {
	var c circuit
	now := time.Unix(1_800_000_000, 0)
	for range failuresToOpen {
		c.leave(now, false, true)
	}
	now = now.Add(firstPause)
	probe, _, ok := c.enter(now)
	if !probe || !ok {
		t.Fatal("nobody may try")
	}
	if _, wait, ok := c.enter(now); ok || wait == 0 {
		t.Error("two try")
	}
	c.leave(now, false, true) // of one that set out before
	if _, _, ok := c.enter(now); ok {
		t.Error("an old failure lets another one try")
	}
	c.leave(now, probe, false)
	if probe, _, ok := c.enter(now); probe || !ok {
		t.Error("it has recovered, and is not closed")
	}
}

func TestQuestionsAreBounded(t *testing.T) {
	a := newAuthority(t)
	a.issue("good", map[string]any{"sub": "ann"})
	e := a.endpoint(t, func(s *Settings) { s.Calls, s.Timeout = 2, 20*time.Millisecond })
	e.turns <- struct{}{}
	e.turns <- struct{}{} // both are under way
	_, err := e.Ask(t.Context(), "good")
	if err == nil || !strings.Contains(err.Error(), "as many questions are under way as may be") || a.asked.Load() != 0 {
		t.Errorf("one too many, asked %d times: %v", a.asked.Load(), err)
	}
	<-e.turns
	e.settings.Timeout = 10 * time.Second
	if _, err := e.Ask(t.Context(), "good"); err != nil || len(e.turns) != 1 {
		t.Errorf("there was room: %v; %d are under way", err, len(e.turns))
	}
}

// Others may wait for the answer to a question whose client has left.
func TestAskGoesOnWithoutItsClient(t *testing.T) {
	a := newAuthority(t)
	a.issue("good", map[string]any{"sub": "ann"})
	gone, leave := context.WithCancel(t.Context())
	leave()
	if answer, err := a.endpoint(t, nil).Ask(gone, "good"); err != nil || answer.Subject != "ann" {
		t.Errorf("%v, %v", answer, err)
	}
}

func TestReady(t *testing.T) {
	a := newAuthority(t)
	e := a.endpoint(t, nil)
	if err := e.Ready(t.Context()); err != nil {
		t.Errorf("a good one: %v", err)
	}
	a.misbehave(status(500))
	if err := e.Ready(t.Context()); err != nil {
		t.Errorf("one that has answered before: %v", err)
	}
	a.misbehave(says("application/json", `{"active":true,"sub":"anybody"}`))
	if err := a.endpoint(t, nil).Ready(t.Context()); err == nil {
		t.Error("one that takes any token for active is ready")
	}
	a.misbehave(nil)
	wrong := a.endpoint(t, func(s *Settings) { s.Client.Secret = "another" })
	if err := wrong.Ready(t.Context()); err == nil || !strings.Contains(err.Error(), "our own credentials") {
		t.Errorf("with a wrong secret: %v", err)
	}
}

func TestWellFormed(t *testing.T) {
	for token, right := range map[string]bool{
		"mF_9.B5f-4.1JqM": true, "a": true, "a==": true, "a+b/c~": true, strings.Repeat("a", MaxToken): true,
		"": false, "=": false, "a=b": false, "a b": false, "a,b": false, "a\n": false, "a\x00": false, "é": false, `a"`: false, strings.Repeat("a", MaxToken+1): false,
	} {
		if WellFormed(token) != right {
			t.Errorf("%.20q is %v", token, !right)
		}
	}
}

func FuzzAnswer(f *testing.F) {
	for _, text := range []string{`{"active":true,"sub":"ann","exp":1800000000,"aud":["a"],"cnf":{"jkt":"x"}}`, `{"active":false}`, `{"active":"true"}`, `{}`, `{"active":true,"active":false}`, `{"active":true,"token_type":1}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		answer, err := parse(text)
		if err != nil {
			return
		}
		if active, _ := answer.Claim("active"); active != "true" {
			t.Errorf("%q counts as active", text)
		}
		if answer.Claims != string(text) {
			t.Errorf("%q became %q", text, answer.Claims)
		}
	})
}
