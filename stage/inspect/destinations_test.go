package inspect

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sallyport"
	"sallyport/destination"
	"sallyport/jsonschema"
	"sallyport/problem"
)

func leading(t testing.TB, values ...sallyport.Outward) *sallyport.Exchange {
	return &sallyport.Exchange{Context: t.Context(), Outward: values}
}

func aURL(pointer, text string) sallyport.Outward {
	return sallyport.Outward{In: "body", Pointer: pointer, As: jsonschema.OutwardURL, Text: text}
}

func TestDestinations(t *testing.T) {
	lookup := func(_ context.Context, name string) ([]netip.Addr, error) {
		switch name {
		case "public.net.":
			return []netip.Addr{netip.MustParseAddr("8.8.8.8")}, nil
		case "inner.net.":
			return []netip.Addr{netip.MustParseAddr("8.8.8.8"), netip.MustParseAddr("10.0.0.1")}, nil
		}
		return nil, errors.New("no such host")
	}
	d := &Destinations{Policy: &destination.Policy{Resolver: destination.NewResolver(lookup, time.Now)}}
	many := make([]sallyport.Outward, maxOutward+1)
	for i := range many {
		many[i] = aURL("/a", "http://10.0.0.1/")
	}
	for name, c := range map[string]struct {
		values []sallyport.Outward
		want   string
	}{
		"no values lead nowhere":               {nil, ""},
		"a public name is asked for":           {[]sallyport.Outward{aURL("/a", "http://public.net/")}, ""},
		"each value has a fault of its own":    {[]sallyport.Outward{aURL("/a", "http://inner.net/"), aURL("/b", "http://public.net/"), aURL("/c", "http://unknown.net/"), aURL("/d", "http:x")}, "/a address, /c unresolved, /d ambiguous"},
		"what could not be read is refused":    {[]sallyport.Outward{{In: "body"}}, " unread"},
		"a host is no URL":                     {[]sallyport.Outward{{In: "query", Pointer: "/h", As: jsonschema.OutwardHost, Text: "inner.net"}}, "/h address"},
		"a marked value is either":             {[]sallyport.Outward{{Pointer: "/h", As: jsonschema.OutwardMarked | jsonschema.OutwardURL | jsonschema.OutwardHost, Text: "inner.net"}}, "/h address"},
		"a reference leads nowhere":            {[]sallyport.Outward{{As: jsonschema.OutwardReference, Text: "/a"}}, ""},
		"in doubt text leads nowhere":          {[]sallyport.Outward{{As: jsonschema.OutwardURL | jsonschema.OutwardDoubt, Text: "a b"}}, ""},
		"in doubt a URL leads where it does":   {[]sallyport.Outward{{Pointer: "/a", As: jsonschema.OutwardURL | jsonschema.OutwardDoubt, Text: "http://10.0.0.1/"}}, "/a address"},
		"more values than are judged are none": {many, " count"},
		"no more faults than are told":         {many[:50], strings.TrimSuffix(strings.Repeat("/a address, ", maxFaults), ", ")},
	} {
		t.Run(name, func(t *testing.T) {
			var faults []string
			if err := d.Run(leading(t, c.values...)); err != nil {
				r := problem.As(err)
				if r.Kind != problem.DestinationRefused {
					t.Fatal(err)
				}
				for _, f := range r.Faults {
					faults = append(faults, f.Pointer+" "+f.Keyword)
					if f.Message == "" || strings.Contains(f.Message, "net") {
						t.Errorf("the message %q", f.Message)
					}
				}
			}
			if got := strings.Join(faults, ", "); got != c.want {
				t.Errorf("%s; want %s", got, c.want)
			}
		})
	}
}

// However many names a request holds, it waits a second for all of them.
func TestNamesOfARequestShareTheirTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &Destinations{Policy: &destination.Policy{Resolver: destination.NewResolver(func(ctx context.Context, _ string) ([]netip.Addr, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}, time.Now)}}
		begun := time.Now()
		err := d.Run(leading(t, aURL("/a", "http://a.net/"), aURL("/b", "http://b.net/"), aURL("/c", "http://c.net/")))
		if r := problem.As(err); err == nil || len(r.Faults) != 3 || r.Faults[2].Keyword != "unresolved" {
			t.Errorf("%v", err)
		}
		if took := time.Since(begun); took != resolveAll {
			t.Errorf("it took %v", took)
		}
		time.Sleep(resolveAll) // who is still asked is given up
	})
}

// Many names that take their time are no reason to refuse any of them.
func TestNamesOfARequestAreAskedAboutTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &Destinations{Policy: &destination.Policy{Resolver: destination.NewResolver(func(context.Context, string) ([]netip.Addr, error) {
			time.Sleep(30 * time.Millisecond)
			return []netip.Addr{netip.MustParseAddr("8.8.8.8")}, nil
		}, time.Now)}}
		for _, form := range []string{"http://%d.example.com/", "http://example%d.com/"} {
			var many []sallyport.Outward
			for i := range maxOutward {
				many = append(many, aURL("/a", fmt.Sprintf(form, i)))
			}
			begun := time.Now()
			if err := d.Run(leading(t, many...)); err != nil {
				t.Error(err)
			}
			if took := time.Since(begun); took > resolveAll/2 {
				t.Errorf("it took %v", took)
			}
		}
	})
}

// Callers share no turns: those whom nobody knows are told apart by address.
func TestCallersOfAResolver(t *testing.T) {
	known := &sallyport.Exchange{Client: netip.MustParseAddr("192.0.2.1"), Caller: sallyport.Principal{Credentials: []*sallyport.Credential{{ID: "192.0.2.1"}}}}
	callers := []string{callerOf(known)}
	for _, a := range []string{"192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8:0:1::1"} {
		callers = append(callers, callerOf(&sallyport.Exchange{Client: netip.MustParseAddr(a)}))
	}
	for i, one := range callers {
		if slices.Contains(callers[:i], one) {
			t.Errorf("%s is of two", one)
		}
	}
	if got := callerOf(&sallyport.Exchange{Client: netip.MustParseAddr("2001:db8::2")}); got != callers[3] {
		t.Errorf("a neighbour in the /64 is %s, not %s", got, callers[3])
	}
}

func BenchmarkDestinations(b *testing.B) {
	d := &Destinations{Policy: &destination.Policy{}}
	x := leading(b, aURL("/a", "https://8.8.8.8/hook"), aURL("/b", "https://hooks.example.com/a?b=c"))
	b.ReportAllocs()
	for b.Loop() {
		if err := d.Run(x); err != nil {
			b.Fatal(err)
		}
	}
}
