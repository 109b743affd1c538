package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// parseJSON reads RFC 8259 JSON; duplicate names are refused (RFC 7493 §2.3).
func parseJSON(name string, text []byte, limits Limits) (*Node, error) {
	r := &jsonReader{text: text, file: &name, limits: limits, line: 1}
	r.dec = jsontext.NewDecoder(bytes.NewBuffer(text))
	node, err := r.value(0)
	if err == nil {
		r.advance()
		if _, end := r.dec.ReadToken(); !errors.Is(end, io.EOF) {
			err = r.mistake("there is text after the end of the document", "one file holds one document")
		}
	}
	if err != nil {
		return nil, Mistakes{err}
	}
	return node, nil
}

type jsonReader struct {
	dec    *jsontext.Decoder
	text   []byte
	file   *string
	limits Limits
	nodes  int

	at        int // offset up to which lines are counted
	line      int
	lineStart int
}

// advance moves the position to the start of the next token.
func (r *jsonReader) advance() (line, column int32) {
	i := int(r.dec.InputOffset())
	for i < len(r.text) {
		switch r.text[i] {
		case ' ', '\t', '\r', '\n', ',', ':':
			i++
			continue
		}
		break
	}
	for ; r.at < i; r.at++ {
		if r.text[r.at] == '\n' {
			r.line++
			r.lineStart = r.at + 1
		}
	}
	return int32(r.line), int32(i - r.lineStart + 1)
}

func (r *jsonReader) mistake(message, remedy string) *Mistake {
	return &Mistake{Position{*r.file, r.line, r.at - r.lineStart + 1}, message, remedy}
}

func (r *jsonReader) syntax(err error) *Mistake {
	var s *jsontext.SyntacticError
	if !errors.As(err, &s) {
		return r.mistake("the text ends early", "")
	}
	line, column := place(r.text, int(s.ByteOffset))
	message := "the JSON is broken: " + s.Err.Error()
	if errors.Is(err, jsontext.ErrDuplicateName) {
		return &Mistake{Position{*r.file, line, column}, fmt.Sprintf("the name %q stands here twice", s.JSONPointer.LastToken()), "keep one of them"}
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		message = "the JSON ends early"
	}
	return &Mistake{Position{*r.file, line, column}, message, ""}
}

func (r *jsonReader) value(depth int) (*Node, *Mistake) {
	line, column := r.advance()
	if depth > r.limits.Depth {
		return nil, r.mistake(fmt.Sprintf("the document is nested deeper than %d", r.limits.Depth), "")
	}
	if r.nodes++; r.nodes > r.limits.Nodes {
		return nil, r.mistake(fmt.Sprintf("the document has more than %d values", r.limits.Nodes), "")
	}
	token, err := r.dec.ReadToken()
	if err != nil {
		return nil, r.syntax(err)
	}
	n := &Node{file: r.file, line: line, column: column}
	switch token.Kind() {
	case 'n':
		n.Kind = Null
	case 't', 'f':
		n.Kind, n.Text = Bool, token.String()
	case '0':
		n.Kind, n.Text = Number, token.String()
	case '"':
		n.Kind, n.Text = String, token.String()
	case '[':
		n.Kind = List
		return n, r.items(n, depth)
	case '{':
		n.Kind = Map
		return n, r.members(n, depth)
	}
	return n, nil
}

func (r *jsonReader) items(n *Node, depth int) *Mistake {
	for r.dec.PeekKind() != ']' {
		item, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		n.Items = append(n.Items, item)
	}
	_, err := r.dec.ReadToken()
	if err != nil {
		return r.syntax(err)
	}
	return nil
}

func (r *jsonReader) members(n *Node, depth int) *Mistake {
	for r.dec.PeekKind() != '}' {
		line, column := r.advance()
		token, err := r.dec.ReadToken()
		if err != nil {
			return r.syntax(err)
		}
		name := token.String()
		value, wrong := r.value(depth + 1)
		if wrong != nil {
			return wrong
		}
		n.Members = append(n.Members, Member{name, value, line, column})
	}
	_, err := r.dec.ReadToken()
	if err != nil {
		return r.syntax(err)
	}
	return nil
}
