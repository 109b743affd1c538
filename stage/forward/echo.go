package forward

import (
	"bytes"
	"strings"

	"sallyport/message"
)

// shortest is the length in bytes of the shortest secret that is looked for in
// answers: a shorter one would be found in what has nothing to do with it.
const shortest = 6

// keep has secrets looked for in answers.
func (c *Credentials) keep(secrets ...string) {
	for _, s := range secrets {
		if len(s) >= shortest {
			c.secrets = append(c.secrets, []byte(s))
		}
	}
}

// hide puts asterisks in the place of each credential of ours that a backend
// repeats in its answer, in fields and content as they stand. As many bytes come
// out as went in: lengths and framing stay true. What is encoded or compressed is
// not found.
func (c *Credentials) hide(answer *message.Response) {
	if c == nil || len(c.secrets) == 0 {
		return
	}
	c.hideIn(answer.Fields)
	if body := answer.Body; body != nil {
		answer.Body = message.NewBody(&hiding{credentials: c, body: body}, body.Length)
		if !body.MayHaveTrailers() {
			answer.Body.DropTrailers()
		}
	}
}

func (c *Credentials) hideIn(fields message.Fields) {
	for i := range fields {
		for _, s := range c.secrets {
			fields[i].Value = strings.ReplaceAll(fields[i].Value, string(s), asterisks(len(s)))
		}
	}
}

func asterisks(n int) string { return strings.Repeat("*", n) }

// hiding is a body with the secrets hidden. What could be the beginning of one is
// held back until more is read.
type hiding struct {
	credentials *Credentials
	body        *message.Body
	text        []byte // read and not yet passed on
	clear       int    // how much of it may be passed on
	err         error
}

const hidingRead = 8 << 10

func (h *hiding) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for h.clear == 0 {
		if h.err != nil {
			return 0, h.err
		}
		h.more()
	}
	n := copy(p, h.text[:h.clear])
	h.text, h.clear = h.text[n:], h.clear-n
	return n, nil
}

func (h *hiding) Close() error { return h.body.Close() }

// Trailers implements message.Trailing.
func (h *hiding) Trailers() message.Fields {
	fields := h.body.Trailers()
	h.credentials.hideIn(fields)
	return fields
}

func (h *hiding) more() {
	kept := len(h.text)
	text := make([]byte, kept+hidingRead)
	copy(text, h.text)
	n, err := h.body.Read(text[kept:])
	h.text, h.err = text[:kept+n], err
	for _, s := range h.credentials.secrets {
		for at := 0; ; {
			i := bytes.Index(h.text[at:], s)
			if i < 0 {
				break
			}
			copy(h.text[at+i:], asterisks(len(s)))
			at += i + len(s)
		}
	}
	h.clear = len(h.text)
	if err == nil {
		h.clear -= h.begun()
	}
}

// begun is the length of the longest end of the text with which a secret begins.
func (h *hiding) begun() int {
	longest := 0
	for _, s := range h.credentials.secrets {
		for n := min(len(s)-1, len(h.text)); n > longest; n-- {
			if bytes.HasSuffix(h.text, s[:n]) {
				longest = n
			}
		}
	}
	return longest
}
