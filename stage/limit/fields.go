package limit

import (
	"errors"
	"strconv"
	"time"

	"sallyport"
	"sallyport/message"
)

// The fields of draft-ietf-httpapi-ratelimit-headers: Lists of Strings with
// parameters (RFC 9651 §3.1).
const (
	limitField  = "RateLimit"
	policyField = "RateLimit-Policy"
)

// show adds what is left to the answer, whatever answer it will be. The one
// allocation is the value itself, where no other step has added one before.
func show(x *sallyport.Exchange, policy string, all ...taken) {
	var room [256]byte
	b := room[:0]
	for i := range all {
		bucket := &all[i].rate.bucket
		// One that waits is answered when its turn has come.
		level := min(all[i].mark.Level, bucket.Depth)
		if !all[i].mark.Granted {
			level = all[i].mark.Level
		}
		if i > 0 {
			b = append(b, ", "...)
		}
		b = append(b, all[i].rate.item...)
		b = strconv.AppendInt(b, bucket.Remaining(level), 10)
		b = append(b, ";t="...)
		b = strconv.AppendInt(b, seconds(bucket.Reset(level)), 10)
	}
	tell(x, string(b), policy)
}

// tell adds to the two fields; other steps of the stage have their own items.
func tell(x *sallyport.Exchange, limit, policy string) {
	for i := range x.Answer {
		switch f := &x.Answer[i]; {
		case limit != "" && message.EqualName(f.Name, limitField):
			f.Value, limit = joined(f.Value, limit), ""
		case policy != "" && message.EqualName(f.Name, policyField):
			f.Value, policy = joined(f.Value, policy), ""
		}
	}
	switch {
	case limit != "" && policy != "":
		x.Answer = append(x.Answer, message.Field{Name: limitField, Value: limit}, message.Field{Name: policyField, Value: policy})
	case limit != "":
		x.Answer.Add(limitField, limit)
	case policy != "":
		x.Answer.Add(policyField, policy)
	}
}

// joined is a List made of two (RFC 9651 §4.1.1).
func joined(list, more string) string {
	if list == "" {
		return more
	}
	return list + ", " + more
}

// seconds rounds up: neither field knows parts of a second, and who comes at
// the second told must not come too early (RFC 9110 §10.2.3, delay-seconds).
func seconds(d time.Duration) int64 {
	return int64((d + time.Second - 1) / time.Second)
}

// ratePolicy is an item of RateLimit-Policy. A window is told in whole seconds,
// so one of 100 ms is told as ten times the count in one second: the same rate.
func ratePolicy(name string, count int, window time.Duration) string {
	times := time.Second / gcd(window, time.Second)
	return quoted(name) + ";q=" + strconv.FormatInt(int64(count)*int64(times), 10) +
		";w=" + strconv.FormatInt(int64(window*times/time.Second), 10)
}

func gcd(a, b time.Duration) time.Duration {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// itemStart is an item of RateLimit up to its first number.
func itemStart(name string) string { return quoted(name) + ";r=" }

// quoted is a String (RFC 9651 §4.1.6); checkName has seen that it can be one.
func quoted(s string) string {
	b := append(make([]byte, 0, len(s)+2), '"')
	for i := range len(s) {
		if s[i] == '"' || s[i] == '\\' {
			b = append(b, '\\')
		}
		b = append(b, s[i])
	}
	return string(append(b, '"'))
}

// checkName holds a name to what a String can say (RFC 9651 §3.3.3).
func checkName(name string) error {
	if name == "" || len(name) > longestName {
		return errors.New("a name is 1 to 64 characters long")
	}
	for i := range len(name) {
		if name[i] < 0x20 || name[i] > 0x7e {
			return errors.New("a name is of printable ASCII characters alone")
		}
	}
	return nil
}

// counted is a number of things in words.
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.Itoa(n) + " " + thing + "s"
}
