package serve

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// writes keeps what was written by each call.
type writes struct {
	mu   sync.Mutex
	each []string
}

func (w *writes) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.each = append(w.each, string(p))
	return len(p), nil
}

func TestBatch(t *testing.T) {
	line := func(b *batch, text string) { b.Write([]byte(text + "\n")) }
	t.Run("a_line_that_comes_alone_is_written_at_once", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := &writes{}
			b := newBatch(w)
			for i := range 3 {
				line(b, "a")
				if len(w.each) != i+1 {
					t.Fatalf("after %d lines: %q", i+1, w.each)
				}
				time.Sleep(batchWait) // the clock of the bubble
				synctest.Wait()
			}
			b.close()
		})
	})
	t.Run("lines_that_come_fast_are_written_together_within_their_time", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := &writes{}
			b := newBatch(w)
			for range 5 {
				line(b, "a")
			}
			time.Sleep(batchWait)
			synctest.Wait()
			if len(w.each) != 2 || w.each[1] != "a\na\na\na\n" {
				t.Errorf("%q", w.each)
			}
			b.close()
		})
	})
	t.Run("a_full_buffer_does_not_wait", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := &writes{}
			b := newBatch(w)
			line(b, "first")
			line(b, strings.Repeat("a", batchSize))
			if len(w.each) != 2 {
				t.Errorf("%d writes", len(w.each))
			}
			b.close()
		})
	})
	t.Run("the_end_loses_nothing", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := &writes{}
			b := newBatch(w)
			line(b, "first")
			line(b, "last")
			b.close()
			if got := strings.Join(w.each, ""); got != "first\nlast\n" {
				t.Errorf("%q", got)
			}
		})
	})
}

func TestBatchKeepsLinesWholeAndInOrder(t *testing.T) {
	w := &writes{}
	b := newBatch(w)
	const writers, each = 8, 2000
	var all sync.WaitGroup
	for n := range writers {
		all.Go(func() {
			for i := range each {
				fmt.Fprintf(b, "%d %d %s\n", n, i, strings.Repeat("x", i%50))
			}
		})
	}
	all.Wait()
	b.close()
	next := [writers]int{}
	for text := range strings.Lines(strings.Join(w.each, "")) {
		var n, i int
		var rest string
		if _, err := fmt.Sscanf(text, "%d %d %s", &n, &i, &rest); err != nil && i%50 != 0 {
			t.Fatalf("%q: %v", text, err)
		}
		if i != next[n] || len(rest) != i%50 {
			t.Fatalf("line %q, want the one %d of writer %d", text, next[n], n)
		}
		next[n]++
	}
	for n, count := range next {
		if count != each {
			t.Errorf("%d lines of writer %d, want %d", count, n, each)
		}
	}
}
