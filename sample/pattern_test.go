package sample

import (
	"testing"
	"unicode/utf8"

	"sallyport/openapi"
)

func patternOf(t testing.TB, source string) *pattern {
	t.Helper()
	g := New(&openapi.Document{}, Options{})
	p, err := g.pattern(source)
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	return p
}

func TestPattern(t *testing.T) {
	for _, c := range []struct {
		source      string
		least, most int
	}{
		{`^$`, 0, 0},
		{`^[A-Z]{2}\d{3,5}$`, 6, 6},
		{`^[a-z0-9]+(?:[._-][a-z0-9]+)*$`, 12, 12},
		{`^(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$`, 10, 10},
		{`^arn:aws[a-z\-]*:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+$`, 1, 100},
		{`^https?://`, 20, 40},
		{`^[\w.+-]+@[\w-]+\.[\w.]+$`, 30, 30},
		{`\bword\b`, 0, 100},
		{`^[^a-zA-Z0-9]+$`, 3, 3},
		{`^\u{1F600}?[\u4e00-\u9fa5]{2}$`, 2, 2},
	} {
		p := patternOf(t, c.source)
		found := false
		for _, extra := range p.extras(c.least, c.most) {
			for turn := range 4 {
				text := p.text(extra, turn)
				if n := utf8.RuneCountInString(text); p.matches(text) && n >= c.least && n <= c.most {
					found = true
				}
			}
		}
		if !found {
			t.Errorf("%s: no text of %d to %d characters was made", c.source, c.least, c.most)
		}
	}
}

// Turns go through alternatives, so that texts can differ.
func TestPatternTurns(t *testing.T) {
	p := patternOf(t, `^(red|green|blue)-[xyz]$`)
	seen := map[string]bool{}
	for turn := range 9 {
		seen[p.text(0, turn)] = true
	}
	if len(seen) != 9 {
		t.Errorf("nine turns made %v", seen)
	}
}

// Whatever the pattern, the text stays small, and comes soon.
func FuzzPattern(f *testing.F) {
	for _, seed := range []string{`^a{1000}{1000}$`, `((a*)*)*`, `[^\s\S]`, `(a|b|c){9}`, `(?:x+x+)+y`, ``} {
		f.Add(seed, 3, 1)
	}
	f.Fuzz(func(t *testing.T, source string, extra, turn int) {
		p, err := New(&openapi.Document{}, Options{}).pattern(source)
		if err != nil || turn < 0 {
			return
		}
		if text := p.text(min(extra, 1000), turn); len(text) > maxPatternText+maxRuneRun || !utf8.ValidString(text) {
			t.Errorf("%q: a text of %d bytes, valid: %v", source, len(text), utf8.ValidString(text))
		}
	})
}

// maxRuneRun is the longest literal that is written before the bound is looked at.
const maxRuneRun = 128 << 10
