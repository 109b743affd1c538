package jsonschema

import (
	"bytes"
	"math/big"
	"strings"
)

// Bounds of the numbers that are judged. A number beyond them is refused
// before it is expanded: 1e1000000000 is eleven bytes long and a gigabyte of
// digits. No binary format in use reaches them.
const (
	maxDigits   = 400
	maxExponent = 400
)

// decimal is a number exactly as it was written: 0.DIGITS × 10^point, the
// digits without zeros at either end. Zero has no digits.
type decimal struct {
	digits    []byte
	point     int
	negative  bool
	scratched bool // the digits stand in scratch
}

// parseDecimal reads a JSON number. Its digits stand in the text where they do
// so in a row, otherwise they are appended to scratch. It is false where the
// bounds are left.
func parseDecimal(text, scratch []byte) (decimal, bool) {
	var d decimal
	if len(text) > 0 && text[0] == '-' {
		d.negative = true
		text = text[1:]
	}
	dot, exponent := -1, 0
	for i, c := range text {
		if c == '.' {
			dot = i
		} else if c|0x20 == 'e' {
			n, ok := parseExponent(text[i+1:])
			if !ok && len(bytes.Trim(text[:i], "0.")) == 0 {
				return decimal{}, allDigits(string(bytes.TrimLeft(text[i+1:], "+-"))) // zero, whatever its exponent
			}
			if !ok {
				return d, false
			}
			text, exponent = text[:i], n
			break
		}
	}
	digits, fraction := text, []byte(nil)
	if dot >= 0 {
		digits, fraction = text[:dot], trimRight(text[dot+1:])
	}
	digits = trimLeft(digits)
	if len(digits)+len(fraction) > maxDigits {
		return d, false
	}
	d.point = len(digits) + exponent
	switch {
	case len(digits) == 0:
		digits = trimLeft(fraction)
		d.point -= len(fraction) - len(digits)
	case len(fraction) == 0:
		digits = trimRight(digits)
	default:
		digits, d.scratched = append(append(scratch, digits...), fraction...), true
	}
	if len(digits) == 0 {
		return decimal{}, true // -0 is 0
	}
	d.digits = digits
	return d, true
}

// parseExponent reads what stands behind the e of a number.
func parseExponent(text []byte) (int, bool) {
	negative := false
	if len(text) > 0 && (text[0] == '+' || text[0] == '-') {
		negative = text[0] == '-'
		text = text[1:]
	}
	n := 0
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0, false
		}
		if n = n*10 + int(c-'0'); n > maxExponent {
			return 0, false
		}
	}
	if negative {
		n = -n
	}
	return n, len(text) > 0
}

// trimLeft takes zeros off.
func trimLeft(digits []byte) []byte {
	for len(digits) > 0 && digits[0] == '0' {
		digits = digits[1:]
	}
	return digits
}

func trimRight(digits []byte) []byte {
	for len(digits) > 0 && digits[len(digits)-1] == '0' {
		digits = digits[:len(digits)-1]
	}
	return digits
}

// bounded tells whether a number can be judged. Short ones without exponent
// need no look.
func bounded(text []byte) bool {
	if len(text) <= maxDigits && bytes.IndexByte(text, 'e') < 0 && bytes.IndexByte(text, 'E') < 0 {
		return true
	}
	_, ok := parseDecimal(text, nil)
	return ok
}

func (d decimal) zero() bool { return len(d.digits) == 0 }

// integer tells whether nothing stands behind the decimal point: 1.0 and 1e3
// are integers (2020-12 validation §6.1.1).
func (d decimal) integer() bool { return len(d.digits) <= d.point || d.zero() }

// plain writes an integer without exponent.
func (d decimal) plain() string {
	if d.zero() {
		return "0"
	}
	s := string(d.digits) + strings.Repeat("0", d.point-len(d.digits))
	if d.negative {
		return "-" + s
	}
	return s
}

// compare is -1, 0 or 1 as d is below, equal to or above e.
func (d decimal) compare(e decimal) int {
	switch {
	case d.sign() != e.sign():
		if d.sign() < e.sign() {
			return -1
		}
		return 1
	case d.negative:
		return d.compareMagnitude(e) * -1
	}
	return d.compareMagnitude(e)
}

func (d decimal) sign() int {
	switch {
	case d.zero():
		return 0
	case d.negative:
		return -1
	}
	return 1
}

func (d decimal) compareMagnitude(e decimal) int {
	switch {
	case d.point < e.point:
		return -1
	case d.point > e.point:
		return 1
	}
	return bytes.Compare(d.digits, e.digits) // both begin right behind the point
}

// multipleOf tells whether d divided by a unit above 0 is an integer.
func (d decimal) multipleOf(unit decimal) bool {
	if d.zero() {
		return true
	}
	// d = a × 10^x, unit = b × 10^y
	x, y := d.point-len(d.digits), unit.point-len(unit.digits)
	if len(d.digits) <= 18 && len(unit.digits) <= 18 {
		a, b := unsigned(d.digits), unsigned(unit.digits)
		if x == y {
			return a%b == 0
		}
		if shift := x - y; shift > 0 && len(d.digits)+shift <= 18 {
			return a*pow10(shift)%b == 0
		}
		if shift := y - x; shift > 0 && len(unit.digits)+shift <= 18 {
			return a%(b*pow10(shift)) == 0
		}
	}
	a, _ := new(big.Int).SetString(string(d.digits), 10)
	b, _ := new(big.Int).SetString(string(unit.digits), 10)
	if x > y {
		a.Mul(a, bigPow10(x-y))
	} else {
		b.Mul(b, bigPow10(y-x))
	}
	return a.Rem(a, b).Sign() == 0
}

// unsigned is the value of up to 18 digits.
func unsigned(digits []byte) uint64 {
	n := uint64(0)
	for _, c := range digits {
		n = n*10 + uint64(c-'0')
	}
	return n
}

func pow10(n int) uint64 {
	p := uint64(1)
	for range n {
		p *= 10
	}
	return p
}

func bigPow10(n int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}
