// Package validate answers whether a request fits its operation: path, query,
// header and cookie parameters in every style of OpenAPI 3.0 to 3.2, the media
// type, and the body against its schema.
//
// Values are turned into JSON text by their style and by the types that their
// schema lets through, and that text is checked; it is not what is sent on. Of a
// body with a content coding what was decoded is checked, and sent on. Encodings
// are read strictly: a percent sign that begins no escape, text that is not
// UTF-8, a second value where one is declared, a part of a form with two names
// are refused, since the backend might read them otherwise than we do. The
// package canonicalises no path and knows no caller, no configuration and no
// other stage.
//
// It follows the OpenAPI Specification 3.0.4, 3.1.2 and 3.2.0 (Parameter
// Object, Style Values, Encoding Object, Media Type Object), RFC 6570 for
// styles, RFC 6265 §4.2.1 for cookies, RFC 9110 §8 for media types and content
// codings, RFC 7578 and RFC 2046 for forms of many parts, and the WHATWG URL
// standard for "+" in a query.
package validate

import (
	"sallyport"
	"sallyport/jsonschema"
	"sallyport/problem"
	"sallyport/source"
	"sallyport/xmlbody"
)

// maxFaults is how many faults one problem names.
const maxFaults = 20

// Document is what the steps need of a document to be built.
type Document struct {
	// Compiler compiles its schemas.
	Compiler *jsonschema.Compiler
	// Resolve follows a reference that stands in a schema; it finds out whether
	// a part of a form is binary, and what to say of a parameter.
	Resolve func(from *source.Node, ref string) (*source.Node, error)
	// Budget bounds what all operations of the document take together; nil
	// bounds nothing.
	Budget *Budget
	// XML makes the plans by which bodies of XML are read, one for all operations
	// of the document; nil makes them anew for each body.
	XML *xmlbody.Planner
}

// deref follows references from a schema to what says something; nil where they
// lead nowhere, which Compile reports.
func (d Document) deref(n *source.Node) *source.Node {
	for range 16 {
		ref := n.Str("$ref")
		if ref == "" || d.Resolve == nil {
			return n
		}
		next, err := d.Resolve(n, ref)
		if err != nil || next == nil {
			return nil
		}
		n = next
	}
	return nil
}

// Undeclared says what comes of what the document does not declare.
type Undeclared uint8

const (
	// RefuseUndeclared turns the request away: the default.
	RefuseUndeclared Undeclared = iota
	// PassUndeclared lets it through unread.
	PassUndeclared
	// DropUndeclared takes it out of JSON, forms and multipart bodies. Elsewhere
	// it is refused: a query and XML are never rewritten.
	DropUndeclared
)

// findings is what building a step has found out.
type findings struct {
	// use is how schemas are compiled.
	use        jsonschema.Use
	enforced   []sallyport.Control
	unenforced []sallyport.Control
	mistakes   source.Mistakes
	leading    leading
}

func (f *findings) enforce(at source.Position, says string) {
	f.enforced = append(f.enforced, sallyport.Control{Effect: sallyport.Enforced, Says: says, From: at})
}

func (f *findings) leave(effect sallyport.Effect, at source.Position, says string) {
	f.unenforced = append(f.unenforced, sallyport.Control{Effect: effect, Says: says, From: at})
}

// compile makes a schema ready and lists what it says and nobody holds. The
// schema is nil where there is none, or where it is a mistake.
func (f *findings) compile(d Document, what string, node *source.Node) *jsonschema.Schema {
	if node == nil {
		return nil
	}
	schema, err := d.Compiler.Compile(node, f.use)
	if err != nil {
		f.mistakes = append(f.mistakes, mistakesOf(err, node)...)
		return nil
	}
	for _, note := range schema.Notes() {
		f.leave(sallyport.Annotation, note.At, what+": "+note.Says)
	}
	f.leading.add(schema)
	return schema
}

func mistakesOf(err error, at *source.Node) source.Mistakes {
	if several, ok := err.(source.Mistakes); ok {
		return several
	}
	var one source.Mistakes
	one.Add(at.Position(), "", "%v", err)
	return one
}

// request is how schemas of requests are compiled.
func request(u Undeclared) findings {
	return findings{use: jsonschema.Use{Direction: jsonschema.Request, Closed: u != PassUndeclared}}
}

// faults collects what is wrong with one request.
type faults []problem.Fault

func (f *faults) add(in, pointer, keyword, message string) {
	if len(*f) < maxFaults {
		*f = append(*f, problem.Fault{In: in, Pointer: pointer, Keyword: keyword, Message: message})
	}
}

// addAll notes the faults of a schema under a pointer.
func (f *faults) addAll(in, pointer string, found []jsonschema.Fault) {
	for i := range found {
		f.add(in, pointer+found[i].Pointer, found[i].Keyword, found[i].Message)
	}
}
