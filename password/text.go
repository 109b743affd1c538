package password

import (
	"errors"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"
)

// The longest username and password, in bytes of UTF-8.
const (
	MaxUsername = 256
	MaxPassword = 512
)

var (
	errLong    = errors.New("it is too long")
	errEmpty   = errors.New("it is empty")
	errControl = errors.New("it has a control character")
	errForm    = errors.New("it has characters that cannot stand there (RFC 8265)")
)

// Prepare makes of a password the one text that is hashed, so that it is the
// same however a keyboard composes its letters: ASCII as it is, anything else by
// the profile OpaqueString (RFC 8265 §4.2; RFC 7617 §2.1 asks for it). It refuses
// what is empty, longer than MaxPassword, no UTF-8, or has control characters.
func Prepare(password string) (string, error) {
	plain, err := ascii(password, MaxPassword)
	if plain || err != nil {
		return password, err
	}
	return profiled(precis.OpaqueString, password, MaxPassword)
}

// Username makes of a username the one text that is looked up: printable ASCII
// as it is, anything else by the profile UsernameCasePreserved (RFC 8265 §3.4).
// It refuses what Prepare does, beyond MaxUsername, and a colon, which RFC 7617
// §2 cannot carry.
func Username(name string) (string, error) {
	plain, err := ascii(name, MaxUsername)
	if !plain && err == nil {
		name, err = profiled(precis.UsernameCasePreserved, name, MaxUsername)
	}
	if err == nil && strings.Contains(name, ":") { // a fullwidth colon has become one
		err = errors.New("it has a colon")
	}
	return name, err
}

// ascii tells whether a text is printable ASCII alone.
func ascii(text string, most int) (bool, error) {
	switch {
	case text == "":
		return false, errEmpty
	case len(text) > most:
		return false, errLong
	}
	plain := true
	for i := range len(text) {
		switch c := text[i]; {
		case c < ' ' || c == 0x7f: // RFC 7617 §2: no CTL
			return false, errControl
		case c > 0x7f:
			plain = false
		}
	}
	return plain, nil
}

func profiled(p *precis.Profile, text string, most int) (string, error) {
	if !utf8.ValidString(text) {
		return "", errors.New("it is not UTF-8")
	}
	for range 4 { // RFC 8264 §7: until it changes no more, three times more at most
		prepared, err := p.String(text)
		switch {
		case err != nil || prepared == "":
			return "", errForm
		case len(prepared) > most: // composing lengthens some scripts
			return "", errLong
		case prepared == text:
			return text, nil
		}
		text = prepared
	}
	return "", errForm
}
