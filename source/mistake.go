package source

import (
	"fmt"
	"sort"
	"strings"
)

// Mistake is something wrong in a file that an operator wrote: where, what, and
// what would be right.
type Mistake struct {
	Position
	Message string
	// Remedy says what to write instead; may be empty.
	Remedy string
}

// Error is one line: file:line:column: message (remedy).
func (m *Mistake) Error() string {
	s := m.Message
	if m.Remedy != "" {
		s += " (" + m.Remedy + ")"
	}
	if p := m.Position.String(); p != "" {
		s = p + ": " + s
	}
	return s
}

// Mistakes is every mistake that was found, so that a file is mended in one go.
type Mistakes []*Mistake

// Add notes one mistake at a place.
func (ms *Mistakes) Add(at Position, remedy, format string, args ...any) {
	*ms = append(*ms, &Mistake{at, fmt.Sprintf(format, args...), remedy})
}

// Error is one line for each mistake, in order of place.
func (ms Mistakes) Error() string {
	lines := make([]string, len(ms))
	for i, m := range ms {
		lines[i] = m.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap lets errors.As find a single Mistake.
func (ms Mistakes) Unwrap() []error {
	errs := make([]error, len(ms))
	for i, m := range ms {
		errs[i] = m
	}
	return errs
}

// Sort puts the mistakes in the order of their places and drops repetitions.
func (ms Mistakes) Sort() Mistakes {
	sort.SliceStable(ms, func(i, j int) bool {
		a, b := ms[i], ms[j]
		if a.File != b.File {
			return a.File < b.File
		}
		if a.Line != b.Line {
			return a.Line < b.Line
		}
		return a.Column < b.Column
	})
	kept := ms[:0]
	for i, m := range ms {
		if i == 0 || *m != *ms[i-1] {
			kept = append(kept, m)
		}
	}
	return kept
}

// Err is the sorted list as an error, or nil if it is empty.
func (ms Mistakes) Err() error {
	if len(ms) == 0 {
		return nil
	}
	return ms.Sort()
}

// Nearest is the candidate that is most like a misspelt name, or "" if none is
// close: at most a third of its letters may differ (optimal string alignment
// distance: a swap of neighbours counts as one). Failing that, it is the only
// candidate that the name abbreviates: int is integer.
func Nearest(name string, candidates []string) string {
	best, limit := "", max(1, len(name)/3)
	if len(name) < 2 {
		limit = 0
	}
	low := strings.ToLower(name)
	for _, c := range candidates {
		if d := editDistance(low, strings.ToLower(c), limit); d < limit || d == limit && best == "" {
			best, limit = c, d
		}
	}
	if best != "" || len(name) < 3 {
		return best
	}
	for _, c := range candidates {
		if strings.HasPrefix(strings.ToLower(c), low) {
			if best != "" {
				return ""
			}
			best = c
		}
	}
	return best
}

// editDistance is the number of edits from a to b, or limit+1 if more.
func editDistance(a, b string, limit int) int {
	if len(a)-len(b) > limit || len(b)-len(a) > limit || len(a) > 128 || len(b) > 128 {
		return limit + 1
	}
	var before, last, row [130]int
	for j := 0; j <= len(b); j++ {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return min(last[len(b)], limit+1)
}
