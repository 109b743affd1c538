package jsonschema

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func veiling(v Veil) func([]Captured) Veil { return func([]Captured) Veil { return v } }

func TestDrop(t *testing.T) {
	for _, c := range []struct{ name, places, body, left string }{
		{"the first", "/a", `{ "a" : 1 , "b":2}`, `{ "b":2}`},
		{"the last", "/b", `{ "a" : 1 , "b":2 }`, `{ "a" : 1 }`},
		{"one between", "/b", `{"a":1, "b":2, "c":3}`, `{"a":1, "c":3}`},
		{"all", "/a /b", `{"a":1,"b":2}`, `{}`},
		{"the outer ones", "/a /c", `{"a":1,"b":2,"c":3}`, `{"b":2}`},
		{"beside what is not declared", "/a", `{"x":0,"a":1,"y":0,"b":2}`, `{"b":2}`},
		{"behind what is not declared", "/b", `{"a":1,"x":0,"b":2}`, `{"a":1}`},
		{"alone beside what is not declared", "/a", `{"x":0,"a":1,"y":0}`, `{}`},
		{"within", "/o/a", `{"o":{"a":1,"b":2}}`, `{"o":{"b":2}}`},
		{"one within another", "/o/a /o", `{"o":{"a":1,"b":2},"a":3}`, `{"a":3}`},
		{"of every item", "/l/*/a", `{"l":[{"a":1,"b":2},{"b":2,"a":1},{"a":3}]}`, `{"l":[{"b":2},{"b":2},{}]}`},
		{"items", "/l/*", `{"l":[{"a":1},{"b":2}]}`, `{"l":[]}`},
		{"the whole body", "", `{"a":1}`, `{"a":1}`},
		{"what is required", "/need", `{"need":1,"a":2}`, `{"a":2}`},
		{"nothing there", "/c", `{"a":1}`, `{"a":1}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := compileText(t, Options{Dialect: OpenAPI31}, Use{Closed: true}, `{"properties":{"a":{},"b":{},"c":{},"need":{},"o":{"properties":{"a":{},"b":{}}},"l":{"items":{"properties":{"a":{},"b":{}}}}}}`)
			places := compilePlaces(t, strings.Split(c.places, " ")...)
			found := Found{Veil: veiling(Veil{Drop: places})}
			got := s.Look([]byte(c.body), Cleaning{true, true}, &Watch{}, &found)
			if string(got.Body) != c.left || got.Faults != nil {
				t.Errorf("left %s, want %s; %s", got.Body, c.left, told(got.Faults))
			}
		})
	}
}

func TestDropIsNotJudged(t *testing.T) {
	s := compileText(t, Options{Dialect: OpenAPI31}, Use{Closed: true}, `{"properties":{"a":{},"b":{}},"required":["a"],"minProperties":2}`)
	places := compilePlaces(t, "/a")
	found := Found{Veil: func(captured []Captured) Veil {
		if len(captured) == 1 && string(captured[0].Raw) == "1" {
			return Veil{Drop: places}
		}
		return Veil{}
	}}
	got := s.Look([]byte(`{"a":1,"b":2}`), Cleaning{true, true}, &Watch{Capture: places}, &found)
	if string(got.Body) != `{"b":2}` || got.Faults != nil || got.CutCount != 1 || got.Cut[0] != "/a" {
		t.Errorf("left %s, cut %v, %s", got.Body, got.Cut, told(got.Faults))
	}
	if record, ok := found.Redacted(); !ok || strings.Contains(string(record), `"a"`) {
		t.Errorf("what was taken out is in the record: %s", record)
	}
}

// dropped is a value without what stands at a place.
func dropped(v any, steps []string) any {
	if len(steps) == 0 {
		return v
	}
	last := len(steps) == 1
	switch v := v.(type) {
	case map[string]any:
		for name := range v {
			if steps[0] != "*" && steps[0] != name {
				continue
			}
			if last {
				delete(v, name)
			} else {
				v[name] = dropped(v[name], steps[1:])
			}
		}
	case []any:
		left := []any{}
		for i, item := range v {
			switch here := steps[0] == "*" || steps[0] == strconv.Itoa(i); {
			case here && last:
			case here:
				left = append(left, dropped(item, steps[1:]))
			default:
				left = append(left, item)
			}
		}
		return left
	}
	return v
}

func TestDropAgainstANaiveWalk(t *testing.T) {
	taken := 0
	rapid.Check(t, func(t *rapid.T) {
		s := tryCompile(t, Use{Closed: true}, `{"allOf":[`+string(asJSON(gateSchema(t, 2)))+`]}`)
		if s == nil {
			return
		}
		place := compilePlaces(t, placeOf(t))
		for range 3 {
			body := asJSON(gateValue(t, 4))
			clean := s.Clean(body, Cleaning{true, true})
			found := Found{Veil: veiling(Veil{Drop: place})}
			got := s.Look(body, Cleaning{true, true}, &Watch{}, &found)
			if got.Undecided {
				continue
			}
			var want, is any
			if json.Unmarshal(clean.Body, &want) != nil || json.Unmarshal(got.Body, &is) != nil {
				t.Fatalf("%s is no JSON", got.Body)
			}
			if text := place[0].String(); text != "" {
				want = dropped(want, strings.Split(text[1:], "/"))
			}
			if !reflect.DeepEqual(want, is) {
				t.Fatalf("%s without %s\nleft %s", clean.Body, place[0], got.Body)
			}
			taken += got.CutCount - clean.CutCount
		}
	})
	t.Logf("%d values taken out", taken)
}

func asJSON(v any) []byte {
	text, _ := json.Marshal(v)
	return text
}
