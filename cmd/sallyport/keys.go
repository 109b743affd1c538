package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	administration "sallyport/console"
	"sallyport/store"
)

type keysCommand struct {
	Issue  keysIssue  `cmd:"" help:"Issue a key for a consumer. It is shown once."`
	List   keysList   `cmd:"" help:"List keys, of one consumer or of all."`
	Show   keysShow   `cmd:"" help:"Show what is known of a key; the key itself nobody can show."`
	Set    keysSet    `cmd:"" help:"Change what a key may do, from where, and until when."`
	Rotate keysRotate `cmd:"" help:"Issue a key in the place of another one, which goes on for an overlap."`
	Revoke keysRevoke `cmd:"" help:"End a key at once and for good."`
}

type keysIssue struct {
	deskFlags
	Consumer string   `arg:""`
	Name     string   `help:"Tells the keys of a consumer apart."`
	Scope    []string `sep:"none" help:"Scope beside the consumer's own; may be repeated."`
	Role     []string `sep:"none" help:"Role beside the consumer's own; may be repeated."`
	Network  []string `sep:"none" help:"Address or prefix that it may be used from; may be repeated. Without any, from anywhere."`
	Expires  moment   `placeholder:"WHEN" help:"When it ends: a date, a time, or a span such as 90d. Without it, never."`
	Quiet    bool     `short:"q" help:"Write the key and nothing else."`
}

// Run issues a key.
func (k *keysIssue) Run(c *console) error {
	return k.work(c, func(s *session) error {
		made, err := s.IssueKey(s.ctx, s.by, k.Consumer, administration.NewKey{Name: k.Name, Scopes: k.Scope, Roles: k.Role, Networks: k.Network, Expires: k.Expires.Time})
		if err != nil {
			return s.unknown(k.Consumer, err)
		}
		return s.issued(made, k.Quiet)
	})
}

// issued shows a new key, the only time that anybody can.
func (s *session) issued(k *administration.Issued, quiet bool) error {
	if quiet {
		_, err := fmt.Fprintln(s.stdout, k.Secret)
		return err
	}
	return s.tell(k, func(w io.Writer) {
		keyFields(w, k.Key)
		fmt.Fprintf(w, "\n%s\n", k.Secret)
		fmt.Fprintln(s.stderr, "This is the key. It is shown this once: hand it over now.")
	})
}

func keyFields(w io.Writer, k *administration.Key) {
	fields(w, "key", string(k.ID), "consumer", k.Consumer, "name", k.Name, "ends in", k.Hint, "state", k.State,
		"roles", words(k.Roles), "scopes", words(k.Scopes), "networks", words(k.Networks),
		"created", shownTime(&k.Created), "expires", shownTime(k.Expires), "revoked", shownTime(k.Revoked), "used", shownTime(k.Used), "replaced by", string(k.Rotated))
}

func keyTable(w io.Writer, keys []*administration.Key) {
	var rows [][]string
	for _, k := range keys {
		rows = append(rows, []string{string(k.ID), k.Consumer, dash(k.Name), "…" + k.Hint, k.State, dash(shownTime(k.Expires)), dash(shownTime(k.Used))})
	}
	table(w, []string{"KEY", "CONSUMER", "NAME", "ENDS IN", "STATE", "EXPIRES", "USED"}, rows)
}

// keysOf are all keys of a consumer.
func (s *session) keysOf(consumer string) ([]*administration.Key, error) {
	return everything(s, func(ctx context.Context, span administration.Span) (*administration.Page[*administration.Key], error) {
		return s.KeysOf(ctx, consumer, span)
	})
}

type keysList struct {
	deskFlags
	Consumer string `arg:"" optional:""`
}

// Run lists keys.
func (k *keysList) Run(c *console) error {
	return k.look(c, func(s *session) error {
		var keys []*administration.Key
		var err error
		if k.Consumer == "" {
			keys, err = everything(s, s.AllKeys)
		} else {
			keys, err = s.keysOf(k.Consumer)
			err = s.unknown(k.Consumer, err)
		}
		if err != nil {
			return err
		}
		return s.tell(keys, func(w io.Writer) { keyTable(w, keys) })
	})
}

type keysShow struct {
	deskFlags
	ID string `arg:"" help:"The id, as keys list tells it."`
}

// Run shows a key.
func (k *keysShow) Run(c *console) error {
	return k.look(c, func(s *session) error {
		found, err := s.Key(s.ctx, store.ID(k.ID))
		return s.key(found, err)
	})
}

// key tells of one key.
func (s *session) key(k *administration.Key, err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return errors.New("there is no key of this id; sallyport keys list tells the ids of all of them")
	}
	if err != nil {
		return err
	}
	return s.tell(k, func(w io.Writer) { keyFields(w, k) })
}

type keysSet struct {
	deskFlags
	ID         string   `arg:""`
	Name       *string  `help:"Its name from now on."`
	Scope      []string `sep:"none" help:"Its scopes from now on; may be repeated."`
	NoScopes   bool     `name:"no-scopes" help:"Take its scopes away."`
	Role       []string `sep:"none" help:"Its roles from now on; may be repeated."`
	NoRoles    bool     `name:"no-roles" help:"Take its roles away."`
	Network    []string `sep:"none" help:"Where it may be used from, from now on; may be repeated."`
	NoNetworks bool     `name:"no-networks" help:"Let it be used from anywhere."`
	Expires    *moment  `placeholder:"WHEN" help:"When it ends: a date, a time, or a span such as 90d."`
	NoExpiry   bool     `name:"no-expiry" help:"Let it never end."`
}

// Run changes a key.
func (k *keysSet) Run(c *console) error {
	change, err := k.change()
	if err != nil {
		return err
	}
	return k.work(c, func(s *session) error {
		changed, err := s.ChangeKey(s.ctx, s.by, store.ID(k.ID), administration.AnyRevision, change)
		return s.key(changed, err)
	})
}

func (k *keysSet) change() (administration.KeyChange, error) {
	change := administration.KeyChange{Name: optional(k.Name)}
	var err1, err2, err3, err error
	change.Scopes, err1 = replaced("--scope", k.Scope, "--no-scopes", k.NoScopes)
	change.Roles, err2 = replaced("--role", k.Role, "--no-roles", k.NoRoles)
	change.Networks, err3 = replaced("--network", k.Network, "--no-networks", k.NoNetworks)
	switch {
	case k.Expires != nil && k.NoExpiry:
		err = usageError{errors.New("give either --expires or --no-expiry")}
	case k.Expires != nil:
		change.Expires = administration.Give(k.Expires.Time)
	case k.NoExpiry:
		change.Expires = administration.Give(time.Time{})
	case k.Name == nil && !change.Scopes.Is && !change.Roles.Is && !change.Networks.Is:
		err = usageError{errors.New("say what is to change: --name, --scope, --role, --network, --expires")}
	}
	for _, e := range [...]error{err1, err2, err3, err} {
		if e != nil {
			return change, e
		}
	}
	return change, nil
}

type keysRotate struct {
	deskFlags
	ID      string `arg:""`
	Overlap span   `default:"24h" placeholder:"SPAN" help:"How long both keys hold; 0s ends the old one at once."`
	Quiet   bool   `short:"q" help:"Write the new key and nothing else."`
}

// Run rotates a key.
func (k *keysRotate) Run(c *console) error {
	return k.work(c, func(s *session) error {
		made, err := s.RotateKey(s.ctx, s.by, store.ID(k.ID), administration.AnyRevision, time.Duration(k.Overlap))
		if err != nil {
			return s.key(nil, err)
		}
		return s.issued(made, k.Quiet)
	})
}

type keysRevoke struct {
	deskFlags
	ID string `arg:""`
}

// Run revokes a key. It does not ask: who does this is in a hurry.
func (k *keysRevoke) Run(c *console) error {
	return k.work(c, func(s *session) error {
		if err := s.RevokeKey(s.ctx, s.by, store.ID(k.ID), administration.AnyRevision); err != nil {
			return s.key(nil, err)
		}
		found, err := s.Key(s.ctx, store.ID(k.ID))
		return s.key(found, err)
	})
}
