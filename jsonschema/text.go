package jsonschema

import (
	"fmt"

	"sallyport/source"
)

// CompileText compiles a schema that is a text of its own, in JSON or YAML; name
// is what positions call it. The error wraps source.Mistakes, of the text or of
// what cannot be held of the schema.
func CompileText(name string, text []byte, o Options, use Use) (*Schema, error) {
	node, err := source.Parse(name, text, source.DefaultLimits)
	if err != nil {
		return nil, fmt.Errorf("reading the schema: %w", err)
	}
	s, err := NewCompiler(o).Compile(node, use)
	if err != nil {
		return nil, fmt.Errorf("compiling the schema: %w", err)
	}
	return s, nil
}
