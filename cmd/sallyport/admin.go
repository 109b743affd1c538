package main

import (
	"errors"
	"fmt"
	"io"
	"slices"

	administration "sallyport/console"
)

type adminCommand struct {
	Token  adminToken  `cmd:"" help:"Make a token for the admin API. It is shown once."`
	List   adminList   `cmd:"" help:"List the tokens of administrators."`
	Delete adminDelete `cmd:"" help:"End a token of an administrator at once."`
}

type adminToken struct {
	deskFlags
	Name    string   `arg:"" help:"Whose it is: the audit says so of all that is done with it."`
	Role    []string `sep:"none" help:"reader, operator or admin, each with all that those before it may do; reader unless given."`
	Expires moment   `placeholder:"WHEN" help:"When it ends: a date, a time, or a span such as 90d. Without it, never."`
	Quiet   bool     `short:"q" help:"Write the token and nothing else."`
}

// Run makes a token.
func (k *adminToken) Run(c *console) error {
	return k.work(c, func(s *session) error {
		made, err := s.AddToken(s.ctx, s.by, administration.NewToken{Name: k.Name, Roles: k.Role, Expires: k.Expires.Time})
		if err != nil {
			return err
		}
		if k.Quiet {
			_, err := fmt.Fprintln(s.stdout, made.Secret)
			return err
		}
		return s.tell(made, func(w io.Writer) {
			fields(w, "token", made.Name, "id", string(made.ID), "roles", words(made.Roles), "expires", shownTime(made.Expires))
			fmt.Fprintf(w, "\n%s\n", made.Secret)
			fmt.Fprintln(s.stderr, "This is the token. It is shown this once: hand it over now.")
		})
	})
}

type adminList struct{ deskFlags }

// Run lists tokens.
func (k *adminList) Run(c *console) error {
	return k.look(c, func(s *session) error {
		list, err := everything(s, s.Tokens)
		if err != nil {
			return err
		}
		return s.tell(list, func(w io.Writer) {
			var rows [][]string
			for _, t := range list {
				rows = append(rows, []string{t.Name, string(t.ID), words(t.Roles), t.State, shownTime(&t.Created), dash(shownTime(t.Expires))})
			}
			table(w, []string{"NAME", "ID", "ROLES", "STATE", "CREATED", "EXPIRES"}, rows)
		})
	})
}

type adminDelete struct {
	deskFlags
	Name string `arg:"" help:"The name of the token, or its id."`
	Yes  bool   `help:"Do not ask."`
}

// Run ends a token.
func (k *adminDelete) Run(c *console) error {
	return k.work(c, func(s *session) error {
		list, err := everything(s, s.Tokens)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(t *administration.Token) bool { return t.Name == k.Name || string(t.ID) == k.Name })
		if i < 0 {
			return errors.New("there is no such token; sallyport admin list tells all of them")
		}
		if err := s.sure(k.Yes, "To delete the token "+list[i].Name); err != nil {
			return err
		}
		return s.DeleteToken(s.ctx, s.by, list[i].ID)
	})
}
