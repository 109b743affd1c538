package validate

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"

	"sallyport"
	"sallyport/jsonschema"
	"sallyport/mediatype"
)

// maxElements is how deep the elements of an XML body may be nested.
const maxElements = 200

// xmlBody is XML that must be well-formed and declare no document type: with
// it go all entities but the five of XML itself, and so every way to read files
// or to grow beyond memory. It is read into JSON by the XML Objects of its schema
// and held to that; where a schema cannot be read so, plan is nil, and a control
// says that it is not enforced.
type xmlBody struct {
	required bool
	plan     *xmlPlan
	schema   *jsonschema.Schema
}

func (r *xmlBody) check(x *sallyport.Exchange, _ mediatype.Type) error {
	content, err := x.HoldRequest()
	if err != nil {
		return err
	}
	if len(content) == 0 {
		return empty(r.required)
	}
	if err := checkXML(content); err != nil {
		return malformed("The body is not well-formed XML without a document type.")
	}
	if r.plan == nil {
		return nil
	}
	text, wrong, err := readXML(content, r.plan)
	switch {
	case err != nil:
		return malformed("The body has too many elements.")
	case len(wrong) > 0:
		return invalidBody(wrong)
	}
	return verdict(r.schema.Check(text), "")
}

var errXML = errors.New("XML that is not taken")

// checkXML goes through the text once. encoding/xml reads no charset but UTF-8
// and no entity that is not predefined.
func checkXML(content []byte) error {
	dec := xml.NewDecoder(bytes.NewReader(content))
	depth, roots := 0, 0
	var scopes spaces
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			if roots != 1 {
				return errXML
			}
			return nil
		}
		if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.Directive:
			return errXML
		case xml.StartElement:
			if depth == 0 {
				roots++
			}
			if depth++; depth > maxElements || twice(token.Attr) || !scopes.enter(token) {
				return errXML
			}
		case xml.EndElement:
			depth--
			scopes = scopes[:len(scopes)-1]
		case xml.CharData:
			if depth == 0 && len(bytes.TrimSpace(token)) > 0 {
				return errXML
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
