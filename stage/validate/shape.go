package validate

import "sallyport/jsonschema"

// These are all that is asked of the types that a schema lets through.

// typesOf are the types of a shape; nothing is known of nil.
func typesOf(shape *jsonschema.Shape) jsonschema.Types {
	if shape == nil {
		return jsonschema.AnyType
	}
	return shape.Types
}

// mayBe tells whether a type is let through.
func mayBe(types, one jsonschema.Types) bool { return types&one != 0 }

// mayBeScalar tells whether anything is let through that is written as one
// text, null aside, which alone has none of its own.
func mayBeScalar(types jsonschema.Types) bool {
	return mayBe(types, jsonschema.Boolean|jsonschema.Integer|jsonschema.Number|jsonschema.String) ||
		!mayBe(types, jsonschema.Array|jsonschema.Object)
}

// itemOf is the shape of a list's items.
func itemOf(shape *jsonschema.Shape) *jsonschema.Shape {
	if shape == nil {
		return nil
	}
	return shape.Items
}

// memberOf is the shape of a member.
func memberOf(shape *jsonschema.Shape, name []byte) *jsonschema.Shape {
	if shape == nil {
		return nil
	}
	if member, ok := shape.Properties[string(name)]; ok {
		return member
	}
	return shape.Additional
}

// isOpen tells whether an object takes members that it does not name.
func isOpen(shape *jsonschema.Shape) bool {
	return shape == nil || len(shape.Properties) == 0 || shape.Additional != nil && shape.Additional.Types != 0
}
