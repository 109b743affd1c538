package main

import (
	"io"

	administration "sallyport/console"
	"sallyport/store"
)

type tokensCommand struct {
	Revoke  tokensRevoke  `cmd:"" help:"Take back one token, or all tokens of a subject issued so far."`
	List    tokensList    `cmd:"" help:"List what is taken back and still counts."`
	Restore tokensRestore `cmd:"" help:"End a revocation: what it took back is valid again, if it has not expired."`
}

type tokensRevoke struct {
	deskFlags
	JTI     string `name:"jti" help:"The claim jti of one token."`
	Subject string `help:"The claim sub, for all tokens of somebody."`
	Issuer  string `help:"The claim iss; without it, every issuer."`
	Before  moment `placeholder:"WHEN" help:"Of a subject: tokens issued then or earlier; now unless given."`
	Until   moment `placeholder:"WHEN" help:"When no token that this hits can be valid any more; in a year unless given."`
}

// Run takes tokens back.
func (k *tokensRevoke) Run(c *console) error {
	return k.work(c, func(s *session) error {
		made, err := s.Revoke(s.ctx, s.by, administration.NewRevocation{Issuer: k.Issuer, Token: k.JTI, Subject: k.Subject, Before: k.Before.Time, Until: k.Until.Time})
		if err != nil {
			return err
		}
		return s.tell(made, func(w io.Writer) {
			fields(w, "revocation", string(made.ID), "issuer", made.Issuer, "token", made.Token, "subject", made.Subject,
				"before", shownTime(made.Before), "until", shownTime(&made.Until))
		})
	})
}

type tokensList struct{ deskFlags }

// Run lists revocations.
func (k *tokensList) Run(c *console) error {
	return k.look(c, func(s *session) error {
		list, err := everything(s, s.Revocations)
		if err != nil {
			return err
		}
		return s.tell(list, func(w io.Writer) {
			var rows [][]string
			for _, r := range list {
				rows = append(rows, []string{string(r.ID), dash(r.Issuer), dash(r.Token), dash(r.Subject), dash(shownTime(r.Before)), shownTime(&r.Until)})
			}
			table(w, []string{"REVOCATION", "ISSUER", "TOKEN", "SUBJECT", "BEFORE", "UNTIL"}, rows)
		})
	})
}

type tokensRestore struct {
	deskFlags
	ID string `arg:"" help:"The id of the revocation."`
}

// Run ends a revocation.
func (k *tokensRestore) Run(c *console) error {
	return k.work(c, func(s *session) error { return s.Restore(s.ctx, s.by, store.ID(k.ID)) })
}
