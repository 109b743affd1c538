package source

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func parse(t *testing.T, name, text string) *Node {
	t.Helper()
	n, err := Parse(name, []byte(text), DefaultLimits)
	if err != nil {
		t.Fatalf("%q is refused: %v", text, err)
	}
	return n
}

func TestParse_scalars(t *testing.T) {
	tests := []struct {
		yaml string
		kind Kind
		text string
	}{
		{"1", Number, "1"},
		{"-0", Number, "-0"},
		{"+12", Number, "12"},
		{"012", Number, "12"}, // decimal since YAML 1.2
		{"-007.50", Number, "-7.50"},
		{"0o17", Number, "15"},
		{"0x1F", Number, "31"},
		{"1.", Number, "1"},
		{".5", Number, "0.5"},
		{"1e3", Number, "1e3"},
		{"9223372036854775807", Number, "9223372036854775807"},
		{"123456789012345678901234567890.10", Number, "123456789012345678901234567890.10"},
		{"0.1000", Number, "0.1000"},
		{"1_000", String, "1_000"}, // a number in YAML 1.1
		{"0b11", String, "0b11"},
		{"1:30", String, "1:30"},
		{"true", Bool, "true"},
		{"False", Bool, "false"},
		{"yes", String, "yes"},
		{"off", String, "off"},
		{"~", Null, ""},
		{"null", Null, ""},
		{"'null'", String, "null"},
		{"2026-11-21", String, "2026-11-21"},
		{"2026-11-21T10:00:00Z", String, "2026-11-21T10:00:00Z"},
		{`"1"`, String, "1"},
		{"!!str 1", String, "1"},
		{"3.0.4", String, "3.0.4"},
	}
	for _, tt := range tests {
		n := parse(t, "t.yaml", "v: "+tt.yaml+"\n").Get("v")
		if n.Kind != tt.kind || n.Text != tt.text {
			t.Errorf("%s is %s %q, want %s %q", tt.yaml, n.Kind, n.Text, tt.kind, tt.text)
		}
	}
}

func TestParse_positions(t *testing.T) {
	yaml := "info:\n  title: \"ä\"\n  list: [ä, {b: 1}]\n  deep:\n  - x: |\n      text\n"
	jsonText := "{\n  \"info\": {\n    \"list\": [\"ä\", {\"b\": 1}]\n  }\n}\n"
	tests := []struct {
		name, text, pointer, value, key string
	}{
		{"a.yaml", yaml, "/info", "a.yaml:2:3", "a.yaml:1:1"},
		{"a.yaml", yaml, "/info/title", "a.yaml:2:10", "a.yaml:2:3"},
		{"a.yaml", yaml, "/info/list/1/b", "a.yaml:3:18", "a.yaml:3:15"},
		{"a.yaml", yaml, "/info/deep/0/x", "a.yaml:5:8", "a.yaml:5:5"},
		{"a.json", jsonText, "/info", "a.json:2:11", "a.json:2:3"},
		{"a.json", jsonText, "/info/list/1/b", "a.json:3:26", "a.json:3:21"},
	}
	for _, tt := range tests {
		root := parse(t, tt.name, tt.text)
		n := root.At(tt.pointer)
		if n == nil {
			t.Errorf("%s leads nowhere in %s", tt.pointer, tt.name)
			continue
		}
		if got := n.Position().String(); got != tt.value {
			t.Errorf("value of %s is at %s, want %s", tt.pointer, got, tt.value)
		}
		i := strings.LastIndexByte(tt.pointer, '/')
		if got := root.At(tt.pointer[:i]).NamePosition(tt.pointer[i+1:]).String(); got != tt.key {
			t.Errorf("name of %s is at %s, want %s", tt.pointer, got, tt.key)
		}
	}
}

func TestParse_refuses_what_has_two_readings(t *testing.T) {
	tests := []struct {
		name, file, text string
		at, message      string
	}{
		{"a name twice in YAML", "t.yaml", "a: 1\nb: 2\na: 3\n", "t.yaml:3:1", `"a" stands here twice`},
		{"a name twice in JSON", "t.json", "{\"a\": 1,\n \"a\": 2}", "t.json:2:2", `"a" stands here twice`},
		{"a name twice by escape", "t.json", `{"a": 1, "\u0061": 2}`, "t.json:1:10", "twice"},
		{"a key that is a list", "t.yaml", "? [a]\n: 1\n", "t.yaml:1:3", "a key must be a string"},
		{"a merge key", "t.yaml", "a: &a {x: 1}\nb:\n  <<: *a\n", "t.yaml:3:3", "merge key"},
		{"two documents", "t.yaml", "a: 1\n---\nb: 2\n", "t.yaml", "broken"},
		{"text after JSON", "t.json", "{} {}", "t.json:1:4", "after the end"},
		{"bytes that are not UTF-8", "t.yaml", "a: b\nc: \xff\n", "t.yaml:2:4", "UTF-8"},
		{"half a surrogate", "t.json", `{"a": "\ud800"}`, "t.json:1:", "broken"},
		{"not a number", "t.yaml", "a: .nan\n", "t.yaml:1:4", "no JSON form"},
		{"a tab", "t.yaml", "a:\n\tb: 1\n", "t.yaml:2:", "broken"},
		{"an alias inside of itself", "t.yaml", "a: &a [1, *a]\n", "t.yaml:1:", ""},
		{"an unknown alias", "t.yaml", "a: *b\n", "t.yaml", "broken"},
		{"an empty file", "t.yaml", " \n", "t.yaml:1:1", "empty"},
		{"a comment alone", "t.yaml", "# nothing\n", "t.yaml", ""},
		{"JSON that ends early", "t.json", `{"a": `, "t.json:1:", "ends early"},
		{"a trailing comma", "t.json", "{\"a\": 1,\n}", "t.json:1:8", "broken"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse(tt.file, []byte(tt.text), DefaultLimits)
			var ms Mistakes
			if !errors.As(err, &ms) {
				t.Fatalf("got %v, want Mistakes", err)
			}
			if !strings.HasPrefix(ms[0].Error(), tt.at) || !strings.Contains(ms[0].Message, tt.message) {
				t.Errorf("got %q, want it at %s about %q", ms[0].Error(), tt.at, tt.message)
			}
		})
	}
}

func TestParse_all_mistakes_are_told(t *testing.T) {
	_, err := Parse("t.yaml", []byte("a: 1\na: 2\nb: .inf\n? {x: y}\n: 1\n"), DefaultLimits)
	var ms Mistakes
	if !errors.As(err, &ms) || len(ms) != 3 {
		t.Fatalf("got %v, want three mistakes", err)
	}
}

func TestParse_an_alias_is_the_node_it_names(t *testing.T) {
	root := parse(t, "t.yaml", "a: &x {b: [1, 2]}\nc: *x\nd: *x\n")
	if root.Get("a") != root.Get("c") || root.Get("c") != root.Get("d") {
		t.Error("aliases were copied")
	}
}

func TestParse_YAML_in_flow_style_may_begin_like_JSON(t *testing.T) {
	if got := parse(t, "t.yaml", "{a: [b, 'c']}").At("/a/1").Text; got != "c" {
		t.Errorf("got %q", got)
	}
}

func TestParse_a_byte_order_mark_is_no_text(t *testing.T) {
	if got := parse(t, "t.json", "\xef\xbb\xbf{\"a\": 1}").Get("a").Position().String(); got != "t.json:1:7" {
		t.Errorf("got %s", got)
	}
}

func TestParse_JSON_and_YAML_give_the_same_tree(t *testing.T) {
	j := parse(t, "t.json", `{"a": [1, 2.50, true, null, "x\n"], "b": {"c": {}, "d": []}}`)
	y := parse(t, "t.yaml", "a: [1, 2.50, true, null, \"x\\n\"]\nb:\n  c: {}\n  d: []\n")
	if !reflect.DeepEqual(j.Any(), y.Any()) {
		t.Errorf("JSON %v, YAML %v", j.Any(), y.Any())
	}
	if got := j.At("/a/1").Any(); got != json.Number("2.50") {
		t.Errorf("the number became %v", got)
	}
}

func TestNode_At(t *testing.T) {
	root := parse(t, "t.json", `{"a/b": {"~": [10, 20]}, "": {"x": 1}}`)
	tests := []struct{ pointer, want string }{
		{"/a~1b/~0/1", "20"}, {"//x", "1"}, {"/a~1b/~0/01", ""}, {"/a~1b/~0/2", ""}, {"/a~1b/~0/-", ""},
		{"/none", ""}, {"a", ""}, {"/a~1b/~0/0/x", ""},
	}
	for _, tt := range tests {
		got := ""
		if n := root.At(tt.pointer); n != nil {
			got = n.Text
		}
		if got != tt.want {
			t.Errorf("%s is %q, want %q", tt.pointer, got, tt.want)
		}
	}
	if root.At("") != root {
		t.Error("the empty pointer is not the root")
	}
}

func TestReadFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.yaml")
	if err := os.WriteFile(path, []byte("a: 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if n, err := ReadFile(path, DefaultLimits); err != nil || n.Get("a").Text != "1" {
		t.Errorf("got %v, %v", n, err)
	}
	for _, tt := range []struct{ path, message string }{
		{filepath.Join(dir, "none.yaml"), "no such file"},
		{dir, "directory"},
	} {
		if _, err := ReadFile(tt.path, DefaultLimits); err == nil || !strings.Contains(err.Error(), tt.message) {
			t.Errorf("%s: got %v, want %q", tt.path, err, tt.message)
		}
	}
	if _, err := ReadFile(path, Limits{Bytes: 3, Depth: 9, Nodes: 9}); err == nil || !strings.Contains(err.Error(), "limit is 3") {
		t.Errorf("got %v, want the limit", err)
	}
}
