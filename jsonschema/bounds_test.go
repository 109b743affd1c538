package jsonschema

import (
	"bufio"
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestBounds(t *testing.T) {
	for pattern, want := range map[string]bool{
		`^[A-Z]{2}$`: true, `^ord_[a-z0-9]{8,32}$`: true, `^\d{4}-\d\d-\d\d$`: true, `^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$`: true,
		`^(a|bc|d-e)$`: true, `^[a-z0-9]+(-[a-z0-9]+)*$`: true, `^-?\d+(\.\d{1,2})?$`: true, `^\+[1-9]\d{1,14}$`: true,
		`^\d\d:\d\d$`: true, `^\d{1,3}(\.\d{1,3}){3}$`: true, `^$`: true, `^(?:on|off)$`: true, `^[a-z]?[0-9]$`: true,
		`^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$`: true,

		`[a-z]+`: false, `^[a-z]+`: false, `[a-z]+$`: false, `^.*$`: false, `^[^<>]*$`: false, `^\S+$`: false, `^(a|<)$`: false,
		`^[a-z ]+$`: false, `^a b$`: false, `^\w+$`: false, `^__proto__$`: false, `^_[a-z]+$`: false, `^[a-z-]+$`: false, `^a--b$`: false, `^[a-z]-?-[a-z]$`: false,
		`^-[a-z]$`: false, `^[a-z.]+$`: false, `^\.\.$`: false, `^\d+\.[a-z]+$`: false, `^\.\d+$`: false, `^\d+\.$`: false, `^[a-z]+:\d+$`: false,
		`^\d+\+\d+$`: false, `^\+$`: false, `^\d-$`: false, `^[a-z]+-$`: false, `^\p{L}+$`: false, `^[a-zé]+$`: false, `^\d/\d$`: false, `^#[0-9a-f]{6}$`: false,
		`^a$|b`: false, `^(a$|b)`: false, `^a(\d-)*$`: false, `^(-\d)+$`: true, `^(-\d|a)+$`: false, `^(\d-|a)+$`: false, `^[a-z]@[a-z]$`: false, `^%41$`: false,
	} {
		p, err := compilePattern(pattern, false)
		if err != nil {
			t.Fatal(err)
		}
		if p.bounds != want {
			t.Errorf("%s bounds: %v", pattern, p.bounds)
		}
	}
	var bound []string
	for name, f := range formats {
		if f.bounds() {
			bound = append(bound, name)
		}
	}
	if got := strings.Join(sorted(bound), " "); got != "date date-time duration ipv4 ipv6 time uuid" {
		t.Errorf("bound are %s", got)
	}
	if p, err := compilePattern(`^(?=a)[a-z]$`, true); err != nil || p.bounds {
		t.Errorf("what backtracks bounds nothing: %v", err)
	}
}

// Attacks of collections: no pattern that binds takes one, but for those that
// are a single word or number, and no format that binds does.
func TestNoPayloadIsBound(t *testing.T) {
	dir := conformance(t, "payloads")
	word := regexp.MustCompile(`^[A-Za-z]+$|^[0-9]+$`)
	payloads := 0
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".txt" || strings.Contains(path, "false") || strings.Contains(path, "naughty") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		lines := bufio.NewScanner(bytes.NewReader(text))
		lines.Buffer(nil, len(text)+1)
		for lines.Scan() {
			payload := lines.Text()
			if payload == "" || len(payload) > maxBound || word.MatchString(payload) {
				continue
			}
			payloads++
			p, err := compilePattern("^"+regexp.QuoteMeta(payload)+"$", false)
			if err == nil && p.bounds {
				t.Errorf("%s: a pattern that takes %q alone is said to bind", filepath.Base(path), payload)
			}
			for _, f := range formats {
				if f.bounds() && f.check([]byte(payload)) {
					t.Errorf("%s: %q is a %s", filepath.Base(path), payload, f.name)
				}
			}
		}
		return lines.Err()
	})
	if err != nil || payloads == 0 {
		t.Fatalf("%d payloads: %v", payloads, err)
	}
	t.Logf("%d payloads", payloads)
}
