package validate

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"

	"sallyport"
	"sallyport/mediatype"
)

// maxElements is how deep the elements of an XML body may be nested.
const maxElements = 200

// xmlBody is XML that must be well-formed and declare no document type: with
// it go all entities but the five of XML itself, and so every way to read files
// or to grow beyond memory. Its schema is not enforced, which a control says.
type xmlBody struct{ required bool }

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
	return nil
}

var errXML = errors.New("XML that is not taken")

// checkXML goes through the text once. encoding/xml reads no charset but UTF-8
// and no entity that is not predefined.
func checkXML(content []byte) error {
	dec := xml.NewDecoder(bytes.NewReader(content))
	depth, roots := 0, 0
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
			if depth++; depth > maxElements || twice(token.Attr) {
				return errXML
			}
		case xml.EndElement:
			depth--
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
