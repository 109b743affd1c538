package inspect

import (
	"context"
	"net/netip"
	"time"

	"sallyport"
	"sallyport/destination"
	"sallyport/jsonschema"
	"sallyport/problem"
)

// maxOutward bounds the values of one request that are judged. Each may be a
// name to be resolved.
const maxOutward = 100

// maxFaults is how many faults one problem names.
const maxFaults = 20

// resolveAll is how long the names of one request may take together.
const resolveAll = time.Second

// Destinations holds the values of a request that lead outward, which Validate
// has noted, to where they may lead (OWASP API7:2023, server-side request
// forgery).
type Destinations struct {
	Policy *destination.Policy
}

// Run implements sallyport.Step.
func (d *Destinations) Run(x *sallyport.Exchange) error {
	if len(x.Outward) > maxOutward {
		r := refused()
		r.Faults = []problem.Fault{{In: x.Outward[0].In, Keyword: "count", Message: "must lead to fewer places"}}
		return r
	}
	if len(x.Outward) == 0 {
		return nil
	}
	ctx := x.Context
	if d.Policy.Resolver != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, resolveAll)
		defer cancel()
	}
	if faults := d.judge(ctx, x); len(faults) > 0 {
		r := refused()
		r.Faults = faults
		return r
	}
	return nil
}

// judge asks about all names before it waits for the first: they share their
// time, and each may take most of it.
func (d *Destinations) judge(ctx context.Context, x *sallyport.Exchange) (faults []problem.Fault) {
	var room [8]destination.Judgement
	begun := room[:0]
	caller := ""
	if d.Policy.Resolver != nil {
		caller = callerOf(x)
	}
	for i := range x.Outward {
		begun = append(begun, d.Policy.Begin(ctx, caller, kindOf(x.Outward[i].As), x.Outward[i].Text))
	}
	for i := range x.Outward {
		o := &x.Outward[i]
		keyword, message := "unread", "must be such that it can be read where it leads"
		if o.As != 0 {
			verdict := begun[i].End(ctx)
			if verdict == destination.Allowed {
				continue
			}
			keyword, message = verdict.Keyword(), verdict.String()
		}
		if faults = append(faults, problem.Fault{In: o.In, Pointer: o.Pointer, Keyword: keyword, Message: message}); len(faults) == maxFaults {
			break
		}
	}
	return faults
}

// callerOf names who shares turns of the resolver: the caller, or where nobody
// proved to be one the client's address, for IPv6 its /64, which is what one
// subscriber has at least (RFC 6177 §2).
func callerOf(x *sallyport.Exchange) string {
	if id := x.Caller.ID(); id != "" {
		return "caller " + id
	}
	a := x.Client.Unmap()
	if a.Is6() {
		return netip.PrefixFrom(a.WithZone(""), 64).Masked().String()
	}
	return a.String()
}

func refused() *problem.Refusal {
	return problem.Refuse(problem.DestinationRefused, "A value leads where this operation may not be led; errors says which.")
}

// kindOf is how a value is read that schemas say lead outward.
func kindOf(as jsonschema.Outward) destination.Kind {
	var k destination.Kind
	for _, one := range [...]struct {
		as   jsonschema.Outward
		kind destination.Kind
	}{
		{jsonschema.OutwardURL, destination.URL}, {jsonschema.OutwardReference, destination.Reference},
		{jsonschema.OutwardHost, destination.Host}, {jsonschema.OutwardDoubt, destination.Perhaps},
	} {
		if as&one.as != 0 {
			k |= one.kind
		}
	}
	return k
}
