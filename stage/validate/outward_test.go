package validate

import (
	"fmt"
	"strings"
	"testing"

	"sallyport"
	"sallyport/message"
)

// noted are the values that lead outward, in one line; a question mark is what
// could not be read.
func noted(x *sallyport.Exchange) string {
	var all []string
	for _, o := range x.Outward {
		if o.As == 0 {
			o.Text = "?"
		}
		all = append(all, o.In+o.Pointer+"="+o.Text)
	}
	return strings.Join(all, " ")
}

func TestBodiesAreSearchedForWhatLeadsOutward(t *testing.T) {
	const hook = `{type: object, properties: {url: {type: string, format: uri}, id: {type: integer, readOnly: true}, n: {type: integer}, l: {type: array, items: {type: string, format: hostname}}}}`
	s := body(t, `{content: {application/json: {schema: `+hook+`}, application/x-www-form-urlencoded: {schema: `+hook+`}, multipart/form-data: {schema: `+hook+`},
		application/jsonl: {itemSchema: `+hook+`}, application/xml: {schema: `+hook+`}, text/plain: {schema: {type: string, format: uri}}, "application/*": {}}}`, BodyOptions{})
	for _, c := range []struct{ media, content, want string }{
		{"application/json", `{"url":"a:b","n":1}`, "body/url=a:b"},
		{"application/json", `{"url":"a:b","n":"x"}`, "body/url=a:b"},
		{"application/json", `{"l":["a","b"],"url":"\u0061:b"}`, "body/l/0=a body/l/1=b body/url=a:b"},
		{"application/json", `{"n":1}`, ""},
		{"application/json", `{"url":["a:b"],"l":7}`, "body/url=? body/l=?"},
		{"application/json", `"a:b"`, "body=?"},
		{"application/json", `{"url":`, "body=? body=?"},
		{"application/json", `{"url":"a:b","url":"c:d"}`, "body=? body=?"},
		{"application/x-www-form-urlencoded", "url=a%3Ab&l=x&l=y", "body/l/0=x body/l/1=y body/url=a:b"},
		{"application/x-www-form-urlencoded", "url=%", "body=?"},
		{"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=url\r\n\r\na:b\r\n--x--\r\n", "body/url=a:b"},
		{"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=url\r\n\r\na:b\r\n--", "body=?"},
		{"application/jsonl", "{}\n{\"url\":\"a:b\"}\n", "body/1/url=a:b"},
		{"application/xml", "<hook><url>a:b</url></hook>", "body/url=a:b"},
		{"application/xml", "<hook>", "body=?"},
		{"text/plain", "a:b", "body=a:b"},
		{"image/png", "a:b", "body=?"},
		{"", "a:b", "body=?"},
	} {
		x := sending(c.media, c.content)
		x.Op.Outward = sallyport.WatchFormats
		_ = s.Run(x)
		if got := noted(x); got != c.want {
			t.Errorf("%s %q: %s; want %s", c.media, c.content, got, c.want)
		}
		for _, w := range []sallyport.Watched{sallyport.WatchNothing, sallyport.WatchMarked} {
			x := sending(c.media, c.content)
			x.Op.Outward = w
			_ = s.Run(x)
			if len(x.Outward) > 0 {
				t.Errorf("%s: noted though nobody asked: %s", c.content, noted(x))
			}
		}
	}
	if n := len(s.Outward(sallyport.WatchFormats)); n != 11 || len(s.Outward(sallyport.WatchMarked)) != 0 {
		t.Errorf("%d schemas say so", n)
	}
}

// What goes on before it is known to its end leads nobody knows where.
func TestStreamsLeadNobodyKnowsWhere(t *testing.T) {
	s := body(t, `{content: {application/jsonl: {itemSchema: {type: string, format: uri}}}}`, BodyOptions{})
	x := sending("application/jsonl", `"a:b"`)
	x.Request.Body.Length = -1
	x.Op.Outward = sallyport.WatchFormats
	if err := s.Run(x); err != nil || noted(x) != "body=?" {
		t.Errorf("%v %s", err, noted(x))
	}
}

func TestParametersAreSearchedForWhatLeadsOutward(t *testing.T) {
	s := parameters(t, `[{name: p, in: path, required: true, schema: {type: string, format: hostname}}, {name: q, in: query, schema: {type: array, items: {type: string, format: uri}}},
		{name: e, in: query, allowEmptyValue: true, schema: {type: string, format: uri}}, {name: m, in: query, x-sallyport: {outward: true}, schema: {type: string}},
		{name: u, in: query, x-sallyport: {outward: false}, schema: {type: string, format: uri}}, {name: j, in: query, content: {application/json: {schema: {properties: {a: {format: ipv4}}}}}},
		{name: X-H, in: header, schema: {type: string, format: uri}}, {name: c, in: cookie, schema: {type: string, format: uri}}]`, ParameterOptions{})
	for query, want := range map[string]string{
		"":                             "path/p=h",
		"q=a%3Ab&q=c:d":                "path/p=h query/q/0=a:b query/q/1=c:d",
		"e=&u=a:b":                     "path/p=h",
		"m=free":                       "path/p=h query/m=free",
		"j=" + `%7B%22a%22:%22x%22%7D`: "path/p=h query/j/a=x",
		"j=%7B":                        "path/p=h query/j=?",
		"q=%":                          "path/p=h query/q=?",
		"m=a&m=b":                      "path/p=h query/m=?",
	} {
		x := exchange(query, []string{"p=h"})
		x.Op.Outward = sallyport.WatchFormats
		_ = s.Run(x)
		if got := noted(x); got != want {
			t.Errorf("%s: %s; want %s", query, got, want)
		}
	}
	x := exchange("", []string{"p=h"}, message.Field{Name: "X-H", Value: "a:b"}, message.Field{Name: "Cookie", Value: "c=c:d"})
	x.Op.Outward = sallyport.WatchFormats
	_ = s.Run(x)
	if got := noted(x); got != "path/p=h header/X-H=a:b cookie/c=c:d" {
		t.Error(got)
	}
	x = exchange("m=free", []string{"p=h"})
	x.Op.Outward = sallyport.WatchMarked
	if _ = s.Run(x); noted(x) != "query/m=free" {
		t.Error(noted(x))
	}
	if got := fmt.Sprint(len(s.Outward(sallyport.WatchMarked)), len(s.Outward(sallyport.WatchFormats))); got != "1 7" {
		t.Error(got)
	}
}

func BenchmarkOutward(b *testing.B) {
	s := body(b, `{content: {application/json: {schema: {type: object, properties: {url: {type: string, format: uri}, name: {type: string}, tags: {type: array, items: {type: string}}}}}}}`, BodyOptions{})
	content := `{"name":"orders","url":"https://hooks.example.com/orders","tags":["` + strings.Repeat(`a tag","`, 200) + `"]}`
	for name, w := range map[string]sallyport.Watched{"nothing": sallyport.WatchNothing, "formats": sallyport.WatchFormats} {
		b.Run(name, func(b *testing.B) {
			x := sending("application/json", content)
			x.Op.Outward = w
			b.ReportAllocs()
			for b.Loop() {
				x.Outward = x.Outward[:0]
				if err := s.Run(x); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
