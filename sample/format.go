package sample

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// formatted are texts of a format by the names of the OpenAPI Format Registry
// and JSON Schema validation §7.3, several where one may not fit its place: a
// URI with a slash stands in no path. vary makes them differ. Addresses are
// those set aside for documentation (RFC 2606, RFC 5737, RFC 3849).
func formatted(name string, vary, least int) []string {
	n := vary % 10_000
	switch name {
	case "date-time":
		return []string{fmt.Sprintf("2026-01-31T13:%02d:%02dZ", n/60%60, n%60)}
	case "date":
		return []string{fmt.Sprintf("20%02d-%02d-%02d", 26+n/336%70, 1+n/28%12, 1+n%28)}
	case "time":
		return []string{fmt.Sprintf("13:%02d:%02dZ", n/60%60, n%60)}
	case "duration":
		return []string{fmt.Sprintf("PT%dH", n+1)}
	case "email", "idn-email":
		return []string{numbered("sample", n) + "@example.com"}
	case "hostname", "idn-hostname":
		return []string{numbered("sample", n) + ".example.com"}
	case "ipv4":
		return []string{fmt.Sprintf("192.0.2.%d", 1+n%254)}
	case "ipv6":
		return []string{fmt.Sprintf("2001:db8::%x", n+1)}
	case "uri", "iri", "url":
		long := "https://example.com/" + numbered("sample", n)
		return []string{long + strings.Repeat("a", max(0, least-len(long))), "urn:" + numbered("sample", n) + ":a"}
	case "uri-reference", "iri-reference":
		return []string{numbered("sample", n), "/" + numbered("sample", n)}
	case "uri-template":
		return []string{numbered("sample", n), "https://example.com/{id}"}
	case "uuid":
		return []string{fmt.Sprintf("00000000-0000-4000-8000-%012x", n+1)}
	case "json-pointer":
		return []string{"/" + numbered("sample", n), ""}
	case "relative-json-pointer":
		return []string{fmt.Sprint(n)}
	case "regex":
		return []string{numbered("sample", n)}
	case "byte":
		text := numbered("sample", n)
		text += strings.Repeat("a", max(0, least*3/4-len(text)+1))
		return []string{base64.StdEncoding.EncodeToString([]byte(text + strings.Repeat("a", (3-len(text)%3)%3)))}
	}
	return nil
}

func numbered(text string, n int) string {
	if n == 0 {
		return text
	}
	return fmt.Sprintf("%s%d", text, n)
}
