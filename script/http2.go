package script

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"

	"sallyport/message"
	"sallyport/source"
)

// either tells whether a request can go over HTTP/2 as well: it does not ask
// for what only HTTP/1 has, and the listener serves clients.
func (q *request) either(to endpoint) bool {
	if to.name != "api" || q.raw != nil || q.old || q.keep || q.chunked || q.noHost {
		return false
	}
	// The first two end at a connection (RFC 9113 §8.2.2), and the client that we
	// use for HTTP/2 lets no length be told that is not the body's.
	return !q.fields.Has("Connection") && !q.fields.Has("Upgrade") && !q.fields.Has("Content-Length")
}

// opened is a configuration whose plain listeners take HTTP/2 in the clear too.
// What is no such configuration, or was written to be refused, stays as it is.
func opened(text []byte) []byte {
	root, err := source.Parse("", text, source.Limits{Bytes: maxScript, Depth: 50, Nodes: 100_000})
	if err != nil || root.Get("listen") == nil {
		return text
	}
	lines := bytes.SplitAfter(text, []byte("\n"))
	for _, l := range slices.Backward(root.Get("listen").Items) { // what is put in moves what stands behind it
		if l.Kind != source.Map || l.Get("tls") != nil || l.Get("redirect") != nil || l.Get("h2c") != nil {
			continue
		}
		at := l.Position()
		line := lines[at.Line-1]
		before, after := line[:at.Column-1], line[at.Column-1:]
		if flow, ok := bytes.CutPrefix(after, []byte("{")); ok {
			lines[at.Line-1] = slices.Concat(before, []byte(`{ "h2c": true, `), flow)
		} else {
			lines[at.Line-1] = slices.Concat(before, []byte("h2c: true\n"), bytes.Repeat([]byte(" "), len(before)), after)
		}
	}
	return bytes.Join(lines, nil)
}

// sendSecond sends a request over HTTP/2, by the standard library's client: over
// TLS, or in the clear with prior knowledge. The target goes out as it stands.
func (s *state) sendSecond(to endpoint, q *request, a *answer) {
	dialer := &net.Dialer{}
	if q.from != "" {
		dialer.LocalAddr = &net.TCPAddr{IP: net.ParseIP(q.from)}
	}
	transport := &http.Transport{TLSClientConfig: s.tls(to, q), Protocols: new(http.Protocols), DisableCompression: true, DialContext: dialer.DialContext}
	transport.Protocols.SetHTTP2(true)
	transport.Protocols.SetUnencryptedHTTP2(true)
	defer transport.CloseIdleConnections()
	r, err := http.NewRequestWithContext(q.ctx, q.method, to.scheme+"://"+to.address, bytes.NewReader(q.body))
	if err != nil {
		a.err = err
		return
	}
	r.URL.Opaque = q.target
	if strings.HasPrefix(q.target, "//") {
		r.URL.Opaque, r.URL.Path = "", q.target // else it would be taken for a host
	}
	r.Header["User-Agent"] = nil
	for _, f := range q.fields {
		if message.EqualName(f.Name, "Host") {
			r.Host = f.Value
		} else {
			r.Header.Add(f.Name, f.Value)
		}
	}
	response, err := transport.RoundTrip(r)
	if err != nil {
		a.err = fmt.Errorf("no answer: %w", err)
		return
	}
	a.take(response)
}
