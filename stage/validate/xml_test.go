package validate

import (
	"strconv"
	"strings"
	"testing"
)

// pet is what the examples of the specification are made of: attributes, a
// namespace, lists with and without an element of their own.
const pet = `{content: {application/xml: {schema: {type: object, required: [id, name], xml: {name: pet, namespace: "urn:pets"}, properties: {
	id: {type: integer, xml: {attribute: true}},
	lang: {type: string, xml: {attribute: true, name: language}},
	name: {type: string, maxLength: 5},
	weight: {type: number, xml: {name: mass}},
	tame: {type: boolean, nullable: true},
	born: {type: [integer, "null"]},
	tags: {type: array, maxItems: 2, items: {type: string, xml: {name: tag}}},
	toys: {type: array, xml: {wrapped: true}, items: {type: integer, xml: {name: toy}}},
	homes: {type: array, xml: {wrapped: true, name: houses}, items: {type: object, required: [no], properties: {no: {type: integer, xml: {attribute: true}}, street: {type: string, xml: {nodeType: text}}}}},
	mother: {type: object, properties: {name: {type: string}}},
	any: {type: object},
	scores: {type: object, additionalProperties: {type: integer}}}}}}}`

func TestXMLIsHeldToItsSchema(t *testing.T) {
	s := body(t, pet, BodyOptions{})
	const head = `<pet xmlns="urn:pets" id="1">`
	for content, want := range map[string]string{
		head + `<name>Ann</name></pet>`: "passes",
		`<?xml version="1.0"?><p:pet xmlns:p="urn:pets" id="1"><p:name>Ann</p:name></p:pet>`:                  "passes",
		"\ufeff" + head + `<name>Ann</name></pet>`:                                                            "passes",
		`<p:pet xmlns:p="urn:pets" id="1"><name xmlns="urn:pets">Ann</name></p:pet>`:                          "passes",
		`<pet xmlns="urn:pets" id=" 7 " language="de"><name><![CDATA[<a>]]></name></pet>`:                     "passes",
		head + `<name/><mass> 1.5e1 </mass><tame>true</tame><born/></pet>`:                                    "passes",
		head + `<name>A</name><tag>x</tag><mass>1</mass><tag>y</tag></pet>`:                                   "passes",
		head + `<name>A</name><toys><toy>1</toy> <toy>2</toy></toys></pet>`:                                   "passes",
		head + `<name>A</name><toys/></pet>`:                                                                  "passes",
		head + `<name>A</name><houses><houses no="1">High St</houses></houses></pet>`:                         "passes",
		head + `<name>A</name><mother><name>B</name></mother><any><x y="1">z</x></any></pet>`:                 "passes",
		head + `<name>A</name><scores><a>1</a><b>2</b></scores></pet>`:                                        "passes",
		head + `<name>A</name><born xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"/></pet>`: "passes",

		`<p:pet xmlns:p="urn:pets" id="1"><name>Ann</name></p:pet>`:                                                  "body-invalid body:/name:xml",
		`<p:pet xmlns:p="urn:pets" xmlns:x="urn:x" id="1"><x:name>Ann</x:name></p:pet>`:                              "body-invalid body:/name:xml",
		`<p:pet xmlns:p="urn:pets" p:id="1"><p:name>Ann</p:name></p:pet>`:                                            "body-invalid body:/id:xml",
		head + `<name>A</name><tag>x</tag><tag xmlns="">y</tag></pet>`:                                               "body-invalid body:/tag:additionalProperties",
		head + `<name>A</name><x xmlns=""/></pet>`:                                                                   "body-invalid body:/x:additionalProperties",
		head + `<name xml:lang="de">A</name></pet>`:                                                                  "body-invalid body:/name:xml",
		head + `<name>A</name><scores><a>1</a><a>2</a></scores></pet>`:                                               "body-invalid body:/scores/a:xml",
		head + `<name>A</name><scores><a xmlns="">1</a></scores></pet>`:                                              "body-invalid body:/scores/a:xml",
		head + `<name>A</name><scores a="1"/></pet>`:                                                                 "body-invalid body:/scores/a:xml",
		`<pet id="1"><name>Ann</name></pet>`:                                                                         "body-invalid body::xml",
		`<dog xmlns="urn:pets" id="1"><name>Ann</name></dog>`:                                                        "body-invalid body::xml",
		`<pet xmlns="urn:pets"><name>Ann</name></pet>`:                                                               "body-invalid body:/id:required",
		`<pet xmlns="urn:pets" id="x"><name>Ann</name></pet>`:                                                        "body-invalid body:/id:type",
		`<pet xmlns="urn:pets" id="1" admin="1"><name>Ann</name></pet>`:                                              "body-invalid body:/admin:additionalProperties",
		head + `<name>too long</name></pet>`:                                                                         "body-invalid body:/name:maxLength",
		head + `<name>A</name><name>B</name></pet>`:                                                                  "body-invalid body:/name:xml",
		head + `<name>A</name><admin/></pet>`:                                                                        "body-invalid body:/admin:additionalProperties",
		head + `<name>A</name><Name/></pet>`:                                                                         "body-invalid body:/Name:additionalProperties",
		head + `<name>A</name><id>2</id></pet>`:                                                                      "body-invalid body:/id:xml",
		head + `<name>A<b/></name></pet>`:                                                                            "body-invalid body:/name:xml",
		head + `<name x="1">A</name></pet>`:                                                                          "body-invalid body:/name:xml",
		head + `<name>A</name><toys x="1"/></pet>`:                                                                   "body-invalid body:/toys:xml",
		head + `<name>A</name><born xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="1" x="1"/></pet>`:     "body-invalid body:/born:xml",
		head + `text<name>A</name></pet>`:                                                                            "body-invalid body::xml",
		head + `<name>A</name><mass>heavy</mass></pet>`:                                                              "body-invalid body:/weight:type",
		head + `<name>A</name><mass>0x10</mass></pet>`:                                                               "body-invalid body:/weight:type",
		head + `<name>A</name><tag>x</tag><tag>y</tag><tag>z</tag></pet>`:                                            "body-invalid body:/tags:maxItems",
		head + `<name>A</name><toys><toy>1</toy><tool>2</tool></toys></pet>`:                                         "body-invalid body:/toys/1:xml",
		head + `<name>A</name><toys>1</toys></pet>`:                                                                  "body-invalid body:/toys:xml",
		head + `<name>A</name><toys><toy>x</toy></toys></pet>`:                                                       "body-invalid body:/toys/0:type",
		head + `<name>A</name><toys/><toys/></pet>`:                                                                  "body-invalid body:/toys:xml",
		head + `<name>A</name><houses><houses>High St</houses></houses></pet>`:                                       "body-invalid body:/homes/0/no:required",
		head + `<name>A</name><scores><a>x</a></scores></pet>`:                                                       "body-invalid body:/scores/a:type",
		head + `<name>A</name><born xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true">1</born></pet>`: "body-invalid body:/born:xml",

		`<p:pet id="1"><name>Ann</name></p:pet>`:                                   "body-malformed", // nobody bound p
		head + `<name q:x="1">A</name></pet>`:                                      "body-malformed",
		`<a:pet xmlns:a="urn:pets" xmlns:b="urn:pets" a:id="1" b:id="2"/>`:         "body-malformed",
		`<?xml version="1.0" encoding = "UTF-7"?>` + head + `<name>A</name></pet>`: "body-malformed",
		`<?xml version="1.0" encoding = "utf-8"?>` + head + `<name>A</name></pet>`: "passes",
		`<!DOCTYPE pet [<!ENTITY x "y">]>` + head + `<name>&x;</name></pet>`:       "body-malformed",
	} {
		if got := told(s.Run(sending("application/xml", content))); got != want {
			t.Errorf("%s:\n%s; want %s", content, got, want)
		}
	}
}

// Undeclared elements pass where the operator lets them; none of them may
// pretend to be one that was checked.
func TestUndeclaredElementsCanPass(t *testing.T) {
	s := body(t, pet, BodyOptions{Undeclared: PassUndeclared})
	const head = `<pet xmlns="urn:pets" id="1"><name>Ann</name>`
	for content, want := range map[string]string{
		head + `<x/><x a="1"/></pet>`: "passes",
		head + `<id>1</id></pet>`:     "body-invalid body:/id:xml",
	} {
		if got := told(s.Run(sending("application/xml", content))); got != want {
			t.Errorf("%s: %s; want %s", content, got, want)
		}
	}
}

func TestXMLWithTooManyElementsIsRefused(t *testing.T) {
	s := body(t, pet, BodyOptions{})
	for _, inner := range []string{
		strings.Repeat("<tag/>", 100_001),
		func() string {
			var b strings.Builder
			for i := range 220 {
				b.WriteString("<x" + strconv.Itoa(i) + "/>")
			}
			return b.String()
		}(),
	} {
		if got := told(s.Run(sending("application/xml", `<pet xmlns="urn:pets" id="1">`+inner+`</pet>`))); got != "body-malformed" {
			t.Errorf("%.40s: %s", inner, got)
		}
	}
}

// Where no XML Object names a namespace nothing is in one, and a namespace with a
// prefix is no default of what is inside.
func TestNamespacesAreThoseOfTheDocument(t *testing.T) {
	const plain = `{content: {application/xml: {schema: {type: object, required: [id], xml: {name: pet}, properties: {
		id: {type: integer, xml: {attribute: true}}, no: {type: integer, xml: {attribute: true, namespace: "urn:n"}}, l: {type: array, items: {type: integer}},
		n: {type: object, xml: {namespace: "urn:n", prefix: n}, properties: {a: {type: string}, b: {type: string, xml: {namespace: "urn:b"}}}}}}}}}`
	s := body(t, plain, BodyOptions{})
	for content, want := range map[string]string{
		`<pet id="1"/>`:                          "passes",
		`<pet xmlns="" id="1"/>`:                 "passes",
		`<pet id="1" n:no="1" xmlns:n="urn:n"/>`: "passes",
		`<pet id="1"><n xmlns="urn:n"><a xmlns="">x</a><b xmlns="urn:b"/></n></pet>`:  "passes",
		`<pet id="1"><x:n xmlns:x="urn:n"><a>x</a><y:b xmlns:y="urn:b"/></x:n></pet>`: "passes",
		`<pet xmlns="urn:z" id="1"/>`:                       "body-invalid body::xml",
		`<a:pet xmlns:a="urn:z" id="1"/>`:                   "body-invalid body::xml",
		`<pet xmlns:a="u" a:id="1"/>`:                       "body-invalid body:/id:xml",
		`<pet id="1" no="1"/>`:                              "body-invalid body:/no:xml",
		`<pet id="1"><l>1</l><l xmlns="q">2</l></pet>`:      "body-invalid body:/l:xml",
		`<pet id="1"><n/></pet>`:                            "body-invalid body:/n:xml",
		`<pet id="1"><n xmlns="urn:n"><a>x</a></n></pet>`:   "body-invalid body:/n/a:xml",
		`<pet id="1"><x:n xmlns:x="urn:n"><b/></x:n></pet>`: "body-invalid body:/n/b:xml",
		`<pet id="1" xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:schemaLocation="urn:x file:///x"/>`: "body-invalid body:/schemaLocation:additionalProperties",
		`<pet id="1" xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="admin"/>`:                     "body-invalid body:/type:additionalProperties",
		`<pet id="1" xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="false"/>`:                      "passes",
		`<pet id="1" xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="maybe"/>`:                      "body-invalid body:/nil:additionalProperties",
		"<pet id='\u00a01'/>":      "body-invalid body:/id:type",
		"<pet id='1'>\u00a0</pet>": "body-invalid body::xml",
		"<pet id='\n1\t'/>":        "passes",
	} {
		if got := told(s.Run(sending("application/xml", content))); got != want {
			t.Errorf("%s: %s; want %s", content, got, want)
		}
	}
}

// What has no one reading stays unread, and check says so.
func TestWhatXMLIsHeldToIsSaid(t *testing.T) {
	for schema, want := range map[string]string{
		`{type: object, properties: {a: {type: string}}}`:                           "body application/xml: one element, read as object, optional",
		`{type: object, xml: {name: order}, properties: {a: {type: string}}}`:       "body application/xml: the element order, read as object, optional",
		`{type: array, xml: {wrapped: true, name: list}, items: {type: integer}}`:   "body application/xml: the element list, read as array of integer, optional",
		`{type: array, items: {type: integer}}`:                                     "body application/xml: the schema is not enforced",
		`{type: object}`:                                                            "body application/xml: the schema is not enforced",
		`{oneOf: [{type: object, xml: {name: a}}, {type: object, xml: {name: b}}]}`: "body application/xml: the schema is not enforced",
		`{type: object, properties: {a: {type: [object, string]}}}`:                 "body application/xml: the schema is not enforced",
		`{type: object, properties: {a: {type: string, xml: {nodeType: none}}}}`:    "body application/xml: the schema is not enforced",
	} {
		_, held, not, mistakes := NewBody(bodyOf(parse(t, `{content: {application/xml: {schema: `+schema+`}}}`)), document(), BodyOptions{})
		if err := mistakes.Err(); err != nil {
			t.Fatal(err)
		}
		if all := append(held, not...); !says(all, want) {
			t.Errorf("%s: %+v; want %s", schema, all, want)
		}
	}
}

func BenchmarkXML(b *testing.B) {
	s := body(b, pet, BodyOptions{})
	content := `<pet xmlns="urn:pets" id="1"><name>Ann</name><mass>1.5</mass><tag>x</tag><tag>y</tag><toys><toy>1</toy><toy>2</toy></toys></pet>`
	x := sending("application/xml", content)
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Run(x); err != nil {
			b.Fatal(err)
		}
	}
}
