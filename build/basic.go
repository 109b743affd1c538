package build

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"sallyport"
	"sallyport/config"
	"sallyport/password"
	"sallyport/source"
	"sallyport/stage/identify"
)

// basic makes the method of HTTP Basic. What users stand in the configuration
// is known when it is built; the store is asked per request.
func (a *apiBuilder) basic(c *config.Scheme) (identify.Method, error) {
	checker, err := a.builder.checker()
	if err != nil {
		return nil, err
	}
	method := identify.NewBasic(checker, a.env.Now)
	method.Keep = c.Basic.Cache.Duration()
	costs, mistakes := a.users(method, c)
	if c.Basic.AsksStore() {
		method.Passwords = a.passwords()
		costs = append(costs, password.DefaultCost())
		if !checker.Fits(password.DefaultCost()) {
			sizes := a.builder.config.Sizes
			mistakes.Add(sizes.PositionOf("password_memory"), "raise it", "a password of the store takes %d KiB to check, and all together may take %s", password.DefaultCost().Memory, sizes.PasswordMemory)
		}
	}
	for _, cost := range costs {
		method.Decoys = append(method.Decoys, password.Decoy(cost))
	}
	a.warnOfClearPasswords(c)
	return method, mistakes.Err()
}

// checker is one for all schemes and plans, and for whoever sets passwords: the
// memory is the process's, and a reload must not have every user hashed anew.
func (b *builder) checker() (checker *password.Checker, err error) {
	memory := int64(b.config.Sizes.PasswordMemory)
	b.result.Passwords, err = sallyport.Shared(b.result.Lasting, fmt.Sprintf("passwords within %d bytes", memory), func() (*password.Checker, error) {
		return password.NewChecker(password.Settings{Memory: memory, Now: b.env.Now}), nil
	})
	return b.result.Passwords, err
}

// users puts those of the configuration into the method, and tells what their
// hashes cost, each cost once.
func (a *apiBuilder) users(method *identify.Basic, c *config.Scheme) (costs []password.Cost, mistakes source.Mistakes) {
	for i := range c.Basic.Users {
		u := &c.Basic.Users[i]
		stored, err := password.Parse(string(u.Hash))
		if err != nil {
			mistakes.Add(u.PositionOf("hash"), "write what sallyport password prints", "the hash of %q cannot be used: %s", u.Username, err)
			continue
		}
		cost := stored.Cost()
		if !method.Checker.Fits(cost) {
			mistakes.Add(u.PositionOf("hash"), "raise sizes.password_memory, or hash it anew with sallyport password",
				"the hash of %q takes %d KiB to check, and all together may take %s", u.Username, cost.Memory, a.builder.config.Sizes.PasswordMemory)
		}
		if stored.Weaker(password.DefaultCost()) {
			a.result.Warnings.Add(u.PositionOf("hash"), "hash it anew with sallyport password", "the hash of %q is easier to guess at than it should be", u.Username)
		}
		name, err := password.Username(u.Username)
		if err != nil {
			mistakes.Add(u.PositionOf("username"), "take another name", "%q is no username: %s", u.Username, err)
			continue
		}
		if method.Users[name] != nil {
			mistakes.Add(u.PositionOf("username"), "give every user a name of their own", "%q is the name of another user in another spelling", u.Username)
		}
		method.Users[name] = &identify.HeldPassword{Hash: string(u.Hash), Credential: &sallyport.Credential{
			Scheme: c.Name, Kind: "basic", ID: "basic:" + u.Consumer, Consumer: u.Consumer, Scopes: u.Scopes, Roles: u.Roles, Expires: u.Expires.Time,
		}}
		if !slices.Contains(costs, cost) {
			costs = append(costs, cost)
		}
	}
	return costs, mistakes
}

// warnOfClearPasswords: unlike a token, a password is good for ever, and often
// for other things too.
func (a *apiBuilder) warnOfClearPasswords(c *config.Scheme) {
	for i := range a.builder.config.Listen {
		if l := &a.builder.config.Listen[i]; l.Plain {
			a.result.Warnings.Add(l.PositionOf("plain_http"), "let clients come over TLS, if only to what stands in front of the gateway",
				"passwords of the scheme %s come in the clear on %s (RFC 7617 §4)", c.Name, l.Address)
		}
	}
}

// passwords are the store's.
func (a *apiBuilder) passwords() identify.Passwords {
	if a.options.Roster != nil {
		return a.options.Roster
	}
	return noStore{}
}

// noStore stands for the store where none is open, as in a check: nobody can be
// asked, so nobody comes in.
type noStore struct{}

func (noStore) Password(context.Context, string) (string, *sallyport.Credential, error) {
	return "", nil, errNoStore
}

var errNoStore = &notOpen{errors.New("no store is open")}

type notOpen struct{ error }

// Unavailable tells that nobody could be asked.
func (*notOpen) Unavailable() bool { return true }

// passwordsOf says for a person whose passwords are taken.
func passwordsOf(m *identify.Basic) string {
	var whose []string
	if len(m.Users) > 0 {
		whose = append(whose, counted(len(m.Users), "user", "users"))
	}
	if m.Passwords != nil {
		whose = append(whose, "users of the store")
	}
	return "passwords of " + strings.Join(whose, " and ")
}
