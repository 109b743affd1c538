package identify

import (
	"crypto/sha256"
	"time"

	"sallyport"
	"sallyport/problem"
)

// maxKey is the longest API key that is hashed, in bytes.
const maxKey = 512

// Key checks API keys against the hashes of those that the configuration names.
type Key struct {
	// Keys by the SHA-256 of the key. A key is random and long: its hash need
	// not be slow.
	Keys map[[sha256.Size]byte]*HeldKey
	Now  func() time.Time
}

// HeldKey is one key and whom it proves.
type HeldKey struct {
	Credential *sallyport.Credential
	// Expires is when the key ends; zero if it does not.
	Expires time.Time
}

// Check implements Method. An unknown key and an expired one look the same.
func (k *Key) Check(_ *sallyport.Exchange, secret string) (*sallyport.Credential, error) {
	if len(secret) > maxKey {
		return nil, badKey("too long")
	}
	hash := sha256.Sum256([]byte(secret))
	held, ok := k.Keys[hash] // the time a look-up takes depends on the hash alone, which nobody can aim
	if !ok {
		return nil, badKey("unknown")
	}
	if !held.Expires.IsZero() && !k.Now().Before(held.Expires) {
		return nil, badKey("expired")
	}
	return held.Credential, nil
}

// Holders implements Known.
func (k *Key) Holders() []*sallyport.Credential {
	var all []*sallyport.Credential
	for _, held := range k.Keys {
		all = append(all, held.Credential)
	}
	return all
}

type reason string

func (r reason) Error() string { return string(r) }

func badKey(why string) error {
	return problem.Refuse(problem.CredentialsInvalid, "The key is not valid.").Because(reason("key " + why))
}

// Unchecked leaves a scheme to the backend: what stands in its place must be
// there and is passed on unread. It proves nobody.
type Unchecked struct{}

// Check implements Method.
func (Unchecked) Check(*sallyport.Exchange, string) (*sallyport.Credential, error) {
	return unchecked, nil
}

var unchecked = &sallyport.Credential{Kind: sallyport.Unchecked}
