package openapi

import "sallyport/jsonschema"

// effect is what comes of a field of an object, and why nothing does.
type effect struct {
	jsonschema.Effect
	why string
}

var (
	held    = effect{jsonschema.Enforced, ""}
	reading = effect{jsonschema.Annotation, "for people"}
	names   = effect{jsonschema.Annotation, "holds what is enforced where it is referred to"}
	unused  = effect{jsonschema.Annotation, "for clients; the gateway needs none of it"}
	noRoute = effect{jsonschema.NotHeld, "the gateway stands in front of the API and never sees these requests"}
	told    = effect{jsonschema.Annotation, "is told in log and metrics; callers are not told"}
)

// effects says of every field that grammar knows what comes of it. Where that
// depends on the place, words.go says more; where it depends on settings or on
// a schema, who builds the plan does.
var effects = map[kind]map[string]effect{
	aDocument: {
		"openapi": held, "$self": held, "jsonSchemaDialect": held,
		"servers": held, "paths": held, "security": held,
		"info": reading, "tags": reading, "externalDocs": reading,
		"components": names, "webhooks": noRoute,
	},
	anInfo: {
		"title": reading, "summary": reading, "description": reading, "termsOfService": reading,
		"contact": reading, "license": reading, "version": reading,
	},
	aContact: {"name": reading, "url": reading, "email": reading},
	aLicense: {"name": reading, "identifier": reading, "url": reading},
	aServer: {
		"url":       {jsonschema.Enforced, ""}, // its path; hosts are the configuration's
		"variables": held, "description": reading, "name": reading,
	},
	aServerVariable: {"enum": held, "default": held, "description": reading},
	aTag: {
		"name": reading, "summary": reading, "description": reading, "externalDocs": reading, "parent": reading, "kind": reading,
	},
	someDocs: {"description": reading, "url": reading},
	theComponents: {
		"schemas": names, "responses": names, "parameters": names, "requestBodies": names, "headers": names,
		"pathItems": names, "mediaTypes": names,
		"securitySchemes": held, "examples": reading, "links": unused, "callbacks": noRoute,
	},
	aPathItem: {
		"$ref": held, "summary": reading, "description": reading, "servers": held, "parameters": held,
		"get": held, "put": held, "post": held, "delete": held, "options": held, "head": held, "patch": held, "trace": held,
		"query": held, "additionalOperations": held,
	},
	anOperation: {
		"operationId": held, "parameters": held, "requestBody": held, "responses": held, "security": held, "servers": held,
		"tags": reading, "summary": reading, "description": reading, "externalDocs": reading,
		"callbacks": noRoute, "deprecated": told,
	},
	aParameter: {
		"name": held, "in": held, "required": held, "style": held, "explode": held, "schema": held, "content": held,
		"allowReserved": held, "allowEmptyValue": held,
		"description": reading, "example": reading, "examples": reading,
		"deprecated": {jsonschema.Annotation, "may still be used"},
	},
	aHeader: {
		"required": held, "style": held, "explode": held, "schema": held, "content": held,
		"allowReserved":   {jsonschema.NotHeld, "means nothing in a header"},
		"allowEmptyValue": {jsonschema.NotHeld, "means nothing in a header"},
		"description":     reading, "example": reading, "examples": reading,
		"deprecated": {jsonschema.Annotation, "may still be used"},
	},
	aRequestBody: {"content": held, "required": held, "description": reading},
	aMediaType: {
		"schema": held, "itemSchema": held, "encoding": held, "prefixEncoding": held, "itemEncoding": held,
		"description": reading, "example": reading, "examples": reading,
	},
	anEncoding: {
		"contentType": held, "headers": held, "style": held, "explode": held, "allowReserved": held,
		"encoding": held, "prefixEncoding": held, "itemEncoding": held,
	},
	aResponse: {"content": held, "headers": held, "links": unused, "summary": reading, "description": reading},
	anExample: {
		"summary": reading, "description": reading, "value": reading, "externalValue": reading, "dataValue": reading, "serializedValue": reading,
	},
	aLink: {
		"operationRef": unused, "operationId": unused, "parameters": unused, "requestBody": unused, "server": unused, "description": reading,
	},
	aDiscriminator: {
		"propertyName":   {jsonschema.Annotation, "names the branch that governs where not just one holds; the branches alone say what fits"},
		"mapping":        {jsonschema.Annotation, "names the branch that governs where not just one holds; the branches alone say what fits"},
		"defaultMapping": {jsonschema.NotHeld, "the branches alone say what fits"},
	},
	anXML: {
		"name": held, "namespace": held, "prefix": {jsonschema.Annotation, "any prefix that stands for the namespace will do; beside a namespace it says that the elements within are not in that one"}, "attribute": held, "wrapped": held, "nodeType": held,
	},
	aSecurityScheme: {
		"type": held, "name": held, "in": held, "scheme": held,
		"description": reading, "bearerFormat": {jsonschema.Annotation, "a hint; the configuration says how tokens are checked"},
		"flows":             {jsonschema.Annotation, "for clients; the scopes that security asks for are enforced"},
		"openIdConnectUrl":  {jsonschema.Annotation, "for clients; the configuration says where keys are"},
		"oauth2MetadataUrl": {jsonschema.Annotation, "for clients; the configuration says where keys are"},
		"deprecated":        {jsonschema.Annotation, "may still be used"},
	},
	theFlows: {
		"implicit": unused, "password": unused, "clientCredentials": unused, "authorizationCode": unused, "deviceAuthorization": unused,
	},
	anImplicitFlow: {"authorizationUrl": unused, "refreshUrl": unused, "scopes": unused},
	aPasswordFlow:  {"tokenUrl": unused, "refreshUrl": unused, "scopes": unused},
	aClientFlow:    {"tokenUrl": unused, "refreshUrl": unused, "scopes": unused},
	aCodeFlow:      {"authorizationUrl": unused, "tokenUrl": unused, "refreshUrl": unused, "scopes": unused},
	aDeviceFlow:    {"deviceAuthorizationUrl": unused, "tokenUrl": unused, "refreshUrl": unused, "scopes": unused},
}
