package config

import (
	"bytes"
	"errors"
	"os"
	"testing"

	"golang.org/x/tools/txtar"

	"sallyport/source"
)

// FuzzParse: whatever a file holds, it is a configuration that keeps its
// promises, or mistakes that say where and what.
func FuzzParse(f *testing.F) {
	f.Add([]byte(least))
	f.Add([]byte(variables))
	every, err := os.ReadFile("testdata/every-key.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(every)
	archive, err := txtar.ParseFile(mistakesFile)
	if err != nil {
		f.Fatal(err)
	}
	for i := 0; i < len(archive.Files); i += 2 {
		f.Add(bytes.ReplaceAll(archive.Files[i].Data, []byte("least\n"), []byte(least)))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if bytes.Contains(text, []byte("file")) {
			return // it would read files of this machine
		}
		c, err := reader().Parse("f.yaml", text)
		if err != nil {
			var mistakes source.Mistakes
			if !errors.As(err, &mistakes) || len(mistakes) == 0 {
				t.Fatalf("%T %v", err, err)
			}
			for _, m := range mistakes {
				if m.File == "" || m.Message == "" {
					t.Fatalf("a mistake without place or message: %+v", m)
				}
			}
			return
		}
		keepsPromises(t, c)
	})
}

func keepsPromises(t *testing.T, c *Config) {
	if len(c.Listen) == 0 || len(c.APIs) == 0 || c.Sizes.HeldBodies <= 0 || c.Timeouts.Header <= 0 {
		t.Fatalf("incomplete: %+v", c)
	}
	for _, l := range c.Listen {
		if l.TLS == nil && !l.Redirect && !l.Plain && !l.Address.Loopback() {
			t.Fatalf("plain HTTP on %s", l.Address)
		}
	}
	for i := range c.APIs {
		a := &c.APIs[i]
		if a.Name == "" || a.Document == "" || len(a.Upstream.Targets) == 0 || a.Request.MaxBody <= 0 {
			t.Fatalf("incomplete: %+v", a)
		}
		for _, s := range a.Identify {
			if (len(s.JWT) > 0) == (s.Key != nil || s.Unchecked) || s.Key != nil && s.Unchecked {
				t.Fatalf("%s is checked in %+v", s.Name, s)
			}
		}
		for _, l := range a.Limits {
			if (l.Rate.Count > 0) == (l.Concurrency > 0) || l.Rate.Count > 0 && l.Burst < 1 || len(l.By) == 0 {
				t.Fatalf("the limit %+v", l)
			}
		}
		a.For("x", "/x", []string{"x"})
	}
}
