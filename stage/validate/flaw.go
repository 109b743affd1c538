package validate

// flaw is what can be wrong with a value before any schema sees it.
type flaw uint8

const (
	sound flaw = iota
	badEscape
	badStyle
	badPairs
	badPath
	badJSON
	badXML
	badMedia
	badSeparator
	repeated
	tooMany
)

// flaws are the word and the sentence for each: neither repeats a value.
var flaws = [...]struct{ keyword, message string }{
	badEscape:    {"encoding", "must be UTF-8 text, percent-encoded where its place asks for it"},
	badStyle:     {"style", "must be written in the style that is declared"},
	badPairs:     {"style", "must be names and values in turn"},
	badPath:      {"style", "must name members in brackets, list items by indexes from 0 without a gap"},
	badJSON:      {"content", "must be JSON text"},
	badXML:       {"content", "must be XML as its schema says"},
	badMedia:     {"contentType", "must be text, not JSON"},
	badSeparator: {"allowReserved", "must have its semicolons percent-encoded"},
	repeated:     {"duplicate", "may be given only once"},
	tooMany:      {"style", "must have fewer members"},
}
