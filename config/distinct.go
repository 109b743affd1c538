package config

import (
	"strconv"
)

// item names one item of a list as PositionOf takes it.
func item(key string, i int) string { return key + "/" + strconv.Itoa(i) }

// distinct refuses two structs of a list whose key has the same value. Empty
// values are mistakes already.
func (d *decoder) distinct(list, key string, n int, at func(int) (string, Place)) {
	seen := make(map[string]int, n)
	for i := range n {
		value, place := at(i)
		first, again := seen[value]
		if again && value != "" {
			d.wrong(place.PositionOf(key), "give each its own", "%s[%d] has the %s %q, and so has %s[%d]", list, i, key, value, list, first)
			continue
		}
		seen[value] = i
	}
}

// distinctItems refuses a list that says the same thing twice: one of them is
// not what was meant.
func distinctItems[T ~string](d *decoder, p Place, key string, items []T) {
	seen := make(map[T]bool, len(items))
	for i, one := range items {
		if seen[one] && one != "" {
			d.wrong(p.PositionOf(item(key, i)), "remove one of them", "%q stands in %s twice", string(one), key)
		}
		seen[one] = true
	}
}
