package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"sallyport"
	"sallyport/build"
	"sallyport/config"
	"sallyport/store"
)

// asFlags name a caller, whom explain asks every operation about.
type asFlags struct {
	As     string   `placeholder:"CALLER" help:"What this caller may do, operation by operation: the name of a consumer, anonymous, or a security scheme, for whoever holds a credential of it with --roles and --scopes."`
	Roles  []string `placeholder:"ROLE" help:"With --as SCHEME: the roles that the credential has."`
	Scopes []string `placeholder:"SCOPE" help:"With --as SCHEME: the scopes that the credential has."`
}

// anonymous is the caller who presents nothing.
const anonymous = "anonymous"

// explainCaller prints what the caller may do.
func (e *explainCommand) explainCaller(c *console, loaded *config.Config, result *build.Result) error {
	var stored *build.Stored
	var missing error
	if e.As != anonymous && !isScheme(result, e.As) && loaded.NeedsStore() {
		var err error
		if stored, err = findStored(c, &loaded.Store, e.As); errors.Is(err, store.ErrNotFound) {
			missing = err
		} else if err != nil {
			return err
		}
	}
	report := callerReport{Caller: e.As, Disabled: stored != nil && stored.Consumer.Disabled}
	found := e.As == anonymous || stored != nil
	now := time.Now()
	for _, api := range result.APIs {
		held := e.held(api, stored, now)
		found = found || len(held) > 0
		report.APIs = append(report.APIs, newCallerAPIReport(api, held))
	}
	if !found {
		return e.unknownCaller(result, missing)
	}
	if e.Output == "json" {
		return writeJSON(c.stdout, report)
	}
	report.writeText(c.stdout)
	return nil
}

// findStored reads what the store knows of a consumer. It makes no store; that
// there is none, or no such consumer, is store.ErrNotFound.
func findStored(c *console, s *config.Store, name string) (*build.Stored, error) {
	kept, err := build.FindStore(c.ctx, s)
	if errors.Is(err, store.ErrNotFound) {
		return nil, fmt.Errorf("%s: %w", s.URL, err)
	}
	if err != nil {
		return nil, err
	}
	found, err := build.FindConsumer(c.ctx, kept, name)
	if errors.Is(err, store.ErrNotFound) {
		err = fmt.Errorf("sallyport consumers list tells all consumers of the store: %w", err)
	}
	return found, errors.Join(err, kept.Close())
}

// held are the credentials that the caller has for an API.
func (e *explainCommand) held(api *build.API, stored *build.Stored, now time.Time) []build.Holding {
	if e.As == anonymous {
		return nil
	}
	for _, scheme := range api.Schemes() {
		if scheme.Name == e.As {
			return []build.Holding{{Credential: &sallyport.Credential{Scheme: e.As, Kind: "assumed", Roles: e.Roles, Scopes: e.Scopes}}}
		}
	}
	return api.Holdings(e.As, stored, now)
}

func isScheme(result *build.Result, name string) bool {
	return slices.Contains(schemeNames(result), name)
}

func schemeNames(result *build.Result) []string {
	var names []string
	for _, api := range result.APIs {
		for _, s := range api.Schemes() {
			if !slices.Contains(names, s.Name) {
				names = append(names, s.Name)
			}
		}
	}
	return names
}

// unknownCaller says where the name was looked for; missing is why the store
// does not have it, nil where none was asked.
func (e *explainCommand) unknownCaller(result *build.Result, missing error) error {
	where := ""
	if missing != nil {
		where = fmt.Sprintf(", none of the store (%s)", missing)
	}
	return usageError{fmt.Errorf("%q is no consumer of the configuration%s and no security scheme; the schemes are %s", e.As, where, cmp.Or(strings.Join(schemeNames(result), ", "), "none"))}
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
