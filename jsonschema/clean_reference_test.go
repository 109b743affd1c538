package jsonschema

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"

	"pgregory.net/rapid"

	"sallyport/source"
)

// reference says slowly, on trees, which members are declared. It writes out
// every way in which the schemas of a place can hold, a reading each: a member
// stays if one of the readings leaves it.
type reference struct {
	t      *rapid.T
	defs   map[string]any
	known  map[string]*Schema
	widest bool
	// hides: what is writeOnly goes.
	hides bool
	// mixed: two unions of one place hold in several ways each, or a union does
	// under unevaluated keywords. What Clean then leaves may be more.
	mixed bool
	steps int
}

// atom is a schema of a reading, with the branches that hold with it.
type atom struct {
	schema    map[string]any
	branches  []*atom
	condition bool
}

type reading []*atom

func (r *reference) object(s any) (map[string]any, bool) {
	m, ok := s.(map[string]any)
	return m, ok
}

func (r *reference) holds(s, value any) bool {
	text, _ := json.Marshal(map[string]any{"allOf": []any{s}, "$defs": map[string]any{"d": r.defs["d"], "lenient": lenient(r.defs["d"])}})
	body, _ := json.Marshal(value)
	schema := r.known[string(text)]
	if schema == nil {
		node, err := source.Parse("part.json", text, source.DefaultLimits)
		if err != nil {
			r.t.Fatal(err)
		}
		use := Use{}
		if r.hides {
			use.Direction = Response
		}
		if schema, err = NewCompiler(Options{Dialect: OpenAPI31}).Compile(node, use); err != nil {
			r.t.Fatal(err)
		}
		r.known[string(text)] = schema
	}
	return schema.judges(r.t, body)
}

// lenient is a schema without what refuses members for being undeclared.
func lenient(s any) any {
	switch v := s.(type) {
	case map[string]any:
		left := map[string]any{}
		for word, value := range v {
			switch {
			case word == "not" || word == "if" || word == "contains" || word == "const":
				left[word] = value
			case word == "$ref":
				left[word] = "#/$defs/lenient"
			case (word == "additionalProperties" || word == "unevaluatedProperties") && refuses(value):
			default:
				left[word] = lenient(value)
			}
		}
		return left
	case []any:
		left := make([]any, len(v))
		for i := range v {
			left[i] = lenient(v[i])
		}
		return left
	}
	return s
}

func (r *reference) mayBe(s, value any, depth int) bool {
	m, ok := r.object(s)
	if !ok {
		return s == true
	}
	if depth > 20 {
		return true
	}
	kind := "array"
	if _, is := value.(map[string]any); is {
		kind = "object"
	}
	switch types := m["type"].(type) {
	case string:
		if types != kind {
			return false
		}
	case []any:
		if !slices.Contains(types, any(kind)) {
			return false
		}
	}
	if m["$ref"] != nil && !r.mayBe(r.defs["d"], value, depth+1) {
		return false
	}
	for _, b := range list(m["allOf"]) {
		if !r.mayBe(b, value, depth+1) {
			return false
		}
	}
	for _, word := range []string{"anyOf", "oneOf"} {
		if m[word] != nil && !slices.ContainsFunc(list(m[word]), func(b any) bool { return r.mayBe(b, value, depth+1) }) {
			return false
		}
	}
	return true
}

func list(v any) []any { l, _ := v.([]any); return l }

func names(v any) map[string]any { m, _ := v.(map[string]any); return m }

// expand lists the ways in which a schema can hold for a value.
func (r *reference) expand(s, value any) []*atom {
	m, ok := r.object(s)
	if !ok {
		return []*atom{{}}
	}
	ways := []*atom{{schema: m}}
	forked := 0
	with := func(options []*atom) {
		if len(options) > 1 {
			forked++
		}
		if forked > 1 || forked > 0 && (m["unevaluatedProperties"] != nil || m["unevaluatedItems"] != nil) {
			r.mixed = true
		}
		var more []*atom
		for _, w := range ways {
			for _, o := range options {
				more = append(more, &atom{schema: w.schema, branches: append(slices.Clone(w.branches), o)})
			}
		}
		if r.steps += len(more); r.steps > 5000 {
			r.t.Skip("too many readings")
		}
		ways = more
	}
	if m["$ref"] != nil {
		with(r.expand(r.defs["d"], value))
	}
	for _, b := range list(m["allOf"]) {
		with(r.expand(b, value))
	}
	for _, word := range []string{"anyOf", "oneOf"} {
		if m[word] != nil {
			with(r.union(m, word, value))
		}
	}
	if m["if"] != nil {
		r.conditional(m, value, with)
	}
	o, _ := value.(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(names(m["dependentSchemas"]))) {
		b := names(m["dependentSchemas"])[name]
		_, has := o[name]
		switch {
		case o == nil:
		case r.widest:
			with(append(r.expand(b, value), &atom{}))
		case has:
			with(r.expand(b, value))
		}
	}
	return ways
}

// applying are the branches of a union that govern a value.
func (r *reference) applying(m map[string]any, word string, value any) []any {
	union := list(m[word])
	applies := slices.DeleteFunc(slices.Clone(union), func(b any) bool { return r.widest || !r.holds(b, value) })
	if named := namedBy(m, word, value); named >= 0 && !r.widest && r.mayBe(union[named], value, 0) {
		if len(applies) == 0 || len(applies) > 1 && r.holds(union[named], value) {
			return []any{union[named]}
		}
	}
	if len(applies) == 0 {
		applies = slices.DeleteFunc(slices.Clone(union), func(b any) bool { return r.widest || !r.holds(lenient(b), value) })
	}
	if len(applies) == 0 {
		applies = slices.DeleteFunc(slices.Clone(union), func(b any) bool { return !r.mayBe(b, value, 0) })
	}
	return applies
}

// namedBy is the branch that the discriminator names, which is the one by $ref.
func namedBy(m map[string]any, word string, value any) int {
	o, _ := value.(map[string]any)
	if m["discriminator"] == nil || o["a"] != "s" || word == "anyOf" && m["oneOf"] != nil {
		return -1
	}
	return slices.IndexFunc(list(m[word]), func(b any) bool { return names(b)["$ref"] != nil })
}

func (r *reference) union(m map[string]any, word string, value any) []*atom {
	var options []*atom
	for _, b := range r.applying(m, word, value) {
		options = append(options, r.expand(b, value)...)
	}
	if len(options) == 0 {
		return []*atom{{}}
	}
	return options
}

func (r *reference) conditional(m map[string]any, value any, with func([]*atom)) {
	branch := func(word string) []*atom {
		if m[word] == nil {
			return []*atom{{}}
		}
		return r.expand(m[word], value)
	}
	condition := func() {
		var options []*atom
		for _, w := range r.expand(m["if"], value) {
			options = append(options, &atom{branches: []*atom{w}, condition: true})
		}
		with(options)
	}
	switch {
	case r.widest:
		condition()
		with(append(branch("then"), branch("else")...))
	case r.holds(m["if"], value):
		condition()
		with(branch("then"))
	default:
		with(branch("else"))
	}
}

func (a *atom) named(name string) (schemas []any) {
	if s, ok := names(a.schema["properties"])[name]; ok {
		schemas = append(schemas, s)
	}
	for pattern, s := range names(a.schema["patternProperties"]) {
		if regexp.MustCompile(pattern).MatchString(name) {
			schemas = append(schemas, s)
		}
	}
	return schemas
}

func refuses(s any) bool { return s == false }

func opens(a *atom, word string) bool { return a.schema[word] != nil && !refuses(a.schema[word]) }

func (a *atom) declares(name string) bool {
	own := a.named(name)
	return slices.ContainsFunc(own, func(s any) bool { return !refuses(s) }) ||
		len(own) == 0 && opens(a, "additionalProperties") || opens(a, "unevaluatedProperties") || a.branchDeclares(name)
}

func (a *atom) branchDeclares(name string) bool {
	return slices.ContainsFunc(a.branches, func(b *atom) bool { return b.declares(name) })
}

// closes is for a member that the atom does not declare.
func (a *atom) closes(name string) bool {
	if a.condition {
		return false
	}
	return len(names(a.schema["properties"]))+len(names(a.schema["patternProperties"])) > 0 ||
		refuses(a.schema["additionalProperties"]) || refuses(a.schema["unevaluatedProperties"]) ||
		slices.ContainsFunc(a.branches, func(b *atom) bool { return !b.declares(name) && b.closes(name) })
}

// shutsOut is for a member that the atom does not declare: a false stands
// against it.
func (a *atom) shutsOut(name string) bool {
	if a.condition {
		return false
	}
	return slices.ContainsFunc(a.named(name), refuses) || refuses(a.schema["additionalProperties"]) || refuses(a.schema["unevaluatedProperties"]) ||
		slices.ContainsFunc(a.branches, func(b *atom) bool { return !b.declares(name) && b.shutsOut(name) })
}

// requires tells whether the atom has the name among those that must be there.
func (a *atom) requires(name string) bool {
	return !a.condition && (slices.Contains(list(a.schema["required"]), any(name)) ||
		slices.ContainsFunc(a.branches, func(b *atom) bool { return b.requires(name) }))
}

func (r reading) keeps(name string) bool {
	switch {
	case slices.ContainsFunc(r, func(a *atom) bool { return a.declares(name) }):
		return true
	case slices.ContainsFunc(r, func(a *atom) bool { return a.shutsOut(name) }):
		return false
	}
	return slices.ContainsFunc(r, func(a *atom) bool { return a.requires(name) }) ||
		!slices.ContainsFunc(r, func(a *atom) bool { return a.closes(name) })
}

// members are the schemas by which an atom leads to a member.
func (a *atom) members(name string) []any {
	if a.condition {
		return nil
	}
	schemas := a.named(name)
	if rest := a.schema["additionalProperties"]; opens(a, "additionalProperties") && len(schemas) == 0 {
		schemas = append(schemas, rest)
	}
	if opens(a, "unevaluatedProperties") && !(&atom{schema: without(a.schema, "unevaluatedProperties"), branches: a.branches}).declares(name) {
		schemas = append(schemas, a.schema["unevaluatedProperties"])
	}
	for _, b := range a.branches {
		schemas = append(schemas, b.members(name)...)
	}
	return schemas
}

func without(m map[string]any, word string) map[string]any {
	m = maps.Clone(m)
	delete(m, word)
	return m
}

func (r *reference) evaluates(a *atom, i int, item any) bool {
	return i < len(list(a.schema["prefixItems"])) || a.schema["items"] != nil || a.schema["unevaluatedItems"] != nil ||
		a.schema["contains"] != nil && r.holds(a.schema["contains"], item) ||
		slices.ContainsFunc(a.branches, func(b *atom) bool { return r.evaluates(b, i, item) })
}

func (a *atom) shuts(i int) bool {
	return refuses(a.schema["items"]) && i >= len(list(a.schema["prefixItems"]))
}

func (r *reference) items(a *atom, i int, item any) []any {
	if a.condition {
		return nil
	}
	var schemas []any
	if prefix := list(a.schema["prefixItems"]); i < len(prefix) {
		schemas = append(schemas, prefix[i])
	} else if a.schema["items"] != nil && !refuses(a.schema["items"]) {
		schemas = append(schemas, a.schema["items"])
	}
	if opens(a, "unevaluatedItems") && !r.evaluates(&atom{schema: without(a.schema, "unevaluatedItems"), branches: a.branches}, i, item) {
		schemas = append(schemas, a.schema["unevaluatedItems"])
	}
	for _, b := range a.branches {
		schemas = append(schemas, r.items(b, i, item)...)
	}
	return schemas
}

// readings combines the ways in which several schemas hold together.
func (r *reference) readings(schemas []any, value any) []reading {
	ways := []reading{{}}
	forked := 0
	for _, s := range schemas {
		options := r.expand(s, value)
		if len(options) > 1 {
			forked++
		}
		if forked > 1 {
			r.mixed = true
		}
		var more []reading
		for _, w := range ways {
			for _, o := range options {
				more = append(more, append(slices.Clone(w), o))
			}
		}
		if r.steps += len(more); r.steps > 5000 {
			r.t.Skip("too many readings")
		}
		ways = more
	}
	return ways
}

// clean is what is left of a value whose place has several lists of schemas,
// of which one must hold.
func (r *reference) clean(alternatives [][]any, value any) any {
	switch value.(type) {
	case map[string]any, []any:
	default:
		return value
	}
	if !slices.ContainsFunc(alternatives, func(schemas []any) bool { return r.takes(schemas, value) }) {
		if _, is := value.([]any); is {
			return []any{}
		}
		return map[string]any{}
	}
	var ways []reading
	for _, schemas := range alternatives {
		ways = append(ways, r.readings(schemas, value)...)
	}
	if len(alternatives) > 1 && len(ways) > len(alternatives) {
		r.mixed = true
	}
	switch v := value.(type) {
	case map[string]any:
		left := map[string]any{}
		for name, member := range v {
			var next [][]any
			hidden := false
			for _, w := range ways {
				var schemas []any
				for _, a := range w {
					schemas = append(schemas, a.members(name)...)
				}
				hidden = hidden || slices.ContainsFunc(schemas, func(s any) bool { return r.hidden(s, member) })
				if w.keeps(name) {
					next = append(next, schemas)
				}
			}
			if len(next) > 0 && !hidden {
				left[name] = r.clean(next, member)
			}
		}
		return left
	case []any:
		left := []any{}
		for _, item := range v {
			hidden := slices.ContainsFunc(r.itemsOf(ways, len(left), item), func(schemas []any) bool {
				return slices.ContainsFunc(schemas, func(s any) bool { return r.hidden(s, item) })
			})
			if !hidden {
				left = append(left, r.clean(r.itemsOf(ways, len(left), item), item))
			}
		}
		return left
	}
	return value
}

func (r *reference) itemsOf(ways []reading, i int, item any) [][]any {
	open := slices.DeleteFunc(slices.Clone(ways), func(w reading) bool { return slices.ContainsFunc(w, func(a *atom) bool { return a.shuts(i) }) })
	if len(open) == 0 {
		open = ways
	}
	var next [][]any
	for _, w := range open {
		var schemas []any
		for _, a := range w {
			schemas = append(schemas, r.items(a, i, item)...)
		}
		next = append(next, schemas)
	}
	return next
}

// run cleans until nothing changes.
func (r *reference) run(schema, value any) any {
	r.widest = true
	value = r.clean([][]any{{schema}}, value)
	r.widest = false
	for {
		left := r.clean([][]any{{schema}}, value)
		before, _ := json.Marshal(value)
		after, _ := json.Marshal(left)
		if string(before) == string(after) {
			return value
		}
		value = left
	}
}
