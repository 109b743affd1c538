// Package jsonschema compiles the schemas of an OpenAPI document once and
// checks JSON bodies against them many times.
//
// It follows JSON Schema 2020-12, 2019-09, draft-07, draft-06 and draft-04, and
// the dialects of OpenAPI 3.0, 3.1 and 3.2; JSON by RFC 8259 with the restrictions of I-JSON
// (RFC 7493): UTF-8 only, no member twice. Formats are asserted unless Options
// say otherwise, numbers are compared exactly, and patterns are ECMA-262
// matched in linear time.
//
// What it cannot hold is a mistake at Compile, with a position, and never a
// silent pass; what a schema says that is no more than an annotation is listed
// by Schema.Notes. It fetches nothing: references that leave a schema are
// resolved by its caller. No message of it repeats a value that a client sent.
//
// At the two gates of the gateway more holds than the specification says: see
// Use. What may not stand in a body for that alone can be taken out of it:
// see Clean, and Stream for bodies that are too long to be held.
//
// In the same pass values are captured, masked and kept or dropped, and the
// strings are listed that the schema leaves free, in which an attack could be
// written: see Look. What of a body must not stand in a record of it Redact
// masks.
//
// A string is free unless the body holds to the schema and one of these binds it:
//
//	const, enum   the value, with all that is in it
//	format        date-time, date, time, duration, uuid, ipv4, ipv6, asserted
//	pattern       anchored at both ends, of ASCII letters and digits, with - and _
//	              only between these, . and : only between digits, + and a
//	              first - only before digits
//
// and the last two up to 128 bytes, since letters and digits can encode what is
// longer. In every other format an attack can be written: markup or quotes in
// uri, uri-reference, iri, iri-reference, uri-template, email, idn-email, regex
// and json-pointer, a comment of SQL in hostname, letters that are taken for
// quotes in idn-hostname, a path in byte, or it stands encoded in byte and
// binary; password is any text. White space binds nothing, since words with
// spaces between them are SQL, nor do letters beyond ASCII, of which some become
// quotes where text is converted. A name of a member is bound by schemas that
// spell it out in properties, required, or an enum or const of propertyNames;
// patterns bind none, for __proto__ and constructor are attacks by themselves.
//
// What holds of a place binds: $ref, allOf, the branches of anyOf and oneOf and
// dependentSchemas that hold, then or else. What was only asked does not: if,
// not, contains, and branches that do not hold; nor do unevaluatedProperties and
// unevaluatedItems. What takes too long to be found out is free.
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
	// Draft2019 is JSON Schema 2019-09.
	Draft2019
	// Draft6 is JSON Schema draft-06.
	Draft6
)

// Direction says which way a body goes.
type Direction uint8

// The directions.
const (
	// Neutral judges by the specification: readOnly and writeOnly say nothing.
	Neutral Direction = iota
	// Request hides members and items that are readOnly: they may not stand in the
	// body, and such members are not required. One is readOnly if the schema of its
	// place says so, or a branch of it that holds for the value; where no branch of
	// a union holds, one that takes the type of the value. Nothing is hidden at the
	// root of a body: Notes says so. A member that may be hidden is not required
	// either, since it may have been taken out.
	Request
	// Response hides members and items that are writeOnly, likewise.
	Response
)

// Use is what a schema is compiled for. The zero value judges by the
// specification alone.
type Use struct {
	Direction Direction
	// Closed lets an object take no other members than the schemas of its place
	// declare: those that its members and items come by, with all their
	// branches that hold ($ref, allOf, anyOf, oneOf, if, dependentSchemas). They
	// declare a member together, by properties and patternProperties, or by an
	// additionalProperties or unevaluatedProperties that is not false. A name
	// that is required and declared nowhere may come too, with any value, unless
	// a schema shuts it out with false: else no body could hold it. Where
	// they name none, the object is free-form; where several branches of a union
	// hold, what one of them would leave stays. Nothing is closed under not, if
	// and contains, which are conditions.
	//
	// Which branches hold is judged by the specification, without what no branch
	// declares. Where none of a union does, those count that would without what
	// they refuse for being undeclared; where there are none either, all that
	// the type of the value fits.
	// Where not just one holds, and the discriminator of the union names one, that
	// one counts alone.
	//
	// An object or array at a place that takes none by type, enum or const declares
	// nothing of what it holds: Clean takes all of that out, and the fault is told.
	Closed bool
}

// Formats says what format does.
type Formats uint8

// What format does: JSON Schema leaves it to each application (2020-12
// validation §7.2).
const (
	// AssertFormats refuses text and numbers that are not of their format.
	AssertFormats Formats = iota
	// AnnotateFormats refuses nothing: each format is among the Notes.
	AnnotateFormats
)

// Options are common to all schemas of one document.
type Options struct {
	Dialect Dialect
	// Resolve finds what a reference leads to. It is asked for references that
	// begin with # where the schema has no $id, and for addresses that no $id
	// names. Nil: no reference leaves its schema.
	Resolve func(from *source.Node, ref string) (*source.Node, error)
	// Backtracking runs patterns with look-around or back-references on a
	// backtracking matcher, instead of refusing them: for 10 ms each time and 50 ms
	// for a body, or a part of one that streams, on text of up to 4 KiB. A body that
	// takes more is Undecided, with the fault "cost".
	Backtracking bool
	// Formats says whether format is held.
	Formats Formats
	// Dialects are those that schemas may name with $schema beside the ones that
	// are built in, by address, and what each is read as.
	Dialects map[string]Dialect
}

// Compiler compiles the schemas of one document. What several of them refer to
// is compiled once for each Use. It is not safe for concurrent use; the
// schemas it makes are.
type Compiler struct {
	resolver
	options  Options
	schemas  map[key]*schema
	compiled map[asked]outcome
	wholes   map[judged]outcome
	fresh    []*schema
	patterns map[string]compiledPattern
	shapes   map[*schema]*Shape
	scratch  *sync.Pool
	count    uint32
	round    int32
	// patternSize is that of all patterns, hiddenNames of all tables of names.
	patternSize, hiddenNames int
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
		compiled: map[asked]outcome{},
		wholes:   map[judged]outcome{},
		patterns: map[string]compiledPattern{},
		shapes:   map[*schema]*Shape{},
		scratch:  newScratch(),
	}
}

// Schema is a compiled schema. It is immutable and safe for concurrent use.
type Schema struct {
	root   *schema
	notes  []Note
	closed bool
	hides  bool // members may be hidden
	forks  bool // what an object declares may depend on its value
	// sensitive: values may be marked as such.
	sensitive bool
	// outward: strings may lead outward; outwardMarked: by a mark.
	outward, outwardMarked bool
	scratch                *sync.Pool
}

// asked is what a caller compiles, outcome what came of it.
type asked struct {
	node *source.Node
	use  Use
}

// judged is a compiled schema and its use.
type judged struct {
	root *schema
	use  Use
}

type outcome struct {
	schema *Schema
	err    error
}

// Compile makes a schema ready for checking; for one node and use it is the
// same each time. The error is a source.Mistakes that names everything under it
// that cannot be held, wherever $ref leads.
func (c *Compiler) Compile(node *source.Node, use Use) (*Schema, error) {
	if node == nil {
		return nil, errors.New("compiling a schema: there is no node")
	}
	known, ok := c.compiled[asked{node, use}]
	if !ok {
		known.schema, known.err = c.compile(node, use)
		c.compiled[asked{node, use}] = known
	}
	return known.schema, known.err
}

// Compiled is what was compiled of a node for a direction, closed or not; nil
// where nothing was.
func (c *Compiler) Compiled(node *source.Node, d Direction) *Schema {
	for _, closed := range [...]bool{true, false} {
		if s := c.compiled[asked{node, Use{d, closed}}].schema; s != nil {
			return s
		}
	}
	// It may have been put together with another.
	res := c.home[node]
	if res == nil {
		return nil
	}
	root := c.schemas[key{node, c.noEnv.enter(res), d}]
	if root == nil {
		return nil
	}
	s, _ := c.whole(root, Use{Direction: d, Closed: true})
	return s
}

func (c *Compiler) compile(node *source.Node, use Use) (*Schema, error) {
	res := c.resourceOf(node, nil)
	root := c.schema(node, scope{res: res, env: c.noEnv.enter(res), direction: use.Direction})
	c.finish()
	return c.whole(root, use)
}

// whole is a schema with what is known of all that it leads to. One that is no
// more than a reference shares what is known of its target: in a document of
// many operations that is most of them.
func (c *Compiler) whole(root *schema, use Use) (*Schema, error) {
	if known, ok := c.wholes[judged{root, use}]; ok {
		return known.schema, known.err
	}
	s := &Schema{root: root, closed: use.Closed, scratch: c.scratch}
	s.forks, s.hides, s.sensitive = root.marks&marksForks != 0, root.marks&marksHides != 0, root.marks&marksSensitive != 0
	s.outward, s.outwardMarked = root.marks&marksOutward != 0, root.marks&marksOutwardMarked != 0
	var err error
	if len(root.refs) == 1 && root.onlyRefers() && len(root.notes)+len(root.gateNotes)+len(root.mistakes) == 0 {
		var target *Schema
		if target, err = c.whole(root.refs[0], use); err == nil {
			s.notes = target.notes
		}
	} else {
		err = c.collect(s).Err()
	}
	if err != nil {
		s = nil
	} else if root.hides() {
		s.noteRoot()
	}
	c.wholes[judged{root, use}] = outcome{s, err}
	return s, err
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

// Hides tells whether the schema, here or wherever it leads, has members that
// the direction of a body hides.
func (s *Schema) Hides() bool { return s.hides }

// collect walks everything that a schema leads to, where there is something to
// list.
func (c *Compiler) collect(whole *Schema) source.Mistakes {
	if whole.root.marks&(marksSick|marksNoted) == 0 {
		return nil
	}
	c.round++
	var mistakes source.Mistakes
	seen := map[Note]bool{}
	note := func(notes []Note) {
		for _, n := range notes {
			if !seen[n] && len(whole.notes) < maxNotes {
				seen[n] = true
				whole.notes = append(whole.notes, n)
			}
		}
	}
	for todo := []*schema{whole.root}; len(todo) > 0; {
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if s.round == c.round || s.marks&(marksSick|marksNoted) == 0 {
			continue
		}
		s.round = c.round
		mistakes = append(mistakes, s.mistakes...)
		note(s.notes)
		if whole.closed {
			note(s.gateNotes)
		}
		todo = append(todo, s.all...)
	}
	if whole.closed && len(mistakes) == 0 {
		c.round++
		note(c.freeForms(whole.root))
	}
	return mistakes
}
