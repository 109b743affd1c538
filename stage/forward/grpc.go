package forward

import (
	"math"
	"time"

	"sallyport/mediatype"
	"sallyport/message"
	"sallyport/problem"
)

// isGRPC tells whether the content of a message is gRPC's.
func isGRPC(fields message.Fields) bool {
	const name = "application/grpc"
	value := fields.Get("Content-Type")
	if len(value) < len(name) || !message.EqualName(value[:len(name)], name) {
		return false // as good as all are found out without parsing
	}
	t, err := mediatype.Parse(value)
	return err == nil && t.IsGRPC()
}

// hurry is how long a call may take by its own grpc-timeout; 0 is for ever.
func hurry(fields message.Fields) (time.Duration, error) {
	switch n := fields.Count("Grpc-Timeout"); {
	case n == 0:
		return 0, nil
	case n == 1:
		if d, ok := parseHurry(fields.Get("Grpc-Timeout")); ok {
			return d, nil
		}
	}
	return 0, problem.Refuse(problem.RequestMalformed, "The grpc-timeout field holds one number of at most eight digits with a unit: H, M, S, m, u or n.")
}

// parseHurry reads a Timeout of the gRPC protocol over HTTP/2: at most eight
// digits and a unit. No time at all is the shortest that there is.
func parseHurry(s string) (time.Duration, bool) {
	if len(s) < 2 || len(s) > 9 {
		return 0, false
	}
	unit := time.Duration(0)
	switch s[len(s)-1] {
	case 'H':
		unit = time.Hour
	case 'M':
		unit = time.Minute
	case 'S':
		unit = time.Second
	case 'm':
		unit = time.Millisecond
	case 'u':
		unit = time.Microsecond
	case 'n':
		unit = time.Nanosecond
	default:
		return 0, false
	}
	n := time.Duration(0)
	for i := range len(s) - 1 {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = 10*n + time.Duration(s[i]-'0')
	}
	if n > math.MaxInt64/unit {
		return math.MaxInt64, true
	}
	return max(n*unit, 1), true
}
