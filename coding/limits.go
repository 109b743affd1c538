package coding

// Limits bound one body.
type Limits struct {
	// Encoded is how many bytes may go in. Without it a body without end could
	// be made of members that are empty.
	Encoded int64
	// Decoded is how many bytes may come out.
	Decoded int64
}

// A body may grow to maxRatio times what has gone in, and to free bytes before
// that counts. DEFLATE makes 1032 bytes of one at most, brotli and zstd far
// more; JSON and other text that was written by programs comes out at 5 to 30
// times, tables that repeat themselves at 60. Small bodies repeat themselves
// more, but cannot hurt.
const (
	maxRatio = 100
	free     = 64 << 10
)

// grown is how long what n bytes decode to may be.
func grown(n int64) int64 { return free + maxRatio*n }

// maxWindow is the window that a zstd body may ask for (RFC 9659 §3).
const maxWindow = 8 << 20

// Memory is how many bytes it may take to decode, beyond what comes out: the
// windows of its codings, as large as the formats allow.
func Memory(codings []Coding) int64 {
	var n int64
	for _, c := range codings {
		switch c {
		case Brotli:
			n += 16 << 20 // RFC 7932 §9.1: WBITS is 24 at most
		case Zstd:
			n += 2 * maxWindow
		default:
			n += 64 << 10
		}
	}
	return n
}
