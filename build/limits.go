package build

import (
	"fmt"
	"slices"
	"strings"

	"sallyport"
	"sallyport/config"
	"sallyport/stage/limit"
)

// prepareLimits makes the limits of the API; operations share them, and their
// counters survive a reload.
func (a *apiBuilder) prepareLimits() {
	a.rates = make(map[string]*limit.Rate)
	a.flights = make(map[string]*limit.Concurrency)
	for i := range a.config.Limits {
		c := &a.config.Limits[i]
		if err := a.prepareLimit(c); err != nil {
			a.wrong(c.At, "", err)
		}
	}
}

func (a *apiBuilder) prepareLimit(c *config.Limit) error {
	name := a.config.Name + "/" + c.Name
	if c.Concurrency > 0 {
		flights, err := sallyport.Shared(a.result.Lasting, "flights "+name, func() (*limit.Flights, error) { return limit.NewFlights(), nil })
		if err != nil {
			return err
		}
		step := &limit.Concurrency{Name: c.Name, Max: c.Concurrency, By: limitKeys(c), Flights: flights}
		a.flights[c.Name] = step
		return step.Compile()
	}
	table, err := sallyport.Shared(a.result.Lasting, "counter "+name, func() (*limit.Table, error) { return limit.NewTable(0, a.env.Now()), nil })
	if err != nil {
		return err
	}
	rate := &limit.Rate{Name: c.Name, Count: c.Rate.Count, Window: c.Rate.Per, Burst: c.Burst, By: limitKeys(c), Counter: table}
	if c.Over == "delay" {
		rate.Over, rate.Wait = limit.Delay, c.Wait.Duration()
	}
	a.rates[c.Name] = rate
	return rate.Compile()
}

func limitKeys(c *config.Limit) []limit.Key {
	var keys []limit.Key
	for _, by := range c.By {
		if by == "client" {
			keys = append(keys, limit.Client)
		} else {
			keys = append(keys, limit.Caller)
		}
	}
	return keys
}

// limit places the limits that hold for the operation: those that need no
// caller before anybody is identified, so that a flood costs no signatures.
func (o *operationBuilder) limit() {
	o.limitAt(sallyport.Admit, func(c *config.Limit) bool { return !slices.Contains(c.By, "caller") })
	o.limitAt(sallyport.Limit, func(c *config.Limit) bool { return slices.Contains(c.By, "caller") })
}

func (o *operationBuilder) limitAt(stage sallyport.Stage, here func(*config.Limit) bool) {
	place := func(name string, step sallyport.Step, controls ...sallyport.Control) {
		// Wherever it stands, it is observed where limits are.
		o.op.Place(sallyport.Placed{Stage: stage, Mode: o.mode(sallyport.Limit), Name: name, Step: step, Controls: controls})
	}
	var rates []*limit.Rate
	var controls []sallyport.Control
	for i := range o.config.Limits {
		c := &o.config.Limits[i]
		if !here(c) || !o.limited(c) {
			continue
		}
		if flights := o.flights[c.Name]; flights != nil {
			place(c.Name, flights, enforced(c.At, "%s: %d at one time by %s", c.Name, c.Concurrency, strings.Join(c.By, " and ")))
			continue
		}
		rates = append(rates, o.rates[c.Name])
		controls = append(controls, enforced(c.At, "%s: %s by %s, %s", c.Name, c.Rate, strings.Join(c.By, " and "), over(c)))
	}
	switch len(rates) {
	case 0:
	case 1:
		place(rates[0].Name, rates[0], controls...)
	default:
		together := &limit.Together{Rates: rates}
		if err := together.Compile(); err != nil {
			o.fault(o.config.At, err)
			return
		}
		place("rates", together, controls...)
	}
}

func over(c *config.Limit) string {
	if c.Over == "delay" {
		return fmt.Sprintf("over it delayed by at most %s", c.Wait)
	}
	return "over it refused"
}

func (o *operationBuilder) limited(c *config.Limit) bool {
	return len(c.On) == 0 || slices.ContainsFunc(c.On, func(g config.Glob) bool { return g.Match(o.declared.ID) })
}
