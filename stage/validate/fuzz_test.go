package validate

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"sallyport/jsonschema"
	"sallyport/message"
)

// FuzzQuery decodes a query under many parameters at once. Whatever is written
// for the schema is one JSON text, and where everything fits, the standard
// library finds the same values.
func FuzzQuery(f *testing.F) {
	s := parameters(f, `[
		{name: s, in: query, schema: {type: string}},
		{name: n, in: query, schema: {type: [integer, boolean, "null"]}},
		{name: l, in: query, schema: {type: array, items: {type: [number, string]}}},
		{name: c, in: query, explode: false, schema: {type: array, items: {type: string}}},
		{name: p, in: query, style: pipeDelimited, schema: {type: array, items: {type: string}}},
		{name: o, in: query, explode: false, schema: {type: object}},
		{name: d, in: query, style: deepObject, schema: {type: object, additionalProperties: {type: [array, object, string]}}},
		{name: x, in: query, schema: {type: object, additionalProperties: {type: string}}}]`, ParameterOptions{})
	for _, seed := range []string{"s=a+b&n=1&l=1&l=x&c=a,b&p=a%7Cb&o=a,1&d[a][b]=1&d[c][]=2&y=z", "s=%F0%9F%92%A5", "&&=&s", "d[[=1", "s=%", "s=1&s=2", ";", "a;s=1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		w := newWork().(*work)
		for i := range s.list {
			p := &s.list[i]
			w.pairs.begin(len(s.list) + 1)
			if scanPairs(query, maxQueryPairs, func(name, value string) {
				if owner := s.query.owner(name); owner >= 0 {
					w.pairs.add(owner, name, value)
				}
			}) != sound {
				break
			}
			if v := w.pairs.of(i); v.count() > 0 {
				w.reset(false)
				if p.write(&w.decoder, p.readings[0], v) == sound && !json.Valid(w.out) {
					t.Fatalf("%q: parameter %s becomes %q", query, p.name, w.out)
				}
			}
		}
		if s.Run(exchange(query, nil)) != nil {
			return
		}
		theirs, err := url.ParseQuery(query)
		if err != nil {
			t.Fatalf("%q passes; the library says %v", query, err)
		}
		if len(theirs["s"]) > 1 || len(theirs["n"]) > 1 {
			t.Fatalf("%q passes with one value twice", query)
		}
		for _, values := range theirs {
			for _, value := range values {
				if !utf8.ValidString(value) {
					t.Fatalf("%q passes with text that is not UTF-8", query)
				}
			}
		}
	})
}

// FuzzCookie finds a declared cookie only where one pair alone has its name.
func FuzzCookie(f *testing.F) {
	s := parameters(f, `[{name: c, in: cookie, schema: {type: string}}, {name: l, in: cookie, explode: false, schema: {type: array, items: {type: integer}}}]`, ParameterOptions{})
	for _, seed := range []string{"c=a", "a=b; c=d; l=1,2", `a="b; c=d"`, "c=a; c=b", ";;=;c", "c=%41"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		x := exchange("", nil, message.Field{Name: "Cookie", Value: line})
		if s.Run(x) != nil {
			return
		}
		found := 0
		for _, one := range strings.Split(line, ";") {
			if name, _, ok := strings.Cut(strings.Trim(one, " \t"), "="); ok && strings.TrimRight(name, " \t") == "c" {
				found++
			}
		}
		if found > 1 {
			t.Fatalf("%q passes with a cookie twice", line)
		}
	})
}

// FuzzForm writes forms as one JSON object that has no member which the form
// did not name.
func FuzzForm(f *testing.F) {
	s := body(f, `{content: {application/x-www-form-urlencoded: {schema: {type: object, additionalProperties: true, properties: {
		s: {type: string}, n: {type: integer}, l: {type: array, items: {type: string}}, o: {type: object}, d: {type: object}, u: {type: [array, integer, string]}}},
		encoding: {d: {style: deepObject, explode: true}}}}}`, BodyOptions{})
	fields := s.entries[0][classForm].(*formBody).fields
	for _, seed := range []string{"s=a&n=1&l=x&l=y&o={}&d[a]=1&u=1&u=2&z=1", `o={},"n":1`, "z=1&z=2", "%=", "o=%7B%7D"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, content string) {
		w := newWork().(*work)
		flaw, c := fields.check(content, maxFormPairs, jsonschema.Cleaning{}, w)
		if flaw.flaw != sound || len(c.Faults) > 0 {
			return
		}
		var members map[string]any
		if err := json.Unmarshal(w.out, &members); err != nil {
			t.Fatalf("%q becomes %q: %v", content, w.out, err)
		}
		theirs, err := url.ParseQuery(content)
		if err != nil {
			t.Fatalf("%q passes; the library says %v", content, err)
		}
		for name := range members {
			if _, ok := theirs[name]; !ok && name != "d" {
				t.Fatalf("%q becomes %q, with a member that it did not name", content, w.out)
			}
		}
	})
}

// FuzzContentType runs any Content-Type against a body that would pass.
func FuzzContentType(f *testing.F) {
	s := body(f, `{content: {application/json: {schema: {type: object}}}}`, BodyOptions{})
	for _, seed := range []string{"application/json", "application/json; charset=\"utf-8\"", "application/json,text/plain", "text/plain"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if s.Run(sending(value, "{}")) == nil && !strings.HasPrefix(strings.ToLower(strings.Trim(value, " \t")), "application/json") {
			t.Fatalf("%q is taken for JSON", value)
		}
	})
}

// FuzzFormCut cuts out what may not come: what is left fits, and is what came
// without some of its pairs.
func FuzzFormCut(f *testing.F) {
	s := body(f, `{content: {application/x-www-form-urlencoded: {schema: {type: object, properties: {
		s: {type: string}, id: {type: integer, readOnly: true}, l: {type: array, items: {type: string}}, o: {type: object, properties: {a: {type: string}}},
		d: {type: object, properties: {a: {type: string}, id: {readOnly: true}}}, sp: {type: object, properties: {p: {type: integer}, q: {readOnly: true}}}}},
		encoding: {d: {style: deepObject, explode: true}, sp: {style: form, explode: true}}}}}`, BodyOptions{Undeclared: DropUndeclared})
	form := s.entries[0][classForm].(*formBody)
	for _, seed := range []string{"s=a&id=7&x=1&&l=1&x=2&l=2", "d[id]=1&d[a]=2&d[x][y]=3&p=1&q=2", `o={"x":1}&s=`, "id=1&id=2", "%69d=1", "&&x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, content string) {
		left, dropped, err := form.clean(sending(formType, content), content)
		if err != nil {
			return
		}
		if again, more, err := form.clean(sending(formType, left), left); err != nil || more != 0 || again != left {
			t.Fatalf("%q leaves %q, of which %d are cut again, leaving %q (%v)", content, left, more, again, err)
		}
		if dropped == 0 && left != content {
			t.Fatalf("%q leaves %q though nothing is cut", content, left)
		}
		came := strings.Split(content, "&")
		for _, pair := range strings.Split(left, "&") {
			for len(came) > 0 && came[0] != pair {
				came = came[1:]
			}
			if len(came) == 0 && left != "" {
				t.Fatalf("%q leaves %q", content, left)
			}
			came = came[min(1, len(came)):]
		}
		theirs, err := url.ParseQuery(left)
		if err != nil {
			t.Fatalf("%q leaves %q; the library says %v", content, left, err)
		}
		for _, name := range []string{"id", "q", "x", "d[id]", "d[x][y]"} {
			if theirs.Has(name) {
				t.Fatalf("%q leaves %q, with %s", content, left, name)
			}
		}
	})
}
