package config

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// Rate is so many in a time, written 100/1m; 5/s is short for 5/1s.
type Rate struct {
	Count int
	Per   time.Duration
}

// String is the rate as it is written.
func (r Rate) String() string { return strconv.Itoa(r.Count) + "/" + Duration(r.Per).String() }

func (*Rate) wanted() (string, string) { return "a rate", "100/1m, 5/s or 1000/1h" }

func (r *Rate) set(text string) error {
	number, window, ok := strings.Cut(text, "/")
	if !ok || window == "" {
		return errForm
	}
	if c := window[0]; c < '0' || c > '9' {
		window = "1" + window
	}
	count, err := strconv.ParseUint(number, 10, 31)
	var per Duration
	if err != nil || per.set(window) != nil {
		return errForm
	}
	switch step := rateStep(per.Duration()); {
	case count == 0:
		return errors.New("it lets nothing by; to close an operation, take it out of the document")
	case per == 0:
		return errors.New("its time is nothing")
	case per.Duration()%step != 0:
		return errors.New("its time is not in whole seconds, or milliseconds below one")
	case per.Duration()/time.Duration(count) < time.Microsecond:
		return errors.New("it is more than a million a second")
	}
	*r = Rate{int(count), per.Duration()}
	return nil
}

// rateStep: RateLimit-Policy tells clients the window in seconds.
func rateStep(per time.Duration) time.Duration {
	if per < time.Second {
		return time.Millisecond
	}
	return time.Second
}
