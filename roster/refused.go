package roster

import "sallyport/store"

// Refused is why a holder may not come in. It is for the log: no caller may
// learn which of them it is.
type Refused struct {
	// Why is malformed, forged, unknown, revoked, expired or disabled.
	Why string
	// Key is the id of the key, Consumer the name of its holder, where they are
	// known.
	Key, Consumer string
}

// Error tells the reason, and of whom; there is nothing secret in it.
func (r *Refused) Error() string {
	text := r.Why
	if r.Consumer != "" {
		text += ", consumer " + r.Consumer
	}
	if r.Key != "" {
		text += ", key " + r.Key
	}
	return text
}

var (
	errMalformed = &Refused{Why: "malformed"}
	errForged    = &Refused{Why: "forged"}
	errUnknown   = &Refused{Why: "unknown"}
)

// errNewer: another node may have made the key, by a key of the keyring that
// this one is about to load.
var errNewer = &unavailable{what: "the key is of a newer generation than the keyring has here: it is looked for"}

// unavailable says that nobody could be asked: the caller may be right.
type unavailable struct {
	what  string
	cause error
}

// Unavailable is always true: it tells this error from a no.
func (*unavailable) Unavailable() bool { return true }

func (u *unavailable) Error() string {
	if u.cause == nil {
		return u.what
	}
	return u.what + ": " + u.cause.Error()
}

func (u *unavailable) Unwrap() error { return u.cause }

// refusal judges what does not change by itself; expiry is judged at each use.
func refusal(k *store.Key, c *store.Consumer) *Refused {
	var why, id string
	if k != nil {
		id = string(k.ID)
	}
	switch {
	case c.Disabled:
		why = "disabled"
	case k != nil && !k.Revoked.IsZero(): // whatever the clock of the one who revoked it says
		why = "revoked"
	default:
		return nil
	}
	return &Refused{Why: why, Key: id, Consumer: c.Name}
}
