package config

// Scheme is what one security scheme of the document needs to know. It holds
// exactly one of jwt, key and unchecked.
type Scheme struct {
	Place `json:"-"`

	// Name is the scheme's name in the document.
	Name string `yaml:"-"`
	// The credential is a JSON Web Token: for schemes of type http with scheme
	// bearer, oauth2, openIdConnect, or apiKey.
	JWT *JWT `yaml:"jwt"`
	// The credential is an API key.
	Key *KeySet `yaml:"key"`
	// The gateway does not check this credential; it goes to the backend as it
	// came, and the backend decides. It proves nothing to the gateway's own
	// rules and limits.
	Unchecked bool `yaml:"unchecked"`
}

// JWT says which tokens are accepted (RFC 7519, RFC 8725).
type JWT struct {
	Place `json:"-"`

	// Who issues the tokens: the claim iss, to the letter.
	Issuer string `yaml:"issuer" required:""`
	// Whom the tokens are for: the claim aud must hold one of these.
	Audience []string `yaml:"audience" required:""`
	// The issuer's public keys: an https URL of a JWK set (RFC 7517 §5), or a
	// file with one.
	Keys KeySource `yaml:"keys"`
	// The secret shared with the issuer, for HS256, HS384 and HS512 alone.
	Secret Secret `yaml:"secret"`
	// The signature algorithms that are accepted. Without any, all with public
	// keys; with a secret, HS256.
	Algorithms []string `yaml:"algorithms" choices:"RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA HS256 HS384 HS512"`
	// How far the issuer's clock may be off, a minute at most.
	Skew Duration `yaml:"skew" default:"30s" off:""`
	// What the header's typ may be; "" stands for a token without it. Without
	// any: at+jwt, JWT, and none.
	Types []string `yaml:"types"`
	// Which claims say who the caller is.
	Claims Claims `yaml:"claims"`
}

// Claims are the names of the claims that say who the caller is: each a
// claim's name, names joined by dots, or a JSON pointer (RFC 6901).
type Claims struct {
	Place `json:"-"`

	// Who the caller is.
	Subject string `yaml:"subject" default:"sub"`
	// Which tenant the caller belongs to.
	Tenant string `yaml:"tenant"`
	// What the caller was granted. Without any: scope and scp.
	Scopes []string `yaml:"scopes"`
	// Which roles the caller has, such as realm_access.roles.
	Roles string `yaml:"roles" default:"roles"`
}

// KeySet is the API keys that are known, here or in a file of their own.
type KeySet struct {
	Place `json:"-"`

	// The keys. None of them stands here, only its hash.
	Keys []Key `yaml:"keys"`
	// A file that holds such a list under keys, besides those that stand here.
	File string `yaml:"file" path:""`
}

// Key is one API key and whom it proves.
type Key struct {
	Place `json:"-"`

	// Who holds the key. Several keys may have one holder.
	Consumer string `yaml:"consumer" required:""`
	// The SHA-256 of the key as sha256:HEX. A key must be random, 128 bits at
	// least: then the hash gives nothing away, and need not be slow.
	Hash KeyHash `yaml:"hash" required:""`
	// The scopes that the holder was granted.
	Scopes []string `yaml:"scopes"`
	// The roles that the holder has.
	Roles []string `yaml:"roles"`
	// When the key ends: a date (at its beginning, UTC) or a time such as
	// 2027-01-31T12:00:00Z. Without it, never.
	Expires Time `yaml:"expires"`
}

func (s *Scheme) check(c *decoder) {
	said := 0
	for _, key := range []string{"jwt", "key", "unchecked"} {
		if s.Wrote(key) {
			said++
		}
	}
	if said != 1 {
		c.wrong(s.At, "write one of jwt, key and unchecked: true", "the scheme %q needs exactly one way to be checked, not %d", s.Name, said)
	} else if s.Wrote("unchecked") && !s.Unchecked {
		c.wrong(s.PositionOf("unchecked"), "write jwt or key instead", "unchecked: false does not say how the scheme %q is checked", s.Name)
	}
}

func (j *JWT) check(c *decoder) {
	switch keys, secret := j.Wrote("keys"), j.Wrote("secret"); {
	case keys && secret:
		c.wrong(j.PositionOf("secret"), "remove one of them", "the tokens are signed with a secret or with the issuer's keys, not with both")
		return
	case !keys && !secret:
		c.wrong(j.At, "name the URL or the file of its JWK set under keys", "nothing says with which keys the issuer signs")
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
}

// checkAlgorithms keeps shared secrets and public keys apart: a public key
// must never serve as a secret (RFC 8725 §3.1).
func (j *JWT) checkAlgorithms(c *decoder) {
	secret := j.Wrote("secret")
	if secret && len(j.Algorithms) == 0 {
		j.Algorithms = []string{"HS256"}
	}
	longest := 0
	for i, name := range j.Algorithms {
		size, shared := secretSizes[name]
		longest = max(longest, size)
		switch at := j.PositionOf(item("algorithms", i)); {
		case shared && !secret:
			c.wrong(at, "give a secret, or remove it", "%s needs a secret", name)
		case secret && !shared:
			c.wrong(at, "use HS256, HS384 or HS512, or give keys in place of the secret", "%s does not work with a secret", name)
		}
	}
	// RFC 7518 §3.2: a key of at least the size of the hash.
	if n := len(j.Secret.Reveal()); n > 0 && n < longest {
		c.wrong(j.PositionOf("secret"), "take a longer, random one", "the secret has %d bytes; the algorithm needs %d", n, longest)
	}
	distinctItems(c, j.Place, "algorithms", j.Algorithms)
}

// secretSizes are the algorithms with a shared secret and the bytes of their hash.
var secretSizes = map[string]int{"HS256": 32, "HS384": 48, "HS512": 64}

func (k *KeySet) check(c *decoder) {
	if k.File != "" {
		k.Keys = append(k.Keys, c.keyFile(k.File, k.PositionOf("file"))...)
	}
	if len(k.Keys) == 0 && !k.Wrote("file") {
		c.wrong(k.At, "list keys, or name a file that does", "without a key nobody can come in")
	}
	seen := make(map[KeyHash]bool, len(k.Keys))
	for i := range k.Keys {
		hash := k.Keys[i].Hash
		if hash != (KeyHash{}) && seen[hash] {
			c.wrong(k.Keys[i].PositionOf("hash"), "give every holder a key of its own", "this key stands in the list twice")
		}
		seen[hash] = true
	}
}
