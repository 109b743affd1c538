package jose

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// Issuers are the verifiers of one or several issuers. A token is checked by the one whose Issuer is the
// token's iss: that claim, which nobody has verified yet, picks a verifier and does nothing else. Everything,
// iss among it, is then held to that verifier's own keys, algorithms and audiences, so that a key of one
// issuer never speaks for another. A token of an unknown issuer is refused without a request to anybody.
type Issuers struct {
	list     []*Verifier
	named    map[string]int
	longest  int // bytes of a token
	identity [sha256.Size]byte
}

// NewIssuers refuses verifiers with a mistake, and of several those that share a name or have none.
func NewIssuers(verifiers ...*Verifier) (*Issuers, error) {
	s := &Issuers{list: verifiers, named: make(map[string]int, len(verifiers))}
	h := sha256.New()
	for i, v := range verifiers {
		if err := v.Check(); err != nil {
			return nil, err
		}
		if _, twice := s.named[v.Issuer]; twice || v.AnyIssuer && len(verifiers) > 1 {
			return nil, fmt.Errorf("two verifiers for tokens of %q: which one counts?", v.Issuer)
		}
		s.named[v.Issuer] = i
		s.longest = max(s.longest, v.rules.tokenBytes)
		h.Write(v.rules.identity[:])
	}
	if len(verifiers) == 0 {
		return nil, errors.New("no issuer to take tokens from")
	}
	h.Sum(s.identity[:0])
	return s, nil
}

// Check is nil: NewIssuers has checked them.
func (s *Issuers) Check() error { return nil }

// Verify returns the token when its issuer is known and it holds in everything, and an *Error otherwise.
func (s *Issuers) Verify(ctx context.Context, token string) (*Token, error) {
	t, _, _, err := s.decide(ctx, token)
	return t, err
}

// Of is the place of the issuer whose tokens carry this iss, among those that NewIssuers was given, and
// whether there is one.
func (s *Issuers) Of(t *Token) (which int, ok bool) {
	if len(s.list) == 1 {
		return 0, true
	}
	which, ok = s.named[t.Issuer]
	return which, ok
}

func (s *Issuers) bounds() (int, *[sha256.Size]byte) { return s.longest, &s.identity }
func (s *Issuers) verifier(which int) *Verifier      { return s.list[which] }

func (s *Issuers) decide(ctx context.Context, token string) (*Token, *Keys, int, error) {
	which, err := s.pick(token)
	if err != nil {
		return nil, nil, 0, err
	}
	t, keys, _, err := s.list[which].decide(ctx, token)
	return t, keys, which, err
}

// Named tells whether a token says that it is of one of the issuers, which anybody can write: it is meant for
// no decision but whom to ask about the token. Of a token that cannot be read it is false.
func (s *Issuers) Named(token string) bool {
	issuer, err := issuerOf(token, max(s.longest, defaultTokenBytes))
	if err != nil {
		return false
	}
	which, found := s.named[issuer]
	return found && !s.list[which].AnyIssuer
}

// pick reads the iss of a token that may be anything.
func (s *Issuers) pick(token string) (int, error) {
	if len(s.list) == 1 {
		return 0, nil
	}
	issuer, err := issuerOf(token, s.longest)
	if err != nil {
		return 0, err
	}
	which, found := s.named[issuer]
	if !found {
		return 0, refuse(ReasonIssuer, "its iss is none of those known here")
	}
	return which, nil
}

// issuerOf is the iss of a token of which nothing is verified.
func issuerOf(token string, longest int) (issuer string, err error) {
	if len(token) > longest {
		return "", refuse(ReasonMalformed, "longer than a token may be")
	}
	_, rest, _ := strings.Cut(token, ".")
	payload, _, ok := strings.Cut(rest, ".")
	if !ok {
		return "", refuse(ReasonMalformed, "not three parts between two dots")
	}
	text, err := base64.RawURLEncoding.Strict().DecodeString(payload)
	if err != nil {
		return "", refuse(ReasonMalformed, "a part is not canonical base64url")
	}
	missing := true
	err = eachMember(string(text), maxMembers, func(name, value string) (err error) {
		if name == "iss" {
			missing = false
			issuer, err = stringOf(value)
		}
		return err
	})
	switch {
	case err != nil:
		return "", refuse(ReasonMalformed, "its claims are "+err.Error())
	case missing:
		return "", refuse(ReasonClaimMissing, "no iss")
	}
	return issuer, nil
}
