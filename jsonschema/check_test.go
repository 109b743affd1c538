package jsonschema

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sallyport/source"
)

// told writes faults one a line: POINTER KEYWORD MESSAGE.
func told(faults []Fault) string {
	var lines []string
	for _, f := range faults {
		lines = append(lines, strings.TrimSpace(f.Pointer+" "+f.Keyword+": "+f.Message))
	}
	return strings.Join(lines, "\n")
}

type bodyCase struct {
	name, schema, body, want string
}

func runCases(t *testing.T, o Options, use Use, cases []bodyCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := told(compileText(t, o, use, c.schema).Check([]byte(c.body)))
			if got != c.want {
				t.Errorf("%s\nfor %s\n got %s\nwant %s", c.schema, c.body, got, c.want)
			}
		})
	}
}

func TestFaultsSayWhatWouldBeRight(t *testing.T) {
	runCases(t, Options{Dialect: OpenAPI31}, Use{}, []bodyCase{
		{"type", `{"type":["string","null"]}`, `1`, "type: must be null or a string"},
		{"number type holds integers", `{"type":"number"}`, `1`, ""},
		{"integer with a fraction of zero", `{"type":"integer"}`, `1.0`, ""},
		{"integer", `{"type":"integer"}`, `1.5`, "type: must be an integer"},
		{"enum", `{"enum":["a","b",3,null,""]}`, `"c"`, `enum: must be one of: a, b, 3, null, ""`},
		{"const", `{"const":{"a":1}}`, `{"a":2}`, "const: must be {a: 1}"},
		{"maximum", `{"maximum":100}`, `100.5`, "maximum: must be at most 100"},
		{"maximum keeps 64 bits", `{"maximum":9223372036854775807}`, `9223372036854775808`, "maximum: must be at most 9223372036854775807"},
		{"maximum of 64 bits holds", `{"maximum":9223372036854775807}`, `9223372036854775807`, ""},
		{"exclusive", `{"exclusiveMinimum":0}`, `0`, "exclusiveMinimum: must be greater than 0"},
		{"multipleOf is exact", `{"multipleOf":0.01}`, `4.35`, ""},
		{"multipleOf", `{"multipleOf":0.01}`, `4.355`, "multipleOf: must be a multiple of 0.01"},
		{"length counts code points", `{"maxLength":2}`, `"💩💩"`, ""},
		{"length", `{"minLength":3,"maxLength":1}`, `"💩💩"`, "maxLength: must be at most 1 character long\nminLength: must be at least 3 characters long"},
		{"pattern", `{"pattern":"^[a-z]+$"}`, `"A"`, "pattern: must match the pattern ^[a-z]+$"},
		{"format", `{"format":"date"}`, `"2026-02-30"`, "format: must be a date by RFC 3339, such as 2026-01-31"},
		{"int32", `{"format":"int32"}`, `2147483648`, "format: must be an integer of 32 bits"},
		{"required points at what is missing", `{"required":["a/b"]}`, `{}`, "/a~1b required: is required"},
		{"additional", `{"properties":{"a":{}},"additionalProperties":false}`, `{"a":1,"b":2}`, "/b additionalProperties: is not declared"},
		{"items", `{"items":{"type":"string"},"maxItems":1}`, `["a",2]`, "maxItems: must have at most 1 item\n/1 type: must be a string"},
		{"unique", `{"uniqueItems":true}`, `[1,1.0]`, "uniqueItems: must not have the same item twice"},
		{"contains", `{"contains":{"const":1},"minContains":2}`, `[1]`, "contains: must have at least 2 items of the kind that the schema asks for"},
		{"propertyNames", `{"propertyNames":{"maxLength":1}}`, `{"ab":1}`, "/ab propertyNames: has a name that is not allowed"},
		{"dependentRequired", `{"dependentRequired":{"a":["b"]}}`, `{"a":1}`, "/b dependentRequired: is required"},
		{"not", `{"not":{"type":"string"}}`, `"a"`, "not: must not be what the schema rules out"},
		{"false", `{"properties":{"a":false}}`, `{"a":1}`, "/a false: is not allowed here"},
		{"two branches fit", `{"oneOf":[{"type":"integer"},{"minimum":2}]}`, `3`, "oneOf: must fit exactly one of the alternatives, and fits more than one"},
		{"no branch has the type", `{"anyOf":[{"type":"integer"},{"type":"null"}]}`, `"a"`, "type: must be null or an integer"},
		{"the branch of the type is explained", `{"anyOf":[{"type":"integer","minimum":3},{"type":"null"}]}`, `1`, "minimum: must be at least 3"},
		{"branches of values are listed", `{"anyOf":[{"const":"a"},{"enum":["b","c"]}]}`, `"d"`, "enum: must be one of: a, b, c"},
		{"the branch that a constant names is explained",
			`{"oneOf":[{"properties":{"kind":{"const":"a"},"n":{"type":"integer"}},"required":["kind","n","x"]},
			           {"properties":{"kind":{"const":"b"},"n":{"type":"string"}},"required":["kind"]}]}`,
			`{"kind":"a","n":"1"}`, "/n type: must be an integer\n/x required: is required"},
		{"nested faults in order", `{"properties":{"b":{"type":"string"},"a":{"items":{"minimum":1}}}}`, `{"b":1,"a":[0,1,0]}`,
			"/a/0 minimum: must be at least 1\n/a/2 minimum: must be at least 1\n/b type: must be a string"},
		{"one fault for one thing", `{"allOf":[{"required":["a"]},{"required":["a"]}]}`, `{}`, "/a required: is required"},
	})
}

func TestDiscriminatorExplainsAndNeverDecides(t *testing.T) {
	const schema = `{"$ref":"#/$defs/Pet","$defs":{
		"Pet":{"oneOf":[{"$ref":"#/$defs/Cat"},{"$ref":"#/$defs/Dog"}],"discriminator":{"propertyName":"kind","mapping":{"feline":"#/$defs/Cat"}}},
		"Cat":{"type":"object","required":["kind","lives"],"properties":{"kind":{"type":"string"},"lives":{"type":"integer"}}},
		"Dog":{"type":"object","required":["kind","bark"],"properties":{"kind":{"type":"string"},"bark":{"type":"boolean"}}}}}`
	runCases(t, Options{Dialect: OpenAPI31}, Use{}, []bodyCase{
		{"the mapping names the branch", schema, `{"kind":"feline","bark":1}`, "/lives required: is required"},
		{"the name of a schema names the branch", schema, `{"kind":"Dog","bark":1}`, "/bark type: must be a boolean"},
		{"an unknown value", schema, `{"kind":"fish"}`, "/kind discriminator: must be one of: Dog, feline"},
		{"no value", schema, `{}`, "/kind required: is required"},
		{"a wrong value with a body that fits is valid", schema, `{"kind":"fish","bark":true}`, ""},
	})
}

func TestFaultsHaveTheirPlaceInTheSchema(t *testing.T) {
	node, err := source.Parse("api.yaml", []byte("type: object\nproperties:\n  age:\n    type: integer\n    minimum: 18\n"), source.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewCompiler(Options{Dialect: OpenAPI30}).Compile(node, Use{})
	if err != nil {
		t.Fatal(err)
	}
	faults := s.Check([]byte(`{"age":1}`))
	if len(faults) != 1 || faults[0].At.String() != "api.yaml:5:5" {
		t.Errorf("got %+v", faults)
	}
}

func TestNoMessageRepeatsAValue(t *testing.T) {
	const secret = "hunter2hunter2"
	for _, schema := range []string{`{"type":"integer"}`, `{"enum":["a"]}`, `{"const":1}`, `{"pattern":"^x"}`, `{"maxLength":1}`, `{"format":"email"}`,
		`{"not":{}}`, `{"oneOf":[{"type":"object"},{"const":"b"}]}`, `false`, `{"propertyNames":{"maxLength":1}}`, `{"additionalProperties":false}`} {
		s := compileText(t, Options{Dialect: OpenAPI31}, Use{}, schemaText(schema))
		for _, body := range []string{`"` + secret + `"`, `{"` + secret + `":"` + secret + `"}`, `["` + secret + `"`, `"` + secret, secret} {
			for _, f := range s.Check([]byte(body)) {
				if strings.Contains(f.Message, secret) {
					t.Errorf("%s says %q", schema, f.Message)
				}
			}
		}
	}
}

// schemaText puts a schema that is no map under one that is.
func schemaText(schema string) string {
	if schema[0] == '{' {
		return schema
	}
	return `{"allOf":[` + schema + `]}`
}

func TestOpenAPI30(t *testing.T) {
	runCases(t, Options{Dialect: OpenAPI30}, Use{}, []bodyCase{
		{"nullable with a type", `{"type":"string","nullable":true}`, `null`, ""},
		{"nullable without a type says nothing", `{"nullable":false,"minLength":1}`, `null`, ""},
		{"nullable does not add to enum", `{"type":"string","nullable":true,"enum":["a"]}`, `null`, "enum: must be one of: a"},
		{"not nullable", `{"type":"string"}`, `null`, "type: must be a string"},
		{"exclusiveMinimum is a flag", `{"minimum":5,"exclusiveMinimum":true}`, `5`, "exclusiveMinimum: must be greater than 5"},
		{"exclusiveMaximum false", `{"maximum":5,"exclusiveMaximum":false}`, `5`, ""},
		{"the siblings of $ref are ignored", `{"properties":{"a":{"$ref":"#/x","maxLength":1}},"x":{"type":"string"}}`, `{"a":"long"}`, ""},
		{"words of later versions say nothing", `{"const":1,"type":"integer"}`, `2`, ""},
		{"additionalProperties may be a boolean", `{"additionalProperties":false}`, `{"a":1}`, "/a additionalProperties: is not declared"},
	})
}

func TestMistakesHavePositions(t *testing.T) {
	for _, c := range []struct {
		dialect      Dialect
		schema, want string
	}{
		{OpenAPI31, `{"pattern":"("}`, "s.json:1:12: the pattern cannot be used: there is a ( without its ) at character 1"},
		{OpenAPI31, `{"pattern":"a(?!b)"}`, "s.json:1:12: the pattern cannot be used: look-ahead at character 2 cannot be matched in linear time"},
		{OpenAPI31, `{"patternProperties":{"[":{}}}`, "s.json:1:23: the pattern cannot be used: there is a [ without its ] at character 1"},
		{OpenAPI31, `{"$ref":"#/nowhere"}`, `s.json:1:9: "#/nowhere" leads nowhere`},
		{OpenAPI31, `{"$schema":"https://example.com/other"}`, `s.json:1:12: the dialect "https://example.com/other" is not known`},
		{OpenAPI31, `{"type":"strin"}`, "s.json:1:9: this is no type of OpenAPI 3.1"},
		{OpenAPI30, `{"type":["string","null"]}`, "s.json:1:9: this is no type of OpenAPI 3.0"},
		{OpenAPI31, `{"type":["string","null","string"]}`, "s.json:1:26: the type string stands twice"},
		{OpenAPI30, `{"properties":{"a":true}}`, "s.json:1:20: a schema of OpenAPI 3.0 is a map, not a boolean"},
		{OpenAPI31, `{"minLength":-1}`, "s.json:1:14: minLength is a whole number that is not negative"},
		{OpenAPI31, `{"required":true}`, "s.json:1:13: required is a list of names"},
		{OpenAPI31, `{"multipleOf":0}`, "s.json:1:15: multipleOf is a number above 0"},
		{OpenAPI31, `{"allOf":[{"$ref":"#"}]}`, "s.json:1:11: the schema refers to itself for the same value, without end"},
		{OpenAPI31, `{"properties":{"a":{"$ref":"#/properties/a"}}}`, "s.json:1:20: the schema refers to itself for the same value, without end"},
	} {
		node, err := source.Parse("s.json", []byte(c.schema), source.DefaultLimits)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // a mistake is told each time, not only the first
			compiler := NewCompiler(Options{Dialect: c.dialect})
			_, err = compiler.Compile(node, Use{})
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("%s\n got %v\nwant %s", c.schema, err, c.want)
			}
		}
	}
}

func TestMistakesAreToldToEverySchemaThatLeadsThere(t *testing.T) {
	root := parseNode(t, `{"a":{"properties":{"x":{"$ref":"#/bad"}}},"b":{"items":{"$ref":"#/a"}},"bad":{"pattern":"("},"good":{}}`)
	c := NewCompiler(Options{Dialect: OpenAPI31, Resolve: localRefs(root)})
	for _, name := range []string{"a", "b", "bad"} {
		if _, err := c.Compile(root.Get(name), Use{}); err == nil {
			t.Errorf("%s compiles", name)
		}
	}
	if _, err := c.Compile(root.Get("good"), Use{}); err != nil {
		t.Error(err)
	}
}

func TestNotes(t *testing.T) {
	s := compileText(t, Options{Dialect: OpenAPI31}, Use{Closed: true}, `{"type":"object","properties":{
		"a":{"format":"uint64"},"g":{"type":"string","format":"int64"},"b":{"maxLenght":3},"c":{"contentEncoding":"base64"},"d":{"type":"object"},"e":{"x-mine":1,"format":"password"},
		"f":{"$ref":"#/properties/a"}}}`)
	var got []string
	for _, n := range s.Notes() {
		got = append(got, n.Says)
	}
	want := []string{
		`the format "uint64" is not known: it is an annotation`,
		`the format "int64" is one of numbers, which the schema does not take: it is not held`,
		`"maxLenght" is no keyword and is not held: is it meant to be maxLength?`,
		`contentEncoding is an annotation: what the text encodes is not checked`,
		`the object names no properties and takes any member`,
	}
	for _, w := range want {
		n := 0
		for _, g := range got {
			if g == w {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%q stands %d times in %q", w, n, got)
		}
	}
	if len(got) != len(want) {
		t.Errorf("got %q", got)
	}
}

func TestFormatsAsAnnotations(t *testing.T) {
	const schema = `{"properties":{"a":{"format":"date"},"b":{"format":"int32"}}}`
	const body = `{"a":"tomorrow","b":1.5}`
	for formats, want := range map[Formats]int{AssertFormats: 2, AnnotateFormats: 0} {
		s := compileText(t, Options{Dialect: OpenAPI31, Formats: formats}, Use{}, schema)
		if faults := s.Check([]byte(body)); len(faults) != want || len(s.Notes()) != 2-want {
			t.Errorf("%d: %s, notes %v", formats, told(faults), s.Notes())
		}
	}
}

func TestJSONParsing(t *testing.T) {
	dir := filepath.Join(conformance(t, "json-parsing"), "test_parsing")
	s := compileText(t, Options{Dialect: OpenAPI31}, Use{}, `{}`)
	accepted := map[string]string{
		"y_object_duplicated_key.json":           "a member stands twice: RFC 8259 §4 leaves it open, and two readers differ",
		"y_object_duplicated_key_and_value.json": "as above",
	}
	for _, path := range glob(t, filepath.Join(dir, "*.json")) {
		name := filepath.Base(path)
		body, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		faults := s.Check(body)
		want := name[0] == 'y'
		if _, departs := accepted[name]; departs {
			want = !want
		}
		if name[0] != 'i' && (faults == nil) != want {
			t.Errorf("%s: %v", name, faults)
		}
		if name[0] == 'n' && faults != nil && !faults[0].Syntax() {
			t.Errorf("%s is not called a fault of syntax: %v", name, faults)
		}
	}
}

func TestHostileBodies(t *testing.T) {
	const twice = `{"$ref":"#/$defs/n","$defs":{"n":{"oneOf":[
		{"properties":{"a":{"$ref":"#/$defs/n"}},"required":["a"],"type":"object"},
		{"properties":{"a":{"$ref":"#/$defs/n"}},"required":["a"],"type":"object"},{"type":"null"}]}}}`
	nested := strings.Repeat(`{"a":`, 99) + "1" + strings.Repeat("}", 99)
	var items []string
	for i := range 50_000 {
		items = append(items, fmt.Sprint(i))
	}
	for _, c := range []struct{ name, schema, body string }{
		{"deep nesting", `{}`, strings.Repeat("[", 1_000_000)},
		{"deep nesting that is closed", `{}`, strings.Repeat("[", 200) + strings.Repeat("]", 200)},
		{"a number of a gigabyte", `{"maximum":1}`, `1e1000000000`},
		{"a number of a gigabyte, below zero", `{"multipleOf":0.01}`, `1e-1000000000`},
		{"an exponent that overflows", `{"type":"integer"}`, `1e99999999999999999999`},
		{"a long number", `{"type":"string"}`, strings.Repeat("9", 100_000)},
		{"branches upon branches", twice, nested},
		{"a pattern that backtracks elsewhere", `{"pattern":"^(a+)+$"}`, `"` + strings.Repeat("a", 200_000) + `b"`},
		{"a large pattern and a long text", `{"pattern":"(a|b|ab){1000}c"}`, `"` + strings.Repeat("ab", 500_000) + `"`},
		{"many items that differ in the last", `{"uniqueItems":true}`, `[` + strings.Join(items, ",") + `,1.0]`},
		{"members twice", `{}`, `{"a":1,"\u0061":2}`},
		{"a lone surrogate", `{}`, `"\ud800"`},
		{"bytes that are not UTF-8", `{}`, "\"\xff\""},
		{"more values than are held", `{}`, `[` + strings.Repeat("1,", MaxValues) + `1]`},
		{"nothing", `{}`, ``},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := compileText(t, Options{Dialect: OpenAPI31}, Use{}, c.schema)
			start := time.Now()
			faults := s.Check([]byte(c.body))
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("it took %v", took)
			}
			if faults == nil {
				t.Error("it was accepted")
			}
			t.Logf("%v: %.300s", time.Since(start), told(faults))
		})
	}
}

func TestFaultsAreBounded(t *testing.T) {
	s := compileText(t, Options{Dialect: OpenAPI31}, Use{}, `{"items":{"type":"string"}}`)
	faults := s.Check([]byte("[" + strings.Repeat("1,", 1000) + "1]"))
	if len(faults) != maxFaults {
		t.Errorf("%d faults", len(faults))
	}
}

func FuzzCheck(f *testing.F) {
	var schemas []*Schema
	for _, text := range []string{orderSchema, `{}`, `{"oneOf":[{"type":"object","unevaluatedProperties":false,"properties":{"a":{"multipleOf":0.1}}},{"uniqueItems":true}]}`} {
		for _, use := range []Use{{}, {Request, true}} {
			schemas = append(schemas, compileText(f, Options{Dialect: OpenAPI31}, use, text))
		}
	}
	for _, seed := range []string{string(orderBody()), `{"a":1e400}`, `[1,1.0]`, `"\ud83d\ude00"`, "\"\xc3\x28\"", `{"a":0.3,"a":1}`, strings.Repeat("[", 101)} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		syntax := map[bool]int{}
		for _, s := range schemas {
			faults := s.Check(body)
			syntax[len(faults) > 0 && faults[0].Syntax()]++
			if len(faults) == 0 && !validJSON(body) {
				t.Fatalf("%q was accepted", body)
			}
		}
		if len(syntax) != 1 {
			t.Fatalf("%q is JSON for one schema and not for another", body)
		}
	})
}
