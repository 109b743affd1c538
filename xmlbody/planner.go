package xmlbody

import (
	"slices"

	"sallyport/jsonschema"
	"sallyport/source"
)

// unmapped are the words by which the members of an object depend on its value,
// so that elements cannot be read one by one.
var unmapped = [...]string{
	"oneOf", "anyOf", "if", "dependentSchemas", "patternProperties", "propertyNames", "prefixItems", "contains",
	"unevaluatedProperties", "unevaluatedItems", "$dynamicRef", "$recursiveRef", "minProperties", "maxProperties",
}

// read are the words that a plan is made of, beside $ref.
var read = [...]string{"type", "nullable", "xml", "items", "properties", "additionalProperties", "allOf"}

// maxSteps bounds what the plans of one document take: a step is a schema that
// is read, once for each that inherits from it, or one of its members, of some
// hundred bytes.
const maxSteps = 300_000

// Planner makes the plans of one document. A schema that several operations
// refer to has one plan for all, and all plans together have a budget.
type Planner struct {
	follow func(*source.Node) *source.Node
	known  map[*source.Node]*Plan
	users  map[*Plan][]*Plan // those that hold a plan
	failed map[*Plan]bool    // those that cannot be read, or hold one that cannot
	fresh  []*Plan           // those that have no tables yet
	steps  int
}

// NewPlanner begins with no plans. Follow leads from a schema that is a
// reference to what says something, nil where there is nothing.
func NewPlanner(follow func(*source.Node) *source.Node) *Planner {
	return &Planner{follow: follow, known: map[*source.Node]*Plan{}, users: map[*Plan][]*Plan{}, failed: map[*Plan]bool{}}
}

// Plan is the plan of a body; nil where what an element holds depends on its
// value, or its schema says nothing of it. The error is source.Mistakes, where
// the plans of the document are too large together.
func (p *Planner) Plan(schema *source.Node) (*Plan, error) {
	if schema == nil {
		return nil, nil
	}
	shared := p.plan(schema)
	for _, plan := range p.fresh {
		if !p.failed[plan] {
			plan.index()
		}
	}
	p.fresh = p.fresh[:0]
	if p.steps > maxSteps {
		var mistakes source.Mistakes
		mistakes.Add(schema.Position(), "refer to a schema in place of repeating it, nest allOf less, or take less of it into one document", "the schemas that say how XML is read are too large together")
		return nil, mistakes
	}
	if p.failed[shared] || shared.free || shared.attribute || shared.text || shared.repeats() {
		return nil, nil // a list would have no root, or several
	}
	if local := componentName(schema.Str("$ref")); shared.local == "" && local != "" {
		named := *shared
		named.local = local
		return &named, nil
	}
	return shared, nil
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

// plan is the plan of a schema, which it may share with what it refers to.
func (p *Planner) plan(n *source.Node) *Plan {
	if known := p.known[n]; known != nil {
		return known
	}
	plan := &Plan{}
	for range maxReferences {
		target := p.target(n)
		if target == nil {
			break
		}
		if n = target; p.known[n] != nil {
			return p.known[n]
		}
	}
	p.known[n], p.fresh = plan, append(p.fresh, plan)
	p.read(plan, n, 0)
	switch {
	case plan.array:
		if plan.item == nil {
			p.fail(plan)
		}
	case plan.object:
		plan.free = len(plan.members) == 0 && plan.others == nil
	case plan.types == 0:
		plan.types = jsonschema.String
	}
	return plan
}

// maxReferences is how many references are followed one after the other.
const maxReferences = 16

// target is what a schema refers to that says nothing else of XML.
func (p *Planner) target(n *source.Node) *source.Node {
	says := func(m source.Member) bool {
		return slices.Contains(read[:], m.Name) || slices.Contains(unmapped[:], m.Name)
	}
	if n == nil || !n.Has("$ref") || slices.ContainsFunc(n.Members, says) {
		return nil
	}
	if target := p.follow(n); target != n {
		return target
	}
	return nil
}

// held is the plan of what a plan holds.
func (p *Planner) held(by *Plan, n *source.Node) *Plan {
	plan := p.plan(n)
	p.users[plan] = append(p.users[plan], by)
	if p.failed[plan] {
		p.fail(by)
	}
	return plan
}

// fail says that a plan cannot be read, and so none that holds it.
func (p *Planner) fail(plan *Plan) {
	for left := []*Plan{plan}; len(left) > 0; {
		plan = left[len(left)-1]
		left = left[:len(left)-1]
		if !p.failed[plan] {
			p.failed[plan] = true
			left = append(left, p.users[plan]...)
		}
	}
}

// spend takes steps out of the budget of the document.
func (p *Planner) spend(steps int) bool {
	p.steps = min(p.steps+steps, maxSteps+1)
	return p.steps <= maxSteps
}

// read takes a schema, and all that holds beside it, into a plan.
func (p *Planner) read(plan *Plan, n *source.Node, depth int) {
	if !p.spend(1) || n == nil || n.Kind != source.Map || depth > 20 {
		if n == nil || depth > 20 {
			p.fail(plan)
		}
		return
	}
	if slices.ContainsFunc(unmapped[:], n.Has) {
		p.fail(plan)
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
	p.readHeld(plan, n)
}

func (p *Planner) readHeld(plan *Plan, n *source.Node) {
	if items := n.Get("items"); items != nil {
		plan.item = p.held(plan, items)
	}
	if properties := n.Get("properties"); properties != nil && p.spend(len(properties.Members)) {
		for i := range properties.Members {
			plan.members = append(plan.members, member{properties.Members[i].Name, p.held(plan, properties.Members[i].Value)})
		}
	}
	if others := n.Get("additionalProperties"); others != nil && others.Kind == source.Map {
		plan.others = p.held(plan, others)
	}
}

var typesByName = map[string]jsonschema.Types{
	"string": jsonschema.String, "number": jsonschema.Number | jsonschema.Integer, "integer": jsonschema.Integer, "boolean": jsonschema.Boolean, "null": jsonschema.Null,
}

func (p *Planner) readTypes(plan *Plan, n *source.Node) {
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
		p.fail(plan) // an element could be either
	}
}

// readXML takes the XML Object; nodeType is that of 3.2, attribute and wrapped
// those before it.
func (p *Planner) readXML(plan *Plan, n *source.Node) {
	if n == nil {
		return
	}
	if local := n.Str("name"); local != "" {
		plan.local = local
	}
	if space := n.Str("namespace"); space != "" {
		plan.space = space
	}
	plan.prefixed = plan.prefixed || n.Str("prefix") != ""
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
		if !plan.array {
			p.fail(plan)
		}
	}
}
