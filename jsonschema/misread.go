package jsonschema

// Typed is what stands at a place, or on the way to it, as a schema has it.
type Typed struct {
	Place *Place
	Types Types
}

// Typed are the places and all places on the way to them, with the types that the
// schema gives them. It is for the time of loading: see Watch.Typed.
func (s *Schema) Typed(places []*Place) []Typed {
	var all []Typed
	known := make(map[string]bool)
	for _, p := range places {
		for n := range len(p.steps) + 1 {
			on := &Place{steps: p.steps[:n], stars: p.stars}
			if name := on.key(); !known[name] {
				known[name] = true
				all = append(all, Typed{on, s.TypesAt(on)})
			}
		}
	}
	return all
}

// key tells ways apart.
func (p *Place) key() string {
	var b []byte
	for _, s := range p.steps {
		b = append(b, '/')
		if s.any {
			b = append(b, '*', '/')
		}
		b = append(b, escape(s.name)...)
	}
	return string(b)
}

// misread tells whether a value is of another type than its place has. One that
// is null says nothing, whatever its type.
func (k *check) misread(typed []Typed) bool {
	for i := range typed {
		first := len(k.sight.reached)
		k.reach(typed[i].Place, 0)
		other := false
		for _, v := range k.sight.reached[first:] {
			types := typed[i].Types
			if types&Integer != 0 {
				types |= Number
			}
			other = other || k.kind(v)&^types != 0
		}
		k.sight.reached = k.sight.reached[:first]
		if other {
			return true
		}
	}
	return false
}

// kind is the type of a value; none for null.
func (k *check) kind(v int32) Types {
	switch k.values[v].kind {
	case 'n':
		return 0
	case 't', 'f':
		return Boolean
	case '"':
		return String
	case '[':
		return Array
	case '{':
		return Object
	}
	return Number
}
