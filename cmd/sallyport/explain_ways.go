package main

import (
	"fmt"
	"slices"
	"strings"

	"sallyport"
	"sallyport/build"
)

// way is what comes of asking for one operation in every way that the caller
// has.
type way struct {
	best build.Verdict
	// with are the credentials that suffice, where others of their schemes do not.
	with []string
}

// alike are credentials of one scheme that are granted the same.
type alike []build.Holding

// judgeWays asks every operation with each credential alone, and with those of
// several schemes together.
func judgeWays(api *build.API, held []build.Holding) []way {
	groups := alikes(held)
	ways := make([]way, len(api.Operations))
	alone, together := make([][]alike, len(ways)), make([][]alike, len(ways))
	for i, hand := range hands(groups) {
		for n, v := range api.May(cards(hand)) {
			if i == 0 || ways[n].best.Refusal != nil && v.Refusal == nil {
				ways[n].best = v
			}
			if v.Refusal == nil {
				together[n] = append(together[n], hand...)
			}
		}
	}
	for _, g := range groups {
		for n, v := range api.May(cards([]alike{g})) {
			if v.Refusal == nil {
				ways[n].best = better(ways[n].best, v)
				alone[n] = append(alone[n], g)
			}
		}
	}
	for n := range ways {
		switch {
		case ways[n].best.Refusal != nil:
		case len(alone[n]) > 0:
			ways[n].with = eachOf(groups, alone[n])
		default:
			ways[n].with = allOf(groups, together[n])
		}
	}
	return ways
}

func better(a, b build.Verdict) build.Verdict {
	if a.Refusal != nil {
		return b
	}
	return a
}

func cards(hand []alike) []*sallyport.Credential {
	var all []*sallyport.Credential
	for _, g := range hand {
		all = append(all, g[0].Credential)
	}
	return all
}

// alikes puts together what lets somebody in and is granted the same: a
// consumer may have many keys, and few kinds of them.
func alikes(held []build.Holding) []alike {
	var groups []alike
	at := make(map[string]int)
	for _, h := range held {
		if h.Refused != nil {
			continue
		}
		sign := fmt.Sprintf("%q %q %q %q", h.Scheme, h.Tenant, sorted(h.Roles), sorted(h.Scopes))
		i, known := at[sign]
		if !known {
			i = len(groups)
			at[sign] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], h)
	}
	return groups
}

func sorted(names []string) []string { return slices.Sorted(slices.Values(names)) }

// mostHands bounds the ways to present one credential of each scheme.
const mostHands = 4096

// hands are the ways in which credentials can be presented together: a request
// has one of each scheme.
func hands(groups []alike) [][]alike {
	all := [][]alike{nil}
	for _, scheme := range schemesOf(groups) {
		var next [][]alike
		for _, hand := range all {
			for _, g := range groups {
				if g.scheme() == scheme && len(next) < mostHands {
					next = append(next, append(slices.Clip(hand), g))
				}
			}
		}
		all = next
	}
	return all
}

func (a alike) scheme() string { return a[0].Scheme }

func schemesOf(groups []alike) []string {
	var names []string
	for _, g := range groups {
		if !slices.Contains(names, g.scheme()) {
			names = append(names, g.scheme())
		}
	}
	return names
}

// eachOf names the credentials of which each is enough, where another one of the
// same scheme is not.
func eachOf(groups, enough []alike) []string {
	if !slices.ContainsFunc(schemesOf(enough), func(scheme string) bool { return partly(groups, enough, scheme) }) {
		return nil
	}
	return labels(groups, enough, "")
}

// allOf names those of which one of each scheme is needed, in one text.
func allOf(groups, enough []alike) []string {
	var needed []string
	for _, scheme := range schemesOf(groups) {
		if partly(groups, enough, scheme) {
			needed = append(needed, strings.Join(labels(groups, enough, scheme), " or "))
		}
	}
	if len(needed) == 0 {
		return nil
	}
	return []string{strings.Join(needed, " and ")}
}

// partly tells whether some credentials of a scheme are enough and others not.
func partly(groups, enough []alike, scheme string) bool {
	return slices.ContainsFunc(groups, func(g alike) bool { return g.scheme() == scheme && !contains(enough, g) })
}

// labels are those of the credentials that are enough, of one scheme or of all ("").
func labels(groups, enough []alike, scheme string) []string {
	var all []string
	for _, g := range groups {
		if (scheme == "" || g.scheme() == scheme) && contains(enough, g) {
			for i := range g {
				all = append(all, label(&g[i]))
			}
		}
	}
	return all
}

func contains(groups []alike, one alike) bool {
	return slices.ContainsFunc(groups, func(g alike) bool { return g[0].Credential == one[0].Credential })
}

func label(h *build.Holding) string {
	switch {
	case h.Stored != nil:
		return h.Scheme + " " + keyLabel(h.Stored.Name, h.Stored.Hint)
	case h.Username != "":
		return h.Scheme + " of " + h.Username
	case len(h.Roles)+len(h.Scopes) == 0:
		return h.Scheme
	}
	return h.Scheme + " (" + strings.Join(append(slices.Clip(h.Roles), h.Scopes...), ", ") + ")"
}
