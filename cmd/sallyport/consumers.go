package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	administration "sallyport/console"
)

type consumersCommand struct {
	Add      consumersAdd      `cmd:"" help:"Make a consumer."`
	List     consumersList     `cmd:"" help:"List consumers by their names."`
	Show     consumersShow     `cmd:"" help:"Show a consumer, its keys and its usernames."`
	Set      consumersSet      `cmd:"" help:"Change a consumer; what no flag names stays as it is."`
	Disable  consumersDisable  `cmd:"" help:"Shut all keys and passwords of a consumer out."`
	Enable   consumersEnable   `cmd:"" help:"Let them in again."`
	Delete   consumersDelete   `cmd:"" help:"Delete a consumer, its keys and its passwords."`
	Password consumersPassword `cmd:"" help:"Set a password for HTTP Basic, read from the terminal or standard input, or delete it."`
	Export   consumersExport   `cmd:"" help:"Write consumers and keys as lines of JSON, without anything secret."`
	Import   consumersImport   `cmd:"" help:"Read an export. What was deleted comes back; what is there already stays."`
}

type consumersAdd struct {
	deskFlags
	Name     string   `arg:"" help:"What everybody calls it; it does not change."`
	Tenant   string   `help:"The tenant it belongs to."`
	Role     []string `sep:"none" help:"Role of all of its credentials; may be repeated."`
	Scope    []string `sep:"none" help:"Scope of all of its credentials; may be repeated."`
	Note     string   `help:"One line for people."`
	Disabled bool     `help:"Shut it out for now."`
}

// Run makes a consumer.
func (k *consumersAdd) Run(c *console) error {
	return k.work(c, func(s *session) error {
		made, err := s.AddConsumer(s.ctx, s.by, administration.NewConsumer{Name: k.Name, Tenant: k.Tenant, Roles: k.Role, Scopes: k.Scope, Note: k.Note, Disabled: k.Disabled})
		return s.consumer(made, err)
	})
}

// consumer tells of one consumer.
func (s *session) consumer(k *administration.Consumer, err error) error {
	if err != nil {
		return err
	}
	return s.tell(k, func(w io.Writer) { consumerFields(w, k) })
}

func consumerFields(w io.Writer, k *administration.Consumer) {
	disabled := ""
	if k.Disabled {
		disabled = "yes"
	}
	fields(w, "consumer", k.Name, "id", string(k.ID), "tenant", k.Tenant, "roles", words(k.Roles), "scopes", words(k.Scopes),
		"disabled", disabled, "note", k.Note, "created", shownTime(&k.Created), "changed", shownTime(&k.Changed))
}

type consumersList struct{ deskFlags }

// Run lists consumers.
func (k *consumersList) Run(c *console) error {
	return k.look(c, func(s *session) error {
		list, err := everything(s, s.Consumers)
		if err != nil {
			return err
		}
		return s.tell(list, func(w io.Writer) {
			var rows [][]string
			for _, k := range list {
				state := "enabled"
				if k.Disabled {
					state = "disabled"
				}
				rows = append(rows, []string{k.Name, state, dash(k.Tenant), dash(words(k.Roles)), dash(words(k.Scopes)), k.Note})
			}
			table(w, []string{"NAME", "STATE", "TENANT", "ROLES", "SCOPES", "NOTE"}, rows)
		})
	})
}

type consumersShow struct {
	deskFlags
	Name string `arg:""`
}

// consumerShown is a consumer with all that it has.
type consumerShown struct {
	*administration.Consumer
	Keys      []*administration.Key      `json:"keys"`
	Passwords []*administration.Password `json:"passwords"`
}

// Run shows a consumer.
func (k *consumersShow) Run(c *console) error {
	return k.look(c, func(s *session) error {
		found, err := s.Consumer(s.ctx, k.Name)
		if err != nil {
			return s.unknown(k.Name, err)
		}
		keys, err := s.keysOf(k.Name)
		if err != nil {
			return err
		}
		passwords, err := everything(s, func(ctx context.Context, span administration.Span) (*administration.Page[*administration.Password], error) {
			return s.Passwords(ctx, k.Name, span)
		})
		if err != nil {
			return err
		}
		return s.tell(consumerShown{found, keys, passwords}, func(w io.Writer) {
			consumerFields(w, found)
			for _, p := range passwords {
				fields(w, "username", p.Username)
			}
			if len(keys) > 0 {
				fmt.Fprintln(w)
				keyTable(w, keys)
			}
		})
	})
}

type consumersSet struct {
	deskFlags
	Name     string   `arg:""`
	Tenant   *string  `help:"Its tenant from now on; '' is none."`
	Role     []string `sep:"none" help:"Its roles from now on; may be repeated."`
	NoRoles  bool     `name:"no-roles" help:"Take its roles away."`
	Scope    []string `sep:"none" help:"Its scopes from now on; may be repeated."`
	NoScopes bool     `name:"no-scopes" help:"Take its scopes away."`
	Note     *string  `help:"Its note from now on."`
}

// Run changes a consumer.
func (k *consumersSet) Run(c *console) error {
	change := administration.ConsumerChange{Tenant: optional(k.Tenant), Note: optional(k.Note)}
	var err error
	if change.Roles, err = replaced("--role", k.Role, "--no-roles", k.NoRoles); err != nil {
		return err
	}
	if change.Scopes, err = replaced("--scope", k.Scope, "--no-scopes", k.NoScopes); err != nil {
		return err
	}
	if k.Tenant == nil && k.Note == nil && !change.Roles.Is && !change.Scopes.Is {
		return usageError{errors.New("say what is to change: --tenant, --role, --scope, --note; or use disable and enable")}
	}
	return changeConsumer(&k.deskFlags, c, k.Name, change)
}

func optional[T any](value *T) administration.Given[T] {
	if value == nil {
		return administration.Given[T]{}
	}
	return administration.Give(*value)
}

// replaced is a list that a flag gives anew, or another one takes away.
func replaced(flag string, list []string, none string, take bool) (administration.Given[[]string], error) {
	switch {
	case take && len(list) > 0:
		return administration.Given[[]string]{}, usageError{fmt.Errorf("give either %s or %s", flag, none)}
	case take || len(list) > 0:
		return administration.Give(list), nil
	}
	return administration.Given[[]string]{}, nil
}

func changeConsumer(f *deskFlags, c *console, name string, change administration.ConsumerChange) error {
	return f.work(c, func(s *session) error {
		changed, err := s.ChangeConsumer(s.ctx, s.by, name, administration.AnyRevision, change)
		return s.consumer(changed, s.unknown(name, err))
	})
}

type consumersDisable struct {
	deskFlags
	Name string `arg:""`
}

// Run shuts a consumer out.
func (k *consumersDisable) Run(c *console) error {
	return changeConsumer(&k.deskFlags, c, k.Name, administration.ConsumerChange{Disabled: administration.Give(true)})
}

type consumersEnable struct {
	deskFlags
	Name string `arg:""`
}

// Run lets a consumer in again.
func (k *consumersEnable) Run(c *console) error {
	return changeConsumer(&k.deskFlags, c, k.Name, administration.ConsumerChange{Disabled: administration.Give(false)})
}

type consumersDelete struct {
	deskFlags
	Name string `arg:""`
	Yes  bool   `help:"Do not ask."`
}

// Run deletes a consumer.
func (k *consumersDelete) Run(c *console) error {
	return k.work(c, func(s *session) error {
		if _, err := s.Consumer(s.ctx, k.Name); err != nil {
			return s.unknown(k.Name, err)
		}
		if err := s.sure(k.Yes, "To delete "+k.Name+", its keys and its passwords"); err != nil {
			return err
		}
		return s.DeleteConsumer(s.ctx, s.by, k.Name, administration.AnyRevision)
	})
}

type consumersPassword struct {
	deskFlags
	Name     string `arg:""`
	Username string `help:"What it calls itself in HTTP Basic; its name unless given."`
	Delete   bool   `help:"Delete the password."`
	Yes      bool   `help:"Do not ask."`
}

// Run sets or deletes a password.
func (k *consumersPassword) Run(c *console) error {
	if k.Username == "" {
		k.Username = k.Name
	}
	return k.work(c, func(s *session) error {
		if _, err := s.Consumer(s.ctx, k.Name); err != nil {
			return s.unknown(k.Name, err)
		}
		if k.Delete {
			if err := s.sure(k.Yes, "To delete the password of "+k.Username); err != nil {
				return err
			}
			return s.DeletePassword(s.ctx, s.by, k.Name, k.Username)
		}
		secret, err := readPassword(os.Stdin, s.stderr)
		if err != nil {
			return err
		}
		set, err := s.SetPassword(s.ctx, s.by, k.Name, k.Username, secret)
		if err != nil {
			return err
		}
		return s.tell(set, func(w io.Writer) {
			fields(w, "username", set.Username, "consumer", set.Consumer, "changed", shownTime(&set.Changed))
		})
	})
}

type consumersExport struct {
	deskFlags
	File string `arg:"" optional:"" default:"-" help:"File to write, for its owner alone; - is standard output."`
}

// Run exports everything.
func (k *consumersExport) Run(c *console) error {
	return k.look(c, func(s *session) (err error) {
		out := s.stdout
		if k.File != "-" {
			f, err := os.OpenFile(k.File, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, f.Close()) }()
			out = f
		}
		w := bufio.NewWriter(out)
		encoder := json.NewEncoder(w)
		if err := s.Export(s.ctx, s.by, func(r administration.Record) error { return encoder.Encode(r) }); err != nil {
			return err
		}
		return w.Flush()
	})
}

type consumersImport struct {
	deskFlags
	File      string `arg:"" help:"File to read; - is standard input."`
	DryRun    bool   `name:"dry-run" help:"Tell what would be done and whom it would let in, and do nothing."`
	Overwrite bool   `help:"Make what is there what the file says, even where that grants more, enables or lengthens. What is revoked stays revoked."`
}

// Run imports an export.
func (k *consumersImport) Run(c *console) error {
	return k.work(c, func(s *session) error {
		in := io.Reader(os.Stdin)
		if k.File != "-" {
			f, err := os.Open(k.File)
			if err != nil {
				return err
			}
			defer f.Close()
			in = f
		}
		i := s.Import(s.by)
		i.Dry, i.Overwrite = k.DryRun, k.Overwrite
		taken := 0 // through this line
		failed := administration.ReadRecords(in, func(line int, r administration.Record) error {
			err := i.Take(s.ctx, r)
			if err == nil {
				taken = line
			}
			return err
		})
		unwritten := i.Finish(s.ctx) // what stood before a fault is taken
		if failed != nil && unwritten == nil && taken > 0 && !k.DryRun {
			failed = fmt.Errorf("%w (lines 1 to %d were taken in)", failed, taken)
		}
		failed = errors.Join(failed, unwritten)
		if err := s.tell(i.Imported, func(w io.Writer) {
			for _, of := range [...]struct {
				name string
				n    administration.Counts
			}{{"consumers", i.Imported.Consumers}, {"keys", i.Imported.Keys}} {
				fmt.Fprintf(w, "%s: %d added, %d changed, %d unchanged\n", of.name, of.n.Added, of.n.Changed, of.n.Unchanged)
			}
			if k.DryRun {
				for _, o := range i.Imported.Opens {
					fmt.Fprintln(w, "would open:", o)
				}
				fmt.Fprintln(w, "Nothing was done.")
			}
		}); err != nil {
			return err
		}
		return failed
	})
}
