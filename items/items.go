// Package items takes apart the bodies that are not one JSON text but a
// sequence of them, as they stream: JSON text sequences (RFC 7464), JSON lines
// (one text on each line, as ndjson.org and jsonlines.org have it), and server
// sent events (WHATWG HTML, "Server-sent events"), each of which OpenAPI 3.2
// (Media Type Object: itemSchema) describes as the object of its fields.
//
// It holds one item at a time, within a size, and passes it on before it reads
// the next: an item is never delayed by what follows. It judges no JSON itself;
// a Schema does. What has two readings is an error: text outside of the items
// of a sequence, a number that may have been cut short (RFC 7464 §2.4).
package items

import (
	"errors"

	"sallyport/mediatype"
)

// Kind is a way to write a sequence.
type Kind uint8

// The kinds.
const (
	// Lines are JSON texts, each on its line.
	Lines Kind = iota
	// Sequence is JSON texts between record separators and line feeds.
	Sequence
	// Events are blocks of fields, each ended by an empty line.
	Events
)

func (k Kind) String() string { return [...]string{"lines", "texts of a sequence", "events"}[k] }

// KindOf tells whether a media type is that of a sequence, and of which kind.
func KindOf(t mediatype.Type) (Kind, bool) {
	switch {
	case t.IsJSONLines():
		return Lines, true
	case t.IsJSONSequence():
		return Sequence, true
	case t.IsEventStream():
		return Events, true
	}
	return Lines, false
}

// What can be wrong with a sequence.
var (
	// ErrTooLarge is for an item that is longer than the limit.
	ErrTooLarge = errors.New("an item is longer than its limit")
	// ErrMalformed is for text that belongs to no item.
	ErrMalformed = errors.New("there is text between the items")
	// ErrTruncated is for an item that may have been cut short.
	ErrTruncated = errors.New("an item may have been cut short")
)

// Item is one piece of a sequence. Its bytes are those of the splitter and
// change with the next one.
type Item struct {
	// Raw is the piece as it came, with everything around it.
	Raw []byte
	// JSON is the text to be judged; nil where the piece is no item: a blank
	// line, a comment.
	JSON []byte
	// Bare is the piece without what no client takes in and no schema speaks
	// of: the text of comments, fields of other names. It is nil where there is
	// nothing of it.
	Bare []byte
}
