package http1

import (
	"bytes"
	"io"
	"testing"
	"testing/iotest"
)

// FuzzChunks: what is taken has one reading however it is cut, ends where it
// says, and is not longer than what came.
func FuzzChunks(f *testing.F) {
	for _, seed := range []string{
		"5\r\nhello\r\n0\r\n\r\nrest", "5;a=\"b\"\r\nhello\r\n0\r\nA: b\r\n\r\n", "0\r\n\r\n", "5\nhello\r\n0\r\n\r\n", "5 \r\nhello\r\n0\r\n\r\n", "ffffffffffffffff\r\n", "1\r\na\r\n1\r\nb\r\n00\r\n\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		first := reading(bytes.NewReader(text), framing{kind: byChunks})
		content, err := io.ReadAll(first)
		if len(content) > len(text) {
			t.Fatalf("%d bytes of %d", len(content), len(text))
		}
		second := reading(iotest.OneByteReader(bytes.NewReader(text)), framing{kind: byChunks})
		again, errAgain := io.ReadAll(second)
		if !bytes.Equal(content, again) || err != errAgain {
			t.Fatalf("%q, %v; in pieces %q, %v", content, err, again, errAgain)
		}
		if err != nil {
			return
		}
		rest, _ := io.ReadAll(first.in)
		restAgain, _ := io.ReadAll(second.in)
		if !bytes.Equal(rest, restAgain) || !bytes.HasSuffix(text, rest) {
			t.Fatalf("behind it is %q, in pieces %q", rest, restAgain)
		}
		if taken := text[:len(text)-len(rest)]; !bytes.HasSuffix(taken, []byte("\r\n\r\n")) {
			t.Fatalf("the end of %q was taken for one", taken)
		}
	})
}

// FuzzHead: a head that is taken is the same however it is cut.
func FuzzHead(f *testing.F) {
	for _, seed := range []string{
		"GET / HTTP/1.1\r\nHost: a\r\n\r\nrest", "\r\nPOST http://a/b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n", "GET / HTTP/1.0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "HTTP/1.0 200\r\nTransfer-Encoding: chunked\r\n\r\n", "GET / HTTP/1.1\r\nHost: [::1]:80\r\nA: b\r\n c\r\n\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, read := range []func(*head, *input) error{
			func(h *head, in *input) error { return h.readRequest(in, limits) },
			func(h *head, in *input) error { return h.readAnswer(in, limits) },
		} {
			var heads [2]head
			var errs [2]error
			var rests [2][]byte
			for i, source := range []io.Reader{bytes.NewReader(text), iotest.OneByteReader(bytes.NewReader(text))} {
				in := newInput(source, limits)
				if errs[i] = in.await(true); errs[i] == nil {
					errs[i] = read(&heads[i], in)
				}
				if errs[i] == nil {
					rests[i], _ = io.ReadAll(in)
				}
			}
			if errs[0] != errs[1] || !bytes.Equal(rests[0], rests[1]) {
				t.Fatalf("%v and %v; behind it %q and %q", errs[0], errs[1], rests[0], rests[1])
			}
			if errs[0] != nil {
				continue
			}
			one, other := heads[0], heads[1]
			if len(one.fields) != len(other.fields) {
				t.Fatalf("%q and %q", one.fields, other.fields)
			}
			for i := range one.fields {
				if one.fields[i] != other.fields[i] {
					t.Fatalf("%q and %q", one.fields, other.fields)
				}
			}
			if one.method != other.method || one.target != other.target || one.authority != other.authority || one.status != other.status {
				t.Fatalf("%+v and %+v", one, other)
			}
		}
	})
}
