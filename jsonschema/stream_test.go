package jsonschema

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
)

// longList is a body of many items that is never whole in memory.
type longList struct {
	before, item, after string
	left                int
	rest                string
	read                int64
}

func (l *longList) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		if l.rest == "" {
			switch {
			case l.before != "":
				l.rest, l.before = l.before+l.item, ""
			case l.left > 1:
				l.rest = "," + l.item
				l.left--
			case l.left == 1:
				l.rest = l.after
				l.left--
			default:
				return n, io.EOF
			}
		}
		k := copy(p[n:], l.rest)
		l.rest = l.rest[k:]
		n += k
	}
	l.read += int64(n)
	return n, nil
}

const orders = `{"type":"object","properties":{
	"page":{"type":"integer"},
	"data":{"type":"array","maxItems":3,"items":{"type":"object","required":["id"],"properties":{"id":{"type":"integer"},"tags":{"type":"array","items":{"type":"string"}}}}}}}`

func TestStreamOfAnyLengthHoldsLittle(t *testing.T) {
	s := compileText(t, Options{Dialect: OpenAPI31}, Use{Closed: true, Direction: Response}, orders)
	const items = 1_500_000
	body := &longList{`{"secret":[1,{"a":"` + strings.Repeat("x", 1<<20) + `"}],"page":1,"data":[`, `{"id":17,"cost":{"net":[1,2.50,3]},"tags":["a","é"],"x":"0123456789"}`, `]}`, items, "", 0}
	var faults []Fault
	room := 0
	st := s.Stream(body, Streaming{Limit: 64 << 10, May: Cleaning{true, true},
		Found: func(f []Fault, _ bool) error { faults = append(faults, f...); return nil },
		Room:  func(n int) error { room += n; return nil }})
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	n, at, most := 0, int64(10<<20), uint64(0)
	buffer := make([]byte, 32<<10)
	for {
		k, err := st.Read(buffer)
		if n += k; err != nil {
			if err != io.EOF {
				t.Fatal(err)
			}
			break
		}
		if body.read > at {
			at += 10 << 20
			runtime.GC()
			runtime.ReadMemStats(&now)
			most = max(most, now.HeapAlloc)
		}
	}
	if want := len(`{"page":1,"data":[]}`) + items*len(`{"id":17,"tags":["a","é"]},`) - 1; n != want || body.read < 100<<20 {
		t.Errorf("%d bytes have passed of %d, want %d", n, body.read, want)
	}
	if st.CutCount != 2*items+1 || fmt.Sprint(st.Cut) != "[/secret /data/*/cost /data/*/x]" {
		t.Errorf("%d were taken out: %v", st.CutCount, st.Cut)
	}
	if told(faults) != "/data maxItems: must have at most 3 items" {
		t.Error(told(faults))
	}
	if held := int64(most) - int64(before.HeapAlloc); held > 2<<20 || room > 200<<10 {
		t.Errorf("%d bytes were held, and %d asked for", held, room)
	}
}

func TestStreamTakesApartWhatDoesNotFit(t *testing.T) {
	const undeclared = `"pin":[{"n":1}," ]} ",{}]`
	for _, c := range []struct{ name, schema, body, left, failed string }{
		{"a member that is taken out unread", orders, `{` + undeclared + `, "page": 1}`, `{"page": 1}`, ""},
		{"the last one", orders, `{"page": 1, ` + undeclared + ` }`, `{"page": 1 }`, ""},
		{"an item that does not fit", orders, `{"data":[{"id":1,"tags":["aaaaaaaa","bbbbbbbb"],"x":"cccccccccccccccccccc"}]}`, `{"data":[{"id":1,"tags":["aaaaaaaa","bbbbbbbb"]}]}`, ""},
		{"a text that does not fit", orders, `{"data":[{"id":1,"tags":["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]}]}`, `{"data":[{"id":1,"tags":[`, "held"},
		{"a list that may be absent", `{"properties":{"a":{"anyOf":[{"items":{"properties":{"b":{}}},"type":"array"},{"type":"null"}]}}}`, `{"a":[{"b":1,"x":1},{"b":1,"x":1}]}`, `{"a":[{"b":1},{"b":1}]}`, ""},
		{"a schema that asks for the whole", `{"items":{"items":{"type":"string"},"uniqueItems":true}}`, `[["a"],["aaaaaaaa","bbbbbbbb","cccccccc"]]`, `[["a"]`, "held"},
		{"a name that stands twice", orders, `{"data":[],"page":1,"data":[]}`, `{"data":[],"page":1`, "not JSON"},
		{"a name that stands twice unread", orders, `{"page":1,"x":{"aaaaaaaaaa":1,"aaaaaaaaab":1,"aaaaaaaaa\u0061":1}}`, `{"page":1`, "not JSON"},
		{"a text that does not end", orders, `{"page":1,"x":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa`, `{"page":1`, "not JSON"},
		{"white space", orders, strings.Repeat(" ", 100) + `{"page" : 1}` + strings.Repeat("\n", 100), strings.Repeat(" ", 100) + `{"page" : 1}` + strings.Repeat("\n", 100), ""},
		{"something behind", orders, `{"page":1} {`, `{"page":1} `, "not JSON"},
		{"half a surrogate pair unread", orders, `{"x":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\ud800"}`, `{`, "not JSON"},
		{"no UTF-8 unread", orders, `{"x":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa` + "\xff" + `"}`, `{`, "not JSON"},
		{"a nesting unread", orders, `{"x":` + strings.Repeat("[", 101) + strings.Repeat("]", 101) + `}`, `{`, "not JSON"},
		{"no container", `{"type":"string"}`, `"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"`, ``, "held"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := compileText(t, Options{Dialect: OpenAPI31}, Use{Closed: true, Direction: Response}, c.schema)
			for _, body := range []io.Reader{strings.NewReader(c.body), iotest.OneByteReader(strings.NewReader(c.body))} {
				got, err := streamed(s, body, 20, Cleaning{true, true})
				if string(got.Body) != c.left {
					t.Errorf("left %s\nwant %s", got.Body, c.left)
				}
				if said := fmt.Sprint(err); c.failed == "" && err != nil || !strings.Contains(said, c.failed) {
					t.Errorf("it ends with %v", err)
				}
			}
		})
	}
}

func TestStreamRemembersSoManyNames(t *testing.T) {
	s := compileText(t, Options{Dialect: OpenAPI31}, Use{Closed: true}, `{"additionalProperties":{"type":"integer"}}`)
	body := func(n int) io.Reader {
		var b bytes.Buffer
		for i := range n {
			fmt.Fprintf(&b, `,"%d":%d`, i, i)
		}
		return io.MultiReader(strings.NewReader("{"), bytes.NewReader(b.Bytes()[1:]), strings.NewReader("}"))
	}
	if _, err := streamed(s, body(MaxNames), 64, Cleaning{}); err != nil {
		t.Error(err)
	}
	if _, err := streamed(s, body(MaxNames+1), 64, Cleaning{}); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
}

// What is read gives what has been judged before more is waited for.
func TestStreamDoesNotWait(t *testing.T) {
	s := compileText(t, Options{Dialect: OpenAPI31}, Use{Closed: true}, orders)
	r, w := io.Pipe()
	defer r.Close()
	go io.WriteString(w, `{"data":[{"id":1},{"id":2},{"id":`)
	st := s.Stream(r, Streaming{Limit: 20, May: Cleaning{true, true}})
	got := ""
	for p := make([]byte, 100); len(got) < len(`{"data":[{"id":1},{"id":2}`); {
		n, err := st.Read(p)
		if err != nil {
			t.Fatal(err)
		}
		got += string(p[:n])
	}
	if got != `{"data":[{"id":1},{"id":2}` {
		t.Error(got)
	}
}

func TestStreamGoesOnWhereItIsOnlyWatched(t *testing.T) {
	s := compileText(t, Options{Dialect: OpenAPI31}, Use{Closed: true}, orders)
	for _, body := range []string{
		`{"page":1,"x":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}`,
		`{"page":1,"page":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"} [`,
		`{"data":[{"id":1,"tags":["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]}]}`,
		`<html>aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa`,
		`{"data":[`,
	} {
		found := 0
		st := s.Stream(iotest.HalfReader(strings.NewReader(body)), Streaming{Limit: 20, Lenient: func(error) { found++ },
			Found: func([]Fault, bool) error { found++; return nil }})
		if got, err := io.ReadAll(st); string(got) != body || err != nil || found == 0 {
			t.Errorf("%s became %s, %v, with %d findings", body, got, err, found)
		}
	}
}

func TestStreamBegins(t *testing.T) {
	s := compileText(t, Options{Dialect: OpenAPI31}, Use{Closed: true}, orders)
	for body, want := range map[string]error{
		`{"data":[{"tags":["` + strings.Repeat("a", 50):          ErrTooLarge,
		`{"page":1,"data":[{"tags":["` + strings.Repeat("a", 50): nil,
		`<html>`:    ErrTooLarge,
		`{"page" 1`: ErrMalformed,
	} {
		st := s.Stream(strings.NewReader(body), Streaming{Limit: 20})
		if err := st.Begin(); !errors.Is(err, want) {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestStreams(t *testing.T) {
	for schema, want := range map[string]string{
		`{"type":"array"}`:                    "",
		`{}`:                                  "",
		`{"type":"string"}`:                   "type",
		`{"type":"array","uniqueItems":true}`: "uniqueItems",
		`{"oneOf":[{"type":"array"},{"type":"null"}]}`:                                                    "",
		`{"oneOf":[{"type":"array"},{"type":"array","maxItems":3}]}`:                                      "oneOf",
		`{"allOf":[{"type":"object"},{"dependentRequired":{"a":["b"]}}]}`:                                 "dependentRequired",
		`{"properties":{"a":{"type":"array","contains":{}},"b":{"type":"string"},"c":{"anyOf":[{},{}]}}}`: "/a must fit: contains; /c must fit: anyOf",
	} {
		notes, ok := compileText(t, Options{Dialect: OpenAPI31}, Use{Closed: true}, schema).Streams()
		var got []string
		for _, n := range notes {
			if before, _, found := strings.Cut(n.Says, ":"); ok && found {
				got = append(got, before+": "+n.Keyword)
			} else {
				got = append(got, n.Keyword)
			}
		}
		if said := strings.Join(got, "; "); said != want || ok != !(len(notes) > 0 && !strings.Contains(want, "must fit")) {
			t.Errorf("%s: %s, %v", schema, said, ok)
		}
	}
}

// agreeStreamed holds a stream to what Clean makes of the whole.
func agreeStreamed(t *testing.T, s *Schema, body []byte, limit int) {
	want := s.Clean(body, Cleaning{true, true})
	got, err := streamed(s, iotest.HalfReader(bytes.NewReader(body)), limit, Cleaning{true, true})
	switch {
	case errors.Is(err, ErrTooLarge):
	case want.Undecided != (err != nil || got.Undecided):
		t.Fatalf("%q within %d: %v, the whole %v", body, limit, err, told(want.Faults))
	case !want.Undecided && string(got.Body) != string(want.Body):
		t.Fatalf("%q within %d left\n%q\nwant\n%q", body, limit, got.Body, want.Body)
	}
}

func TestStreamReadsAsStrictly(t *testing.T) {
	for _, schema := range []string{`{}`, `{"properties":{"a":{}}}`, orders} {
		s := compileText(t, Options{Dialect: OpenAPI31}, Use{Closed: true}, schema)
		for _, text := range awkward() {
			for _, body := range []string{`[` + text + `]`, `[[1],` + text + `,2]`, `{"a":` + text + `}`, `{"a":1,"b":` + text + ` }`, `{"a":[` + text} {
				for _, limit := range []int{1, 3, 10, 1 << 20} {
					agreeStreamed(t, s, []byte(body), limit)
				}
			}
		}
	}
}

func FuzzStream(f *testing.F) {
	schemas := []*Schema{}
	for _, schema := range []string{`{}`, `{"properties":{"a":{"items":{"properties":{"a":{}}}}}}`, orders} {
		schemas = append(schemas, compileText(f, Options{Dialect: OpenAPI31}, Use{Closed: true}, schema))
	}
	for _, text := range awkward() {
		f.Add([]byte(`{"a":[`+text+`]}`), uint8(3))
		f.Add([]byte(`{"x":`+text+`,"data":[{"id":1,"x":`+text+`}]}`), uint8(9))
	}
	f.Fuzz(func(t *testing.T, body []byte, limit uint8) {
		for _, s := range schemas {
			agreeStreamed(t, s, body, int(limit)+1)
		}
	})
}

func BenchmarkStream(b *testing.B) {
	s := compileText(b, Options{Dialect: OpenAPI31}, Use{Closed: true, Direction: Response}, orders)
	for name, item := range map[string]string{"objects": `{"id":17,"cost":{"net":[1,2.50,3]},"tags":["a","é"],"x":"0123456789"}`, "numbers": `17`} {
		b.Run(name, func(b *testing.B) {
			body := &longList{item: item, left: 1 << 20}
			b.SetBytes(int64((len(item) + 1) << 20))
			for b.Loop() {
				*body = longList{before: `{"data":[`, item: item, after: `]}`, left: 1 << 20}
				if _, err := io.Copy(io.Discard, s.Stream(body, Streaming{Limit: 1 << 20, May: Cleaning{true, true}})); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
