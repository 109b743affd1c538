package xmlbody

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

// wellFormed are documents that every reader takes.
var wellFormed = []string{
	`<a/>`, `<a />`, "<a\n/>", `<a></a>`, "<a></a\t>", `<a b="1" c='"'/>`, "<a b\n=\t'1'/>", `<a b="/>"/>`, `<a b=">"/>`,
	"\ufeff<a/>", " \n<a/>\r\n", `<!-- - --><a/><!---->`, `<?x?><a><?x y?z?></a><?x ?>`, `<a>]]&gt;]] ></a>`,
	`<?xml version="1.0"?><a/>`, `<?xml version='1.0' encoding='utf-8'?><a/>`, "<?xml\nversion = \"1.0\"\tencoding\n=\n\"Utf-8\" standalone = 'yes' ?><a/>",
	`<?xml version="1.0" standalone="no"?><a/>`, "\ufeff" + `<?xml version="1.0" encoding="UTF-8"?><a/>`, `<?xml version="1.0" ?><a/>`,
	`<?xml-stylesheet href="x"?><a/>`, `<a>&lt;&gt;&amp;&apos;&quot;&#9;&#x10FFFF;&#x000041;</a>`, `<a><![CDATA[<b>&x;]]]]><![CDATA[>]]></a>`,
	`<p:a xmlns:p="u" p:b="1" b="2"/>`, `<a xmlns="u"><b xmlns=""/></a>`, `<a xmlns:xml="http://www.w3.org/XML/1998/namespace" xml:lang="de"/>`,
	`<a xmlns="u" xmlns:p="u" p:b="1" b="2"/>`, `<a xmlns:p="u"><p:b xmlns:p="v"/><p:b/></a>`, `<_a.b-c1/>`, `<é é="é"/>`, `<a b="]]>"/>`, "<a>\u0085\u007f\U0001fffe</a>",
}

// malformed are documents that some reader refuses, or reads otherwise.
var malformed = []string{
	"", " ", "x", "<", "<a", "<a>", "</a>", "<a></b>", "<a></a", "<a/", "<a/ >", "< a/>", "<a></ a>", "<a></a b>", "<a/><b/>", "<a/>x", "x<a/>", "<a/></a>", "<1/>", "<a><b></a></b>",
	`<a b/>`, `<a b=1/>`, `<a b="1"c="2"/>`, `<a b="1"b="2"/>`, `<a b="1" b="2"/>`, `<a b="<"/>`, `<a b="1/>`, `<a "1"/>`, `<a b="&"/>`, `<a b=="1"/>`, `<a b="1"xmlns:q="z"/>`,
	`<a>&</a>`, `<a>&lt</a>`, `<a>&x;</a>`, `<a>&LT;</a>`, `<a>&#0;</a>`, `<a>&#xD800;</a>`, `<a>&#xFFFE;</a>`, `<a>&#x110000;</a>`, `<a>&#-1;</a>`, `<a>&#+65;</a>`, `<a>&#;</a>`, `<a>&#x;</a>`, `<a>&#X41;</a>`, `<a>& lt;</a>`, `<a>&#99999999999999999999;</a>`,
	`<a>&#1_0;</a>`, `<a>]]></a>`, "<a>\x00</a>", "<a>\x08</a>", "<a>\ufffe</a>", "<a>\uffff</a>", "<a>\xff</a>", "<a>\xed\xa0\x80</a>", "\xff\xfe<\x00a\x00/\x00>\x00", "\ufeff\ufeff<a/>",
	`<!-- a -- b --><a/>`, `<!-- a ---><a/>`, `<!--><a/>`, `<!--->-><a/>`, `<a><!-- </a>`, `<a><![CDATA[</a>`, `<![CDATA[x]]><a/>`, `<a/><![CDATA[]]>`, `<a><![cdata[x]]></a>`, `&#32;<a/>`, `<a/>&#10;`,
	`<!DOCTYPE a><a/>`, `<!doctype a><a/>`, `<a><!DOCTYPE a></a>`, `<a><!ENTITY x "y"></a>`, `<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>`,
	` <?xml version="1.0"?><a/>`, `<!----><?xml version="1.0"?><a/>`, `<a/><?xml version="1.0"?>`, `<a><?xml version="1.0"?></a>`, `<?XML version="1.0"?><a/>`, `<?xml?><a/>`, `<?xml ?><a/>`,
	`<?xml encoding="utf-8"?><a/>`, `<?xml encoding="utf-8" version="1.0"?><a/>`, `<?xml version="1.0" standalone="yes" encoding="utf-8"?><a/>`, `<?xml version="1.1"?><a/>`, `<?xml version="1"?><a/>`, `<?xml version="1.0'?><a/>`,
	`<?xml version="1.0"encoding="utf-8"?><a/>`, `<?xml version="1.0" encoding="utf-16"?><a/>`, `<?xml version="1.0" encoding = "ISO-8859-1"?><a/>`, "<?xml version=\"1.0\" encoding\n=\n\"UTF-7\"?><a/>", `<?xml version="1.0" encoding=""?><a/>`,
	`<?xml version="1.0" encoding="utf8"?><a/>`, `<?xml version="1.0" encoding=" utf-8"?><a/>`, `<?xml version="1.0" encoding='utf-8' encoding='utf-8'?><a/>`, `<?xml version="1.0" standalone="maybe"?><a/>`, `<?xml version="1.0" x="y"?><a/>`, `<?xml version="1.0"><a/>`,
	`<?xml version="1.0" Encoding="UTF-7"?><a/>`, `<?xml version="1.0" encoding?><a/>`, `<?xml version="1.0"?`,
	`<? x?><a/>`, `<?x/?><a/>`, `<?p:x?><a/>`, `<?x`, `<?x ><a/>`,
	`<p:a/>`, `<a p:b="1"/>`, `<a:b:c xmlns:a="u"/>`, `<:a/>`, `<a:/>`, `<a:1 xmlns:a="u"/>`, `<a xmlns:p=""/>`, `<a xmlns:p="u" xmlns:p="v"/>`, `<a xmlns="u" xmlns="v"/>`, `<a xmlns:p="u" xmlns:q="u" p:b="1" q:b="2"/>`,
	`<a xmlns:xml="u"/>`, `<a xmlns:p="http://www.w3.org/XML/1998/namespace"/>`, `<a xmlns="http://www.w3.org/XML/1998/namespace"/>`, `<a xmlns:xmlns="u"/>`, `<a xmlns:p="http://www.w3.org/2000/xmlns/"/>`, `<a xmlns="http://www.w3.org/2000/xmlns/"/>`,
	`<xmlns:a/>`, `<a><b xmlns:p="u"/><p:c/></a>`, `<a xmlns:p="u"></p:a>`, `<p:a xmlns:p="u" xmlns:q="u"></q:a>`, `<a xmlns:="u"/>`, "<a\u00d7/>", "<\u0300/>", "<a\u2040/>", "<a\u00a0b='1'/>", "<a b='1'\u3000c='2'/>",
	strings.Repeat("<a>", maxDepth+1) + strings.Repeat("</a>", maxDepth+1),
}

func TestCheckHoldsTheGrammar(t *testing.T) {
	for _, content := range wellFormed {
		if Check([]byte(content)) != nil {
			t.Errorf("%.200q is refused", content)
		}
	}
	for _, content := range malformed {
		if !errors.Is(Check([]byte(content)), ErrMalformed) {
			t.Errorf("%.200q is taken", content)
		}
	}
}

// tokens writes what a document says, without its comments and instructions.
// Text that stands together is one.
func tokens(content []byte) (string, error) {
	s, b, text := newScanner(content), strings.Builder{}, ""
	for {
		t, err := s.next()
		if err != nil {
			return "", err
		}
		switch t.kind {
		case textToken:
			if len(s.open) > 0 {
				text += string(t.text)
			}
			continue
		case comment, instruction:
			continue
		}
		writeText(&b, &text)
		switch t.kind {
		case startTag:
			b.WriteString("<" + spaced.Replace(t.name.space) + "|" + t.name.local)
			for _, a := range t.attributes {
				b.WriteString(" " + spaced.Replace(a.space) + "|" + a.local + "=" + spaced.Replace(string(a.value)))
			}
			b.WriteString(">\n")
		case endTag:
			b.WriteString("</" + spaced.Replace(t.name.space) + "|" + t.name.local + ">\n")
		case endOfText:
			return b.String(), nil
		}
	}
}

func writeText(b *strings.Builder, text *string) {
	if *text != "" {
		b.WriteString("'" + *text + "'\n")
	}
	*text = ""
}

// spaced makes white space alike in attributes, and so in namespaces, which
// encoding/xml leaves as it stands.
var spaced = strings.NewReplacer("\t", " ", "\n", " ", "\r", " ")

// tokensElsewhere is the same by encoding/xml.
func tokensElsewhere(content []byte) (string, error) {
	d, b, text, depth := xml.NewDecoder(bytes.NewReader(withoutMark(content))), strings.Builder{}, "", 0
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return b.String(), nil
		}
		if err != nil {
			return "", err
		}
		switch t := t.(type) {
		case xml.CharData:
			if depth > 0 {
				text += string(t)
			}
		case xml.StartElement:
			depth++
			writeText(&b, &text)
			b.WriteString("<" + spaced.Replace(t.Name.Space) + "|" + t.Name.Local)
			for _, a := range t.Attr {
				if a.Name.Space != "xmlns" && (a.Name.Space != "" || a.Name.Local != "xmlns") {
					b.WriteString(" " + spaced.Replace(a.Name.Space) + "|" + a.Name.Local + "=" + spaced.Replace(a.Value))
				}
			}
			b.WriteString(">\n")
		case xml.EndElement:
			depth--
			writeText(&b, &text)
			b.WriteString("</" + spaced.Replace(t.Name.Space) + "|" + t.Name.Local + ">\n")
		}
	}
}

func TestValuesAreRead(t *testing.T) {
	for content, want := range map[string]string{
		"<a b='1\r\n2\r3\t4&#10;5'/>":                           "<|a |b=1 2 3 4 5>\n</|a>\n",
		"<a>1\r\n2\r3&#13;<![CDATA[\r\n&lt;]]>4</a>":            "<|a>\n'1\n2\n3\r\n&lt;4'\n</|a>\n",
		`<a xmlns="u" b="&quot;&#x41;"><c/></a>`:                "<u|a |b=\"A>\n<u|c>\n</u|c>\n</u|a>\n",
		`<p:a xmlns:p="u" p:b="1" xml:lang="de">&amp;lt;</p:a>`: "<u|a u|b=1 http://www.w3.org/XML/1998/namespace|lang=de>\n'&lt;'\n</u|a>\n",
	} {
		if got, err := tokens([]byte(content)); got != want || err != nil {
			t.Errorf("%q is read %q, %v", content, got, err)
		}
	}
	s := newScanner([]byte("<a b='\n&#10;\r\n'/>"))
	if start, err := s.next(); err != nil || string(start.attributes[0].value) != " \n " {
		t.Errorf("white space is %q, %v", start.attributes[0].value, err)
	}
}

// FuzzScanner: what is taken encoding/xml takes too, and reads the same.
func FuzzScanner(f *testing.F) {
	for _, content := range slices.Concat(wellFormed, malformed) {
		f.Add(content)
	}
	f.Fuzz(func(t *testing.T, content string) {
		if len(content) > 1<<16 || Check([]byte(content)) != nil {
			return
		}
		got, err := tokens([]byte(content))
		want, elsewhere := tokensElsewhere([]byte(content))
		if err != nil || elsewhere != nil || got != want {
			t.Fatalf("%q is read\n%s%v, by encoding/xml\n%s%v", content, got, err, want, elsewhere)
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	content := []byte("<a>" + strings.Repeat(`<b c="1" d="x &amp; y">some text</b>`, 1000) + "</a>")
	b.SetBytes(int64(len(content)))
	b.ReportAllocs()
	for b.Loop() {
		if err := Check(content); err != nil {
			b.Fatal(err)
		}
	}
}
