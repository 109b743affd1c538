package identify

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"sallyport"
	"sallyport/password"
	"sallyport/problem"
)

// cheap is the least that argon2id takes.
var cheap = password.Cost{Memory: 8, Passes: 1, Lanes: 1}

func hashed(t testing.TB, text string, c password.Cost) string {
	t.Helper()
	hash, err := password.Hash(text, c)
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

func basic(username, given string) string {
	return base64.StdEncoding.EncodeToString([]byte(username + ":" + given))
}

// users is a method with these users, each name with a password.
func users(t testing.TB, pairs ...string) *Basic {
	t.Helper()
	b := NewBasic(password.NewChecker(password.Settings{Memory: 1 << 20}), atNoon)
	b.Keep, b.Decoys = time.Minute, []string{password.Decoy(cheap)}
	for i := 0; i < len(pairs); i += 2 {
		name, err := password.Username(pairs[i])
		if err != nil {
			t.Fatal(err)
		}
		b.Users[name] = &HeldPassword{hashed(t, pairs[i+1], cheap), &sallyport.Credential{Scheme: "basic", Kind: "basic", ID: "basic:" + pairs[i], Consumer: pairs[i]}}
	}
	return b
}

func TestBasic(t *testing.T) {
	b := users(t, "ann", "open sesame", "bob", "a:b:c", "josé", "pässword")
	b.Users["ann"].Credential.Expires = noon.Add(1)
	for who, secret := range map[string]string{
		"ann":  basic("ann", "open sesame"),
		"bob":  basic("bob", "a:b:c"),                 // RFC 7617 §2: the password may have colons
		"josé": basic("jose\u0301", "pa\u0308ssword"), // and what is composed otherwise is the same
	} {
		for _, how := range []string{"hashed", "remembered"} {
			c, err := b.Check(asking(t), secret)
			if err != nil || c.Consumer != who || c.Kind != "basic" {
				t.Errorf("%s, %s: %v, %v", who, how, c, err)
			}
		}
	}
}

func TestBasicRefusals(t *testing.T) {
	b := users(t, "ann", "right", "eve", "right")
	b.Users["eve"].Credential.Expires = noon
	b.Passwords = directory{}
	details := make(map[string]bool)
	causes := make(map[string]bool)
	for name, secret := range map[string]string{
		"wrong":          basic("ann", "wrong"),
		"unknown":        basic("nobody", "right"),
		"expired":        basic("eve", "right"),
		"another case":   basic("Ann", "right"),
		"a space behind": basic("ann", "right "),
	} {
		r := wantKind(t, second(b.Check(asking(t), secret)), problem.CredentialsInvalid)
		details[r.Detail] = true
		causes[r.Cause.Error()] = true
		if strings.Contains(r.Error(), "right") && !strings.Contains(r.Detail, "not right") {
			t.Errorf("%s: %v tells the password", name, r)
		}
	}
	if len(details) != 1 || len(causes) != 3 {
		t.Errorf("callers are told %v, the log %v", details, causes)
	}
}

func TestBasicThatIsMalformed(t *testing.T) {
	b := users(t, "ann", "right")
	encode := base64.StdEncoding.EncodeToString
	for name, secret := range map[string]string{
		"no base64":               "ann:right",
		"no padding":              base64.RawStdEncoding.EncodeToString([]byte("ann:right1")),
		"the other alphabet":      base64.URLEncoding.EncodeToString([]byte("ann:\xc3\xbf\xc3\xbf?>")),
		"unused bits":             "YW5uOnJpZ2h1",
		"a line break":            basic("ann", "right")[:8] + "\n" + basic("ann", "right")[8:],
		"a space within":          "YW5u OnJpZ2h0",
		"a space behind":          basic("ann", "right") + " ",
		"a parameter":             basic("ann", "right") + ",realm=x",
		"no colon":                encode([]byte("annright")),
		"no username":             basic("", "right"),
		"no password":             basic("ann", ""),
		"nothing but a colon":     basic("", ""),
		"NUL":                     basic("ann\x00", "right"),
		"a control in the name":   basic("ann\n", "right"),
		"a control in the word":   basic("ann", "right\r\n"),
		"DEL":                     basic("ann", "right\x7f"),
		"Latin-1":                 basic("jos\xe9", "right"),
		"a long name":             basic(strings.Repeat("a", password.MaxUsername+1), "right"),
		"a long password":         basic("ann", strings.Repeat("a", password.MaxPassword+1)),
		"a megabyte":              strings.Repeat("YW5u", 1<<18),
		"a fullwidth colon":       basic("ann\uff1a", "right"),
		"a colon of no base64":    ":",
		"padding in the middle":   "YW5u==OnJpZ2h0",
		"a second credential":     basic("ann", "right") + basic("eve", "right") + "=",
		"an encoding in the name": basic("=?utf-8?b?YW5u?=\x1b", "right"),
	} {
		r, ok := errors.AsType[*problem.Refusal](second(b.Check(asking(t), secret)))
		if !ok || r.Kind != problem.CredentialsInvalid {
			t.Errorf("%s: %v", name, r)
		}
		if account := b.Account(secret); name != "unused bits" && account != "" {
			t.Errorf("%s is of the account %q", name, account)
		}
	}
}

func TestBasicAccount(t *testing.T) {
	b := users(t, "ann", "right")
	for name, secret := range map[string]string{"ann": basic("ann", "wrong"), "nobody": basic("nobody", "x"), "josé": basic("jose\u0301", "x")} {
		if got := b.Account(secret); got != name {
			t.Errorf("%q, want %q", got, name)
		}
	}
}

// directory is a store with one user, and one that cannot be asked about.
type directory map[string]string

type away struct{ error }

func (away) Unavailable() bool { return true }

func (d directory) Password(_ context.Context, username string) (string, *sallyport.Credential, error) {
	if username == "away" {
		return "", nil, away{errors.New("the store is away")}
	}
	hash, ok := d[username]
	if !ok {
		return "", nil, errors.New("no such user")
	}
	return hash, &sallyport.Credential{ID: "consumer:" + username, Consumer: username, Expires: noon.Add(time.Hour)}, nil
}

func TestBasicOfTheStore(t *testing.T) {
	b := users(t, "ann", "right")
	stored := directory{"carol": hashed(t, "first", cheap), "ann": hashed(t, "the store's", cheap)}
	b.Passwords = stored
	c, err := b.Check(asking(t), basic("carol", "first"))
	if err != nil || c.ID != "consumer:carol" || c.Kind != "basic" {
		t.Errorf("%+v, %v", c, err)
	}
	wantKind(t, second(b.Check(asking(t), basic("ann", "the store's"))), problem.CredentialsInvalid)
	wantKind(t, second(b.Check(asking(t), basic("nobody", "first"))), problem.CredentialsInvalid)
	r := wantKind(t, second(b.Check(asking(t), basic("away", "x"))), problem.KeysUnavailable)
	if r.Fields.Get("Retry-After") == "" {
		t.Error("nobody is told when to come again")
	}

	stored["carol"] = hashed(t, "second", cheap)
	wantKind(t, second(b.Check(asking(t), basic("carol", "first"))), problem.CredentialsInvalid)
	if _, err := b.Check(asking(t), basic("carol", "second")); err != nil {
		t.Errorf("the new password: %v", err)
	}
	delete(stored, "carol")
	wantKind(t, second(b.Check(asking(t), basic("carol", "second"))), problem.CredentialsInvalid)
}

// A name that nobody has must cost what any other does, in the same way each
// time.
func TestBasicOfNobodyIsHashedToo(t *testing.T) {
	b := users(t, "ann", "right")
	b.Decoys = nil
	for range 8 {
		b.Decoys = append(b.Decoys, password.Decoy(cheap))
	}
	used := make(map[string]bool)
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"} {
		hash, holder, err := b.find(t.Context(), name)
		again, _, _ := b.find(t.Context(), name)
		if err != nil || holder != nil || hash != again {
			t.Fatalf("%s: %s then %s, %v, %v", name, hash, again, holder, err)
		}
		if _, err := password.Parse(hash); err != nil {
			t.Errorf("nothing is computed for %s: %v", name, err)
		}
		used[hash] = true
	}
	if len(used) < 2 {
		t.Error("all names that nobody has share one cost")
	}
}

func TestBasicThatIsBusyOrBroken(t *testing.T) {
	b := users(t, "ann", "right")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		err  error
		want problem.Kind
	}{
		"busy":   {password.ErrBusy, problem.Overloaded},
		"broken": {errors.New("broken"), problem.KeysUnavailable},
		"left":   {context.Cause(ended), problem.KeysUnavailable},
	} {
		if r := wantKind(t, b.undecided(c.err), c.want); r.Fields.Get("Retry-After") == "" {
			t.Errorf("%s: nobody is told when to come again", name)
		}
	}
	b.Users["ann"].Hash = "broken"
	wantKind(t, second(b.Check(asking(t), basic("ann", "right"))), problem.KeysUnavailable)
}

func TestBasicInASecurity(t *testing.T) {
	s := &Scheme{Name: "basic", Place: Place{In: "authorization", Scheme: "basic"}, Method: users(t, "ann", "right")}
	x := request("", "Authorization", "bAsIc  "+basic("ann", "right"))
	if err := security(all(s)).Run(x); err != nil || x.Caller.ID() != "basic:ann" {
		t.Errorf("%v, %q", err, x.Caller.ID())
	}
	r := wantKind(t, security(all(s), nil).Run(request("", "Authorization", "Basic "+basic("ann", "wrong"))), problem.CredentialsInvalid)
	if got := r.Fields.Get("WWW-Authenticate"); got != `Basic realm="bank", charset="UTF-8"` {
		t.Errorf("the challenge is %s", got)
	}
}

func FuzzBasicCredentials(f *testing.F) {
	f.Add(basic("ann", "right"))
	f.Add(basic("jose\u0301", "pa\u0308ssword"))
	f.Add(basic("a:b", ""))
	f.Add("YW5uOnJpZ2h1")
	f.Add("=")
	f.Fuzz(func(t *testing.T, secret string) {
		username, given, err := basicCredentials(secret)
		if err != nil {
			if username != "" || given != "" {
				t.Errorf("%q is refused, and is %q with %q", secret, username, given)
			}
			return
		}
		if username == "" || given == "" || strings.ContainsAny(username, ":\x00\r\n") || strings.ContainsAny(given, "\x00\r\n") {
			t.Errorf("%q is %q with %q", secret, username, given)
		}
		again, password, err := basicCredentials(basic(username, given))
		if err != nil || again != username || password != given {
			t.Errorf("%q with %q is %q with %q, %v", username, given, again, password, err)
		}
	})
}

func BenchmarkServeBasic(b *testing.B) {
	method := users(b, "partner", "0123456789abcdef0123456789abcdef")
	s := &Scheme{Name: "basic", Place: Place{In: "authorization", Scheme: "basic"}, Method: method}
	benchmark(b, security(all(s)), "Authorization", "Basic "+basic("partner", "0123456789abcdef0123456789abcdef"))
}
