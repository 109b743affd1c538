package jsonschema

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"sallyport/source"
)

// streamed passes a body through a stream and says what came out.
func streamed(s *Schema, body io.Reader, limit int, may Cleaning) (c Cleaned, err error) {
	st := s.Stream(body, Streaming{Limit: limit, May: may, Found: func(faults []Fault, undecided bool) error {
		c.Faults = append(c.Faults, faults...)
		c.Undecided = c.Undecided || undecided
		return nil
	}})
	c.Body, err = io.ReadAll(st)
	c.Faults = ordered(c.Faults)
	c.Cut, c.CutCount = st.Cut, st.CutCount
	return c, err
}

// What a stream decides is what Clean decides of the whole.
func TestStreamAgainstClean(t *testing.T) {
	compared, cut, entered := 0, 0, 0
	rapid.Check(t, func(t *rapid.T) {
		defs := map[string]any{"d": map[string]any{"properties": map[string]any{"a": gateSchema(t, 2), "c": map[string]any{"$ref": "#/$defs/d"}}}}
		text, _ := json.Marshal(map[string]any{"allOf": []any{streamSchema(t, 3)}, "$defs": defs})
		node, err := source.Parse("schema.json", text, source.DefaultLimits)
		if err != nil {
			t.Fatal(err)
		}
		for _, use := range []Use{{Response, true}, {Response, false}, {Neutral, true}} {
			s, err := NewCompiler(Options{Dialect: Draft2020}).Compile(node, use)
			if err != nil {
				return // a circle
			}
			for range 4 {
				body, _ := json.MarshalIndent(gateValue(t, 4), rapid.SampledFrom([]string{"", " "}).Draw(t, "prefix"), "  ")
				for _, may := range []Cleaning{{true, true}, {}} {
					want := s.Clean(body, may)
					limit := rapid.IntRange(1, 40).Draw(t, "limit")
					got, err := streamed(s, iotest.OneByteReader(bytes.NewReader(body)), limit, may)
					if want.Undecided || err != nil && errors.Is(err, ErrTooLarge) {
						continue
					}
					if err != nil {
						t.Fatalf("%s\n%s: %v", text, body, err)
					}
					compared++
					cut += want.CutCount
					if string(got.Body) != string(want.Body) || !sameCuts(got, want) || !sameFaults(text, got, want) {
						t.Fatalf("%s\n%s\nwant %s\n%s\n%q\nleft %s\n%s\n%q", text, body, want.Body, told(want.Faults), want.Cut, got.Body, told(got.Faults), got.Cut)
					}
					whole, err := streamed(s, bytes.NewReader(body), 1<<20, may)
					if err == nil && (string(whole.Body) != string(want.Body) || !sameFaults(text, whole, want)) {
						t.Fatalf("%s\n%s\nwant %s\n%s\nleft %s\n%s", text, body, want.Body, told(want.Faults), whole.Body, told(whole.Faults))
					}
					if strings.Count(string(body), "{") > 2 {
						entered++
					}
				}
			}
		}
	})
	t.Logf("%d bodies compared, %d members taken out, %d nested", compared, cut, entered)
	if compared == 0 || cut == 0 {
		t.Error("nothing was compared")
	}
}

// sameCuts: of what lies in a member that is taken out unread nobody speaks.
func sameCuts(got, want Cleaned) bool {
	beneath := 0
	for _, place := range want.Cut {
		if !slices.Contains(got.Cut, place) {
			if !slices.ContainsFunc(got.Cut, func(out string) bool { return strings.HasPrefix(place, out+"/") }) {
				return false
			}
			beneath++
		}
	}
	return len(got.Cut) == len(want.Cut)-beneath && (beneath > 0 || got.CutCount == want.CutCount)
}

// sameFaults: of a union Clean tells why no branch holds, and a stream what is
// wrong by the only one that could.
func sameFaults(schema []byte, got, want Cleaned) bool {
	if bytes.Contains(schema, []byte("Of\":[")) && bytes.Contains(schema, []byte(`"null"`)) {
		return (got.Faults == nil) == (want.Faults == nil)
	}
	return told(read(got.Faults)) == told(read(want.Faults))
}

// read leaves out the faults in members that may not stand there.
func read(faults []Fault) []Fault {
	return slices.DeleteFunc(slices.Clone(faults), func(f Fault) bool {
		return slices.ContainsFunc(faults, func(out Fault) bool {
			return slices.Contains(nameWords, out.Keyword) && strings.HasPrefix(f.Pointer, out.Pointer+"/")
		})
	})
}

// streamSchema draws a schema whose containers can mostly be gone into.
func streamSchema(t *rapid.T, depth int) any {
	if depth == 0 || rapid.IntRange(0, 3).Draw(t, "any") == 0 {
		return gateSchema(t, min(depth, 2))
	}
	s := map[string]any{}
	sub := func() any { return streamSchema(t, depth-1) }
	for range rapid.IntRange(1, 4).Draw(t, "words") {
		switch word := rapid.SampledFrom([]string{"properties", "properties", "properties", "allOf", "items", "items", "prefixItems", "required",
			"patternProperties", "additionalProperties", "minProperties", "maxProperties", "minItems", "maxItems", "propertyNames", "writeOnly", "anyOf", "oneOf"}).Draw(t, "word"); word {
		case "properties", "patternProperties":
			m := map[string]any{}
			for range rapid.IntRange(0, 4).Draw(t, "n") {
				name := rapid.SampledFrom([]string{"a", "b", "c", "ab"}).Draw(t, "name")
				if word == "patternProperties" {
					name = "^" + name
				}
				m[name] = sub()
			}
			s[word] = m
		case "allOf", "prefixItems":
			var l []any
			for range rapid.IntRange(1, 3).Draw(t, "n") {
				l = append(l, sub())
			}
			s[word] = l
		case "required":
			s[word] = []any{rapid.SampledFrom([]string{"a", "b", "x"}).Draw(t, "name")}
		case "minProperties", "maxProperties", "minItems", "maxItems":
			s[word] = rapid.IntRange(1, 3).Draw(t, "count")
		case "propertyNames":
			s[word] = map[string]any{"maxLength": 1}
		case "writeOnly":
			s[word] = true
		case "anyOf", "oneOf":
			s[word] = []any{sub(), map[string]any{"type": "null"}}
		default:
			s[word] = sub()
		}
	}
	return s
}
