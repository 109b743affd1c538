package admit

import (
	"strings"

	"sallyport"
	"sallyport/message"
	"sallyport/problem"
)

// Twins finds header fields that differ in underscores and hyphens alone. To
// CGI and everything made after it (RFC 3875 §4.1.18) X_Tenant and X-Tenant are
// one variable: what was checked of the one could be read from the other.
type Twins struct {
	// Drop takes the twin away; without it the request is refused.
	Drop bool
	// Ours tells the names that never reach the backend, whoever sends them.
	Ours func(name string) bool

	known     []string // names that the operation reads, beside those of alwaysRead
	withScore bool     // one of them has an underscore: then hyphens make a twin
}

// NewTwins takes the header fields that the operation reads: its parameters,
// and those of credentials.
func NewTwins(drop bool, known []string, ours func(string) bool) *Twins {
	t := &Twins{Drop: drop, Ours: ours, known: known}
	for _, name := range known {
		t.withScore = t.withScore || strings.Contains(name, "_")
	}
	return t
}

// Run implements sallyport.Step.
func (t *Twins) Run(x *sallyport.Exchange) error {
	fields := x.Request.Fields
	if !t.withScore && !anyUnderscore(fields) {
		return nil
	}
	for i := 0; i < len(fields); i++ {
		if !t.isTwin(fields, i) || t.Ours(fields[i].Name) {
			continue
		}
		if !t.Drop {
			return problem.Refuse(problem.RequestMalformed, "Two header fields may not differ in underscores and hyphens alone, nor from one that the operation reads.")
		}
		fields = append(fields[:i], fields[i+1:]...)
		i--
	}
	x.Request.Fields = fields
	return nil
}

func anyUnderscore(fields message.Fields) bool {
	for i := range fields {
		if strings.IndexByte(fields[i].Name, '_') >= 0 {
			return true
		}
	}
	return false
}

// alwaysRead are the names with a hyphen that every message is read by: those of
// its framing and its connection (RFC 9112 §6, RFC 9110 §7.6.1), of its content,
// and those that the gateway takes away or gives anew.
var alwaysRead = [...]string{
	"Content-Length", "Transfer-Encoding", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization", "HTTP2-Settings",
	"Content-Type", "Content-Encoding", "Content-Range", "Accept-Encoding", "If-Range", "Sec-WebSocket-Extensions",
}

// isTwin tells whether the field could be taken for one that the operation
// reads, or has an underscore and could be taken for another one of the request.
func (t *Twins) isTwin(fields message.Fields, at int) bool {
	name := fields[at].Name
	for _, known := range t.known {
		if message.EqualName(name, known) {
			return false
		}
	}
	for _, known := range t.known {
		if alike(name, known) {
			return true
		}
	}
	if strings.IndexByte(name, '_') < 0 {
		return false
	}
	for _, known := range alwaysRead {
		if alike(name, known) {
			return true
		}
	}
	for i := range fields {
		if i != at && alike(name, fields[i].Name) && !message.EqualName(name, fields[i].Name) {
			return true
		}
	}
	return false
}

// alike compares names as a backend does that folds letters and underscores.
func alike(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		x, y := a[i], b[i]
		if x == '_' {
			x = '-'
		}
		if y == '_' {
			y = '-'
		}
		if x != y && (x|0x20 != y|0x20 || x|0x20 < 'a' || x|0x20 > 'z') {
			return false
		}
	}
	return true
}
