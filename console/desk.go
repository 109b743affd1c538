// Package console administrates: consumers and their keys, passwords, what was
// revoked, sealed secrets, the tokens of administrators, and the audit of all
// of it. The command line and the HTTP API are two ways to one Desk, so that
// both do, refuse and audit the same. The API is described by a document of its
// own (openapi.yaml), which the pipeline enforces as it does any other.
//
// It shows a key and a token once, when they are made, and a secret never; it
// changes nothing without an entry in the audit, which is written with the
// change or not at all. RFC 6749 §3.3 (scopes), RFC 6750 (bearer tokens), RFC
// 7396 (changes), RFC 9110 §13 (conditions), RFC 9457 (problems).
package console

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"sallyport/password"
	"sallyport/store"
)

// Keyring is what the desk needs of the keyring: keyed hashes, and the sealing
// of what must be read back.
type Keyring interface {
	Hash(purpose string, generation uint8, data []byte) (sum [32]byte, known bool)
	Generation() uint8
	Seal(plain []byte, table, column, row string) ([]byte, error)
}

// Desk is where administration is done. All its methods may be called at one
// time; their errors are *Refused where something is to be changed in what was
// asked for, and the store's where it could not be asked.
type Desk struct {
	Store store.Store
	Keys  Keyring
	// Now is the clock.
	Now func() time.Time
	// Hash is how a password is hashed where many are set at one time: it bounds
	// what that takes, and is password.ErrBusy past it. Nil hashes at once.
	Hash func(ctx context.Context, secret string, c password.Cost) (string, error)
}

// By is who does something, and from where.
type By struct {
	// Actor is token:NAME or cli:USER.
	Actor string
	// From is the address that the request came from; "" at the command line.
	From string
}

// entry is the line of the audit about something that is done. Nothing secret
// may be in the detail.
func (d *Desk) entry(by By, action string, object store.ID, detail any) store.Entry {
	text := ""
	if detail != nil {
		if b, err := plainJSON(detail); err == nil {
			text = string(b)
		}
	}
	return store.Entry{At: d.now(), Actor: by.Actor, Action: action, Object: string(object), Outcome: Done, Detail: text, From: by.From}
}

// plainJSON leaves < > & as they are: written as escapes, scopes of them would
// be longer than an entry takes.
func plainJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// The outcomes of an entry.
const (
	Done    = "done"
	Denied  = "refused"
	Failing = "failed"
)

// now is the time as the store keeps it: UTC, exact to a millisecond.
func (d *Desk) now() time.Time { return d.Now().UTC().Truncate(time.Millisecond) }

func (d *Desk) newID() store.ID { return store.NewID(d.Now()) }

// Page is a part of a list.
type Page[T any] struct {
	Items []T `json:"items"`
	// Next is what the next page is asked for with; "" where there is none.
	Next string `json:"next,omitempty"`
}

// Span is what part of a list is asked for.
type Span struct {
	// After is Next of the page before; "" for the first.
	After string
	// Limit is the number of items, at most MostItems. Long items make a page
	// shorter.
	Limit int
}

// MostItems is the largest page.
const MostItems = 1000

// pageBytes is about the length from which on a page takes no further item: an
// answer is held whole, and what is longer than max_body does not leave.
const pageBytes = 1 << 20

// paged makes a page of one item more than was asked for. It may be shorter than
// that.
func paged[S, T any](span Span, from []S, show func(S) (T, error), cursor func(S) string) (*Page[T], error) {
	page := &Page[T]{Items: make([]T, 0, min(len(from), span.Limit))}
	length := 0
	for i, item := range from {
		if i == span.Limit || length >= pageBytes {
			page.Next = cursor(from[i-1])
			break
		}
		shown, err := show(item)
		if err != nil {
			return nil, err
		}
		text, err := json.Marshal(shown)
		if err != nil {
			return nil, err
		}
		length += len(text)
		page.Items = append(page.Items, shown)
	}
	return page, nil
}

// read bounds what is asked for.
func (s *Span) read() error {
	if s.Limit == 0 {
		s.Limit = 100
	}
	if s.Limit < 0 || s.Limit > MostItems {
		return invalid("/limit", "maximum", "ask for 1 to 1000 items at one time")
	}
	return nil
}
