package openapi

// kind names an object of the specification.
type kind uint8

const (
	aDocument kind = iota
	anInfo
	aContact
	aLicense
	aServer
	aServerVariable
	aTag
	someDocs
	theComponents
	thePaths
	aPathItem
	anOperation
	aParameter
	aRequestBody
	aMediaType
	anEncoding
	theResponses
	aResponse
	aHeader
	anExample
	aLink
	aCallback
	aSchema
	aDiscriminator
	anXML
	aSecurityScheme
	theFlows
	anImplicitFlow
	aPasswordFlow
	aClientFlow
	aCodeFlow
	aDeviceFlow
	aRequirement
)

// shape is what a field's value must look like.
type shape uint8

const (
	anything  shape = iota
	text            // a string
	address         // a string that is a URI reference
	flag            // a boolean
	texts           // a list of strings
	textMap         // a map of strings
	one             // an object of the field's kind
	list            // a list of them
	named           // a map of them by any name
	component       // a map of them by names that references can spell
)

// field is one fixed field of an object.
type field struct {
	name  string
	shape shape
	of    kind
	// first is the first version that has it, gone the first that no longer
	// has it; zero: all do.
	first, gone Version
	required    bool
}

func (f *field) in(v Version) bool { return f.first <= v && (f.gone == 0 || v < f.gone) }

// object is the grammar of one kind of object.
type object struct {
	// title as in "a parameter has no field ...".
	title  string
	fields []field
	// refers: a Reference Object may stand in its place, from a version on.
	refers      bool
	refersSince Version
	// extends: x- fields may stand in it.
	extends bool
	// patterned: its own rule reads the names that are no fixed fields.
	patterned bool
}

func (o *object) field(name string, v Version) *field {
	for i := range o.fields {
		if f := &o.fields[i]; f.name == name && f.in(v) {
			return f
		}
	}
	return nil
}

// since is the version that first has the field, if a later one has.
func (o *object) since(name string, v Version) (Version, bool) {
	for i := range o.fields {
		if f := &o.fields[i]; f.name == name && f.first > v {
			return f.first, true
		}
	}
	return 0, false
}

func (o *object) names(v Version) []string {
	var names []string
	for i := range o.fields {
		if o.fields[i].in(v) {
			names = append(names, o.fields[i].name)
		}
	}
	return names
}

// grammar is the tables of the specification, all versions in one: a field
// tells the first version that has it. Rules that no table can say are in
// rules.go, schemas in schema.go.
func grammar() map[kind]*object {
	g := map[kind]*object{}
	documentGrammar(g)
	operationGrammar(g)
	contentGrammar(g)
	securityGrammar(g)
	return g
}

func documentGrammar(g map[kind]*object) {
	g[aDocument] = &object{title: "the document", extends: true, fields: []field{
		{name: "openapi", shape: text, required: true},
		{name: "$self", shape: address, first: V32},
		{name: "info", shape: one, of: anInfo, required: true},
		{name: "jsonSchemaDialect", shape: address, first: V31},
		{name: "servers", shape: list, of: aServer},
		{name: "paths", shape: one, of: thePaths},
		{name: "webhooks", shape: named, of: aPathItem, first: V31},
		{name: "components", shape: one, of: theComponents},
		{name: "security", shape: list, of: aRequirement},
		{name: "tags", shape: list, of: aTag},
		{name: "externalDocs", shape: one, of: someDocs},
	}}
	g[anInfo] = &object{title: "info", extends: true, fields: []field{
		{name: "title", shape: text, required: true},
		{name: "summary", shape: text, first: V31},
		{name: "description", shape: text},
		{name: "termsOfService", shape: address},
		{name: "contact", shape: one, of: aContact},
		{name: "license", shape: one, of: aLicense},
		{name: "version", shape: text, required: true},
	}}
	g[aContact] = &object{title: "contact", extends: true, fields: []field{
		{name: "name", shape: text}, {name: "url", shape: address}, {name: "email", shape: text},
	}}
	g[aLicense] = &object{title: "license", extends: true, fields: []field{
		{name: "name", shape: text, required: true}, {name: "identifier", shape: text, first: V31}, {name: "url", shape: address},
	}}
	g[aServer] = &object{title: "a server", extends: true, fields: []field{
		{name: "url", shape: text, required: true}, {name: "description", shape: text},
		{name: "name", shape: text, first: V32}, {name: "variables", shape: named, of: aServerVariable},
	}}
	g[aServerVariable] = &object{title: "a server variable", extends: true, fields: []field{
		{name: "enum", shape: texts}, {name: "default", shape: text, required: true}, {name: "description", shape: text},
	}}
	g[aTag] = &object{title: "a tag", extends: true, fields: []field{
		{name: "name", shape: text, required: true}, {name: "summary", shape: text, first: V32},
		{name: "description", shape: text}, {name: "externalDocs", shape: one, of: someDocs},
		{name: "parent", shape: text, first: V32}, {name: "kind", shape: text, first: V32},
	}}
	g[someDocs] = &object{title: "externalDocs", extends: true, fields: []field{
		{name: "description", shape: text}, {name: "url", shape: address, required: true},
	}}
	g[theComponents] = &object{title: "components", extends: true, fields: []field{
		{name: "schemas", shape: component, of: aSchema},
		{name: "responses", shape: component, of: aResponse},
		{name: "parameters", shape: component, of: aParameter},
		{name: "examples", shape: component, of: anExample},
		{name: "requestBodies", shape: component, of: aRequestBody},
		{name: "headers", shape: component, of: aHeader},
		{name: "securitySchemes", shape: component, of: aSecurityScheme},
		{name: "links", shape: component, of: aLink},
		{name: "callbacks", shape: component, of: aCallback},
		{name: "pathItems", shape: component, of: aPathItem, first: V31},
		{name: "mediaTypes", shape: component, of: aMediaType, first: V32},
	}}
}

func operationGrammar(g map[kind]*object) {
	g[thePaths] = &object{title: "paths", extends: true, patterned: true}
	g[aPathItem] = &object{title: "a path item", extends: true, fields: []field{
		{name: "$ref", shape: text},
		{name: "summary", shape: text}, {name: "description", shape: text},
		{name: "get", shape: one, of: anOperation}, {name: "put", shape: one, of: anOperation},
		{name: "post", shape: one, of: anOperation}, {name: "delete", shape: one, of: anOperation},
		{name: "options", shape: one, of: anOperation}, {name: "head", shape: one, of: anOperation},
		{name: "patch", shape: one, of: anOperation}, {name: "trace", shape: one, of: anOperation},
		{name: "query", shape: one, of: anOperation, first: V32},
		{name: "additionalOperations", shape: named, of: anOperation, first: V32},
		{name: "servers", shape: list, of: aServer}, {name: "parameters", shape: list, of: aParameter},
	}}
	g[anOperation] = &object{title: "an operation", extends: true, fields: []field{
		{name: "tags", shape: texts}, {name: "summary", shape: text}, {name: "description", shape: text},
		{name: "externalDocs", shape: one, of: someDocs}, {name: "operationId", shape: text},
		{name: "parameters", shape: list, of: aParameter}, {name: "requestBody", shape: one, of: aRequestBody},
		{name: "responses", shape: one, of: theResponses}, {name: "callbacks", shape: named, of: aCallback},
		{name: "deprecated", shape: flag}, {name: "security", shape: list, of: aRequirement},
		{name: "servers", shape: list, of: aServer},
	}}
	g[aParameter] = &object{title: "a parameter", refers: true, extends: true, fields: append([]field{
		{name: "name", shape: text, required: true}, {name: "in", shape: text, required: true},
		{name: "allowReserved", shape: flag}, {name: "allowEmptyValue", shape: flag},
	}, serialised()...)}
	g[aHeader] = &object{title: "a header", refers: true, extends: true, fields: append([]field{
		{name: "allowReserved", shape: flag, gone: V31}, {name: "allowEmptyValue", shape: flag, gone: V31},
	}, serialised()...)}
	g[aRequestBody] = &object{title: "a request body", refers: true, extends: true, fields: []field{
		{name: "description", shape: text}, {name: "content", shape: named, of: aMediaType, required: true}, {name: "required", shape: flag},
	}}
	g[theResponses] = &object{title: "responses", extends: true, patterned: true}
	g[aResponse] = &object{title: "a response", refers: true, extends: true, fields: []field{
		{name: "summary", shape: text, first: V32}, {name: "description", shape: text},
		{name: "headers", shape: named, of: aHeader}, {name: "content", shape: named, of: aMediaType}, {name: "links", shape: named, of: aLink},
	}}
	g[aCallback] = &object{title: "a callback", refers: true, extends: true, patterned: true}
	g[aLink] = &object{title: "a link", refers: true, extends: true, fields: []field{
		{name: "operationRef", shape: address}, {name: "operationId", shape: text}, {name: "parameters"},
		{name: "requestBody"}, {name: "description", shape: text}, {name: "server", shape: one, of: aServer},
	}}
}

// serialised are the fields that parameters and headers share.
func serialised() []field {
	return []field{
		{name: "description", shape: text}, {name: "required", shape: flag}, {name: "deprecated", shape: flag},
		{name: "style", shape: text}, {name: "explode", shape: flag},
		{name: "schema", shape: one, of: aSchema}, {name: "content", shape: named, of: aMediaType},
		{name: "example"}, {name: "examples", shape: named, of: anExample},
	}
}

func contentGrammar(g map[kind]*object) {
	g[aMediaType] = &object{title: "a media type", refers: true, refersSince: V32, extends: true, fields: append([]field{
		{name: "description", shape: text, first: V32}, {name: "schema", shape: one, of: aSchema},
		{name: "itemSchema", shape: one, of: aSchema, first: V32},
		{name: "example"}, {name: "examples", shape: named, of: anExample},
		{name: "encoding", shape: named, of: anEncoding},
	}, positional()...)}
	g[anEncoding] = &object{title: "an encoding", extends: true, fields: append([]field{
		{name: "contentType", shape: text}, {name: "headers", shape: named, of: aHeader},
		{name: "style", shape: text}, {name: "explode", shape: flag}, {name: "allowReserved", shape: flag},
		{name: "encoding", shape: named, of: anEncoding, first: V32},
	}, positional()...)}
	g[anExample] = &object{title: "an example", refers: true, extends: true, fields: []field{
		{name: "summary", shape: text}, {name: "description", shape: text}, {name: "value"}, {name: "externalValue", shape: address},
		{name: "dataValue", first: V32}, {name: "serializedValue", shape: text, first: V32},
	}}
	g[aDiscriminator] = &object{title: "a discriminator", extends: true, fields: []field{
		{name: "propertyName", shape: text, required: true}, {name: "mapping", shape: textMap},
		{name: "defaultMapping", shape: text, first: V32},
	}}
	g[anXML] = &object{title: "xml", extends: true, fields: []field{
		{name: "name", shape: text}, {name: "namespace", shape: text}, {name: "prefix", shape: text},
		{name: "attribute", shape: flag}, {name: "wrapped", shape: flag}, {name: "nodeType", shape: text, first: V32},
	}}
}

// positional are the encodings of multipart parts by their place.
func positional() []field {
	return []field{
		{name: "prefixEncoding", shape: list, of: anEncoding, first: V32},
		{name: "itemEncoding", shape: one, of: anEncoding, first: V32},
	}
}

func securityGrammar(g map[kind]*object) {
	g[aSecurityScheme] = &object{title: "a security scheme", refers: true, extends: true, fields: []field{
		{name: "type", shape: text, required: true}, {name: "description", shape: text},
		{name: "name", shape: text}, {name: "in", shape: text}, {name: "scheme", shape: text},
		{name: "bearerFormat", shape: text}, {name: "flows", shape: one, of: theFlows},
		{name: "openIdConnectUrl", shape: address}, {name: "oauth2MetadataUrl", shape: address, first: V32},
		{name: "deprecated", shape: flag, first: V32},
	}}
	g[theFlows] = &object{title: "flows", extends: true, fields: []field{
		{name: "implicit", shape: one, of: anImplicitFlow}, {name: "password", shape: one, of: aPasswordFlow},
		{name: "clientCredentials", shape: one, of: aClientFlow}, {name: "authorizationCode", shape: one, of: aCodeFlow},
		{name: "deviceAuthorization", shape: one, of: aDeviceFlow, first: V32},
	}}
	flow := func(k kind, title string, urls ...string) {
		fields := []field{{name: "refreshUrl", shape: address}, {name: "scopes", shape: textMap, required: true}}
		for _, u := range urls {
			fields = append(fields, field{name: u, shape: address, required: true})
		}
		g[k] = &object{title: title, extends: true, fields: fields}
	}
	flow(anImplicitFlow, "an implicit flow", "authorizationUrl")
	flow(aPasswordFlow, "a password flow", "tokenUrl")
	flow(aClientFlow, "a clientCredentials flow", "tokenUrl")
	flow(aCodeFlow, "an authorizationCode flow", "authorizationUrl", "tokenUrl")
	flow(aDeviceFlow, "a deviceAuthorization flow", "deviceAuthorizationUrl", "tokenUrl")
	g[aRequirement] = &object{title: "a security requirement", patterned: true}
}
