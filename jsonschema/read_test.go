package jsonschema

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// otherReader writes what another library understands: one line for each value,
// with its place, its kind, and the text of a string or number.
type otherReader struct {
	body    []byte
	decoder *jsontext.Decoder
	lines   strings.Builder
}

func readOtherwise(body []byte) (string, *Fault) {
	if len(body) == 0 {
		return "", syntaxFault("", "is empty: JSON is expected")
	}
	r := otherReader{body: body, decoder: jsontext.NewDecoder(bytes.NewReader(body))}
	if fault := r.value(0); fault != nil {
		return "", fault
	}
	if _, err := r.decoder.ReadToken(); !errors.Is(err, io.EOF) {
		return "", syntaxFault("", "is followed by more than white space: one JSON value is expected")
	}
	return r.lines.String(), nil
}

func (r *otherReader) value(depth int) *Fault {
	if depth > MaxDepth {
		return syntaxFault(string(r.decoder.StackPointer()), "is nested deeper than 100")
	}
	switch kind := r.decoder.PeekKind(); kind {
	case '{', '[':
		return r.container(kind, depth)
	default:
		token, err := r.decoder.ReadToken()
		if err != nil {
			return r.broken(err)
		}
		text := token.String()
		if kind == '0' && !bounded([]byte(text)) {
			return &Fault{Pointer: string(r.decoder.StackPointer()), Keyword: "number", Message: "must be a number of at most 400 digits, with an exponent between -400 and 400"}
		}
		fmt.Fprintf(&r.lines, "%s %c %q\n", r.decoder.StackPointer(), kind, text)
		return nil
	}
}

func (r *otherReader) container(kind jsontext.Kind, depth int) *Fault {
	if _, err := r.decoder.ReadToken(); err != nil {
		return r.broken(err)
	}
	n := 0
	for ; ; n++ {
		if next := r.decoder.PeekKind(); next == '}' || next == ']' {
			break
		}
		if kind == '{' {
			if _, err := r.decoder.ReadToken(); err != nil {
				return r.broken(err)
			}
		}
		if fault := r.value(depth + 1); fault != nil {
			return fault
		}
	}
	if _, err := r.decoder.ReadToken(); err != nil {
		return r.broken(err)
	}
	fmt.Fprintf(&r.lines, "%s %c %d\n", r.decoder.StackPointer(), kind, n)
	return nil
}

func (r *otherReader) broken(err error) *Fault {
	var s *jsontext.SyntacticError
	pointer := ""
	if errors.As(err, &s) {
		pointer = string(s.JSONPointer)
	}
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName):
		return syntaxFault(pointer, "stands twice in its object")
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return syntaxFault(pointer, "is not complete: the JSON ends early")
	case !utf8.Valid(r.body):
		return syntaxFault(pointer, "must be UTF-8")
	}
	return syntaxFault(pointer, "is not well-formed JSON")
}

// readBy writes what read understood in the same way: containers behind what
// they hold.
func readBy(k *check, body []byte) (string, *Fault) {
	if fault := k.read(body); fault != nil {
		return "", fault
	}
	var b strings.Builder
	var write func(v int32)
	write = func(v int32) {
		val := k.values[v]
		switch val.kind {
		case '{', '[':
			for i := v + 1; i < val.end; i = k.values[i].end {
				write(i)
			}
			fmt.Fprintf(&b, "%s %c %d\n", k.pointer(v), val.kind, val.count)
		case '"', '0':
			fmt.Fprintf(&b, "%s %c %q\n", k.pointer(v), val.kind, k.textOf(v))
		default:
			word := map[byte]string{'t': "true", 'f': "false", 'n': "null"}[val.kind]
			fmt.Fprintf(&b, "%s %c %q\n", k.pointer(v), val.kind, word)
		}
	}
	write(0)
	return b.String(), nil
}

// agree fails where the two readers differ.
func agree(t *testing.T, body []byte) {
	t.Helper()
	scratch := newScratch()
	k := scratch.Get().(*check)
	ours, fault := readBy(k, body)
	k.release(scratch)
	theirs, otherFault := readOtherwise(body)
	switch {
	case ours != theirs:
		t.Errorf("%q\n got %s\nwant %s", body, ours, theirs)
	case (fault == nil) != (otherFault == nil):
		t.Errorf("%q\n got %v\nwant %v", body, fault, otherFault)
	case fault != nil && !sameFault(fault, otherFault):
		t.Errorf("%q\n got %v\nwant %v", body, fault, otherFault)
	}
}

// sameFault: of a value that is missing, one reader names the place and the
// other the array or object. Where a text is both cut off and wrong, or too
// deep and wrong, each names what it meets first.
func sameFault(a, b *Fault) bool {
	if !strings.HasPrefix(a.Pointer, b.Pointer) && !strings.HasPrefix(b.Pointer, a.Pointer) || a.Keyword != b.Keyword {
		return false
	}
	return a.Message == b.Message || firstMet(a.Message) && firstMet(b.Message)
}

func firstMet(message string) bool {
	switch message {
	case "is not well-formed JSON", "is not complete: the JSON ends early", "is nested deeper than 100":
		return true
	}
	return false
}

// awkward are texts at the limits of what JSON is.
func awkward() []string {
	texts := []string{string(orderBody()), ` { "a" : [ 1 , -0.50e+3 ] } `, `{}`, `[]`, `[ ]`, `{ }`, `"\u00e9\ud83d\ude00\n\"\\\/\b\f\r\t"`, `"é💩"`,
		`{"a":1,"b":{"a":2},"\u0061":3}`, `{"\u0061":1,"a":2}`, "{\"a\":\"\xff\"}", `{"a":"\ud800"}`, `"\ud800\u0041"`, `"\udc00\ud800"`, "\"\x01\"", `"\x"`, `"\u12g4"`,
		`01`, `[01]`, `[1.]`, `[.5]`, `[1e]`, `[1e+]`, `[-]`, `[--1]`, `[+1]`, `1e5`, `1E-5`, `-0`, `[1,]`, `{"a":1,}`, `{,}`, `[,]`, `{"a"}`, `{"a":}`, `{"a" 1}`, `{"a":1 "b":2}`,
		`[1 2]`, `{1:2}`, `[}`, `{]`, `]`, `}`, `nul`, `nulx`, `[truE]`, `[nulls]`, `true false`, `1 2`, `"a" x`, "\ufeff1", "\xff", "[\"\xc3\"]", "\"\xc3", "\"\xc3\"", "\x00", `[1,[2,{"a":[`,
		"\v1", "\u00a01", `{"a":{"b":[1,2,x]}}`, `[[1],[2],[3,]]`, `{"a/b":{"c~d":x}}`, `[1e500]`, `{"a":[0,1e500]}`, strings.Repeat("[", 102), strings.Repeat(`{"a":`, 102),
		strings.Repeat("[", 101) + strings.Repeat("]", 101), strings.Repeat("[", 100) + strings.Repeat("]", 100)}
	var many, again []string
	for i := range 40 {
		many = append(many, fmt.Sprintf(`"name%d":{"name%d":%d}`, i, i, i))
		again = append(again, fmt.Sprintf(`"name%d":%d`, i, i))
	}
	texts = append(texts, "{"+strings.Join(many, ",")+"}", "{"+strings.Join(many, ",")+`,"name3":1}`, "{"+strings.Join(again, ",")+`,"name39":1}`,
		"["+strings.Join(many[:20], "],[")+"]", "[{"+strings.Join(many, ",")+"},{"+strings.Join(again, ",")+"}]")
	return texts
}

// A second reader understands the same, wherever a text is cut off and
// whatever byte in it is another.
func TestReadAgainstAnotherReader(t *testing.T) {
	for _, text := range awkward() {
		agree(t, []byte(text))
		if len(text) > 300 {
			continue
		}
		for i := range len(text) {
			agree(t, []byte(text[:i]))
			for _, c := range []byte("\"\\{}[]:,0-e. \x1f\x80\xed\xffu") {
				agree(t, []byte(text[:i]+string([]byte{c})+text[i+1:]))
			}
		}
	}
}

func TestReadSaysThatTheTextEndsEarly(t *testing.T) {
	text := `{"a":[1.5e3,"\u00e9\ud83d\ude00é",{"b":null,"c":{}}],"d":true}`
	s := compileText(t, Options{Dialect: OpenAPI31}, Use{}, `{}`)
	for i := 1; i < len(text); i++ {
		if got := s.Check([]byte(text[:i])); len(got) != 1 || got[0].Message != "is not complete: the JSON ends early" {
			t.Errorf("%q: %v", text[:i], got)
		}
	}
}

func TestReadFindsNamesThatStandTwice(t *testing.T) {
	scratch := newScratch()
	read := func(body string) *Fault {
		k := scratch.Get().(*check)
		defer k.release(scratch)
		return k.read([]byte(body))
	}
	for _, n := range []int{2, fewNames, fewNames + 1, fewNames + 2, 300, 5000} {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `"n%d":{"n%d":{}},`, i, i)
		}
		text := b.String()
		if fault := read("{" + text[:len(text)-1] + "}"); fault != nil {
			t.Errorf("%d names: %v", n, fault)
		}
		for _, again := range []int{0, n / 2, n - 1} {
			want := Fault{Pointer: fmt.Sprintf("/n%d", again), Message: "stands twice in its object"}
			if fault := read("{" + text + fmt.Sprintf(`"n%d":1}`, again)); fault == nil || *fault != want {
				t.Errorf("%d names, %d twice: %v", n, again, fault)
			}
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, text := range awkward() {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, body []byte) { agree(t, body) })
}
