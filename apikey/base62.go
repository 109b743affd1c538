package apikey

import (
	"encoding/binary"
	"math/bits"
)

const (
	alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	digits   = 38 // 62^38 > 2^224
	notDigit = 0xff
	maxDigit = 0x3f
	// prime is the greatest below 2^32.
	prime = 1<<32 - 5
	// A number is read ten digits at a time, as many as fit into 64 bits.
	group      = 10
	groupValue = 839299365868340224 // 62^10
)

var values = digitValues()

func digitValues() (v [256]uint8) {
	for i := range v {
		v[i] = notDigit
	}
	for i := range len(alphabet) {
		v[alphabet[i]] = uint8(i)
	}
	return v
}

// number is of 256 bits, the highest word first.
type number [4]uint64

// check is what makes body·2^32 + check a multiple of the prime.
func check(body []byte) uint32 {
	var rest uint64
	for _, b := range body {
		rest = (rest<<8 | uint64(b)) % prime
	}
	rest = rest << 32 % prime
	return uint32((prime - rest) % prime)
}

func encode(from *[keyBytes]byte) string {
	var padded [32]byte
	copy(padded[len(padded)-keyBytes:], from[:])
	var n number
	for i := range n {
		n[i] = binary.BigEndian.Uint64(padded[8*i:])
	}
	var text [digits]byte
	for i := digits - 1; i >= 0; i-- {
		var rest uint64
		for w := range n {
			n[w], rest = bits.Div64(rest, n[w], 62)
		}
		text[i] = alphabet[rest]
	}
	return string(text[:])
}

// decode is false where a character is no digit, the number is too great, or no
// multiple of the prime.
func decode(to *[keyBytes]byte, text string) bool {
	var n number
	var wrong uint8
	// The first group has the eight digits that are more than three times ten.
	for at := digits%group - group; at < digits; at += group {
		var part uint64
		for i := max(at, 0); i < at+group; i++ {
			v := values[text[i]]
			wrong |= v
			part = part*62 + uint64(v)
		}
		if wrong&^maxDigit != 0 || !n.append(part) {
			return false
		}
	}
	var rest uint64
	for _, word := range n {
		rest = (rest<<32 | word>>32) % prime
		rest = (rest<<32 | word&0xffffffff) % prime
	}
	if rest != 0 || n[0]>>32 != 0 {
		return false
	}
	binary.BigEndian.PutUint32(to[0:], uint32(n[0]))
	for i, word := range n[1:] {
		binary.BigEndian.PutUint64(to[4+8*i:], word)
	}
	return true
}

// append makes n into n·62^10 + part; false is an overflow.
func (n *number) append(part uint64) bool {
	carry := part
	for i := len(n) - 1; i >= 0; i-- {
		high, low := bits.Mul64(n[i], groupValue)
		low, over := bits.Add64(low, carry, 0)
		n[i], carry = low, high+over
	}
	return carry == 0
}
