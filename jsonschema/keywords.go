package jsonschema

import (
	"fmt"
	"slices"
	"strings"

	"sallyport/source"
)

// Effect is what comes of a word of a schema.
type Effect uint8

// The effects.
const (
	// Enforced words can refuse a value, or take a member out of it.
	Enforced Effect = iota
	// Annotation is what JSON Schema or OpenAPI mean to say nothing that could
	// be held.
	Annotation
	// NotHeld is what says something, or seems to, that nobody holds.
	NotHeld
)

func (e Effect) String() string { return [...]string{"enforced", "annotation", "not held"}[e] }

// Keyword is one word where it stands in a schema, and what comes of it.
type Keyword struct {
	Name   string
	Effect Effect
	// Why is one line for a person; empty where the word is enforced.
	Why string
	At  source.Position
}

// KeywordUse is a word with one effect for one reason, wherever a schema has it.
type KeywordUse struct {
	Keyword
	// Count is how often; At is the first place.
	Count int
}

// Keywords lists the words of the schema, here and wherever it leads, with what
// comes of each: equal ones together, in the order in which they are met. It is
// found out anew each time, from the text of the document.
func (s *Schema) Keywords() []KeywordUse {
	var uses []KeywordUse
	index := map[Keyword]int{}
	EachKeyword(func(k Keyword) {
		at := k.At
		k.At = source.Position{}
		i, known := index[k]
		if !known {
			i = len(uses)
			index[k] = i
			k.At = at
			uses = append(uses, KeywordUse{Keyword: k})
		}
		uses[i].Count++
	}, s)
	return uses
}

// EachKeyword calls f for every word of the schemas, here and wherever they
// lead; for one that several of them lead to once for each direction that a
// body goes.
func EachKeyword(f func(Keyword), schemas ...*Schema) {
	type place struct {
		node      *source.Node
		direction Direction
		closed    bool
		root      bool
	}
	type visit struct {
		*schema
		root bool
	}
	seen, told := map[visit]bool{}, map[place]bool{}
	for _, whole := range schemas {
		roots := map[*schema]bool{}
		if whole.root.hides() {
			inPlaceOf(whole.root, roots)
		}
		for todo := []*schema{whole.root}; len(todo) > 0; {
			s := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			if seen[visit{s, roots[s]}] {
				continue
			}
			seen[visit{s, roots[s]}] = true
			// A schema that several dynamic scopes lead to is one in the document.
			if at := (place{s.node, s.direction, whole.closed, roots[s]}); !told[at] {
				told[at] = true
				s.eachKeyword(whole.closed, roots[s], f)
			}
			for i := len(s.all) - 1; i >= 0; i-- {
				todo = append(todo, s.all[i])
			}
		}
	}
}

func (s *schema) eachKeyword(closed, root bool, f func(Keyword)) {
	if s.node.Kind != source.Map {
		return
	}
	for i := range s.node.Members {
		m := &s.node.Members[i]
		k := Keyword{Name: m.Name, At: s.node.MemberPosition(i)}
		k.Effect, k.Why = s.effectOf(m, closed)
		if root && k.Effect == Enforced && (k.Name == "readOnly" || k.Name == "writeOnly") {
			k.Effect, k.Why = NotHeld, rootless
		}
		f(k)
	}
}

// effectOf is what comes of one word of the schema.
func (s *schema) effectOf(m *source.Member, closed bool) (Effect, string) {
	name := m.Name
	for _, n := range s.notes {
		if n.Keyword == name {
			return NotHeld, n.Says
		}
	}
	for _, n := range s.gateNotes {
		if closed && n.Keyword == name {
			return NotHeld, n.Says
		}
	}
	if why, ok := annotationWords[name]; ok {
		return Annotation, why
	}
	switch {
	case strings.HasPrefix(name, "x-"):
		return Annotation, "an extension"
	case name != "$ref" && s.dialect.refAlone() && s.node.Has("$ref"):
		return NotHeld, fmt.Sprintf("beside $ref it says nothing in %v", s.dialect)
	case !s.dialect.has(name):
		return Annotation, fmt.Sprintf("no keyword of %v", s.dialect)
	case name == "readOnly" || name == "writeOnly":
		return s.accessEffect(m)
	case name == "format" && (m.Value.Text == "binary" || m.Value.Text == "password"):
		return Annotation, "says nothing that could be checked of a text"
	}
	return s.company(name)
}

// company judges words that say something only beside another.
func (s *schema) company(name string) (Effect, string) {
	partner := partners[name]
	switch {
	case !s.dialect.numericExclusive() && strings.HasPrefix(name, "exclusive"):
		partner = strings.ToLower(name[len("exclusive"):][:1]) + name[len("exclusiveM"):]
	case name == "nullable":
		partner = "type" // OpenAPI 3.0.4 §4.7.24.1
	}
	switch {
	case partner != "" && !s.node.Has(partner):
		return NotHeld, "says nothing without " + partner
	case name == "additionalItems" && s.node.Get("items").Kind != source.List:
		return NotHeld, "says nothing beside an items that is one schema" // draft-07 validation §6.4.2
	}
	return Enforced, ""
}

// accessEffect: a member is hidden in one direction and free in the other.
func (s *schema) accessEffect(m *source.Member) (Effect, string) {
	word := map[string]access{"readOnly": readOnly, "writeOnly": writeOnly}[m.Name]
	switch {
	case m.Value.Text != "true":
		return Annotation, "false says nothing"
	case word.hiddenFrom(s.direction) != "":
		return Enforced, ""
	case m.Name == "readOnly":
		return Annotation, "is for requests"
	}
	return Annotation, "is for answers"
}

// partners are words that say something only beside another, in all dialects.
var partners = map[string]string{
	"then": "if", "else": "if", "minContains": "contains", "maxContains": "contains", "additionalItems": "items",
}

// annotationWords are the words that say nothing of a value in any dialect.
var annotationWords = map[string]string{
	"title": "for people", "description": "for people", "$comment": "for people",
	"example": "for people", "examples": "for people", "externalDocs": "for people",
	"default":       "is never put in for what is missing",
	"deprecated":    "may still be used",
	"xml":           "is for XML; JSON has names of its own",
	"discriminator": "names the branch that governs where not just one holds; the branches alone say what fits",

	"$schema":     "says how the schema is read",
	"$vocabulary": "is for meta-schemas",
	"$id":         "names what references lead to", "id": "names what references lead to",
	"$anchor": "names what references lead to", "$dynamicAnchor": "names what references lead to", "$recursiveAnchor": "names what references lead to",
	"$defs": "holds what references lead to", "definitions": "holds what references lead to",
}

// Vocabulary lists the words of a dialect by name, with what comes of each in
// general: Schema.Keywords says what does where it stands.
func Vocabulary(d Dialect) []Keyword {
	var all []Keyword
	for name := range vocabulary {
		if !d.has(name) {
			continue
		}
		k := Keyword{Name: name}
		if why, ok := annotationWords[name]; ok {
			k.Effect, k.Why = Annotation, why
		} else if encodesText(name) {
			k.Effect, k.Why = NotHeld, unread
		}
		all = append(all, k)
	}
	slices.SortFunc(all, func(a, b Keyword) int { return strings.Compare(a.Name, b.Name) })
	return all
}
