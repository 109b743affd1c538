package jsonschema

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"sallyport/source"
)

// tester is what testing.T and rapid.T have in common.
type tester interface {
	Fatal(...any)
	Fatalf(string, ...any)
}

// located is a value of a body as encoding/json sees it.
type located struct {
	pointer    string
	from, to   int // of the value
	name, wide int // of the name of a member; wide is behind it
	value      any
	member     string
}

// locate lists the values of a body in its order, the slow way.
func locate(t tester, body []byte) []located {
	l := &locator{t: t, body: body, dec: json.NewDecoder(bytes.NewReader(body))}
	l.dec.UseNumber()
	l.value(located{})
	return l.all
}

type locator struct {
	t    tester
	body []byte
	dec  *json.Decoder
	all  []located
}

// next is where the next token begins.
func (l *locator) next() int {
	at := int(l.dec.InputOffset())
	return at + len(l.body[at:]) - len(bytes.TrimLeft(l.body[at:], " \t\r\n,:"))
}

func (l *locator) token() json.Token {
	token, err := l.dec.Token()
	if err != nil {
		l.t.Fatal(err)
	}
	return token
}

func (l *locator) value(v located) {
	at := len(l.all)
	v.from = l.next()
	token := l.token()
	l.all = append(l.all, v)
	switch token {
	case json.Delim('{'):
		for l.dec.More() {
			m := located{name: l.next()}
			m.member = l.token().(string)
			m.wide = int(l.dec.InputOffset())
			m.pointer = v.pointer + "/" + escape(m.member)
			l.value(m)
		}
		l.token()
	case json.Delim('['):
		for i := 0; l.dec.More(); i++ {
			l.value(located{pointer: v.pointer + "/" + strconv.Itoa(i)})
		}
		l.token()
	}
	l.all[at].to = int(l.dec.InputOffset())
	dec := json.NewDecoder(bytes.NewReader(l.body[v.from:l.all[at].to]))
	dec.UseNumber()
	if err := dec.Decode(&l.all[at].value); err != nil {
		l.t.Fatal(err)
	}
}

// at tells whether a pointer is one of those of a place.
func (l *located) at(place string) bool {
	want, is := strings.Split(place, "/"), strings.Split(l.pointer, "/")
	if len(want) != len(is) {
		return false
	}
	for i := range want {
		if want[i] != "*" && want[i] != is[i] {
			return false
		}
	}
	return true
}

// tryCompile compiles a schema that was drawn: nil where it is a circle.
func tryCompile(t tester, use Use, text string) *Schema {
	node, err := source.Parse("schema.json", []byte(text), source.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewCompiler(Options{Dialect: Draft2020}).Compile(node, use)
	if err != nil {
		return nil
	}
	return s
}
