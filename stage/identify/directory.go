package identify

import (
	"context"
	"time"

	"sallyport"
)

// The directory is who may come in, as the methods ask for it. What it says of
// a holder is immutable and may be shared: a credential with Consumer, ID,
// Scopes, Roles, Tenant, Networks and Expires set. An error with a method
// Unavailable that says true is that nobody could be asked; every other is that
// there is no such holder, or not any more.

// Keys knows the holders of API keys.
type Keys interface {
	// Key is the holder of a key, its credential of kind key. It fails for a key
	// that is not one, unknown, revoked or expired, and for a holder that is shut
	// out.
	Key(ctx context.Context, secret string) (*sallyport.Credential, error)
}

// Tagged is Keys whose keys have a tag that nobody can make up.
type Tagged interface {
	// Tagged tells whether the tag of a key fits. It asks nobody, and takes
	// microseconds.
	Tagged(secret string) bool
}

// Passwords knows the holders of passwords.
type Passwords interface {
	// Password is the argon2id hash in PHC form of a username's password, and its
	// holder.
	Password(ctx context.Context, username string) (hash string, holder *sallyport.Credential, err error)
}

// Consumers knows holders by their names: those of certificates, for one.
type Consumers interface {
	Consumer(ctx context.Context, name string) (*sallyport.Credential, error)
}

// Revocations knows tokens that were taken back.
type Revocations interface {
	// Revoked tells whether a token is; token is its jti, subject its sub, each
	// "" if it has none. The error is that it is not known.
	Revoked(issuer, token, subject string, issued time.Time) (bool, error)
}

// unavailable tells an error of nobody who could be asked from one that says no.
func unavailable(err error) bool {
	u, ok := err.(interface{ Unavailable() bool })
	return ok && u.Unavailable()
}
