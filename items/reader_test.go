package items

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"
)

func reading(k Kind, text string, each func(int, []byte) ([]byte, error)) *Reader {
	return NewReader(NewSplitter(strings.NewReader(text), k, wide), k, each)
}

func unchanged(_ int, json []byte) ([]byte, error) { return json, nil }

func TestWhatIsNotChangedPassesByteForByte(t *testing.T) {
	for k, text := range map[Kind]string{
		Lines:    "{ \"a\" : 1.0 }\r\n\n \n2",
		Sequence: "\x1e\x1e{\n}\n  \x1e[ ]",
		Events:   "\uFEFF: hello\r\n\r\nevent: a\rdata:x\r\rother: y\ndata: z\n\ndata",
	} {
		got, err := io.ReadAll(reading(k, text, unchanged))
		if err != nil || string(got) != text {
			t.Errorf("%s: %q, %v", k, got, err)
		}
	}
}

func TestBareLeavesOutWhatNoSchemaSpeaksOf(t *testing.T) {
	for text, want := range map[string]string{
		": database: shard 7\n\n": ":\n\n",
		":\n\n":                   ":\n\n",
		"data: x\n\n":             "data: x\n\n",
		"data: x\ndebug: y\n\n":   "data: x\n\n",
		": y\ndata:x\n: z\nid:1\nretry:2\nevent:e\n\n":                    ":\ndata: x\nid: 1\nretry: 2\nevent: e\n\n",
		"event: e\nx: y\ndata: 1\nid: 3\ndata: 2\nevent: f\nretry: 5\n\n": "event: f\ndata: 1\ndata: 2\nid: 3\nretry: 5\n\n",
		"retry: 5\nx\nid: 7\n\n":                                          "retry: 5\nid: 7\n\n",
		"event: y\n\n":                                                    ":\n",
		"debug: y\nid: 7\nretry: 5\n\n":                                   "id: 7\nretry: 5\n\n",
	} {
		r := reading(Events, text, unchanged)
		r.Bare = true
		if got, err := io.ReadAll(r); err != nil || string(got) != want {
			t.Errorf("%q: %q, %v; want %q", text, got, err, want)
		}
	}
}

func TestAnItemIsReplacedOrLeftOut(t *testing.T) {
	each := func(n int, json []byte) ([]byte, error) {
		switch n {
		case 0:
			return nil, nil
		case 1:
			return []byte(`{"data":"two\nlines","id":"1"}`), nil
		}
		return json, nil
	}
	for k, c := range map[Kind]struct{ text, want string }{
		Lines:    {"1\n2\n3\n", `{"data":"two\nlines","id":"1"}` + "\n3\n"},
		Sequence: {"\x1e1\n\x1e2\n\x1e3\n", "\x1e" + `{"data":"two\nlines","id":"1"}` + "\n\x1e3\n"},
		Events:   {"data: 1\n\ndata: 2\n\ndata: 3\n\n", "data: two\ndata: lines\nid: 1\n\ndata: 3\n\n"},
	} {
		if got, err := io.ReadAll(reading(k, c.text, each)); err != nil || string(got) != c.want {
			t.Errorf("%s: %q, %v; want %q", k, got, err, c.want)
		}
	}
}

// A field must not bring a line of its own.
func TestAFieldCannotEndItsLine(t *testing.T) {
	for _, json := range []string{`{"id":"1\ndata: x"}`, `{"data":"a\rdata: x"}`, `{"event":"\r"}`, `[]`, `{"data":{}}`, `{"data":"x"`} {
		if out, err := Append(nil, Events, []byte(json)); err == nil && bytes.Count(out, []byte("\n")) > 2 || err == nil && json[0] == '[' {
			t.Errorf("%s: %q, %v", json, out, err)
		}
	}
}

func TestWhatPassedGoesOnBeforeTheFault(t *testing.T) {
	bad := errors.New("bad")
	r := reading(Lines, "1\n2\n3\n4\n", func(n int, json []byte) ([]byte, error) {
		if n == 2 {
			return nil, bad
		}
		return json, nil
	})
	got, err := io.ReadAll(r)
	if string(got) != "1\n2\n" || err != bad {
		t.Errorf("%q, %v", got, err)
	}
	if n, err := r.Read(make([]byte, 1)); n != 0 || err != bad {
		t.Error("it goes on after a fault")
	}
}

func TestALenientReaderPassesWhatItCannotTakeApart(t *testing.T) {
	long := strings.Repeat("x", 10_000)
	for k, c := range map[Kind]struct {
		text string
		err  error
	}{
		Sequence: {"\x1e1\n" + "2\n\x1e" + long, ErrMalformed},
		Lines:    {"1\n" + long + "\n2\n", ErrTooLarge},
	} {
		var told error
		r := NewReader(NewSplitter(strings.NewReader(c.text), k, 9_000), k, unchanged)
		r.Lenient = func(err error) { told = err }
		if got, err := io.ReadAll(r); err != nil || string(got) != c.text || told != c.err {
			t.Errorf("%s: %d of %d bytes, %v, told %v", k, len(got), len(c.text), err, told)
		}
	}
}

func TestAnEventIsPassedOnBeforeTheNextComes(t *testing.T) {
	in, out := io.Pipe()
	r := NewReader(NewSplitter(in, Events, wide), Events, unchanged)
	for i := range 3 {
		event := "data: " + strconv.Itoa(i) + "\n\n"
		go io.WriteString(out, event)
		p := make([]byte, 100)
		n, err := r.Read(p)
		if err != nil || string(p[:n]) != event {
			t.Fatalf("%q, %v", p[:n], err)
		}
	}
}

func BenchmarkReader(b *testing.B) {
	const json = `{"id":1234,"name":"somebody","tags":["a","b"],"at":"2026-01-02T03:04:05Z"}`
	const n = 1000
	for k, text := range map[Kind]string{
		Lines:    strings.Repeat(json+"\n", n),
		Sequence: strings.Repeat("\x1e"+json+"\n", n),
		Events:   strings.Repeat("event: a\nid: 17\ndata: "+json+"\n\n", n),
	} {
		b.Run(strings.ReplaceAll(k.String(), " ", "_"), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := io.Copy(io.Discard, struct{ io.Reader }{reading(k, text, unchanged)}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*n/b.Elapsed().Seconds(), "items/s")
		})
	}
}
