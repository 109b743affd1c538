// Package coding takes content codings off a body (RFC 9110 §8.4), so that what
// was compressed can be looked at: gzip (RFC 1952), deflate (the zlib format,
// RFC 1950), br (RFC 7932) and zstd (RFC 8878, its window by RFC 9659).
//
// It never encodes. Everything that comes out is bounded, by a size and by a
// ratio to what went in; so is the memory that it takes. It refuses more than
// two codings on one body, a body that ends early or goes on after its end, a
// checksum that does not hold, a dictionary that is not in the body, and the
// raw DEFLATE that some senders call deflate (RFC 9110 §8.4.1.2).
//
// Several gzip members, and several zstd frames, are one body: their contents
// one after the other (RFC 1952 §2.2, RFC 8878 §3). Some readers stop after the
// first, so whoever checks what this package returns must pass that on, and not
// the bytes it was made from.
package coding

import (
	"errors"
	"strings"
)

// Coding is one content coding.
type Coding uint8

// The codings that are taken.
const (
	Gzip Coding = iota
	Deflate
	Brotli
	Zstd
)

// Names is the list of all that are taken, as Accept-Encoding has it.
const Names = "gzip, deflate, br, zstd"

func (c Coding) String() string { return [...]string{"gzip", "deflate", "br", "zstd"}[c] }

// What can be wrong with a coded body. The errors of a Reader and of Decode are
// one of these, or come from the reader underneath.
var (
	// ErrUnknown is for a coding that is not taken.
	ErrUnknown = errors.New("an unknown content coding")
	// ErrStacked is for more codings on one body than anybody needs.
	ErrStacked = errors.New("too many content codings on one body")
	// ErrMalformed is for what is not in the format of its coding, ends early,
	// or goes on after its end.
	ErrMalformed = errors.New("the body is not in the format of its content coding")
	// ErrTooLarge is for a body that is longer than the limit, coded or decoded.
	ErrTooLarge = errors.New("the body is longer than its limit once it is decoded")
	// ErrBomb is for a body that grows out of all proportion.
	ErrBomb = errors.New("the body grows out of all proportion when it is decoded")
)

// maxStacked is how many codings one body may have. One is the rule; a second
// comes of a server that compresses what was stored compressed.
const maxStacked = 2

// Parse reads the combined value of Content-Encoding: the codings in the order
// in which they were applied. No codings are left where nothing was done to the
// content; identity means nothing (RFC 9110 §8.4).
func Parse(value string) ([]Coding, error) {
	var codings []Coding
	for rest := value; rest != ""; {
		var name string
		name, rest, _ = strings.Cut(rest, ",")
		name = strings.Trim(name, " \t")
		if name == "" || strings.EqualFold(name, "identity") {
			continue // an empty element counts for nothing (RFC 9110 §5.6.1.2)
		}
		c, known := named(name)
		switch {
		case !known:
			return nil, ErrUnknown
		case len(codings) == maxStacked:
			return nil, ErrStacked
		}
		codings = append(codings, c)
	}
	return codings, nil
}

// named finds a coding without regard to case; x-gzip is gzip (RFC 9110
// §8.4.1.3).
func named(name string) (Coding, bool) {
	for c := Gzip; c <= Zstd; c++ {
		if strings.EqualFold(name, c.String()) {
			return c, true
		}
	}
	return Gzip, strings.EqualFold(name, "x-gzip")
}
