package source

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

// hostile texts must be refused, or read, without cost beyond their size.
func TestParse_hostile_texts_cost_little(t *testing.T) {
	laughs := "a0: &a0 lol\n"
	for i := 1; i < 60; i++ {
		laughs += fmt.Sprintf("a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", i-1), 10), ","))
	}
	stairs := "a0: &a0 {x: y}\n"
	for i := 1; i < 400; i++ {
		stairs += fmt.Sprintf("a%d: &a%d {x: *a%d}\n", i, i, i-1)
	}
	tests := []struct{ name, text, message string }{
		{"a billion laughs", laughs, "more than"},
		{"nesting by aliases", stairs, "nested deeper"},
		{"deep lists in YAML", "a: " + strings.Repeat("[", 1000) + strings.Repeat("]", 1000), "nested deeper"},
		{"very deep lists in YAML", "a: " + strings.Repeat("[", 1_000_000), ""},
		{"deep blocks in YAML", strings.Repeat("- ", 20_000) + "a", ""},
		{"deep lists in JSON", strings.Repeat("[", 1_000_000), "nested deeper"},
		{"deep maps in JSON", strings.Repeat(`{"a":`, 1_000_000), "nested deeper"},
		{"many values in JSON", "[" + strings.Repeat("0,", 8<<20) + "0]", "more than"},
		{"many values in YAML", "a: [" + strings.Repeat("0,", 8<<20) + "0]", "more than"},
		{"many empty values in YAML", strings.Repeat("- \n", 4<<20), "more than"},
		{"many names in YAML", "a: {" + strings.Repeat("? ,", 4<<20) + "}", "more than"},
		{"a text that is too long", strings.Repeat(" ", 65<<20), "limit is"},
		{"a number of a megabyte", "a: 0x" + strings.Repeat("f", 1<<20), "none"},
		{"a line of many megabytes", "a: '" + strings.Repeat("ä", 4<<20) + "'", "none"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			_, err := Parse("t", []byte(tt.text), DefaultLimits)
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			switch {
			case tt.message == "none" && err != nil:
				t.Errorf("refused: %.200v", err)
			case tt.message != "none" && (err == nil || !strings.Contains(err.Error(), tt.message)):
				t.Errorf("got %.200v, want %q", err, tt.message)
			}
			if used := (after.TotalAlloc - before.TotalAlloc) >> 20; used > 512 {
				t.Errorf("it took %d MiB", used)
			}
			if took > 2*time.Second*slowness {
				t.Errorf("it took %v", took)
			}
		})
	}
}
