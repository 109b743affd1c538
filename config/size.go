package config

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// Size is a number of bytes, written 1MiB, 64KiB, 10MB or plainly 4096.
type Size int64

// units by suffix: those of IEC 80000-13 count in 1024s, those of the SI in
// 1000s.
var units = []struct {
	suffix string
	bytes  int64
}{
	{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10},
	{"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"B", 1},
}

// String is the size with the largest unit that divides it.
func (s Size) String() string {
	for _, u := range units[:3] {
		if s != 0 && int64(s)%u.bytes == 0 {
			return strconv.FormatInt(int64(s)/u.bytes, 10) + u.suffix
		}
	}
	return strconv.FormatInt(int64(s), 10)
}

func (*Size) numeric() {}

func (*Size) wanted() (string, string) { return "a size", "1MiB, 64KiB or a number of bytes" }

func (s *Size) set(text string) error {
	number, unit := strings.TrimRight(text, "BGMKik"), int64(1)
	if suffix := text[len(number):]; suffix != "" {
		unit = 0
		for _, u := range units {
			if u.suffix == suffix {
				unit = u.bytes
			}
		}
		number = strings.TrimRight(number, " ")
	}
	n, err := strconv.ParseUint(number, 10, 63)
	switch {
	case unit == 0 || err != nil && !errors.Is(err, strconv.ErrRange):
		return errForm
	case err != nil || n > uint64(math.MaxInt64/unit):
		return errors.New("it is too large")
	}
	*s = Size(int64(n) * unit)
	return nil
}
