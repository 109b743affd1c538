//go:build !race

package jsonschema

import (
	"fmt"
	"strings"
	"testing"
)

// Under the race detector a sync.Pool drops what it holds at random.
func TestAllocatesNothing(t *testing.T) {
	allocatesNothing(t, orderSchema, orderBody())
	schema, body := unionOf(30)
	allocatesNothing(t, schema, body)
}

func allocatesNothing(t *testing.T, schema string, body []byte) {
	t.Helper()
	for _, use := range []Use{{}, {Request, true}} {
		s := compileText(t, Options{Dialect: OpenAPI31}, use, schema)
		if n := testing.AllocsPerRun(200, func() { s.Check(body) }); n > 0 {
			t.Errorf("%v: %v allocations", use, n)
		}
		if n := testing.AllocsPerRun(200, func() { s.Clean(body, Cleaning{true, true}) }); n > 0 {
			t.Errorf("cleaning, %v: %v allocations", use, n)
		}
	}
}

func TestLookAllocatesNothing(t *testing.T) {
	body := orderBody()
	s := compileText(t, Options{Dialect: OpenAPI31}, Use{Request, true}, orderSchema)
	watch := &Watch{
		Capture: compilePlaces(t, "/customer/email", "/lines/*/sku", "/note", "/customer", "/lines/*/tags/*"),
		Keep:    []Keep{{compilePlaces(t, "/lines")[0], compilePlaces(t, "/quantity"), 0}},
		Free:    true,
	}
	all := func(_ int, item []Captured) bool { return len(item[0].Text) > 0 }
	var found Found
	n := testing.AllocsPerRun(200, func() {
		found.Keep = all
		if got := s.Look(body, Cleaning{true, true}, watch, &found); got.Faults != nil || got.CutCount > 0 {
			t.Fatal(told(got.Faults))
		}
		for i := range found.FreeCount() {
			if text := found.Free(i); len(text.Raw) < 2 {
				t.Fatal(text.Pointer())
			}
		}
	})
	if n > 0 || len(found.Captured) != 57 || found.FreeCount() != 42 {
		t.Errorf("%v allocations, %d captured, %d free", n, len(found.Captured), found.FreeCount())
	}
	// What leaves changed is a new body, and no more than that.
	watch.Mask = []Mask{{compilePlaces(t, "/payment/iban")[0], 4}}
	if n := testing.AllocsPerRun(200, func() { found.Keep = all; s.Look(body, Cleaning{true, true}, watch, &found) }); n > 1 {
		t.Errorf("masking: %v allocations", n)
	}
}

func TestJudgingOneValueAllocatesNothing(t *testing.T) {
	var members []string
	for i := range 40 {
		members = append(members, fmt.Sprintf(`"name%d":%d`, i, i))
	}
	for _, c := range []struct{ schema, body string }{
		{`{"format":"uri"}`, `"https://example.com:8080/a/rather/long/path?with=a&query#and-a-fragment"`},
		{`{"format":"uuid"}`, `"3f1c9a52-7d4e-4b8a-9c21-5e6f7a8b9c0d"`},
		{`{"format":"email"}`, `"somebody@mail.example.com"`},
		{`{"format":"date-time"}`, `"2026-03-01T12:30:00.123+01:00"`},
		{`{"enum":[1,2,3.50,-4e2]}`, `3.5`},
		{`{"const":{"a":[1.0,{"b":null}]}}`, `{"a":[1,{"b":null}]}`},
		{`{"type":"number","multipleOf":0.01,"maximum":1e3}`, `12.34`},
		{`{"uniqueItems":true}`, `[1.5,2.5,"a"]`},
		{`{"type":"string","maxLength":20}`, `"\u00e9\ud83d\ude00 \"a\""`},
		{`{"anyOf":[{"type":"string"},{"type":"integer"}]}`, `1`},
		{`{"pattern":"(a|bc)+d"}`, `"xxabcabcd and forty characters more to come"`},
		{`{}`, `{` + strings.Join(members, ",") + `}`},
	} {
		s, body := compileText(t, Options{Dialect: OpenAPI31}, Use{}, c.schema), []byte(c.body)
		if faults := s.Check(body); faults != nil {
			t.Fatalf("%s: %s", c.schema, told(faults))
		}
		if n := testing.AllocsPerRun(200, func() { s.Check(body) }); n > 0 {
			t.Errorf("%s: %v allocations", c.schema, n)
		}
	}
}
