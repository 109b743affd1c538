package message

import (
	"slices"
	"strings"
	"testing"
)

func TestEqualName(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"Host", "host", true},
		{"X-CALLER-Id", "x-caller-iD", true},
		{"", "", true},
		{"a", "", false},
		{"K", "\u212a", false}, // the Kelvin sign folds to k in Unicode
		{"sS", "\u017fs", false},
		{"X-\u00c4", "X-\u00e4", false},
		{"[", "{", false},
		{"@", "`", false},
		{"A-b", "a_b", false},
		{"\x00", " ", false},
		{"1", "\x11", false},
	} {
		if got := EqualName(c.a, c.b); got != c.want || EqualName(c.b, c.a) != c.want {
			t.Errorf("EqualName(%q, %q) = %v, want %v both ways", c.a, c.b, got, c.want)
		}
	}
}

// FuzzEqualName: equal names are equal in ASCII lower case, and no others are.
func FuzzEqualName(f *testing.F) {
	f.Add("Content-Type", "content-TYPE")
	f.Add("K", "\u212a")
	lower := func(s string) string {
		b := []byte(s)
		for i, c := range b {
			if 'A' <= c && c <= 'Z' {
				b[i] = c + 'a' - 'A'
			}
		}
		return string(b)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if EqualName(a, b) != (lower(a) == lower(b)) {
			t.Errorf("EqualName(%q, %q) = %v", a, b, EqualName(a, b))
		}
	})
}

func some() Fields {
	return Fields{{"Accept", "a"}, {"Cookie", "b=1"}, {"accept", "c"}, {"Date", "d"}, {"ACCEPT", ""}}
}

func TestFieldsAreFoundInOrder(t *testing.T) {
	f := some()
	if got := f.Get("aCCept"); got != "a" {
		t.Errorf("Get = %q, want the first", got)
	}
	if f.Get("None") != "" || f.Has("None") || f.Joined("None") != "" || f.Values("None") != nil {
		t.Error("what is not there was found")
	}
	if f.Count("accept") != 3 || !f.Has("date") {
		t.Error("lines are counted without regard to case")
	}
	if got := f.Values("Accept"); !slices.Equal(got, []string{"a", "c", ""}) {
		t.Errorf("Values = %q", got)
	}
	if got := f.Joined("Accept"); got != "a, c, " {
		t.Errorf("Joined = %q", got)
	}
	if got := f.Joined("Date"); got != "d" {
		t.Errorf("Joined of one line = %q", got)
	}
}

func TestFieldsAreChangedInPlace(t *testing.T) {
	text := func(f Fields) string {
		var lines []string
		for _, l := range f {
			lines = append(lines, l.Name+"="+l.Value)
		}
		return strings.Join(lines, " ")
	}
	for _, c := range []struct {
		name   string
		change func(*Fields)
		want   string
	}{
		{"set replaces all lines by one", func(f *Fields) { f.Set("ACCEPT", "x") }, "ACCEPT=x Cookie=b=1 Date=d"},
		{"set appends what is new", func(f *Fields) { f.Set("New", "x") }, "Accept=a Cookie=b=1 accept=c Date=d ACCEPT= New=x"},
		{"add appends a line", func(f *Fields) { f.Add("Accept", "x") }, "Accept=a Cookie=b=1 accept=c Date=d ACCEPT= Accept=x"},
		{"del removes all lines of all names", func(f *Fields) { f.Del("accept", "DATE", "None") }, "Cookie=b=1"},
		{"del of nothing", func(f *Fields) { f.Del() }, "Accept=a Cookie=b=1 accept=c Date=d ACCEPT="},
		{"delfunc removes what it is asked to", func(f *Fields) { f.DelFunc(func(l Field) bool { return l.Value == "c" || l.Value == "d" }) }, "Accept=a Cookie=b=1 ACCEPT="},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := some()
			c.change(&f)
			if got := text(f); got != c.want {
				t.Errorf("%s\nwant %s", got, c.want)
			}
		})
	}
}

func TestCloneIsApart(t *testing.T) {
	f := some()
	c := f.Clone()
	c.Set("Accept", "changed")
	c.Add("New", "x")
	if f.Get("Accept") != "a" || f.Has("New") || len(f) != 5 {
		t.Errorf("changing the clone changed the original: %v", f)
	}
}

func TestFieldsDoNotAllocate(t *testing.T) {
	f := some()
	if n := testing.AllocsPerRun(100, func() {
		_ = f.Get("date") + f.Joined("cookie")
		_ = f.Count("accept")
		f.Set("Accept", "x")
		f.Add("accept", "y")
		f.Del("none")
	}); n > 1 { // the concatenation
		t.Errorf("%v allocations", n)
	}
}

func TestDelDigests(t *testing.T) {
	f := Fields{{"content-digest", "a"}, {"Digest", "b"}, {"Repr-Digest", "c"}, {"Content-MD5", "d"}, {"Want-Content-Digest", "e"}}
	f.DelDigests()
	if len(f) != 1 || f[0].Name != "Want-Content-Digest" {
		t.Errorf("%v", f)
	}
}

func TestBodiless(t *testing.T) {
	for _, c := range []struct {
		method string
		status int
		want   bool
	}{
		{"GET", 200, false}, {"HEAD", 200, true}, {"head", 200, false}, {"GET", 204, true}, {"GET", 304, true}, {"GET", 103, true}, {"POST", 205, false}, {"HEAD", 404, true},
	} {
		if got := Bodiless(c.method, c.status); got != c.want {
			t.Errorf("Bodiless(%s, %d) = %v", c.method, c.status, got)
		}
	}
}
