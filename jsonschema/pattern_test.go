package jsonschema

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/dlclark/regexp2/v2"
	"pgregory.net/rapid"
)

func TestPatternMatches(t *testing.T) {
	for _, c := range []struct {
		pattern  string
		yes, no  []string
		annotate string
	}{
		{pattern: `a`, yes: []string{"a", "bab"}, no: []string{"", "b"}},
		{pattern: `^a$`, yes: []string{"a"}, no: []string{"a\n", "\na", "ab"}},
		{pattern: `^.$`, yes: []string{"a", "é", "💩"}, no: []string{"\n", "\r", "\u2028", "\u2029", "ab"}},
		{pattern: `^\d+$`, yes: []string{"09"}, no: []string{"٣", "a"}},
		{pattern: `^\w+$`, yes: []string{"aZ_9"}, no: []string{"é", "-"}},
		{pattern: `^\W$`, yes: []string{"é", "-"}, no: []string{"a", "_"}},
		{pattern: `^\s+$`, yes: []string{" \t\n\v\f\r\u00a0\ufeff\u2028\u2029\u3000\u1680"}, no: []string{"\u200b", "\u0085", "a"}},
		{pattern: `^\S$`, yes: []string{"a", "\u200b", "\u0085", "💩"}, no: []string{" ", "\ufeff", "\u2003"}},
		{pattern: `^[^\S]$`, yes: []string{" ", "\ufeff"}, no: []string{"a"}},
		{pattern: `^[\s\S]$`, yes: []string{"\n", "a", "💩"}, no: []string{""}},
		{pattern: `^[^]$`, yes: []string{"\n", "a"}, no: []string{"", "ab"}},
		{pattern: `[]`, no: []string{"", "a", "]"}},
		{pattern: `^\u0041\x42\cC\0$`, yes: []string{"AB\x03\x00"}, no: []string{"ABC0"}},
		{pattern: `^\u{1F4A9}$`, yes: []string{"💩"}, no: []string{"u"}},
		{pattern: `^\uD83D\uDCA9$`, yes: []string{"💩"}, no: []string{""}},
		{pattern: `^[\uD800\uDC00-\uDBFF\uDFFF]$`, yes: []string{"💩", "\U0010ffff"}, no: []string{"a", "\ufffd"}},
		{pattern: `^💩{2}$`, yes: []string{"💩💩"}, no: []string{"💩"}},
		{pattern: `^\p{L}+$`, yes: []string{"aÉж"}, no: []string{"1"}},
		{pattern: `^\p{Letter}\P{Lu}$`, yes: []string{"ab", "a1"}, no: []string{"aB"}},
		{pattern: `^\p{Script=Greek}$`, yes: []string{"λ"}, no: []string{"l"}},
		{pattern: `^\p{sc=Cyrl}[^\p{L}]$`, yes: []string{"ж1"}, no: []string{"жa", "a1"}},
		{pattern: `^\p{General_Category=Nd}\p{gc=Decimal_Number}$`, yes: []string{"1٣"}, no: []string{"a1"}},
		{pattern: `^\p{ASCII}\p{Alphabetic}\p{Any}$`, yes: []string{"aé💩"}, no: []string{"ééé"}},
		{pattern: `^a\/b\-c\_d\ e\#f$`, yes: []string{"a/b-c_d e#f"}},
		{pattern: `^[\w.\-]+$`, yes: []string{"a.-b"}, no: []string{"a b"}},
		{pattern: `^[\w-.]$`, yes: []string{"-", ".", "a"}, no: []string{","}},
		{pattern: `^[a-]$`, yes: []string{"a", "-"}, no: []string{"b"}},
		{pattern: `^[\b]$`, yes: []string{"\b"}, no: []string{"b"}},
		{pattern: `^[[:alpha:]]$`, yes: []string{":]", "a]"}, no: []string{"b"}},
		{pattern: `^{}$`, yes: []string{"{}"}},
		{pattern: `^a{,2}$`, yes: []string{"a{,2}"}, no: []string{"aa"}},
		{pattern: `^\{[a-z]+}$`, yes: []string{"{a}"}},
		{pattern: `^a{2}$`, yes: []string{"aa"}, no: []string{"a", "aaa"}},
		{pattern: `^(?<year>\d{4})-(?:\d{2})$`, yes: []string{"2026-01"}, no: []string{"26-01"}},
		{pattern: `^(?i:ab)c$`, yes: []string{"ABc"}, no: []string{"ABC"}},
		{pattern: `^(?s:.)(.)$`, yes: []string{"\na"}, no: []string{"a\n"}},
		{pattern: `\bfoo\b`, yes: []string{"a foo b"}, no: []string{"afoo"}},
		{pattern: `a|^b|`, yes: []string{"", "c"}},
		{pattern: `^a*?b$`, yes: []string{"aab"}, no: []string{"aa"}},
		{pattern: `^[a-z]{0,4096}$`, yes: []string{"", strings.Repeat("a", 4096)}, no: []string{strings.Repeat("a", 4097), "A"}},
		{pattern: `^[a-z]{1,1048576}$`, yes: []string{"a"}, no: []string{"", "A"}},
		{pattern: `^[a-z]{1001,}$`, yes: []string{strings.Repeat("a", 1001), strings.Repeat("a", 5000)}, no: []string{strings.Repeat("a", 1000)}},
		{pattern: `^(ab){1500}$`, yes: []string{strings.Repeat("ab", 1500)}, no: []string{strings.Repeat("ab", 1499), strings.Repeat("ab", 1501)}},
		{pattern: `^(ab|c){1,1200}x$`, yes: []string{"cx", strings.Repeat("ab", 1200) + "x"}, no: []string{"x", strings.Repeat("ab", 1201) + "x"}},
		{pattern: `^((ab){1,50}c){1,30}$`, yes: []string{"abc", strings.Repeat("ababc", 30)}, no: []string{"c", strings.Repeat("abc", 31)}},
		{pattern: `^([a-z]{2,900}\.){2,}x$`, yes: []string{"ab.cd.ef.x"}, no: []string{"ab.x", "a.b.x"}},
		{pattern: `^[a-z]+\d{2,3}[a-z]$`, yes: []string{"ab12c"}, no: []string{"ab1c", "12c"}},
		{pattern: `^[a-z]+[a-f]$`, yes: []string{"za"}, no: []string{"a", "az"}},
		{pattern: `^a?a?a$`, yes: []string{"a", "aa", "aaa"}, no: []string{"", "aaaa"}},
		{pattern: `^(a{2,3})?$`, yes: []string{"", "aa"}, no: []string{"a"}},
		{pattern: `^(?:[a-z]*)$`, yes: []string{"", "a"}, no: []string{"A"}},
	} {
		p, err := CompilePattern(c.pattern, false)
		if err != nil {
			t.Errorf("%s: %v", c.pattern, err)
			continue
		}
		for _, text := range c.yes {
			if !p.Match(text) {
				t.Errorf("%s does not match %.40q", c.pattern, text)
			}
		}
		for _, text := range c.no {
			if p.Match(text) {
				t.Errorf("%s matches %.40q", c.pattern, text)
			}
		}
	}
}

func TestPatternMistakes(t *testing.T) {
	for pattern, want := range map[string]string{
		`a(?=b)`:                 "look-ahead at character 2 cannot be matched in linear time",
		`(?<!a)b`:                "look-behind at character 1 cannot be matched in linear time",
		`(a)\1`:                  "the back-reference at character 4 cannot be matched in linear time",
		`(?<x>a)\k<x>`:           "the back-reference at character 8 cannot be matched in linear time",
		`(`:                      "there is a ( without its ) at character 1",
		`a)`:                     "there is a ) without its ( at character 2",
		`[a`:                     "there is a [ without its ] at character 1",
		`*a`:                     "there is nothing to repeat at character 1",
		`a**`:                    "a repetition is repeated at character 3",
		`^*`:                     "there is nothing to repeat at character 1",
		`a{3,2}`:                 "the repetition ends before it begins at character 2",
		`[z-a]`:                  "the range ends before it begins at character 2",
		`\Z`:                     `ECMA-262 has no escape \Z at character 1`,
		`\x1`:                    `\x is followed by two hexadecimal digits at character 1`,
		`\u12`:                   `\u is followed by four hexadecimal digits at character 1`,
		`\p{Nope}`:               "the property Nope is not known at character 1",
		`(?x)a`:                  "ECMA-262 has no such group at character 1",
		`(?P<a>b)`:               "ECMA-262 has no such group at character 1",
		`a\`:                     `there is nothing behind the \ at character 2`,
		`(?<a>x)(?<a>y)`:         "two groups have the same name at character 8",
		`((a{500}){500}){500}`:   "too many repetitions at character 1",
		`^(a|bc){1,60000}$`:      "it repeats too much",
		strings.Repeat("(", 500): "groups are nested too deep at character 201",
	} {
		_, err := CompilePattern(pattern, false)
		if err == nil || err.Error() != want {
			t.Errorf("%.30s\n got %v\nwant %s", pattern, err, want)
		}
	}
}

func TestBacktracking(t *testing.T) {
	for _, c := range []struct{ pattern, yes, no string }{
		{`^(?!\s)(.*)(\S)$`, "abc", " abc"},
		{`^(?=.*\d)(?=.*[a-z]).{8,}$`, "abcdefg1", "abcdefgh"},
		{`^(a|b)\1$`, "aa", "ab"},
		{`(?<=a)b`, "ab", "cb"},
		{`^(?!x)[^]$`, "\n", "x"},
		{`^(?!x)a$`, "a", "a\n"},
		{`^(?!x)\d$`, "1", "٣"},
		{`^(?!x)\s$`, "\ufeff", "\u0085"},
		{`^(?!x)\u{1F4A9}$`, "💩", "u"},
		{`^(?!x).$`, "💩", "\u2028"},
	} {
		p, err := CompilePattern(c.pattern, true)
		if err != nil {
			t.Errorf("%s: %v", c.pattern, err)
			continue
		}
		if !p.Match(c.yes) || p.Match(c.no) {
			t.Errorf("%s: %q %v, %q %v", c.pattern, c.yes, p.Match(c.yes), c.no, p.Match(c.no))
		}
	}
}

func TestBacktrackingIsBounded(t *testing.T) {
	p, err := CompilePattern(`^(?!x)(a+)+$`, true)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if p.Match(strings.Repeat("a", 4000)+"b") || p.Match(strings.Repeat("a", backtrackLength+1)) {
		t.Error("what is undecided does not match")
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("it took %v", took)
	}
}

// The translation means what a backtracking engine in ECMAScript mode reads.
func TestPatternAgainstAnotherEngine(t *testing.T) {
	atom := rapid.SampledFrom([]string{"a", "b", "-", ".", `\d`, `\w`, `\W`, `[ab]`, `[^a]`, `[a-c-]`, `\x61`, `(a|b)`, `(?:ab)`, `\.`, `[\w-]`, `\bc`, `\s`, `\S`, `[^\s]`, `\D`, `[^]`, `\u00e9`, `é`, `\Ba`})
	quantifier := rapid.SampledFrom([]string{"", "", "", "*", "+", "?", "{2}", "{0,2}", "{1,}", "*?"})
	text := rapid.StringOfN(rapid.RuneFrom([]rune("aabbc-1. \n\r\u00a0\ufeff\u2028é")), 0, 8, -1)
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		if rapid.Bool().Draw(t, "anchored") {
			b.WriteByte('^')
		}
		for range rapid.IntRange(1, 5).Draw(t, "terms") {
			b.WriteString(atom.Draw(t, "atom") + quantifier.Draw(t, "quantifier"))
			if rapid.IntRange(0, 9).Draw(t, "alternative") == 0 {
				b.WriteByte('|')
			}
		}
		if rapid.Bool().Draw(t, "closed") {
			b.WriteByte('$')
		}
		ours, err := CompilePattern(b.String(), false)
		if err != nil {
			t.Fatalf("%s: %v", b.String(), err)
		}
		theirs, err := regexp2.Compile(b.String(), regexp2.ECMAScript)
		if err != nil {
			t.Fatalf("%s: %v", b.String(), err)
		}
		s := text.Draw(t, "text")
		want, err := theirs.MatchString(s)
		if err != nil {
			t.Fatalf("%s: %v", b.String(), err)
		}
		if got := ours.Match(s); got != want {
			t.Fatalf("%s on %q: %v, the other engine says %v", b.String(), s, got, want)
		}
	})
}

func FuzzPattern(f *testing.F) {
	for _, seed := range []string{`^[a-z0-9-]{1,64}$`, `\p{L}[^\s\S]`, `(?<a>b)\k<a>`, `a{0,4096}`, `[\uD800\uDC00-\uDBFF\uDFFF]`, `(?i:x)|[^]`, `\cJ\0{`, `(?=a)`} {
		f.Add(seed, "aB1 -\n")
	}
	f.Fuzz(func(t *testing.T, ecma, text string) {
		if !utf8.ValidString(ecma) || !utf8.ValidString(text) || len(ecma) > 200 || len(text) > 200 {
			return
		}
		late := time.AfterFunc(10*time.Second, func() { panic("no end of " + ecma) })
		defer late.Stop()
		for _, backtracking := range []bool{false, true} {
			p, err := CompilePattern(ecma, backtracking)
			if err == nil {
				p.Match(text)
			}
		}
	})
}

func TestCommonPatternsAllocateNothing(t *testing.T) {
	p, err := CompilePattern(`^[a-z0-9-]{1,64}$`, false)
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() { p.Match("a-slug-of-some-length") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkPattern(b *testing.B) {
	for _, pattern := range []string{`^[a-z0-9-]{1,64}$`, `^[a-z0-9]+(-[a-z0-9]+)*$`} {
		b.Run(pattern, func(b *testing.B) {
			p, err := CompilePattern(pattern, false)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				p.Match("a-slug-of-some-length")
			}
		})
	}
}
