package items

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"sallyport/mediatype"
)

const wide = 1 << 20

// split takes a text apart at once and byte by byte, and wants the same items.
func split(t *testing.T, k Kind, text string, most int) ([]string, error) {
	t.Helper()
	at, err := collect(NewSplitter(strings.NewReader(text), k, most), text)
	slowly, late := collect(NewSplitter(iotest.OneByteReader(strings.NewReader(text)), k, most), text)
	if !slices.Equal(at, slowly) || !errors.Is(late, err) {
		t.Fatalf("%q: %q, %v; byte by byte: %q, %v", text, at, err, slowly, late)
	}
	return at, err
}

func collect(s *Splitter, text string) (items []string, err error) {
	var raw []byte
	for {
		i, err := s.Next()
		if err == io.EOF {
			if string(raw) != text {
				return items, fmt.Errorf("the pieces make %q", raw)
			}
			return items, nil
		}
		if err != nil {
			return items, err
		}
		raw = append(raw, i.Raw...)
		if i.JSON != nil {
			items = append(items, string(i.JSON))
		}
	}
}

func TestSplitter(t *testing.T) {
	for _, c := range []struct {
		kind Kind
		text string
		want []string
		err  error
	}{
		{Lines, "", nil, nil},
		{Lines, "1\n2\n", []string{"1", "2"}, nil},
		{Lines, "1\r\n\r\n \t\n2", []string{"1", "2"}, nil},
		{Lines, `{"a":"\n"}` + "\n", []string{`{"a":"\n"}`}, nil},

		{Sequence, "", nil, nil},
		{Sequence, "\x1e1\n\x1e2\n", []string{"1", "2"}, nil},
		{Sequence, "\x1e{\n\"a\": \"}\"\n}\n\x1e[\n]\n", []string{"{\n\"a\": \"}\"\n}", "[\n]"}, nil},
		{Sequence, "\x1e\x1e \x1e1\n", []string{"1"}, nil},
		{Sequence, "\x1e\"a\\\"\\\\\"\n\x1e1 \n", []string{`"a\"\\"`, "1"}, nil},
		{Sequence, "\x1e{}\x1e\"a\"\x1e[]", []string{"{}", `"a"`, "[]"}, nil},
		{Sequence, "\x1e{\x1e1\n", nil, ErrTruncated},
		{Sequence, "\x1e\"a\n\x1e1\n", []string{`"a`, "1"}, nil}, // the schema refuses it
		{Sequence, "\x1e1", nil, ErrTruncated},
		{Sequence, "\x1etrue\x1e1\n", nil, ErrTruncated},
		{Sequence, "1\n", nil, ErrMalformed},
		{Sequence, "\x1e1\n2\n", []string{"1"}, ErrMalformed},
		{Sequence, "\x1e{}\n{}\n", []string{"{}"}, ErrMalformed},
		{Sequence, "\x1e", nil, nil},

		{Events, "", nil, nil},
		{Events, "data: a\n\ndata:b\n\n", []string{`{"data":"a"}`, `{"data":"b"}`}, nil},
		{Events, "data: a\r\n\r\ndata: b\r\rdata: c\n\r\ndata: d", []string{`{"data":"a"}`, `{"data":"b"}`, `{"data":"c"}`, `{"data":"d"}`}, nil},
		{Events, "\uFEFFdata: a\n\n", []string{`{"data":"a"}`}, nil},
		{Events, "data: \uFEFFa\n\n", []string{`{"data":"` + "\uFEFF" + `a"}`}, nil},
		{Events, "data\ndata:  x\ndata:\n\n", []string{`{"data":"\n x\n"}`}, nil},
		{Events, "event: a\nid: 1\nretry: 010\ndata: {\"b\":1}\n\n", []string{`{"event":"a","id":"1","retry":10,"data":"{\"b\":1}"}`}, nil},
		{Events, "event: a\nevent: b\nid: 1\nid: 2\ndata: x\n\n", []string{`{"event":"b","id":"2","data":"x"}`}, nil},
		{Events, "retry: 00\ndata: x\n\n", []string{`{"retry":0,"data":"x"}`}, nil},
		{Events, "retry: -1\nretry: 1s\nretry:\nid: a\x00b\nother: y\n: comment\ndata: x\n\n", []string{`{"data":"x"}`}, nil},
		{Events, ": alive\n\n:\nid: 1\n\nretry: 5\n\nevent: a\n\n", nil, nil},
		{Events, "data: a\tb\x01\"\\\n\n", []string{`{"data":"a\u0009b\u0001\"\\"}`}, nil},
		{Events, "\n\n\ndata: a\n\n\n\n", []string{`{"data":"a"}`}, nil},
		{Events, "Data: a\n\n", nil, nil},
	} {
		got, err := split(t, c.kind, c.text, wide)
		if !slices.Equal(got, c.want) || !errors.Is(err, c.err) {
			t.Errorf("%s %q: %q, %v; want %q, %v", c.kind, c.text, got, err, c.want, c.err)
		}
	}
}

func TestAnItemThatIsTooLongIsRefused(t *testing.T) {
	for k, long := range map[Kind]string{Lines: `"%s"` + "\n", Sequence: "\x1e\"%s\"\n", Events: "data: %s\n\n"} {
		for _, n := range []int{100, 5_000, 70_000} {
			text := fmt.Sprintf(long, strings.Repeat("x", n))
			text += text
			if got, err := split(t, k, text, len(text)/2); len(got) != 2 || err != nil {
				t.Errorf("%s of %d bytes: %d, %v", k, n, len(got), err)
			}
			if got, err := split(t, k, text, len(text)/2-1); len(got) != 0 || !errors.Is(err, ErrTooLarge) {
				t.Errorf("%s of %d bytes, one too many: %d, %v", k, n, len(got), err)
			}
		}
	}
}

// What is there is given out before more is read: an event is not held back.
func TestAPieceIsThereBeforeTheNextIsRead(t *testing.T) {
	for k, pieces := range map[Kind][]string{
		Lines:    {"1\n", "\n", "{}\r\n"},
		Sequence: {"\x1e1\n", "\x1e{\n}\n"},
		Events:   {"data: a\n\n", "data: b\r\r", ":\n", ": alive\n", "\n", "data: c\r\n\r\n", "data: d\n\n"},
	} {
		in, out := io.Pipe()
		s := NewSplitter(in, k, wide)
		for _, piece := range pieces {
			go io.WriteString(out, piece)
			i, err := s.Next()
			if err != nil || string(i.Raw) != piece {
				t.Fatalf("%s: %q, %v; want %q", k, i.Raw, err, piece)
			}
		}
		out.Close()
		if _, err := s.Next(); err != io.EOF {
			t.Errorf("%s: %v", k, err)
		}
	}
}

// One long item must not leave its buffer to an hour of short ones.
func TestTheBufferGrowsWithAnItemAndIsGivenUp(t *testing.T) {
	in, out := io.Pipe()
	s := NewSplitter(in, Lines, wide)
	taken, most := 0, 0
	s.Room = func(n int) error {
		taken += n
		most = max(most, taken)
		return nil
	}
	go func() {
		for _, n := range []int{10, 500_000, 10, 10} {
			io.WriteString(out, `"`+strings.Repeat("x", n)+"\"\n")
		}
		out.Close()
	}()
	for {
		if _, err := s.Next(); err != nil {
			break
		}
	}
	if taken != firstBuffer || most < 500_000 || most > 4*500_000 {
		t.Errorf("%d bytes at the most, %d at the end", most, taken)
	}
}

func TestNoRoomEndsIt(t *testing.T) {
	full := errors.New("no room")
	s := NewSplitter(strings.NewReader("1\n"), Lines, wide)
	s.Room = func(int) error { return full }
	if _, err := s.Next(); err != full {
		t.Error(err)
	}
}

func TestKindOf(t *testing.T) {
	for name, want := range map[string]string{
		"application/x-ndjson": "lines", "application/jsonl": "lines", "application/json-lines": "lines",
		"application/json-seq": "texts of a sequence", "application/geo+json-seq": "texts of a sequence",
		"text/event-stream; charset=utf-8": "events",
		"application/json":                 "", "text/plain": "", "application/geo+json": "",
	} {
		parsed, err := mediatype.Parse(name)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if k, ok := KindOf(parsed); ok {
			got = k.String()
		}
		if got != want {
			t.Errorf("%s: %q; want %q", name, got, want)
		}
	}
}

func FuzzSplitter(f *testing.F) {
	for _, seed := range []string{"1\n2", "\x1e{\"a\":[1]}\n\x1e2\n", "event: a\r\ndata: x\r\rid: 1\ndata: y\n\n: c\n\n"} {
		for k := Lines; k <= Events; k++ {
			f.Add(seed, uint8(k))
		}
	}
	f.Fuzz(func(t *testing.T, text string, kind uint8) {
		k := Kind(kind % 3)
		items, err := split(t, k, text, 1<<16)
		if err != nil {
			return
		}
		// What was put together again comes apart into the same.
		var again []byte
		for _, i := range items {
			if again, err = Append(again, k, []byte(i)); err != nil {
				return // no JSON
			}
		}
		if k == Sequence && !strings.Contains(text, "\"") {
			return // brackets out of order may end a text early
		}
		got, err := collect(NewSplitter(bytes.NewReader(again), k, 1<<20), string(again))
		if k != Sequence && (err != nil || !slices.Equal(got, items)) {
			t.Fatalf("%q; put together: %q, %v", items, got, err)
		}
	})
}
