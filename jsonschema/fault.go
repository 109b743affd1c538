package jsonschema

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"sallyport/source"
)

// Fault is one thing that is wrong with a body. No text in it is a value that
// was sent; a name that was sent stands in Pointer alone.
type Fault struct {
	// Pointer is the place in the body (RFC 6901), that of a missing member
	// included.
	Pointer string
	// Keyword is the word of the schema that does not hold; "number" for one
	// that is too long to be judged, "false" for a schema that takes nothing,
	// "cost" for a body that takes too long or holds too much to be judged, "keep"
	// for one of which it cannot be said which items stay, and empty for text that
	// is not JSON.
	Keyword string
	// Message goes on after the name of the place: "must be at most 100".
	Message string
	// At is where the schema says so; unknown for text that is not JSON.
	At source.Position
}

// Syntax tells whether the body could not be read at all.
func (f Fault) Syntax() bool { return f.Keyword == "" }

func syntaxFault(pointer, message string) *Fault {
	return &Fault{Pointer: pointer, Message: message}
}

// maxFaults is how many faults a check reports.
const maxFaults = 20

// ordered sorts faults by place and drops repetitions.
func ordered(faults []Fault) []Fault {
	slices.SortStableFunc(faults, func(a, b Fault) int {
		return cmp.Or(strings.Compare(a.Pointer, b.Pointer), strings.Compare(a.Keyword, b.Keyword), strings.Compare(a.Message, b.Message))
	})
	faults = slices.CompactFunc(faults, func(a, b Fault) bool {
		return a.Pointer == b.Pointer && a.Keyword == b.Keyword && a.Message == b.Message
	})
	return faults[:min(len(faults), maxFaults)]
}

// orList joins words: a, b or c.
func orList(words []string) string {
	switch len(words) {
	case 0:
		return ""
	case 1:
		return words[0]
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

// Bounds of what a message quotes from a schema.
const (
	maxListed = 20
	maxQuoted = 200
)

// quoteSchema shortens a text of the schema for a message.
func quoteSchema(text string) string {
	if len(text) <= maxQuoted {
		return text
	}
	cut := maxQuoted
	for cut > 0 && text[cut]&0xC0 == 0x80 {
		cut--
	}
	return text[:cut] + "…"
}

// listed names values of the schema.
func listed(values []*source.Node) string {
	var b strings.Builder
	for i, v := range values {
		if i > 0 {
			b.WriteString(", ")
		}
		if i == maxListed {
			b.WriteString("…")
			break
		}
		b.WriteString(quoteSchema(written(v)))
	}
	return b.String()
}

// written is a value of the schema as a message shows it.
func written(v *source.Node) string {
	switch v.Kind {
	case source.Null:
		return "null"
	case source.String:
		if v.Text == "" {
			return `""`
		}
		return v.Text
	case source.List:
		parts := make([]string, len(v.Items))
		for i, item := range v.Items {
			parts[i] = written(item)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case source.Map:
		parts := make([]string, len(v.Members))
		for i := range v.Members {
			parts[i] = v.Members[i].Name + ": " + written(v.Members[i].Value)
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return v.Text
}

// counted is a number and what it counts.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

func itoa(n int) string { return strconv.Itoa(n) }

func escape(name string) string { return source.EscapePointer(name) }

// lastToken is the last part of a reference.
func lastToken(ref string) string { return ref[strings.LastIndexByte(ref, '/')+1:] }

func sorted(names []string) []string {
	slices.Sort(names)
	return names
}

func indexOf(nodes []*source.Node, n *source.Node) (int, bool) {
	i := slices.Index(nodes, n)
	return i, i >= 0
}
