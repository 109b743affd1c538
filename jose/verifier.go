// Package jose verifies signed tokens: JSON Web Tokens in the compact serialization (RFC 7515, 7519), under
// keys from JWK sets (RFC 7517) that are fixed, fetched, or found by an issuer's metadata (OpenID Connect
// Discovery, RFC 8414), by the algorithms of RFC 7518 and 8037, with the checks of RFC 8725 and of RFC 9068 §4;
// and the proofs that a client holds the key of its token (RFC 9449). It also signs, for those parts of the
// program that issue tokens.
//
// It refuses "none", encrypted tokens (JWE), the JSON serializations, extensions (crit, b64), every key that
// a token brings along (jwk, jku, x5c, x5u; a proof's jwk is known by the token), second spellings of the same token, duplicate JSON names, and
// tokens that are bound to a key (cnf) in a way of which the caller does not say that it checks it.
//
// Tokens are signed, and keys of Ed25519 read, by go-jose. A signature is checked here, by the standard library alone:
// that is a page of code, and a third of the allocations; a fuzz target holds the two against each other.
package jose

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	defaultSkew       = 30 * time.Second
	maxSkew           = time.Minute
	defaultTokenBytes = 8 << 10
	maxTokenBytes     = 1 << 20
)

// Verifier says which tokens are accepted. Set the fields, call Check once, and do not change them after.
// It is safe for concurrent use, and must not be copied.
type Verifier struct {
	// Keys is where the issuer's keys come from: a *Keys or a *Remote. Required.
	Keys Source

	// Issuer must equal the claim iss, byte for byte. Required unless AnyIssuer.
	Issuer string

	// AnyIssuer accepts tokens of whatever issuer, and without one: right only where the keys belong to a
	// single issuer that does not name itself.
	AnyIssuer bool

	// Audiences names this API: the claim aud must contain one of them, byte for byte. Required unless
	// AnyAudience.
	Audiences []string

	// AnyAudience accepts tokens that were meant for somebody else, and those without aud. A neighbour who
	// is given a token by a user can then use it here.
	AnyAudience bool

	// Algorithms lists what alg may be. Empty means RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384,
	// ES512 and EdDSA (Ed25519). HS256, HS384 and HS512 must be asked for by name, and cannot stand beside
	// the others: a public key must never serve as a shared secret (RFC 8725 §3.1).
	Algorithms []string

	// Types lists what typ may be, in any letter case, with or without "application/" before it; an empty
	// string stands for a token without typ. Nil means "at+jwt", "JWT" and "".
	Types []string

	// Skew is how far the issuer's clock may be off, at most a minute. Zero means 30 s, negative none.
	Skew time.Duration

	// RequiredClaims must be there, and neither null nor an empty string; exp always must, and iss and aud
	// unless they may be any. Nil means sub; an empty list means no more.
	RequiredClaims []string

	// MaxLifetime is how long a token may live, from iat, which it must then have, to exp. Zero is no bound.
	MaxLifetime time.Duration

	// MaxTokenBytes bounds a token before it is read. Zero means 8192.
	MaxTokenBytes int

	// Bindings are those that the caller promises to check for every token whose Confirmation has them. A
	// token that is bound in any other way is refused, since a stolen one could be presented as a plain bearer
	// token (RFC 7800; RFC 8705 §3, RFC 9449 §7.2).
	Bindings Binding

	// Derive makes of a good token what the caller wants of it, once: it becomes Token.Derived, and is kept with
	// the token. An error refuses the token, and must not repeat anything of it. Derivation names all that the
	// result depends on beside the token: it is found again by verifiers of the same settings and Derivation.
	Derive     func(*Token) (any, error)
	Derivation string

	// Now is the clock. Nil means time.Now.
	Now func() time.Time

	once  sync.Once
	rules rules
	wrong error
}

// rules are the settings with the defaults put in, worked out once.
type rules struct {
	algorithms []string
	types      []string // lower case, without "application/"
	required   []string
	skew       time.Duration
	tokenBytes int
	now        func() time.Time
	identity   [sha256.Size]byte // of all that a verdict depends on except the keys
}

// Check reports a mistake in the settings; with one, every token is refused.
func (v *Verifier) Check() error {
	v.once.Do(v.compile)
	return v.wrong
}

func (v *Verifier) compile() {
	r := &v.rules
	if r.algorithms = slices.Clone(v.Algorithms); len(r.algorithms) == 0 {
		r.algorithms = defaultAlgorithms()
	}
	types := v.Types
	if types == nil {
		types = []string{"at+jwt", "JWT", ""}
	}
	for _, t := range types {
		r.types = append(r.types, bareType(t))
	}
	if r.required = slices.Clone(v.RequiredClaims); v.RequiredClaims == nil {
		r.required = []string{"sub"}
	}
	if r.skew = max(v.Skew, 0); v.Skew == 0 {
		r.skew = defaultSkew
	}
	if r.tokenBytes = v.MaxTokenBytes; r.tokenBytes == 0 {
		r.tokenBytes = defaultTokenBytes
	}
	if r.now = v.Now; r.now == nil {
		r.now = time.Now
	}
	if v.wrong = v.mistakes(); v.wrong == nil {
		r.identity, v.wrong = v.identify()
	}
}

func (v *Verifier) mistakes() error {
	var wrong []error
	add := func(bad bool, format string, args ...any) {
		if bad {
			wrong = append(wrong, fmt.Errorf(format, args...))
		}
	}
	add(v.Keys == nil, "no keys to verify with")
	add(v.Issuer == "" && !v.AnyIssuer, "no issuer named; say so if any will do")
	add(v.Issuer != "" && v.AnyIssuer, "an issuer named, and any accepted")
	add(len(v.Audiences) == 0 && !v.AnyAudience, "no audience named; say so if any will do")
	add(len(v.Audiences) != 0 && v.AnyAudience, "an audience named, and any accepted")
	add(slices.Contains(v.Audiences, ""), "an empty audience")
	add(v.Types != nil && len(v.Types) == 0, "no type accepted")
	add(v.Bindings&^(BoundToKey|BoundToCertificate) != 0, "a binding that cannot be checked")
	add((v.Derive == nil) != (v.Derivation == ""), "Derive without Derivation, or the other way round")
	add(v.MaxLifetime < 0, "a lifetime below zero")
	add(v.Skew > maxSkew, "a skew of %s; at most %s", v.Skew, maxSkew)
	add(v.MaxTokenBytes < 0 || v.MaxTokenBytes > maxTokenBytes, "tokens of %d bytes; between 1 and %d", v.MaxTokenBytes, maxTokenBytes)
	shared, public := false, false
	for _, name := range v.rules.algorithms {
		a, ok := algorithmOf(name)
		add(!ok, "algorithm %q is not known", name)
		shared, public = shared || a.family == mac, public || ok && a.family != mac
	}
	add(shared && public, "algorithms with a shared secret beside others")
	if len(wrong) == 0 {
		return nil
	}
	return fmt.Errorf("settings of a token verifier: %w", errors.Join(wrong...))
}

// identify hashes the settings, so that a verdict found under some is never used under others.
func (v *Verifier) identify() ([sha256.Size]byte, error) {
	text, err := json.Marshal([]any{
		v.Issuer, v.AnyIssuer, v.Audiences, v.AnyAudience, v.rules.algorithms, v.rules.types,
		v.rules.skew, v.rules.required, v.rules.tokenBytes, v.Bindings, v.MaxLifetime, v.Derivation,
	})
	return sha256.Sum256(text), err
}

// Verify returns the token when its signature and every claim hold now, and an *Error otherwise.
func (v *Verifier) Verify(ctx context.Context, token string) (*Token, error) {
	t, _, _, err := v.decide(ctx, token)
	return t, err
}

func (v *Verifier) bounds() (int, *[sha256.Size]byte) { return v.rules.tokenBytes, &v.rules.identity }
func (v *Verifier) verifier(int) *Verifier            { return v }

func (v *Verifier) decide(ctx context.Context, token string) (*Token, *Keys, int, error) {
	t, keys, err := v.verify(ctx, token)
	if err != nil {
		return nil, nil, 0, err
	}
	if v.Derive != nil {
		if t.Derived, err = v.Derive(t); err != nil {
			return nil, nil, 0, refuse(ReasonClaimMissing, err.Error())
		}
	}
	return t, keys, 0, nil
}

// VerifyJWS checks the form, header and signature of any compact JWS and returns its payload. Nothing is
// known then of who signed it for whom, when, or to what purpose: for tokens use Verify.
func (v *Verifier) VerifyJWS(ctx context.Context, jws string) (payload []byte, err error) {
	j, _, err := v.open(ctx, jws, false)
	if err != nil {
		return nil, err
	}
	return j.payload, nil
}

func (v *Verifier) verify(ctx context.Context, token string) (*Token, *Keys, error) {
	j, keys, err := v.open(ctx, token, true)
	if err != nil {
		return nil, nil, err
	}
	// RFC 8725 §3.11: what was signed for another purpose is not an access token. Checked behind the
	// signature, so that the reason can be believed.
	if err := v.checkType(&j.header); err != nil {
		return nil, nil, err
	}
	t, err := readClaims(j.payload)
	if err != nil {
		return nil, nil, err
	}
	t.KeyID, t.Algorithm, t.Type = j.header.keyID, j.header.alg.name, j.header.typ
	if err := v.checkClaims(t); err != nil {
		return nil, nil, err
	}
	return t, keys, nil
}

// hopeless is an error for a token that is refused whatever key it was signed with: nobody need be asked for
// that key. Which of its claims is wrong is not told, since nobody has signed them.
func (v *Verifier) hopeless(j *compact) error {
	t, err := readClaims(j.payload)
	if err == nil {
		err = v.checkType(&j.header)
	}
	if err == nil {
		err = v.checkClaims(t)
	}
	if err != nil {
		return refuse(ReasonKeyUnknown, "no key of this kid is held, and with any it would be refused")
	}
	return nil
}

// open checks everything up to the signature, and says with which keys. With claims, it asks for a key that is
// not held only where they leave hope.
func (v *Verifier) open(ctx context.Context, token string, claims bool) (*compact, *Keys, error) {
	if err := v.Check(); err != nil {
		return nil, nil, &Error{Reason: ReasonConfiguration, Detail: "nothing can be accepted", Cause: err}
	}
	if len(token) > v.rules.tokenBytes {
		return nil, nil, refuse(ReasonMalformed, "longer than a token may be")
	}
	j, err := splitCompact(token)
	if err != nil {
		return nil, nil, err
	}
	if !slices.Contains(v.rules.algorithms, j.header.alg.name) {
		return nil, nil, refuse(ReasonAlgorithm, "its alg is not allowed") // RFC 8725 §3.1
	}
	if held := v.Keys.Current(); claims && held != nil && j.header.keyID != "" && !held.unnamed && !held.knows(j.header.keyID) {
		if err := v.hopeless(j); err != nil {
			return nil, nil, err
		}
	}
	keys, err := v.Keys.Find(ctx, j.header.keyID)
	if err != nil {
		return nil, nil, &Error{Reason: ReasonKeysUnavailable, Detail: "no keys to check it with", Cause: err}
	}
	if keys == nil {
		return nil, nil, refuse(ReasonKeysUnavailable, "its source gave no keys")
	}
	if err := keys.verify(&j.header, j.input, j.signature); err != nil {
		return nil, nil, err
	}
	return j, keys, nil
}

func (v *Verifier) checkType(h *header) error {
	if h.hasType && h.typ == "" || !slices.Contains(v.rules.types, bareType(h.typ)) {
		return refuse(ReasonType, "its typ is not accepted")
	}
	return nil
}

// bareType takes off "application/", which RFC 7515 §4.1.9 leaves to the sender.
func bareType(typ string) string {
	typ = strings.ToLower(typ)
	if bare, ok := strings.CutPrefix(typ, "application/"); ok && bare != "" && !strings.Contains(bare, "/") {
		return bare
	}
	return typ
}

func (v *Verifier) checkClaims(t *Token) error {
	if !v.AnyIssuer {
		if !t.has("iss") {
			return refuse(ReasonClaimMissing, "no iss")
		}
		if t.Issuer != v.Issuer { // RFC 8725 §3.8
			return refuse(ReasonIssuer, "its iss is another")
		}
	}
	if !v.AnyAudience {
		if !t.has("aud") {
			return refuse(ReasonClaimMissing, "no aud")
		}
		if !slices.ContainsFunc(t.Audience, func(a string) bool { return slices.Contains(v.Audiences, a) }) {
			return refuse(ReasonAudience, "its aud names others") // RFC 8725 §3.9
		}
	}
	if !t.has("exp") {
		return refuse(ReasonClaimMissing, "no exp") // RFC 9068 §2.2
	}
	for _, name := range v.rules.required {
		if !t.has(name) {
			return refuse(ReasonClaimMissing, "no "+name)
		}
	}
	if v.MaxLifetime > 0 {
		if !t.has("iat") {
			return refuse(ReasonClaimMissing, "no iat, and so no lifetime")
		}
		if t.Expires.Sub(t.IssuedAt) > v.MaxLifetime {
			return refuse(ReasonLifetime, "from iat to exp it lives for longer than a token may")
		}
	}
	if t.Confirmation.Bound&^v.Bindings != 0 {
		return refuse(ReasonBound, "it is bound to a key in a way that is not checked here")
	}
	return v.checkTimes(t)
}

// has reports whether a claim is there and says something.
func (t *Token) has(name string) bool {
	value, ok := t.Claim(name)
	return ok && value != "null" && value != `""`
}

// checkTimes is also what a kept verdict must pass each time it is used.
func (v *Verifier) checkTimes(t *Token) error {
	now := v.rules.now()
	switch {
	case !now.Before(t.Expires.Add(v.rules.skew)): // RFC 7519 §4.1.4: on exp is too late
		return refuse(ReasonExpired, "exp has passed")
	case now.Add(v.rules.skew).Before(t.NotBefore): // RFC 7519 §4.1.5
		return refuse(ReasonNotYetValid, "nbf is still to come")
	case now.Add(v.rules.skew).Before(t.IssuedAt):
		return refuse(ReasonNotYetValid, "iat is still to come")
	}
	return nil
}
