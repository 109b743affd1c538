package mediatype_test

import (
	"testing"

	"sallyport/mediatype"
)

func TestSequencesAreKnownByTheirNames(t *testing.T) {
	for text, want := range map[string]string{
		"application/x-ndjson":                   "lines",
		"application/ndjson":                     "lines",
		"Application/JSONL; charset=utf-8":       "lines",
		"application/x-jsonlines":                "lines",
		"application/json-lines":                 "lines",
		"application/json-seq":                   "sequence",
		"application/geo+json-seq":               "sequence",
		"text/event-stream; charset=utf-8":       "events",
		"application/json":                       "",
		"application/problem+json":               "",
		"application/event-stream":               "",
		"application/json-sequence":              "",
		"text/plain; note=\"text/event-stream\"": "",
	} {
		parsed, err := mediatype.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for name, is := range map[string]bool{"lines": parsed.IsJSONLines(), "sequence": parsed.IsJSONSequence(), "events": parsed.IsEventStream()} {
			if is {
				got += name
			}
		}
		if got != want {
			t.Errorf("%s: %q; want %q", text, got, want)
		}
	}
}
