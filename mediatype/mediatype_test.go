package mediatype

import (
	"mime"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for value, want := range map[string]string{
		"application/json":                               "application/json",
		"Application/JSON":                               "application/json",
		" text/plain\t":                                  "text/plain",
		"text/html;charset=utf-8":                        "text/html",
		"text/html; charset=\"utf-8\"":                   "text/html",
		"text/html ; charset=utf-8 ;":                    "text/html",
		"text/html;;charset=utf-8":                       "text/html",
		"application/vnd.example.v2+json;q=\"a\\\"b;c\"": "application/vnd.example.v2+json",
	} {
		got, err := Parse(value)
		if err != nil || got.Name != want {
			t.Errorf("Parse(%q) = %q, %v; want %q", value, got.Name, err, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, value := range []string{
		"", "/", "json", "application/", "/json", "application/json/x",
		"application/json, text/plain",  // two types in one line
		"application /json",             // no white space within
		"application/json charset=utf8", // no semicolon
		"application/json; charset",
		"application/json; charset=",
		"application/json; charset =utf-8",
		"application/json; charset= utf-8",
		"application/json; charset=\"utf-8",
		"application/json; charset=\"utf-8\"x",
		"application/json; charset=utf-8; Charset=utf-7",
		"multipart/form-data; boundary=a; boundary=b",
		"multipart/form-data; boundary=a; BOUNDARY=b",
		"multipart/form-data; boundary=a; boundary=a",
		"multipart/form-data; boundary=a; boundary*=UTF-8''b", // RFC 2231 §4
		"multipart/form-data; BOUNDARY*=UTF-8''b; boundary=a",
		"multipart/form-data; boundary=a; boundary*0=b", // §3
		"multipart/form-data; boundary*0*=UTF-8''b; boundary=a",
		"multipart/form-data; boundary*=UTF-8''b",
		"application/json; charset*=UTF-8''utf-16",
		"application/json; charset*0=utf; charset*1=-16",
		"application/json; title*=UTF-8''x",
		"application/json; *=x",
		"multipart/form-data; boundary=a, multipart/form-data; boundary=b",
		"multipart/form-data, text/plain; boundary=a",
		"multipart/form-data; boundary=a b",
		"multipart/form-data; boundary=a:b",      // needs quotes
		"multipart/form-data; boundary=\"a\\b\"", // ab, or a\b
		"multipart/form-data; boundary=\"a\\\"",
		"multipart/form-data; boundary=\"a",
		"multipart/form-data; boundary=\"a\"\"b\"",
		"multipart/form-data; boundary\t=a",
		"multipart/form-data; boundary=\ta",
		"multipart/form-data; =a",
		"multipart/form-data; boundary=\"\u00e9\"",
		"application/json; charset=\"utf-8\xff\"",
		"application/json; charset=\u00b5",
		"application/json; a=\"\x00\"",
		"application/json; a=\"\\\n\"",
		"application/jso\u00f1",
		"application/json;" + strings.Repeat(" ", MaxLength) + "a=b",
		"application/json" + strings.Repeat(";", maxParameters+2) + "a=b",
	} {
		if got, err := Parse(value); err == nil {
			t.Errorf("Parse(%q) = %+v; want it refused", value, got)
		}
	}
}

func TestParameter(t *testing.T) {
	mt, err := Parse(`multipart/form-data; Boundary="a b\"c"; charset=UTF-8; empty=""`)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"boundary": `a b"c`, "CHARSET": "UTF-8", "empty": ""} {
		if got, ok := mt.Parameter(name); !ok || got != want {
			t.Errorf("Parameter(%q) = %q, %v; want %q", name, got, ok, want)
		}
	}
	if _, ok := mt.Parameter("q"); ok {
		t.Error("a parameter that is not there was found")
	}
}

func TestBoundary(t *testing.T) {
	for value, want := range map[string]string{
		`multipart/form-data; boundary=B`:                                  "B",
		`multipart/form-data; BOUNDARY="a:b c"; charset=utf-8`:             "a:b c",
		`multipart/form-data;; boundary=----WebKitFormBoundaryAbC ;`:       "----WebKitFormBoundaryAbC",
		`multipart/related; type="text/xml"; start-info=x; boundary="=_b"`: "=_b",
		`multipart/form-data`:                                              "none",
		`multipart/form-data; xboundary=C; boundary=B`:                     "none",
		`multipart/form-data; boundary=B; boundary-x=C`:                    "none",
		`multipart/form-data; note="; Boundary=C"; boundary=B`:             "none",
		`multipart/form-data; boundary=B; note="\"; boundary=C"`:           "none",
	} {
		mt, err := Parse(value)
		if err != nil {
			t.Fatalf("Parse(%q): %v", value, err)
		}
		got, ok := mt.Boundary()
		if !ok {
			got = "none"
		}
		if got != want {
			t.Errorf("Parse(%q): the boundary is %q; want %q", value, got, want)
		}
	}
}

func TestProperties(t *testing.T) {
	for value, want := range map[string][3]bool{ // JSON, XML, UTF-8
		"application/json":                 {true, false, true},
		"application/problem+json":         {true, false, true},
		"text/json; charset=utf-16":        {true, false, false},
		"application/json-patch":           {false, false, true},
		"application/jsonx":                {false, false, true},
		"text/xml; charset=us-ascii":       {false, true, true},
		"image/svg+xml; charset=\"UTF-8\"": {false, true, true},
		"application/xml-dtd":              {false, false, true},
	} {
		mt, err := Parse(value)
		if err != nil {
			t.Fatalf("Parse(%q): %v", value, err)
		}
		if got := [3]bool{mt.IsJSON(), mt.IsXML(), mt.IsUTF8()}; got != want {
			t.Errorf("%q: JSON, XML, UTF-8 = %v; want %v", value, got, want)
		}
	}
}

func TestASCII(t *testing.T) {
	for value, want := range map[string]bool{"text/plain": false, "text/plain; charset=utf-8": false, "text/plain; charset=US-ASCII": true, `text/xml; Charset="us-ascii"`: true} {
		if mt, err := Parse(value); err != nil || mt.IsASCII() != want || !mt.IsUTF8() {
			t.Errorf("%q: ASCII is %v, %v", value, mt.IsASCII(), err)
		}
	}
	if !HoldsASCII([]byte("a\x7f")) || HoldsASCII([]byte("caf\u00e9")) {
		t.Error("US-ASCII is 7 bits")
	}
}

func TestMatch(t *testing.T) {
	declared := []string{
		"*/*", "application/*", "application/*+json", "application/json",
		"application/json; profile=strict", "text/*", "text/csv; charset=UTF-8", "text/csv; charset=latin1",
	}
	ranges := make([]Range, len(declared))
	for i, text := range declared {
		r, err := ParseRange(text)
		if err != nil {
			t.Fatalf("ParseRange(%q): %v", text, err)
		}
		ranges[i] = r
	}
	for value, want := range map[string]string{
		"application/json":                         "application/json",
		"application/json; charset=utf-8":          "application/json",
		"application/json; profile=strict; x=y":    "application/json; profile=strict",
		"application/json; profile=STRICT":         "application/json",
		"application/problem+json":                 "application/*+json",
		"application/+json":                        "application/*",
		"application/x-www-form-urlencoded":        "application/*",
		"text/plain":                               "text/*",
		"text/csv":                                 "text/csv; charset=UTF-8",
		"text/csv; charset=LATIN1":                 "text/csv; charset=latin1",
		"image/png":                                "*/*",
		"applications/json":                        "*/*",
		"text/json":                                "text/*",
		"application/vnd.api+json;ext=\"bulk,x\" ": "application/*+json",
	} {
		mt, err := Parse(value)
		if err != nil {
			t.Fatalf("Parse(%q): %v", value, err)
		}
		got := Match(ranges, mt)
		if got < 0 || declared[got] != want {
			t.Errorf("Match(%q) = %d; want %q", value, got, want)
		}
	}
}

func TestMatchNothing(t *testing.T) {
	r, _ := ParseRange("application/json")
	other, _ := Parse("application/problem+json")
	for _, mt := range []Type{{}, other} {
		if got := Match([]Range{r}, mt); got != -1 {
			t.Errorf("Match(%q) = %d; want -1", mt.Name, got)
		}
	}
}

func TestParseRangeRefuses(t *testing.T) {
	for _, text := range []string{"", "*", "json", "*/json", "app*/json", "application/j*", "application/*+*", "a/*b"} {
		if _, err := ParseRange(text); err == nil {
			t.Errorf("ParseRange(%q): want it refused", text)
		}
	}
}

func TestRangeType(t *testing.T) {
	r, _ := ParseRange("Text/CSV; header=present")
	if mt, ok := r.Type(); !ok || mt.Name != "text/csv" {
		t.Errorf("Type() = %q, %v", mt.Name, ok)
	}
	for _, text := range []string{"*/*", "text/*", "application/*+json"} {
		r, _ := ParseRange(text)
		if _, ok := r.Type(); ok {
			t.Errorf("%q names one type", text)
		}
	}
}

func TestParseDoesNotAllocate(t *testing.T) {
	r, _ := ParseRange("application/json")
	ranges := []Range{r}
	got := testing.AllocsPerRun(100, func() {
		mt, err := Parse("application/json; charset=utf-8")
		if err != nil || Match(ranges, mt) != 0 || !mt.IsUTF8() {
			t.Fatal("no match")
		}
	})
	if got != 0 {
		t.Errorf("%v allocations; want none", got)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"application/json", "text/html;charset=\"utf-8\"", "a/b;;c=d ; e=\"\\\"\"", "a/b;c=d;C=e", "*/*", "a/b; boundary=c; boundary*=UTF-8''d", "a/b; boundary=\"c\\d\""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		mt, err := Parse(value)
		if err != nil {
			return
		}
		if len(value) <= MaxLength && mt.Main()+"/"+mt.Sub() != strings.ToLower(strings.Trim(value, " \t"))[:len(mt.Name)] {
			t.Errorf("Parse(%q) named %q", value, mt.Name)
		}
		if strings.ContainsAny(mt.Name, " \t;,\"\r\n") {
			t.Errorf("Parse(%q) let a delimiter into the name %q", value, mt.Name)
		}
		// What one side reads as a charset or a boundary, others must not read as
		// another one.
		if _, theirs, err := mime.ParseMediaType(value); err == nil {
			for _, name := range []string{"charset", "boundary"} {
				if ours, ok := mt.Parameter(name); ours != theirs[name] && (ok || theirs[name] != "") {
					t.Errorf("Parse(%q): %s is %q, the library reads %q", value, name, ours, theirs[name])
				}
			}
		}
		if r, err := ParseRange(value); err == nil {
			if i := Match([]Range{r}, mt); i < 0 && r.kind != oneSuffix {
				t.Errorf("%q is not in its own range", value)
			}
		}
	})
}

func BenchmarkParseAndMatch(b *testing.B) {
	r, _ := ParseRange("application/json")
	ranges := []Range{r}
	b.ReportAllocs()
	for b.Loop() {
		mt, _ := Parse("application/json; charset=utf-8")
		if Match(ranges, mt) != 0 {
			b.Fatal("no match")
		}
	}
}
