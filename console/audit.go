package console

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"sallyport/store"
)

// Entry is one line of the audit.
type Entry struct {
	Number  int64     `json:"number"`
	At      time.Time `json:"at"`
	Actor   string    `json:"actor"`
	From    string    `json:"from,omitempty"`
	Action  string    `json:"action"`
	Object  string    `json:"object,omitempty"`
	Outcome string    `json:"outcome"`
	// Detail is what is worth knowing about it; it differs by the action.
	Detail json.RawMessage `json:"detail,omitempty"`
}

// Verified is what became of going through the audit.
type Verified struct {
	// Intact tells whether every entry is as it was written, and none is missing
	// between two others.
	Intact bool `json:"intact"`
	// Broken is the number of the first entry that is not.
	Broken int64 `json:"broken,omitempty"`
}

func shownEntry(e store.Entry) (*Entry, error) {
	shown := &Entry{Number: e.Number, At: e.At.UTC(), Actor: e.Actor, From: e.From, Action: e.Action, Object: e.Object, Outcome: e.Outcome}
	if json.Valid([]byte(e.Detail)) {
		shown.Detail = json.RawMessage(e.Detail)
	}
	return shown, nil
}

// Entries are the audit, oldest first.
func (d *Desk) Entries(ctx context.Context, span Span) (*Page[*Entry], error) {
	if err := span.read(); err != nil {
		return nil, err
	}
	after := int64(0)
	if span.After != "" {
		n, err := strconv.ParseInt(span.After, 10, 64)
		if err != nil || n < 0 {
			return nil, invalid("/after", "pattern", "must be the number of an entry")
		}
		after = n
	}
	list, err := d.Store.ListEntries(ctx, after, span.Limit+1)
	if err != nil {
		return nil, err
	}
	return paged(span, list, shownEntry, func(e store.Entry) string { return strconv.FormatInt(e.Number, 10) })
}

// Verify goes through the whole audit.
func (d *Desk) Verify(ctx context.Context) (*Verified, error) {
	broken, err := d.Store.VerifyEntries(ctx)
	if err != nil {
		return nil, err
	}
	return &Verified{Intact: broken == 0, Broken: broken}, nil
}

// Refuse writes down that somebody known was not let.
func (d *Desk) Refuse(ctx context.Context, by By, action, why string) error {
	e := d.entry(by, action, "", struct {
		Reason string `json:"reason"`
	}{why})
	e.Outcome = Denied
	return d.Store.WriteEntry(ctx, e)
}
