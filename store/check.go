package store

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The most that is kept of each kind of thing; lengths are in bytes.
const (
	maxName   = 128
	maxText   = 512      // names of other systems: subjects, usernames, actors
	maxNote   = 4 << 10  // what is written for people
	maxDetail = 64 << 10 // of an entry
	maxSealed = 1 << 20
	maxList   = 1024 // roles, scopes, networks
	maxHash   = 64
)

// Check is ErrInvalid where the consumer cannot be kept.
func (c *Consumer) Check() error {
	return first(
		identity("id", c.ID),
		identifier("name", c.Name, 1, maxName),
		text("tenant", c.Tenant, 0, maxText),
		texts("roles", c.Roles),
		texts("scopes", c.Scopes),
		text("note", c.Note, 0, maxNote),
		moments("created", c.Created, "changed", c.Changed),
	)
}

// Check is ErrInvalid where the key cannot be kept.
func (k *Key) Check() error {
	err := first(
		identity("id", k.ID),
		identity("consumer", k.Consumer),
		text("name", k.Name, 0, maxText),
		octets("hash", k.Hash, 1, maxHash),
		text("hint", k.Hint, 0, maxName),
		texts("scopes", k.Scopes),
		texts("roles", k.Roles),
		moments("created", k.Created, "expires", k.Expires, "revoked", k.Revoked, "used", k.Used),
	)
	if err == nil && k.Rotated != "" {
		err = identity("rotated", k.Rotated)
	}
	if err == nil && len(k.Networks) > maxList {
		err = invalid("networks", "are more than %d", maxList)
	}
	for _, n := range k.Networks {
		if err == nil && (!n.IsValid() || n != netip.PrefixFrom(n.Addr().WithZone(""), n.Bits())) {
			err = invalid("networks", "have one that is none")
		}
	}
	return err
}

// Check is ErrInvalid where the password cannot be kept.
func (p *Password) Check() error {
	return first(
		identity("consumer", p.Consumer),
		text("username", p.Username, 1, maxText),
		text("hash", p.Hash, 1, maxText),
		moments("changed", p.Changed),
	)
}

// Check is ErrInvalid where the revocation cannot be kept.
func (r *Revocation) Check() error {
	if (r.Token == "") == (r.Subject == "") {
		return invalid("revocation", "must have either a token or a subject")
	}
	if r.Until.IsZero() {
		return invalid("until", "must be set")
	}
	return first(
		identity("id", r.ID),
		text("issuer", r.Issuer, 0, maxNote),
		text("token", r.Token, 0, maxNote),
		text("subject", r.Subject, 0, maxNote),
		moments("before", r.Before, "until", r.Until, "created", r.Created),
	)
}

// Check is ErrInvalid where the secret cannot be kept.
func (s *Secret) Check() error {
	return first(
		identifier("name", s.Name, 1, maxName),
		octets("sealed", s.Sealed, 1, maxSealed),
		moments("changed", s.Changed),
	)
}

// Check is ErrInvalid where the token cannot be kept.
func (t *AdminToken) Check() error {
	return first(
		identity("id", t.ID),
		identifier("name", t.Name, 1, maxName),
		octets("hash", t.Hash, 1, maxHash),
		texts("roles", t.Roles),
		moments("created", t.Created, "expires", t.Expires),
	)
}

// Check is ErrInvalid where the entry cannot be kept. It must say when, who,
// what and with which outcome.
func (e *Entry) Check() error {
	switch {
	case e.At.IsZero():
		return invalid("entry's time", "must be set")
	case e.Outcome != "done" && e.Outcome != "refused" && e.Outcome != "failed":
		return invalid("entry's outcome", "must be done, refused or failed")
	case e.Detail != "" && !json.Valid([]byte(e.Detail)):
		return invalid("entry's detail", "must be JSON")
	}
	return first(
		moments("entry's time", e.At),
		text("entry's actor", e.Actor, 1, maxText),
		text("entry's action", e.Action, 1, maxName),
		text("entry's object", e.Object, 0, maxNote),
		text("entry's detail", e.Detail, 0, maxDetail),
		text("entry's from", e.From, 0, maxName),
	)
}

func first(all ...error) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}

func invalid(what, why string, args ...any) error {
	return fmt.Errorf("%w: %s %s", ErrInvalid, what, fmt.Sprintf(why, args...))
}

func identity(what string, id ID) error {
	if !id.Valid() {
		return invalid(what, "is no UUID")
	}
	return nil
}

// text refuses what PostgreSQL would: NUL, and what is not UTF-8.
func text(what, s string, least, most int) error {
	switch {
	case len(s) < least:
		return invalid(what, "is missing")
	case len(s) > most:
		return invalid(what, "is longer than %d bytes", most)
	case !utf8.ValidString(s):
		return invalid(what, "is not UTF-8")
	case strings.ContainsRune(s, 0):
		return invalid(what, "has a NUL in it")
	}
	return nil
}

func identifier(what, s string, least, most int) error {
	if err := text(what, s, least, 4*most); err != nil {
		return err
	}
	if utf8.RuneCountInString(s) > most {
		return invalid(what, "is longer than %d characters", most)
	}
	if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || r == ' ' }) {
		return invalid(what, "has a space or a control character in it")
	}
	return nil
}

func texts(what string, all []string) error {
	if len(all) > maxList {
		return invalid(what, "are more than %d", maxList)
	}
	for _, s := range all {
		if err := text(what, s, 1, maxText); err != nil {
			return err
		}
	}
	return nil
}

func octets(what string, b []byte, least, most int) error {
	if len(b) < least || len(b) > most {
		return invalid(what, "must have %d to %d bytes", least, most)
	}
	return nil
}

// moments takes names and times in turn.
func moments(all ...any) error {
	for i := 0; i < len(all); i += 2 {
		if t := all[i+1].(time.Time); !t.IsZero() && (t.UnixMilli() <= 0 || t.Year() > 9999) {
			return invalid(all[i].(string), "is not between 1970 and 9999")
		}
	}
	return nil
}
