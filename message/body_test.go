package message

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// source is a stream that knows whether it was closed.
type source struct {
	io.Reader
	closed bool
}

func (s *source) Close() error { s.closed = true; return nil }

func streamed(content string, length int64) (*Body, *source) {
	s := &source{Reader: iotest.OneByteReader(strings.NewReader(content))}
	return NewBody(s, length), s
}

func TestHold(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		name    string
		content io.Reader
		length  int64
		limit   int64
		want    string
		err     error
	}{
		{"within the limit", strings.NewReader("12345"), 5, 10, "12345", nil},
		{"as long as the limit", strings.NewReader("12345"), 5, 5, "12345", nil},
		{"of unknown length, as long as the limit", strings.NewReader("12345"), -1, 5, "12345", nil},
		{"of unknown length, a byte longer", strings.NewReader("123456"), -1, 5, "", ErrTooLarge},
		{"declared longer, not read", iotest.ErrReader(broken), 6, 5, "", ErrTooLarge},
		{"longer than declared", strings.NewReader("123456"), 3, 5, "", ErrTooLarge},
		{"empty", strings.NewReader(""), -1, 5, "", nil},
		{"with a limit of nothing", strings.NewReader("1"), -1, 0, "", ErrTooLarge},
		{"that breaks off", io.MultiReader(strings.NewReader("12"), iotest.ErrReader(broken)), -1, 5, "", broken},
		{"larger than the first buffer", strings.NewReader(strings.Repeat("a", 100_000)), -1, 1 << 20, strings.Repeat("a", 100_000), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := NewBody(io.NopCloser(c.content), c.length)
			got, err := b.Hold(c.limit, nil)
			if string(got) != c.want || !errors.Is(err, c.err) {
				t.Fatalf("Hold(%d) = %d bytes, %v; want %d, %v", c.limit, len(got), err, len(c.want), c.err)
			}
			if _, whole := b.Held(); whole != (c.err == nil) {
				t.Errorf("held is %v after %v", whole, err)
			}
			if c.err != nil {
				return
			}
			if b.Length != int64(len(c.want)) || b.Passed() != b.Length {
				t.Errorf("length %d, passed %d, want %d", b.Length, b.Passed(), len(c.want))
			}
			if again, err := b.Hold(c.limit, nil); string(again) != c.want || err != nil {
				t.Errorf("held again: %d bytes, %v", len(again), err)
			}
		})
	}
}

func TestHeldBodyIsPassedOnOnce(t *testing.T) {
	b, _ := streamed("content", -1)
	if _, err := b.Hold(100, nil); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(b); string(got) != "content" || err != nil {
		t.Fatalf("read %q, %v", got, err)
	}
	if n, err := b.Read(make([]byte, 8)); n != 0 || err != io.EOF {
		t.Errorf("read again: %d, %v; want the end", n, err)
	}
	b.Replace([]byte("other"))
	if got, err := io.ReadAll(b); string(got) != "other" || err != nil || b.Length != 5 {
		t.Errorf("replaced: read %q of length %d, %v", got, b.Length, err)
	}
	if _, err := b.Hold(4, nil); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a held body over a lower limit: %v, want ErrTooLarge", err)
	}
}

func TestBodyTooLargeToHoldCanBeStreamed(t *testing.T) {
	b, _ := streamed("longer than five", -1)
	if _, err := b.Hold(5, nil); !errors.Is(err, ErrTooLarge) {
		t.Fatalf("Hold: %v", err)
	}
	if b.Passed() != 6 {
		t.Errorf("%d bytes were read to find it too long, want 6", b.Passed())
	}
	if got, err := io.ReadAll(b); string(got) != "longer than five" || err != nil {
		t.Errorf("streamed %q, %v", got, err)
	}
	if b.Passed() != 16 {
		t.Errorf("passed %d, want 16", b.Passed())
	}
}

func TestEmpty(t *testing.T) {
	if !(*Body)(nil).Empty() || !BytesBody(nil).Empty() || BytesBody([]byte("a")).Empty() {
		t.Error("held bodies are empty without bytes only")
	}
	b, s := streamed("", 3)
	if b.Empty() || s.closed {
		t.Error("a declared length is believed")
	}
	b, _ = streamed("", -1)
	if !b.Empty() {
		t.Error("an unknown length without bytes is empty")
	}
	b, _ = streamed("abc", -1)
	for range 2 { // looking takes nothing away
		if b.Empty() {
			t.Error("an unknown length with bytes is not empty")
		}
	}
	if got, err := io.ReadAll(b); string(got) != "abc" || err != nil || b.Passed() != 3 {
		t.Errorf("looked at first, then read %q (passed %d), %v", got, b.Passed(), err)
	}
	b, _ = streamed("abc", -1)
	b.Empty()
	if got, err := b.Hold(3, nil); string(got) != "abc" || err != nil {
		t.Errorf("looked at first, then held %q, %v", got, err)
	}
	b = NewBody(io.NopCloser(iotest.ErrReader(io.ErrUnexpectedEOF)), -1)
	if b.Empty() {
		t.Error("a body that cannot be read is not known to be empty")
	}
}

func TestLimit(t *testing.T) {
	b, _ := streamed("12345", -1)
	b.Limit(5)
	if got, err := io.ReadAll(b); string(got) != "12345" || err != nil {
		t.Errorf("as long as the limit: %q, %v", got, err)
	}
	b, _ = streamed("123456", -1)
	b.Limit(5)
	if got, err := io.ReadAll(b); string(got) != "12345" || !errors.Is(err, ErrTooLarge) {
		t.Errorf("a byte longer: %q, %v; want ErrTooLarge", got, err)
	}
}

func TestWrap(t *testing.T) {
	b, s := streamed("secret", 6)
	b.Wrap(func(r io.Reader) io.Reader { return io.MultiReader(r, strings.NewReader("!")) })
	if got, err := io.ReadAll(b); string(got) != "secret!" || err != nil || b.Length != -1 {
		t.Errorf("read %q of length %d, %v", got, b.Length, err)
	}
	if err := b.Close(); err != nil || !s.closed {
		t.Errorf("closing the body leaves its stream open (%v)", err)
	}
}

// A body may have come held: what looks at a stream must see it all the same.
func TestWrapOfAHeldBody(t *testing.T) {
	s := &source{}
	b := HeldBody([]byte("secret"), s)
	if _, err := io.ReadFull(b, make([]byte, 2)); err != nil {
		t.Fatal(err)
	}
	b.Wrap(func(r io.Reader) io.Reader { return io.MultiReader(r, strings.NewReader("!")) })
	if _, held := b.Held(); held || b.Length != -1 {
		t.Errorf("held is %v, of length %d", held, b.Length)
	}
	if got, err := io.ReadAll(b); string(got) != "cret!" || err != nil {
		t.Errorf("read %q, %v", got, err)
	}
	if err := b.Close(); err != nil || !s.closed {
		t.Errorf("what it lay in is not given back (%v)", err)
	}
	s.closed = false
	if b.Close(); s.closed {
		t.Error("it is given back twice")
	}
	b, s = streamed("held later", -1)
	if _, err := b.Hold(100, nil); err != nil {
		t.Fatal(err)
	}
	b.Wrap(func(r io.Reader) io.Reader { return r })
	if got, err := io.ReadAll(b); string(got) != "held later" || err != nil {
		t.Errorf("read %q, %v", got, err)
	}
	if b.Close(); !s.closed {
		t.Error("closing the body leaves its stream open")
	}
}

func TestClose(t *testing.T) {
	if err := (*Body)(nil).Close(); err != nil || (*Body)(nil).Passed() != 0 {
		t.Error("no body closes without error and passes nothing")
	}
	if err := BytesBody([]byte("a")).Close(); err != nil {
		t.Error(err)
	}
	b, s := streamed("abc", -1)
	if _, err := b.Hold(3, nil); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil || !s.closed {
		t.Error("the stream of a body that is held was not closed")
	}
}

// Announcing a body takes no room: else a client that sends nothing could use
// up what all exchanges share.
func TestHoldClaimsWhatComesAndNotWhatIsAnnounced(t *testing.T) {
	claimed := int64(0)
	claim := func(n int64) error { claimed += n; return nil }
	b := NewBody(io.NopCloser(iotest.ErrReader(io.ErrUnexpectedEOF)), 1<<20)
	if _, err := b.Hold(1<<20, claim); !errors.Is(err, io.ErrUnexpectedEOF) || claimed > 16<<10 {
		t.Errorf("%d bytes are claimed for a body of which none came, %v", claimed, err)
	}
	claimed = 0
	b = NewBody(io.NopCloser(strings.NewReader(strings.Repeat("a", 1<<20))), 1<<20)
	if content, err := b.Hold(1<<20, claim); len(content) != 1<<20 || err != nil || claimed != 1<<20 {
		t.Errorf("%d bytes are claimed for a mebibyte, %v", claimed, err)
	}
	refused := errors.New("no room")
	b = NewBody(io.NopCloser(strings.NewReader("abc")), 3)
	if _, err := b.Hold(3, func(int64) error { return refused }); !errors.Is(err, refused) {
		t.Errorf("held without room: %v", err)
	}
}

// behind is a stream with a trailer.
type behind struct{ *source }

func (behind) Trailers() Fields { return Fields{{Name: "Sum", Value: "1"}} }

func TestTrailers(t *testing.T) {
	made := func() *Body {
		_, s := streamed("12345", -1)
		return NewBody(behind{s}, -1)
	}
	for name, c := range map[string]struct {
		does func(*Body)
		want int
	}{
		"as it came": {func(*Body) {}, 1},
		"held":       {func(b *Body) { _, _ = b.Hold(10, nil) }, 1},
		"replaced":   {func(b *Body) { b.Replace([]byte("1")) }, 0},
		"dropped":    {(*Body).DropTrailers, 0},
		"filtered":   {func(b *Body) { b.FilterTrailers(func(name string) bool { return name == "Sum" }) }, 1},
		"all gone":   {func(b *Body) { b.FilterTrailers(func(name string) bool { return name != "Sum" }) }, 0},
		"wrapped":    {func(b *Body) { b.Wrap(func(r io.Reader) io.Reader { return r }) }, 0},
	} {
		b := made()
		c.does(b)
		if got := b.Trailers(); len(got) != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	for _, b := range []*Body{nil, BytesBody(nil), HeldBody(nil, nil)} {
		if got := b.Trailers(); got != nil {
			t.Errorf("%v", got)
		}
	}
}

func TestHeldBodyIsGivenBackOnce(t *testing.T) {
	if b := HeldBody([]byte("12345"), nil); b.Unclaimed() != 5 || b.Unclaimed() != 0 {
		t.Error("it is claimed once")
	}
	times := 0
	b := HeldBody([]byte("12345"), closing(func() error { times++; return nil }))
	b.Replace([]byte("1234")) // where it lay is given back all the same
	for range 2 {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}
	if times != 1 {
		t.Errorf("given back %d times", times)
	}
	if err := HeldBody(nil, nil).Close(); err != nil {
		t.Error(err)
	}
}

type closing func() error

func (c closing) Close() error { return c() }

// TestBodyTellsHowItEnded: to whoever comes after the one that read it.
func TestBodyTellsHowItEnded(t *testing.T) {
	whole := NewBody(io.NopCloser(strings.NewReader("abc")), -1)
	if whole.Complete() || whole.Broken() != nil {
		t.Error("nothing was read, and it has ended")
	}
	if _, err := io.ReadAll(whole); err != nil || !whole.Complete() || whole.Broken() != nil {
		t.Errorf("it was read to its end: %v, %v, %v", err, whole.Complete(), whole.Broken())
	}
	measured := NewBody(io.NopCloser(strings.NewReader("abc")), 3)
	if _, err := io.ReadFull(measured, make([]byte, 3)); err != nil || !measured.Complete() {
		t.Error("all that was declared has come")
	}
	cut := errors.New("cut")
	for name, read := range map[string]func(*Body) error{
		"streamed": func(b *Body) error { _, err := io.ReadAll(b); return err },
		"held":     func(b *Body) error { _, err := b.Hold(100, nil); return err },
	} {
		b := NewBody(io.NopCloser(io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(cut))), -1)
		if err := read(b); !errors.Is(err, cut) || b.Broken() != cut || b.Complete() {
			t.Errorf("%s: %v, %v, %v", name, err, b.Broken(), b.Complete())
		}
	}
	if none := (*Body)(nil); !none.Complete() || none.Broken() != nil || !BytesBody(nil).Complete() {
		t.Error("nothing is left to come of none")
	}
}

func TestTakesTrailers(t *testing.T) {
	for value, want := range map[string]bool{"trailers": true, "gzip, Trailers": true, "gzip,\ttrailers ": true, "": false, "trailer": false, "gzip;q=trailers": false} {
		if got := (&Request{Fields: Fields{{"TE", value}}}).TakesTrailers(); got != want {
			t.Errorf("TE: %q: %v", value, got)
		}
	}
}
