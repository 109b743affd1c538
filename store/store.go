// Package store keeps who may come in: consumers, their keys and passwords,
// what was revoked, the wrapped keys of the keyring, sealed secrets, and the
// audit of administration. Files say what is protected; the store says who may
// come in.
//
// There are two stores with one interface: SQLite, embedded, for one node, and
// PostgreSQL for several (packages sqlite and postgres beneath; storetest is
// the one suite that both pass). What was acknowledged survives the process
// being killed at any moment. Nothing in a store is a secret in the clear:
// keys and passwords are hashes, what must be read back is sealed by the
// keyring before it comes here.
//
// A store is asked by the request path only for what memory does not hold: one
// indexed read. Package roster is what stands between.
package store

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"sallyport/keyring"
)

// The errors that every store returns, wrapped or not. Any other, one of the
// context included, says that the store could not be asked: nothing may be
// concluded from it, not even that what was to be written was not.
var (
	// ErrNotFound: there is no such thing.
	ErrNotFound = errors.New("not found")
	// ErrExists: the name, or the hash, is taken.
	ErrExists = errors.New("exists already")
	// ErrChanged: somebody changed it since it was read.
	ErrChanged = errors.New("changed meanwhile")
	// ErrNewer: the store was written by a later version of the program, which
	// this one must not touch.
	ErrNewer = errors.New("written by a later version")
	// ErrOlder: the store was written by an earlier version of the program; a
	// gateway that starts, or a verb that administrates, brings it forward.
	ErrOlder = errors.New("written by an earlier version")
	// ErrEnded: the key was revoked, or ended sooner, before its consumer was
	// deleted: it does not come back with more life than it had.
	ErrEnded = errors.New("ended before")
	// ErrReplaced: what was opened lies there no more. Put it back, or open the
	// store again.
	ErrReplaced = errors.New("the store was replaced while it was open")
	// ErrInvalid: what was given cannot be kept as it is; the text says why, and
	// never what was given.
	ErrInvalid = errors.New("cannot be kept")
)

// Consumer is somebody who may come in: an application, a partner, a person.
type Consumer struct {
	ID ID
	// Name is what people and rules call it, unique; 1 to 128 printable
	// characters without spaces.
	Name string
	// Tenant is the one it belongs to; "" is none.
	Tenant string
	// Roles and Scopes are what all of its credentials are granted.
	Roles, Scopes []string
	// Disabled shuts all of its credentials out.
	Disabled bool
	// Note is for people.
	Note             string
	Created, Changed time.Time
	// Revision is compared by UpdateConsumer and raised by every change.
	Revision int64
}

// Key is one API key of a consumer; the key itself is not here.
type Key struct {
	ID       ID
	Consumer ID
	// Name tells a consumer's keys apart for people.
	Name string
	// Hash is the keyed hash of the key, by the generation of the hash's key.
	Hash       []byte
	Generation uint8
	// Hint are the last characters, by which people recognise it.
	Hint string
	// Scopes and Roles are granted beside the consumer's own.
	Scopes, Roles []string
	// Networks are where it may be used from; none is anywhere.
	Networks []netip.Prefix
	// Expires, Revoked and Used are zero where that has not happened; Used is
	// exact to a minute.
	Created, Expires, Revoked, Used time.Time
	// Rotated is the key that took its place; "" if none did.
	Rotated ID
	// Revision is compared by UpdateKey and ReplaceKey and raised by every
	// change; use is none.
	Revision int64
}

// Password is what a consumer proves itself with in HTTP Basic.
type Password struct {
	Consumer ID
	// Username is unique in the whole store.
	Username string
	// Hash is an argon2id hash in PHC form.
	Hash    string
	Changed time.Time
}

// Revocation takes back tokens that nobody can call in.
type Revocation struct {
	ID ID
	// Issuer is the claim iss; "" is every issuer.
	Issuer string
	// Token is a jti, Subject a sub; one of them is set. For a subject all
	// tokens issued at Before or earlier are revoked.
	Token, Subject string
	Before         time.Time
	// Until is when no token that this hits can be valid any more; then it goes.
	Until   time.Time
	Created time.Time
}

// Secret is a sealed value that must be read back, such as a credential for a
// backend. Only the keyring can open it.
type Secret struct {
	Name    string
	Sealed  []byte
	Changed time.Time
}

// AdminToken lets its holder administrate; the token itself is not here.
type AdminToken struct {
	ID      ID
	Name    string
	Hash    []byte // keyed
	Roles   []string
	Created time.Time
	Expires time.Time // zero: never
}

// Entry is one act of administration, whoever did it by whatever way. Entries
// are only ever added, each with the hash of the one before.
type Entry struct {
	Number int64
	At     time.Time
	// Actor is who did it: token:NAME, or cli:USER.
	Actor string
	// Action is what was done, such as key.revoke; Object to what, by its id.
	Action, Object string
	// Outcome is done, refused or failed.
	Outcome string
	// Detail is JSON of what is worth knowing; never a secret.
	Detail string
	// From is the address the request came from; "" at the command line.
	From string
	// Hash covers this entry and, by its hash, the one before.
	Hash []byte
}

// Change tells that something must not be believed any more.
type Change struct {
	// Number counts the changes in the order in which they were committed.
	Number int64
	// Kind is of what.
	Kind Kind
	// ID is of what; of a password the username, of a secret the name, of keys
	// of the keyring the purpose, and of added keys nothing.
	ID string
}

// Kind is what a change is of.
type Kind string

// The kinds of changes. That of a consumer is one of all its keys and passwords.
const (
	ConsumerChanged   Kind = "consumer"
	KeyChanged        Kind = "key"
	KeysAdded         Kind = "added" // what was unknown may be known now
	PasswordChanged   Kind = "password"
	RevocationChanged Kind = "revocation"
	SecretChanged     Kind = "secret"
	KeyringChanged    Kind = "keys"
	AdminChanged      Kind = "admin"
)

// Store is what both stores do. Every method that changes something takes the
// entry of the audit that tells of it, and writes both or neither; Number and
// Hash of the entry are the store's. Times are UTC, exact to a millisecond, and
// after 1970. Lists are asked for in pages: behind what the last one ended with,
// at most limit; a page that is not full is the last.
//
// When a method returns without an error, what it wrote is on disk.
type Store interface {
	Consumers
	Keys
	Passwords
	Revocations
	Secrets
	Keyring
	Admins
	Audit
	Changes

	// Ping tells whether the store can be asked now.
	Ping(context.Context) error
	Close() error
}

// Consumers are kept by id and by name. To delete one deletes its keys and
// passwords; of a key that was revoked, or has an end, that is not forgotten.
type Consumers interface {
	// AddConsumer sets Revision.
	AddConsumer(context.Context, *Consumer, Entry) error
	// UpdateConsumer changes everything but ID and Created, and sets Revision. It
	// is ErrChanged where the revision is not the stored one.
	UpdateConsumer(context.Context, *Consumer, Entry) error
	// DeleteConsumer is ErrChanged where the revision is not the stored one; 0 is
	// any.
	DeleteConsumer(ctx context.Context, id ID, revision int64, e Entry) error
	Consumer(context.Context, ID) (*Consumer, error)
	ConsumerByName(context.Context, string) (*Consumer, error)
	// ListConsumers are those behind a name, in the order of names.
	ListConsumers(ctx context.Context, after string, limit int) ([]*Consumer, error)
}

// Keys are kept by id and by hash.
type Keys interface {
	// AddKeys adds all of them or none, and sets their Revision. It is ErrNotFound
	// where there is no such consumer, and ErrEnded where a deleted key of that
	// hash was revoked and this one is not, or ended sooner than this one would.
	AddKeys(context.Context, []*Key, Entry) error
	// UpdateKey changes everything but ID, Consumer, Hash, Generation, Created and
	// Used, and sets Revision. A revoked key stays revoked since when it was. It
	// is ErrChanged where the revision is not the stored one.
	UpdateKey(context.Context, *Key, Entry) error
	// ReplaceKey adds the new key of the same consumer and updates the old one,
	// which says by Expires when it ends, and whose Rotated it sets.
	ReplaceKey(ctx context.Context, old, new *Key, e Entry) error
	Key(context.Context, ID) (*Key, error)
	// KeyByHash is the request path's: one indexed read for the key and its
	// consumer.
	KeyByHash(context.Context, []byte) (*Key, *Consumer, error)
	// Ended says of the hash of a deleted key when it was revoked and when it
	// was to end; it is ErrNotFound where no such key had either.
	Ended(ctx context.Context, hash []byte) (revoked, expires time.Time, err error)
	// ListKeys are those behind an id, of one consumer or of all ("").
	ListKeys(ctx context.Context, consumer, after ID, limit int) ([]*Key, error)
	// UsedKeys notes when keys were last used, unless a later use is noted
	// already; keys that are not there are left out. It is no change and no entry.
	UsedKeys(context.Context, map[ID]time.Time) error
}

// Passwords are kept by username.
type Passwords interface {
	// PutPassword is ErrExists where the username is another consumer's.
	PutPassword(context.Context, *Password, Entry) error
	DeletePassword(ctx context.Context, username string, e Entry) error
	// PasswordFor is the request path's.
	PasswordFor(ctx context.Context, username string) (*Password, *Consumer, error)
	// ListPasswords are the usernames of a consumer.
	ListPasswords(context.Context, ID) ([]*Password, error)
}

// Revocations are kept until they can hit nothing any more.
type Revocations interface {
	AddRevocation(context.Context, *Revocation, Entry) error
	DeleteRevocation(context.Context, ID, Entry) error
	Revocation(context.Context, ID) (*Revocation, error)
	// ListRevocations are those that still count, behind an id.
	ListRevocations(ctx context.Context, now time.Time, after ID, limit int) ([]*Revocation, error)
	// ForgetRevocations deletes those that can hit nothing any more. It is no
	// change and no entry.
	ForgetRevocations(context.Context, time.Time) error
}

// Where secrets lie, as the keyring is told when it seals and opens them; the
// row is the secret's name. To change these would make all secrets unreadable.
const (
	SecretsTable  = "secrets"
	SecretsColumn = "sealed"
)

// Secrets are kept by name.
type Secrets interface {
	PutSecret(context.Context, *Secret, Entry) error
	// ResealSecret is ErrChanged where the sealed value is not old any more. It
	// is for a new key of the keyring and no entry.
	ResealSecret(ctx context.Context, name string, old, sealed []byte) error
	DeleteSecret(ctx context.Context, name string, e Entry) error
	Secret(ctx context.Context, name string) (*Secret, error)
	ListSecrets(context.Context) ([]*Secret, error)
}

// Keyring keeps what the keyring wrapped.
type Keyring interface {
	// WrappedKeys is ErrNotFound before the first start.
	WrappedKeys(ctx context.Context, purpose string) (*keyring.Wrapped, error)
	// PutWrappedKeys is ErrChanged unless Version is one more than the stored
	// one, 1 where there is none: of several nodes that start together one wins.
	PutWrappedKeys(context.Context, *keyring.Wrapped, Entry) error
}

// Admins are tokens of administrators.
type Admins interface {
	AddAdmin(context.Context, *AdminToken, Entry) error
	DeleteAdmin(context.Context, ID, Entry) error
	AdminByHash(context.Context, []byte) (*AdminToken, error)
	ListAdmins(context.Context) ([]*AdminToken, error)
}

// Audit is what was done. Refusals are written by WriteEntry.
type Audit interface {
	WriteEntry(context.Context, Entry) error
	// ListEntries are those behind a number, oldest first.
	ListEntries(ctx context.Context, after int64, limit int) ([]Entry, error)
	// VerifyEntries goes through the chain and returns the number of the first
	// entry that is missing or whose hash does not fit, 0 if all do.
	VerifyEntries(context.Context) (int64, error)
}

// Changes tell what must not be believed any more.
type Changes interface {
	// LastChange is the number of the newest change.
	LastChange(context.Context) (int64, error)
	// ChangesAfter are those behind a number in their order. It is ErrNotFound
	// where some of them are forgotten already, or that number was never reached,
	// as in a store that was restored: then nothing may be believed.
	ChangesAfter(ctx context.Context, number int64, limit int) ([]Change, error)
	// Await returns when that number is not the newest change any more, within a
	// quarter of a second of the commit, or with an error when the store cannot
	// tell.
	Await(ctx context.Context, number int64) error
}
