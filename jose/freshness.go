package jose

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// freshness is how long an answer may be used without asking again, as it says itself (RFC 9111 §4.2), and
// whether it says so.
func freshness(fields http.Header) (time.Duration, bool) {
	said, age := time.Duration(-1), time.Duration(0)
	for directive := range strings.SplitSeq(strings.Join(fields.Values("Cache-Control"), ","), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		switch strings.ToLower(name) {
		case "no-store", "no-cache":
			return 0, true
		case "max-age":
			if d, ok := deltaSeconds(strings.Trim(value, `"`)); ok && (said < 0 || d < said) {
				said = d
			}
		}
	}
	if d, ok := deltaSeconds(fields.Get("Age")); ok {
		age = d // it stood in a cache on its way
	}
	return max(said-age, 0), said >= 0
}

// deltaSeconds: RFC 9111 §1.2.2.
func deltaSeconds(text string) (time.Duration, bool) {
	n, err := strconv.ParseUint(text, 10, 31)
	return time.Duration(n) * time.Second, err == nil
}
