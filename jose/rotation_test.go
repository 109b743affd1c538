package jose

import (
	"errors"
	"net/http"
	"testing"
	"time"
)

// promising is a token that is good in all but the name of its key.
func promising(t testing.TB, kid string) string {
	t.Helper()
	return forge(`{"alg":"EdDSA","kid":"`+kid+`"}`, encode(t, goodClaims(map[string]any{"exp": noon + 1e6})))
}

func TestWithdrawnKeyEndsAfterAQuietNight(t *testing.T) {
	k := testKeys()
	old, young := signer(t, "ES256", k.ec, "old"), signer(t, "EdDSA", k.ed, "young")
	for name, verify := range map[string]func(*Verifier, string) error{
		"seen before":     cachedVerify(t, NewCache(1<<20)),
		"not seen before": func(v *Verifier, token string) error { return verifyAt(t, v, token) },
	} {
		t.Run(name, func(t *testing.T) {
			i := newIssuer(t, old)
			v, _, now := remoteVerifier(t, i)
			token := signed(t, old)
			wantReason(t, verify(v, token), ReasonNone)
			i.publish(t, young)
			now.advance(20*time.Minute + 1)
			wantReason(t, verify(v, token), ReasonKeyUnknown)
			wantReason(t, verify(v, signed(t, young)), ReasonNone)
		})
	}
}

func cachedVerify(t *testing.T, cache *Cache) func(*Verifier, string) error {
	return func(v *Verifier, token string) error {
		_, err := cache.Verify(t.Context(), v, token)
		return err
	}
}

// That a fetch failed last night says nothing of the issuer now.
func TestAnOldFailureDoesNotKeepOldKeys(t *testing.T) {
	k := testKeys()
	old, young := signer(t, "ES256", k.ec, "old"), signer(t, "EdDSA", k.ed, "young")
	i := newIssuer(t, old)
	v, r, now := remoteVerifier(t, i)
	wantReason(t, verifyAt(t, v, signed(t, old)), ReasonNone)
	i.answer(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	now.advance(time.Hour)
	wantReason(t, verifyAt(t, v, signed(t, old)), ReasonNone)
	landed(r)
	i.publish(t, young)
	now.advance(8 * time.Hour)
	wantReason(t, verifyAt(t, v, signed(t, old)), ReasonKeyUnknown)
}

// Who comes first in the morning waits for the fetch; while the issuer fails nobody else does.
func TestOldKeysCountWhereTheFetchHasFailed(t *testing.T) {
	s := signer(t, "EdDSA", testKeys().ed, "d1")
	i := newIssuer(t, s)
	v, r, now := remoteVerifier(t, i)
	wantReason(t, verifyAt(t, v, signed(t, s)), ReasonNone)
	release := make(chan struct{})
	i.answer(func(w http.ResponseWriter, _ *http.Request) {
		<-release
		w.WriteHeader(http.StatusBadGateway)
	})
	now.advance(8 * time.Hour)
	if r.Current() != nil {
		t.Error("a set of last night counts before the issuer was asked")
	}
	close(release)
	wantReason(t, verifyAt(t, v, signed(t, s)), ReasonNone)
	now.advance(time.Minute)
	if r.Current() == nil {
		t.Error("the set does not count, and the issuer fails")
	}
	landed(r)
}

// A stranger uses up the fetches of the half minute in which the issuer changes its key: whoever has a token
// under the new one is asked to come again, and is never told that it is wrong.
func TestMadeUpNamesDoNotMakeANewKeyWrong(t *testing.T) {
	k := testKeys()
	old, young := signer(t, "ES256", k.ec, "old"), signer(t, "EdDSA", k.ed, "young")
	i := newIssuer(t, old)
	v, _, now := remoteVerifier(t, i)
	wantReason(t, verifyAt(t, v, signed(t, old)), ReasonNone)
	now.advance(time.Minute)
	wantReason(t, verifyAt(t, v, promising(t, "made-up-1")), ReasonKeyUnknown)
	wantReason(t, verifyAt(t, v, promising(t, "made-up-2")), ReasonKeyUnknown)
	i.publish(t, old, young)
	err := verifyAt(t, v, signed(t, young))
	wantReason(t, err, ReasonKeysUnavailable)
	undecided, ok := errors.AsType[*Undecided](err)
	if !ok || undecided.Retry <= 0 || undecided.Retry > 30*time.Second {
		t.Fatalf("%v does not say when to come again", err)
	}
	i.wantAsked(t, 3)
	now.advance(undecided.Retry)
	wantReason(t, verifyAt(t, v, signed(t, young)), ReasonNone)
}

// A name that came too soon is decided by the next fetch, whoever has it made.
func TestANameThatCameTooSoonIsDecidedByTheNextFetch(t *testing.T) {
	i := newIssuer(t, signer(t, "EdDSA", testKeys().ed, "d1"))
	v, _, now := remoteVerifier(t, i)
	for _, name := range []string{"a", "b"} {
		wantReason(t, verifyAt(t, v, promising(t, name)), ReasonKeyUnknown)
	}
	wantReason(t, verifyAt(t, v, promising(t, "c")), ReasonKeysUnavailable)
	now.advance(31 * time.Second)
	wantReason(t, verifyAt(t, v, promising(t, "d")), ReasonKeyUnknown)
	wantReason(t, verifyAt(t, v, promising(t, "c")), ReasonKeyUnknown)
	i.wantAsked(t, 3)
}

// A token that no key would make good has nobody asked for one.
func TestHopelessTokensAskNobody(t *testing.T) {
	i := newIssuer(t, signer(t, "EdDSA", testKeys().ed, "d1"))
	v, r, now := remoteVerifier(t, i)
	if err := r.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	now.advance(time.Minute)
	for name, claims := range map[string]map[string]any{
		"of another issuer": {"iss": "https://other.example"}, "for others": {"aud": "other"}, "expired": {"exp": 1}, "without a subject": {"sub": ""},
	} {
		wantReason(t, verifyAt(t, v, forge(`{"alg":"EdDSA","kid":"x`+name[:2]+`"}`, encode(t, goodClaims(claims)))), ReasonKeyUnknown)
	}
	i.wantAsked(t, 1)
}
