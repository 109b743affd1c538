package http1

import "sallyport/message"

// framing is how a message's content is found on its connection.
type framing struct {
	kind   framed
	length int64
}

type framed uint8

const (
	byLength framed = iota // that many bytes, 0 where there is no content
	byChunks
	byClose // what comes until the connection ends: an answer alone
)

// frame decides where the content ends, by RFC 9112 §6.3, and refuses wherever
// that paragraph knows two ways. For an answer it takes the method of the
// request that it answers. An error of framing ends the connection.
func (h *head) frame(method string) (framing, error) {
	answer := h.status != 0
	switch {
	case h.codings > 0 && h.lengths > 0:
		return framing{}, errTwoLengths // the classic of request smuggling (CL.TE, TE.CL)
	case h.codings > 0 && h.minor == '0':
		return framing{}, errCodingOld // §6.1: to be treated as faulty
	case h.codings > 1 || h.codings == 1 && !isChunked(h.coding):
		return framing{}, errCoding
	case h.lengths > 1:
		return framing{}, errLength // identical ones too: a list that somebody may read otherwise
	}
	length := int64(0)
	if h.lengths == 1 {
		if length = parseLength(h.length); length < 0 {
			return framing{}, errLength
		}
	}
	switch {
	case answer && message.Bodiless(method, h.status):
		return framing{}, nil // whatever its fields say
	case h.codings == 1:
		return framing{kind: byChunks}, nil
	case h.lengths == 1 || !answer:
		return framing{length: length}, nil
	}
	return framing{kind: byClose}, nil
}

func isChunked(coding string) bool { return message.EqualName(coding, "chunked") }

// parseLength is a number of bytes in 18 digits at most, or -1. What strconv
// would take besides (a sign, an underscore) is no length (RFC 9110 §8.6).
func parseLength(s string) int64 {
	if s == "" || len(s) > 18 {
		return -1
	}
	n := int64(0)
	for i := range len(s) {
		if !isDigit(s[i]) {
			return -1
		}
		n = 10*n + int64(s[i]-'0')
	}
	return n
}

// declared is the Content-Length of an answer, which for HEAD is not that of
// what follows; -1 where there is none. Its framing has been checked.
func (h *head) declared() int64 { return parseLength(h.length) }
