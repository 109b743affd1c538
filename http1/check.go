package http1

import (
	"strings"

	"sallyport/message"
)

// Check holds a request of HTTP/2 or HTTP/3, which another engine has read, to
// what this one asks of requests, so that one that is refused at one door is
// refused at all of them. Nil says that nothing is wrong with it. Sizes are for
// who counts them later.
func Check(r *message.Request) *Fault {
	switch {
	case span(r.Method, inToken) < len(r.Method) || r.Method == "":
		return errRequestLine
	case len(r.Method) > longestMethod:
		return errMethod
	case r.Method == "CONNECT", !isPlainTarget(r.Method, r.Target):
		return errTarget
	case !isAuthority(r.Authority):
		return errHost
	}
	return checkFields(r)
}

// isPlainTarget: :path is a path and a query, or the asterisk of OPTIONS (RFC
// 9113 §8.3.1).
func isPlainTarget(method, target string) bool {
	return span(target, inTarget) == len(target) && (strings.HasPrefix(target, "/") || target == "*" && method == "OPTIONS")
}

func checkFields(r *message.Request) *Fault {
	lengths := 0
	for i := range r.Fields {
		f := &r.Fields[i]
		switch {
		case f.Name == "" || span(f.Name, inToken) < len(f.Name):
			return errName
		case span(f.Value, inValue) < len(f.Value) || trim(f.Value) != f.Value: // RFC 9113 §8.2.1
			return errValue
		case isOfConnection(f):
			return errConnectionField
		case message.EqualName(f.Name, "Host") && !strings.EqualFold(f.Value, r.Authority): // RFC 9113 §8.3.1
			return errHostOther
		case message.EqualName(f.Name, "Expect") && !strings.EqualFold(f.Value, "100-continue"):
			return errExpect
		case message.EqualName(f.Name, "Content-Length"):
			if lengths++; lengths > 1 || parseLength(f.Value) < 0 {
				return errLength
			}
		}
	}
	return nil
}

// isOfConnection: what in HTTP/1.1 is said of a connection has no place in a
// stream (RFC 9113 §8.2.2, RFC 9114 §4.2). A gateway that passed it on would
// have a client frame what it sends to the backend.
func isOfConnection(f *message.Field) bool {
	for _, name := range [...]string{"Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "Upgrade"} {
		if message.EqualName(f.Name, name) {
			return true
		}
	}
	return message.EqualName(f.Name, "Te") && !strings.EqualFold(f.Value, "trailers")
}

var errConnectionField = &Fault{400, "A field that speaks of a connection has no place in HTTP/2 or HTTP/3."}
