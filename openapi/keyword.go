package openapi

import "strings"

// keyword says what the value of a schema's keyword must look like.
type keyword uint8

const (
	anyValue keyword = iota
	textValue
	flagValue
	numberValue
	countValue     // a whole number from 0 on
	positiveValue  // a number above 0
	boundValue     // exclusiveMinimum and -Maximum: a flag in 3.0, a number since
	typeValue      // a type's name, or since 3.1 a list of them
	textsValue     // a list of strings
	listValue      // any list
	patternValue   // a regular expression
	schemaValue    // a schema
	openValue      // a schema or a boolean
	schemasValue   // a list of schemas, at least one
	namedValue     // a map of schemas
	patternsValue  // a map of schemas by pattern
	textListsValue // a map of lists of strings
	refValue       // a reference to a schema
	discriminatorValue
	xmlValue
	examplesValue // a list; it checks nothing, so that a wrong one does no harm
	docsValue
)

// keywords are those that the schemas of a version know: in 3.0 a closed set,
// since 3.1 those of JSON Schema 2020-12 and OpenAPI's base vocabulary.
func keywords(v Version) map[string]keyword {
	k := map[string]keyword{
		"title": textValue, "description": textValue, "format": textValue, "default": anyValue, "example": anyValue,
		"multipleOf": positiveValue, "maximum": numberValue, "minimum": numberValue,
		"exclusiveMaximum": boundValue, "exclusiveMinimum": boundValue,
		"maxLength": countValue, "minLength": countValue, "pattern": patternValue,
		"maxItems": countValue, "minItems": countValue, "uniqueItems": flagValue,
		"maxProperties": countValue, "minProperties": countValue, "required": textsValue,
		"enum": listValue, "type": typeValue, "not": schemaValue,
		"allOf": schemasValue, "oneOf": schemasValue, "anyOf": schemasValue,
		"items": schemaValue, "properties": namedValue, "additionalProperties": openValue,
		"readOnly": flagValue, "writeOnly": flagValue, "deprecated": flagValue,
		"discriminator": discriminatorValue, "xml": xmlValue, "externalDocs": docsValue,
		"$ref": refValue,
	}
	if v == V30 {
		k["nullable"] = flagValue
		return k
	}
	for name, value := range map[string]keyword{
		"$id": textValue, "$schema": textValue, "$anchor": textValue, "$dynamicAnchor": textValue, "$comment": textValue,
		"$dynamicRef": refValue, "$defs": namedValue, "definitions": namedValue, "$vocabulary": anyValue,
		"const": anyValue, "examples": examplesValue, "if": schemaValue, "then": schemaValue, "else": schemaValue,
		"contains": schemaValue, "maxContains": countValue, "minContains": countValue, "prefixItems": schemasValue,
		"propertyNames": schemaValue, "patternProperties": patternsValue,
		"dependentRequired": textListsValue, "dependentSchemas": namedValue, "dependencies": anyValue,
		"unevaluatedItems": schemaValue, "unevaluatedProperties": schemaValue,
		"contentEncoding": textValue, "contentMediaType": textValue, "contentSchema": schemaValue,
		// No keyword of 3.1, but written by many who came from 3.0.
		"nullable": anyValue,
	} {
		k[name] = value
	}
	return k
}

// typeNames are the names that type may have.
func typeNames(v Version) []string {
	names := []string{"string", "number", "integer", "boolean", "array", "object"}
	if v >= V31 {
		names = append(names, "null")
	}
	return names
}

// isCount tells whether a JSON number is whole and not negative: 10, 10.0 and
// 1e3 are (JSON Schema 2020-12 §4.2.3).
func isCount(number string) bool {
	rest := strings.TrimLeft(number, "0123456789")
	if len(rest) == len(number) {
		return false // a minus sign
	}
	if fraction, ok := strings.CutPrefix(rest, "."); ok {
		return strings.Trim(fraction, "0") == ""
	}
	return rest == "" || !strings.HasPrefix(rest[1:], "-")
}

// isPositive tells whether a JSON number is above zero.
func isPositive(number string) bool {
	mantissa := number
	if i := strings.IndexAny(number, "eE"); i >= 0 {
		mantissa = number[:i]
	}
	return !strings.HasPrefix(mantissa, "-") && strings.Trim(mantissa, "0.") != ""
}
