package demo

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// lifetime is how long a good token is good for; a page that stays open asks for new ones.
const lifetime = time.Hour

// Preset is one token that the page offers.
type Preset struct {
	ID    string `json:"id"`
	Label string `json:"label"`
	// Token is empty where none is to be sent.
	Token string `json:"token"`
	// Note says in a sentence what the token is.
	Note string `json:"note"`
	// Genuine says that the token is as the issuer signed it, in date, and meant for the bank.
	Genuine bool `json:"genuine"`
}

// Presets makes one token of each kind, dated from now.
func (i *Issuer) Presets(now time.Time) ([]Preset, error) {
	stranger, err := NewIssuer()
	if err != nil {
		return nil, err
	}
	alice := Claims{
		Issuer: IssuerURL, Audience: Audience, Subject: "alice",
		Roles: []string{"profile:read", "profile:write", "accounts:read", "transfers:write"},
	}.dated(now, lifetime)
	bob, reader, shop := alice, alice, alice
	bob.Subject = "bob"
	reader.Roles = []string{"profile:read", "accounts:read"}
	shop.Audience = "shop"

	m := maker{}
	valid := m.sign(i, alice)
	presets := []Preset{
		{ID: "valid", Label: "Valid", Token: valid, Genuine: true,
			Note: "Alice’s own token, signed by the issuer, good for an hour."},
		{ID: "missing", Label: "Missing",
			Note: "No token at all: the request goes out without an Authorization header."},
		{ID: "expired", Label: "Expired", Token: m.sign(i, alice.dated(now.Add(-25*time.Hour), lifetime)),
			Note: "Alice’s token of yesterday. The signature is good, the date is not."},
		{ID: "tampered", Label: "Tampered", Token: m.tamper(valid, "carol"),
			Note: "Alice’s token with the subject changed to carol and the old signature left on."},
		{ID: "none", Label: "alg: none", Token: m.unsigned(alice, "carol"),
			Note: "A token that says it needs no signature, and names carol."},
		{ID: "other", Label: "Somebody else’s", Token: m.sign(i, bob), Genuine: true,
			Note: "Bob’s real token. It opens Bob’s data, and nothing of Alice’s."},
		{ID: "forged", Label: "Forged", Token: m.sign(stranger, alice),
			Note: "All of Alice’s claims, signed with a key the gateway has never seen."},
		{ID: "audience", Label: "For another API", Token: m.sign(i, shop),
			Note: "Signed by the right issuer for Alice, but meant for the shop."},
		{ID: "reader", Label: "Read only", Token: m.sign(i, reader), Genuine: true,
			Note: "Alice’s token without the right to change her profile or move money."},
	}
	return presets, m.err
}

// maker makes tokens and remembers the first mistake.
type maker struct{ err error }

func (m *maker) sign(issuer *Issuer, claims Claims) string {
	token, err := issuer.Sign(claims)
	m.err = errors.Join(m.err, err)
	return token
}

// tamper changes the subject of a signed token and keeps the signature.
func (m *maker) tamper(token, subject string) string {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		m.err = errors.Join(m.err, errors.New("a compact token has three parts (RFC 7515 §3.1)"))
		return ""
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	m.err = errors.Join(m.err, err)
	changed := strings.Replace(string(payload), `"sub":"alice"`, `"sub":"`+subject+`"`, 1)
	return parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(changed)) + "." + parts[2]
}

// unsigned makes an unsecured token (RFC 7519 §6), which no careful library would.
func (m *maker) unsigned(claims Claims, subject string) string {
	claims.Subject = subject
	payload, err := json.Marshal(claims)
	m.err = errors.Join(m.err, err)
	part := base64.RawURLEncoding.EncodeToString
	return part([]byte(`{"alg":"none","typ":"at+jwt"}`)) + "." + part(payload) + "."
}
