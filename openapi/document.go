// Package openapi reads OpenAPI documents of versions 3.0, 3.1 and 3.2 as a
// policy: it resolves references, checks that the document says nothing
// contradictory, unroutable or unknown, and gives every part its place in a
// file. It validates no request and compiles no schema: schemas are handed on
// as the nodes that were written.
//
// It follows the OpenAPI Specification 3.0.4, 3.1.2 and 3.2.0, JSON Reference
// and JSON Pointer (RFC 6901).
package openapi

import (
	"sallyport/source"
)

// Version is the minor version of the specification that a document follows.
type Version uint8

// The versions that are read.
const (
	V30 Version = iota
	V31
	V32
)

func (v Version) String() string { return [...]string{"3.0", "3.1", "3.2"}[v] }

// Document is a loaded document with all references of its own structure
// resolved; references inside schemas are resolved on demand by Resolve.
type Document struct {
	Version Version
	Title   string
	// Dialect is jsonSchemaDialect, or what Options read it as; "" where the
	// document does not set it.
	Dialect string
	// Operations are those under paths, in the order of the document.
	Operations []*Operation
	// Schemes are the security schemes by name.
	Schemes map[string]*SecurityScheme
	// Extension is x-sallyport at the root, or nil.
	Extension *source.Node
	// Warnings are what is odd and changes nothing that is enforced: a field
	// that the specification ignores, a link to nowhere, a likely misspelling.
	Warnings source.Mistakes
	// Unrouted lists callbacks and webhooks, which a gateway in front of the
	// API never sees.
	Unrouted []Place
	// Digest is a SHA-256 over every file that was read, in hex.
	Digest string
	// Files are the files that were read, the document itself first.
	Files []string

	root  *source.Node
	files *files
}

// Place names something in a document.
type Place struct {
	Name string
	At   source.Position
}

// Operation is one method on one path.
type Operation struct {
	// ID is the operationId, or "METHOD /path" where there is none.
	ID string
	// Method is in capitals, or as written under additionalOperations (3.2).
	Method string
	// Path is the path template as written, without base path.
	Path string
	// BasePaths are the paths of the servers that apply (operation, path or
	// root), variables filled in with default and enum, without a trailing
	// slash; "" is the root. At least one.
	BasePaths []string
	// Parameters are the path item's and the operation's own, merged.
	Parameters []*Parameter
	// Body is nil where the operation takes none.
	Body *RequestBody
	// Responses in the order of the document.
	Responses []*Response
	// Security are the alternatives: any of them, all schemes within one. An
	// alternative without requirements is anonymous.
	Security []Alternative
	// SecurityDeclared tells whether the operation or the root has a security
	// field at all; an empty list is a declaration too.
	SecurityDeclared bool
	// SecurityAt is where it stands.
	SecurityAt source.Position
	Deprecated bool
	Tags       []string
	// Extensions are x-sallyport at root, path item and operation, outermost
	// first; only those that are there.
	Extensions []*source.Node
	At         source.Position
	// Mistakes say why this operation cannot be served; empty if it can.
	Mistakes source.Mistakes

	node  *source.Node
	items []*source.Node // path items: the one that was referred to first
}

// Alternative is one security requirement object: all of its schemes.
type Alternative []Requirement

// Requirement names a scheme and the scopes (or roles) that must be held.
type Requirement struct {
	Scheme string
	Scopes []string
	At     source.Position
}

// SecurityScheme is how callers prove who they are.
type SecurityScheme struct {
	Name string
	// Type is apiKey, http, mutualTLS, oauth2 or openIdConnect.
	Type string
	// In and Parameter are an apiKey's place (query, header, cookie) and name.
	In, Parameter string
	// HTTPScheme is an http scheme's name in lower case: basic, bearer ...
	HTTPScheme   string
	BearerFormat string
	// OpenIDConnectURL is the discovery address.
	OpenIDConnectURL string
	At               source.Position
}

// Parameter is one parameter with the defaults of its place filled in.
type Parameter struct {
	Name string
	// In is path, query, header, cookie or querystring (3.2).
	In       string
	Required bool
	// Style and Explode as declared or by default (OpenAPI: Parameter Object).
	Style   string
	Explode bool
	// AllowReserved is the document's word, for query by default false.
	AllowReserved   bool
	AllowEmptyValue bool
	Deprecated      bool
	// Schema is nil where Content is set.
	Schema *source.Node
	// Content is the one media type of a parameter that is serialised by it.
	Content   *MediaType
	Extension *source.Node
	At        source.Position
}

// RequestBody is what an operation takes.
type RequestBody struct {
	Required bool
	Content  []*MediaType
	At       source.Position
}

// MediaType is one entry of a content map.
type MediaType struct {
	// Range is the key: type/subtype, type/* or */*, perhaps with parameters,
	// in lower case.
	Range string
	// Schema is nil where none is declared.
	Schema *source.Node
	// ItemSchema is the schema of each item of a stream (3.2), or nil.
	ItemSchema *source.Node
	Encodings
	At source.Position
}

// Encodings say how the parts of a body are written: by name, or by place (3.2),
// never both.
type Encodings struct {
	// Encoding by property name.
	Encoding map[string]*Encoding
	// PrefixEncoding is of the first parts, in their order.
	PrefixEncoding []*Encoding
	// ItemEncoding is of all parts behind them, or nil.
	ItemEncoding *Encoding
}

// Encoding says how one property of a form, or one part, is serialised.
type Encoding struct {
	// ContentType is a media type or a list of ranges, "" for the default.
	ContentType   string
	Headers       map[string]*Header
	Style         string
	Explode       bool
	AllowReserved bool
	// Encodings of the parts of a part that has some itself (3.2).
	Encodings
	At source.Position
}

// Response is what may be answered.
type Response struct {
	// Status is a code such as 200, a range such as 2XX, or default.
	Status  string
	Headers map[string]*Header
	Content []*MediaType
	At      source.Position
}

// Header is a declared header field of an answer or a part.
type Header struct {
	Required bool
	Explode  bool
	Schema   *source.Node
	Content  *MediaType
	At       source.Position
}

// Root is the tree of the document itself, for readers of what this package
// does not model.
func (d *Document) Root() *source.Node { return d.root }
