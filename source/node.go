// Package source reads YAML and JSON into one kind of tree in which every
// value knows its file, line and column. The OpenAPI document and the
// configuration are both read through it, so that every mistake in either can
// be pointed at.
//
// It keeps numbers as the text that was written (no float64 on the way), keeps
// the order of map members, and refuses what has two readings: duplicate keys,
// keys that are not strings, several documents in one file, text that is not
// UTF-8. It does not know what any value means.
//
// JSON is read by RFC 8259, YAML by 1.2 with the core schema; YAML's own types
// beyond JSON's (timestamps, binary, sets) are read as plain strings.
package source

import (
	"encoding/json"
	"strconv"
	"strings"
)

// Kind says which of JSON's six types a Node has.
type Kind uint8

// The kinds of a Node.
const (
	Null Kind = iota
	Bool
	Number
	String
	List
	Map
)

// String is the kind as a person would name it in a message.
func (k Kind) String() string {
	return [...]string{"null", "a boolean", "a number", "a string", "a list", "a map"}[k]
}

// Position is a place in a file. Line and Column count from 1, columns in
// bytes; zero means unknown.
type Position struct {
	File         string
	Line, Column int
}

// String is file:line:column, as editors and terminals understand it.
func (p Position) String() string {
	if p.Line == 0 {
		return p.File
	}
	return p.File + ":" + strconv.Itoa(p.Line) + ":" + strconv.Itoa(p.Column)
}

// Node is one value of a document. Nodes are immutable once read and shared:
// an alias of YAML is the very node it names.
type Node struct {
	Kind Kind
	// Text is a String's value, a Number's JSON text, or true/false.
	Text string
	// Items are a List's values.
	Items []*Node
	// Members are a Map's members in the order of the file.
	Members []Member

	file         *string
	line, column int32
}

// Member is one name and value of a Map.
type Member struct {
	Name  string
	Value *Node

	line, column int32
}

// NewMap makes a Map at the place of another node, for values that a reader
// derives from what was written.
func NewMap(at *Node, members ...Member) *Node {
	return &Node{Kind: Map, Members: members, file: at.file, line: at.line, column: at.column}
}

// NewString makes a String at the place of another node.
func NewString(at *Node, text string) *Node {
	return &Node{Kind: String, Text: text, file: at.file, line: at.line, column: at.column}
}

// Position is where the value begins.
func (n *Node) Position() Position {
	if n == nil || n.file == nil {
		return Position{}
	}
	return Position{*n.file, int(n.line), int(n.column)}
}

// NamePosition is where the name of a member of n begins, or n's own place if
// there is no such member.
func (n *Node) NamePosition(name string) Position {
	if n != nil && n.Kind == Map {
		for i := range n.Members {
			if m := &n.Members[i]; m.Name == name && m.line > 0 {
				return Position{*n.file, int(m.line), int(m.column)}
			}
		}
	}
	return n.Position()
}

// MemberPosition is where the name of the i-th member begins, or n's own place
// if that is unknown.
func (n *Node) MemberPosition(i int) Position {
	if m := &n.Members[i]; m.line > 0 {
		return Position{*n.file, int(m.line), int(m.column)}
	}
	return n.Position()
}

// Get is the member of that name, or nil where there is none or n is no Map.
func (n *Node) Get(name string) *Node {
	if n == nil || n.Kind != Map {
		return nil
	}
	for i := range n.Members {
		if n.Members[i].Name == name {
			return n.Members[i].Value
		}
	}
	return nil
}

// Has tells whether n is a Map with a member of that name.
func (n *Node) Has(name string) bool { return n.Get(name) != nil }

// Str is the text of a String member, or "" where there is none.
func (n *Node) Str(name string) string {
	if v := n.Get(name); v != nil && v.Kind == String {
		return v.Text
	}
	return ""
}

// True tells whether the member is the boolean true.
func (n *Node) True(name string) bool {
	v := n.Get(name)
	return v != nil && v.Kind == Bool && v.Text == "true"
}

// At follows a JSON pointer (RFC 6901) from n; nil if it leads nowhere.
func (n *Node) At(pointer string) *Node {
	if pointer == "" {
		return n
	}
	if pointer[0] != '/' {
		return nil
	}
	for _, token := range strings.Split(pointer[1:], "/") {
		token = strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
		switch {
		case n == nil:
			return nil
		case n.Kind == Map:
			n = n.Get(token)
		case n.Kind == List:
			i, err := strconv.Atoi(token)
			if err != nil || i < 0 || i >= len(n.Items) || strconv.Itoa(i) != token {
				return nil
			}
			n = n.Items[i]
		default:
			return nil
		}
	}
	return n
}

// Any is the value as encoding/json would decode it, numbers as json.Number.
// The tree must be finite: a Node read by this package always is.
func (n *Node) Any() any {
	switch n.Kind {
	case Bool:
		return n.Text == "true"
	case Number:
		return json.Number(n.Text)
	case String:
		return n.Text
	case List:
		list := make([]any, len(n.Items))
		for i, item := range n.Items {
			list[i] = item.Any()
		}
		return list
	case Map:
		m := make(map[string]any, len(n.Members))
		for i := range n.Members {
			m[n.Members[i].Name] = n.Members[i].Value.Any()
		}
		return m
	}
	return nil
}

// EscapePointer makes a name a token of a JSON pointer (RFC 6901 §3).
func EscapePointer(name string) string {
	if !strings.ContainsAny(name, "~/") {
		return name
	}
	return strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
}
