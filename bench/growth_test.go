package bench

import (
	"fmt"
	"testing"
	"time"
)

// sizes are those of the orders whose cost for each byte should be the same.
func sizes() []int {
	var all []int
	for size := 1 << 10; size <= 1<<20; size *= 2 {
		all = append(all, size)
	}
	return all
}

func sizeName(bytes int) string {
	if bytes >= 1<<20 {
		return fmt.Sprintf("%d MB", bytes>>20)
	}
	return fmt.Sprintf("%d KB", bytes>>10)
}

// growing are orders of one size after another, valid.
func growing(tb testing.TB) []*body {
	tb.Helper()
	using := candidates(tb, orderDescription(tb), orderContent)
	var all []*body
	for _, size := range sizes() {
		all = append(all, &body{name: "order of " + sizeName(size), text: grown(tb, size), candidates: using})
	}
	return all
}

func BenchmarkGrowth(b *testing.B) {
	for _, body := range growing(b) {
		for _, c := range body.candidates {
			b.Run(plain(body.name)+"/"+plain(c.name), func(b *testing.B) { run(b, c, body.text) })
		}
	}
}

// TestCostIsLinear holds that a byte of a large body costs about what a byte of
// a small one does. Work that grows with the square of the size would cost a
// hundred times as much; a factor of ten leaves room for caches, for the
// collector and for a busy machine.
func TestCostIsLinear(t *testing.T) {
	least := 0.0
	for _, b := range growing(t) {
		c := b.candidates[0]
		if !c.check(b.text) {
			t.Fatalf("%s is refused", b.name)
		}
		each := fastest(func() { c.check(b.text) }) / float64(len(b.text))
		t.Logf("%s: %.1f ns for each byte", b.name, each)
		if least == 0 || each < least {
			least = each
		}
		if each > 10*least {
			t.Errorf("%s: %.1f ns for each byte, a smaller one costs %.1f", b.name, each, least)
		}
	}
}

// fastest is the least time of a hundred runs, in nanoseconds: what disturbs a
// run only ever makes it longer.
func fastest(f func()) float64 {
	least := time.Duration(1 << 62)
	for range 100 {
		start := time.Now()
		f()
		least = min(least, time.Since(start))
	}
	return float64(least)
}
