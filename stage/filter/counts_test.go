package filter

import (
	"fmt"
	"testing"

	"sallyport/jsonschema"
)

func TestCount(t *testing.T) {
	place, err := jsonschema.CompilePlace("/total")
	if err != nil {
		t.Fatal(err)
	}
	number := func(text string) []jsonschema.Captured {
		return []jsonschema.Captured{
			{Place: 0, Value: jsonschema.Value{Kind: jsonschema.String, Text: []byte("ann")}},
			{Place: 1, Value: jsonschema.Value{Kind: jsonschema.Number, Text: []byte(text), Raw: []byte(text)}},
		}
	}
	for _, c := range []struct {
		name     string
		captured []jsonschema.Captured
		taken    int
		want     string
	}{
		{"some are taken out", number("10"), 3, "3 put 7"},
		{"none is", number("10"), 0, ""},
		{"all are", number("3"), 3, "3 put 0"},
		{"it counts something else", number("2"), 3, "dropped"},
		{"it is no whole number", number("10.0"), 3, "dropped"},
		{"it is beyond all counts", number("99999999999999999999"), 3, "dropped"},
		{"it is not there", number("10")[:1], 3, ""},
		{"it is null", []jsonschema.Captured{{Place: 1, Value: jsonschema.Value{Kind: jsonschema.Null}}}, 3, ""},
		{"it is text", []jsonschema.Captured{{Place: 1, Value: jsonschema.Value{Kind: jsonschema.String, Text: []byte("10")}}}, 3, "dropped"},
	} {
		var veil jsonschema.Veil
		(&Count{Place: place, Recount: true, Capture: 1}).veil(&veil, c.captured, c.taken)
		got := ""
		if len(veil.Drop) > 0 {
			got = "dropped"
		}
		for _, p := range veil.Put {
			got += fmt.Sprintf("%d put %s", c.taken, p.Text)
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	var veil jsonschema.Veil
	if (&Count{Place: place}).veil(&veil, nil, 0); len(veil.Drop) != 1 {
		t.Error("it stays where nothing is taken out: then its absence tells of what is")
	}
}
