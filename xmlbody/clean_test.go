package xmlbody

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"testing"

	"sallyport/jsonschema"
	"sallyport/source"
)

// account has everything that an XML Object can say.
const account = `{"type":"object","required":["id","name"],"xml":{"name":"account"},"properties":{
	"id":{"type":"integer","xml":{"attribute":true}},
	"pin":{"type":"string","writeOnly":true,"xml":{"attribute":true}},
	"name":{"type":"string","maxLength":5},
	"hash":{"type":"string","writeOnly":true},
	"tags":{"type":"array","items":{"type":"string","xml":{"name":"tag"}}},
	"keys":{"type":"array","writeOnly":true,"items":{"type":"string","xml":{"name":"key"}}},
	"owners":{"type":"array","xml":{"wrapped":true},"items":{"type":"object","xml":{"name":"owner"},"properties":{
		"no":{"type":"integer","xml":{"attribute":true}},"secret":{"type":"string","writeOnly":true},"street":{"type":"string"}}}},
	"note":{"type":"object","properties":{"lang":{"type":"string","xml":{"attribute":true}},"text":{"type":"string","xml":{"nodeType":"text"}}}},
	"mark":{"type":"object","properties":{"text":{"type":"string","writeOnly":true,"xml":{"nodeType":"text"}}}},
	"born":{"type":["integer","null"]},
	"any":{"type":"object"}}}`

func compile(t testing.TB, text string) *Schema {
	t.Helper()
	node, err := source.Parse("schema.json", []byte(text), source.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Compile(jsonschema.NewCompiler(jsonschema.Options{Dialect: jsonschema.OpenAPI31}), NewPlanner(func(n *source.Node) *source.Node { return n }), node,
		jsonschema.Use{Direction: jsonschema.Response, Closed: true})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var all = jsonschema.Cleaning{Undeclared: true, Hidden: true}

func told(faults []jsonschema.Fault) string {
	var list []string
	for _, f := range faults {
		list = append(list, f.Pointer+":"+f.Keyword)
	}
	return strings.Join(list, " ")
}

func TestCleanTakesOutOfXML(t *testing.T) {
	s := compile(t, account)
	const i = ` xmlns:i="http://www.w3.org/2001/XMLSchema-instance"`
	for _, c := range []struct{ content, left, cut, faults string }{
		{`<account id="1"><name>Ann</name></account>`, ``, "", ""},
		{`<account id="1" pin="0000"><name>Ann</name><hash>x</hash></account>`, `<account id="1"><name>Ann</name></account>`, "/pin /hash", ""},
		{"<?xml version=\"1.0\"?>\n<account\n pin = '0>0'  id='1' admin=\"/>\">\n <name>Ann</name>\n <role a=\"1\"><x/></role>\n</account>\n",
			"<?xml version=\"1.0\"?>\n<account  id='1'>\n <name>Ann</name>\n \n</account>\n", "/pin /admin /role", ""},
		{`<account id="1"><key>a</key><name>Ann</name><tag>b</tag><key>c</key><tag>d</tag></account>`, `<account id="1"><name>Ann</name><tag>b</tag><tag>d</tag></account>`, "/keys", ""},
		{`<account id="1"><name>Ann</name><owners><owner no="1"><secret>s</secret><street>High</street></owner><owner x="1" no="2"/></owners></account>`,
			`<account id="1"><name>Ann</name><owners><owner no="1"><street>High</street></owner><owner no="2"/></owners></account>`, "/owners/*/secret /owners/*/x", ""},
		{`<account id="1"><name x="1">A<b>c</b>nn</name></account>`, `<account id="1"><name>Ann</name></account>`, "/name/x /name/b", ""},
		{`<account id="1">secret<name>Ann</name><![CDATA[secret]]></account>`, `<account id="1"><name>Ann</name></account>`, "/#text", ""},
		{`<!-- secret --><account id="1"><name>A<!-- secret -->nn</name><?debug secret?></account><!-- secret -->`, `<account id="1"><name>Ann</name></account>`,
			"/#comment /name/#comment /#processing-instruction", ""},
		{`<account id="1"><name>Ann</name><id>2</id></account>`, `<account id="1"><name>Ann</name></account>`, "/id", ""},
		{`<account id="1" name="x"><name>Ann</name></account>`, `<account id="1"><name>Ann</name></account>`, "/name", ""},
		{`<account id="1"><name>Ann</name><role/><role/></account>`, `<account id="1"><name>Ann</name></account>`, "/role", ""},
		{`<account id="1"><name>Ann</name><owners x="1">a<owner/></owners></account>`, `<account id="1"><name>Ann</name><owners><owner/></owners></account>`, "/owners/x /owners/#text", ""},
		{`<account id="1"><name>Ann</name><owners><user no="1"><x/></user><owner/><i:owner` + i + `/></owners></account>`, `<account id="1"><name>Ann</name><owners><owner/></owners></account>`,
			"/owners/user /owners/owner", ""},
		{`<account id="1"><name>Ann</name><note lang="de" x="1">one<b/>two</note></account>`, `<account id="1"><name>Ann</name><note lang="de">onetwo</note></account>`, "/note/x /note/b", ""},
		{`<account id="1"><name>Ann</name><mark>one<b/><![CDATA[two]]></mark></account>`, `<account id="1"><name>Ann</name><mark></mark></account>`, "/mark/b /mark/text", ""},
		{`<account id="1"><name>Ann</name><mark/></account>`, ``, "", ""},
		{`<account id="1"` + i + `><name>Ann</name><born i:nil="true" x="1"><y/></born></account>`, `<account id="1"` + i + `><name>Ann</name><born i:nil="true"></born></account>`, "/born/x /born/y", ""},
		{`<account id="1"><name>Ann</name><any x="1">free<!-- secret --></any></account>`, `<account id="1"><name>Ann</name><any x="1">free</any></account>`, "/any/#comment", ""},
		{"\ufeff" + `<account id="1" x="1"><name>Ann</name></account>`, "\ufeff" + `<account id="1"><name>Ann</name></account>`, "/x", ""},
		{`<account id="x" y="1"><name>too long</name></account>`, `<account id="x"><name>too long</name></account>`, "/y", "/id:type /name:maxLength"},
		{`<account id="1" hash="é"><name>é</name></account>`, `<account id="1"><name>é</name></account>`, "/hash", ""},
	} {
		got := s.Clean([]byte(c.content), all)
		if c.left == "" {
			c.left = c.content
		}
		if string(got.Body) != c.left || strings.Join(got.Cut, " ") != c.cut || told(got.Faults) != c.faults || got.Undecided || (got.CutCount > 0) != (c.cut != "") {
			t.Errorf("%s\nleft %s\nwant %s\n%v, want %s\nfaults %s, undecided %v", c.content, got.Body, c.left, got.Cut, c.cut, told(got.Faults), got.Undecided)
		}
		holds(t, s, []byte(c.content))
	}
}

func TestCleanOfWhatCannotBeRead(t *testing.T) {
	s := compile(t, account)
	for content, want := range map[string]string{
		`<account id="1"><name>Ann</name>`:                                                                       ":",
		`<!DOCTYPE a [<!ENTITY x "y">]><account id="1"><name>&x;</name></account>`:                               ":",
		`<?xml version="1.0" encoding="latin1"?><account id="1"><name>Ann</name></account>`:                      ":",
		`<p:account id="1"><name>Ann</name></p:account>`:                                                         ":",
		`<user id="1"><name>Ann</name></user>`:                                                                   ":xml",
		`<account id="1"><name>Ann</name><name>Bob</name></account>`:                                             "/name:xml",
		`<account id="1"><name>a]]<x/>&gt;</name>` + strings.Repeat("<tag/>", maxItems) + `</account>`:           ":xml",
		`<account id="1"><name>a]]<x/>></name></account>`:                                                        ":xml",
		`<account xmlns:i="http://www.w3.org/2001/XMLSchema-instance" id="1"><name i:nil="1">x</name></account>`: "/name:xml",
	} {
		got := s.Clean([]byte(content), all)
		if !got.Undecided || told(got.Faults) != want || string(got.Body) != content {
			t.Errorf("%.80s: undecided %v, %s, want %s", content, got.Undecided, told(got.Faults), want)
		}
	}
}

// Where nothing is taken out, all of it is a fault.
func TestCheckOfXML(t *testing.T) {
	s := compile(t, account)
	for content, want := range map[string]string{
		`<account id="1"><name>Ann</name><!-- a comment --></account>`: "",
		`<account id="1"><name>Ann</name><role/></account>`:            "/role:additionalProperties",
		`<account id="1" pin="1"><name>Ann</name></account>`:           "/pin:writeOnly",
		`<account id="1"><name x="1">Ann</name></account>`:             "/name:xml",
		`<account id="1">text<name>Ann</name></account>`:               ":xml",
		`<account id="1"><name>Ann</name><id>2</id></account>`:         "/id:xml",
	} {
		if got := s.Clean([]byte(content), jsonschema.Cleaning{}); told(got.Faults) != want || string(got.Body) != content || got.CutCount != 0 {
			t.Errorf("%s: %s, want %s", content, told(got.Faults), want)
		}
	}
}

func TestCompileOfWhatHasNoPlan(t *testing.T) {
	for _, schema := range []string{`{"type":"array","items":{"type":"string"}}`, `{"type":"object"}`, `{"oneOf":[{"type":"object","properties":{"a":{}}}]}`} {
		if s := compile(t, schema); s != nil {
			t.Errorf("%s has a plan", schema)
		}
	}
}

// holds: what is left is well-formed, has the bytes that came, in order, and
// cleaning it again takes out nothing.
func holds(t *testing.T, s *Schema, content []byte) {
	got := s.Clean(content, all)
	if got.Undecided {
		if string(got.Body) != string(content) {
			t.Fatalf("%q is undecided, and left %q", content, got.Body)
		}
		return
	}
	if Check(got.Body) != nil {
		t.Fatalf("%q left %q", content, got.Body)
	}
	var left []byte
	at := 0
	for _, g := range got.Gone {
		left = append(left, content[at:g[0]]...)
		at = g[1]
	}
	if left = append(left, content[at:]...); !bytes.Equal(left, got.Body) {
		t.Fatalf("%q without %v left %q", content, got.Gone, got.Body)
	}
	if again := s.Clean(got.Body, all); again.CutCount != 0 || again.Undecided || told(again.Faults) != told(got.Faults) {
		t.Fatalf("%q left %q, and again %q", content, got.Body, again.Body)
	}
	for _, name := range names(got.Body) {
		if !strings.Contains(" account name tag owners owner street note mark born any id no lang ", " "+name+" ") {
			if !bytes.Contains(got.Body, []byte("<any")) {
				t.Fatalf("%q left %q, with %s", content, got.Body, name)
			}
		}
	}
}

// names are those of the elements and attributes of a text; those in a namespace,
// of which this schema has none, begin with it.
func names(content []byte) []string {
	var list []string
	d := xml.NewDecoder(bytes.NewReader(withoutMark(content)))
	for {
		token, err := d.Token()
		if err == io.EOF {
			return list
		}
		if start, ok := token.(xml.StartElement); ok {
			list = append(list, start.Name.Space+start.Name.Local)
			for _, a := range start.Attr {
				if a.Name.Space != "xmlns" && a.Name.Local != "xmlns" && a.Name.Local != "nil" {
					list = append(list, a.Name.Space+a.Name.Local)
				}
			}
		}
	}
}

// FuzzClean holds the reader to its word: whatever is well-formed becomes JSON
// text or a fault, and what is left of it says what is declared alone.
func FuzzClean(f *testing.F) {
	s := compile(f, account)
	f.Add(`<account id="1" x="1"><name>A</name><tag>x</tag><owners><owner no="1"><secret/></owner></owners><note>x<y/></note><any><x/></any></account>`)
	f.Add(`<account id='1' pin = "&quot;>"><name>&#10;<b/></name>]]&gt;<c xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="1"/><!-- --><mark>a<![CDATA[b]]></mark></account>`)
	f.Add(`<account id="1" xmlns:a="u" a:id="2"><name>A</name><name xmlns="q">B</name><owners><owner/><a:owner/><user><x/></user></owners><a:any a:x="1"/><any a:x="1"><a:y/></any></account>`)
	f.Add(`<?xml version = '1.0' encoding = "utf-8"?><p:account xmlns:p="" id="1"/>`)
	f.Fuzz(func(t *testing.T, content string) {
		if len(content) > 1<<16 || Check([]byte(content)) != nil {
			return
		}
		text, wrong, err := s.Read([]byte(content))
		if err == nil && len(wrong) == 0 && !json.Valid(text) {
			t.Fatalf("%s\nbecomes %s", content, text)
		}
		holds(t, s, []byte(content))
	})
}

func BenchmarkClean(b *testing.B) {
	s := compile(b, account)
	for name, extra := range map[string]string{"as declared": "", "with more": `<hash>secret</hash>`} {
		var body bytes.Buffer
		body.WriteString(`<account id="1"><name>Ann</name>` + extra + `<owners>`)
		for i := range 100 {
			fmt.Fprintf(&body, `<owner no="%d"><street>High Street</street></owner>`, i)
		}
		body.WriteString(`</owners></account>`)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(body.Len()))
			b.ReportAllocs()
			for b.Loop() {
				if c := s.Clean(body.Bytes(), all); c.Undecided {
					b.Fatal(told(c.Faults))
				}
			}
		})
	}
}

// A large schema does not make each element of a body dear.
func BenchmarkReadOfALargeObject(b *testing.B) {
	for _, members := range []int{20, 2000} {
		var properties, body strings.Builder
		for i := range members {
			fmt.Fprintf(&properties, `,"member%d":{"type":"integer"}`, i)
		}
		s := compile(b, `{"type":"object","xml":{"name":"a"},"properties":{"l":{"type":"array","items":{"type":"integer"}}`+properties.String()+`}}`)
		for range 10_000 {
			body.WriteString("<l>1</l>")
		}
		content := []byte("<a>" + body.String() + "</a>")
		b.Run(fmt.Sprint(members), func(b *testing.B) {
			b.SetBytes(int64(len(content)))
			for b.Loop() {
				if _, wrong, err := s.Read(content); len(wrong) > 0 || err != nil {
					b.Fatal(wrong, err)
				}
			}
		})
	}
}

// Items that are hidden leave in no answer of XML: it is refused.
func TestHiddenItemsOfXML(t *testing.T) {
	const head = `{"type":"object","xml":{"name":"u"},"properties":{"n":{"type":"string"},"c":{"type":"array",`
	for _, c := range []struct{ schema, content string }{
		{head + `"items":{"type":"string","writeOnly":true}}}}`, `<u><n>Ann</n><c>s1</c><c>s2</c></u>`},
		{head + `"xml":{"wrapped":true},"items":{"type":"string","writeOnly":true}}}}`, `<u><n>Ann</n><c><c>s1</c><c>s2</c></c></u>`},
	} {
		s := compile(t, c.schema)
		if got := s.Clean([]byte(c.content), all); !got.Undecided {
			t.Errorf("%s\nleft %s: %s", c.content, got.Body, told(got.Faults))
		}
		if got := s.Clean([]byte(`<u><n>Ann</n></u>`), all); got.Undecided || got.Faults != nil {
			t.Errorf("without any: %s", told(got.Faults))
		}
	}
}
