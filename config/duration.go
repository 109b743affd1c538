package config

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// MaxSkew is the most that a clock may be said to be off.
const MaxSkew = Duration(time.Minute)

// Duration is a time span, written 10s, 1h30m or 180d.
type Duration time.Duration

// Duration is the span as the standard library takes it.
func (d Duration) Duration() time.Duration { return time.Duration(d) }

// String is the span as it is written: 90s is 1m30s, 0 is off.
func (d Duration) String() string {
	if d == 0 {
		return "off"
	}
	const day = 24 * time.Hour
	if s := time.Duration(d); s%day == 0 {
		return strconv.FormatInt(int64(s/day), 10) + "d"
	}
	s := time.Duration(d).String()
	if t, ok := strings.CutSuffix(s, "m0s"); ok {
		s = t + "m"
	}
	if t, ok := strings.CutSuffix(s, "h0m"); ok {
		s = t + "h"
	}
	return s
}

func (*Duration) numeric() {}

func (*Duration) wanted() (string, string) { return "a duration", "10s, 5m, 1h30m or 7d" }

// longestDuration is ten years: far beyond any use, far within time.Duration.
const longestDuration = 10 * 365 * 24 * time.Hour

func (d *Duration) set(text string) error {
	if text == "" {
		return errForm
	}
	days, rest, ok := strings.Cut(text, "d")
	if !ok {
		days, rest = "0", text
	}
	n, err := strconv.ParseUint(days, 10, 16)
	if err != nil {
		return errForm
	}
	var part time.Duration
	if rest != "" {
		if strings.HasPrefix(rest, "+") {
			return errForm
		}
		if part, err = time.ParseDuration(rest); err != nil {
			if _, err := strconv.ParseFloat(rest, 64); err == nil && !ok {
				return errors.New("it has no unit")
			}
			return errForm
		}
	}
	if part < 0 {
		return errors.New("it is less than nothing")
	}
	if part > longestDuration || time.Duration(n)*24*time.Hour > longestDuration-part {
		return errors.New("it is longer than ten years")
	}
	*d = Duration(time.Duration(n)*24*time.Hour + part)
	return nil
}

// Time is a moment, written as a date or by RFC 3339.
type Time struct{ time.Time }

func (*Time) wanted() (string, string) {
	return "a date or time", "2027-01-31 or 2027-01-31T12:00:00Z"
}

func (t *Time) set(text string) error {
	for _, layout := range [...]string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, text); err == nil {
			t.Time = at
			return nil
		}
	}
	return errForm
}
