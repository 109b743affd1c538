package http1

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"sallyport/message"
)

var limits = Limits{Target: 100, Fields: 300, Count: 5}

// request reads one head as a server does. LF stands for CRLF, so that tests
// are read easily; \r and \x0a written out stay.
func request(text string) (*head, *input, error) {
	in := newInput(strings.NewReader(text), limits)
	if err := in.await(true); err != nil {
		return nil, in, err
	}
	h := new(head)
	return h, in, h.readRequest(in, limits)
}

func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

func TestRequestHead(t *testing.T) {
	h, in, err := request(crlf("POST /a?b=%20&c HTTP/1.1\nHost: api.example:80\nA-b:  c d\t\nEmpty:\nx: \x80\xff\n\nrest"))
	if err != nil {
		t.Fatal(err)
	}
	if h.method != "POST" || h.target != "/a?b=%20&c" || h.minor != '1' || h.authority != "api.example:80" {
		t.Errorf("%q %q %c %q", h.method, h.target, h.minor, h.authority)
	}
	want := message.Fields{{Name: "A-b", Value: "c d"}, {Name: "Empty"}, {Name: "x", Value: "\x80\xff"}}
	if len(h.fields) != len(want) {
		t.Fatalf("fields %q", h.fields)
	}
	for i := range want {
		if h.fields[i] != want[i] {
			t.Errorf("field %q, want %q", h.fields[i], want[i])
		}
	}
	if string(in.unread()) != "rest" {
		t.Errorf("behind it is %q", in.unread())
	}
}

// TestRefusedHeads: RFC 9112 by its sections, each with the fault that is meant.
func TestRefusedHeads(t *testing.T) {
	const get = "GET / HTTP/1.1\n"
	for _, c := range []struct {
		section, name, text string
		want                error
	}{
		{"2.2", "bare LF behind the request line", "GET / HTTP/1.1\x00\nHost: a\n\n", errRequestLine},
		{"2.2", "two empty lines before", "\n\nGET / HTTP/1.1\nHost: a\n\n", errEmptyLine},
		{"2.2", "space before the request line", " GET / HTTP/1.1\nHost: a\n\n", errEmptyLine},
		{"2.2", "space behind the request line", get + " Host: a\n\n", errFold},
		{"2.2", "a handshake of TLS", "\x16\x03\x01\x02\x00\x01", errEmptyLine},
		{"2.3", "another major version", "GET / HTTP/2.0\nHost: a\n\n", errVersion},
		{"2.3", "another minor version", "GET / HTTP/1.2\nHost: a\n\n", errVersion},
		{"2.3", "the preface of HTTP/2", "PRI * HTTP/2.0\n\nSM\n\n", errVersion},
		{"2.3", "a version in small letters", "GET / http/1.1\nHost: a\n\n", errRequestLine},
		{"2.3", "a version with a long number", "GET / HTTP/1.10\nHost: a\n\n", errRequestLine},
		{"2.3", "a version with a leading zero", "GET / HTTP/01.1\nHost: a\n\n", errRequestLine},
		{"2.3", "HTTP/0.9", "GET /\n\n", errRequestLine},
		{"2.3", "another protocol", "GET / ICE/1.0\nHost: a\n\n", errRequestLine},
		{"3", "two spaces behind the method", "GET  / HTTP/1.1\nHost: a\n\n", errRequestLine},
		{"3", "two spaces behind the target", "GET /  HTTP/1.1\nHost: a\n\n", errRequestLine},
		{"3", "a tab behind the method", "GET\t/ HTTP/1.1\nHost: a\n\n", errRequestLine},
		{"3", "space behind the version", "GET / HTTP/1.1 \nHost: a\n\n", errRequestLine},
		{"3", "space in the target", "GET /a b HTTP/1.1\nHost: a\n\n", errRequestLine},
		{"3", "no version", "GET / \nHost: a\n\n", errRequestLine},
		{"3", "a target too long", "GET /" + strings.Repeat("a", 100) + " HTTP/1.1\nHost: a\n\n", errTargetLong},
		{"3", "a line without end", "GET /" + strings.Repeat("a", 1000), errTargetLong},
		{"3.1", "a method that is no token", "GE(T / HTTP/1.1\nHost: a\n\n", errRequestLine},
		{"3.1", "a method too long", strings.Repeat("A", 41) + " / HTTP/1.1\nHost: a\n\n", errMethod},
		{"3.2", "no Host", get + "A: b\n\n", errHostCount},
		{"3.2", "two Hosts", get + "Host: a\nHost: a\n\n", errHostCount},
		{"3.2", "two Hosts in HTTP/1.0", "GET / HTTP/1.0\nHost: a\nHost: b\n\n", errHostCount},
		{"3.2", "an empty Host", get + "Host:\n\n", errHost},
		{"3.2", "a Host with a path", get + "Host: a/b\n\n", errHost},
		{"3.2", "a Host with a user", get + "Host: u@a\n\n", errHost},
		{"3.2", "two hosts in one field", get + "Host: a, b\n\n", errHost},
		{"3.2", "a port that is no number", get + "Host: a:8o\n\n", errHost},
		{"3.2", "a port too long", get + "Host: a:123456\n\n", errHost},
		{"3.2", "no host before the port", get + "Host: :80\n\n", errHost},
		{"3.2", "an open bracket", get + "Host: [::1\n\n", errHost},
		{"3.2", "brackets around nothing", get + "Host: []\n\n", errHost},
		{"3.2", "something behind the bracket", get + "Host: [::1]a\n\n", errHost},
		{"3.2", "a zone", get + "Host: [fe80::1%25lo]\n\n", errHost},
		{"3.2", "a fragment", "GET /a#b HTTP/1.1\nHost: a\n\n", errTarget},
		{"3.2", "bytes beyond ASCII", "GET /\xc3\xa9 HTTP/1.1\nHost: a\n\n", errTarget},
		{"3.2", "a control character", "GET /a\x01b HTTP/1.1\nHost: a\n\n", errTarget},
		{"3.2.1", "a relative target", "GET a HTTP/1.1\nHost: a\n\n", errTarget},
		{"3.2.2", "another host in the target", "GET http://b/ HTTP/1.1\nHost: a\n\n", errHostOther},
		{"3.2.2", "the port of another scheme in the target", "GET http://a:443/ HTTP/1.1\nHost: a\n\n", errHostOther},
		{"3.2.2", "another port in the target", "GET http://a:81/ HTTP/1.1\nHost: a\n\n", errHostOther},
		{"3.2.2", "a user in the target", "GET http://u@a/ HTTP/1.1\nHost: a\n\n", errTarget},
		{"3.2.2", "no host in the target", "GET http:///a HTTP/1.1\nHost: a\n\n", errTarget},
		{"3.2.2", "another scheme", "GET ftp://a/ HTTP/1.1\nHost: a\n\n", errTarget},
		{"3.2.3", "a tunnel", "CONNECT a:443 HTTP/1.1\nHost: a:443\n\n", errTarget},
		{"3.2.3", "a tunnel to a path", "CONNECT /a HTTP/1.1\nHost: a\n\n", errTarget},
		{"3.2.3", "authority-form of another method", "GET a:443 HTTP/1.1\nHost: a:443\n\n", errTarget},
		{"3.2.4", "an asterisk of another method", "GET * HTTP/1.1\nHost: a\n\n", errTarget},
		{"5", "no colon", get + "Host: a\nnonsense\n\n", errName},
		{"5", "no name", get + "Host: a\n: b\n\n", errName},
		{"5", "a control character in a name", get + "Host: a\nA\x01: b\n\n", errName},
		{"5", "a letter beyond ASCII in a name", get + "Host: a\nA\xc3\xa9: b\n\n", errName},
		{"5.1", "space before the colon", get + "Host: a\nContent-Length : 5\n\n", errName},
		{"5.1", "a tab before the colon", get + "Host: a\nTransfer-Encoding\t: chunked\n\n", errName},
		{"5.2", "a folded line", get + "Host: a\nA: b\n c\n\n", errFold},
		{"5.2", "a line folded by a tab", get + "Host: a\nA: b\n\tc\n\n", errFold},
		{"5.2", "a folded first line", get + " A: b\nHost: a\n\n", errFold},
		{"5.4", "too many fields", get + "Host: a\nA: b\nA: b\nA: b\nA: b\nA: b\n\n", errFieldsMany},
		{"5.4", "fields too long", get + "Host: a\nA: " + strings.Repeat("b", 400) + "\n\n", errFieldsLong},
		{"5.4", "fields without end", get + "Host: a\nA: " + strings.Repeat("b", 1000), errFieldsLong},
		{"5.4", "fields too long together", get + "Host: a\nA:" + strings.Repeat("b", 299) + "\n\n", errFieldsLong},
		{"9110 5.5", "NUL in a value", get + "Host: a\nA: b\x00c\n\n", errValue},
		{"9110 5.5", "a control character in a value", get + "Host: a\nA: b\x0bc\n\n", errValue},
		{"9110 5.5", "DEL in a value", get + "Host: a\nA: b\x7fc\n\n", errValue},
		{"9110 5.5", "a bare CR in a value", get + "Host: a\nA: b\rC: d\n\n", errValue},
		{"9110 5.5", "a bare CR at the end of a value", get + "Host: a\nA: b\r\n\n", errValue},
		{"9110 10.1.1", "another expectation", get + "Host: a\nExpect: 200-ok\n\n", errExpect},
	} {
		t.Run(c.section+" "+c.name, func(t *testing.T) {
			if _, _, err := request(crlf(c.text)); err != c.want {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}

// TestBareLineEnds: what crlf would mend.
func TestBareLineEnds(t *testing.T) {
	for _, text := range []string{
		"GET / HTTP/1.1\nHost: a\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\n\n",
		"GET / HTTP/1.1\r\nHost: a\n\n",
		"GET / HTTP/1.1\r\nHost: a\r\nA: b\nContent-Length: 5\r\n\r\n",
		"GET / HTTP/1.1\n",
		"\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"\rGET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET / HTTP/1.1\rHost: a\r\n\r\n",
		"GET / HTTP/1.1\r\n\rHost: a\r\n\r\n",
	} {
		if _, _, err := request(text); !errors.As(err, new(*Fault)) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestTakenHeads(t *testing.T) {
	for _, c := range []struct{ name, text, target, authority string }{
		{"an empty line before", "\nGET / HTTP/1.1\nHost: a\n\n", "/", "a"},
		{"HTTP/1.0 without Host", "GET /a HTTP/1.0\n\n", "/a", ""},
		{"HTTP/1.0 with a host in the target", "GET http://a.example/b HTTP/1.0\n\n", "http://a.example/b", "a.example"},
		{"absolute form", "GET http://A/b HTTP/1.1\nHost: a\n\n", "http://A/b", "A"},
		{"absolute form with its port", "GET HTTP://A:80/b HTTP/1.1\nHost: a\n\n", "HTTP://A:80/b", "A:80"},
		{"absolute form beside the port", "GET https://a/b HTTP/1.1\nHost: a:443\n\n", "https://a/b", "a"},
		{"absolute form without a path", "GET HTTPS://a:8443?b HTTP/1.1\nHost: a:8443\n\n", "HTTPS://a:8443?b", "a:8443"},
		{"a path that looks absolute", "GET /http://b/ HTTP/1.1\nHost: a\n\n", "/http://b/", "a"},
		{"an asterisk", "OPTIONS * HTTP/1.1\nHost: a\n\n", "*", "a"},
		{"an address", "GET / HTTP/1.1\nHost: [::ffff:1.2.3.4]:80\n\n", "/", "[::ffff:1.2.3.4]:80"},
		{"a port that is empty", "GET / HTTP/1.1\nHost: a:\n\n", "/", "a:"},
		{"Host in other letters, last", "GET / HTTP/1.1\nA: b\nhOST:\ta \n\n", "/", "a"},
		{"a method of one's own", "x-do!it / HTTP/1.1\nHost: a\n\n", "/", "a"},
		{"as many fields as may be", "GET / HTTP/1.1\nHost: a\nA: b\nA: b\nA: b\nA: b\n\n", "/", "a"},
		{"a target as long as may be", "GET /" + strings.Repeat("a", 99) + " HTTP/1.1\nHost: a\n\n", "/" + strings.Repeat("a", 99), "a"},
		{"fields as long as may be", "GET / HTTP/1.1\nHost: a\nA: " + strings.Repeat("b", 294) + "\n\n", "/", "a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h, _, err := request(crlf(c.text))
			if err != nil {
				t.Fatal(err)
			}
			if h.target != c.target || h.authority != c.authority {
				t.Errorf("%q at %q, want %q at %q", h.target, h.authority, c.target, c.authority)
			}
		})
	}
}

func TestEndsOfInput(t *testing.T) {
	for text, want := range map[string]error{
		"": io.EOF, "\r\n": io.EOF, "\r": io.EOF, "G": io.ErrUnexpectedEOF, "GET / HTTP/1.1\r\nHost: a\r\n\r": io.ErrUnexpectedEOF,
	} {
		if _, _, err := request(text); err != want {
			t.Errorf("%q: %v, want %v", text, err, want)
		}
	}
}

func TestConnectionOptions(t *testing.T) {
	for text, want := range map[string]bool{
		"1.1\n": true, "1.1\nConnection: close": false, "1.1\nConnection: a, CLOSE ,b": false, "1.1\nConnection: a\nConnection: close": false,
		"1.1\nConnection: closed": true, "1.0\n": false, "1.0\nConnection: Keep-Alive": true, "1.0\nConnection: keep-alive, close": false,
	} {
		h, _, err := request(crlf("GET / HTTP/" + strings.TrimSuffix(text, "\n") + "\nHost: a\n\n"))
		if err != nil {
			t.Fatal(err)
		}
		if h.persistent() != want {
			t.Errorf("%q: persistent is %v", text, h.persistent())
		}
	}
}

func answer(text string) (*head, *input, error) {
	in := newInput(strings.NewReader(text), limits)
	h := new(head)
	if err := in.await(false); err != nil {
		return h, in, err
	}
	return h, in, h.readAnswer(in, limits)
}

func TestAnswerHead(t *testing.T) {
	for _, line := range []string{"HTTP/1.1 299 A \xe9 reason", "HTTP/1.1 299 ", "HTTP/1.1 299", "HTTP/1.0 299 OK"} {
		h, _, err := answer(line + "\r\nHost: a\r\nContent-Length: 3\r\nConnection: X, close\r\nA: b\r\n\r\n")
		if err != nil {
			t.Errorf("%q: %v", line, err)
			continue
		}
		if h.status != 299 || h.fields.Joined("Connection") != "X, close" || h.fields.Get("Host") != "a" || h.fields.Has("Content-Length") || h.declared() != 3 || h.persistent() {
			t.Errorf("%q: %+v", line, h)
		}
	}
	for _, line := range []string{
		"HTTP/1.1 20 OK", "HTTP/1.1 2000 OK", "HTTP/1.1  200 OK", "HTTP/1.1\t200 OK", "HTTP/1.1 +20 OK", "HTTP/1.1 099 OK", "HTTP/1.1 200\tOK",
		"HTTP/1.1 200 O\x00K", "HTTP/1.1 200 O\rK", "HTTP/2.0 200 OK", "http/1.1 200 OK", "HTTP/1.1 200OK", "HTTP/1.1", "ICY 200 OK",
	} {
		if _, _, err := answer(line + "\r\n\r\n"); err != errStatusLine {
			t.Errorf("%q: %v", line, err)
		}
	}
	for _, text := range []string{"HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", "HTTP/1.1 200 OK\nA: b\r\n\r\n", "\r\nHTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nA : b\r\n\r\n"} {
		if _, _, err := answer(text); !errors.As(err, new(*Fault)) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestHeadsInPieces: however a head is cut, it is the same head.
func TestHeadsInPieces(t *testing.T) {
	const text = "\r\nGET /a HTTP/1.1\r\nHost: a\r\nA: b\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n"
	in := newInput(iotest.OneByteReader(strings.NewReader(text)), limits)
	h := new(head)
	for _, target := range []string{"/a", "/b"} {
		if err := in.await(true); err != nil {
			t.Fatal(err)
		}
		if err := h.readRequest(in, limits); err != nil || h.target != target {
			t.Errorf("%q, %v", h.target, err)
		}
	}
	if err := in.await(true); err != io.EOF {
		t.Error(err)
	}
}

func TestHeadAllocatesItsTextAlone(t *testing.T) {
	text := crlf("GET /accounts/42?a=b HTTP/1.1\nHost: api.example\nUser-Agent: probe/1\nAccept: */*\nAuthorization: Bearer abc\n\n")
	source := strings.NewReader(text)
	in, h := newInput(source, limits), new(head)
	h.fields = make(message.Fields, 0, 8)
	if n := testing.AllocsPerRun(100, func() {
		source.Reset(text)
		if err := in.await(true); err != nil {
			t.Fatal(err)
		}
		if err := h.readRequest(in, limits); err != nil {
			t.Fatal(err)
		}
	}); n != 1 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkRequestHead(b *testing.B) {
	text := crlf("GET /accounts/42?a=b HTTP/1.1\nHost: api.example\nUser-Agent: probe/1\nAccept: */*\nAuthorization: Bearer abc\n\n")
	source := strings.NewReader(text)
	in, h := newInput(source, limits), new(head)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		source.Reset(text)
		if err := in.await(true); err != nil {
			b.Fatal(err)
		}
		if err := h.readRequest(in, limits); err != nil {
			b.Fatal(err)
		}
	}
}
