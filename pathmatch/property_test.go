package pathmatch

import (
	"errors"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// number gives every parameter of a template written with "{}" a name of its own.
func number(template string, prefix string) string {
	for i := 0; strings.Contains(template, "{}"); i++ {
		template = strings.Replace(template, "{}", "{"+prefix+strconv.Itoa(i)+"}", 1)
	}
	return template
}

// The alphabet is small, so that templates overlap and literals occur inside values and encoded octets.
func segmentTexts() *rapid.Generator[string] {
	literal := rapid.SampledFrom([]string{"a", "b", "F", "2", "-", "%2F", "aa", "ab", "a-"})
	mixed := rapid.Custom(func(t *rapid.T) string {
		var b strings.Builder
		literals := rapid.SliceOfN(literal, 1, 3).Draw(t, "literals")
		if rapid.Bool().Draw(t, "parameter first") {
			b.WriteString("{}")
		}
		b.WriteString(strings.Join(literals, "{}"))
		if rapid.Bool().Draw(t, "parameter last") {
			b.WriteString("{}")
		}
		return b.String()
	})
	return rapid.OneOf(literal, mixed, rapid.Just("{}"))
}

func templates() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		text := "/" + strings.Join(rapid.SliceOfN(segmentTexts(), 0, 4).Draw(t, "segments"), "/")
		if text != "/" && rapid.IntRange(0, 5).Draw(t, "slash") == 0 {
			text += "/"
		}
		return number(text, rapid.SampledFrom([]string{"p", "q"}).Draw(t, "names"))
	})
}

func paths(added []addition) *rapid.Generator[string] {
	value := rapid.StringMatching(`(a|b|F|2|-|%2F|%FF|x){1,4}`)
	loose := rapid.Custom(func(t *rapid.T) string {
		return "/" + strings.Join(rapid.SliceOfN(value, 0, 4).Draw(t, "values"), "/")
	})
	if len(added) == 0 {
		return loose
	}
	fitting := rapid.Custom(func(t *rapid.T) string {
		var b strings.Builder
		rest := rapid.SampledFrom(added).Draw(t, "of").template
		for {
			literal, after, found := strings.Cut(rest, "{")
			b.WriteString(literal)
			if !found {
				return b.String()
			}
			b.WriteString(value.Draw(t, "value"))
			_, rest, _ = strings.Cut(after, "}")
		}
	})
	return rapid.OneOf(loose, fitting, fitting)
}

func TestMatchAgreesWithTheReference(t *testing.T) {
	methods := []string{"GET", "POST", "QUERY"}
	rapid.Check(t, func(t *rapid.T) {
		var b Builder[string]
		var ref reference
		for range rapid.IntRange(0, 12).Draw(t, "templates") {
			a := addition{rapid.SampledFrom(methods).Draw(t, "method"), templates().Draw(t, "template")}
			err := b.Add(a.method, a.template, a.method+" "+a.template)
			var clash *Conflict
			if err != nil && !errors.As(err, &clash) {
				t.Fatalf("%s %s: %v", a.method, a.template, err)
			}
			if clash == nil || !clash.SameMethod {
				ref.added = append(ref.added, a)
			}
		}
		m := b.Build()
		var into Match[string]
		for range 8 {
			method, path := rapid.SampledFrom(methods).Draw(t, "asked"), paths(ref.added).Draw(t, "path")
			want, got := ref.match(method, path), observed(m, method, path, &into)
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("%s %s with %v\n got %+v\nwant %+v", method, path, ref.added, got, want)
			}
			if want.verdict == Found && into.Value != method+" "+want.template {
				t.Fatalf("%s %s has the value of %q", method, path, into.Value)
			}
		}
	})
}
