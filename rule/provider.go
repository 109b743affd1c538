package rule

import (
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"

	"sallyport/jsonschema"
)

// provider tells CEL the types of a vocabulary. An object of a body has a type
// of its own for each place: root and pointer, with # between.
type provider struct {
	*types.Registry
	vocabulary *Vocabulary
}

func newProvider(v *Vocabulary) (*provider, error) {
	registry, err := types.NewRegistry()
	return &provider{registry, v}, err
}

func (p *provider) rootType(root Root) *cel.Type {
	if root.isBody() {
		return p.typeAt(root, "")
	}
	return cel.ObjectType(root.String() + "#")
}

// typeAt is the type of what stands at a place of a body; nil where nothing can.
func (p *provider) typeAt(root Root, pointer string) *cel.Type {
	place, err := jsonschema.CompilePlace(pointer)
	if err != nil {
		return nil
	}
	declared := p.vocabulary.Bodies[root].TypesAt(place)
	if declared == 0 {
		return nil
	}
	bare := declared &^ jsonschema.Null
	var t *cel.Type
	switch bare {
	case 0:
		return cel.NullType
	case jsonschema.Array:
		if item := p.typeAt(root, pointer+"/*"); item != nil {
			return cel.ListType(item)
		}
		return cel.ListType(cel.DynType)
	case jsonschema.Object:
		return cel.ObjectType(root.String() + "#" + pointer)
	default:
		t = scalarType(bare)
	}
	if bare != declared && t != cel.DynType {
		return types.NewNullableType(t)
	}
	return t
}

// scalarType is the type of one value; of several it is not known before.
func scalarType(declared jsonschema.Types) *cel.Type {
	switch declared {
	case jsonschema.String:
		return cel.StringType
	case jsonschema.Boolean:
		return cel.BoolType
	case jsonschema.Integer:
		return cel.IntType
	case jsonschema.Number, jsonschema.Number | jsonschema.Integer:
		return cel.DoubleType
	}
	return cel.DynType
}

// FindStructType implements types.Provider.
func (p *provider) FindStructType(name string) (*types.Type, bool) {
	if strings.Contains(name, "#") {
		return types.NewTypeTypeWithParam(types.NewObjectType(name)), true
	}
	return p.Registry.FindStructType(name)
}

// FindStructFieldType implements types.Provider.
func (p *provider) FindStructFieldType(name, field string) (*types.FieldType, bool) {
	rootName, pointer, ours := strings.Cut(name, "#")
	if !ours {
		return p.Registry.FindStructFieldType(name, field)
	}
	t := p.fieldType(rootName, pointer, field)
	if t == nil {
		return nil, false
	}
	return &types.FieldType{Type: t}, true
}

func (p *provider) fieldType(rootName, pointer, field string) *cel.Type {
	for root := range roots {
		switch {
		case root.String() != rootName:
		case root == Caller:
			return callerType(field)
		case root.isBody():
			return p.typeAt(root, pointer+"/"+escapeToken(field))
		default:
			if param, ok := p.vocabulary.named(root, field); ok {
				return parameterType(param)
			}
		}
	}
	return nil
}

func callerType(field string) *cel.Type {
	switch {
	case field == "claims":
		return cel.MapType(cel.StringType, cel.DynType)
	case has(callerTexts, field):
		return cel.StringType
	case has(callerLists, field):
		return cel.ListType(cel.StringType)
	}
	return nil
}

func has(fields map[string]Field, name string) bool {
	_, ok := fields[name]
	return ok
}

// parameterType: what could be several things is text, as it came.
func parameterType(p Parameter) *cel.Type {
	if t := scalarType(p.Types); t != cel.DynType {
		return t
	}
	return cel.StringType
}

func typeName(t *cel.Type) string {
	name, _, ours := strings.Cut(t.String(), "#")
	if ours {
		return "an object of " + name
	}
	return name
}
