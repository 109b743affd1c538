package sample

import (
	"encoding/json"
	"strings"
)

// place is where a value is going to stand. Its zero value is JSON text, which
// takes everything; a parameter takes what its style can write in one way.
type place struct {
	// in is that of a parameter, or form for the fields of a form.
	in    string
	style string
	// flat places have no way to write what lies deeper than one level.
	flat bool
}

// takes tells whether a value can be written in its place. level is how deep
// it lies in the value of the parameter.
func (p place) takes(v any, level int) bool {
	var text string
	switch v := v.(type) {
	case string:
		text = v
	case json.Number:
		text = v.String()
	case nil:
		return p.in == ""
	case []any, map[string]any:
		return p.in == "" || level == 0 || !p.flat
	default:
		return true
	}
	switch p.in {
	case "path":
		return pathText(text) && !(p.style == "label" && strings.Contains(text, "."))
	case "header":
		return headerText(text) && (level == 0 || !strings.ContainsAny(text, ",="))
	case "cookie":
		return text != "" && (p.style != "cookie" || cookieText(text))
	case "query":
		return text != ""
	}
	return true
}

// pathText tells whether text can be a segment of a path that every server
// reads in the same way, percent-encoded where it must be: no slash, no dot
// segment, no encoding of an encoding.
func pathText(text string) bool {
	if text == "" || text == "." || text == ".." || strings.ContainsAny(text, "/\\%") {
		return false
	}
	return !hasControl(text)
}

// headerText is a field value without white space around it (RFC 9110 §5.5).
func headerText(text string) bool {
	return text != "" && strings.Trim(text, " \t") == text && !hasControl(text) && isASCII(text)
}

// cookieText are the characters of a cookie that is not encoded (RFC 6265
// §4.1.1: cookie-octet).
func cookieText(text string) bool {
	return isASCII(text) && !hasControl(text) && !strings.ContainsAny(text, " \",;\\")
}

func hasControl(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return r < 0x20 || r == 0x7f })
}

func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r >= 0x80 })
}
