package jsonschema

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// Small numbers are judged as decimals are.
func TestSmallNumbersAgainstDecimals(t *testing.T) {
	number := rapid.Custom(func(t *rapid.T) string {
		digits := fmt.Sprint(rapid.Uint64Range(0, []uint64{9, 9999, 1e18, 1<<64 - 1}[rapid.IntRange(0, 3).Draw(t, "size")]).Draw(t, "digits"))
		if at := rapid.IntRange(0, 2*len(digits)).Draw(t, "dot"); at > 0 && at < len(digits) {
			digits = digits[:at] + "." + digits[at:]
		}
		return rapid.SampledFrom([]string{"", "-", "0.00", "-0."}).Draw(t, "sign") + digits
	})
	rapid.Check(t, func(t *rapid.T) {
		texts := [2]string{number.Draw(t, "a"), number.Draw(t, "b")}
		if rapid.IntRange(0, 4).Draw(t, "same") == 0 {
			texts[1] = texts[0] + []string{"", "0", "00"}[rapid.IntRange(0, 2).Draw(t, "zeros")]
		}
		var smalls [2]small
		var decimals [2]decimal
		for i, text := range texts {
			for dots, at := 0, 0; at < len(text); at++ {
				if text[at] == '.' {
					if dots++; dots > 1 {
						return
					}
				}
			}
			var ok, valid bool
			smalls[i], ok = parseSmall([]byte(text))
			decimals[i], valid = parseDecimal([]byte(text), nil)
			if !ok || !valid {
				return
			}
		}
		if got, want := smalls[0].compare(smalls[1]), decimals[0].compare(decimals[1]); got != want {
			t.Fatalf("%s and %s: %d, want %d", texts[0], texts[1], got, want)
		}
		if decimals[1].zero() || decimals[1].negative {
			return
		}
		if got, known := smalls[0].multipleOf(smalls[1]); known && got != decimals[0].multipleOf(decimals[1]) {
			t.Fatalf("%s a multiple of %s: %v", texts[0], texts[1], got)
		}
	})
}
