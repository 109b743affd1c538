package main

import "io"

type secretsCommand struct {
	Put    secretsPut    `cmd:"" help:"Seal a secret, read from the terminal or standard input. Nobody can read it here again."`
	List   secretsList   `cmd:"" help:"List the names of secrets."`
	Delete secretsDelete `cmd:"" help:"Delete a secret."`
}

type secretsPut struct {
	deskFlags
	Name string `arg:"" help:"The name by which the configuration refers to it."`
}

// Run seals a secret.
func (k *secretsPut) Run(c *console) error {
	return k.work(c, func(s *session) error {
		value, err := s.secret("Secret " + k.Name)
		if err != nil {
			return err
		}
		put, err := s.PutSecret(s.ctx, s.by, k.Name, value)
		if err != nil {
			return err
		}
		return s.tell(put, func(w io.Writer) { fields(w, "secret", put.Name, "changed", shownTime(&put.Changed)) })
	})
}

type secretsList struct{ deskFlags }

// Run lists secrets.
func (k *secretsList) Run(c *console) error {
	return k.look(c, func(s *session) error {
		list, err := everything(s, s.Secrets)
		if err != nil {
			return err
		}
		return s.tell(list, func(w io.Writer) {
			var rows [][]string
			for _, one := range list {
				rows = append(rows, []string{one.Name, shownTime(&one.Changed)})
			}
			table(w, []string{"SECRET", "CHANGED"}, rows)
		})
	})
}

type secretsDelete struct {
	deskFlags
	Name string `arg:""`
	Yes  bool   `help:"Do not ask."`
}

// Run deletes a secret.
func (k *secretsDelete) Run(c *console) error {
	return k.work(c, func(s *session) error {
		if err := s.sure(k.Yes, "To delete the secret "+k.Name); err != nil {
			return err
		}
		return s.DeleteSecret(s.ctx, s.by, k.Name)
	})
}
