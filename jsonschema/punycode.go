package jsonschema

import "unicode"

// Parameters of Punycode (RFC 3492 §5).
const (
	punyBase        = 36
	punyTMin        = 1
	punyTMax        = 26
	punySkew        = 38
	punyDamp        = 700
	punyInitialBias = 72
	punyInitialN    = 128
)

func punyAdapt(delta, points int, first bool) int {
	if first {
		delta /= punyDamp
	} else {
		delta /= 2
	}
	delta += delta / points
	k := 0
	for delta > (punyBase-punyTMin)*punyTMax/2 {
		delta /= punyBase - punyTMin
		k += punyBase
	}
	return k + (punyBase-punyTMin+1)*delta/(delta+punySkew)
}

func punyThreshold(k, bias int) int { return min(max(k-bias, punyTMin), punyTMax) }

// punycode decodes what stands behind xn-- (RFC 3492 §6.2), in lower case.
func punycode(s string) (string, bool) {
	var out []rune
	rest := s
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] == '-' {
			out, rest = []rune(s[:i]), s[i+1:]
			break
		}
	}
	if rest == "" || len(s) > 59 { // 63 less xn--
		return "", false
	}
	n, i, bias := punyInitialN, 0, punyInitialBias
	for rest != "" {
		old, weight := i, 1
		for k := punyBase; ; k += punyBase {
			if rest == "" {
				return "", false
			}
			digit := punyDigit(rest[0])
			rest = rest[1:]
			if digit < 0 || digit > (1<<31-1-i)/weight {
				return "", false
			}
			i += digit * weight
			t := punyThreshold(k, bias)
			if digit < t {
				break
			}
			if weight *= punyBase - t; weight > 1<<31-1 {
				return "", false
			}
		}
		bias = punyAdapt(i-old, len(out)+1, old == 0)
		n += i / (len(out) + 1)
		i %= len(out) + 1
		if n > unicode.MaxRune || n >= 0xD800 && n <= 0xDFFF {
			return "", false
		}
		out = append(out[:i], append([]rune{rune(n)}, out[i:]...)...)
		i++
	}
	return string(out), true
}

func punyDigit(c byte) int {
	switch {
	case c >= 'a' && c <= 'z':
		return int(c - 'a')
	case c >= '0' && c <= '9':
		return int(c-'0') + 26
	}
	return -1
}

// toPunycode encodes what then stands behind xn-- (RFC 3492 §6.3).
func toPunycode(label string) string {
	runes := []rune(label)
	var out []byte
	for _, r := range runes {
		if r < punyInitialN {
			out = append(out, byte(r))
		}
	}
	basic := len(out)
	if basic > 0 {
		out = append(out, '-')
	}
	n, delta, bias := rune(punyInitialN), 0, punyInitialBias
	for h := basic; h < len(runes); {
		next := nextFrom(runes, n)
		delta += int(next-n) * (h + 1)
		n = next
		for _, r := range runes {
			if r < n {
				delta++
			}
			if r != n {
				continue
			}
			out = punyNumber(out, delta, bias)
			bias = punyAdapt(delta, h+1, h == basic)
			delta = 0
			h++
		}
		delta++
		n++
	}
	return string(out)
}

// nextFrom is the smallest character that is not below n.
func nextFrom(runes []rune, n rune) rune {
	next := rune(unicode.MaxRune)
	for _, r := range runes {
		if r >= n && r < next {
			next = r
		}
	}
	return next
}

// punyNumber writes a number of variable length.
func punyNumber(out []byte, q, bias int) []byte {
	for k := punyBase; ; k += punyBase {
		t := punyThreshold(k, bias)
		if q < t {
			return append(out, punyDigits[q])
		}
		out = append(out, punyDigits[t+(q-t)%(punyBase-t)])
		q = (q - t) / (punyBase - t)
	}
}

const punyDigits = "abcdefghijklmnopqrstuvwxyz0123456789"
