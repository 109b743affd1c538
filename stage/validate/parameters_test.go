package validate

import (
	"strconv"
	"strings"
	"testing"

	"sallyport"
	"sallyport/message"
	"sallyport/openapi"
	"sallyport/problem"
)

const several = `[
	{name: id, in: path, schema: {type: integer, minimum: 1}},
	{name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 100}},
	{name: tags, in: query, schema: {type: array, items: {type: string, maxLength: 5}}},
	{name: since, in: query, required: true, schema: {type: string, format: date}},
	{name: filter, in: query, schema: {type: object, properties: {size: {type: integer}, kind: {type: string}}}},
	{name: flag, in: query, allowEmptyValue: true, schema: {type: boolean}},
	{name: rsql, in: query, allowReserved: true, schema: {type: string}},
	{name: q, in: query, content: {application/json: {schema: {type: object, properties: {a: {type: integer}}}}}},
	{name: X-Trace, in: header, schema: {type: string, minLength: 3}},
	{name: X-List, in: header, schema: {type: array, items: {type: integer}}},
	{name: Accept, in: header, required: true, schema: {type: integer}},
	{name: authorization, in: header, required: true, schema: {type: integer}},
	{name: session, in: cookie, schema: {type: string, pattern: "^[a-z]+$"}}]`

func TestParameters(t *testing.T) {
	s := parameters(t, several, ParameterOptions{Declared: []string{"api_key"}, Allow: []string{"utm_*"}})
	field := func(name, value string) message.Field { return message.Field{Name: name, Value: value} }
	for _, c := range []struct {
		given  string
		query  string
		id     string
		fields []message.Field
		want   string
	}{
		{"all is well", "since=2024-01-31&limit=5&tags=a&tags=b&size=4&kind=x", "7", nil, "passes"},
		{"an API key is declared elsewhere", "since=2024-01-31&api_key=abc", "7", nil, "passes"},
		{"an allowed glob", "since=2024-01-31&utm_source=x", "7", nil, "passes"},
		{"a required one is missing", "limit=5", "7", nil, "parameter-invalid query:/since:required"},
		{"all faults are told together", "limit=0&tags=abcdef&size=x", "0", []message.Field{field("x-trace", "a"), field("Cookie", "session=A")},
			"parameter-invalid path:/id:minimum query:/limit:minimum query:/tags/0:maxLength query:/since:required query:/filter/size:type header:/X-Trace:minLength cookie:/session:pattern"},
		{"undeclared", "since=2024-01-31&colour=red", "7", nil, "parameter-invalid query:/colour:undeclared"},
		{"undeclared, with a name that is not told back", "since=2024-01-31&%3Cscript%3E=1", "7", nil, "parameter-invalid query::undeclared"},
		{"names keep their letter case", "since=2024-01-31&Limit=5", "7", nil, "parameter-invalid query:/Limit:undeclared"},
		{"a member of a spread object is not named by the object", "since=2024-01-31&filter=5", "7", nil, "parameter-invalid query:/filter:undeclared"},
		{"one value twice", "since=2024-01-31&limit=5&limit=6", "7", nil, "parameter-invalid query:/limit:duplicate"},
		{"one value twice, once with an encoded name", "since=2024-01-31&limit=5&%6cimit=6", "7", nil, "parameter-invalid query:/limit:duplicate"},
		{"empty where that is allowed", "since=2024-01-31&flag=", "7", nil, "passes"},
		{"a name alone where empty is allowed", "since=2024-01-31&flag", "7", nil, "passes"},
		{"empty where it is not allowed", "since=2024-01-31&limit=", "7", nil, "parameter-invalid query:/limit:type"},
		{"a semicolon where it is reserved", "since=2024-01-31&rsql=a==1;b==2", "7", nil, "passes"},
		{"a semicolon that hides a pair", "since=2024-01-31&utm_a=1;limit=1000", "7", nil, "parameter-invalid query:/utm_a:allowReserved"},
		{"JSON text", "since=2024-01-31&q=%7B%22a%22:1%7D", "7", nil, "passes"},
		{"JSON text with a member twice", "since=2024-01-31&q=%7B%22a%22:1,%22a%22:2%7D", "7", nil, "parameter-invalid query:/q:content"},
		{"JSON text that does not fit", "since=2024-01-31&q=%7B%22a%22:%22x%22%7D", "7", nil, "parameter-invalid query:/q/a:type"},
		{"a header twice", "since=2024-01-31", "7", []message.Field{field("X-Trace", "abc"), field("x-trace", "abc")}, "parameter-invalid header:/X-Trace:duplicate"},
		{"a list over two header lines", "since=2024-01-31", "7", []message.Field{field("X-List", "1, 2"), field("X-List", "3")}, "passes"},
		{"a list over two header lines, one wrong", "since=2024-01-31", "7", []message.Field{field("X-List", "1, 2"), field("X-List", "x")}, "parameter-invalid header:/X-List/2:type"},
		{"undeclared headers and cookies", "since=2024-01-31", "7", []message.Field{field("X-Other", "\xff"), field("Cookie", "a=1; b=2 3, 4")}, "passes"},
		{"a cookie beside others", "since=2024-01-31", "7", []message.Field{field("Cookie", "a=1;session=abc;b={}")}, "passes"},
		{"two Cookie lines", "since=2024-01-31", "7", []message.Field{field("Cookie", "a=1"), field("cookie", "session=abc")}, "parameter-invalid cookie::duplicate"},
		{"no path value", "since=2024-01-31", "", nil, "parameter-invalid path:/id:type"},
	} {
		if got := told(s.Run(exchange(c.query, []string{"id=" + c.id}, c.fields...))); got != c.want {
			t.Errorf("%s: %s; want %s", c.given, got, c.want)
		}
	}
}

func TestCookieLinesOfHTTP2(t *testing.T) {
	s := parameters(t, `[{name: session, in: cookie, required: true, schema: {type: string}}]`, ParameterOptions{})
	x := exchange("", nil, message.Field{Name: "cookie", Value: "a=1"}, message.Field{Name: "cookie", Value: "session=abc"})
	x.Request.Proto = "HTTP/2.0"
	if got := told(s.Run(x)); got != "passes" {
		t.Errorf("a Cookie field that HTTP/2 has split: %s", got)
	}
}

func TestUndeclaredPass(t *testing.T) {
	s := parameters(t, `[{name: a, in: query, schema: {type: integer}}]`, ParameterOptions{Undeclared: PassUndeclared})
	for query, want := range map[string]string{
		"a=1&b=2&b=3": "passes",
		"b=%":         "passes", // unread
		"%=1":         "parameter-invalid query::encoding",
		"b=1;a=x":     "parameter-invalid query:/b:allowReserved",
		"b;a=x":       "parameter-invalid query::allowReserved",
		"%3B=1":       "passes",
	} {
		if got := told(s.Run(exchange(query, nil))); got != want {
			t.Errorf("%q: %s; want %s", query, got, want)
		}
	}
}

func TestNoParameters(t *testing.T) {
	s := parameters(t, `[]`, ParameterOptions{})
	for query, want := range map[string]string{"": "passes", "&": "passes", "a": "parameter-invalid query:/a:undeclared"} {
		if got := told(s.Run(exchange(query, nil))); got != want {
			t.Errorf("%q: %s; want %s", query, got, want)
		}
	}
}

func TestSpreadObjectThatIsOpen(t *testing.T) {
	s := parameters(t, `[{name: page, in: query, schema: {type: integer}},
		{name: labels, in: query, schema: {type: object, properties: {a: {type: integer}}, additionalProperties: {type: string, maxLength: 2}}}]`, ParameterOptions{})
	for query, want := range map[string]string{
		"page=1&a=1&x=yz":   "passes",
		"page=1&a=b":        "parameter-invalid query:/labels/a:type",
		"page=x&other=long": "parameter-invalid query:/page:type query:/labels/other:maxLength",
		"x=1&x=2":           "parameter-invalid query:/labels:duplicate",
	} {
		if got := told(s.Run(exchange(query, nil))); got != want {
			t.Errorf("%q: %s; want %s", query, got, want)
		}
	}
}

func TestQuerystring(t *testing.T) {
	asForm := parameters(t, `[{name: all, in: querystring, required: true, content: {application/x-www-form-urlencoded: {schema:
		{type: object, required: [a], properties: {a: {type: integer}, b: {type: array, items: {type: string}}}}}}}]`, ParameterOptions{})
	asJSON := parameters(t, `[{name: all, in: querystring, content: {application/json: {schema: {type: object, properties: {a: {type: integer}}}}}}]`, ParameterOptions{})
	for _, c := range []struct {
		s           *Parameters
		query, want string
	}{
		{asForm, "a=1&b=x&b=y", "passes"},
		{asForm, "", "parameter-invalid query:/all:required"},
		{asForm, "b=x", "parameter-invalid query:/a:required"},
		{asForm, "a=1&a=2", "parameter-invalid query:/a:duplicate"},
		{asForm, "a=1&c=2", "parameter-invalid query:/c:additionalProperties"},
		{asForm, "a=%", "parameter-invalid query:/a:encoding"},
		{asJSON, "", "passes"},
		{asJSON, "%7B%22a%22%3A1%7D", "passes"},
		{asJSON, `{"a":"x"}`, "parameter-invalid query:/all/a:type"},
		{asJSON, "a=1", "parameter-invalid query:/all:content"},
	} {
		if got := told(c.s.Run(exchange(c.query, nil))); got != c.want {
			t.Errorf("%q: %s; want %s", c.query, got, c.want)
		}
	}
}

// What a hostile client sends costs no more than it sends.
func TestHostileQueries(t *testing.T) {
	s := parameters(t, several, ParameterOptions{})
	deep := parameters(t, `[{name: f, in: query, style: deepObject, schema: {type: object}}]`, ParameterOptions{})
	for name, c := range map[string]struct {
		s           *Parameters
		query, want string
	}{
		"many pairs":      {s, strings.Repeat("a&", maxQueryPairs+1), "parameter-invalid query:/a:undeclared"},
		"many ampersands": {s, "since=2024-01-31" + strings.Repeat("&", 100_000), "passes"},
		"one long value":  {s, "since=" + strings.Repeat("9", 100_000), "parameter-invalid query:/since:format"},
		"a long list":     {s, "since=2024-01-31&tags=" + strings.Repeat(",", 100_000), "parameter-invalid query:/tags/0:maxLength"},
		"deep brackets":   {deep, "f" + strings.Repeat("[a]", 10_000) + "=1", "parameter-invalid query:/f:style"},
		"a long index":    {deep, "f[99999999999999999999]=1", "passes"},
		"a long name":     {deep, strings.Repeat("x", 100_000) + "=1", "parameter-invalid query::undeclared"},
	} {
		got := told(c.s.Run(exchange(c.query, []string{"id=1"})))
		if !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %s; want %s", name, got[:min(len(got), 200)], c.want)
		}
	}
}

func TestFaultsAreBounded(t *testing.T) {
	s := parameters(t, `[]`, ParameterOptions{})
	query := ""
	for i := range 100 {
		query += "&p" + strconv.Itoa(i) + "=1"
	}
	if got := len(problem.As(s.Run(exchange(query, nil))).Faults); got != maxFaults {
		t.Errorf("%d faults are told; want %d", got, maxFaults)
	}
}

// No value that a client sent stands in what it is told.
func TestNoEcho(t *testing.T) {
	s := parameters(t, several, ParameterOptions{})
	const secret = "s3cr3tvalue"
	x := exchange("limit="+secret+"&tags="+secret+"&since="+secret+"&flag="+secret+"&q="+secret+"&other="+secret, []string{"id=" + secret},
		message.Field{Name: "X-List", Value: secret}, message.Field{Name: "Cookie", Value: "session=" + secret})
	err := s.Run(x)
	if err == nil {
		t.Fatal("it passes")
	}
	doc, _ := problem.As(err).Response(problem.DefaultBase, "id").Body.Held()
	if strings.Contains(string(doc), secret) {
		t.Errorf("the problem repeats a value: %s", doc)
	}
}

func TestHint(t *testing.T) {
	s := parameters(t, several, ParameterOptions{})
	faults := problem.As(s.Run(exchange("since=2024-01-31&limmit=5", []string{"id=1"}))).Faults
	if len(faults) != 1 || !strings.HasSuffix(faults[0].Message, "there is limit") {
		t.Errorf("faults are %+v", faults)
	}
}

func TestGlobs(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"utm_*", "utm_source", true}, {"utm_*", "utm_", true}, {"utm_*", "utm", false},
		{"*_id", "a_id", true}, {"*_id", "a_ids", false}, {"a*b*c", "a1b2c", true}, {"a*b*c", "ac", false},
		{"a*a", "a", false}, {"*", "", true}, {"x", "x", true}, {"x", "xy", false},
	} {
		if got := matches(c.pattern, c.name); got != c.want {
			t.Errorf("%q takes %q: %v", c.pattern, c.name, got)
		}
	}
}

func TestParameterControls(t *testing.T) {
	_, enforced, unenforced, mistakes := NewParameters([]*openapi.Parameter{
		parameterOf(parse(t, `{name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 100}}`)),
		parameterOf(parse(t, `{name: ids, in: query, required: true, schema: {type: array, maxItems: 9, items: {type: string, enum: [a, b]}}}`)),
		parameterOf(parse(t, `{name: Content-Type, in: header, schema: {type: string}}`)),
		parameterOf(parse(t, `{name: when, in: header, schema: {type: string, format: tide}}`)),
		parameterOf(parse(t, `{name: map, in: query, content: {image/png: {schema: {}}}}`)),
		parameterOf(parse(t, `{name: bad, in: query, schema: {type: string, pattern: "("}}`)),
	}, document(), ParameterOptions{Allow: []string{"utm_*"}})
	for _, want := range []string{
		"query limit: integer 1..100, form, optional",
		"query ids: array of size ..9 of string out of 2, form exploded, required",
		"query: no undeclared parameters but utm_*",
	} {
		if !says(enforced, want) {
			t.Errorf("it is not said that %q: %+v", want, enforced)
		}
	}
	for _, want := range []string{"header Content-Type: not a parameter", "header when: "} {
		if !says(unenforced, want) {
			t.Errorf("it is not said that %q: %+v", want, unenforced)
		}
	}
	if len(mistakes) != 2 {
		t.Errorf("mistakes are\n%v", mistakes)
	}
}

func says(controls []sallyport.Control, want string) bool {
	for _, c := range controls {
		if strings.HasPrefix(c.Says, want) {
			return true
		}
	}
	return false
}
