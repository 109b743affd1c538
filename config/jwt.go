package config

import (
	"net/url"
	"strings"
)

// JWT says which tokens of one issuer are accepted (RFC 7519, RFC 8725).
type JWT struct {
	Place `json:"-"`

	// Who issues the tokens: the claim iss, to the letter.
	Issuer string `yaml:"issuer" required:""`
	// Whom the tokens are for: the claim aud must hold one of these.
	Audience []string `yaml:"audience" required:""`
	// The issuer's public keys: an https URL of a JWK set (RFC 7517 §5), or a
	// file with one. Without keys and secret, an issuer whose name is an https URL
	// is asked where they are (OpenID Connect Discovery, RFC 8414).
	Keys KeySource `yaml:"keys"`
	// The secret shared with the issuer, for HS256, HS384 and HS512 alone.
	Secret Secret `yaml:"secret"`
	// The signature algorithms that are accepted. Without any, all with public
	// keys; with a secret, HS256.
	Algorithms []string `yaml:"algorithms" choices:"RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA HS256 HS384 HS512"`
	// How far the issuer's clock may be off, a minute at most.
	Skew Duration `yaml:"skew" default:"30s" off:""`
	// The longest time that a token may live, from its iat, which it must then
	// have, to its exp.
	Lifetime Duration `yaml:"lifetime" default:"off" off:""`
	// What the tokens must be beside well-formed: at+jwt are access tokens by RFC
	// 9068, which say so in typ and have sub, client_id, iat and jti.
	Profile string `yaml:"profile" choices:"at+jwt"`
	// What the header's typ may be; "" stands for a token without it. Without
	// any: at+jwt, JWT, and none.
	Types []string `yaml:"types"`
	// Which claims say who the caller is.
	Claims Claims `yaml:"claims"`
	// Take only tokens that are bound to the certificate of the client (RFC 8705
	// §3): a stolen one is of no use then. Without it such a token is held to its
	// certificate too, wherever the claim cnf names one, and others are taken
	// beside. It needs a listener that asks for certificates (client_certificates).
	Bound string `yaml:"bound" choices:"certificate"`
	// Whether tokens are bound to a key of the client. A mode is short for it.
	DPoP DPoP `yaml:"dpop"`
}

// Claims are the names of the claims that say who the caller is: each a
// claim's name, names joined by dots, or a JSON pointer (RFC 6901).
type Claims struct {
	Place `json:"-"`

	// Who the caller is.
	Subject string `yaml:"subject" default:"sub"`
	// Which tenant the caller belongs to.
	Tenant string `yaml:"tenant"`
	// Which client the token was given to: the first of these that it has.
	Client []string `yaml:"client" default:"client_id azp"`
	// What the caller was granted. Without any: scope and scp.
	Scopes []string `yaml:"scopes"`
	// Which roles the caller has, such as realm_access.roles.
	Roles string `yaml:"roles" default:"roles"`
}

// checkIssuers keeps several issuers of one scheme apart: the one that a token
// names picks the keys that it is held to.
func (s *Scheme) checkIssuers(c *decoder) {
	if s.Wrote("jwt") && len(s.JWT) == 0 {
		c.wrong(s.PositionOf("jwt"), "name an issuer", "the scheme %q takes tokens of nobody", s.Name)
	}
	c.distinct("jwt", "issuer", len(s.JWT), func(i int) (string, Place) { return s.JWT[i].Issuer, s.JWT[i].Place })
}

func (j *JWT) check(c *decoder) {
	switch keys, secret := j.Wrote("keys"), j.Wrote("secret"); {
	case keys && secret:
		c.wrong(j.PositionOf("secret"), "remove one of them", "the tokens are signed with a secret or with the issuer's keys, not with both")
		return
	case !keys && !secret && !discoverable(j.Issuer):
		c.wrong(j.At, "name the URL or the file of its JWK set under keys, or an issuer whose name is an https URL and can be asked", "nothing says with which keys the issuer signs")
	}
	j.checkAlgorithms(c)
	distinctItems(c, j.Place, "audience", j.Audience)
	if j.Skew > MaxSkew {
		c.wrong(j.PositionOf("skew"), "mend the clock", "a clock that is off by %s lets dead tokens live; the most is %s", j.Skew, MaxSkew)
	}
	if u := j.Keys.URL; u.Host != "" && u.Scheme != "https" && !loopbackHost(u.Hostname()) {
		// Whoever can change the keys on their way can sign any token.
		c.wrong(j.PositionOf("keys"), "use https", "keys must not come in the clear")
	}
	if j.Profile != "" && j.Wrote("types") {
		c.wrong(j.PositionOf("types"), "remove one of them", "the profile %s says what typ may be", j.Profile)
	}
}

// discoverable tells whether an issuer's name is a URL that leads to its
// metadata: https, without query and fragment (RFC 8414 §2).
func discoverable(issuer string) bool {
	u, err := url.Parse(issuer)
	return err == nil && u.Host != "" && u.User == nil && !strings.ContainsAny(issuer, "?#") &&
		(u.Scheme == "https" || u.Scheme == "http" && loopbackHost(u.Hostname()))
}

// checkAlgorithms keeps shared secrets and public keys apart: a public key
// must never serve as a secret (RFC 8725 §3.1).
func (j *JWT) checkAlgorithms(c *decoder) {
	secret := j.Wrote("secret")
	if secret && len(j.Algorithms) == 0 {
		j.Algorithms = []string{"HS256"}
	}
	for i, name := range j.Algorithms {
		_, shared := secretSizes[name]
		switch at := j.PositionOf(item("algorithms", i)); {
		case shared && !secret:
			c.wrong(at, "give a secret, or remove it", "%s needs a secret", name)
		case secret && !shared:
			c.wrong(at, "use HS256, HS384 or HS512, or give keys in place of the secret", "%s does not work with a secret", name)
		}
	}
	if n := len(j.Secret.Reveal()); n > 0 && n < j.SecretBytes() {
		c.wrong(j.PositionOf("secret"), "take a longer, random one", "the secret has %d bytes; the algorithm needs %d", n, j.SecretBytes())
	}
	distinctItems(c, j.Place, "algorithms", j.Algorithms)
}

// SecretBytes is how long the secret must be at the least, in bytes: as the
// longest hash of the algorithms (RFC 7518 §3.2).
func (j *JWT) SecretBytes() int {
	longest := 0
	for _, name := range j.Algorithms {
		longest = max(longest, secretSizes[name])
	}
	return longest
}

// secretSizes are the algorithms with a shared secret and the bytes of their hash.
var secretSizes = map[string]int{"HS256": 32, "HS384": 48, "HS512": 64}
