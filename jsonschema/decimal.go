package jsonschema

import (
	"math/big"
	"strconv"
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
	digits   string
	point    int
	negative bool
}

// parseDecimal reads a JSON number. Digits around a decimal point are joined
// in scratch, if it has room. It is false where the bounds are left.
func parseDecimal(text string, scratch []byte) (decimal, bool) {
	var d decimal
	if strings.HasPrefix(text, "-") {
		d.negative = true
		text = text[1:]
	}
	mantissa, exponent := text, 0
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		mantissa = text[:i]
		n, err := strconv.Atoi(strings.TrimPrefix(text[i+1:], "+"))
		if err != nil || n > maxExponent || n < -maxExponent {
			return d, false
		}
		exponent = n
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	fraction = strings.TrimRight(fraction, "0")
	whole = strings.TrimLeft(whole, "0")
	if len(whole)+len(fraction) > maxDigits {
		return d, false
	}
	d.point = len(whole) + exponent
	switch {
	case fraction == "":
		d.digits = strings.TrimRight(whole, "0")
	case whole == "":
		d.digits = strings.TrimLeft(fraction, "0")
		d.point -= len(fraction) - len(d.digits)
	default:
		d.digits = string(append(append(scratch[:0], whole...), fraction...))
	}
	if d.digits == "" {
		return decimal{}, true // -0 is 0
	}
	return d, true
}

// bounded tells whether a number can be judged. Short ones without exponent
// need no look.
func bounded(text string) bool {
	if len(text) <= maxDigits && strings.IndexAny(text, "eE") < 0 {
		return true
	}
	_, ok := parseDecimal(text, nil)
	return ok
}

func (d decimal) zero() bool { return d.digits == "" }

// integer tells whether nothing stands behind the decimal point: 1.0 and 1e3
// are integers (2020-12 validation §6.1.1).
func (d decimal) integer() bool { return len(d.digits) <= d.point || d.zero() }

// plain writes an integer without exponent.
func (d decimal) plain() string {
	if d.zero() {
		return "0"
	}
	s := d.digits + strings.Repeat("0", d.point-len(d.digits))
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
	return strings.Compare(d.digits, e.digits) // both begin right behind the point
}

// multipleOf tells whether d divided by a unit above 0 is an integer.
func (d decimal) multipleOf(unit decimal) bool {
	if d.zero() {
		return true
	}
	// d = a × 10^x, unit = b × 10^y
	x, y := d.point-len(d.digits), unit.point-len(unit.digits)
	if len(d.digits) <= 18 && len(unit.digits) <= 18 {
		a, _ := strconv.ParseUint(d.digits, 10, 64)
		b, _ := strconv.ParseUint(unit.digits, 10, 64)
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
	a, _ := new(big.Int).SetString(d.digits, 10)
	b, _ := new(big.Int).SetString(unit.digits, 10)
	if x > y {
		a.Mul(a, bigPow10(x-y))
	} else {
		b.Mul(b, bigPow10(y-x))
	}
	return a.Rem(a, b).Sign() == 0
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
