package jsonschema

// Shape is what the values of a schema can look like: what it takes to decode
// text, such as a parameter, into JSON.
type Shape struct {
	// Types that a value may have; all of them where the schema says nothing.
	Types Types
	// Items is the shape of the items of an array; nil: anything.
	Items *Shape
	// Properties are the shapes of the members that are named.
	Properties map[string]*Shape
	// Additional is the shape of other members; nil: anything, or none.
	Additional *Shape
}

// Bounds of a shape. Parameters are flat: what lies deeper takes any form.
const (
	maxShapeDepth = 5
	maxShapes     = 5_000
)

// Shape computes the shape through $ref, allOf, anyOf and oneOf. It is for the
// time of loading: each call computes it anew. It is a tree, cut off where it
// would go too deep.
func (s *Schema) Shape() *Shape {
	left := maxShapes
	return s.root.shape(0, 0, &left)
}

// Shape is that of a schema of the compiler. Schemas that are no more than
// references to one have the same.
func (c *Compiler) Shape(s *Schema) *Shape {
	to := s.root.target()
	known := c.shapes[to]
	if known == nil {
		known = s.Shape()
		c.shapes[to] = known
	}
	return known
}

func (s *schema) shape(depth, hops int, left *int) *Shape {
	*left--
	if s.anything || depth > maxShapeDepth || hops > 50 || *left < 0 {
		return &Shape{Types: AnyType}
	}
	if len(s.refs) == 1 && s.onlyRefers() {
		return s.refs[0].shape(depth, hops+1, left)
	}
	sh := &Shape{Types: s.types}
	if s.types == 0 {
		sh.Types = AnyType
	}
	if s.never {
		sh.Types = 0
	}
	if s.types == 0 && s.enum != nil {
		sh.Types = enumTypes(s.enum)
	}
	if o := s.object; o != nil {
		for i, name := range o.lexicon.words {
			if sh.Properties == nil {
				sh.Properties = map[string]*Shape{}
			}
			sh.Properties[name] = o.properties[i].schema.shape(depth+1, 0, left)
		}
		if o.additional != nil {
			sh.Additional = o.additional.shape(depth+1, 0, left)
		}
	}
	if s.array != nil && s.array.items != nil {
		sh.Items = s.array.items.shape(depth+1, 0, left)
	}
	s.conjuncts(func(b *schema) { sh = both(sh, b.shape(depth, hops+1, left)) })
	for _, union := range [2][]*schema{s.anyOf, s.oneOf} {
		if len(union) == 0 {
			continue
		}
		any := union[0].shape(depth, hops+1, left)
		for _, b := range union[1:] {
			any = either(any, b.shape(depth, hops+1, left))
		}
		sh = both(sh, any)
	}
	return sh
}

// onlyRefers tells whether a schema is nothing but its references.
func (s *schema) onlyRefers() bool {
	return !s.never && s.types == 0 && s.enum == nil && s.number == nil && s.text == nil && s.object == nil && s.array == nil &&
		s.allOf == nil && s.anyOf == nil && s.oneOf == nil && s.not == nil && s.when == nil
}

func enumTypes(e *enum) Types {
	var t Types
	for _, n := range e.values {
		t |= nodeType(n)
	}
	return t
}

// both is the shape of what has both shapes.
func both(a, b *Shape) *Shape {
	return merge(a, b, a.Types.intersect(b.Types), both)
}

// either is the shape of what has one of them.
func either(a, b *Shape) *Shape {
	return merge(a, b, a.Types|b.Types, either)
}

func merge(a, b *Shape, types Types, with func(a, b *Shape) *Shape) *Shape {
	sh := &Shape{Types: types}
	pair := func(x, y *Shape) *Shape {
		switch {
		case x == nil:
			return y
		case y == nil:
			return x
		}
		return with(x, y)
	}
	sh.Items = pair(a.Items, b.Items)
	sh.Additional = pair(a.Additional, b.Additional)
	if len(a.Properties)+len(b.Properties) > 0 {
		sh.Properties = make(map[string]*Shape, len(a.Properties)+len(b.Properties))
		for name, p := range a.Properties {
			sh.Properties[name] = p
		}
		for name, p := range b.Properties {
			sh.Properties[name] = pair(sh.Properties[name], p)
		}
	}
	return sh
}
