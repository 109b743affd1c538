package xmlbody

import (
	"sallyport/jsonschema"
	"sallyport/source"
)

// Plan says how an element, and what it holds, is read into JSON: the XML Object
// of OpenAPI along a schema.
type Plan struct {
	name
	types  jsonschema.Types // of a text
	object bool
	array  bool
	// wrapped arrays have an element of their own; others are only the elements
	// of their items, repeated.
	wrapped   bool
	item      *Plan
	members   []member
	others    *Plan // members that are not named; nil where nothing is said of them
	free      bool  // an object that names nothing: what it holds is not looked at
	attribute bool
	text      bool // the text of its element
}

// member is a property of an object.
type member struct {
	property string
	plan     *Plan
}

// name is what an element or attribute must be called. Without a namespace
// declared any will do: a default namespace is not repeated on each schema.
type name struct {
	local, space string
}

func (n name) is(local, space string) bool {
	return n.local == local && (n.space == "" || n.space == space)
}

// unmapped are the words by which the members of an object depend on its value,
// so that elements cannot be read one by one.
var unmapped = [...]string{
	"oneOf", "anyOf", "if", "dependentSchemas", "patternProperties", "propertyNames", "prefixItems", "contains",
	"unevaluatedProperties", "unevaluatedItems", "$dynamicRef", "$recursiveRef", "minProperties", "maxProperties",
}

// maxPlans bounds what one schema is read into.
const maxPlans = 2_000

// planner makes plans.
type planner struct {
	follow func(*source.Node) *source.Node
	known  map[*source.Node]*Plan
	failed bool
}

// PlanOf makes the plan of a body; nil where what an element holds depends on
// its value, or its schema says nothing of it. Follow leads from a schema that
// is a reference to what says something, nil where there is nothing.
func PlanOf(schema *source.Node, follow func(*source.Node) *source.Node) *Plan {
	p := planner{follow: follow, known: map[*source.Node]*Plan{}}
	if schema == nil {
		return nil
	}
	plan := *p.plan(schema)
	if p.failed || plan.free || plan.attribute || plan.text {
		return nil
	}
	if plan.array && !plan.wrapped {
		return nil // there is one root, and nothing to repeat
	}
	if plan.local == "" {
		plan.local = componentName(schema.Str("$ref"))
	}
	return &plan
}

// componentName is the name of a root element that has no other: that of the
// component which the schema refers to (OpenAPI, XML Object: name).
func componentName(ref string) string {
	const components = "#/components/schemas/"
	if len(ref) > len(components) && ref[:len(components)] == components {
		return ref[len(components):]
	}
	return ""
}

func (p *planner) plan(n *source.Node) *Plan {
	if known := p.known[n]; known != nil {
		return known
	}
	plan := &Plan{}
	if len(p.known) >= maxPlans {
		p.failed = true
		return plan
	}
	p.known[n] = plan
	p.read(plan, n, 0)
	switch {
	case plan.array:
		if plan.item == nil {
			p.failed = true
		}
	case plan.object:
		plan.free = len(plan.members) == 0 && plan.others == nil
	case plan.types == 0:
		plan.types = jsonschema.String
	}
	return plan
}

// read takes a schema, and all that holds beside it, into a plan.
func (p *planner) read(plan *Plan, n *source.Node, depth int) {
	if n == nil || n.Kind != source.Map || depth > 20 {
		p.failed = p.failed || n == nil || depth > 20
		return
	}
	for _, word := range unmapped {
		if n.Has(word) {
			p.failed = true
		}
	}
	if n.Has("$ref") {
		p.read(plan, p.follow(n), depth+1)
		// what stands beside $ref comes after it, and is the nearer one
	}
	if all := n.Get("allOf"); all != nil && all.Kind == source.List {
		for _, branch := range all.Items {
			p.read(plan, branch, depth+1)
		}
	}
	p.readTypes(plan, n)
	p.readXML(plan, n.Get("xml"))
	if items := n.Get("items"); items != nil {
		plan.item = p.plan(items)
	}
	if properties := n.Get("properties"); properties != nil {
		for i := range properties.Members {
			plan.members = append(plan.members, member{properties.Members[i].Name, p.plan(properties.Members[i].Value)})
		}
	}
	if others := n.Get("additionalProperties"); others != nil && others.Kind == source.Map {
		plan.others = p.plan(others)
	}
}

var typesByName = map[string]jsonschema.Types{
	"string": jsonschema.String, "number": jsonschema.Number | jsonschema.Integer, "integer": jsonschema.Integer, "boolean": jsonschema.Boolean, "null": jsonschema.Null,
}

func (p *planner) readTypes(plan *Plan, n *source.Node) {
	var names []string
	switch t := n.Get("type"); {
	case t == nil:
	case t.Kind == source.List:
		for _, item := range t.Items {
			names = append(names, item.Text)
		}
	default:
		names = append(names, t.Text)
	}
	for _, name := range names {
		plan.object = plan.object || name == "object"
		plan.array = plan.array || name == "array"
		plan.types |= typesByName[name]
	}
	if n.True("nullable") {
		plan.types |= jsonschema.Null
	}
	if names == nil {
		plan.object = plan.object || n.Has("properties") || n.Get("additionalProperties").Has("type")
		plan.array = plan.array || n.Has("items")
	}
	if kinds := plan.types &^ jsonschema.Null; (plan.object || plan.array) && kinds != 0 || plan.object && plan.array {
		p.failed = true // an element could be either
	}
}

// readXML takes the XML Object; nodeType is that of 3.2, attribute and wrapped
// those before it.
func (p *planner) readXML(plan *Plan, n *source.Node) {
	if n == nil {
		return
	}
	if local := n.Str("name"); local != "" {
		plan.local = local
	}
	if space := n.Str("namespace"); space != "" {
		plan.space = space
	}
	plan.attribute = plan.attribute || n.True("attribute")
	plan.wrapped = plan.wrapped || n.True("wrapped")
	switch n.Str("nodeType") {
	case "attribute":
		plan.attribute = true
	case "text", "cdata":
		plan.text = true
	case "element":
		plan.wrapped = true // of an array; elsewhere it says nothing new
	case "none":
		p.failed = p.failed || !plan.array
	}
}

// named is what a member's elements are called: its own name, or else that of
// the property. Of an array that is not wrapped it is the name of the items
// that counts.
func (m *member) named() name {
	plan := m.plan
	if plan.array && !plan.wrapped {
		plan = plan.item
		if plan.local == "" {
			return name{m.property, plan.space}
		}
	}
	return plan.or(m.property)
}

// or is the name, or another where there is none.
func (n name) or(local string) name {
	if n.local == "" {
		n.local = local
	}
	return n
}

// Root is how the root must be called, for a person.
func (p *Plan) Root() string {
	if p.local == "" {
		return "one element"
	}
	return "the element " + p.local
}
