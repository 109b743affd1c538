package script

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"
)

func TestWords(t *testing.T) {
	variables := map[string]string{"NAME": "value", "N": "n"}
	for line, want := range map[string][]string{
		`get /a`:               {"get", "/a"},
		`a  b	c # d`:           {"a", "b", "c"},
		`a#b`:                  {"a#b"},
		`'a b' "c d"`:          {"a b", "c d"},
		`a'b'"c"d`:             {"abcd"},
		`$NAME ${NAME}x x$N.y`: {"value", "valuex", "xn.y"},
		`"$NAME" '$NAME'`:      {"value", "$NAME"},
		`"\$NAME" $ $1 a$`:     {"$NAME", "$", "$1", "a$"},
		`"\x00\r\n\t\\\""`:     {"\x00\r\n\t\\\""},
		`'' ""`:                {"", ""},
		``:                     nil,
		`# all`:                nil,
		`\x`:                   {`\x`},
	} {
		words, err := splitWords(line)
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		var got []string
		for _, w := range words {
			text, err := w.expand(variables)
			if err != nil {
				t.Errorf("%s: %v", line, err)
			}
			got = append(got, text)
		}
		if strings.Join(got, "|") != strings.Join(want, "|") || len(got) != len(want) {
			t.Errorf("%s: got %q, want %q", line, got, want)
		}
	}
	for _, line := range []string{`'a`, `"a`, `"\q"`, `"\x0"`, `"\`} {
		if _, err := splitWords(line); err == nil {
			t.Errorf("%s was read", line)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("get /a 'b' \"c\\x00$D\" # e\n! status 200\n-- f --\ng\n"))
	f.Add([]byte("! \n'"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := Parse("f.txtar", text)
		if err != nil {
			return
		}
		for _, line := range s.Lines {
			if line.Name == "" || line.Number < 1 || line.command.run == nil {
				t.Errorf("a line without a command: %+v", line)
			}
		}
	})
}

func TestPointers(t *testing.T) {
	body := []byte(`{"a": [1, "x", null, {"b/c": true}], "n": 12345678901234567890}`)
	for _, c := range []struct {
		pointer, want string
		holds         bool
	}{
		{"/a/0", "1", true}, {"/a/0", "2", false}, {"/a/1", "x", true}, {"/a/2", "null", true}, {"/a/3/b~1c", "true", true},
		{"/a/3", `{"b/c": true}`, true}, {"/a/4", "", false}, {"/n", "12345678901234567890", true}, {"/n", "12345678901234567891", false},
	} {
		if err := checkPointer(body, []string{c.pointer, c.want}); (err == nil) != c.holds {
			t.Errorf("%s %s: %v", c.pointer, c.want, err)
		}
	}
	if err := checkPointer([]byte("{"), []string{"/a"}); err == nil || isMismatch(err) {
		t.Errorf("a body that is no JSON was judged: %v", err)
	}
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]int64{"5": 5, "5B": 5, "2KiB": 2048, "1MiB": 1 << 20} {
		if n, err := parseSize(text); err != nil || n != want {
			t.Errorf("%s: %d, %v", text, n, err)
		}
	}
	for _, text := range []string{"", "-1", "5GB", "2048MiB"} {
		if _, err := parseSize(text); err == nil {
			t.Errorf("%s was read", text)
		}
	}
}

var write = flag.Bool("write", false, "write the reference page")

func TestReferenceIsCurrent(t *testing.T) {
	const path = "../docs/reference/scripts.md"
	if *write {
		if err := os.WriteFile(path, []byte(Reference()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(page, []byte(Reference())) {
		t.Errorf("%s is not what the table of commands says: go test ./script -run TestReference -write", path)
	}
}

func TestEveryCommandIsExplained(t *testing.T) {
	for _, g := range groups() {
		for _, c := range g.commands {
			if c.help == "" || c.run == nil {
				t.Errorf("%s is not complete", c.name)
			}
		}
	}
}
