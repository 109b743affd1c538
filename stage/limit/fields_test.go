package limit

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sallyport"
)

// Whatever a limit is called and however it counts, its fields are Lists of
// Strings with the parameters of the draft.
func TestFieldsAreStructured(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[ -~]{1,64}`).Draw(t, "name")
		rate := &Rate{
			Name:    name,
			Count:   rapid.IntRange(1, 1000).Draw(t, "count"),
			Window:  time.Duration(rapid.IntRange(1, 999).Draw(t, "window")) * rapid.SampledFrom([]time.Duration{time.Millisecond, time.Second, 24 * time.Hour}).Draw(t, "unit"),
			Burst:   rapid.IntRange(0, 5).Draw(t, "burst"),
			By:      []Key{Caller},
			Counter: table(),
		}
		limits := &Together{Rates: []*Rate{rate, {Name: "other " + name[:len(name)/2], Count: 5, Window: time.Hour, By: []Key{Client}, Counter: table()}}}
		if err := limits.Compile(); err != nil {
			return // faster than we count
		}
		b := newBench(enforced(limits)...)
		for range rapid.IntRange(1, 8).Draw(t, "requests") {
			answer := b.ask("Caller", "ann")
			policies, err := readList(answer.Fields.Get("RateLimit-Policy"))
			if err != nil || len(policies) != 2 {
				t.Fatalf("RateLimit-Policy %s: %v", answer.Fields.Get("RateLimit-Policy"), err)
			}
			q, w := policies[0].param("q").(int64), policies[0].param("w").(int64)
			if policies[0].value != name || q*int64(rate.Window) != int64(rate.Count)*w*int64(time.Second) {
				t.Fatalf("the policy is %v, the limit %d in %v", policies[0], rate.Count, rate.Window)
			}
			left, err := readList(answer.Fields.Get("RateLimit"))
			if err != nil || len(left) == 0 {
				t.Fatalf("RateLimit %s: %v", answer.Fields.Get("RateLimit"), err)
			}
			for _, l := range left {
				if l.param("r").(int64) < 0 || l.param("t").(int64) < 1 || len(l.params) != 2 {
					t.Fatalf("the service limit is %v", l)
				}
			}
			if answer.Status != 429 {
				continue
			}
			// "The Retry-After field value SHOULD NOT reference a point in time
			// earlier than the reset parameter", and has no reason to be later.
			if got := answer.Fields.Get("Retry-After"); len(left) != 1 || got != fmt.Sprint(left[0].param("t")) {
				t.Fatalf("Retry-After %s with %v", got, left)
			}
		}
	})
}

// What can be a String can be a name, and is written as the published tests
// want it; what cannot is a mistake.
func TestNamesAreStrings(t *testing.T) {
	for _, c := range append(structuredCases(t, "serialisation-tests", "string-generated.json"), structuredCases(t, "string.json")...) {
		var expected []any
		if len(c.Expected) == 0 {
			continue // a case of reading alone
		}
		if err := json.Unmarshal(c.Expected, &expected); err != nil {
			t.Fatal(err)
		}
		name := expected[0].(string)
		if name == "" || len(name) > longestName {
			continue // a String, but no name
		}
		err := checkName(name)
		if c.MustFail != (err != nil) {
			t.Errorf("%s: checking gives %v", c.Name, err)
		}
		want := append(c.Canonical, c.Raw...)
		if err == nil && quoted(name) != want[0] {
			t.Errorf("%s: written as %s, want %s", c.Name, quoted(name), want[0])
		}
	}
}

var (
	draftField  = regexp.MustCompile(`(?m)^ *(RateLimit(?:-Policy)?): *(.*)$`)
	draftPolicy = regexp.MustCompile(`^"([^"]*)";q=(\d+);w=(\d+)$`)
)

// The examples of the draft are written by us as they stand there.
func TestDraftExamples(t *testing.T) {
	draft := string(published(t, "rate-limit-headers", "draft-ietf-httpapi-ratelimit-headers.md"))
	policies := 0
	for _, example := range draftField.FindAllStringSubmatch(draft, -1) {
		for item := range strings.SplitSeq(example[2], ",") {
			var count, window int
			item = strings.TrimSpace(item)
			parts := draftPolicy.FindStringSubmatch(item)
			if example[1] != policyField || parts == nil {
				continue // of parameters that we have nothing to say with
			}
			policies++
			fmt.Sscan(parts[2], &count)
			fmt.Sscan(parts[3], &window)
			r := compile(t, &Rate{Name: parts[1], Count: count, Window: time.Duration(window) * time.Second, By: []Key{Caller}, Counter: table()})
			if r.policy != item {
				t.Errorf("written as %s, the draft has %s", r.policy, item)
			}
		}
	}
	if policies < 10 {
		t.Errorf("only %d policies were found in the draft", policies)
	}
}

func TestShortWindowsAreToldInSeconds(t *testing.T) {
	for window, want := range map[time.Duration]string{
		100 * time.Millisecond: `"n";q=70;w=1`,
		30 * time.Millisecond:  `"n";q=700;w=3`,
		999 * time.Millisecond: `"n";q=7000;w=999`,
		time.Second:            `"n";q=7;w=1`,
		time.Hour:              `"n";q=7;w=3600`,
	} {
		if got := ratePolicy("n", 7, window); got != want {
			t.Errorf("7 in %v is %s, want %s", window, got, want)
		}
	}
}

func TestFieldsJoinThoseOfOtherSteps(t *testing.T) {
	for _, c := range []struct {
		name         string
		before       []string
		limit, rules string
	}{
		{"none", nil, `"n";r=1`, `"n";q=2`},
		{"both", []string{"ratelimit", `"a";r=5`, "RateLimit-Policy", `"a";q=6`}, `"a";r=5, "n";r=1`, `"a";q=6, "n";q=2`},
		{"a limit", []string{"RateLimit", `"a";r=5`}, `"a";r=5, "n";r=1`, `"n";q=2`},
		{"a policy", []string{"RateLimit-Policy", `"a";q=6`}, `"n";r=1`, `"a";q=6, "n";q=2`},
	} {
		x := &sallyport.Exchange{}
		for i := 0; i < len(c.before); i += 2 {
			x.Answer.Add(c.before[i], c.before[i+1])
		}
		tell(x, `"n";r=1`, `"n";q=2`)
		if got := x.Answer.Get("RateLimit"); got != c.limit {
			t.Errorf("after %s: RateLimit %s, want %s", c.name, got, c.limit)
		}
		if got := x.Answer.Get("RateLimit-Policy"); got != c.rules {
			t.Errorf("after %s: RateLimit-Policy %s, want %s", c.name, got, c.rules)
		}
		if len(x.Answer) != 2 {
			t.Errorf("after %s: %v", c.name, x.Answer)
		}
	}
}
