// Package http1 is our own HTTP/1.1 engine: one strict parser for both roles,
// and what a server and a client make of it. It follows RFC 9112, with the
// field syntax of RFC 9110 §5 and §5.6.
//
// It refuses whatever two recipients could read differently, even where the
// RFC would let a recipient mend it: a bare LF or CR, folded lines, space before
// a colon, two lengths, a length beside a transfer coding, codings other than
// one chunked, a second Host. A message that is refused ends its connection,
// since nobody can say where the next one begins. It speaks no other protocol
// than HTTP: a connection that both sides have agreed to upgrade is handed over.
// It never quotes what it received.
package http1

// Limits bound a message's head, and the trailers of its body, in bytes as
// they are received.
type Limits struct {
	// Target is the longest request target; longer is 414.
	Target int
	// Fields is the largest sum of field names and values; more is 431.
	Fields int
	// Count is the largest number of field lines; more is 431.
	Count int
}

// startLine is the longest line that a head may begin with.
func (l Limits) startLine() int { return longestMethod + len("  HTTP/1.1\r\n") + l.Target }

// section is the longest header section: each line has a colon, a space and
// its end, and an empty line ends all.
func (l Limits) section() int { return l.Fields + 4*l.Count + 2 }

// head is the most that an input has to hold at one time.
func (l Limits) head() int { return len("\r\n") + l.startLine() + l.section() }

// longestMethod is more than twice as long as any registered method.
const longestMethod = 40

// Fault says why bytes are no message that this engine takes. It holds nothing
// of what was received.
type Fault struct {
	// Status is that of the answer to a request with this fault; in an answer
	// of a backend it has no meaning.
	Status int
	// Says what would be right, in a sentence.
	Says string
}

func (f *Fault) Error() string { return f.Says }

// The faults of a message. They are compared, never changed.
var (
	errLine        = &Fault{400, "Each line of a message's head ends with CR and LF."}
	errEmptyLine   = &Fault{400, "A message begins with its first line."}
	errRequestLine = &Fault{400, "A request begins with its method, its target and its version, divided by one space each."}
	errMethod      = &Fault{400, "The method is a token."}
	errTarget      = &Fault{400, "The request target is a path, a query may follow."}
	errTargetLong  = &Fault{414, "The request target is too long."}
	errVersion     = &Fault{505, "The version of HTTP is 1.1 or 1.0 here."}
	errStatusLine  = &Fault{400, "An answer begins with its version and a status of three digits."}
	errName        = &Fault{400, "A header field begins with its name, a token, and a colon right behind it."}
	errFold        = &Fault{400, "A header field stands on one line."}
	errValue       = &Fault{400, "A header field holds no control characters."}
	errFieldsLong  = &Fault{431, "The header fields are too long."}
	errFieldsMany  = &Fault{431, "The header fields are too many."}
	errHostCount   = &Fault{400, "A request has one Host field."}
	errHost        = &Fault{400, "The Host field is a host name, a port may follow."}
	errHostOther   = &Fault{400, "The target and the Host field name different hosts."}
	errExpect      = &Fault{417, "The only expectation that can be met is 100-continue."}
	errTwoLengths  = &Fault{400, "A message has either Content-Length or Transfer-Encoding."}
	errLength      = &Fault{400, "Content-Length stands once and is a number."}
	errCoding      = &Fault{400, "The only transfer coding is chunked, named once."}
	errCodingOld   = &Fault{400, "HTTP/1.0 has no Transfer-Encoding."}
	errChunkSize   = &Fault{400, "A chunk begins with its size, a hexadecimal number."}
	errChunkEnd    = &Fault{400, "A chunk ends with CR and LF where its size says."}
	errExtension   = &Fault{400, "The extension of a chunk is malformed."}
	errExtensions  = &Fault{400, "The extensions of chunks are too long."}
	errTrailer     = &Fault{400, "A trailer cannot say how its message is framed or where it goes."}
)
