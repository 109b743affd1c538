package pathmatch

import (
	"cmp"
	"slices"
	"strings"
)

// reference is the package comment written down once more, as plainly as possible: it tries every template
// and sorts those that match. It shares no code with the tree, and cuts segments into lists of characters.
type reference struct {
	added []addition
}

type addition struct{ method, template string }

// part is a literal character, or a parameter.
type part struct {
	character string
	parameter bool
}

// outcome is comparable by its fields.
type outcome struct {
	verdict   Verdict
	template  string
	values    []string
	ambiguous bool
	allow     []string
}

// characters splits into octets, a percent-encoded one being one.
func characters(s string) []string {
	var list []string
	for len(s) > 0 {
		n := 1
		if s[0] == '%' && len(s) >= 3 {
			n = 3
		}
		list = append(list, s[:n])
		s = s[n:]
	}
	return list
}

// parts takes a segment apart; tests write literals in canonical form.
func parts(segment string) []part {
	var list []part
	for segment != "" {
		if segment[0] == '{' {
			end := strings.IndexByte(segment, '}')
			list = append(list, part{parameter: true})
			segment = segment[end+1:]
			continue
		}
		end := strings.IndexByte(segment, '{')
		if end < 0 {
			end = len(segment)
		}
		for _, c := range characters(segment[:end]) {
			list = append(list, part{character: c})
		}
		segment = segment[end:]
	}
	return list
}

// ways counts, up to two, how the text can be cut into the parts.
func ways(p []part, text []string, known map[[2]int]int) int {
	key := [2]int{len(p), len(text)}
	if n, ok := known[key]; ok {
		return n
	}
	n := 0
	switch {
	case len(p) == 0:
		if len(text) == 0 {
			n = 1
		}
	case len(text) == 0:
	case p[0].parameter:
		for take := 1; take <= len(text) && n < 2; take++ {
			n = min(2, n+ways(p[1:], text[take:], known))
		}
	case p[0].character == text[0]:
		n = ways(p[1:], text[1:], known)
	}
	known[key] = n
	return n
}

// cutSegment cuts with each parameter as short as possible, the first one first.
func cutSegment(p []part, text []string) (values []string, count int) {
	known := map[[2]int]int{}
	count = ways(p, text, known)
	if count == 0 {
		return nil, 0
	}
	for len(p) > 0 {
		take := 1
		if p[0].parameter {
			for ways(p[1:], text[take:], known) == 0 {
				take++
			}
			values = append(values, strings.Join(text[:take], ""))
		}
		p, text = p[1:], text[take:]
	}
	return values, count
}

// instance tells whether the path is one of the template.
func instance(template, path string) (values []string, ambiguous, ok bool) {
	t, s := strings.Split(template, "/"), strings.Split(path, "/")
	if len(t) != len(s) || strings.ContainsAny(path, "?#") {
		return nil, false, false
	}
	for i := range t {
		cut, count := cutSegment(parts(t[i]), characters(s[i]))
		if count == 0 {
			return nil, false, false
		}
		values, ambiguous = append(values, cut...), ambiguous || count > 1
	}
	return values, ambiguous, true
}

// concreteness compares two segments by the list in the package comment; negative if a is the more concrete.
func concreteness(a, b string) int {
	class := func(s string) int {
		switch {
		case !strings.Contains(s, "{"):
			return 0
		case s[0] == '{' && strings.IndexByte(s, '}') == len(s)-1:
			return 2
		}
		return 1
	}
	if c := cmp.Compare(class(a), class(b)); c != 0 || class(a) != 1 {
		return c
	}
	x, y := literals(a), literals(b)
	return cmp.Or(
		cmp.Compare(len(strings.Join(y, "")), len(strings.Join(x, ""))),
		cmp.Compare(len(x), len(y)),
		cmp.Compare(len(y[0]), len(x[0])),
		cmp.Compare(len(y[len(y)-1]), len(x[len(x)-1])),
		slices.Compare(x, y),
	)
}

// literals are the texts before, between and after the parameters.
func literals(segment string) []string {
	var list []string
	for {
		literal, rest, found := strings.Cut(segment, "{")
		list = append(list, literal)
		if !found {
			return list
		}
		_, segment, _ = strings.Cut(rest, "}")
	}
}

func moreConcrete(a, b string) int {
	x, y := strings.Split(a, "/"), strings.Split(b, "/")
	for i := range min(len(x), len(y)) {
		if c := concreteness(x[i], y[i]); c != 0 {
			return c
		}
	}
	return 0
}

func (r *reference) match(method, path string) outcome {
	var matching []addition
	for _, a := range r.added {
		if _, _, ok := instance(a.template, path); ok {
			matching = append(matching, a)
		}
	}
	if len(matching) == 0 {
		return outcome{}
	}
	slices.SortStableFunc(matching, func(a, b addition) int { return moreConcrete(a.template, b.template) })
	best := matching[0]
	out := outcome{verdict: NoMethod, template: best.template}
	out.values, out.ambiguous, _ = instance(best.template, path)
	for _, a := range matching {
		if moreConcrete(a.template, best.template) != 0 {
			break
		}
		out.allow = append(out.allow, a.method)
		if a.method == method {
			out.verdict, out.template = Found, a.template
		}
	}
	slices.Sort(out.allow)
	if out.verdict == Found {
		out.allow = nil
	}
	return out
}

// observed puts what a Matcher answers into the same form.
func observed(m *Matcher[string], method, path string, into *Match[string]) outcome {
	out := outcome{verdict: m.Match(method, path, into), template: into.Template, ambiguous: into.Values.Ambiguous(), allow: into.Allow}
	for i := range into.Values.Len() {
		out.values = append(out.values, into.Values.At(i))
	}
	return out
}
