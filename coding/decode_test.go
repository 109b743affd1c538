package coding

import (
	"bytes"
	stdgzip "compress/gzip"
	stdzlib "compress/zlib"
	"encoding/hex"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

const sample = `{"a":1,"b":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}`

// written are the sample as other programs than these libraries encode it:
// zlib in C, the reference encoders of brotli and zstd.
var written = map[Coding]string{
	Gzip:    "1f8b0800000000000203ab564a54b232d4514a52b252aa201228d502004f3fe70d36000000",
	Deflate: "789cab564a54b232d4514a52b252aa201228d502002ce21619",
	Brotli:  "1b3500f81d0976ec841bc7e04e2dc212b337c3c4f04aa7af24312a10781c963001",
	Zstd:    "28b52ffd0458ad0000787b2261223a312c2262223a2278227d01004af005d46d8e82",
}

var wide = Limits{Encoded: 1 << 20, Decoded: 1 << 20}

func encode(t testing.TB, content []byte, codings ...Coding) []byte {
	t.Helper()
	for _, c := range codings {
		var out bytes.Buffer
		w := encoder(c, &out)
		if _, err := w.Write(content); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		content = out.Bytes()
	}
	return content
}

type flusher interface {
	io.WriteCloser
	Flush() error
}

func encoder(c Coding, out io.Writer) flusher {
	switch c {
	case Gzip:
		return stdgzip.NewWriter(out)
	case Deflate:
		return stdzlib.NewWriter(out)
	case Brotli:
		return brotli.NewWriter(out)
	}
	w, _ := zstd.NewWriter(out, zstd.WithEncoderConcurrency(1))
	return w
}

// both decodes held and as a stream, byte by byte, and wants the same of both.
func both(t *testing.T, content []byte, codings []Coding, l Limits) ([]byte, error) {
	t.Helper()
	held, err := Decode(content, codings, l)
	streamed, late := io.ReadAll(NewReader(iotest.OneByteReader(bytes.NewReader(content)), codings, l))
	if (err == nil) != (late == nil) {
		t.Fatalf("held: %v; streamed: %v", err, late)
	}
	if err == nil && !bytes.Equal(held, streamed) {
		t.Fatalf("held: %d bytes; streamed: %d, others", len(held), len(streamed))
	}
	return held, err
}

func TestDecode(t *testing.T) {
	for c, text := range written {
		content, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(c.String(), func(t *testing.T) {
			got, err := both(t, content, []Coding{c}, wide)
			if err != nil || string(got) != sample {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

func TestDecodeStacked(t *testing.T) {
	for a := Gzip; a <= Zstd; a++ {
		for b := Gzip; b <= Zstd; b++ {
			got, err := both(t, encode(t, []byte(sample), a, b), []Coding{a, b}, wide)
			if err != nil || string(got) != sample {
				t.Errorf("%s, %s: %q, %v", a, b, got, err)
			}
		}
	}
}

func TestDecodeNothingThatIsCoded(t *testing.T) {
	for c := Gzip; c <= Zstd; c++ {
		got, err := both(t, encode(t, nil, c), []Coding{c}, wide)
		if c == Zstd {
			continue // the encoder writes no frame for nothing; see below
		}
		if err != nil || len(got) != 0 {
			t.Errorf("%s: %q, %v", c, got, err)
		}
	}
}

func TestNoBytesAreNoFormat(t *testing.T) {
	for c := Gzip; c <= Zstd; c++ {
		if _, err := both(t, nil, []Coding{c}, wide); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", c, err)
		}
	}
}

func TestWithoutCodingsNothingChanges(t *testing.T) {
	if got, err := both(t, []byte(sample), nil, wide); err != nil || string(got) != sample {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := both(t, []byte(sample), nil, Limits{Encoded: 10, Decoded: 1000}); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
}

func TestEveryBodyThatIsCutShortIsRefused(t *testing.T) {
	for c, text := range written {
		content, _ := hex.DecodeString(text)
		for n := range content {
			if _, err := both(t, content[:n], []Coding{c}, wide); !errors.Is(err, ErrMalformed) {
				t.Errorf("%s, cut after %d of %d bytes: %v", c, n, len(content), err)
			}
		}
	}
}

func TestBytesAfterTheEndAreRefused(t *testing.T) {
	for c, text := range written {
		content, _ := hex.DecodeString(text)
		for _, after := range []string{"\x00", "\x00\x00", "\n\n\n", "\x00\x00\x00\x00", "{}", sample + sample} {
			if _, err := both(t, append(content[:len(content):len(content)], after...), []Coding{c}, wide); !errors.Is(err, ErrMalformed) {
				t.Errorf("%s, %d bytes after the end: %v", c, len(after), err)
			}
		}
	}
}

func TestAChecksumThatDoesNotHoldIsRefused(t *testing.T) {
	for _, c := range []Coding{Gzip, Deflate, Zstd} {
		content, _ := hex.DecodeString(written[c])
		at := len(content) - 1
		if c == Gzip {
			at = len(content) - 5 // before the length (RFC 1952 §2.3.1)
		}
		content[at] ^= 1
		if _, err := both(t, content, []Coding{c}, wide); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", c, err)
		}
	}
}

func TestMembersAreOneBody(t *testing.T) {
	for _, c := range []Coding{Gzip, Zstd} {
		one, _ := hex.DecodeString(written[c])
		got, err := both(t, append(one[:len(one):len(one)], one...), []Coding{c}, wide)
		if err != nil || string(got) != sample+sample {
			t.Errorf("%s: %q, %v", c, got, err)
		}
	}
	for _, c := range []Coding{Deflate, Brotli} {
		one, _ := hex.DecodeString(written[c])
		if _, err := both(t, append(one[:len(one):len(one)], one...), []Coding{c}, wide); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", c, err)
		}
	}
}

func TestRawDeflateIsRefused(t *testing.T) {
	content, _ := hex.DecodeString(written[Deflate])
	if _, err := both(t, content[2:len(content)-4], []Coding{Deflate}, wide); !errors.Is(err, ErrMalformed) {
		t.Error(err)
	}
}

// RFC 9659 §3: more than 8 MiB is more than anybody may ask for.
func TestAZstdWindowIsBounded(t *testing.T) {
	for _, c := range []struct {
		window byte // RFC 8878 §3.1.1.1.2
		fits   bool
	}{{13 << 3, true}, {13<<3 | 1, false}, {14 << 3, false}, {31 << 3, false}} {
		content := append([]byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, c.window}, 0x11, 0, 0, '{', '}')
		_, err := both(t, content, []Coding{Zstd}, wide)
		if fits := err == nil; fits != c.fits {
			t.Errorf("window %#x: %v", c.window, err)
		}
	}
}

func TestADictionaryIsRefused(t *testing.T) {
	content := []byte{0x28, 0xb5, 0x2f, 0xfd, 0x01, 10 << 3, 7, 0x11, 0, 0, '{', '}'}
	if _, err := both(t, content, []Coding{Zstd}, wide); !errors.Is(err, ErrMalformed) {
		t.Error(err)
	}
}

func TestWhatIsTooLongIsRefused(t *testing.T) {
	text := []byte(strings.Repeat("0123456789abcdef", 64))
	for c := Gzip; c <= Zstd; c++ {
		coded := encode(t, text, c)
		for _, l := range []struct {
			Limits
			err error
		}{
			{Limits{1 << 20, 1024}, nil},
			{Limits{1 << 20, 1023}, ErrTooLarge},
			{Limits{1 << 20, 0}, ErrTooLarge},
			{Limits{int64(len(coded)), 1024}, nil},
			{Limits{int64(len(coded)) - 1, 1024}, ErrTooLarge},
		} {
			if _, err := both(t, coded, []Coding{c}, l.Limits); !errors.Is(err, l.err) {
				t.Errorf("%s, %+v: %v", c, l.Limits, err)
			}
		}
	}
}

// Members without content would go on for ever, for nothing.
func TestEmptyMembersComeToAnEnd(t *testing.T) {
	empty := encode(t, nil, Gzip)
	r := NewReader(&endless{member: empty}, []Coding{Gzip}, Limits{Encoded: 1 << 20, Decoded: 1 << 20})
	if _, err := io.ReadAll(r); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
}

type endless struct {
	member []byte
	at     int
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.member[e.at:])
	e.at = (e.at + n) % len(e.member)
	return n, nil
}

// zeros are so many of them, encoded once.
func zeros(t testing.TB, c Coding, n int) []byte {
	t.Helper()
	var out bytes.Buffer
	w := encoder(c, &out)
	block := make([]byte, 1<<20)
	for range n >> 20 {
		if _, err := w.Write(block); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// 64 MiB of zeros are 64 KiB of DEFLATE and next to nothing of the others.
// A hundred and sixty gzip members of them are 10 GB in 10 MB.
func TestABombIsRefusedAtOnce(t *testing.T) {
	bombs := map[string]struct {
		content []byte
		codings []Coding
	}{
		"gzip":         {bytes.Repeat(zeros(t, Gzip, 64<<20), 160), []Coding{Gzip}},
		"deflate":      {zeros(t, Deflate, 64<<20), []Coding{Deflate}},
		"br":           {zeros(t, Brotli, 64<<20), []Coding{Brotli}},
		"zstd":         {zeros(t, Zstd, 64<<20), []Coding{Zstd}},
		"gzip in gzip": {encode(t, zeros(t, Gzip, 64<<20), Gzip), []Coding{Gzip, Gzip}},
		"zstd in br":   {encode(t, zeros(t, Zstd, 64<<20), Brotli), []Coding{Zstd, Brotli}},
	}
	l := Limits{Encoded: 16 << 20, Decoded: 64 << 20}
	for name, bomb := range bombs {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			counted := &countingReader{Reader: bytes.NewReader(bomb.content)}
			n, err := io.Copy(io.Discard, NewReader(counted, bomb.codings, l))
			runtime.ReadMemStats(&after)
			if !errors.Is(err, ErrBomb) {
				t.Fatalf("%v after %d bytes", err, n)
			}
			if taken := int64(after.TotalAlloc - before.TotalAlloc); taken > Memory(bomb.codings)*3/2+4<<20 {
				t.Errorf("it took %d bytes of memory", taken)
			}
			if n > grown(int64(counted.n)) || counted.n > 256<<10 {
				t.Errorf("%d bytes came out of %d", n, counted.n)
			}
			if _, err := Decode(bomb.content, bomb.codings, Limits{Encoded: 16 << 20, Decoded: 1 << 20}); !errors.Is(err, ErrTooLarge) && !errors.Is(err, ErrBomb) {
				t.Errorf("held: %v", err)
			}
		})
	}
}

type countingReader struct {
	io.Reader
	n int
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += n
	return n, err
}

// What went wrong underneath is not the format's fault.
func TestAFaultOfTheSourceStaysItself(t *testing.T) {
	broken := errors.New("the connection broke")
	for c, text := range written {
		content, _ := hex.DecodeString(text)
		for _, n := range []int{0, 1, 5, len(content) - 1, len(content)} {
			r := NewReader(io.MultiReader(bytes.NewReader(content[:n]), iotest.ErrReader(broken)), []Coding{c}, wide)
			if _, err := io.ReadAll(r); err != broken {
				t.Errorf("%s, broken after %d bytes: %v", c, n, err)
			}
			if n, err := r.Read(make([]byte, 1)); n != 0 || err == nil {
				t.Errorf("%s goes on after a fault", c)
			}
		}
	}
}

// An event that was flushed is there before the next one is written.
func TestWhatWasFlushedIsThere(t *testing.T) {
	for c := Gzip; c <= Zstd; c++ {
		t.Run(c.String(), func(t *testing.T) {
			in, out := io.Pipe()
			r := NewReader(in, []Coding{c}, wide)
			next := make(chan bool)
			go func() {
				w := encoder(c, out)
				for range 3 {
					io.WriteString(w, "data: one event\n\n")
					w.Flush()
					<-next
				}
				w.Close()
				out.Close()
			}()
			for range 3 {
				event := make([]byte, len("data: one event\n\n"))
				if _, err := io.ReadFull(r, event); err != nil || string(event) != "data: one event\n\n" {
					t.Fatalf("%q, %v", event, err)
				}
				next <- true
			}
			if rest, err := io.ReadAll(r); err != nil || len(rest) != 0 {
				t.Errorf("%q, %v", rest, err)
			}
		})
	}
}

// FuzzDecode compares decoding what is held with decoding what streams: the two
// ways of a body through the gateway must be one.
func FuzzDecode(f *testing.F) {
	for c, text := range written {
		content, _ := hex.DecodeString(text)
		f.Add(content, uint8(c), uint8(c))
		f.Add(encode(f, content, c), uint8(c), uint8(c))
	}
	f.Fuzz(func(t *testing.T, content []byte, first, second uint8) {
		l := Limits{Encoded: 1 << 16, Decoded: 1 << 17}
		codings := []Coding{Coding(first % 4)}
		if second < 4 {
			codings = append(codings, Coding(second))
		}
		held, err := Decode(content, codings, l)
		if int64(len(held)) > l.Decoded || err != nil && held != nil {
			t.Fatalf("%d bytes, %v", len(held), err)
		}
		streamed, late := io.ReadAll(NewReader(bytes.NewReader(content), codings, l))
		if int64(len(streamed)) > l.Decoded {
			t.Fatalf("%d bytes streamed", len(streamed))
		}
		if err == nil && (late != nil || !bytes.Equal(held, streamed)) {
			t.Fatalf("held: %d bytes; streamed: %d, %v", len(held), len(streamed), late)
		}
		if err != nil && late == nil {
			t.Fatalf("held: %v; streamed: passes", err)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	text := []byte("[" + strings.Repeat(`{"id":1234,"name":"somebody","tags":["a","b"],"at":"2026-01-02T03:04:05Z"},`, 26) + "0]")
	for c := Gzip; c <= Zstd; c++ {
		coded := encode(b, text, c)
		b.Run(c.String(), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Decode(coded, []Coding{c}, wide); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDecodeLarge(b *testing.B) {
	var text bytes.Buffer
	for i := range 12_000 {
		text.WriteString(`{"id":` + strings.Repeat("7", i%9+1) + `,"name":"somebody ` + hex.EncodeToString([]byte{byte(i), byte(i >> 8), byte(i * 7)}) + `","at":"2026-01-02"},`)
	}
	for c := Gzip; c <= Zstd; c++ {
		coded := encode(b, text.Bytes(), c)
		b.Run(c.String(), func(b *testing.B) {
			b.SetBytes(int64(text.Len()))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Decode(coded, []Coding{c}, wide); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
