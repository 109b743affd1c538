package password

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestPrepare(t *testing.T) {
	for password, want := range map[string]string{
		"plain ASCII ~!:":       "plain ASCII ~!:",
		"  blanks stay  ":       "  blanks stay  ",
		"café":                  "café",
		"cafe\u0301":            "café", // composed (RFC 5198)
		"na\u00a0me":            "na me",
		"πß":                    "πß",
		"\U0001f511 and a word": "\U0001f511 and a word",
	} {
		if got, err := Prepare(password); err != nil || got != want {
			t.Errorf("%q became %q, %v; want %q", password, got, err, want)
		}
	}
	for name, password := range map[string]string{
		"nothing":          "",
		"a line break":     "a\nb",
		"NUL":              "a\x00",
		"DEL":              "a\x7f",
		"a C1 control":     "a\u0085b",
		"no UTF-8":         "a\xff",
		"Latin-1":          "caf\xe9",
		"overlong":         "\xc0\xaf",
		"a surrogate":      "\xed\xa0\x80",
		"too long":         strings.Repeat("a", MaxPassword+1),
		"too long letters": strings.Repeat("é", MaxPassword/2+1),
	} {
		if got, err := Prepare(password); err == nil {
			t.Errorf("%s became %q", name, got)
		}
	}
}

func TestUsername(t *testing.T) {
	for name, want := range map[string]string{
		"ann":         "ann",
		"Ann":         "Ann", // case is preserved: two users
		"ann@example": "ann@example",
		"Jose\u0301":  "José",
		"ａｎｎ":         "ann", // RFC 8265 §3.4.1: fullwidth letters are mapped
	} {
		if got, err := Username(name); err != nil || got != want {
			t.Errorf("%q became %q, %v; want %q", name, got, err, want)
		}
	}
	for what, name := range map[string]string{
		"nothing":                 "",
		"a colon":                 "a:b",
		"a colon of another form": "ａ：é",
		"a tab":                   "a\tb",
		"no UTF-8":                "a\xff",
		"a symbol":                "é\U0001f511",
		"too long":                strings.Repeat("a", MaxUsername+1),
	} {
		if got, err := Username(name); err == nil {
			t.Errorf("%s became %q", what, got)
		}
	}
}

func FuzzText(f *testing.F) {
	for _, seed := range []string{"ann", "café", "cafe\u0301", "a\u0085b", "\xff", "ａ：é", "\u0149", "\u200d"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, prepare := range []func(string) (string, error){Prepare, Username} {
			once, err := prepare(text)
			if err != nil {
				continue
			}
			if !utf8.ValidString(once) || once == "" || strings.ContainsAny(once, "\x00\r\n\x7f") {
				t.Fatalf("%q became %q", text, once)
			}
			if again, err := prepare(once); err != nil || again != once {
				t.Fatalf("%q became %q, and that %q, %v", text, once, again, err)
			}
		}
		if name, err := Username(text); err == nil && strings.Contains(name, ":") {
			t.Fatalf("%q has a colon", name)
		}
	})
}
