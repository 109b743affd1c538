package jsonschema

import "sallyport/source"

func (b *builder) types(v *source.Node) {
	names := []*source.Node{v}
	if v.Kind == source.List && b.dialect != OpenAPI30 {
		names = v.Items
	}
	for _, name := range names {
		t, ok := typeOf(name.Text)
		if name.Kind != source.String || !ok || t == Null && b.dialect == OpenAPI30 {
			remedy := "write null, boolean, integer, number, string, array or object"
			if b.dialect == OpenAPI30 {
				remedy = "write one of boolean, integer, number, string, array, object, and nullable: true where null may come"
			}
			b.wrong(name, remedy, "this is no type of %v", b.dialect)
			continue
		}
		if b.s.types&t != 0 {
			b.wrong(name, "name each type once", "the type %s stands twice", name.Text) // 2020-12 validation §6.1.1
		}
		b.s.types |= t
	}
	if v.Kind == source.List && len(v.Items) == 0 {
		b.wrong(v, "name a type", "no value has none of the types")
	}
}
