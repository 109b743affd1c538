package jsonschema

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// keepsOf keeps items whose first captured value is a string.
func keepsOf(owner string) func(int, []Captured) bool {
	return func(_ int, item []Captured) bool {
		return len(item) > 0 && item[0].Kind == String && string(item[0].Text) == owner
	}
}

func TestKeep(t *testing.T) {
	const lists = `{"properties":{"items":{"type":"array","minItems":1,"items":{"properties":{"owner":{"type":"string"},"n":{}}}},"total":{}}}`
	var found Found
	for _, c := range []struct{ name, schema, array, body, left, cut, faults string }{
		{"all stay", lists, "/items", `{"items":[ {"owner":"me"} , {"owner":"me"} ]}`, `{"items":[ {"owner":"me"} , {"owner":"me"} ]}`, "", ""},
		{"the first goes", lists, "/items", `{"items":[ {"owner":"x"} , {"owner":"me"} ]}`, `{"items":[ {"owner":"me"} ]}`, "/items/*", ""},
		{"the last goes", lists, "/items", `{"items":[ {"owner":"me"} , {"owner":"x"} ]}`, `{"items":[ {"owner":"me"} ]}`, "/items/*", ""},
		{"those between", lists, "/items", `{"items":[{"owner":"me"},{"owner":"x"},"s\n",{"owner":"me","n":1}]}`, `{"items":[{"owner":"me"},{"owner":"me","n":1}]}`, "/items/*", ""},
		{"strings with escapes", `{}`, "", `[ "a\"" , {"owner":"me"}, "\"b" ,1]`, `[ {"owner":"me"}]`, "/*", ""},
		{"what is left is judged", lists, "/items", `{"items":[{"owner":"x"}],"total":1}`, `{"items":[],"total":1}`, "/items/*", "/items minItems: must have at least 1 item"},
		{"what went is not judged", lists, "/items", `{"items":[{"owner":"me"},{"owner":7}]}`, `{"items":[{"owner":"me"}]}`, "/items/*", ""},
		{"what stays is pruned", lists, "/items", `{"items":[{"x":1,"owner":"y"},{"x":1,"owner":"me"}]}`, `{"items":[{"owner":"me"}]}`, "/items/* /items/*/x", ""},
		{"an array that is pruned after all", `{"properties":{"a":{}}}`, "/items", `{"items":[{},{"owner":"me"}],"a":1}`, `{"a":1}`, "/items/* /items", ""},
		{"arrays within arrays", `{}`, "/*/items", `[{"items":[{"owner":"x"}]},{"items":[{"owner":"me"},{"owner":"x"}]},{}]`, `[{"items":[]},{"items":[{"owner":"me"}]},{}]`, "/*/items/*", ""},
		{"nothing there", lists, "/items", `{"total":1}`, `{"total":1}`, "", ""},
		{"null there", `{}`, "/items", `{"items":null}`, `{"items":null}`, "", ""},
		{"null on the way", `{}`, "/data/items", `{"data":null}`, `{"data":null}`, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := compileText(t, Options{Dialect: OpenAPI31}, Use{Closed: true}, c.schema)
			watch := &Watch{Keep: []Keep{{compilePlaces(t, c.array)[0], compilePlaces(t, "/owner"), 0}}}
			found.Keep = keepsOf("me")
			got := s.Look([]byte(c.body), Cleaning{true, true}, watch, &found)
			if string(got.Body) != c.left || strings.Join(got.Cut, " ") != c.cut || told(got.Faults) != c.faults || got.Undecided {
				t.Errorf("left %s\nwant %s\ncut %v, want %s\nfaults %s", got.Body, c.left, got.Cut, c.cut, told(got.Faults))
			}
		})
	}
}

// An answer of another form than the rule is written for could hold foreign
// items in places where nobody looks.
func TestKeepThatCannotBeDecided(t *testing.T) {
	s := compileText(t, Options{Dialect: OpenAPI31}, Use{}, `{}`)
	for _, c := range []struct{ array, body, pointer string }{
		{"/items", `{"items":{"1":{"owner":"x"}}}`, "/items"},
		{"/items", `[{"items":[{"owner":"x"}]}]`, ""},
		{"/data/items", `{"data":[{"items":[]}]}`, "/data"},
		{"/data/items", `{"data":"s"}`, "/data"},
		{"", `{"owner":"x"}`, ""},
		{"/*/items", `["s"]`, "/0"},
	} {
		found := Found{Keep: keepsOf("me")}
		watch := &Watch{Keep: []Keep{{compilePlaces(t, c.array)[0], compilePlaces(t, "/owner"), 0}}, Capture: compilePlaces(t, ""), Free: true}
		got := s.Look([]byte(c.body), Cleaning{}, watch, &found)
		if !got.Undecided || len(got.Faults) != 1 || got.Faults[0].Keyword != "keep" || got.Faults[0].Pointer != c.pointer {
			t.Errorf("%s of %s: %v %s", c.array, c.body, got.Undecided, told(got.Faults))
		}
		if _, ok := found.Redacted(); ok || len(found.Captured)+found.FreeCount() > 0 {
			t.Errorf("%s of %s: something is shown", c.array, c.body)
		}
	}
}

func TestKeepWithNobodyToAskKeepsNothing(t *testing.T) {
	s := compileText(t, Options{Dialect: OpenAPI31}, Use{}, `{}`)
	var found Found
	got := s.Look([]byte(`[1,2]`), Cleaning{}, &Watch{Keep: []Keep{{Array: compilePlaces(t, "")[0]}}}, &found)
	if string(got.Body) != "[]" || got.CutCount != 2 {
		t.Errorf("left %s", got.Body)
	}
}

func TestKeepSeveralRules(t *testing.T) {
	s := compileText(t, Options{Dialect: OpenAPI31}, Use{}, `{}`)
	places := compilePlaces(t, "/groups", "/owner", "/groups/*/items", "/tags/*", "")
	watch := &Watch{Keep: []Keep{{places[0], places[1:2], 0}, {places[2], places[3:5], 0}}, Capture: places[2:3]}
	found := Found{Keep: func(rule int, item []Captured) bool {
		if rule == 0 {
			return keepsOf("me")(rule, item)
		}
		return len(item) == 3 && item[0].Indices[0] == 0 && item[1].Indices[0] == 1 && item[2].Place == 1 && item[2].Kind == Object
	}}
	body := `{"groups":[{"owner":"x","items":[1]},{"owner":"me","items":[{"tags":["a","b"]},{"tags":["a"]}]}]}`
	got := s.Look([]byte(body), Cleaning{}, watch, &found)
	if want := `{"groups":[{"owner":"me","items":[{"tags":["a","b"]}]}]}`; string(got.Body) != want || got.CutCount != 2 {
		t.Errorf("left %s, %d", got.Body, got.CutCount)
	}
	if want := `0 /groups/0/items [0] an array "" [{"tags":["a","b"]}]`; shownCaptures(&found) != want {
		t.Errorf("captured %s", shownCaptures(&found))
	}
}

// foreign takes items without an owner out of decoded arrays.
func withoutForeign(value any) any {
	items, ok := value.([]any)
	if !ok {
		return value
	}
	left := []any{}
	for _, item := range items {
		if m, ok := item.(map[string]any); ok && m["a"] == "s" {
			left = append(left, item)
		}
	}
	return left
}

func TestKeepAgainstANaiveFilter(t *testing.T) {
	dropped, pruned := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		schema, _ := json.Marshal(map[string]any{"allOf": []any{gateSchema(t, 3)}, "$defs": map[string]any{"d": gateSchema(t, 1)}})
		s := tryCompile(t, Use{Closed: true}, string(schema))
		if s == nil {
			return
		}
		var found Found
		for range 3 {
			list := []any{}
			for range rapid.IntRange(0, 5).Draw(t, "items") {
				list = append(list, gateValue(t, 3))
			}
			body, _ := json.MarshalIndent(map[string]any{"b": list, "a": "s", "x": nil}, " ", "\t")
			found.Keep = keepsOf("s")
			watch := &Watch{Keep: []Keep{{compilePlaces(t, "/b")[0], compilePlaces(t, "/a"), 0}}, Capture: compilePlaces(t, "/b", "/b/*", "/b/*/a")}
			got := s.Look(body, Cleaning{true, true}, watch, &found)
			if got.Undecided {
				continue
			}
			filtered, _ := json.Marshal(map[string]any{"b": withoutForeign(decoded(t, body).(map[string]any)["b"]), "a": "s", "x": nil})
			want := s.Clean(filtered, Cleaning{true, true})
			if canonical(t, got.Body) != canonical(t, want.Body) {
				t.Fatalf("%s\n%s\nleft %s\nwant %s", schema, body, got.Body, want.Body)
			}
			capturesWhatIsThere(t, got.Body, watch.Capture, &found)
			dropped += got.CutCount - want.CutCount
			pruned += want.CutCount
		}
	})
	t.Logf("%d items dropped, then %d members taken out", dropped, pruned)
}

func decoded(t tester, body []byte) any {
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatal(err)
	}
	return v
}
