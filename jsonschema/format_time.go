package jsonschema

import "strings"

// isDateTime is date-time of RFC 3339 §5.6.
func isDateTime(s string) bool {
	return len(s) > 11 && (s[10] == 'T' || s[10] == 't') && isDate(s[:10]) && isTime(s[11:])
}

// isDate is full-date of RFC 3339 §5.6, with the days that the month has.
func isDate(s string) bool {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return false
	}
	year, ok1 := digits(s[:4])
	month, ok2 := digits(s[5:7])
	day, ok3 := digits(s[8:])
	return ok1 && ok2 && ok3 && month >= 1 && month <= 12 && day >= 1 && day <= daysOf(year, month)
}

func daysOf(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// isTime is full-time of RFC 3339 §5.6. A leap second is one only at the end
// of a day in UTC (appendix D).
func isTime(s string) bool {
	if len(s) < 9 || s[2] != ':' || s[5] != ':' {
		return false
	}
	hour, ok1 := digits(s[:2])
	minute, ok2 := digits(s[3:5])
	second, ok3 := digits(s[6:8])
	if !ok1 || !ok2 || !ok3 || hour > 23 || minute > 59 || second > 60 {
		return false
	}
	s = s[8:]
	if s[0] == '.' {
		rest := strings.TrimLeft(s[1:], "0123456789")
		if len(rest) == len(s)-1 {
			return false
		}
		s = rest
	}
	offset, ok := zoneOffset(s)
	if !ok {
		return false
	}
	const day = 24 * 60
	utc := (hour*60 + minute - offset + day) % day
	return second < 60 || utc == day-1
}

// zoneOffset reads time-offset, in minutes.
func zoneOffset(s string) (int, bool) {
	if s == "Z" || s == "z" {
		return 0, true
	}
	if len(s) != 6 || s[0] != '+' && s[0] != '-' || s[3] != ':' {
		return 0, false
	}
	hour, ok1 := digits(s[1:3])
	minute, ok2 := digits(s[4:])
	offset := hour*60 + minute
	if s[0] == '-' {
		offset = -offset
	}
	return offset, ok1 && ok2 && hour <= 23 && minute <= 59
}

// digits reads a number of ASCII digits and nothing else.
func digits(s string) (int, bool) {
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, s != ""
}

// isDuration is duration of RFC 3339 appendix A: units in order, without gaps,
// weeks alone.
func isDuration(s string) bool {
	s, ok := strings.CutPrefix(s, "P")
	if !ok || s == "" {
		return false
	}
	if weeks, ok := strings.CutSuffix(s, "W"); ok {
		return allDigits(weeks)
	}
	date, time, hasTime := strings.Cut(s, "T")
	return (date != "" || hasTime) && durationUnits(date, "YMD") && (!hasTime || time != "" && durationUnits(time, "HMS"))
}

// durationUnits reads numbers with units that follow each other.
func durationUnits(s, units string) bool {
	last := -1
	for s != "" {
		rest := strings.TrimLeft(s, "0123456789")
		if rest == "" || len(rest) == len(s) {
			return false
		}
		unit := strings.IndexByte(units, rest[0])
		if unit < 0 || last >= 0 && unit != last+1 {
			return false
		}
		last, s = unit, rest[1:]
	}
	return true
}

func allDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
