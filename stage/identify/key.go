package identify

import (
	"crypto/sha256"
	"net/netip"
	"time"

	"sallyport"
	"sallyport/problem"
)

// maxKey is the longest API key that is hashed, in bytes.
const maxKey = 512

// Key checks API keys: by the hashes of those that the configuration names,
// then by what the directory knows.
type Key struct {
	// Keys by the SHA-256 of the key. A key is random and long: its hash need
	// not be slow.
	Keys map[[sha256.Size]byte]*HeldKey
	// Directory knows further keys; nil where there are none.
	Directory Keys
	Now       func() time.Time
}

// HeldKey is one key and whom it proves.
type HeldKey struct {
	Credential *sallyport.Credential
	// Expires is when the key ends; zero if it does not.
	Expires time.Time
}

// Check implements Method. Unknown, revoked and expired keys, and those that
// come from the wrong network, look the same.
func (k *Key) Check(x *sallyport.Exchange, secret string) (*sallyport.Credential, error) {
	if len(secret) > maxKey {
		return nil, badKey(reason("key too long"))
	}
	held, err := k.find(x, secret)
	if err != nil {
		return nil, err
	}
	if !within(held.Networks, x.Client) {
		return nil, badKey(&misplaced{held})
	}
	return held, nil
}

func (k *Key) find(x *sallyport.Exchange, secret string) (*sallyport.Credential, error) {
	if len(k.Keys) > 0 {
		// The time a look-up takes depends on the hash alone, which nobody can aim.
		held, ok := k.Keys[sha256.Sum256([]byte(secret))]
		if ok && !held.Expires.IsZero() && !k.Now().Before(held.Expires) {
			return nil, badKey(reason("key expired, consumer " + held.Credential.Consumer))
		}
		if ok {
			return held.Credential, nil
		}
	}
	if k.Directory == nil {
		return nil, badKey(reason("key unknown"))
	}
	held, err := k.Directory.Key(x.Context, secret)
	switch {
	case unavailable(err):
		return nil, problem.Fail(problem.KeysUnavailable, err).With("Retry-After", "5")
	case err != nil:
		return nil, badKey(reason("key " + err.Error()))
	}
	return held, nil
}

// within tells whether an address is in one of the networks, or there are none.
func within(networks []netip.Prefix, client netip.Addr) bool {
	in := len(networks) == 0
	client = client.Unmap().WithZone("")
	for _, network := range networks {
		in = network.Contains(client) || in
	}
	return in
}

// misplaced is a key that may not be used from where it came.
type misplaced struct{ held *sallyport.Credential }

func (m *misplaced) Error() string {
	text := "key from outside its networks, consumer " + m.held.Consumer
	if m.held.Key != "" {
		text += ", key " + m.held.Key
	}
	return text
}

// Holders implements Known.
func (k *Key) Holders() []*sallyport.Credential {
	var all []*sallyport.Credential
	for _, held := range k.Keys {
		one := held.Credential
		if !held.Expires.IsZero() {
			until := *one
			until.Expires = held.Expires
			one = &until
		}
		all = append(all, one)
	}
	return all
}

type reason string

func (r reason) Error() string { return string(r) }

func badKey(why error) error {
	return problem.Refuse(problem.CredentialsInvalid, "The key is not valid.").Because(why)
}

// Unchecked leaves a scheme to the backend: what stands in its place must be
// there and is passed on unread. It proves nobody.
type Unchecked struct{}

// Check implements Method.
func (Unchecked) Check(*sallyport.Exchange, string) (*sallyport.Credential, error) {
	return unchecked, nil
}

var unchecked = &sallyport.Credential{Kind: sallyport.Unchecked}
