package validate

import (
	"strings"
	"testing"

	"sallyport/message"
)

// decoded is the JSON text of the only parameter of a step, or the faults.
func decoded(s *Parameters, in, raw string) string {
	x := exchange("", nil)
	switch in {
	case "path":
		x = exchange("", []string{"color=" + raw})
	case "query":
		x.Request.Query = raw
	case "header":
		name, value, _ := strings.Cut(raw, ": ")
		x.Request.Fields = message.Fields{{Name: name, Value: value}}
	case "cookie":
		x.Request.Fields = message.Fields{{Name: "Cookie", Value: raw}}
	}
	w := newWork().(*work)
	var found faults
	s.checkPath(x, w, &found)
	s.checkQuery(x, w, &found)
	s.checkHeader(x, w, &found)
	s.checkCookie(x, w, &found)
	if len(found) > 0 {
		says := ""
		for _, f := range found {
			says += "!" + f.Pointer + ":" + f.Keyword
		}
		return says
	}
	return string(w.out)
}

const (
	aText    = `{type: string}`
	aList    = `{type: array, items: {type: string}}`
	aColour  = `{type: object, properties: {R: {type: integer}, G: {type: integer}, B: {type: integer}}}`
	theList  = `["blue","black","brown"]`
	theColor = `{"R":100,"G":200,"B":150}`
)

// The table of OpenAPI 3.0.4, 3.1.2 and 3.2.0, Style Examples, and the places
// that it leaves to the reader.
func TestStyles(t *testing.T) {
	for _, c := range []struct {
		in, style, explode, schema, raw, want string
	}{
		{"path", "matrix", "false", aText, ";color", `""`},
		{"path", "matrix", "false", aText, ";color=blue", `"blue"`},
		{"path", "matrix", "false", aList, ";color=blue,black,brown", theList},
		{"path", "matrix", "false", aColour, ";color=R,100,G,200,B,150", theColor},
		{"path", "matrix", "true", aText, ";color", `""`},
		{"path", "matrix", "true", aText, ";color=blue", `"blue"`},
		{"path", "matrix", "true", aList, ";color=blue;color=black;color=brown", theList},
		{"path", "matrix", "true", aColour, ";R=100;G=200;B=150", theColor},
		{"path", "label", "false", aText, ".", `""`},
		{"path", "label", "false", aText, ".blue", `"blue"`},
		{"path", "label", "false", aList, ".blue,black,brown", theList},
		{"path", "label", "false", aColour, ".R,100,G,200,B,150", theColor},
		{"path", "label", "true", aText, ".blue", `"blue"`},
		{"path", "label", "true", aList, ".blue.black.brown", theList},
		{"path", "label", "true", aColour, ".R=100.G=200.B=150", theColor},
		{"path", "simple", "false", aText, "blue", `"blue"`},
		{"path", "simple", "false", aList, "blue,black,brown", theList},
		{"path", "simple", "false", aColour, "R,100,G,200,B,150", theColor},
		{"path", "simple", "true", aText, "blue", `"blue"`},
		{"path", "simple", "true", aList, "blue,black,brown", theList},
		{"path", "simple", "true", aColour, "R=100,G=200,B=150", theColor},
		{"query", "form", "false", aText, "color=", `""`},
		{"query", "form", "false", aText, "color=blue", `"blue"`},
		{"query", "form", "false", aList, "color=blue,black,brown", theList},
		{"query", "form", "false", aColour, "color=R,100,G,200,B,150", theColor},
		{"query", "form", "true", aText, "color=blue", `"blue"`},
		{"query", "form", "true", aList, "color=blue&color=black&color=brown", theList},
		{"query", "form", "true", aColour, "R=100&G=200&B=150", theColor},
		{"query", "spaceDelimited", "false", aList, "color=blue%20black%20brown", theList},
		{"query", "spaceDelimited", "false", aList, "color=blue+black+brown", theList},
		{"query", "spaceDelimited", "false", aColour, "color=R%20100%20G%20200%20B%20150", theColor},
		{"query", "spaceDelimited", "true", aList, "color=blue&color=black&color=brown", theList},
		{"query", "pipeDelimited", "false", aList, "color=blue%7Cblack%7cbrown", theList},
		{"query", "pipeDelimited", "false", aList, "color=blue|black|brown", theList},
		{"query", "pipeDelimited", "false", aColour, "color=R%7C100%7CG%7C200%7CB%7C150", theColor},
		{"query", "pipeDelimited", "true", aList, "color=blue&color=black&color=brown", theList},
		{"query", "deepObject", "true", aColour, "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150", theColor},
		{"query", "deepObject", "true", aColour, "color[R]=100&color[G]=200&color[B]=150", theColor},
		{"header", "simple", "false", aText, "color: blue", `"blue"`},
		{"header", "simple", "false", aList, "Color: blue,black, brown", theList},
		{"header", "simple", "false", aColour, "color: R,100,G,200,B,150", theColor},
		{"header", "simple", "true", aList, "COLOR: blue,black,brown", theList},
		{"header", "simple", "true", aColour, "color: R=100, G=200, B=150", theColor},
		{"cookie", "form", "false", aText, "color=blue", `"blue"`},
		{"cookie", "form", "false", aList, "color=blue,black,brown", theList},
		{"cookie", "form", "false", aColour, "color=R,100,G,200,B,150", theColor},
		{"cookie", "form", "true", aList, "color=blue; color=black; color=brown", theList},
		{"cookie", "form", "true", aColour, "a=b; R=100; G=200; B=150; c=d", theColor},
		{"cookie", "form", "true", aText, "color=blu%65", `"blue"`},
		{"cookie", "cookie", "true", aText, "color=blu%65", `"blu%65"`},
		{"cookie", "cookie", "false", aList, "color=blue,black,brown", theList},
		{"cookie", "cookie", "true", aList, "color=blue; color=black; color=brown", theList},
		{"cookie", "cookie", "true", aColour, "R=100; G=200; B=150", theColor},

		// What no style writes is refused.
		{"path", "label", "false", aText, "blue", "!/color:style"},
		{"path", "label", "true", aColour, ".R=1.5.G=2", "!/color:style"},
		{"path", "matrix", "false", aText, "blue", "!/color:style"},
		{"path", "matrix", "false", aText, ";colour=blue", "!/color:style"},
		{"path", "matrix", "true", aList, ";color=blue;black", "!/color:style"},
		{"path", "matrix", "true", aColour, ";R=100;R=100", "!/color:duplicate"},
		{"path", "simple", "false", aColour, "R,100,G", "!/color:style"},
		{"path", "simple", "false", aColour, "R,1,R,2", "!/color:duplicate"},
		{"path", "simple", "true", aColour, "R=100,G", "!/color:style"},
		{"path", "simple", "false", aColour, "R,100,X,1", "!/color/X:additionalProperties"},
		{"path", "simple", "false", aColour, "R,a,G,b", "!/color/G:type!/color/R:type"},
		{"query", "form", "false", aList, "color=a&color=b", "!/color:duplicate"},
		{"query", "form", "true", aText, "color=a&color=b", "!/color:duplicate"},
		{"query", "form", "true", aColour, "R=1&R=2", "!/color:duplicate"},
		{"query", "spaceDelimited", "false", aColour, "color=R%20100%20G", "!/color:style"},
		{"cookie", "form", "true", aText, "color=a; color=b", "!/color:duplicate"},
	} {
		s := parameters(t, `[{name: color, in: `+c.in+`, style: `+c.style+`, explode: `+c.explode+`, schema: `+c.schema+`}]`, ParameterOptions{})
		if got := decoded(s, c.in, c.raw); got != c.want {
			t.Errorf("%s %s explode=%s %s: %q is %s; want %s", c.in, c.style, c.explode, c.schema, c.raw, got, c.want)
		}
	}
}

func TestDeepObject(t *testing.T) {
	const schema = `{type: object, properties: {
		q: {type: string}, n: {type: integer}, on: {type: boolean},
		list: {type: array, items: {type: integer}},
		rows: {type: array, items: {type: object, properties: {k: {type: string}}}},
		in: {type: object, properties: {deep: {type: object, additionalProperties: {type: number}}}}}}`
	s := parameters(t, `[{name: f, in: query, style: deepObject, explode: true, schema: `+schema+`}]`, ParameterOptions{})
	for raw, want := range map[string]string{
		"f[q]=5&f[n]=5&f[on]=true":                `{"q":"5","n":5,"on":true}`,
		"f[list][]=1&f[list][]=2":                 `{"list":[1,2]}`,
		"f[list][1]=2&f[list][0]=1":               `{"list":[1,2]}`,
		"f[rows][0][k]=a&f[rows][1][k]=b":         `{"rows":[{"k":"a"},{"k":"b"}]}`,
		"f[in][deep][x]=1.5&f[in][deep][y%20z]=2": `{"in":{"deep":{"x":1.5,"y z":2}}}`,
		"f[q]=a&f[q]=b":                           "!/f:duplicate",
		"f[list]=1&f[list]=2":                     "!/f:duplicate",
		"f[list][1]=2":                            "!/f:style", // a gap
		"f[list][01]=2":                           "!/f:style",
		"f[list][a]=2":                            "!/f:style",
		"f[list][0]=x":                            "!/f/list/0:type",
		"f[rows][][k]=a&f[rows][][k]=b":           "!/f:style", // one row or two
		"f[q]=a&f[q][x]=b":                        "!/f:style",
		"f[q][x]=b&f[q]=a":                        "!/f:duplicate",
		"f[q=a":                                   "!/f:style",
		"f[q]x=a":                                 "!/f:style",
		"f[[q]]=a":                                "!/f:style",
		"f[z]=a":                                  "!/f/z:additionalProperties",
		"f[" + strings.Repeat("q][", 20) + "q]=a": "!/f:style",
		"f=a":                                 "!/f:type",
		"g[q]=a":                              "!/g[q]:undeclared",
		"f[in][deep][x]=1&f[in][deep][%78]=1": "!/f:duplicate",
		"f%5bq%5d=%F0%9F%92%A5&f[n]=%2D1&f[on]=TRUE": "!/f/on:type",
	} {
		if got := decoded(s, "query", raw); got != want {
			t.Errorf("%q is %s; want %s", raw, got, want)
		}
	}
}

// In descriptions that are in use, deepObject stands beside plain values.
func TestDeepObjectOrValue(t *testing.T) {
	s := parameters(t, `[{name: created, in: query, style: deepObject, explode: true, schema: {anyOf: [
		{type: object, properties: {gt: {type: integer}, lt: {type: integer}}}, {type: integer}]}},
		{name: expand, in: query, style: deepObject, explode: true, schema: {type: array, items: {type: string, maxLength: 9}}}]`, ParameterOptions{})
	for query, want := range map[string]string{
		"created=12":                          "passes",
		"created[gt]=12&created[lt]=20":       "passes",
		"expand[]=a&expand[]=b":               "passes",
		"expand[0]=a&expand[1]=b&created=1":   "passes",
		"created[gt]=x":                       "parameter-invalid query:/created/gt:type",
		"created=1&created[gt]=1":             "parameter-invalid query:/created:style",
		"expand[]=0123456789":                 "parameter-invalid query:/expand/0:maxLength",
		"expand[0]=a&expand[2]=b&created[gt]": "parameter-invalid query:/created/gt:type query:/expand:style",
	} {
		if got := told(s.Run(exchange(query, nil))); got != want {
			t.Errorf("%q: %s; want %s", query, got, want)
		}
	}
}

func TestScalars(t *testing.T) {
	for _, c := range []struct{ schema, raw, want string }{
		{`{type: integer}`, "12", "12"},
		{`{type: integer}`, "-12", "-12"},
		{`{type: integer}`, "0", "0"},
		{`{type: integer}`, "012", "!/v:type"},
		{`{type: integer}`, "+12", "!/v:type"}, // a space and 12
		{`{type: integer}`, "%2B12", "!/v:type"},
		{`{type: integer}`, "1.0", "!/v:type"},
		{`{type: integer}`, "1e2", "!/v:type"},
		{`{type: integer}`, "1e400", "!/v:type"},
		{`{type: integer}`, "", "!/v:type"},
		{`{type: integer}`, "0x10", "!/v:type"},
		{`{type: integer}`, "%31%32", "12"},
		{`{type: integer}`, "1,000", "!/v:type"},
		{`{type: integer}`, "٣", "!/v:type"}, // a digit, not ASCII
		{`{type: integer, maximum: 9223372036854775807}`, "9223372036854775808", "!/v:maximum"},
		{`{type: number}`, "1.5e3", "1.5e3"},
		{`{type: number}`, ".5", "!/v:type"},
		{`{type: number}`, "1.", "!/v:type"},
		{`{type: number}`, "NaN", "!/v:type"},
		{`{type: number}`, "1e", "!/v:type"},
		{`{type: number}`, "-", "!/v:type"},
		{`{type: boolean}`, "true", "true"},
		{`{type: boolean}`, "True", "!/v:type"},
		{`{type: boolean}`, "1", "!/v:type"},
		{`{type: string}`, "12", `"12"`},
		{`{type: string}`, "true", `"true"`},
		{`{type: string}`, "null", `"null"`},
		{`{type: string}`, "a%22b%5Cc%00", `"a\"b\\c\u0000"`},
		{`{type: string}`, "a+b%2Bc", `"a b+c"`},
		{`{type: string, maxLength: 1}`, "%E2%82%AC", `"€"`},
		{`{type: [integer, "null"]}`, "", "!/v:type"},
		{`{type: [boolean, "null"]}`, "", "!/v:type"},
		{`{type: [string, "null"]}`, "", `""`},
		{`{type: [string, "null"], minLength: 1}`, "", "!/v:minLength"},
		{`{type: "null"}`, "", "!/v:type"},
		{`{type: array, items: {type: [integer, "null"]}}`, "", "!/v/0:type"},
		{`{type: [integer, "null"]}`, "null", "null"},
		{`{type: [string, "null"], pattern: "^[a-c]+$"}`, "null", "!/v:pattern"},
		{`{type: [integer, string]}`, "12", "12"},
		{`{type: [integer, string]}`, "x", `"x"`},
		{`{oneOf: [{type: integer, maximum: 9}, {type: string, pattern: "^[0-9]{3}$"}]}`, "123", `"123"`},
		{`{oneOf: [{type: integer, maximum: 9}, {type: string, pattern: "^[0-9]{3}$"}]}`, "12", "!/v:maximum"},
		{`{type: [array, integer], items: {type: integer}}`, "7", "[7]"},
		{`{type: [array, string], items: {type: integer}, minLength: 3}`, "7", "[7]"},
		{`{enum: ["1", "2"]}`, "2", `"2"`},
		{`{enum: [1, 2]}`, "2", "2"},
		{`{}`, "2", "2"},
		{`{}`, "x", `"x"`},
		{`{type: array, items: {type: integer}}`, "", "!/v/0:type"},
		{`{type: array, items: {type: string}}`, "", `[""]`},
		{`{type: array, items: {type: [integer, string], enum: ["1", a]}}`, "1", `["1"]`},
	} {
		s := parameters(t, `[{name: v, in: query, schema: `+c.schema+`}]`, ParameterOptions{})
		if got := decoded(s, "query", "v="+c.raw); got != c.want {
			t.Errorf("%s: %q is %s; want %s", c.schema, c.raw, got, c.want)
		}
	}
}

func TestEncoding(t *testing.T) {
	for _, c := range []struct{ in, raw, want string }{
		{"query", "color=%", "!/color:encoding"},
		{"query", "color=%4", "!/color:encoding"},
		{"query", "color=%4g", "!/color:encoding"},
		{"query", "color=%u0041", "!/color:encoding"},
		{"query", "color=%FF", "!/color:encoding"},
		{"query", "color=%C0%AF", "!/color:encoding"},    // overlong
		{"query", "color=%ED%A0%80", "!/color:encoding"}, // a surrogate
		{"query", "color=a;b", "!/color:allowReserved"},
		{"query", "color=a%3Bb", `"a;b"`},
		{"query", "col%6Fr=a", `"a"`},
		{"query", "col%zzr=a", "!:encoding"},
		{"query", "&&color=a&", `"a"`},
		{"path", "%2", "!/color:encoding"},
		{"path", "a%2Fb", `"a/b"`},
		{"path", "a+b", `"a+b"`},
		{"header", "color: 100%", `"100%"`},
		{"header", "color: a\xff", "!/color:encoding"},
		{"header", "color: a,b", `"a,b"`},
		{"cookie", "color=%f", "!/color:encoding"},
		{"cookie", "color=a b", "!/color:encoding"},
		{"cookie", `color="a"`, "!/color:encoding"},
		{"cookie", `x="a; color=b; y=c"`, "!:style"},
		{"cookie", `x="a"; color=b`, `"b"`},
		{"cookie", "x; color=b", `"b"`},
	} {
		s := parameters(t, `[{name: color, in: `+c.in+`, schema: {type: string}}]`, ParameterOptions{})
		if got := decoded(s, c.in, c.raw); got != c.want {
			t.Errorf("%s %q is %s; want %s", c.in, c.raw, got, c.want)
		}
	}
}
