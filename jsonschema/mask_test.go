package jsonschema

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestMask(t *testing.T) {
	var found Found
	for _, c := range []struct {
		name, place string
		last        int
		body, left  string
	}{
		{"a string", "/a", 4, `{ "a" : "4111111111111111" , "b":1.0 }`, `{ "a" : "****1111" , "b":1.0 }`},
		{"nothing stays", "/a", 0, `{"a":"secret"}`, `{"a":"****"}`},
		{"as long as twice", "/a", 2, `{"a":"abcd"}`, `{"a":"****cd"}`},
		{"shorter than twice", "/a", 2, `{"a":"abc"}`, `{"a":"****"}`},
		{"an empty string", "/a", 0, `{"a":""}`, `{"a":"****"}`},
		{"more than four never stay", "/a", 9, `{"a":"0123456789"}`, `{"a":"****6789"}`},
		{"less than none is none", "/a", -1, `{"a":"0123456789"}`, `{"a":"****"}`},
		{"characters and not bytes", "/a", 1, `{"a":"ñé"}`, `{"a":"****é"}`},
		{"escapes", "/a", 3, `{"a":"xxx\u0022\\\u0001"}`, `{"a":"****\"\\\u0001"}`},
		{"a number", "/a", 4, `{"a":12345678}`, `{"a":null}`},
		{"a boolean", "/a", 4, `{"a":true}`, `{"a":null}`},
		{"an array", "/a", 4, `{"a":[1,{"b":"]"}] ,"b":2}`, `{"a":null ,"b":2}`},
		{"null", "/a", 4, `{"a":null}`, `{"a":null}`},
		{"the whole body", "", 4, ` "12345678" `, ` "****5678" `},
		{"items", "/*/a", 1, `[{"a":"xyz"},{"b":1},{"a":"\n\n"}]`, `[{"a":"****z"},{"b":1},{"a":"****\u000a"}]`},
		{"nothing there", "/b/c", 1, `{"b":[]}`, `{"b":[]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := compileText(t, Options{Dialect: OpenAPI31}, Use{}, `{}`)
			got := s.Look([]byte(c.body), Cleaning{}, &Watch{Mask: []Mask{{compilePlaces(t, c.place)[0], c.last}}}, &found)
			if string(got.Body) != c.left || (c.body == c.left) != (got.MaskCount == 0) || got.Faults != nil {
				t.Errorf("left %s, want %s; %d masked", got.Body, c.left, got.MaskCount)
			}
		})
	}
}

func TestMaskIsNotJudgedAndLastOfAll(t *testing.T) {
	s := compileText(t, Options{Dialect: OpenAPI31}, Use{Closed: true}, `{"properties":{"card":{"type":"string","pattern":"^[0-9]+$"},"o":{"properties":{"p":{},"q":{}}}}}`)
	places := compilePlaces(t, "/card", "/card", "/o", "/o/p", "/x", "/o/q")
	watch := &Watch{Mask: []Mask{{places[0], 4}, {places[1], 2}, {places[3], 0}, {places[2], 0}, {places[4], 0}}, Capture: places[:1]}
	var found Found
	got := s.Look([]byte(`{"x":"s","o":{"y":1,"p":"s","q":2},"card":"12345678"}`), Cleaning{true, true}, watch, &found)
	if want := `{"o":null,"card":"****78"}`; string(got.Body) != want || got.Faults != nil || got.MaskCount != 2 || got.CutCount != 2 {
		t.Errorf("left %s, %d masked, %d cut, %s", got.Body, got.MaskCount, got.CutCount, told(got.Faults))
	}
	if string(found.Captured[0].Text) != "12345678" {
		t.Error("what is captured is not masked")
	}
}

// maskedByHand masks the values at places of a body that was located.
func maskedByHand(all []located, body []byte, places []Mask) []byte {
	var left []byte
	at := 0
	for _, l := range all {
		last := -1
		for _, m := range places {
			if l.at(m.Place.String()) && (last < 0 || m.Last < last) {
				last = m.Last
			}
		}
		if last < 0 || l.from < at || l.value == nil {
			continue
		}
		left = append(left, body[at:l.from]...)
		if text, is := l.value.(string); is {
			if runes := []rune(text); last > 0 && len(runes) >= 2*last {
				text = string(runes[len(runes)-last:])
			} else {
				text = ""
			}
			quoted, _ := json.Marshal("****" + text)
			left = append(left, quoted...)
		} else {
			left = append(left, "null"...)
		}
		at = l.to
	}
	return append(left, body[at:]...)
}

func TestMaskAgainstANaiveWalk(t *testing.T) {
	masked := 0
	rapid.Check(t, func(t *rapid.T) {
		schema, _ := json.Marshal(map[string]any{"allOf": []any{gateSchema(t, 2)}, "$defs": map[string]any{"d": gateSchema(t, 1)}})
		s := tryCompile(t, Use{Closed: true}, string(schema))
		if s == nil {
			return
		}
		var watch Watch
		for range rapid.IntRange(1, 4).Draw(t, "places") {
			watch.Mask = append(watch.Mask, Mask{compilePlaces(t, placeOf(t))[0], rapid.IntRange(0, 4).Draw(t, "last")})
		}
		var found Found
		for range 3 {
			body, _ := json.MarshalIndent(gateValue(t, 4), "", " ")
			body = bytes.ReplaceAll(body, []byte(`"s"`), []byte(rapid.SampledFrom([]string{`"s"`, `"12345678"`, `"\u00e9éab\"c\\"`}).Draw(t, "text")))
			clean := s.Clean(body, Cleaning{true, true})
			got := s.Look(body, Cleaning{true, true}, &watch, &found)
			if got.Undecided {
				continue
			}
			if want := maskedByHand(locate(t, clean.Body), clean.Body, watch.Mask); !bytes.Equal(got.Body, want) {
				t.Fatalf("%s\nleft %s\nwant %s", clean.Body, got.Body, want)
			}
			masked += got.MaskCount
		}
	})
	t.Logf("%d values masked", masked)
}

const secretSchema = `{"properties":{
	"login":{"type":"string"},"password":{"type":"string","format":"password"},
	"profile":{"$ref":"#/$defs/profile"},
	"keys":{"type":"array","items":{"type":"object","properties":{"id":{},"secret":{"x-sensitive":true}}}},
	"how":{"oneOf":[{"properties":{"kind":{"const":"card"},"number":{"x-sensitive":true}}},{"properties":{"kind":{"const":"iban"},"number":{}}}]},
	"more":{"additionalProperties":{"properties":{"pin":{"x-sensitive":"yes"},"pan":{"x-sensitive":false}}}}},
	"$defs":{"profile":{"properties":{"born":{"x-sensitive":true,"type":"object"},"next":{"$ref":"#/$defs/profile"}}}}}`

func TestRedact(t *testing.T) {
	for _, c := range []struct{ name, body, left string }{
		{"nothing there", `{"login":"a"}`, `{"login":"a"}`},
		{"format password", `{"login":"a", "password" : "b" }`, `{"login":"a", "password" : "****" }`},
		{"a value of another type", `{"password":{"a":"b"}}`, `{"password":null}`},
		{"through $ref", `{"profile":{"next":{"next":{"born":{"y":1}}}}}`, `{"profile":{"next":{"next":{"born":null}}}}`},
		{"items", `{"keys":[{"id":"1","secret":"x"},{"secret":7}]}`, `{"keys":[{"id":"1","secret":"****"},{"secret":null}]}`},
		{"a branch that does not hold", `{"how":{"kind":"iban","number":"1"}}`, `{"how":{"kind":"iban","number":"****"}}`},
		{"any mark but false", `{"more":{"x":{"pin":"1","pan":"2"}}}`, `{"more":{"x":{"pin":"****","pan":"2"}}}`},
		{"escapes in the name", `{"p\u0061ssword":"b"}`, `{"p\u0061ssword":"****"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, dialect := range []Dialect{OpenAPI30, OpenAPI31} {
				s := compileText(t, Options{Dialect: dialect}, Use{Closed: true}, strings.ReplaceAll(secretSchema, `{"const":`, `{"example":`))
				if left, ok := s.Redact([]byte(c.body)); !ok || string(left) != c.left || !s.Sensitive() {
					t.Errorf("%v: left %s, want %s", dialect, left, c.left)
				}
			}
		})
	}
}

func TestSensitiveBesideARef(t *testing.T) {
	const schema = `{"properties":{"a":{"$ref":"#/d","x-sensitive":true},"b":{"$ref":"#/d"}},"d":{"type":"string"}}`
	for _, dialect := range []Dialect{OpenAPI30, OpenAPI31} {
		s := compileText(t, Options{Dialect: dialect}, Use{}, schema)
		if left, ok := s.Redact([]byte(`{"a":"s","b":"s"}`)); !ok || string(left) != `{"a":"****","b":"s"}` {
			t.Errorf("%v: left %s", dialect, left)
		}
	}
}

func TestRedactWhatCannotBeRead(t *testing.T) {
	s := compileText(t, Options{Dialect: OpenAPI31}, Use{}, secretSchema)
	if left, ok := s.Redact([]byte(`{"password":"b"`)); ok || left != nil {
		t.Errorf("left %s", left)
	}
	var found Found
	s.Look([]byte(`{"password":"b"`), Cleaning{}, &Watch{}, &found)
	if left, ok := found.Redacted(); ok || left != nil {
		t.Errorf("left %s", left)
	}
}

func TestRedactedIsTheBodyAsItIsLeft(t *testing.T) {
	s := compileText(t, Options{Dialect: OpenAPI31}, Use{Closed: true}, secretSchema)
	found := Found{}
	body := `{"x":1,"password":"b","login":"somebody","profile":{"y":1,"born":{"z":0}},"keys":[{"id":"1"}]}`
	got := s.Look([]byte(body), Cleaning{true, true}, &Watch{Mask: []Mask{{compilePlaces(t, "/login")[0], 4}}}, &found)
	if want := `{"password":"b","login":"****body","profile":{"born":{"z":0}},"keys":[{"id":"1"}]}`; string(got.Body) != want {
		t.Fatalf("left %s, want %s", got.Body, want)
	}
	for range 2 {
		if left, ok := found.Redacted(); !ok || string(left) != `{"password":"****","login":"****body","profile":{"born":null},"keys":[{"id":"1"}]}` {
			t.Errorf("redacted to %s", left)
		}
	}
	if open := compileText(t, Options{Dialect: OpenAPI31}, Use{}, `{}`); open.Sensitive() {
		t.Error("nothing is sensitive")
	}
}

// Two ways lead from each level to the next: the work must not double.
func TestRedactRecursion(t *testing.T) {
	s := compileText(t, Options{Dialect: OpenAPI31}, Use{}, `{"$ref":"#/t","t":{"anyOf":[{"properties":{"a":{"$ref":"#/t"},"b":{"format":"password"}}},{"additionalProperties":{"$ref":"#/t"}}]}}`)
	body := strings.Repeat(`{"a":`, 90) + `{"b":"x"}` + strings.Repeat(`}`, 90)
	if left, ok := s.Redact([]byte(body)); !ok || string(left) != strings.Replace(body, `"x"`, `"****"`, 1) {
		t.Errorf("left %s", left)
	}
}
