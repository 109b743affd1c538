package main

import (
	"fmt"
	"runtime"
	"strings"
	"time"
)

// written is the page.
func written(all []*figures, at time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, `# API keys, measured

<!-- Written by make bench-keys. -->

What the keys of a store cost, looked up through package roster as a request does: the form, the checksum and the keyed hash of the key included. Measured on %s with %d processors (%s/%s, %s).

- **filled**: keys put in, %d in a transaction, %d to a consumer, each made and hashed on the way, one after the other.
- **from memory**: a key that is remembered; of this, typo and forged, the best of %d turns.
- **from the store**: a key that is not: one indexed reading. The keys are drawn from all, so that the pages of the file are read from all over.
- **together**: the same by 32 callers at one time.
- **typo, forged**: a key with a slip of the hand, and one that has the form and was not made here. Neither is put to the store.
- **unknown**: a key that was made here and is not in the store, each a new one.

`, at.UTC().Format(time.DateOnly), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version(), batch, perConsumer, turns)
	b.WriteString("| |")
	for _, f := range all {
		fmt.Fprintf(&b, " %s |", f.store)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(all)) + "\n")
	row := func(name string, value func(*figures) string) {
		fmt.Fprintf(&b, "| %s |", name)
		for _, f := range all {
			fmt.Fprintf(&b, " %s |", value(f))
		}
		b.WriteString("\n")
	}
	row("keys", func(f *figures) string { return fmt.Sprint(f.keys) })
	row("filled, keys a second", func(f *figures) string { return fmt.Sprintf("%.0f", float64(f.keys)/f.filled.Seconds()) })
	row("the file", func(f *figures) string {
		if f.file == 0 {
			return "not looked at"
		}
		return fmt.Sprintf("%d MiB", f.file>>20)
	})
	row("from memory", func(f *figures) string { return f.hit.String() })
	row("from the store, mean", func(f *figures) string { return f.cold.Round(100 * time.Nanosecond).String() })
	row("from the store, 99 of 100 within", func(f *figures) string { return f.coldSlowest.Round(time.Microsecond).String() })
	row("from the store together, keys a second", func(f *figures) string { return fmt.Sprintf("%.0f", f.perSecond) })
	row("typo", func(f *figures) string { return f.typo.String() })
	row("forged", func(f *figures) string { return f.forged.String() })
	row("unknown", func(f *figures) string { return f.unknown.Round(100 * time.Nanosecond).String() })
	row("memory of a remembered key", func(f *figures) string { return fmt.Sprintf("%d bytes", f.entry) })
	row("memory of the process", func(f *figures) string { return fmt.Sprintf("%d MiB", f.resident>>20) })
	return b.String()
}
