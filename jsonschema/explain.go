package jsonschema

import (
	"slices"

	"sallyport/source"
)

// refuse reports that a keyword does not hold; an empty message is made from
// the schema. It is false, so that a caller can return it.
func (k *check) refuse(v int32, keyword, message string, s *schema) bool {
	if k.report && k.first {
		k.doubtAbout(v, keyword)
	}
	if !k.report || k.spent || len(k.faults) >= 4*maxFaults {
		return false
	}
	if message == "" {
		message = k.message(keyword, s)
	}
	k.faults = append(k.faults, Fault{k.pointer(v), keyword, message, s.whereSays(keyword)})
	return false
}

func (k *check) refuseMissing(v int32, name, keyword string, s *schema) bool {
	if k.report && len(k.faults) < 4*maxFaults {
		k.faults = append(k.faults, Fault{k.pointer(v) + "/" + escape(name), keyword, "is required", s.whereSays(keyword)})
	}
	return false
}

// whereSays is the place of a keyword, or of the schema.
func (s *schema) whereSays(keyword string) source.Position {
	return s.node.NamePosition(keyword)
}

// message says what would be right.
func (k *check) message(keyword string, s *schema) string {
	switch keyword {
	case "enum":
		if len(s.enum.values) == 0 {
			return "is not allowed here"
		}
		return "must be one of: " + listed(s.enum.values)
	case "const":
		return "must be " + listed(s.enum.values)
	case "minLength", "maxLength", "pattern", "format":
		return textMessage(keyword, s)
	case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf":
		return numberMessage(keyword, s.number)
	case "minItems", "maxItems", "uniqueItems", "contains", "maxContains":
		return arrayMessage(keyword, s.array)
	}
	switch keyword {
	case "type":
		return "must be " + s.types.String()
	case "minProperties":
		return "must have at least " + counted(s.object.minimum, "member", "members")
	case "maxProperties":
		return "must have at most " + counted(s.object.maximum, "member", "members")
	case "additionalProperties", "unevaluatedProperties":
		return "is not declared"
	case "propertyNames":
		return "has a name that is not allowed"
	case "items", "additionalItems", "unevaluatedItems":
		return "is one item too many"
	case "readOnly":
		return "is set by the server and cannot be sent"
	case "writeOnly":
		return "is only ever sent to the server and must not be answered"
	}
	return "does not hold"
}

func textMessage(keyword string, s *schema) string {
	switch keyword {
	case "minLength":
		return "must be at least " + counted(s.text.minimum, "character", "characters") + " long"
	case "maxLength":
		return "must be at most " + counted(s.text.maximum, "character", "characters") + " long"
	case "pattern":
		return "must match the pattern " + quoteSchema(s.text.pattern.source)
	}
	if s.text != nil && s.text.format != nil {
		return "must be " + s.text.format.phrase
	}
	return "must be " + s.number.format.phrase
}

func numberMessage(keyword string, r *numberRules) string {
	switch keyword {
	case "minimum":
		return "must be at least " + quoteSchema(r.minimum.text)
	case "maximum":
		return "must be at most " + quoteSchema(r.maximum.text)
	case "exclusiveMinimum":
		return "must be greater than " + quoteSchema(r.exclusiveMinimum.text)
	case "exclusiveMaximum":
		return "must be less than " + quoteSchema(r.exclusiveMaximum.text)
	}
	return "must be a multiple of " + quoteSchema(r.multipleOf.text)
}

func arrayMessage(keyword string, r *arrayRules) string {
	switch keyword {
	case "minItems":
		return "must have at least " + counted(r.minimum, "item", "items")
	case "maxItems":
		return "must have at most " + counted(r.maximum, "item", "items")
	case "uniqueItems":
		return "must not have the same item twice"
	case "contains":
		return "must have at least " + counted(r.minimumContains, "item", "items") + " of the kind that the schema asks for"
	}
	return "must have at most " + counted(r.maxContains, "item", "items") + " of the kind that the schema names"
}

// explain reports why no branch of a union holds: the faults of the branch
// that was most likely meant, not those of all.
func (k *check) explain(s *schema, keyword string, f *fork, v int32, around *schema) bool {
	k.doubt = k.doubt || k.report // no branch tells what is declared
	if !k.report || len(k.faults) >= 4*maxFaults {
		return false
	}
	recording := k.recording
	k.recording = false
	defer func() { k.recording = recording }()
	if f.choice != nil && k.values[v].kind == '{' {
		return k.byDiscriminator(s, f, v, around)
	}
	union := f.branches
	fitting := slices.DeleteFunc(slices.Clone(union), func(b *schema) bool { return !k.hasType(b.takes(), v) })
	switch {
	case len(fitting) == 0:
		return k.refuse(v, "type", "must be "+unionTypes(union).String(), s)
	case len(fitting) == 1:
		return k.because(fitting[0], s, keyword, v, around)
	}
	if values := enumerated(fitting); values != nil {
		return k.refuse(v, "enum", "must be one of: "+listed(values), s)
	}
	best, least := fitting[0], k.distance(fitting[0], v)
	for _, b := range fitting[1:] {
		if d := k.distance(b, v); d < least {
			best, least = b, d
		}
	}
	return k.because(best, s, keyword, v, around)
}

// because reports the faults of one branch.
func (k *check) because(b, s *schema, keyword string, v int32, around *schema) bool {
	before := len(k.faults)
	k.judge(b, v, around, nil)
	if len(k.faults) == before {
		k.refuse(v, keyword, "must fit one of the alternatives", s)
	}
	return false
}

// takes is the types that a schema takes at first sight.
func (s *schema) takes() Types {
	if s.asked {
		return s.accepts
	}
	s.asked = true
	t := s.types
	if t == 0 {
		t = AnyType
	}
	s.accepts = t
	if s.never {
		s.accepts = 0
		return 0
	}
	s.conjuncts(func(b *schema) { t = t.intersect(b.takes()) })
	for _, union := range [2][]*schema{s.anyOf, s.oneOf} {
		if union == nil {
			continue
		}
		var any Types
		for _, b := range union {
			any |= b.takes()
		}
		t = t.intersect(any)
	}
	s.accepts = t
	return t
}

// intersect keeps what both take: integers are numbers.
func (t Types) intersect(u Types) Types {
	both := t & u
	if t&Number != 0 && u&Integer != 0 || u&Number != 0 && t&Integer != 0 {
		both |= Integer
	}
	return both
}

func unionTypes(union []*schema) Types {
	var t Types
	for _, b := range union {
		t |= b.takes()
	}
	return t
}

// enumerated is all values of a union whose branches are nothing but lists.
func enumerated(union []*schema) []*source.Node {
	var values []*source.Node
	for _, b := range union {
		if b.enum == nil || b.hasBranches() || b.object != nil || b.array != nil || b.text != nil || b.number != nil {
			return nil
		}
		values = append(values, b.enum.values...)
	}
	return values
}

// distance says how far a value is from a branch: a member that names another
// kind of object weighs most, then what is missing, unknown or wrong.
func (k *check) distance(s *schema, v int32) int {
	if k.quietlyIn(s, v) {
		return 0
	}
	d := 1
	if s.object != nil && k.values[v].kind == '{' {
		d += k.objectDistance(s.object, v)
	}
	if s.array != nil && k.values[v].kind == '[' && s.array.items != nil {
		for i := v + 1; i < k.values[v].end; i = k.values[i].end {
			if !k.quietly(s.array.items, i) {
				d++
			}
		}
	}
	s.conjuncts(func(b *schema) { d += k.distance(b, v) })
	return d
}

func (k *check) objectDistance(r *objectRules, v int32) int {
	d := 0
	for i := v + 1; i < k.values[v].end; i = k.values[i].end {
		p := k.property(r, i)
		switch {
		case p == nil:
			if r.properties != nil && r.additional == nil {
				d += 2
			}
		case !k.quietly(p.schema, i):
			d += 2
			if p.schema.tells() {
				d += 100
			}
		}
	}
	for i := range r.required {
		if !k.has(v, r.required[i].name) {
			d += 2
		}
	}
	return d
}

// tells whether a member's schema takes one value alone, as those do that say
// which kind of object this is.
func (s *schema) tells() bool {
	return s.enum != nil && len(s.enum.values) == 1
}

func (k *check) quietlyIn(s *schema, v int32) bool {
	report := k.report
	k.report = false
	ok := k.judge(s, v, s, nil)
	k.report = report
	return ok
}
