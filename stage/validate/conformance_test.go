package validate

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"sallyport/message"
	"sallyport/openapi"
	"sallyport/source"
)

// departures are the cases in which we read a parameter otherwise than
// kin-openapi, and why. Keys are GROUP/CASE.
var departures = map[string]string{
	"query primitive/integer empty":                   "an empty text is no integer, and not null either",
	"query primitive/number empty":                    "an empty text is no number",
	"query primitive/boolean empty":                   "an empty text is no boolean",
	"query Oneof/oneofSchema string":                  "the value fits no branch: a fault, not null",
	"query object/deepObject explode array of arrays": "a gap between indexes has two readings: null, or no item",
	"query object/deepObject explode nested array of objects - missing intermediate array index": "a gap between indexes has two readings: null, or no item",
	"query object/deepObject explode nested object with array":                                   "%26 is decoded before the schema sees it",
	"query object/deepObject explode nested object with nested array":                            "%26 is decoded before the schema sees it",
}

type kinCase struct {
	Name   string
	Path   string
	Query  string
	Header string
	Cookie string
	Found  bool
	Want   any
	Err    any
	Param  struct {
		Name, In, Style string
		Explode         *goText
		Schema          goText
	}
}

// goText is an expression of Go that the data keeps as it stands.
type goText struct {
	Go string `json:"$go"`
}

func TestKinOpenAPIDecodeParameter(t *testing.T) {
	groups := conformance(t)
	for _, g := range groups {
		for _, c := range g.TestCases {
			t.Run(strings.ReplaceAll(g.Name+"/"+c.Name, " ", "_"), func(t *testing.T) {
				if c.Err == nil && !c.Found {
					c.Want = nil // another parameter was sent
				}
				got, refused := c.run(t)
				_, departs := departures[g.Name+"/"+c.Name]
				if c.agrees(got, refused) == departs {
					t.Errorf("%s: got %s (refused %v); they want %v, %v; listed as a departure: %v", c.Param.Schema.Go, got, refused, c.Want, c.Err, departs)
				}
			})
		}
	}
}

func conformance(t *testing.T) []struct {
	Name      string
	TestCases []kinCase
} {
	root := os.Getenv("SALLYPORT_CONFORMANCE")
	if root == "" {
		root = "../../../shared/conformance"
	}
	text, err := os.ReadFile(filepath.Join(root, "openapi-validation", "kin-openapi-decode-parameter.json"))
	if err != nil {
		t.Skipf("the conformance data is missing: %v", err)
	}
	var groups []struct {
		Name      string
		TestCases []kinCase
	}
	if err := json.Unmarshal(text, &groups); err != nil {
		t.Fatal(err)
	}
	return groups
}

// run decodes the case and tells the JSON text, or that it was refused.
func (c kinCase) run(t *testing.T) (string, bool) {
	p := &openapi.Parameter{Name: c.Param.Name, In: c.Param.In, Required: c.Param.In == "path", Style: c.Param.Style}
	if p.Style == "" {
		p.Style = map[string]string{"path": "simple", "header": "simple", "query": "form", "cookie": "form"}[p.In]
	}
	p.Explode = p.Style == "form"
	if c.Param.Explode != nil {
		p.Explode = c.Param.Explode.Go == "explode"
	}
	schema, rest := goSchema(t, c.Param.Schema.Go)
	if strings.TrimSpace(rest) != "" {
		t.Fatalf("%q is left of %q", rest, c.Param.Schema.Go)
	}
	var err error
	if p.Schema, err = source.Parse("kin", []byte(schema), source.DefaultLimits); err != nil {
		t.Fatalf("%s: %v", schema, err)
	}
	s, _, _, mistakes := NewParameters([]*openapi.Parameter{p}, document(), ParameterOptions{Undeclared: PassUndeclared})
	if len(mistakes) > 0 {
		t.Fatal(mistakes)
	}
	x := exchange(strings.ReplaceAll(c.Query, " ", "%20"), nil)
	switch p.In {
	case "path":
		x = exchange("", []string{p.Name + "=" + strings.TrimPrefix(c.Path, "/")})
	case "header":
		name, value, _ := strings.Cut(c.Header, ":")
		x.Request.Fields = message.Fields{{Name: name, Value: value}}
	case "cookie":
		x.Request.Fields = message.Fields{{Name: "Cookie", Value: strings.Replace(c.Cookie, ":", "=", 1)}}
	}
	w := newWork().(*work)
	var found faults
	s.checkPath(x, w, &found)
	s.checkQuery(x, w, &found)
	s.checkHeader(x, w, &found)
	s.checkCookie(x, w, &found)
	return string(w.out), len(found) > 0
}

func (c kinCase) agrees(got string, refused bool) bool {
	if c.Err != nil || refused {
		return (c.Err != nil) == refused
	}
	want := plainValue(c.Want)
	if got == "" {
		return want == nil
	}
	var value any
	if json.Unmarshal([]byte(got), &value) != nil {
		return false
	}
	return reflect.DeepEqual(value, want)
}

var goNumber = regexp.MustCompile(`^(?:int64|float64)\((.*)\)$`)

// plainValue reads the expressions in a wanted value.
func plainValue(v any) any {
	switch v := v.(type) {
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = plainValue(v[i])
		}
		return list
	case map[string]any:
		text, is := v["$go"].(string)
		if !is {
			m := map[string]any{}
			for name := range v {
				m[name] = plainValue(v[name])
			}
			return m
		}
		if m := goNumber.FindStringSubmatch(text); m != nil {
			var number float64
			fmt.Sscan(m[1], &number)
			return number
		}
		return nil
	}
	return v
}

// goSchema writes the schema that an expression of kin-openapi's test makes:
// stringSchema, arrayOf(x), objectOf("name", x, …).
func goSchema(t *testing.T, text string) (schema, rest string) {
	named := map[string]string{
		"stringSchema": `{"type":"string"}`, "integerSchema": `{"type":"integer"}`, "numberSchema": `{"type":"number"}`, "booleanSchema": `{"type":"boolean"}`,
		"stringArraySchema":  `{"type":"array","items":{"type":"string"}}`,
		"integerArraySchema": `{"type":"array","items":{"type":"integer"}}`,
		"objectSchema":       `{"type":"object","properties":{"id":{"type":"string"},"name":{"type":"string"}}}`,
		"allofSchema":        `{"allOf":[{"type":"integer"},{"type":"number"}]}`,
		"anyofSchema":        `{"anyOf":[{"type":"integer"},{"type":"string"}]}`,
		"oneofSchema":        `{"oneOf":[{"type":"boolean"},{"type":"integer"}]}`,

		"additionalPropertiesObjectStringSchema": `{"type":"object","additionalProperties":{"type":"string"}}`,
		"additionalPropertiesObjectBoolSchema":   `{"type":"object","additionalProperties":{"type":"boolean"}}`,
	}
	text = strings.TrimLeft(text, " \t\n,")
	end := strings.IndexFunc(text, func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z') })
	if end < 0 {
		end = len(text)
	}
	name, rest := text[:end], text[end:]
	if known, ok := named[name]; ok {
		return known, rest
	}
	rest = strings.TrimPrefix(rest, "(")
	switch name {
	case "arrayOf", "additionalPropertiesObjectOf":
		inner, after := goSchema(t, rest)
		after = strings.TrimPrefix(strings.TrimLeft(after, " \t\n,"), ")")
		if name == "arrayOf" {
			return `{"type":"array","items":` + inner + `}`, after
		}
		return `{"type":"object","additionalProperties":` + inner + `}`, after
	case "objectOf":
		var members []string
		for {
			rest = strings.TrimLeft(rest, " \t\n,")
			if after, done := strings.CutPrefix(rest, ")"); done {
				return `{"type":"object","properties":{` + strings.Join(members, ",") + `}}`, after
			}
			quoted := strings.SplitN(rest, `"`, 3)
			if len(quoted) != 3 {
				t.Fatalf("%q is no property", rest)
			}
			inner, after := goSchema(t, quoted[2])
			members, rest = append(members, `"`+quoted[1]+`":`+inner), after
		}
	}
	t.Fatalf("%q is not known", name)
	return "", ""
}
