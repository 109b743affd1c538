package pathmatch

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestNames(t *testing.T) {
	for _, c := range []struct {
		template string
		want     []string
	}{
		{"/", nil},
		{"/pets", nil},
		{"/pets/{petId}", []string{"petId"}},
		{"/compare/{base}...{head}", []string{"base", "head"}},
		{"/{b}/{a}/{c}.{d}", []string{"b", "a", "c", "d"}},
		{"/{name+}/{what?}/{é #}", []string{"name+", "what?", "é #"}},
	} {
		got, err := Names(c.template)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, %v; want %q", c.template, got, err, c.want)
		}
	}
}

func TestTemplateErrors(t *testing.T) {
	for _, c := range []struct {
		template string
		offset   int
		reason   string
	}{
		{"", 0, "begin"},
		{"pets", 0, "begin"},
		{"{pets}", 0, "begin"},
		{"/oauth2/token#refresh", 13, "fragment"},
		{"/pets?status=sold", 5, "query"},
		{"/pets//{id}", 6, "empty segment"},
		{"//", 1, "empty segment"},
		{"/a/./b", 3, "dot segment"},
		{"/a/..", 3, "dot segment"},
		{"/a/%2e%2E/b", 3, "dot segment"},
		{"/a/{id", 3, "never closed"},
		{"/a/{id}}", 7, "not opened"},
		{"/a}", 2, "not opened"},
		{"/a/{i{d}}", 5, "inside braces"},
		{"/a/{i/d}", 5, "inside braces"},
		{"/a/{}", 3, "without a name"},
		{"/{id}/b/{id}", 8, "twice"},
		{"/{id}-{id}", 6, "twice"},
		{"/x{a}{b}", 5, "nothing between"},
		{"/a%zz", 2, "hex digits"},
		{"/a%2", 2, "hex digits"},
		{"/100%", 4, "hex digits"},
		{"/a\tb", 2, "control"},
		{"/a\x7f", 2, "control"},
		{"/a\xffb", 2, "UTF-8"},
		{"/{a\xff}", 3, "UTF-8"},
		{"/" + strings.Repeat("a", MaxTemplate), MaxTemplate, "longer"},
	} {
		_, err := Names(c.template)
		wrong, ok := errors.AsType[*TemplateError](err)
		if !ok || wrong.Offset != c.offset || !strings.Contains(wrong.Reason, c.reason) || wrong.Template != c.template {
			t.Errorf("%.40q: got %v, want byte %d, %q", c.template, err, c.offset, c.reason)
		}
		var b Builder[int]
		if b.Add("GET", c.template, 1) == nil {
			t.Errorf("%.40q: added", c.template)
		}
	}
}

func TestTemplatesAreBroughtIntoCanonicalForm(t *testing.T) {
	for _, c := range []struct{ template, canonical string }{
		{"/%7Euser/%41%2d%5F", "/~user/A-_"},
		{"/a%2fb", "/a%2Fb"},
		{"/a%2Fb", "/a%2Fb"},
		{"/caf\u00e9/\U0001F600", "/caf%C3%A9/%F0%9F%98%80"},
		{"/caf%c3%a9", "/caf%C3%A9"},
		{"/two words|\"<>^`\\", "/two%20words%7C%22%3C%3E%5E%60%5C"},
		{"/!$&'()*+,;=:@", "/!$&'()*+,;=:@"},
		{"/%21", "/%21"}, // a reserved character means something else when it is encoded
		{"/\ufffd", "/%EF%BF%BD"},
		{"/...", "/..."},
		{"/a/", "/a/"},
	} {
		var b Builder[string]
		if err := b.Add("GET", c.template, "x"); err != nil {
			t.Errorf("%s: %v", c.template, err)
			continue
		}
		var into Match[string]
		if v := b.Build().Match("GET", c.canonical, &into); v != Found || into.Template != c.template {
			t.Errorf("%s: %s is answered %v, %q", c.template, c.canonical, v, into.Template)
		}
	}
}
