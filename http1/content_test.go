package http1

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestFraming(t *testing.T) {
	for _, c := range []struct {
		fields string
		want   framing
		err    error
	}{
		{"", framing{}, nil},
		{"Content-Length: 0", framing{}, nil},
		{"Content-Length: 5", framing{length: 5}, nil},
		{"content-LENGTH:\t005 ", framing{length: 5}, nil},
		{"Content-Length: 999999999999999999", framing{length: 999999999999999999}, nil},
		{"Transfer-Encoding: chunked", framing{kind: byChunks}, nil},
		{"transfer-encoding: Chunked", framing{kind: byChunks}, nil},
		{"Content-Length: 5\nTransfer-Encoding: chunked", framing{}, errTwoLengths},
		{"Transfer-Encoding: chunked\nContent-Length: 5", framing{}, errTwoLengths},
		{"Transfer-Encoding:\nContent-Length: 5", framing{}, errTwoLengths},
		{"Content-Length: 5\nContent-Length: 6", framing{}, errLength},
		{"Content-Length: 5\nContent-Length: 5", framing{}, errLength},
		{"Content-Length: 5, 5", framing{}, errLength},
		{"Content-Length:", framing{}, errLength},
		{"Content-Length: +5", framing{}, errLength},
		{"Content-Length: -5", framing{}, errLength},
		{"Content-Length: 0x5", framing{}, errLength},
		{"Content-Length: 1_0", framing{}, errLength},
		{"Content-Length: 5 5", framing{}, errLength},
		{"Content-Length: 5.0", framing{}, errLength},
		{"Content-Length: \"5\"", framing{}, errLength},
		{"Content-Length: \xd9\xa5", framing{}, errLength},
		{"Content-Length: 1000000000000000000", framing{}, errLength},
		{"Transfer-Encoding:", framing{}, errCoding},
		{"Transfer-Encoding: identity", framing{}, errCoding},
		{"Transfer-Encoding: xchunked", framing{}, errCoding},
		{"Transfer-Encoding: chunked,", framing{}, errCoding},
		{"Transfer-Encoding: , chunked", framing{}, errCoding},
		{"Transfer-Encoding: chunked, chunked", framing{}, errCoding},
		{"Transfer-Encoding: gzip, chunked", framing{}, errCoding},
		{"Transfer-Encoding: chunked;q=1", framing{}, errCoding},
		{"Transfer-Encoding: \"chunked\"", framing{}, errCoding},
		{"Transfer-Encoding: chun\xe2\x84\xaaed", framing{}, errCoding},
		{"Transfer-Encoding: chunked\nTransfer-Encoding: chunked", framing{}, errCoding},
		{"Transfer-Encoding: chunked\nTransfer-Encoding: identity", framing{}, errCoding},
	} {
		for _, line := range []string{"POST / HTTP/1.1\nHost: a\n", "HTTP/1.1 200 OK\n"} {
			text := line + c.fields + "\n\n"
			if c.fields == "" {
				text = line + "\n"
			}
			read, want := request, c.want
			if line[0] == 'H' {
				read = answer
				if c.fields == "" {
					want = framing{kind: byClose}
				}
			}
			h, _, err := read(crlf(text))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := h.frame("GET"); got != want || err != c.err {
				t.Errorf("%q: %v, %v; want %v, %v", text, got, err, want, c.err)
			}
		}
	}
	h, _, _ := request(crlf("POST / HTTP/1.0\nTransfer-Encoding: chunked\n\n"))
	if _, err := h.frame(""); err != errCodingOld {
		t.Error(err)
	}
}

func TestFramingOfAnswersWithoutContent(t *testing.T) {
	for _, c := range []struct{ method, text string }{
		{"HEAD", "HTTP/1.1 200 OK\nContent-Length: 7\n\n"}, {"GET", "HTTP/1.1 304 Not Modified\nTransfer-Encoding: chunked\n\n"},
		{"GET", "HTTP/1.1 204 No Content\nContent-Length: 7\n\n"}, {"GET", "HTTP/1.1 103 Early Hints\n\n"},
	} {
		h, _, err := answer(crlf(c.text))
		if err != nil {
			t.Fatal(err)
		}
		if f, err := h.frame(c.method); f != (framing{}) || err != nil {
			t.Errorf("%q: %v, %v", c.text, f, err)
		}
	}
	h, _, _ := answer(crlf("HTTP/1.1 200 OK\nContent-Length: 7\nTransfer-Encoding: chunked\n\n"))
	if _, err := h.frame("HEAD"); err != errTwoLengths {
		t.Errorf("what is faulty is so without content too: %v", err)
	}
}

func reading(source io.Reader, f framing) *content {
	c := new(content)
	c.begin(newInput(source, limits), f, limits)
	return c
}

func TestContentOfALength(t *testing.T) {
	for _, source := range []io.Reader{strings.NewReader("12345rest"), iotest.OneByteReader(strings.NewReader("12345rest"))} {
		c := reading(source, framing{length: 5})
		if c.complete() {
			t.Error("complete before it was read")
		}
		if got, err := io.ReadAll(c); string(got) != "12345" || err != nil || !c.complete() {
			t.Errorf("%q, %v", got, err)
		}
		rest := make([]byte, 4)
		if _, err := io.ReadFull(c.in, rest); string(rest) != "rest" || err != nil {
			t.Errorf("behind it is %q, %v", rest, err)
		}
	}
	c := reading(strings.NewReader("123"), framing{length: 5})
	if got, err := io.ReadAll(c); string(got) != "123" || err != io.ErrUnexpectedEOF || c.complete() {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := c.Read(make([]byte, 1)); err != io.ErrUnexpectedEOF {
		t.Errorf("the error does not stay: %v", err)
	}
	if c := reading(strings.NewReader("next"), framing{}); !c.complete() {
		t.Error("without content it is not complete")
	}
}

func TestContentToTheEnd(t *testing.T) {
	c := reading(strings.NewReader("12345"), framing{kind: byClose})
	if got, err := io.ReadAll(c); string(got) != "12345" || err != nil || c.complete() {
		t.Errorf("%q, %v", got, err)
	}
}

func TestChunks(t *testing.T) {
	for name, c := range map[string]struct{ text, content, trailers string }{
		"one":                       {"5\nhello\n0\n\n", "hello", ""},
		"several":                   {"5\nhello\n06\n world\n0\n\n", "hello world", ""},
		"none":                      {"0\n\n", "", ""},
		"many zeros":                {"000000000000005\nhello\n000\n\n", "hello", ""},
		"letters of both kinds":     {"a\n0123456789\nA\n0123456789\n0\n\n", "01234567890123456789", ""},
		"extensions":                {"5;a;b=c;d=\"e;\\\"f\"\nhello\n0;g\n\n", "hello", ""},
		"trailers":                  {"5\nhello\n0\nA: b\nC-Sum: 1\n\n", "hello", "A=b C-Sum=1"},
		"what looks like an ending": {"7\n\r\n0\r\n\r\n\n0\n\n", "\r\n0\r\n\r\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.ReplaceAll(strings.ReplaceAll(c.text, "\r\n", "\x00"), "\n", "\r\n")
			text = strings.ReplaceAll(text, "\x00", "\r\n") + "rest"
			for _, source := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text)), iotest.HalfReader(strings.NewReader(text))} {
				body := reading(source, framing{kind: byChunks})
				got, err := io.ReadAll(body)
				if string(got) != c.content || err != nil || !body.complete() {
					t.Errorf("%q, %v", got, err)
				}
				var trailers []string
				for _, f := range body.trailers() {
					trailers = append(trailers, f.Name+"="+f.Value)
				}
				if got := strings.Join(trailers, " "); got != c.trailers {
					t.Errorf("trailers %q", got)
				}
				if rest, _ := io.ReadAll(body.in); string(rest) != "rest" {
					t.Errorf("behind it is %q", rest)
				}
			}
		})
	}
}

func TestRefusedChunks(t *testing.T) {
	long := ";a=" + strings.Repeat("b", 500)
	for _, c := range []struct {
		name, text string
		want       error
	}{
		{"no size", "\nhello\n0\n\n", errChunkSize},
		{"no size but an extension", ";a\nhello\n0\n\n", errChunkSize},
		{"a sign", "+5\nhello\n0\n\n", errChunkSize},
		{"a negative size", "-5\nhello\n0\n\n", errChunkSize},
		{"a prefix", "0x5\nhello\n0\n\n", errChunkSize},
		{"an underscore", "0_5\nhello\n0\n\n", errChunkSize},
		{"space before", " 5\nhello\n0\n\n", errChunkSize},
		{"space behind", "5 \nhello\n0\n\n", errChunkSize},
		{"a tab behind", "5\t\nhello\n0\n\n", errChunkSize},
		{"space before an extension", "5 ;a\nhello\n0\n\n", errChunkSize},
		{"a NUL behind", "5\x00\nhello\n0\n\n", errChunkSize},
		{"a bare CR behind", "5\r;a\nhello\n0\n\n", errChunkSize},
		{"16 digits", "0000000000000005\nhello\n0\n\n", errChunkSize},
		{"a size beyond 64 bits", "10000000000000005\nhello\n0\n\n", errChunkSize},
		{"no hexadecimal number", "g\nhello\n0\n\n", errChunkSize},
		{"a line without end", strings.Repeat("0", 1000), errChunkSize},
		{"an extension without name", "5;\nhello\n0\n\n", errExtension},
		{"an extension with space", "5; a\nhello\n0\n\n", errExtension},
		{"an extension without value", "5;a=\nhello\n0\n\n", errExtension},
		{"an extension with an open quote", "5;a=\"b\nhello\n0\n\n", errExtension},
		{"an extension with an open escape", "5;a=\"b\\\nhello\n0\n\n", errExtension},
		{"something behind a quote", "5;a=\"b\"c\nhello\n0\n\n", errExtension},
		{"a control character in a quote", "5;a=\"\x01\"\nhello\n0\n\n", errExtension},
		{"a bare CR in a quote", "5;a=\"\r\"\nhello\n0\n\n", errExtension},
		{"extensions too long together", strings.Repeat("1"+long+"\na\n", 20) + "0\n\n", errExtensions},
		{"data too short", "5\nhell\n0\n\n", errChunkEnd},
		{"data too long", "5\nhello!\n0\n\n", errChunkEnd},
		{"no end of the data", "5\nhello0\n\n", errChunkEnd},
		{"a length among the trailers", "0\nContent-Length: 5\n\n", errTrailer},
		{"a coding among the trailers", "0\nTransfer-Encoding: chunked\n\n", errTrailer},
		{"a host among the trailers", "0\nHost: b\n\n", errTrailer},
		{"options among the trailers", "0\nConnection: close\n\n", errTrailer},
		{"a trailer that is folded", "0\nA: b\n c\n\n", errFold},
		{"a trailer without colon", "0\nGET / HTTP/1.1\n\n", errName},
		{"trailers too long", "0\nA: " + strings.Repeat("b", 1000) + "\n\n", errFieldsLong},
		{"trailers too many", "0\n" + strings.Repeat("A: b\n", 6) + "\n", errFieldsMany},
		{"the end of the connection before a size", "", io.ErrUnexpectedEOF},
		{"the end of the connection in data", "5\nhell", io.ErrUnexpectedEOF},
		{"the end of the connection behind data", "5\nhello", io.ErrUnexpectedEOF},
		{"the end of the connection before the last chunk", "5\nhello\n", io.ErrUnexpectedEOF},
		{"the end of the connection before the last line", "5\nhello\n0\n", io.ErrUnexpectedEOF},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, source := range []io.Reader{strings.NewReader(crlf(c.text)), iotest.OneByteReader(strings.NewReader(crlf(c.text)))} {
				body := reading(source, framing{kind: byChunks})
				if _, err := io.ReadAll(body); err != c.want || body.complete() {
					t.Errorf("%v, want %v", err, c.want)
				}
			}
		})
	}
	for _, text := range []string{"5\nhello\r\n0\r\n\r\n", "5\r\nhello\n0\r\n\r\n", "5\r\nhello\r\n0\n\r\n", "5\r\nhello\r\n0\r\n\n", "5\r\nhello\r0\r\n\r\n", "5\rhello\r\n0\r\n\r\n"} {
		if _, err := io.ReadAll(reading(strings.NewReader(text), framing{kind: byChunks})); !errors.As(err, new(*Fault)) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestEventIsNotHeldBack: a chunk is handed on though the line behind it has
// come by half.
func TestEventIsNotHeldBack(t *testing.T) {
	for _, behind := range []string{"", "\r", "\r\n", "\r\n0", "\r\n0\r\n"} {
		in, out := io.Pipe()
		go out.Write([]byte("5\r\nevent" + behind))
		p := make([]byte, 100)
		if n, err := reading(in, framing{kind: byChunks}).Read(p); string(p[:n]) != "event" || err != nil {
			t.Errorf("%q, %v", p[:n], err)
		}
		in.Close()
	}
}

func TestLargeContentPassesTheBufferBy(t *testing.T) {
	large := bytes.Repeat([]byte("0123456789abcdef"), 1<<12)
	c := reading(io.MultiReader(bytes.NewReader(large[:100]), bytes.NewReader(large[100:]), strings.NewReader("rest")), framing{length: int64(len(large))})
	got, err := io.ReadAll(c)
	if !bytes.Equal(got, large) || err != nil || len(c.in.buffer) != firstBuffer {
		t.Errorf("%d bytes, %v, a buffer of %d", len(got), err, len(c.in.buffer))
	}
	if rest, _ := io.ReadAll(c.in); string(rest) != "rest" {
		t.Errorf("behind it is %q", rest)
	}
}
