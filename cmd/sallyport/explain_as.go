package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"sallyport"
	"sallyport/build"
)

// asFlags name a caller, whom explain asks every operation about.
type asFlags struct {
	As     string   `placeholder:"CALLER" help:"What this caller may do, operation by operation: the name of a consumer, anonymous, or a security scheme, for whoever holds a credential of it with --roles and --scopes."`
	Roles  []string `placeholder:"ROLE" help:"With --as SCHEME: the roles that the credential has."`
	Scopes []string `placeholder:"SCOPE" help:"With --as SCHEME: the scopes that the credential has."`
}

// callerReport is what one caller may do.
type callerReport struct {
	Caller string            `json:"caller"`
	APIs   []callerAPIReport `json:"apis"`
}

type callerAPIReport struct {
	Name       string          `json:"name"`
	Holds      []holdingReport `json:"holds"`
	Operations []mayReport     `json:"operations"`
}

type holdingReport struct {
	Scheme string   `json:"scheme"`
	Kind   string   `json:"kind"`
	Roles  []string `json:"roles,omitempty"`
	Scopes []string `json:"scopes,omitempty"`
}

type mayReport struct {
	ID     string `json:"id"`
	Method string `json:"method"`
	Path   string `json:"path"`
	May    bool   `json:"may"`
	// Why is public, granted, backend (which decides), or the kind of problem.
	Why    string `json:"why"`
	Detail string `json:"detail,omitempty"`
}

// anonymous is the caller who presents nothing.
const anonymous = "anonymous"

// explainCaller prints what the caller may do.
func (e *explainCommand) explainCaller(c *console, result *build.Result) error {
	report := callerReport{Caller: e.As}
	found := e.As == anonymous
	for _, api := range result.APIs {
		held := e.held(api)
		found = found || len(held) > 0
		report.APIs = append(report.APIs, newCallerAPIReport(api, held))
	}
	if !found {
		return e.unknownCaller(result)
	}
	if e.Output == "json" {
		return writeJSON(c.stdout, report)
	}
	report.writeText(c.stdout)
	return nil
}

// held are the credentials that the caller has for an API.
func (e *explainCommand) held(api *build.API) []*sallyport.Credential {
	if e.As == anonymous {
		return nil
	}
	for _, scheme := range api.Schemes() {
		if scheme.Name == e.As {
			return []*sallyport.Credential{{Scheme: e.As, Kind: "assumed", Roles: e.Roles, Scopes: e.Scopes}}
		}
	}
	return api.Holders(e.As)
}

func (e *explainCommand) unknownCaller(result *build.Result) error {
	var schemes []string
	for _, api := range result.APIs {
		for _, s := range api.Schemes() {
			if !slices.Contains(schemes, s.Name) {
				schemes = append(schemes, s.Name)
			}
		}
	}
	return usageError{fmt.Errorf("%q is no consumer of the configuration and no security scheme; the schemes are %s", e.As, strings.Join(schemes, ", "))}
}

func (e *explainCommand) checkCaller() error {
	switch {
	case e.As == "" && len(e.Roles)+len(e.Scopes) > 0:
		return usageError{errors.New("--roles and --scopes go with --as SCHEME")}
	case e.As == "" && e.Path == "":
		return usageError{errors.New("name a method and a path, or a caller with --as")}
	case e.As != "" && e.Method != "":
		return usageError{errors.New("--as tells of every operation: leave method and path out")}
	}
	return nil
}

func newCallerAPIReport(api *build.API, held []*sallyport.Credential) callerAPIReport {
	r := callerAPIReport{Name: api.Name, Holds: []holdingReport{}, Operations: []mayReport{}}
	for _, c := range held {
		r.Holds = append(r.Holds, holdingReport{c.Scheme, c.Kind, c.Roles, c.Scopes})
	}
	best := make([]build.Verdict, len(api.Operations))
	for i, hand := range hands(held) {
		for n, v := range api.May(hand) {
			if i == 0 || best[n].Refusal != nil && v.Refusal == nil {
				best[n] = v
			}
		}
	}
	for _, v := range best {
		r.Operations = append(r.Operations, newMayReport(v))
	}
	return r
}

// mostHands bounds the ways to present one credential of each scheme.
const mostHands = 256

// hands are the ways in which credentials can be presented together: a request
// has one of each scheme.
func hands(held []*sallyport.Credential) [][]*sallyport.Credential {
	all := [][]*sallyport.Credential{nil}
	for _, scheme := range schemesOf(held) {
		var next [][]*sallyport.Credential
		for _, hand := range all {
			for _, c := range held {
				if c.Scheme == scheme && len(next) < mostHands {
					next = append(next, append(slices.Clip(hand), c))
				}
			}
		}
		all = next
	}
	return all
}

func schemesOf(held []*sallyport.Credential) []string {
	var names []string
	for _, c := range held {
		if !slices.Contains(names, c.Scheme) {
			names = append(names, c.Scheme)
		}
	}
	return names
}

func newMayReport(v build.Verdict) mayReport {
	r := mayReport{ID: v.Operation.ID, Method: v.Operation.Method, Path: v.Operation.Path, May: v.Refusal == nil}
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
		for _, h := range api.Holds {
			fmt.Fprintf(out, "  holds %s (%s); roles: %s; scopes: %s\n", h.Scheme, h.Kind, listed(h.Roles), listed(h.Scopes))
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
