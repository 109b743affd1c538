package jsonschema

import "slices"

// CanHave tells whether a body that holds to the schema can have a value at a
// place: one that is declared there (see Use.Closed), in whatever branch, and
// that the direction does not hide; any, under an object that names no members
// or a schema that says nothing. It is for the time of loading, so that a rule
// that names what cannot be is a mistake. A place that would take long to be
// followed can be had.
func (s *Schema) CanHave(p *Place) bool { return s.TypesAt(p) != 0 }

// TypesAt are the types of the values that a body can have at a place, in
// whatever branch; none where CanHave says no. Of a place that would take long
// to be followed it is every type.
func (s *Schema) TypesAt(p *Place) Types {
	w := way{left: maxWays}
	return w.leads(nil, []*schema{s.root}, p.steps)
}

// maxWays bounds how many schemas are followed for one place.
const maxWays = 50_000

// way follows a place through schemas.
type way struct{ left int }

// leads are the types that a place has in a value that some schemas govern
// together. Of those that are flat the branches were followed already.
func (w *way) leads(flat, fresh []*schema, steps []step) (found Types) {
	if w.left--; w.left < 0 {
		return AnyType
	}
	flat, unions := flattened(slices.Clone(flat), fresh)
	types := AnyType
	for _, s := range flat {
		if s.never {
			return 0
		}
		types = types.intersect(s.takes())
	}
	if types == 0 {
		return 0
	}
	if len(steps) == 0 {
		return types & w.within(flat, unions)
	}
	for _, next := range declared(flat, steps[0], types) {
		found |= w.leads(nil, next, steps[1:])
	}
	for _, union := range unions {
		for _, b := range union.branches {
			if found == AnyType {
				return found
			}
			found |= w.leads(flat, []*schema{b}, steps)
		}
	}
	if found == 0 && types&(Object|Array) != 0 && w.takesAny(flat, unions, steps[0], types) {
		return AnyType
	}
	return found
}

// within are the types that the branches leave to the end of a way.
func (w *way) within(flat []*schema, unions []choice) Types {
	types := AnyType
	for _, union := range unions {
		if union.none {
			continue
		}
		some := Types(0)
		for _, b := range union.branches {
			some |= w.leads(flat, []*schema{b}, nil)
		}
		types = types.intersect(some)
	}
	return types
}

// flattened adds schemas and the branches that hold with them in any case, and
// gives the branches of which some do.
func flattened(flat, fresh []*schema) (all []*schema, unions []choice) {
	for len(fresh) > 0 {
		s := fresh[0]
		fresh = fresh[1:]
		if slices.Contains(flat, s) {
			continue
		}
		flat = append(flat, s)
		s.conjuncts(func(b *schema) { fresh = append(slices.Clip(fresh), b) })
		unions = append(unions, s.choices()...)
	}
	return flat, unions
}

// choice is branches of which it depends on the value which hold.
type choice struct {
	branches []*schema
	none     bool // perhaps none of them
}

func (s *schema) choices() []choice {
	var all []choice
	for _, union := range [2][]*schema{s.anyOf, s.oneOf} {
		if union != nil {
			all = append(all, choice{union, false})
		}
	}
	if s.when != nil {
		branches := slices.DeleteFunc([]*schema{s.when, s.then, s.other}, func(b *schema) bool { return b == nil })
		all = append(all, choice{branches, s.then == nil || s.other == nil})
	}
	if s.object != nil {
		for i := range s.object.dependent {
			if b := s.object.dependent[i].schema; b != nil {
				all = append(all, choice{[]*schema{b}, true})
			}
		}
	}
	return all
}

// declared are the schemas that govern what a step leads to, all those of a
// list together.
func declared(flat []*schema, to step, types Types) [][]*schema {
	var ways [][]*schema
	var together []*schema
	for _, s := range flat {
		if o := s.object; o != nil && types&Object != 0 {
			if to.any {
				ways = append(ways, o.members()...)
			} else {
				together = append(together, o.of(to.name)...)
			}
		}
		if a := s.array; a != nil && types&Array != 0 {
			ways = append(ways, a.of(to)...)
		}
	}
	if together != nil {
		ways = append(ways, together)
	}
	return ways
}

// members are the schemas of all members, each by itself.
func (r *objectRules) members() [][]*schema {
	var list [][]*schema
	for i := range r.properties {
		if r.properties[i].schema.hiddenAs == "" {
			list = append(list, []*schema{r.properties[i].schema})
		}
	}
	for i := range r.patterns {
		if r.patterns[i].schema.hiddenAs == "" {
			list = append(list, []*schema{r.patterns[i].schema})
		}
	}
	return append(list, r.rest()...)
}

// rest are the schemas of members that are not named.
func (r *objectRules) rest() [][]*schema {
	var list [][]*schema
	if r.additional != nil && r.additional.hiddenAs == "" {
		list = append(list, []*schema{r.additional})
	}
	if r.unexpected != nil && !r.unexpected.never {
		list = append(list, []*schema{r.unexpected})
	}
	return list
}

// of are the schemas of a member.
func (r *objectRules) of(name string) []*schema {
	var list []*schema
	known := false
	if p := r.propertyOf(name); p != nil {
		known = true
		if p.schema.hiddenAs == "" {
			list = append(list, p.schema)
		}
	}
	for i := range r.patterns {
		if p := &r.patterns[i]; p.pattern.Match(name) {
			known = true
			if p.schema.hiddenAs == "" {
				list = append(list, p.schema)
			}
		}
	}
	if !known {
		for _, rest := range r.rest() {
			list = append(list, rest...)
		}
	}
	return list
}

// of are the schemas of items, each by itself.
func (r *arrayRules) of(to step) [][]*schema {
	var list [][]*schema
	for i, s := range r.prefix {
		if to.any || to.index == i {
			list = append(list, []*schema{s})
		}
	}
	if to.any || to.index >= len(r.prefix) {
		for _, s := range [...]*schema{r.items, r.unexpected} {
			if s != nil && !s.never {
				list = append(list, []*schema{s})
			}
		}
	}
	return list
}

// takesAny tells whether nothing is said of what a step leads to: no schema
// names members, or says of items what they are, or requires the name and
// declares it nowhere; and where branches may hold, one of them does as little.
func (w *way) takesAny(flat []*schema, unions []choice, to step, types Types) bool {
	object, array := types&Object != 0, types&Array != 0 && (to.any || to.index >= 0)
	for _, s := range flat {
		if o := s.object; o != nil && (o.namesAny() || o.shut || o.unexpected != nil) {
			object = object && o.requires([]byte(to.name)) && o.propertyOf(to.name) == nil && !o.shut
		}
		if a := s.array; a != nil && (a.items != nil || a.shut || to.index >= 0 && to.index < len(a.prefix) || a.unexpected != nil) {
			array = false
		}
	}
	if !object && !array {
		return false
	}
	for _, union := range unions {
		if !union.none && !slices.ContainsFunc(union.branches, func(b *schema) bool {
			if w.left--; w.left < 0 {
				return true
			}
			all, more := flattened(slices.Clone(flat), []*schema{b})
			both := types
			for _, s := range all {
				both = both.intersect(s.takes())
			}
			return w.takesAny(all, more, to, both)
		}) {
			return false
		}
	}
	return true
}
