package admit

import (
	"sallyport"
	"sallyport/message"
	"sallyport/problem"
)

// Twins finds header fields that differ in underscores, dots and hyphens alone,
// or in any other of the characters that a name may have beside letters and
// digits. To CGI and everything made after it (RFC 3875 §4.1.18) X_Tenant and
// X-Tenant are one variable, and to servers that make an underscore of each such
// character X.Tenant too: what was checked of the one could be read from the other.
type Twins struct {
	// Drop takes the twin away; without it the request is refused.
	Drop bool
	// Ours tells the names that never reach the backend, whoever sends them.
	Ours func(name string) bool

	known []string // names that the operation reads, beside those of alwaysRead
	odd   bool     // one of them is not plain: then plain ones can be its twins
}

// NewTwins takes the header fields that the operation reads: its parameters,
// and those of credentials.
func NewTwins(drop bool, known []string, ours func(string) bool) *Twins {
	t := &Twins{Drop: drop, Ours: ours, known: known}
	for _, name := range known {
		t.odd = t.odd || !plain(name)
	}
	return t
}

// Run implements sallyport.Step.
func (t *Twins) Run(x *sallyport.Exchange) error {
	fields := x.Request.Fields
	if !t.odd && allPlain(fields) {
		return nil
	}
	for i := 0; i < len(fields); i++ {
		if !t.isTwin(fields, i) || t.Ours(fields[i].Name) {
			continue
		}
		if !t.Drop {
			return problem.Refuse(problem.RequestMalformed, "Two header fields may not differ in underscores, dots and hyphens alone, nor from one that the operation reads.")
		}
		fields = append(fields[:i], fields[i+1:]...)
		i--
	}
	x.Request.Fields = fields
	return nil
}

func allPlain(fields message.Fields) bool {
	for i := range fields {
		if !plain(fields[i].Name) {
			return false
		}
	}
	return true
}

// plain tells whether a name is of letters, digits and hyphens alone, as nearly
// all are.
func plain(name string) bool {
	for i := range len(name) {
		if c := name[i]; c != '-' && folded[c] == '-' {
			return false
		}
	}
	return true
}

// folded is each byte as a backend sees it that folds letters, and all that is
// neither letter nor digit.
var folded = foldedBytes()

func foldedBytes() (table [256]byte) {
	for i := range table {
		switch c := byte(i); {
		case 'A' <= c && c <= 'Z':
			table[i] = c | 0x20
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
			table[i] = c
		default:
			table[i] = '-'
		}
	}
	return table
}

// alwaysRead are the names with a hyphen that every message is read by: those of
// its framing and its connection (RFC 9112 §6, RFC 9110 §7.6.1), of its content,
// and those that the gateway takes away or gives anew.
var alwaysRead = [...]string{
	"Content-Length", "Transfer-Encoding", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization", "HTTP2-Settings",
	"Content-Type", "Content-Encoding", "Content-Range", "Accept-Encoding", "If-Range", "Sec-WebSocket-Extensions",
}

// isTwin tells whether the field could be taken for one that the operation
// reads, or is not plain and could be taken for another one of the request.
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
	if plain(name) {
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

func alike(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if folded[a[i]] != folded[b[i]] {
			return false
		}
	}
	return true
}
