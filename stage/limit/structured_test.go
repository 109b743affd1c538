package limit

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// A reader of Lists of Items by RFC 9651 §4.2, so that what we write is read by
// the rules and not by a pattern that looks like it. The published tests hold
// the reader itself. It reads no Inner Lists, Dates and Display Strings.

type item struct {
	value  any // string, token, int64, float64, bool or []byte
	params []param
}

type param struct {
	name  string
	value any
}

type token string

func (i item) param(name string) any {
	for _, p := range i.params {
		if p.name == name {
			return p.value
		}
	}
	return nil
}

var errField = errors.New("not a structured field")

// readList is §4.2 with §4.2.1 for a List of Items.
func readList(s string) (list []item, err error) {
	s = strings.Trim(s, " ")
	for s != "" {
		var i item
		if i, s, err = readItem(s); err != nil {
			return nil, err
		}
		list = append(list, i)
		s = strings.TrimLeft(s, " \t")
		if s == "" {
			return list, nil
		}
		if s[0] != ',' {
			return nil, errField
		}
		if s = strings.TrimLeft(s[1:], " \t"); s == "" {
			return nil, errField
		}
	}
	return list, nil
}

// readItem is §4.2.3 with §4.2.3.2.
func readItem(s string) (i item, rest string, err error) {
	if i.value, s, err = readBare(s); err != nil {
		return i, s, err
	}
	for strings.HasPrefix(s, ";") {
		s = strings.TrimLeft(s[1:], " ")
		n := span(s, "abcdefghijklmnopqrstuvwxyz0123456789_-.*")
		if n == 0 || !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz*", rune(s[0])) {
			return i, s, errField
		}
		p := param{s[:n], true}
		s = s[n:]
		if strings.HasPrefix(s, "=") {
			if p.value, s, err = readBare(s[1:]); err != nil {
				return i, s, err
			}
		}
		i.set(p)
	}
	return i, s, nil
}

// set overwrites a value in its place: the last one counts.
func (i *item) set(p param) {
	for j := range i.params {
		if i.params[j].name == p.name {
			i.params[j] = p
			return
		}
	}
	i.params = append(i.params, p)
}

// readBare is §4.2.3.1.
func readBare(s string) (any, string, error) {
	switch {
	case s == "":
		return nil, s, errField
	case s[0] == '"':
		return readString(s[1:])
	case s[0] == '-' || s[0] >= '0' && s[0] <= '9':
		return readNumber(s)
	case s[0] == '?':
		if len(s) < 2 || s[1] != '0' && s[1] != '1' {
			return nil, s, errField
		}
		return s[1] == '1', s[2:], nil
	case s[0] == ':':
		return readBytes(s[1:])
	case s[0] == '*' || s[0]|0x20 >= 'a' && s[0]|0x20 <= 'z':
		n := span(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~:/")
		return token(s[:n]), s[n:], nil
	}
	return nil, s, errField
}

func span(s, set string) int { return len(s) - len(strings.TrimLeft(s, set)) }

func readString(s string) (any, string, error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return b.String(), s[i+1:], nil
		case c == '\\':
			if i++; i == len(s) || s[i] != '"' && s[i] != '\\' {
				return nil, s, errField
			}
			b.WriteByte(s[i])
		case c < 0x20 || c > 0x7e:
			return nil, s, errField
		default:
			b.WriteByte(c)
		}
	}
	return nil, s, errField
}

// readNumber is §4.2.4: fifteen digits, or twelve and three.
func readNumber(s string) (any, string, error) {
	sign := span(s[:1], "-")
	whole := span(s[sign:], "0123456789")
	rest := s[sign+whole:]
	if whole == 0 {
		return nil, s, errField
	}
	if !strings.HasPrefix(rest, ".") {
		n, err := strconv.ParseInt(s[:sign+whole], 10, 64)
		if whole > 15 {
			err = errField
		}
		return n, rest, err
	}
	part := span(rest[1:], "0123456789")
	if whole > 12 || part < 1 || part > 3 {
		return nil, s, errField
	}
	f, err := strconv.ParseFloat(s[:sign+whole+1+part], 64)
	return f, rest[1+part:], err
}

func readBytes(s string) (any, string, error) {
	content, rest, ok := strings.Cut(s, ":")
	if !ok {
		return nil, s, errField
	}
	b, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(content, "="))
	return b, rest, err
}

// published reads a file of the tests that others have written.
func published(t *testing.T, elements ...string) []byte {
	t.Helper()
	root := os.Getenv("SALLYPORT_CONFORMANCE")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "conformance")
	}
	content, err := os.ReadFile(filepath.Join(append([]string{root}, elements...)...))
	if errors.Is(err, os.ErrNotExist) {
		t.Skipf("there is no conformance data: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return content
}

type structuredCase struct {
	Name       string
	Raw        []string
	HeaderType string `json:"header_type"`
	Expected   json.RawMessage
	MustFail   bool `json:"must_fail"`
	CanFail    bool `json:"can_fail"`
	Canonical  []string
}

func structuredCases(t *testing.T, elements ...string) (cases []structuredCase) {
	t.Helper()
	if err := json.Unmarshal(published(t, append([]string{"structured-fields"}, elements...)...), &cases); err != nil {
		t.Fatal(err)
	}
	return cases
}

func TestReaderOfTheseTests(t *testing.T) {
	for _, file := range []string{"string.json", "param-list.json", "list.json", "number.json", "boolean.json", "token.json", "binary.json"} {
		for _, c := range structuredCases(t, file) {
			raw := strings.Join(c.Raw, ", ")
			list, err := readList(raw)
			if c.HeaderType == "item" && err == nil && len(list) != 1 {
				err = errField
			}
			switch {
			case c.CanFail && err != nil:
			case c.MustFail != (err != nil):
				t.Errorf("%s: %s: reading %q gives %v", file, c.Name, raw, err)
			case err == nil:
				sameAsExpected(t, c, list)
			}
		}
	}
}

func sameAsExpected(t *testing.T, c structuredCase, list []item) {
	t.Helper()
	var want any
	if err := json.Unmarshal(c.Expected, &want); err != nil {
		t.Fatal(err)
	}
	if c.HeaderType == "item" {
		want = []any{want}
	}
	got := []any{}
	for _, i := range list {
		params := []any{}
		for _, p := range i.params {
			params = append(params, []any{p.name, plain(p.value)})
		}
		got = append(got, []any{plain(i.value), params})
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: read %v, want %v", c.Name, got, want)
	}
}

// plain is the value in the published form.
func plain(v any) any {
	switch v := v.(type) {
	case int64:
		return float64(v)
	case token:
		return map[string]any{"__type": "token", "value": string(v)}
	case []byte:
		return map[string]any{"__type": "binary", "value": base32.StdEncoding.EncodeToString(v)}
	}
	return v
}
