package main

import (
	"fmt"
	"io"
	"strconv"

	administration "sallyport/console"
)

type auditCommand struct {
	List   auditList   `cmd:"" help:"List what was done, by whom, when and from where, oldest first."`
	Verify auditVerify `cmd:"" help:"Go through the whole audit and tell whether every entry is as it was written."`
}

type auditList struct {
	deskFlags
	After int64 `placeholder:"NUMBER" help:"The number of the entry behind which the list begins."`
	Limit int   `placeholder:"NUMBER" help:"The most entries; all unless given."`
}

// Run lists entries.
func (k *auditList) Run(c *console) error {
	if k.After < 0 || k.Limit < 0 {
		return usageError{fmt.Errorf("--after and --limit take numbers from 0 on")}
	}
	return k.look(c, func(s *session) error {
		list, err := k.entries(s)
		if err != nil {
			return err
		}
		return s.tell(list, func(w io.Writer) {
			var rows [][]string
			for _, e := range list {
				rows = append(rows, []string{strconv.FormatInt(e.Number, 10), shownTime(&e.At), e.Actor, dash(e.From), e.Outcome, e.Action, dash(e.Object), string(e.Detail)})
			}
			table(w, []string{"NUMBER", "AT", "ACTOR", "FROM", "OUTCOME", "ACTION", "OBJECT", "DETAIL"}, rows)
		})
	})
}

func (k *auditList) entries(s *session) ([]*administration.Entry, error) {
	list := []*administration.Entry{}
	span := administration.Span{After: strconv.FormatInt(k.After, 10), Limit: administration.MostItems}
	for {
		if k.Limit > 0 {
			span.Limit = min(k.Limit-len(list), administration.MostItems)
		}
		page, err := s.Entries(s.ctx, span)
		if err != nil {
			return nil, err
		}
		list = append(list, page.Items...)
		if span.After = page.Next; span.After == "" || len(list) == k.Limit {
			return list, nil
		}
	}
}

type auditVerify struct{ deskFlags }

// Run goes through the audit.
func (k *auditVerify) Run(c *console) error {
	return k.look(c, func(s *session) error {
		v, err := s.Verify(s.ctx)
		if err != nil {
			return err
		}
		err = s.tell(v, func(w io.Writer) {
			if v.Intact {
				fmt.Fprintln(w, "Every entry is as it was written.")
			} else {
				fmt.Fprintf(w, "Entry %d is not as it was written, or is missing.\n", v.Broken)
			}
		})
		if err == nil && !v.Intact {
			err = errFindings
		}
		return err
	})
}
