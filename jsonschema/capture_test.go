package jsonschema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func shownCaptures(found *Found) string {
	var lines []string
	for _, c := range found.Captured {
		lines = append(lines, fmt.Sprintf("%d %s %v %v %q %s", c.Place, c.Pointer(), c.Indices, c.Kind, c.Text, c.Raw))
	}
	return strings.Join(lines, "\n")
}

func TestCapture(t *testing.T) {
	var found Found // one for all: nothing of a body stays for the next
	for _, c := range []struct{ name, schema, body, places, want string }{
		{"the root", `{}`, ` {"a" : 1} `, "", `0  [] an object "" {"a" : 1}`},
		{"a string with escapes", `{}`, `{"a":"x\u0041\"\\"}`, "/a", `0 /a [] a string "xA\"\\" "x\u0041\"\\"`},
		{"a root with escapes", `{}`, `"\n"`, "", `0  [] a string "\n" "\n"`},
		{"nothing but backslashes", `{}`, `["\\\\","\\\""]`, "/*", `0 /0 [0] a string "\\\\" "\\\\"` + "\n" + `0 /1 [1] a string "\\\"" "\\\""`},
		{"a name with escapes", `{}`, `{"\u0061~/":true}`, "/a~0~1", `0 /a~0~1 [] a boolean "" true`},
		{"a number as it was written", `{}`, `[1.50e1 , null]`, "/0 /1", "0 /0 [] a number \"1.50e1\" 1.50e1\n1 /1 [] null \"\" null"},
		{"every item", `{}`, `{"items":[{"o":"a"},{},{"o":["b"]}]}`, "/items/*/o", "0 /items/0/o [0] a string \"a\" \"a\"\n0 /items/2/o [2] an array \"\" [\"b\"]"},
		{"every member", `{}`, `{"x":{"o":1},"y":{"o":2}}`, "/*/o", "0 /x/o [0] a number \"1\" 1\n0 /y/o [1] a number \"2\" 2"},
		{"stars within stars", `{}`, `[[1],[2,3]]`, "/*/*", "0 /0/0 [0 0] a number \"1\" 1\n0 /1/0 [1 0] a number \"2\" 2\n0 /1/1 [1 1] a number \"3\" 3"},
		{"places in their order", `{}`, `{"a":1,"b":2}`, "/b /a", "0 /b [] a number \"2\" 2\n1 /a [] a number \"1\" 1"},
		{"a member that is called 0", `{}`, `{"0":1}`, "/0", `0 /0 [] a number "1" 1`},
		{"nothing there", `{}`, `{"a":[1],"b":"s"}`, "/c /a/1 /a/x /b/c /a/-", ""},
		{"what was taken out is not there", `{"properties":{"a":{},"b":{"properties":{"c":{}}}}}`, `{"x":1,"a":2,"b":{"y":1,"c":3,"z":4}}`, "/x /b /b/y /*",
			"1 /b [] an object \"\" {\"c\":3}\n3 /a [0] a number \"2\" 2\n3 /b [1] an object \"\" {\"c\":3}"},
		{"of a body with faults", `{"properties":{"a":{"type":"string"}}}`, `{"a":2}`, "/a", `0 /a [] a number "2" 2`},
		{"of a body that is no JSON", `{}`, `{"a":2`, "/a", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := compileText(t, Options{Dialect: OpenAPI31}, Use{Closed: true}, c.schema)
			watch := &Watch{Capture: compilePlaces(t, strings.Split(c.places, " ")...)}
			s.Look([]byte(c.body), Cleaning{true, true}, watch, &found)
			if got := shownCaptures(&found); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestCaptureOfARefusedBodyShowsItAsItCame(t *testing.T) {
	s := compileText(t, Options{Dialect: OpenAPI31}, Use{Closed: true}, `{"properties":{"a":{"enum":["s"]}}}`)
	var found Found
	got := s.Look([]byte(`{"x":{"y":"t"},"a":"s"}`), Cleaning{}, &Watch{Capture: compilePlaces(t, "/x/y", "/a"), Free: true}, &found)
	if len(got.Faults) != 1 || shownCaptures(&found) != "0 /x/y [] a string \"t\" \"t\"\n1 /a [] a string \"s\" \"s\"" {
		t.Errorf("%s\n%s", told(got.Faults), shownCaptures(&found))
	}
	if texts := freeTexts(&found); texts != "name /x, name /x/y, /x/y, name /a, /a" {
		t.Errorf("free are %s", texts)
	}
}

// Who observes a schema passes such a body on: rules of their own still hold.
func TestARefusedBodyIsStillFilteredAndMasked(t *testing.T) {
	s := compileText(t, Options{Dialect: OpenAPI31}, Use{Closed: true}, `{"items":{"properties":{"owner":{},"pin":{}}}}`)
	places := compilePlaces(t, "", "/owner", "/*/pin")
	watch := &Watch{Keep: []Keep{{places[0], places[1:2], 0}}, Mask: []Mask{{places[2], 0}}, Capture: places[2:], Free: true}
	found := Found{Keep: keepsOf("me")}
	got := s.Look([]byte(`[{"owner":"x","pin":"1"}, {"owner":"me","pin":"2","x":3}, {"y":1}]`), Cleaning{}, watch, &found)
	if want := `[{"owner":"me","pin":"****","x":3}]`; string(got.Body) != want || told(got.Faults) != "/0/x additionalProperties: is not declared" || got.Undecided ||
		got.CutCount != 2 || len(got.Cut) != 1 || got.MaskCount != 1 {
		t.Errorf("left %s with %s, %d %v cut, %d masked", got.Body, told(got.Faults), got.CutCount, got.Cut, got.MaskCount)
	}
	if shownCaptures(&found) != `0 /0/pin [0] a string "2" "2"` || found.FreeCount() != 5 {
		t.Errorf("%s\n%s", shownCaptures(&found), freeTexts(&found))
	}
}

func TestResetLeavesNothing(t *testing.T) {
	s := compileText(t, Options{Dialect: OpenAPI31}, Use{}, `{}`)
	found := Found{Keep: func(int, []Captured) bool { return true }}
	s.Look([]byte(`["a\nb"]`), Cleaning{}, &Watch{Capture: compilePlaces(t, "/0"), Free: true}, &found)
	captured := found.Captured[0]
	text := captured.Text
	if captured.Pointer() != "/0" {
		t.Fatal(captured.Pointer())
	}
	if string(text) != "a\nb" || found.FreeCount() != 1 || found.Keep == nil {
		t.Fatalf("%q", text)
	}
	found.Reset()
	if len(found.Captured)+found.FreeCount() > 0 || found.Keep != nil || string(text) == "a\nb" {
		t.Errorf("%v, and the text is still %q", found, text)
	}
	if captured.Pointer() != "" {
		t.Error("a pointer into a body that is gone")
	}
	if c := found.Captured[:1][0]; c.Raw != nil {
		t.Error("the room that stays holds the body")
	}
	if _, ok := found.Redacted(); ok {
		t.Error("there is no body")
	}
	found.Reset()
}

// placeOf draws a place of the bodies that gateValue makes.
func placeOf(t *rapid.T) string {
	place := ""
	for range rapid.IntRange(0, 4).Draw(t, "steps") {
		place += "/" + rapid.SampledFrom([]string{"a", "b", "c", "x", "*", "*", "0", "1"}).Draw(t, "step")
	}
	return place
}

// capturesWhatIsThere compares what was captured with a walk over what
// encoding/json reads.
func capturesWhatIsThere(t tester, left []byte, places []*Place, found *Found) {
	all, rest := locate(t, left), found.Captured
	for n, p := range places {
		for _, l := range all {
			if !l.at(p.String()) {
				continue
			}
			if len(rest) == 0 {
				t.Fatalf("%s of %s is not captured", l.pointer, left)
			}
			c := rest[0]
			rest = rest[1:]
			if c.Place != n || c.Pointer() != l.pointer || !bytes.Equal(c.Raw, left[l.from:l.to]) {
				t.Fatalf("%s: %d %s %s, want %d %s %s", left, c.Place, c.Pointer(), c.Raw, n, l.pointer, left[l.from:l.to])
			}
			kind, text := Null, ""
			switch v := l.value.(type) {
			case bool:
				kind = Boolean
			case string:
				kind, text = String, v
			case json.Number:
				kind, text = Number, v.String()
			case []any:
				kind = Array
			case map[string]any:
				kind = Object
			}
			if c.Kind != kind || string(c.Text) != text {
				t.Fatalf("%s: %v %q, want %v %q", c.Raw, c.Kind, c.Text, kind, text)
			}
			if stars := strings.Count(p.String(), "*"); len(c.Indices) != stars {
				t.Fatalf("%s at %s: %v", p, l.pointer, c.Indices)
			}
		}
	}
	if len(rest) > 0 {
		t.Fatalf("%s of %s is captured", rest[0].Pointer(), left)
	}
}

func TestCaptureAgainstANaiveWalk(t *testing.T) {
	captured, pruned := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		schema, _ := json.Marshal(map[string]any{"allOf": []any{gateSchema(t, 3)}, "$defs": map[string]any{"d": gateSchema(t, 1)}})
		s := tryCompile(t, Use{Closed: true}, string(schema))
		if s == nil {
			return
		}
		var texts []string
		for range rapid.IntRange(1, 4).Draw(t, "places") {
			texts = append(texts, placeOf(t))
		}
		var found Found
		for range 3 {
			body, _ := json.MarshalIndent(gateValue(t, 4), "", " ")
			watch := &Watch{Capture: compilePlaces(t, texts...)}
			got := s.Look(body, Cleaning{true, true}, watch, &found)
			if got.Undecided {
				continue
			}
			capturesWhatIsThere(t, got.Body, watch.Capture, &found)
			if want := s.Clean(body, Cleaning{true, true}); !bytes.Equal(want.Body, got.Body) || !slices.Equal(want.Cut, got.Cut) || told(want.Faults) != told(got.Faults) {
				t.Fatalf("%s: looking left %s, cleaning %s", body, got.Body, want.Body)
			}
			captured += len(found.Captured)
			pruned += got.CutCount
		}
	})
	t.Logf("%d values captured of bodies from which %d members were taken", captured, pruned)
}
