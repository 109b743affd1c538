package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"sallyport/build"
)

// callerReport is what one caller may do.
type callerReport struct {
	Caller string `json:"caller"`
	// Disabled tells of a consumer of the store that is shut out.
	Disabled bool              `json:"disabled,omitempty"`
	APIs     []callerAPIReport `json:"apis"`
}

type callerAPIReport struct {
	Name       string          `json:"name"`
	Holds      []holdingReport `json:"holds"`
	Operations []mayReport     `json:"operations"`
}

type holdingReport struct {
	Scheme string `json:"scheme"`
	Kind   string `json:"kind"`
	// Key is the one of the store that it is, Username that of a password there.
	Key      *heldKeyReport `json:"key,omitempty"`
	Username string         `json:"username,omitempty"`
	Roles    []string       `json:"roles,omitempty"`
	Scopes   []string       `json:"scopes,omitempty"`
	Networks []string       `json:"networks,omitempty"`
	Expires  *time.Time     `json:"expires,omitempty"`
	// Refused is why it lets nobody in: revoked, expired or disabled.
	Refused string `json:"refused,omitempty"`
}

type heldKeyReport struct {
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
	Hint string `json:"hint"`
}

type mayReport struct {
	ID     string `json:"id"`
	Method string `json:"method"`
	Path   string `json:"path"`
	May    bool   `json:"may"`
	// Why is public, granted, backend (which decides), or the kind of problem.
	Why    string `json:"why"`
	Detail string `json:"detail,omitempty"`
	// With are the credentials that suffice, where others of their schemes do not.
	With []string `json:"with,omitempty"`
}

func newCallerAPIReport(api *build.API, held []build.Holding) callerAPIReport {
	r := callerAPIReport{Name: api.Name, Holds: []holdingReport{}, Operations: []mayReport{}}
	for _, h := range held {
		r.Holds = append(r.Holds, newHoldingReport(h))
	}
	for _, w := range judgeWays(api, held) {
		r.Operations = append(r.Operations, newMayReport(w.best, w.with))
	}
	return r
}

func newHoldingReport(h build.Holding) holdingReport {
	r := holdingReport{Scheme: h.Scheme, Kind: h.Kind, Username: h.Username, Roles: h.Roles, Scopes: h.Scopes}
	if h.Stored != nil {
		r.Key = &heldKeyReport{string(h.Stored.ID), h.Stored.Name, h.Stored.Hint}
	}
	for _, n := range h.Networks {
		r.Networks = append(r.Networks, n.String())
	}
	if !h.Expires.IsZero() {
		until := h.Expires.UTC()
		r.Expires = &until
	}
	if h.Refused != nil {
		r.Refused = h.Refused.Why
	}
	return r
}

// text is a line for a person.
func (h *holdingReport) text() string {
	what := h.Scheme + " (" + h.Kind
	switch {
	case h.Key != nil:
		what += " " + keyLabel(h.Key.Name, h.Key.Hint)
	case h.Username != "":
		what += " of " + h.Username
	}
	what += ")"
	if h.Refused != "" {
		return "held " + what + ", which is " + h.Refused
	}
	text := fmt.Sprintf("holds %s; roles: %s; scopes: %s", what, listed(h.Roles), listed(h.Scopes))
	if len(h.Networks) > 0 {
		text += "; from " + listed(h.Networks)
	}
	if h.Expires != nil {
		text += "; until " + shownTime(h.Expires)
	}
	return text
}

// keyLabel is by what people tell keys apart.
func keyLabel(name, hint string) string {
	if name == "" {
		return "…" + hint
	}
	return name + " …" + hint
}

func newMayReport(v build.Verdict, with []string) mayReport {
	r := mayReport{With: with, ID: v.Operation.ID, Method: v.Operation.Method, Path: v.Operation.Path, May: v.Refusal == nil}
	switch {
	case v.Refusal != nil:
		r.Why, r.Detail = v.Refusal.Kind.String(), v.Refusal.Detail
	case v.Unchecked:
		r.Why, r.Detail = "backend", "The backend decides."
	case v.Public:
		r.Why = "public"
	default:
		r.Why = "granted"
	}
	return r
}

func (r *callerReport) writeText(out io.Writer) {
	for _, api := range r.APIs {
		fmt.Fprintf(out, "%s: %s\n", api.Name, r.Caller)
		if r.Disabled {
			fmt.Fprintln(out, "  is disabled in the store: nothing that the store gives out lets it in")
		}
		for _, h := range api.Holds {
			fmt.Fprintln(out, "  "+h.text())
		}
		may := 0
		table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		for _, op := range api.Operations {
			word := "may not"
			if op.May {
				word = "may"
				may++
			}
			why := op.Why
			if op.Detail != "" {
				why += ": " + op.Detail
			}
			if len(op.With) > 0 {
				why += " with " + strings.Join(op.With, " or ")
			}
			fmt.Fprintf(table, "  %s\t%s\t%s\t%s\t%s\n", word, op.Method, op.Path, op.ID, why)
		}
		table.Flush()
		fmt.Fprintf(out, "  %d of %s\n", may, plural(len(api.Operations), "operation"))
	}
}

func listed(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
