// Package xmlbody reads bodies of XML into JSON by the XML Objects of their
// schema (OpenAPI 3.0 to 3.2), so that the schema can judge them, and takes out
// of the bytes what the schema does not let stand.
//
// It takes well-formed XML 1.0 in UTF-8 alone, with its namespaces declared
// (Namespaces in XML 1.0), and no document type: with it go all entities but the
// five of XML itself, and so every way to read files or to grow beyond memory.
// The grammar is held to the letter, by a scanner of its own: what a lenient
// reader makes some sense of, two of them make two senses of.
//
// A name is one in its namespace. Where an XML Object has namespace, its element
// or attribute must be in that one, by whatever prefix. Where it has none, an
// attribute must be in none; an element too, unless an XML Object around it has
// namespace and no prefix, which is how a default namespace is written
// (xmlns="…"), and without a prefix its elements are in it (Namespaces in XML
// 1.0 §6.2). Anything else is undeclared, attributes of XML itself (xml:lang)
// and of XML Schema (xsi:type) among them; of these nil alone is read.
//
// What has two readings by the schema is a fault: an element that comes twice,
// text where elements belong. A schema by which the elements depend on the value
// (oneOf, anyOf, if) has no plan, and its caller must say so.
package xmlbody

import "errors"

// ErrMalformed is for text that is no XML of this kind, and for more elements
// than are read.
var ErrMalformed = errors.New("XML that is not taken")

// Bounds of a body.
const (
	maxDepth = 200     // of elements
	maxItems = 100_000 // elements and attributes
)

// Check goes through the text once: nil if it is well-formed XML in namespaces,
// without a document type.
func Check(content []byte) error {
	s := newScanner(content)
	if !areCharacters(s.content) {
		return ErrMalformed
	}
	for {
		if t, err := s.next(); err != nil || t.kind == endOfText {
			return err
		}
	}
}
