package demo_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"sallyport/demo"
	"sallyport/demo/bank"
	"sallyport/jose"
	"sallyport/problem"
)

// standIn refuses and prunes as the gateway does for the few requests that the page makes, so that the
// page can be tested alone.
type standIn struct {
	bank     *bank.Bank
	verifier *jose.Verifier

	mu   sync.Mutex
	used map[string]int
}

func newStandIn(t *testing.T, b *bank.Bank, issuer *demo.Issuer) *standIn {
	t.Helper()
	text, err := issuer.KeySet()
	if err != nil {
		t.Fatal(err)
	}
	keys, err := jose.ParseKeys(text)
	if err != nil {
		t.Fatal(err)
	}
	verifier := &jose.Verifier{Keys: keys, Issuer: demo.IssuerURL, Audiences: []string{demo.Audience}}
	if err := verifier.Check(); err != nil {
		t.Fatal(err)
	}
	return &standIn{bank: b, verifier: verifier, used: map[string]int{}}
}

var declared = regexp.MustCompile(`^(/v2/status|/v2/user/profile|/v2/accounts|/v2/accounts/acc-\d{4}|/v2/transactions|/v2/transfers)$`)

const burstOf = 20

func (s *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
	w.Header().Set("Access-Control-Expose-Headers", "RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate, X-Request-Id")
	if r.Method == http.MethodOptions {
		w.Header().Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
		w.Header().Set("Access-Control-Allow-Methods", "GET, POST, PATCH")
		w.WriteHeader(http.StatusNoContent)
		return
	}
	body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<16))
	if kind, detail, errs := s.check(w, r, body); kind != 0 {
		s.refuse(w, kind, detail, errs)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	inner := httptest.NewRecorder()
	s.bank.ServeHTTP(inner, r)
	var value any
	_ = json.Unmarshal(inner.Body.Bytes(), &value)
	w.Header().Set("Content-Type", inner.Header().Get("Content-Type"))
	w.WriteHeader(inner.Code)
	_ = json.NewEncoder(w).Encode(prune(value))
}

func (s *standIn) check(w http.ResponseWriter, r *http.Request, body []byte) (problem.Kind, string, string) {
	switch {
	case strings.Contains(r.URL.EscapedPath(), "%2F"):
		return problem.PathAmbiguous, "An encoded slash is refused.", ""
	case !declared.MatchString(r.URL.Path):
		return problem.OperationUnknown, "GET " + "is declared for other paths.", ""
	case r.URL.Path == "/v2/status":
		return 0, "", ""
	}
	bearer := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	if bearer == "" {
		w.Header().Set("WWW-Authenticate", `Bearer realm="bank"`)
		return problem.CredentialsMissing, "Send a bearer token.", ""
	}
	token, err := s.verifier.Verify(r.Context(), bearer)
	if err != nil {
		w.Header().Set("WWW-Authenticate", `Bearer realm="bank", error="invalid_token"`)
		return problem.TokenInvalid, jose.ReasonOf(err).String() + ".", ""
	}
	subject, _ := token.String("sub")
	r.Header.Set("X-Caller-Subject", subject)
	s.mu.Lock()
	s.used[subject]++
	used := s.used[subject]
	s.mu.Unlock()
	w.Header().Set("RateLimit-Policy", `"per-caller";q=20;w=10`)
	w.Header().Set("RateLimit", fmt.Sprintf(`"per-caller";r=%d;t=10`, max(0, burstOf-used)))
	roles, _ := token.Strings("roles")
	switch {
	case subject == "bob" && used > burstOf:
		w.Header().Set("Retry-After", "10")
		return problem.LimitExceeded, "The limit per-caller is used up.", ""
	case r.URL.Path == "/v2/transfers" && !slices.Contains(roles, "transfers:write"):
		return problem.RoleMissing, "The operation needs the role transfers:write.", ""
	case r.URL.Path == "/v2/accounts/acc-2001" && subject != "bob":
		return problem.OperationUnknown, "There is no such object.", ""
	case r.URL.Query().Has("reference"):
		return problem.ParameterInvalid, "", `[{"in":"query","pointer":"/reference","keyword":"pattern","message":"The text does not match the pattern."}]`
	case r.Method == "PATCH" && bytes.Contains(body, []byte("role")):
		return problem.BodyInvalid, "", `[{"in":"body","pointer":"/role","keyword":"additionalProperties","message":"The property is not declared."}]`
	case r.Method == "POST" && !json.Valid(body):
		return problem.BodyMalformed, "The JSON ends too early.", ""
	case bytes.Contains(body, []byte(":-")):
		return problem.BodyInvalid, "", `[{"in":"body","pointer":"/amount","keyword":"minimum","message":"The number is too small."}]`
	}
	return 0, "", ""
}

func (s *standIn) refuse(w http.ResponseWriter, kind problem.Kind, detail, errs string) {
	document := map[string]any{"type": "about:blank", "title": kind.Title(), "status": kind.Status()}
	if detail != "" {
		document["detail"] = detail
	}
	if errs != "" {
		document["errors"] = json.RawMessage(errs)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(kind.Status())
	_ = json.NewEncoder(w).Encode(document)
}

// prune drops what the bank's document does not name.
func prune(value any) any {
	switch v := value.(type) {
	case []any:
		for i := range v {
			v[i] = prune(v[i])
		}
	case map[string]any:
		for _, name := range []string{"role", "passwordHash", "nationalId", "riskNotes", "creditScore", "branchNote", "fraudScore", "database", "build"} {
			delete(v, name)
		}
		for name := range v {
			v[name] = prune(v[name])
		}
	}
	return value
}
