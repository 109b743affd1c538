package openapi

import (
	"slices"
	"strings"

	"sallyport/source"
)

// schema looks at the form of a schema: known keywords with values of the
// right kind. What it means is for the schema compiler.
func (w *walker) schema(n *source.Node) {
	if n.Kind == source.Bool && w.version >= V31 {
		return
	}
	if n.Kind != source.Map {
		w.wrong(n.Position(), "", "a schema must be a map, this is %s", n.Kind)
		return
	}
	if w.version == V30 {
		if ref := n.Get("$ref"); ref != nil {
			w.refSiblings(n)
			w.schemaRef("$ref", n, ref)
			return
		}
	}
	outer := w.foreign
	defer func() { w.foreign = outer }()
	if dialect := n.Get("$schema"); dialect != nil && dialect.Kind == source.String && w.version >= V31 {
		if !w.namesDialect(dialect) {
			return
		}
	}
	for i := range n.Members {
		m := &n.Members[i]
		k, known := w.keywords[m.Name]
		if w.foreign {
			w.foreignSchemas(m)
		}
		switch {
		case known:
			w.keyword(k, n, m)
		case !w.foreign && !strings.HasPrefix(m.Name, "x-"):
			w.unknownKeyword(n.MemberPosition(i), m.Name)
		}
	}
}

// refSiblings warns of what 3.0 ignores beside $ref and someone may rely on.
func (w *walker) refSiblings(n *source.Node) {
	for i := range n.Members {
		switch name := n.Members[i].Name; name {
		case "$ref", "title", "description", "example", "deprecated", "externalDocs", "xml", "default":
		default:
			if !strings.HasPrefix(name, "x-") {
				w.warn(n.MemberPosition(i), "combine both with allOf", "%s beside $ref is ignored in OpenAPI 3.0", name)
			}
		}
	}
}

func (w *walker) unknownKeyword(at source.Position, name string) {
	remedy := w.files.meant(name, w.keywordNames)
	if w.version == V30 {
		if _, later := keywords(V31)[name]; later {
			remedy = "OpenAPI 3.1 has it, this document says 3.0"
		}
		w.wrong(at, remedy, "a schema has no keyword %q", name)
		return
	}
	// JSON Schema lets unknown keywords stand; a likely slip deserves a word.
	if remedy != "" {
		w.warn(at, remedy, "the keyword %q is unknown and checks nothing", name)
	}
}

func (w *walker) keyword(k keyword, n *source.Node, m *source.Member) {
	v, name := m.Value, m.Name
	if w.foreign && !holdsSchemas(k, v) {
		return
	}
	switch k {
	case textValue:
		w.is(v, source.String, name)
	case flagValue:
		w.is(v, source.Bool, name)
	case numberValue:
		w.is(v, source.Number, name)
	case countValue:
		if w.is(v, source.Number, name) && !isCount(v.Text) {
			w.wrong(v.Position(), "", "%s must be a whole number from 0 on", name)
		}
	case positiveValue:
		if w.is(v, source.Number, name) && !isPositive(v.Text) {
			w.wrong(v.Position(), "", "%s must be above 0", name)
		}
	case boundValue:
		w.bound(v, name)
	case typeValue:
		w.typeKeyword(v)
	case textsValue:
		w.texts(v, name)
	case listValue:
		w.is(v, source.List, name)
	case patternValue:
		if w.is(v, source.String, name) {
			w.pattern(v.Position(), v.Text)
		}
	case textListsValue:
		if w.is(v, source.Map, name) {
			for i := range v.Members {
				w.texts(v.Members[i].Value, v.Members[i].Name)
			}
		}
	case refValue:
		w.schemaRef(name, n, v)
	case discriminatorValue:
		w.object(aDiscriminator, v)
		w.mapping(n, v)
	case xmlValue:
		w.object(anXML, v)
	case examplesValue:
		if v.Kind != source.List {
			w.warn(v.Position(), "", "examples of a schema must be a list, this is %s", v.Kind)
		}
	case docsValue:
		w.object(someDocs, v)
	default:
		w.subschemas(k, v, name)
	}
}

// holdsSchemas tells whether a keyword of an older draft has schemas in it, in
// the form that 2020-12 has them too.
func holdsSchemas(k keyword, v *source.Node) bool {
	switch k {
	case schemaValue, openValue, namedValue, patternsValue:
		return v.Kind == source.Map
	case schemasValue:
		return v.Kind == source.List
	}
	return k == refValue
}

func (w *walker) subschemas(k keyword, v *source.Node, name string) {
	switch k {
	case schemaValue:
		w.object(aSchema, v)
	case openValue:
		if v.Kind != source.Bool {
			w.object(aSchema, v)
		}
	case schemasValue:
		if !w.is(v, source.List, name) {
			return
		}
		if len(v.Items) == 0 {
			w.wrong(v.Position(), "leave it out", "%s must have at least one schema", name)
		}
		for _, item := range v.Items {
			w.object(aSchema, item)
		}
	case namedValue, patternsValue:
		if !w.is(v, source.Map, name) {
			return
		}
		for i := range v.Members {
			if k == patternsValue {
				w.pattern(v.MemberPosition(i), v.Members[i].Name)
			}
			w.object(aSchema, v.Members[i].Value)
		}
	}
}

func (w *walker) bound(v *source.Node, name string) {
	switch {
	case w.version == V30 && v.Kind == source.Number:
		w.wrong(v.Position(), "in OpenAPI 3.0 it is true or false beside minimum or maximum", "%s must be a boolean, this is a number", name)
	case w.version == V30:
		w.is(v, source.Bool, name)
	case v.Kind == source.Bool:
		w.wrong(v.Position(), "since OpenAPI 3.1 it is the bound itself", "%s must be a number, this is a boolean", name)
	default:
		w.is(v, source.Number, name)
	}
}

func (w *walker) typeKeyword(v *source.Node) {
	switch {
	case v.Kind == source.String:
		w.typeName(v)
	case v.Kind == source.List && w.version >= V31:
		for _, item := range v.Items {
			if w.is(item, source.String, "an item of type") {
				w.typeName(item)
			}
		}
	case v.Kind == source.List:
		w.wrong(v.Position(), "nullable: true adds null, oneOf other types", "type must be a single name in OpenAPI 3.0")
	case v.Kind == source.Null:
		w.wrong(v.Position(), "put null in quotes", "type must be a string, this is null")
	default:
		w.is(v, source.String, "type")
	}
}

func (w *walker) typeName(v *source.Node) {
	names := typeNames(w.version)
	if slices.Contains(names, v.Text) {
		return
	}
	remedy := w.files.meant(v.Text, names)
	switch {
	case v.Text == "null":
		remedy = "write nullable: true"
	case v.Text == "file":
		remedy = "write type: string and format: binary"
	case remedy == "":
		remedy = "there is " + strings.Join(names, ", ")
	}
	w.wrong(v.Position(), remedy, "there is no type %q", v.Text)
}

func (w *walker) pattern(at source.Position, text string) {
	if fault := patternFault(text); fault != "" {
		w.wrong(at, "patterns are regular expressions of ECMA-262", "the pattern is broken: %s", fault)
	}
}

func (w *walker) schemaRef(name string, n, ref *source.Node) {
	if !w.is(ref, source.String, name) {
		return
	}
	p := pending{from: n, ref: ref.Text, kind: aSchema, unit: w.unit}
	if name != "$ref" {
		p.at = ref
	}
	w.queue = append(w.queue, p)
}

// mapping follows the schemas that a discriminator names: by component, or by
// reference. OpenAPI leaves open what a name that is neither means.
func (w *walker) mapping(n, discriminator *source.Node) {
	mapping := discriminator.Get("mapping")
	if mapping == nil || mapping.Kind != source.Map {
		return
	}
	schemas := w.doc.root.Get("components").Get("schemas")
	for i := range mapping.Members {
		v := mapping.Members[i].Value
		if v.Kind != source.String || schemas != nil && w.files.member(schemas, v.Text) != nil {
			continue
		}
		w.queue = append(w.queue, pending{from: n, at: v, ref: v.Text, kind: aSchema, unit: w.unit, mild: true})
	}
}
