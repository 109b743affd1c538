package jsonschema

import (
	"strings"
	"testing"
	"time"
)

// What a pattern cannot answer in its time is no answer, under not either: the
// body is refused.
func TestABodyThatMakesPatternsBacktrackIsRefused(t *testing.T) {
	slow := `"` + strings.Repeat("a", 60) + `!"`
	for _, c := range []struct{ name, schema, body string }{
		{"one match", `{"pattern":"^(?!x)(a+)+$"}`, slow},
		{"not", `{"not":{"pattern":"^(?!x)(a+)+$"}}`, slow},
		{"many matches", `{"items":{"pattern":"^(?!x)(a+)+$"}}`, "[" + strings.Repeat(slow+",", 500) + slow + "]"},
		{"names", `{"patternProperties":{"^(?!x)(a+)+$":{}}}`, "{" + slow + ":1}"},
		{"branches", `{"properties":{"b":{}},"anyOf":[{"patternProperties":{"^(?!x)(a+)+$":{}}},{}]}`, "{" + slow + ":1}"},
		{"text that is too long", `{"not":{"pattern":"^(?!x)a"}}`, `"x` + strings.Repeat("a", backtrackLength) + `"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, use := range []Use{{}, {Response, true}} {
				s := compileText(t, Options{Dialect: OpenAPI31, Backtracking: true}, use, c.schema)
				start := time.Now()
				got := s.Clean([]byte(c.body), Cleaning{true, true})
				if took := time.Since(start); took > 5*time.Second || !got.Undecided || len(got.Faults) != 1 || got.Faults[0].Keyword != "cost" || !strings.Contains(got.Faults[0].Message, "backtracks") {
					t.Errorf("%v: it took %v: %s", use, took, told(got.Faults))
				}
			}
		})
	}
	runCases(t, Options{Dialect: OpenAPI31, Backtracking: true}, Use{Closed: true}, []bodyCase{
		{"what is answered in time holds", `{"items":{"pattern":"^(?!x)(a+)+$"}}`, `["a","aa"]`, ""},
		{"or not", `{"items":{"pattern":"^(?!x)(a+)+$"}}`, `["x"]`, "/0 pattern: must match the pattern ^(?!x)(a+)+$"},
	})
}

func TestNamedBackReferencesNeedTheirGroup(t *testing.T) {
	runCases(t, Options{Dialect: OpenAPI31}, Use{}, []bodyCase{
		{"before it", `{"format":"regex"}`, `"\\k<x>(?<x>a)"`, ""},
		{"behind it", `{"format":"regex"}`, `"(?<x>a)\\k<x>"`, ""},
		{"without one", `{"format":"regex"}`, `"\\k<x>"`, "format: must be a regular expression of ECMA-262"},
		{"of another name", `{"format":"regex"}`, `"(?<y>a)\\k<x>"`, "format: must be a regular expression of ECMA-262"},
	})
	if _, err := CompilePattern(`a\k<x>`, true); err == nil || err.Error() != "the back-reference leads to no group of that name at character 2" {
		t.Error(err)
	}
}

func TestZeroMayHaveAnyExponent(t *testing.T) {
	for _, body := range []string{"0e-99999999", "0.000E+99999999", "-0e99999999"} {
		s := compileText(t, Options{Dialect: OpenAPI31}, Use{}, `{"type":"integer","const":0,"multipleOf":3}`)
		if got := told(s.Check([]byte(body))); got != "" {
			t.Errorf("%s: %s", body, got)
		}
	}
	s := compileText(t, Options{Dialect: OpenAPI31}, Use{}, `{}`)
	if faults := s.Check([]byte("0.01e-99999999")); len(faults) != 1 {
		t.Errorf("what is not zero is refused: %s", told(faults))
	}
}
