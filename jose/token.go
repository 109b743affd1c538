package jose

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Token is a verified token. It is shared by all who present it, through a Cache: never change one.
type Token struct {
	Issuer    string    // iss
	Subject   string    // sub
	Audience  []string  // aud, one or several
	ID        string    // jti
	Expires   time.Time // exp
	NotBefore time.Time // nbf; zero when absent
	IssuedAt  time.Time // iat; zero when absent
	KeyID     string    // kid of the header
	Algorithm string    // alg of the header
	Type      string    // typ of the header, as sent
	Claims    string    // all claims, the JSON exactly as it was signed

	// Confirmation is the key that the token is bound to: whoever accepts it must check the binding.
	Confirmation Confirmation

	// Derived is what Verifier.Derive made of it.
	Derived any

	claims []claim
}

// claim is a member of Claims; value is its JSON and shares the memory of Claims.
type claim struct{ name, value string }

// Claim returns the JSON of the claim at path. A path that begins with a slash is a JSON pointer (RFC 6901);
// any other is the name of a claim or, where no claim has that name, names joined by dots.
func (t *Token) Claim(path string) (json string, ok bool) {
	if pointer, isPointer := strings.CutPrefix(path, "/"); isPointer {
		names := strings.Split(pointer, "/")
		for i, n := range names {
			// RFC 6901 §4: in this order, or "~01" would become a slash.
			names[i] = strings.ReplaceAll(strings.ReplaceAll(n, "~1", "/"), "~0", "~")
		}
		return t.at(names)
	}
	if value, ok := t.top(path); ok || !strings.Contains(path, ".") {
		return value, ok
	}
	return t.at(strings.Split(path, "."))
}

func (t *Token) top(name string) (string, bool) {
	for i := range t.claims {
		if t.claims[i].name == name {
			return t.claims[i].value, true
		}
	}
	return "", false
}

func (t *Token) at(names []string) (string, bool) {
	value, ok := t.top(names[0])
	for _, name := range names[1:] {
		if !ok {
			return "", false
		}
		value, ok = child(value, name)
	}
	return value, ok
}

// child finds a member by its name, or an element by its place.
func child(value, name string) (found string, ok bool) {
	switch value[0] {
	case '{':
		_ = eachMember(value, len(value), func(n, v string) error {
			if n == name {
				found, ok = v, true
			}
			return nil
		})
	case '[':
		i, err := strconv.Atoi(name)
		if err != nil || strconv.Itoa(i) != name {
			return "", false // RFC 6901 §4: no leading zeros, no sign
		}
		_ = eachElement(value, func(v string) error {
			if i == 0 {
				found, ok = v, true
			}
			i--
			return nil
		})
	}
	return found, ok
}

// String returns the claim at path when it is a string.
func (t *Token) String(path string) (string, bool) {
	value, ok := t.Claim(path)
	if !ok {
		return "", false
	}
	text, err := stringOf(value)
	return text, err == nil
}

// Strings returns the claim at path when it is a list of strings, or one string as a list of one.
func (t *Token) Strings(path string) ([]string, bool) {
	value, ok := t.Claim(path)
	if !ok {
		return nil, false
	}
	list, err := oneOrMore(value)
	return list, err == nil
}

// Scopes returns what the named claims grant, each a list, or one string with spaces between
// (RFC 8693 §4.2); without names it reads scope and, as some issuers call it, scp.
func (t *Token) Scopes(names ...string) []string {
	if len(names) == 0 {
		names = []string{"scope", "scp"}
	}
	var scopes []string
	for _, name := range names {
		value, ok := t.Claim(name)
		if !ok {
			continue
		}
		list, err := stringsOf(value)
		if err != nil {
			text, _ := stringOf(value)
			list = strings.Fields(text)
		}
		for _, scope := range list {
			if !slices.Contains(scopes, scope) {
				scopes = append(scopes, scope)
			}
		}
	}
	return scopes
}

// readClaims reads a claims set; every registered claim must have the type that RFC 7519 §4.1 gives it.
func readClaims(payload []byte) (*Token, error) {
	t := &Token{Claims: string(payload), claims: make([]claim, 0, 16)}
	err := eachMember(t.Claims, maxMembers, func(name, value string) error {
		t.claims = append(t.claims, claim{name, value})
		return t.read(name, value)
	})
	if err != nil {
		if _, ours := err.(*Error); !ours {
			err = refuse(ReasonMalformed, "its claims are "+err.Error())
		}
		return nil, err
	}
	return t, nil
}

func (t *Token) read(name, value string) (err error) {
	switch name {
	case "iss":
		t.Issuer, err = stringOf(value)
	case "sub":
		t.Subject, err = stringOf(value)
	case "jti":
		t.ID, err = stringOf(value)
	case "aud":
		t.Audience, err = oneOrMore(value)
	case "exp":
		t.Expires, err = dateOf(value)
	case "nbf":
		t.NotBefore, err = dateOf(value)
	case "iat":
		t.IssuedAt, err = dateOf(value)
	case "cnf":
		t.Confirmation = confirmationOf(value)
	}
	if err != nil {
		return refuse(ReasonMalformed, "its "+name+" is "+err.Error())
	}
	return nil
}

// latestDate is the last second of the year 9999: a date behind it is a mistake, such as milliseconds.
const latestDate = 253402300799

// dateOf reads a NumericDate (RFC 7519 §2): seconds, perhaps with a fraction, as a number.
func dateOf(value string) (time.Time, error) {
	if !strings.ContainsRune("-0123456789", rune(value[0])) {
		return time.Time{}, errNotDate // a string, or what ParseFloat takes for a number beyond JSON's
	}
	if whole, err := strconv.ParseInt(value, 10, 64); err == nil {
		if whole < 0 || whole > latestDate {
			return time.Time{}, errNotDate
		}
		return time.Unix(whole, 0), nil
	}
	seconds, err := strconv.ParseFloat(value, 64)
	if err != nil || !(seconds >= 0 && seconds <= latestDate) {
		return time.Time{}, errNotDate
	}
	whole := int64(seconds)
	return time.Unix(whole, int64((seconds-float64(whole))*1e9)), nil
}
