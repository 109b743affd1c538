package forward

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"time"

	"sallyport/message"
)

// netHTTP carries requests with net/http: HTTP/2, or what was agreed on.
type netHTTP struct {
	config    PoolConfig
	transport *http.Transport
}

func newNetHTTP(c PoolConfig) *netHTTP {
	return &netHTTP{c, &http.Transport{
		Proxy:                  nil, // never the environment's
		DialContext:            connectTarget,
		DialTLSContext:         connectTarget,
		ResponseHeaderTimeout:  c.FirstByte,
		DisableCompression:     true, // the answer is the client's, not ours
		MaxIdleConnsPerHost:    max(c.Connections, 2),
		IdleConnTimeout:        60 * time.Second,
		MaxResponseHeaderBytes: int64(answerLimits.Fields), // and of trailers; in HTTP/2 with 32 bytes more for each (RFC 9113 §6.5.2)
		Protocols:              c.Protocol.spoken(),
		HTTP2: &http.HTTP2Config{
			MaxReadFrameSize:              64 << 10,
			MaxReceiveBufferPerStream:     1 << 20,
			MaxReceiveBufferPerConnection: 2 << 20,
			SendPingTimeout:               15 * time.Second, // a connection on which nothing comes may be dead
			PingTimeout:                   5 * time.Second,
			WriteByteTimeout:              30 * time.Second,
		},
		WriteBufferSize: 8 << 10,
		ReadBufferSize:  8 << 10,
	}}
}

// targetKey finds the target in the context of a request. net/http keeps its
// connections by the host of the URL, which is the target's key here.
type targetKey struct{}

func connectTarget(ctx context.Context, _, _ string) (net.Conn, error) {
	return ctx.Value(targetKey{}).(*Target).connect(ctx)
}

func (c *netHTTP) closeIdle() { c.transport.CloseIdleConnections() }

func (c *netHTTP) waiting(firstByte time.Duration) carrier {
	config := c.config
	config.FirstByte = firstByte
	return newNetHTTP(config)
}

// carry implements carrier. net/http repeats a request when a kept connection
// turns out to be closed: those of which nothing was written, and those without
// a body whose method is safe (RFC 9110 §9.2.2). In HTTP/2 it repeats one that
// the server says it has not processed (RFC 9113 §8.7: REFUSED_STREAM, and
// GOAWAY), unless a part of a body was read for it that streams.
func (c *netHTTP) carry(ctx context.Context, to *Target, out *outgoing) (*message.Response, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := func() {}
	if out.whole > 0 {
		stop = withDeadline(out.whole, cancel)
	}
	r, err := c.transport.RoundTrip(c.request(ctx, to, out))
	if err != nil {
		stop()
		if cause := context.Cause(ctx); errors.Is(cause, errDeadline) {
			err = cause
		}
		cancel(nil)
		if client := (*clientError)(nil); errors.As(err, &client) {
			return nil, client
		}
		return nil, unquoted(err)
	}
	answer := &message.Response{Status: r.StatusCode, Fields: fromNetHTTP(r.Header)}
	if announced := slices.Sorted(maps.Keys(r.Trailer)); len(announced) > 0 {
		answer.Fields.Add("Trailer", strings.Join(announced, ", ")) // net/http has taken it apart
	}
	body := watch(ctx, r, out.idle, cancel, stop)
	if r.Body != http.NoBody || out.Method == "HEAD" {
		answer.Body = message.NewBody(body, r.ContentLength)
	} else {
		body.Close()
	}
	return answer, nil
}

func (c *netHTTP) request(ctx context.Context, to *Target, out *outgoing) *http.Request {
	r := &http.Request{
		Method: out.Method,
		// Opaque is sent as it stands.
		URL:        &url.URL{Scheme: to.url.Scheme, Host: to.key, Opaque: to.prefix + out.path, RawQuery: out.query},
		Host:       to.url.Host,
		Header:     newHeader(out.fields),
		Proto:      "HTTP/1.1",
		ProtoMajor: 1,
		ProtoMinor: 1,
	}
	if out.trailers && c.config.Protocol == HTTP2 {
		r.Header["Te"] = []string{"trailers"} // over HTTP/1.1 it would need a word in Connection too
	}
	if out.host {
		r.Host = out.Authority
	}
	if body := out.Body; body != nil {
		r.ContentLength = body.Length
		switch held, whole := body.Held(); {
		case body.Length == 0:
			r.Body = http.NoBody
		case whole:
			held = bytes.Clone(held) // an early answer may end the exchange while net/http still sends
			r.Body = io.NopCloser(message.BytesBody(held))
			r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(message.BytesBody(held)), nil }
		default:
			r.Body = requestBody{body}
		}
	}
	return r.WithContext(context.WithValue(ctx, targetKey{}, to))
}

// newHeader makes an http.Header whose values lie in one array: net/http wants
// a slice for each, which would be an allocation for each.
func newHeader(fields message.Fields) http.Header {
	h, values := make(http.Header, len(fields)+1), make([]string, 0, len(fields))
	for _, f := range fields {
		name := http.CanonicalHeaderKey(f.Name)
		if old := h[name]; old != nil {
			h[name] = append(old, f.Value)
			continue
		}
		values = append(values, f.Value)
		n := len(values)
		h[name] = values[n-1 : n : n] // appending to it copies it
	}
	if h["User-Agent"] == nil {
		h["User-Agent"] = []string{""} // or net/http would name itself
	}
	return h
}

// fromNetHTTP are header fields in the order of their names, since net/http
// forgets theirs, and without the length, which follows from the body.
func fromNetHTTP(header http.Header) message.Fields {
	fields := make(message.Fields, 0, len(header)+4)
	for name, values := range header {
		for _, v := range values {
			if name != "Content-Length" {
				fields = append(fields, message.Field{Name: name, Value: v})
			}
		}
	}
	sortFields(fields)
	return fields
}

// unquoted is an error without what net/http quotes of a broken answer: a
// backend may echo what the request held, which has no place in a log.
func unquoted(err error) error {
	if malformed := textproto.ProtocolError(""); errors.As(err, &malformed) {
		return errMalformed
	}
	if says, _, quotes := strings.Cut(err.Error(), `"`); quotes && !isDial(err) {
		return errors.New(strings.TrimRight(says, " "))
	}
	return err
}

var errMalformed = errors.New("the answer's header fields are malformed")
