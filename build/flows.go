package build

import (
	"fmt"
	"slices"
	"strings"

	"sallyport"
	"sallyport/config"
	"sallyport/stage/limit"
)

// prepareFlows makes what operations are held to in order and pace. What is known
// of callers outlives the plan, and all APIs share its memory.
func (a *apiBuilder) prepareFlows() {
	if len(a.config.Flows) == 0 {
		return
	}
	passages, err := sallyport.Shared(a.result.Lasting, "passages", func() (*limit.Passages, error) { return limit.NewPassages(0, a.env.Now()), nil })
	if err != nil {
		a.wrong(a.config.Flows[0].At, "", err)
		return
	}
	a.flows = make([]*limit.Flow, len(a.config.Flows))
	for i := range a.config.Flows {
		c := &a.config.Flows[i]
		f := &limit.Flow{API: a.config.Name, Name: c.Name, Most: c.AtMost.Count, Window: c.AtMost.Per, Passages: passages}
		if len(c.After) > 0 {
			f.After, f.Within, f.NotBefore = anyOf(c.After), c.Within.Duration(), c.NotBefore.Duration()
		}
		if err := f.Compile(); err != nil {
			a.wrong(c.At, "", err)
		}
		a.flows[i] = f
		a.unusedGlobs("on", c.On, c.Place)
		a.unusedGlobs("after", c.After, c.Place)
	}
	a.deadFlows()
}

// anyOf are patterns as words, in one order.
func anyOf(globs []config.Glob) string {
	sorted := slices.Sorted(slices.Values(globs))
	text := make([]string, len(sorted))
	for i, g := range sorted {
		text[i] = string(g)
	}
	return strings.Join(text, " or ")
}

func among(globs []config.Glob, id string) bool {
	return slices.ContainsFunc(globs, func(g config.Glob) bool { return g.Match(id) })
}

// deadFlows finds operations that nobody could ever call, because they come after
// themselves, directly or by way of others. An operation can be called if in each
// of its flows something that can be called opens it.
func (a *apiBuilder) deadFlows() {
	ids := make([]string, len(a.document.Operations))
	for i, op := range a.document.Operations {
		ids[i] = op.ID
	}
	live := make(map[string]bool, len(ids))
	for found := true; found; {
		found = false
		for _, id := range ids {
			if !live[id] && a.closing(id, ids, live) == nil {
				live[id], found = true, true
			}
		}
	}
	told := make(map[*config.Flow]bool)
	for _, self := range []bool{true, false} { // the cause before what follows from it
		for _, id := range ids {
			c := a.closing(id, ids, live)
			if c == nil || told[c] || self != among(c.After, id) || !a.comesTo(id, id, ids, live, make(map[string]bool)) {
				continue
			}
			told[c] = true
			a.tellDead(c, id)
		}
	}
}

// comesTo tells whether what closes an operation leads to another one. What only
// comes after a circle is not in it.
func (a *apiBuilder) comesTo(from, to string, ids []string, live, seen map[string]bool) bool {
	c := a.closing(from, ids, live)
	if c == nil || seen[from] {
		return false
	}
	seen[from] = true
	return slices.ContainsFunc(ids, func(id string) bool {
		return among(c.After, id) && (id == to || a.comesTo(id, to, ids, live, seen))
	})
}

// closing is a flow by which nobody comes to the operation, nil if there is none.
// One whose after names nothing is another mistake.
func (a *apiBuilder) closing(id string, ids []string, live map[string]bool) *config.Flow {
	for i := range a.config.Flows {
		c := &a.config.Flows[i]
		if len(c.After) == 0 || !among(c.On, id) {
			continue
		}
		opens, any := false, false
		for _, other := range ids {
			if among(c.After, other) {
				any, opens = true, opens || live[other]
			}
		}
		if any && !opens {
			return c
		}
	}
	return nil
}

func (a *apiBuilder) tellDead(c *config.Flow, id string) {
	at := c.PositionOf("after")
	if among(c.After, id) {
		a.mistakes.Add(at, "name what comes before it, or take it out of on", "in the flow %q %s comes after itself: nobody could ever call it", c.Name, id)
		return
	}
	a.mistakes.Add(at, "let one of them come first", "in the flow %q %s comes after %s, and by way of it after itself: nobody could ever call it", c.Name, id, anyOf(c.After))
}

// flow holds the operation to its flows.
func (o *operationBuilder) flow() {
	for i, f := range o.flows {
		if c := &o.config.Flows[i]; among(c.On, o.declared.ID) {
			o.place(sallyport.Limit, "flow:"+c.Name, f, enforced(c.At, "flow %s: %s", c.Name, saysFlow(c)))
		}
	}
}

func saysFlow(c *config.Flow) string {
	var says []string
	if len(c.After) > 0 {
		after := fmt.Sprintf("only after %s by the same caller, within %s", anyOf(c.After), c.Within)
		if c.NotBefore > 0 {
			after += fmt.Sprintf(" and not before %s", c.NotBefore)
		}
		says = append(says, after)
	}
	if c.AtMost.Count > 0 {
		says = append(says, fmt.Sprintf("at most %d times in %s by one caller", c.AtMost.Count, config.Duration(c.AtMost.Per)))
	}
	return strings.Join(says, "; ")
}

// openFlows lets those go on who were answered. It comes behind all that judges
// the answer.
func (o *operationBuilder) openFlows() {
	for i, f := range o.flows {
		if c := &o.config.Flows[i]; f.After != "" && among(c.After, o.declared.ID) {
			o.place(sallyport.Filter, "flow:"+c.Name, limit.Opening{Flow: f}, enforced(c.PositionOf("after"), "flow %s: a success opens %s", c.Name, anyOf(c.On)))
		}
	}
}
