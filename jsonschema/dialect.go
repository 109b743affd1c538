package jsonschema

// dialects is a set of Dialect.
type dialects uint8

const (
	in30 dialects = 1 << OpenAPI30
	in31 dialects = 1 << OpenAPI31
	in20 dialects = 1 << Draft2020
	in7  dialects = 1 << Draft7
	in4  dialects = 1 << Draft4
	in19 dialects = 1 << Draft2019
	in6  dialects = 1 << Draft6

	inOAS    = in30 | in31
	in2020   = in31 | in20
	inNine   = in2020 | in19 // since 2019-09
	inSeven  = inNine | in7  // since draft-07
	inSix    = inSeven | in6 // since draft-06
	inSchema = inSix | in4   // every JSON Schema
	inAll    = inSchema | in30
)

// vocabulary is every keyword and the dialects that have it.
var vocabulary = map[string]dialects{
	"type": inAll, "enum": inAll, "multipleOf": inAll,
	"maximum": inAll, "exclusiveMaximum": inAll, "minimum": inAll, "exclusiveMinimum": inAll,
	"maxLength": inAll, "minLength": inAll, "pattern": inAll, "format": inAll,
	"maxItems": inAll, "minItems": inAll, "uniqueItems": inAll, "items": inAll,
	"maxProperties": inAll, "minProperties": inAll, "required": inAll,
	"properties": inAll, "additionalProperties": inAll,
	"allOf": inAll, "anyOf": inAll, "oneOf": inAll, "not": inAll, "$ref": inAll,
	"title": inAll, "description": inAll, "default": inAll,

	"nullable":   in30,
	"deprecated": in30 | inNine, "readOnly": inSeven | in30, "writeOnly": inSeven | in30,
	"discriminator": inOAS, "xml": inOAS, "externalDocs": inOAS, "example": inOAS,

	"$schema": inSchema, "patternProperties": inSchema, "definitions": inSchema,
	"id": in4, "additionalItems": in19 | in7 | in6 | in4,
	"dependencies": inSchema, // 2020-12 §C.4 lets it live on: better held than passed over

	"$id": inSix, "examples": inSix,
	"const": inSix, "contains": inSix, "propertyNames": inSix,

	"$comment": inSeven,
	"if":       inSeven, "then": inSeven, "else": inSeven,
	"contentEncoding": inSeven, "contentMediaType": inSeven,

	"$anchor": inNine, "$vocabulary": inNine, "$defs": inNine,
	"dependentSchemas": inNine, "dependentRequired": inNine,
	"minContains": inNine, "maxContains": inNine,
	"unevaluatedItems": inNine, "unevaluatedProperties": inNine, "contentSchema": inNine,

	"$recursiveRef": in19, "$recursiveAnchor": in19,

	"$dynamicRef": in2020, "$dynamicAnchor": in2020, "prefixItems": in2020,
}

// has tells whether the dialect knows a keyword.
func (d Dialect) has(keyword string) bool { return vocabulary[keyword]&(1<<d) != 0 }

// refAlone tells whether the siblings of $ref say nothing: OpenAPI 3.0 §4.8.23
// (Reference Object), draft-04 to draft-07 core §8.3.
func (d Dialect) refAlone() bool { return (1<<d)&(in30|in7|in6|in4) != 0 }

// numericExclusive tells whether exclusiveMaximum is a number.
func (d Dialect) numericExclusive() bool { return (1<<d)&inSix != 0 }

// itemLists tells whether items may be a list, with additionalItems after it.
func (d Dialect) itemLists() bool { return vocabulary["additionalItems"]&(1<<d) != 0 }

// booleans tells whether true and false are schemas.
func (d Dialect) booleans() bool { return (1<<d)&inSix != 0 }

func (d Dialect) String() string {
	return [...]string{"OpenAPI 3.0", "OpenAPI 3.1", "JSON Schema 2020-12", "JSON Schema draft-07", "JSON Schema draft-04", "JSON Schema 2019-09", "JSON Schema draft-06"}[d]
}

// schemaShape says how a keyword holds schemas.
type schemaShape uint8

const (
	noSchema     schemaShape = iota
	oneSchema                // one, or a list of them
	mapOfSchemas             // by name
)

// subschemas says where, under a keyword, schemas stand.
func subschemas(keyword string) schemaShape {
	switch keyword {
	case "additionalProperties", "items", "additionalItems", "prefixItems", "contains", "not",
		"if", "then", "else", "propertyNames", "unevaluatedItems", "unevaluatedProperties",
		"contentSchema", "allOf", "anyOf", "oneOf":
		return oneSchema
	case "properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies":
		return mapOfSchemas
	}
	return noSchema
}
