package pathmatch

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

// canonical reports whether every percent sign begins an encoded octet; only then has a path the one reading
// that both matchers must agree on.
func canonical(path string) bool {
	for i := 0; i < len(path); i++ {
		if path[i] != '%' {
			continue
		}
		if _, ok := octetAt(path[i:]); !ok {
			return false
		}
		i += 2
	}
	return true
}

func FuzzMatch(f *testing.F) {
	f.Add("/a/{x}/c\n/a/b/d\n/{y}", "/a/b/c")
	f.Add("/{x}F\n/{a}.{b}\n/{a}.tar.{b}", "/a.tar%2F.gz%2F")
	f.Add("/a/\n/a\n/{x}/", "/a//")
	f.Add("/{a}-{b}-{c}\n/{a}--{b}", "/----")
	f.Fuzz(func(t *testing.T, templates, path string) {
		var b Builder[string]
		var ref reference
		for i, text := range strings.Split(templates, "\n") {
			method := []string{"GET", "POST"}[i%2]
			parsed, err := parse(text)
			if err != nil {
				continue
			}
			text = number(parsed.shape(), "p") // the reference reads canonical templates alone
			err = b.Add(method, text, text)
			var clash *Conflict
			if errors.As(err, &clash) {
				continue
			}
			if err != nil {
				t.Fatalf("the canonical form %q is refused: %v", text, err)
			}
			ref.added = append(ref.added, addition{method, text})
		}
		m := b.Build()
		var into Match[string]
		got := observed(m, "GET", path, &into)
		m.Hint(path)
		if !canonical(path) || len(path) > 64 || len(templates) > 256 {
			return // the reference is too slow for more
		}
		if want := ref.match("GET", path); !reflect.DeepEqual(got, want) {
			t.Fatalf("%q with %q\n got %+v\nwant %+v", path, ref.added, got, want)
		}
	})
}

func FuzzTemplate(f *testing.F) {
	for _, seed := range []string{"/", "/a/{b}/c.{d}", "/%7e%2f é", "/{a}{b}", "/{a", "/a}", "/../x", "/{a}/{a}", "//", "/%", "/{\xff}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var b Builder[string]
		err := b.Add("GET", text, text)
		names, namesErr := Names(text)
		if (err == nil) != (namesErr == nil) {
			t.Fatalf("Add says %v, Names says %v", err, namesErr)
		}
		if err != nil {
			wrong, ok := errors.AsType[*TemplateError](err)
			if !ok || wrong.Reason == "" || wrong.Offset < 0 || wrong.Offset > len(text) {
				t.Fatalf("refused with %#v", err)
			}
			return
		}
		path, values := text, []string(nil)
		for _, name := range names {
			path = strings.Replace(path, "{"+name+"}", "value", 1)
			values = append(values, "value")
		}
		parsed, err := parse(path)
		if err != nil {
			t.Fatalf("an instance of %q is refused: %v", text, err)
		}
		path = parsed.shape() // without parameters the shape is the canonical path
		var into Match[string]
		got := observed(b.Build(), "GET", path, &into)
		if got.verdict != Found || len(got.values) != len(values) {
			t.Fatalf("%q is not found at its own instance %q: %+v", text, path, got)
		}
	})
}
