package jsonschema

import (
	"encoding/base64"
	"strings"
)

// isUUID is RFC 9562 §4, in either case.
func isUUID(s []byte) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		switch i {
		case 8, 13, 18, 23:
			if s[i] != '-' {
				return false
			}
		default:
			if !isHex(s[i]) {
				return false
			}
		}
	}
	return true
}

// isJSONPointer is RFC 6901 §3.
func isJSONPointer(s string) bool {
	if s == "" {
		return true
	}
	if s[0] != '/' {
		return false
	}
	for i := range len(s) {
		if s[i] == '~' && (i+1 == len(s) || s[i+1] != '0' && s[i+1] != '1') {
			return false
		}
	}
	return true
}

// isRelativeJSONPointer is draft-bhutton-relative-json-pointer-00 §3.
func isRelativeJSONPointer(s string) bool {
	rest := strings.TrimLeft(s, "0123456789")
	number := s[:len(s)-len(rest)]
	if number == "" || len(number) > 1 && number[0] == '0' {
		return false
	}
	if len(rest) > 0 && (rest[0] == '+' || rest[0] == '-') {
		after := strings.TrimLeft(rest[1:], "0123456789")
		index := rest[1 : len(rest)-len(after)]
		if index == "" || index[0] == '0' {
			return false
		}
		rest = after
	}
	return rest == "#" || isJSONPointer(rest)
}

// isBase64 is RFC 4648 §4 with padding. Nothing is decoded into memory that
// grows with the text beyond one block.
func isBase64(s string) bool {
	if len(s)%4 != 0 {
		return false
	}
	const block = 4 << 10
	var out [block / 4 * 3]byte
	for s != "" {
		n := min(len(s), block)
		if n < len(s) && strings.IndexByte(s[:n], '=') >= 0 || strings.ContainsAny(s[:n], "\r\n") {
			return false
		}
		if _, err := base64.StdEncoding.Strict().Decode(out[:], []byte(s[:n])); err != nil {
			return false
		}
		s = s[n:]
	}
	return true
}
