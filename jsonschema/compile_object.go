package jsonschema

import (
	"sallyport/source"
)

func (b *builder) object() *objectRules {
	if b.s.object == nil {
		b.s.object = &objectRules{maximum: -1}
	}
	return b.s.object
}

func (b *builder) objectKeyword(keyword string, v *source.Node) {
	o := b.object()
	switch keyword {
	case "minProperties":
		o.minimum = b.count(keyword, v)
	case "maxProperties":
		o.maximum = b.count(keyword, v)
	case "required":
		for _, name := range b.names(keyword, v) {
			o.required = append(o.required, requirement{name: name})
		}
	case "properties":
		b.properties(v)
	case "patternProperties":
		b.patternProperties(v)
	case "additionalProperties":
		if v.Kind == source.Bool {
			o.shut = v.Text == "false"
			if !o.shut {
				o.additional = &schema{id: b.c.nextID(), node: v, anything: true}
			}
			return
		}
		o.additional = b.child(v)
	case "propertyNames":
		o.names = b.child(v)
	case "unevaluatedProperties":
		o.unexpected = b.child(v)
	case "dependentRequired", "dependencies", "dependentSchemas":
		b.dependencies(keyword, v)
	}
}

// isMap refuses a keyword that is no map.
func (b *builder) isMap(keyword string, v *source.Node) bool {
	if v.Kind != source.Map {
		b.wrong(v, "write a map", "%s is a map", keyword)
		return false
	}
	return true
}

func (b *builder) properties(v *source.Node) {
	if !b.isMap("properties", v) {
		return
	}
	o := b.s.object
	o.properties = make([]property, len(v.Members))
	names := make([]string, len(v.Members))
	for i := range v.Members {
		names[i] = v.Members[i].Name
		o.properties[i] = property{schema: b.child(v.Members[i].Value)}
	}
	o.lexicon = newLexicon(names)
}

func (b *builder) patternProperties(v *source.Node) {
	if !b.isMap("patternProperties", v) {
		return
	}
	for i := range v.Members {
		member := &v.Members[i]
		child := b.child(member.Value)
		if p := b.pattern("patternProperties", member.Value, member.Name); p != nil {
			b.s.object.patterns = append(b.s.object.patterns, patternProperty{pattern: p, schema: child})
		}
	}
}

// names reads a list of member names.
func (b *builder) names(keyword string, v *source.Node) []string {
	if v.Kind != source.List {
		b.wrong(v, "write a list of names", "%s is a list of names", keyword)
		return nil
	}
	var names []string
	for _, item := range v.Items {
		if item.Kind != source.String {
			b.wrong(item, "write a name", "a name is a string")
			continue
		}
		names = append(names, item.Text)
	}
	return names
}

func (b *builder) dependencies(keyword string, v *source.Node) {
	if !b.isMap(keyword, v) {
		return
	}
	for i := range v.Members {
		member := &v.Members[i]
		d := dependency{name: member.Name, keyword: keyword}
		if keyword == "dependentRequired" || keyword == "dependencies" && member.Value.Kind == source.List {
			d.required = b.names(keyword, member.Value)
		} else {
			d.schema = b.child(member.Value)
		}
		b.s.object.dependent = append(b.s.object.dependent, d)
	}
}

func (b *builder) array() *arrayRules {
	if b.s.array == nil {
		b.s.array = &arrayRules{maximum: -1, minimumContains: -1, maxContains: -1}
	}
	return b.s.array
}

func (b *builder) arrayKeyword(keyword string, v *source.Node) {
	a := b.array()
	switch keyword {
	case "minItems":
		a.minimum = b.count(keyword, v)
	case "maxItems":
		a.maximum = b.count(keyword, v)
	case "uniqueItems":
		if v.Kind != source.Bool {
			b.wrong(v, "write true or false", "uniqueItems is a boolean")
		}
		a.unique = v.Text == "true"
	case "prefixItems":
		b.prefix(v)
	case "items":
		if v.Kind == source.List && b.dialect.itemLists() {
			b.prefix(v)
			return
		}
		b.rest(keyword, v)
	case "additionalItems":
		// It says nothing beside an items that is one schema (draft-07 §6.4.2).
		if items := b.n.Get("items"); items != nil && items.Kind == source.List {
			b.rest(keyword, v)
		}
	case "contains":
		a.contains = b.child(v)
		a.judgesAlone = b.dialect == Draft2019
	case "minContains":
		a.minimumContains = b.count(keyword, v)
	case "maxContains":
		a.maxContains = b.count(keyword, v)
	case "unevaluatedItems":
		a.unexpected = b.child(v)
	}
}

func (b *builder) prefix(v *source.Node) {
	if v.Kind != source.List {
		b.wrong(v, "write a list of schemas", "prefixItems is a list of schemas")
		return
	}
	for _, item := range v.Items {
		b.s.array.prefix = append(b.s.array.prefix, b.child(item))
	}
}

func (b *builder) rest(keyword string, v *source.Node) {
	b.s.array.itemsKeyword = keyword
	if v.Kind == source.Bool && (keyword == "additionalItems" || b.dialect.booleans()) {
		if v.Text == "false" {
			b.s.array.shut = true
			return
		}
		b.s.array.items = &schema{id: b.c.nextID(), node: v, anything: true}
		return
	}
	b.s.array.items = b.child(v)
}

// discriminator notes which branch each of its values means.
func (b *builder) discriminator(d *source.Node) {
	name := d.Str("propertyName")
	branches := b.n.Get("oneOf")
	if branches == nil {
		branches = b.n.Get("anyOf")
	}
	if branches == nil {
		b.s.gateNotes = append(b.s.gateNotes, Note{"discriminator",
			"without oneOf or anyOf beside it: members that only derived schemas declare are not declared here", b.n.NamePosition("discriminator")})
	}
	if name == "" || branches == nil || branches.Kind != source.List {
		return
	}
	union := b.s.oneOf
	if union == nil {
		union = b.s.anyOf
	}
	if len(union) != len(branches.Items) {
		return
	}
	choice := &discriminator{name: name, union: union, branches: map[string]int{}}
	nodes := make([]*source.Node, len(branches.Items))
	for i, item := range branches.Items {
		ref := item.Str("$ref")
		if ref == "" {
			continue
		}
		choice.branches[lastToken(ref)] = i
		if t, err := b.c.follow(item, b.scope.res, ref); err == nil {
			nodes[i] = t.node
		}
	}
	if mapping := d.Get("mapping"); mapping != nil && mapping.Kind == source.Map {
		b.mapping(choice, mapping, nodes)
	}
	if len(choice.branches) > 0 {
		b.s.choice = choice
	}
}

// mapping adds the values that are mapped; a mapped branch keeps no implicit name.
func (b *builder) mapping(choice *discriminator, mapping *source.Node, nodes []*source.Node) {
	mapped := map[string]int{}
	covered := map[int]bool{}
	for i := range mapping.Members {
		m := &mapping.Members[i]
		branch, ok := choice.branches[m.Value.Text]
		if !ok {
			t, err := b.c.follow(m.Value, b.scope.res, m.Value.Text)
			if err != nil {
				b.note("discriminator", "the mapping of %q leads nowhere", m.Name)
				continue
			}
			branch, ok = indexOf(nodes, t.node)
		}
		if ok {
			mapped[m.Name], covered[branch] = branch, true
		}
	}
	for name, branch := range choice.branches {
		if covered[branch] {
			delete(choice.branches, name)
		}
	}
	for name, branch := range mapped {
		choice.branches[name] = branch
	}
}
