// Package jsonschema compiles the schemas of an OpenAPI document once and
// checks JSON bodies against them many times.
//
// It follows JSON Schema 2020-12, draft-07 and draft-04, and the dialects of
// OpenAPI 3.0, 3.1 and 3.2; JSON by RFC 8259 with the restrictions of I-JSON
// (RFC 7493): UTF-8 only, no member twice. Formats are asserted, numbers are
// compared exactly, and patterns are ECMA-262 matched in linear time.
//
// What it cannot hold is a mistake at Compile, with a position, and never a
// silent pass; what a schema says that is no more than an annotation is listed
// by Schema.Notes. It fetches nothing: references that leave a schema are
// resolved by its caller. It changes no body, and no message of it repeats a
// value that a client sent.
//
// At the two gates of the gateway more holds than the specification says: see
// Use.
package jsonschema

import (
	"errors"
	"sync"

	"sallyport/source"
)

// Dialect is the language that a schema is written in where it does not say
// so itself with $schema.
type Dialect uint8

// The dialects.
const (
	// OpenAPI30 is the Schema Object of OpenAPI 3.0.
	OpenAPI30 Dialect = iota
	// OpenAPI31 is the base dialect of OpenAPI 3.1 and 3.2: 2020-12 and the
	// vocabulary of OpenAPI, which never changes a verdict.
	OpenAPI31
	// Draft2020 is JSON Schema 2020-12.
	Draft2020
	// Draft7 is JSON Schema draft-07.
	Draft7
	// Draft4 is JSON Schema draft-04.
	Draft4
)

// Direction says which way a body goes.
type Direction uint8

// The directions.
const (
	// Neutral judges by the specification: readOnly and writeOnly say nothing.
	Neutral Direction = iota
	// Request refuses members that are readOnly, and does not require them.
	Request
	// Response refuses members that are writeOnly, and does not require them.
	Response
)

// Use is what a schema is compiled for. The zero value judges by the
// specification alone.
type Use struct {
	Direction Direction
	// Closed lets an object take no other members than the schema names, where
	// it names any by properties or patternProperties and opens itself nowhere
	// by an additionalProperties or unevaluatedProperties that is not false.
	// An object that names none is free-form. It holds at every depth, but not
	// under not, if and contains, which are conditions.
	Closed bool
}

// Options are common to all schemas of one document.
type Options struct {
	Dialect Dialect
	// Resolve finds what a reference leads to. It is asked for references that
	// begin with # where the schema has no $id, and for addresses that no $id
	// names. Nil: no reference leaves its schema.
	Resolve func(from *source.Node, ref string) (*source.Node, error)
	// Backtracking runs patterns with look-around or back-references on a
	// backtracking matcher with a time limit, instead of refusing them.
	Backtracking bool
}

// Compiler compiles the schemas of one document. What several of them refer to
// is compiled once for each Use. It is not safe for concurrent use; the
// schemas it makes are.
type Compiler struct {
	resolver
	options  Options
	schemas  map[key]*schema
	fresh    []*schema
	patterns map[string]compiledPattern
	scratch  *sync.Pool
	count    uint32
	round    int
}

type compiledPattern struct {
	pattern *pattern
	err     error
}

// NewCompiler makes a compiler for the schemas of one document.
func NewCompiler(o Options) *Compiler {
	return &Compiler{
		resolver: newResolver(o),
		options:  o,
		schemas:  map[key]*schema{},
		patterns: map[string]compiledPattern{},
		scratch:  newScratch(),
	}
}

// Schema is a compiled schema. It is immutable and safe for concurrent use.
type Schema struct {
	root    *schema
	notes   []Note
	scratch *sync.Pool
}

// Compile makes a schema ready for checking. The error is a source.Mistakes
// that names everything under it that cannot be held, wherever $ref leads.
func (c *Compiler) Compile(node *source.Node, use Use) (*Schema, error) {
	if node == nil {
		return nil, errors.New("compiling a schema: there is no node")
	}
	mode := mode{direction: use.Direction}
	if use.Closed {
		mode.closing = closedHere
	}
	res := c.resourceOf(node, nil)
	root := c.schema(node, scope{res: res, env: c.noEnv.enter(res), mode: mode})
	c.finish()
	mistakes, notes := c.collect(root)
	if err := mistakes.Err(); err != nil {
		return nil, err
	}
	return &Schema{root, notes, c.scratch}, nil
}

// Note is something that a schema says and that is not held.
type Note struct {
	// Keyword is the word of the schema.
	Keyword string
	// Says is one line for a person.
	Says string
	// At is where it stands.
	At source.Position
}

// maxNotes bounds what is listed for one schema.
const maxNotes = 200

// Notes lists what the schema says, here and wherever $ref leads, that is not
// held; each once, and no more than a few hundred.
func (s *Schema) Notes() []Note { return s.notes }

// collect walks everything that a schema leads to.
func (c *Compiler) collect(root *schema) (source.Mistakes, []Note) {
	c.round++
	var mistakes source.Mistakes
	var notes []Note
	seen := map[Note]bool{}
	todo := []*schema{root}
	for len(todo) > 0 {
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if s.round == c.round {
			continue
		}
		s.round = c.round
		mistakes = append(mistakes, s.mistakes...)
		for _, n := range s.notes {
			if !seen[n] && len(notes) < maxNotes {
				seen[n] = true
				notes = append(notes, n)
			}
		}
		todo = append(todo, s.all...)
	}
	return mistakes, notes
}
