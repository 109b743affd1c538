// Package xmlbody reads bodies of XML into JSON by the XML Objects of their
// schema (OpenAPI 3.0 to 3.2), so that the schema can judge them, and takes out
// of the bytes what the schema does not let stand.
//
// It takes well-formed XML 1.0 in UTF-8 alone, with its namespaces declared
// (Namespaces in XML 1.0), and no document type: with it go all entities but the
// five of XML itself, and so every way to read files or to grow beyond memory.
// What has two readings by the schema is a fault: an element that comes twice,
// text where elements belong. A schema by which the elements depend on the value
// (oneOf, anyOf, if) has no plan, and its caller must say so.
package xmlbody

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"
)

// ErrMalformed is for text that is no XML of this kind, and for more elements
// than are read.
var ErrMalformed = errors.New("XML that is not taken")

// Bounds of a body.
const (
	maxDepth = 200     // of elements
	maxItems = 100_000 // elements and attributes
)

// withoutMark is the text behind its byte order mark, which says no more than
// that it is UTF-8 (XML 1.0 §4.3.3).
func withoutMark(content []byte) []byte { return bytes.TrimPrefix(content, []byte("\xef\xbb\xbf")) }

// Check goes through the text once: nil if it is well-formed XML without a
// document type. encoding/xml reads no charset but UTF-8 and no entity that is
// not predefined.
func Check(content []byte) error {
	dec := xml.NewDecoder(bytes.NewReader(withoutMark(content)))
	depth, roots := 0, 0
	var scopes spaces
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			if roots != 1 {
				return ErrMalformed
			}
			return nil
		}
		if err != nil {
			return ErrMalformed
		}
		switch token := token.(type) {
		case xml.Directive:
			return ErrMalformed
		case xml.StartElement:
			if depth == 0 {
				roots++
			}
			if depth++; depth > maxDepth || twice(token.Attr) || !scopes.enter(token) {
				return ErrMalformed
			}
		case xml.EndElement:
			depth--
			scopes = scopes[:len(scopes)-1]
		case xml.CharData:
			if depth == 0 && len(bytes.TrimSpace(token)) > 0 {
				return ErrMalformed
			}
		}
	}
}

// twice tells whether an attribute stands there twice, which encoding/xml lets
// through (XML 1.0 §3.1: Unique Att Spec).
func twice(attributes []xml.Attr) bool {
	if len(attributes) < 2 {
		return false
	}
	seen := make(map[xml.Name]bool, len(attributes))
	for _, a := range attributes {
		if seen[a.Name] {
			return true
		}
		seen[a.Name] = true
	}
	return false
}

// spaces are the namespaces that the open elements declare, one list for each.
type spaces [][]string

// enter takes an element in, and tells whether each of its names is in a
// namespace that is declared (Namespaces in XML 1.0 §5): encoding/xml takes a
// prefix that nobody bound for a namespace itself.
func (s *spaces) enter(start xml.StartElement) bool {
	var declared []string
	for _, a := range start.Attr {
		if a.Name.Space == "xmlns" || a.Name.Space == "" && a.Name.Local == "xmlns" {
			declared = append(declared, a.Value)
		}
	}
	*s = append(*s, declared)
	if !s.bound(start.Name) {
		return false
	}
	for _, a := range start.Attr {
		if a.Name.Space != "xmlns" && !s.bound(a.Name) {
			return false
		}
	}
	return true
}

func (s spaces) bound(name xml.Name) bool {
	const reserved = "http://www.w3.org/XML/1998/namespace" // of the prefix xml
	return name.Space == "" || name.Space == reserved || slices.ContainsFunc(s, func(declared []string) bool {
		return slices.Contains(declared, name.Space)
	})
}
