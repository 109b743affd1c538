package main

import (
	"fmt"
	"io"
	"strings"

	"sallyport/build"
)

// objectRules is what check can require.
const objectRules = "object-rules"

// unguardedReport is an operation that no rule binds to the caller's objects.
type unguardedReport struct {
	ID         string   `json:"id"`
	Method     string   `json:"method"`
	Path       string   `json:"path"`
	At         string   `json:"at"`
	Parameters []string `json:"parameters"`
	Proposal   string   `json:"proposal,omitempty"`
}

func newUnguardedReports(all []build.Unguarded) []unguardedReport {
	reports := []unguardedReport{}
	for _, u := range all {
		op := u.Operation
		reports = append(reports, unguardedReport{op.ID, op.Method, op.Path, op.At.String(), u.Parameters, u.Proposal})
	}
	return reports
}

// writeUnguarded lists them for a person, with what could be written.
func (a *apiReport) writeUnguarded(out io.Writer) {
	if len(a.Unguarded) == 0 {
		return
	}
	fmt.Fprintf(out, "  not guarded: %s an object by its identifier, and no rule says whose\n", pluralAsk(len(a.Unguarded)))
	for _, u := range a.Unguarded {
		fmt.Fprintf(out, "    %s %s: %s (%s)\n", u.Method, u.Path, strings.Join(u.Parameters, ", "), u.At)
		if u.Proposal != "" {
			fmt.Fprintf(out, "      x-sallyport: %s\n", u.Proposal)
		}
	}
}

func pluralAsk(n int) string {
	if n == 1 {
		return "1 operation is asked for"
	}
	return fmt.Sprintf("%d operations are asked for", n)
}

func (r *enforcement) lacksRules() bool {
	for _, a := range r.APIs {
		if len(a.Unguarded) > 0 {
			return true
		}
	}
	return false
}
