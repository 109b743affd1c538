package jsonschema

import "sallyport/source"

// schema is one compiled schema object in one mode.
type schema struct {
	// anything accepts whatever comes; never accepts nothing.
	anything, never bool
	// judgedFurther: more than type, enum and the keywords of one type says
	// something of a value. collects: it must know what was evaluated.
	judgedFurther, collects bool
	// plain: no more than type, enum and the keywords of one type, and not never.
	plain bool
	// closes: it, or a branch of it, says which members an object may have.
	closes bool
	// governs: it says something of members, or of items that have members.
	governs bool
	// sensitive: its values are masked in every record.
	sensitive bool
	// outward: its strings lead somewhere.
	outward Outward
	types   Types
	// accepts are the types that it takes at first sight.
	accepts Types

	id     uint32
	round  int32   // while compiling
	via    *schema // the one that this one does no more than refer to
	enum   *enum
	number *numberRules
	text   *textRules
	object *objectRules
	array  *arrayRules

	refs         []*schema // $ref and $dynamicRef
	allOf        []*schema
	anyOf, oneOf []*schema
	not          *schema
	when         *schema // if
	then, other  *schema
	choice       *discriminator
	// Of anyOf, oneOf and if.
	anyFork, oneFork, whenFork *fork

	// hiddenAs is readOnly or writeOnly where the direction hides its values in any
	// case; mayHide: a branch hides those for which it holds (veil.go).
	hiddenAs string
	mayHide  bool
	// bars are those of Array and Object that it does not take at first sight.
	bars Types

	// hidden are the members that a branch hides, hiddenAnyway those that one does
	// whatever branches hold.
	hidden       map[string]bool
	hiddenAnyway map[string]bool

	// Set while compiling.
	node      *source.Node
	freeForm  bool
	asked     bool   // accepts is known,
	barred    bool   // bars,
	accessed  bool   // access with that of conjuncts,
	hid       bool   // and what is hidden
	names     answer // whether it or a branch governs members
	veils     answer // whether it or a branch hides values
	marks     mark
	opened    int32
	direction Direction
	dialect   Dialect
	access    access
	state     uint8     // of the search for loops
	all       []*schema // every schema this one leads to
	mistakes  source.Mistakes
	notes     []Note
	gateNotes []Note // what only matters where objects are closed
}

// access says who may set a member.
type access uint8

const (
	readOnly access = 1 << iota
	writeOnly
)

// hiddenFrom is the keyword that takes a member with that access out of a
// body of that direction, or "".
func (a access) hiddenFrom(d Direction) string {
	switch {
	case d == Request && a&readOnly != 0:
		return "readOnly"
	case d == Response && a&writeOnly != 0:
		return "writeOnly"
	}
	return ""
}

// Types is a set of the types of JSON. Integer is a part of Number.
type Types uint8

// The types.
const (
	Null Types = 1 << iota
	Boolean
	Integer
	Number
	String
	Array
	Object

	// AnyType is a schema without a type.
	AnyType = Null | Boolean | Integer | Number | String | Array | Object
)

func typeOf(name string) (Types, bool) {
	for i, known := range typeNames {
		if name == known {
			return 1 << i, true
		}
	}
	return 0, false
}

var typeNames = [...]string{"null", "boolean", "integer", "number", "string", "array", "object"}

// String lists the types as a person would.
func (t Types) String() string {
	if t&Number != 0 {
		t &^= Integer
	}
	var names []string
	for i, name := range typeNames {
		if t&(1<<i) != 0 {
			names = append(names, phrases[name])
		}
	}
	return orList(names)
}

var phrases = map[string]string{
	"null": "null", "boolean": "a boolean", "integer": "an integer", "number": "a number",
	"string": "a string", "array": "an array", "object": "an object",
}

type objectRules struct {
	minimum, maximum int        // of members; maximum -1: none
	properties       []property // as the schema writes them, nil without the word
	lexicon          lexicon    // of their names
	patterns         []patternProperty
	additional       *schema // nil: none
	shut             bool    // additionalProperties: false
	required         []requirement
	indexed          uint64 // the requirements that have a bit in properties
	names            *schema
	dependent        []dependency
	unexpected       *schema // unevaluatedProperties
}

type property struct {
	schema *schema
	// hides: the direction takes the member out, or may.
	hides bool
	// bit is the one of the requirement of that name, or 0.
	bit uint64
}

type patternProperty struct {
	pattern *pattern
	schema  *schema
}

type requirement struct {
	name string
	// own: the schema itself or a branch of it declares the name; otherwise
	// whether it is hidden is for the schema around to say.
	own bool
}

type dependency struct {
	name     string
	required []string
	schema   *schema
	keyword  string
}

type arrayRules struct {
	minimum, maximum             int
	unique                       bool
	prefix                       []*schema
	items                        *schema
	shut                         bool // no items after the prefix
	itemsKeyword                 string
	contains                     *schema
	judgesAlone                  bool // contains is nothing to unevaluatedItems (2019-09 §9.3.1.3)
	minimumContains, maxContains int
	unexpected                   *schema // unevaluatedItems
	hides                        bool    // the direction takes items out, or may
}

type textRules struct {
	minimum, maximum int
	pattern          *pattern
	format           *format
	bounds           bool // no attack can be written in what holds to them
}

type numberRules struct {
	minimum, maximum                   *limit
	exclusiveMinimum, exclusiveMaximum *limit
	multipleOf                         *limit
	format                             *numberFormat
	small                              bool // all limits are
}

// limit is a number of a schema.
type limit struct {
	text    string
	value   decimal
	small   small
	isSmall bool
}

// discriminator helps to find the branch that was meant: which to try first,
// which to explain, and which governs where not just one holds. It never changes
// a verdict (OpenAPI 3.1 §4.8.25).
type discriminator struct {
	name     string
	union    []*schema
	branches map[string]int
}

// inPlace calls f for every branch that judges the same value and may
// contribute what it declares.
func (s *schema) inPlace(f func(*schema)) {
	s.conjuncts(f)
	for _, b := range s.anyOf {
		f(b)
	}
	for _, b := range s.oneOf {
		f(b)
	}
	for _, b := range [...]*schema{s.when, s.then, s.other} {
		if b != nil {
			f(b)
		}
	}
	if s.object != nil {
		for i := range s.object.dependent {
			if b := s.object.dependent[i].schema; b != nil {
				f(b)
			}
		}
	}
}

// conjuncts calls f for the branches that hold in any case.
func (s *schema) conjuncts(f func(*schema)) {
	for _, b := range s.refs {
		f(b)
	}
	for _, b := range s.allOf {
		f(b)
	}
}

// hasBranches tells whether other schemas judge the same value.
func (s *schema) hasBranches() bool {
	return len(s.refs)+len(s.allOf)+len(s.anyOf)+len(s.oneOf) > 0 || s.when != nil ||
		s.object != nil && len(s.object.dependent) > 0
}
