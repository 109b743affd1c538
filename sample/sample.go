// Package sample makes requests out of an OpenAPI document alone: for each
// operation one that it takes, and others with exactly one fault, of which it
// says by which kind of problem they should be refused.
//
// It sends nothing and looks at no running API. What it makes depends on the
// document and the seed alone, so that a run can be repeated. Every value is
// held against its schema before it is handed out, in the same way as a gateway
// would (jsonschema.Use, Closed); what cannot be made is an error with the
// place in the document that stands in the way, never a guess. It makes no
// credentials: those are given.
//
// It follows the OpenAPI Specification 3.0.4, 3.1.2 and 3.2.0 (Parameter
// Object, Style Values, Encoding Object), RFC 6570 for styles, RFC 3986 §2.1
// for percent-encoding, and RFC 7578 for forms of many parts.
package sample

import (
	"sallyport/jsonschema"
	"sallyport/openapi"
	"sallyport/source"
)

// Options say what requests are like. The zero value makes the smallest
// requests, without credentials.
type Options struct {
	// Seed moves choices: which value of an enum, which branch of a union,
	// which text. The same seed makes the same requests.
	Seed uint64
	// All fills in what is optional, too: parameters, and members of objects
	// as far as references do not come back to where they began.
	All bool
	// Credential gives the secret of a security scheme: the key, what follows
	// the name of the HTTP scheme in Authorization. An alternative of an
	// operation's security is used only where each of its schemes has one. Nil
	// has none.
	Credential func(*openapi.SecurityScheme) string
	// Backtracking reads patterns with look-around or back-references, too;
	// a value for them is found only among the examples of the document.
	Backtracking bool
}

// Generator makes the requests of one document. It is not safe for concurrent
// use.
type Generator struct {
	document *openapi.Document
	options  Options
	compiler *jsonschema.Compiler
	targets  map[*source.Node]*source.Node
	judges   map[judgeKey]judge
	patterns map[string]*pattern
	segments int // of the longest path template
}

// New makes a generator for a loaded document.
func New(d *openapi.Document, o Options) *Generator {
	dialect := jsonschema.OpenAPI31
	if d.Version == openapi.V30 {
		dialect = jsonschema.OpenAPI30
	} else if named, ok := jsonschema.DialectOf(d.Dialect); ok {
		dialect = named
	}
	g := &Generator{
		document: d,
		options:  o,
		compiler: jsonschema.NewCompiler(jsonschema.Options{Dialect: dialect, Resolve: d.Resolve, Backtracking: o.Backtracking}),
		targets:  make(map[*source.Node]*source.Node),
		judges:   make(map[judgeKey]judge),
		patterns: make(map[string]*pattern),
	}
	for _, op := range d.Operations {
		for _, base := range op.BasePaths {
			g.segments = max(g.segments, len(segmentsOf(base+op.Path)))
		}
	}
	return g
}

// judgeKey is a schema and what it is compiled for.
type judgeKey struct {
	node *source.Node
	use  jsonschema.Use
}

type judge struct {
	schema *jsonschema.Schema
	err    error
}

// schema compiles a schema once for each use.
func (g *Generator) schema(n *source.Node, use jsonschema.Use) (*jsonschema.Schema, error) {
	key := judgeKey{n, use}
	known, ok := g.judges[key]
	if !ok {
		known.schema, known.err = g.compiler.Compile(n, use)
		g.judges[key] = known
	}
	return known.schema, known.err
}

// closed is how a gateway compiles schemas for a direction.
func closed(d jsonschema.Direction) jsonschema.Use { return jsonschema.Use{Direction: d, Closed: true} }

// Value makes JSON text for a schema of the document. Request leaves out what
// is readOnly, Response what is writeOnly.
func (g *Generator) Value(schema *source.Node, direction jsonschema.Direction) ([]byte, error) {
	v, err := g.value(schema, direction, place{})
	if err != nil {
		return nil, err
	}
	return marshal(v), nil
}

// value makes a value and holds it against its schema. What comes out with all
// that is optional may be too large or in its own way: then the smallest is
// tried, and what the document gives as an example.
func (g *Generator) value(schema *source.Node, direction jsonschema.Direction, at place) (any, error) {
	if schema == nil {
		schema = &source.Node{Kind: source.Map}
	}
	judge, err := g.schema(schema, closed(direction))
	if err != nil {
		return nil, firstMistake(err)
	}
	var first error
	for _, all := range [...]bool{g.options.All, !g.options.All} {
		m := &maker{Generator: g, direction: direction, place: at, all: all, left: maxValues, open: make(map[*source.Node]int)}
		v, err := m.value([]*source.Node{schema})
		if err == nil {
			if err = faultOf(judge.Check(marshal(v))); err == nil {
				return v, nil
			}
		}
		if first == nil {
			first = err
		}
	}
	for _, v := range g.examples(schema) {
		if len(judge.Check(marshal(v))) == 0 && at.takes(v, 0) {
			return v, nil
		}
	}
	return nil, first
}

// examples are values that the document itself gives for a schema.
func (g *Generator) examples(schema *source.Node) []any {
	var values []any
	n := g.follow(schema)
	if n == nil {
		return nil
	}
	for _, name := range [...]string{"example", "default"} {
		if v := n.Get(name); v != nil {
			values = append(values, v.Any())
		}
	}
	if list := n.Get("examples"); list != nil && list.Kind == source.List {
		for _, v := range list.Items {
			values = append(values, v.Any())
		}
	}
	return values
}

// faultOf is the first thing that is wrong with a value, at the place in the
// document that says so.
func faultOf(found []jsonschema.Fault) error {
	if len(found) == 0 {
		return nil
	}
	f := found[0]
	where := "the value"
	if f.Pointer != "" {
		where = f.Pointer
	}
	return impossible(f.At, "%s %s", where, f.Message)
}

// firstMistake is the first of several, which is one place to look at.
func firstMistake(err error) error {
	if ms, ok := err.(source.Mistakes); ok && len(ms) > 0 {
		return ms[0]
	}
	return err
}

func impossible(at source.Position, format string, args ...any) error {
	var ms source.Mistakes
	ms.Add(at, "", format, args...)
	return ms[0]
}
