package build

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"sallyport"
	"sallyport/config"
	"sallyport/destination"
	"sallyport/jsonschema"
	"sallyport/source"
	"sallyport/stage/inspect"
)

// outwardWord of x-sallyport says whether a value leads outward.
const outwardWord = "outward"

// destinations places what holds values that lead outward, and lists those that
// nothing holds. Places are where the document says so, by what is watched.
func (o *operationBuilder) destinations(places func(sallyport.Watched) []source.Position) {
	c := &o.rules.Destinations
	o.op.Outward = map[string]sallyport.Watched{"marked": sallyport.WatchMarked, "all": sallyport.WatchFormats}[c.Mode]
	held := places(o.op.Outward)
	if len(held) == 0 {
		o.op.Outward = sallyport.WatchNothing
	}
	for _, at := range places(sallyport.WatchFormats) {
		if !slices.Contains(held, at) {
			o.unenforced(annotation(at, "destinations: the value leads outward, and may lead anywhere: destinations: { mode: all } or x-sallyport: { outward: true } holds it"))
		}
	}
	if len(held) == 0 {
		return
	}
	policy := o.destinationPolicy(c)
	mode := o.mode(sallyport.Inspect)
	if c.Observe {
		mode = sallyport.Observe
	}
	says := destinationSays(c)
	var controls []sallyport.Control
	for _, at := range held {
		controls = append(controls, enforced(at, "destinations: the value leads to %s", says))
	}
	o.op.Place(sallyport.Placed{Stage: sallyport.Inspect, Mode: mode, Name: "destinations", Step: &inspect.Destinations{Policy: policy}, Controls: controls})
}

// destinationPolicy is that of an operation.
func (o *operationBuilder) destinationPolicy(c *config.Destinations) *destination.Policy {
	p := &destination.Policy{Unresolved: c.Unresolved == "pass"}
	for _, scheme := range c.Schemes {
		p.Schemes = append(p.Schemes, string(scheme))
	}
	for _, port := range c.Ports {
		p.Ports = append(p.Ports, uint16(port))
	}
	for i, host := range c.Hosts {
		pattern, ok := destination.ParsePattern(string(host))
		if !ok {
			o.faults.Add(c.PositionOf("hosts/"+strconv.Itoa(i)), "write a name in A-labels, *. before one, an address or a network", "no value can lead to %q", string(host))
		}
		p.Hosts = append(p.Hosts, pattern)
	}
	for _, n := range c.Networks {
		p.Networks = append(p.Networks, n.Prefix)
	}
	if c.Resolve {
		p.Resolver = o.resolver()
	}
	return p
}

// resolver is the one of all APIs; what it remembers outlives the plan.
func (b *builder) resolver() *destination.Resolver {
	lookup := b.options.Lookup
	if lookup == nil {
		lookup = func(ctx context.Context, name string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", name)
		}
	}
	r, _ := sallyport.Shared(b.result.Lasting, "resolver of destinations", func() (*destination.Resolver, error) {
		return destination.NewResolver(lookup, b.env.Now), nil
	})
	return r
}

// destinationSays tells an operator where values may lead.
func destinationSays(c *config.Destinations) string {
	var b strings.Builder
	b.WriteString("public hosts")
	if len(c.Hosts) > 0 {
		b.Reset()
		b.WriteString(joined(c.Hosts) + ", where public")
	}
	if len(c.Networks) > 0 {
		b.WriteString(" or in")
		for _, n := range c.Networks {
			b.WriteString(" " + n.String())
		}
	}
	b.WriteString(", by " + joined(c.Schemes))
	switch {
	case !c.Resolve:
		b.WriteString("; names are not resolved")
	case c.Unresolved == "pass":
		b.WriteString("; names are resolved, unless they cannot be")
	default:
		b.WriteString("; names are resolved")
	}
	return b.String()
}

func joined[T ~string](list []T) string {
	var texts []string
	for _, one := range list {
		texts = append(texts, string(one))
	}
	return strings.Join(texts, ", ")
}

// marksOutward tells a schema of a request that says of its values whether they
// lead outward, and nothing else.
func (a *apiBuilder) marksOutward(schema, extension *source.Node) bool {
	return extension.Kind == source.Map && len(extension.Members) == 1 && extension.Members[0].Name == outwardWord &&
		extension.Members[0].Value.Kind == source.Bool && a.compiler.Compiled(schema, jsonschema.Request) != nil
}
