package jsonschema

// Spells tells whether a text outside of JSON (a parameter, an element of XML)
// is that of a value of one of the types, strings aside.
func (t Types) Spells(text []byte) bool {
	switch {
	case t&Boolean != 0 && (string(text) == "true" || string(text) == "false"):
		return true
	case t&Number != 0 && isNumber(text):
		return true
	case t&Integer != 0 && isInteger(text):
		return true
	case t&Null != 0 && t&String == 0 && string(text) == "null":
		return true
	}
	return false
}

// isInteger is stricter than JSON Schema, for which 1.0 and 1e2 are integers:
// many a backend reads such text as 1, or not at all.
func isInteger(text []byte) bool {
	return len(text) > 0 && integerPart(text) == len(text)
}

// isNumber follows RFC 8259 §6: no leading zero, no plus sign, no bare dot.
func isNumber(text []byte) bool {
	i := integerPart(text)
	if i == 0 {
		return false
	}
	if i < len(text) && text[i] == '.' {
		n := digitsOf(text[i+1:])
		if n == 0 {
			return false
		}
		i += 1 + n
	}
	if i < len(text) && text[i]|0x20 == 'e' {
		i++
		if i < len(text) && (text[i] == '+' || text[i] == '-') {
			i++
		}
		n := digitsOf(text[i:])
		if n == 0 {
			return false
		}
		i += n
	}
	return i == len(text)
}

// integerPart is the length of the integer that text begins with, or 0.
func integerPart(text []byte) int {
	sign := 0
	if len(text) > 0 && text[0] == '-' {
		sign = 1
	}
	n := digitsOf(text[sign:])
	if n == 0 || n > 1 && text[sign] == '0' {
		return 0
	}
	return sign + n
}

func digitsOf(text []byte) int {
	n := 0
	for n < len(text) && text[n] >= '0' && text[n] <= '9' {
		n++
	}
	return n
}
