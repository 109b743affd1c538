package build

import (
	"fmt"
	"slices"
	"strings"

	"sallyport"
	"sallyport/stage/limit"
)

// prepareLookups makes what the operations of the API count lookups by. What was
// counted outlives the plan, whatever its numbers, and all APIs share its memory.
func (a *apiBuilder) prepareLookups() {
	c := a.config.Lookups
	if c == nil {
		return
	}
	trails, err := sallyport.Shared(a.result.Lasting, "trails", func() (*limit.Trails, error) { return limit.NewTrails(0, a.env.Now()), nil })
	if err != nil {
		a.wrong(c.At, "", err)
		return
	}
	counts, err := sallyport.Shared(a.result.Lasting, "lookups "+a.config.Name, func() (*limit.LookupCounts, error) { return &limit.LookupCounts{API: a.config.Name}, nil })
	if err != nil {
		a.wrong(c.At, "", err)
		return
	}
	over := map[string]limit.OverLookups{"observe": limit.ObserveLookups, "delay": limit.DelayLookups, "refuse": limit.RefuseLookups}
	a.lookups = &limit.Lookups{
		API: a.config.Name, Window: c.Window.Duration(), Misses: int(c.Misses), Least: c.Least, IDs: c.IDs,
		ByClient: c.By == "client", Over: over[c.Over], Delay: c.Delay.Duration(), Trails: trails, Counts: counts,
	}
	if err := a.lookups.Compile(); err != nil {
		a.wrong(c.At, "", err)
	}
	a.result.Trails, a.result.Lookups = trails, append(a.result.Lookups, counts)
}

// countLookups places the count where the path names an object.
func (o *operationBuilder) countLookups() {
	if o.lookups == nil {
		return
	}
	var params []int
	for _, p := range o.declared.Parameters {
		if i := slices.Index(o.op.Params, p.Name); p.In == "path" && i >= 0 && o.identifies(p) {
			params = append(params, i)
		}
	}
	if len(params) == 0 {
		return
	}
	slices.Sort(params)
	c := o.config.Lookups
	says := fmt.Sprintf("looking for ids: %s of at least %d ids in %s missed by one %s", c.Misses, c.Least, c.Window, c.By)
	if c.IDs > 0 {
		says += fmt.Sprintf(", or %d asked for", c.IDs)
	}
	does := map[string]string{"observe": "observed", "delay": "delayed by " + c.Delay.String(), "refuse": "refused"}[c.Over]
	o.place(sallyport.Limit, "lookups", o.lookups.Count(upTo(o.op.Path, o.op.Params[params[len(params)-1]]), params), enforced(c.At, "%s; then %s", says, does))
}

// upTo is a template up to a parameter, and with it.
func upTo(path, param string) string {
	before, _, _ := strings.Cut(path, "{"+param+"}")
	return before + "{" + param + "}"
}
