package build

import (
	"fmt"
	"slices"
	"strings"

	"sallyport"
	"sallyport/config"
	"sallyport/guard"
	"sallyport/jsonschema"
	"sallyport/mediatype"
	"sallyport/openapi"
	"sallyport/rule"
	"sallyport/source"
	"sallyport/stage/authorize"
	"sallyport/stage/filter"
)

// guardWords are the words of x-sallyport that bind callers to objects.
var guardWords = [...]string{"allow", "except", "fields", "keep", "object", "otherwise"}

// guarded is what holds for one operation, of all places that say something.
type guarded struct {
	allow   []statement
	keep    *config.Keep
	object  *config.Object
	fields  []*config.Field
	forbids bool
}

// statement is a rule and where it stands.
type statement struct {
	text string
	at   source.Position
}

// guards gathers the rules of the operation from the outermost place inwards:
// the configuration's for the API, the document's at the root, the path and the
// operation, the configuration's for the operation.
func (o *operationBuilder) guards() guarded {
	all := []*config.Guard{&o.config.Rules}
	for _, node := range o.declared.Extensions {
		own := *node
		own.Members = slices.DeleteFunc(slices.Clone(node.Members), func(m source.Member) bool { return !slices.Contains(guardWords[:], m.Name) })
		if node.Kind != source.Map || len(own.Members) == 0 {
			continue
		}
		g, mistakes := config.DecodeGuard(&own)
		o.faults = append(o.faults, mistakes...)
		all = append(all, g)
	}
	var g guarded
	for _, one := range append(all, o.rules.Guards...) {
		if o.isExcept(one) {
			continue
		}
		g.addFields(one.Fields)
		for i, text := range one.Allow {
			g.allow = append(g.allow, statement{text, one.PositionOf(fmt.Sprintf("allow/%d", i))})
		}
		if one.Keep != nil {
			g.keep = one.Keep
		}
		if one.Object != nil {
			g.object = one.Object
		}
		if one.Wrote("otherwise") {
			g.forbids = one.Otherwise == "403"
		}
	}
	return g
}

// isExcept tells whether the rules of a place leave the operation out, and notes
// for each exception whether some operation is one.
func (o *operationBuilder) isExcept(g *config.Guard) bool {
	left := false
	for i, glob := range g.Except {
		at, fits := g.PositionOf(fmt.Sprintf("except/%d", i)), glob.Match(o.declared.ID)
		o.exceptions[at] = o.exceptions[at] || fits
		left = left || fits
	}
	return left
}

// guard places the rules that are decided before the backend hears of the
// request, and keeps those over the answer for filter.
func (o *operationBuilder) guard() {
	o.guarded = o.guards()
	o.noteFields()
	o.needsList()
	if len(o.guarded.allow) == 0 && o.guarded.object == nil {
		o.guardBody(nil, o.writableFields())
		return
	}
	var early []*guard.Rule
	var controls []sallyport.Control
	var late, bodies, objects []statement
	read := o.readOf()
	v := o.vocabulary(o.answerShape())
	o.addWrites(v, read)
	for _, s := range o.guarded.allow {
		r := o.compileRule(s, v)
		if r == nil {
			continue
		}
		o.bound = o.bound || about(r.Rule) && r.Needs().Has(rule.Caller)
		switch n := r.Needs(); {
		case n.Has(rule.Request) && n.Has(rule.Object):
			o.faults.Add(s.at, "write one rule for each", "the rule of %s asks for request and object together", o.op.ID)
		case n.Has(rule.Response):
			late = append(late, s)
		case n.Has(rule.Object):
			objects = append(objects, s)
		case n.Has(rule.Request):
			bodies = append(bodies, s)
		default:
			early = append(early, r)
			controls = append(controls, enforced(s.at, "rule %s (%s; needs %s)", s.text, way(r), n))
		}
	}
	o.guarded.allow = late
	o.guardBody(bodies, o.writableFields())
	o.guardObject(objects, read)
	if len(early) > 0 {
		set := guard.NewSet(rule.Caller, early...)
		o.place(sallyport.Authorize, "rules", &authorize.Rules{Decide: func(x *sallyport.Exchange) error { return set.Decide(x, nil) }}, controls...)
	}
}

func way(r *guard.Rule) string {
	if r.Native() {
		return "native"
	}
	return "CEL"
}

// compileRule notes what is wrong with a rule and where.
func (o *operationBuilder) compileRule(s statement, v *rule.Vocabulary) *guard.Rule {
	compiled, err := rule.Compile(s.text, v)
	if m, ok := err.(*rule.Mistake); ok {
		at := s.at
		if !strings.Contains(s.text, "\n") { // else it begins on another line
			at.Column += m.Offset
		}
		remedy := m.Remedy
		if o.guarded.object == nil && o.mentions(s.text, rule.Object) {
			remedy = "name the operation that reads it: object: { read: ID }"
		} else if !o.reads() && (o.mentions(s.text, rule.Response) || o.mentions(s.text, rule.Item)) {
			remedy = "a rule over the answer is decided when " + o.op.Method + " is done already: it can guard GET alone"
		}
		o.faults.Add(at, remedy, "the rule of %s: %s", o.op.ID, m.Message)
		return nil
	}
	if o.open() && compiled.Needs().Has(rule.Caller) {
		o.faults.Add(s.at, "name the operation under except, or give it security", "the rule asks for the caller, and %s is public: nobody is known there", o.op.ID)
		return nil
	}
	g, err := guard.New(compiled, s.at, o.guarded.forbids || !about(compiled))
	if err != nil {
		o.fault(s.at, err)
		return nil
	}
	return g
}

// about tells whether a rule decides about an object, rather than about who may
// ask for the operation at all.
func about(r *rule.Rule) bool {
	n := r.Needs()
	return n.Has(rule.Path) || n.Has(rule.Query) || n.Has(rule.Response) || n.Has(rule.Item) || n.Has(rule.Object)
}

// reads tells a method that changes nothing.
func (o *operationBuilder) reads() bool { return o.op.Method == "GET" || o.op.Method == "HEAD" }

func (o *operationBuilder) mentions(text string, root rule.Root) bool {
	shapes := map[rule.Root]rule.Shape{root: anyShape{}}
	v := o.vocabulary(nil)
	v.Bodies = shapes
	r, err := rule.Compile(text, v)
	return err == nil && r.Needs().Has(root)
}

// anyShape is that of a body of which nothing is known.
type anyShape struct{}

func (anyShape) TypesAt(*jsonschema.Place) jsonschema.Types { return jsonschema.AnyType }

// vocabulary is what names mean in rules of the operation.
func (o *operationBuilder) vocabulary(answer rule.Shape) *rule.Vocabulary {
	v := &rule.Vocabulary{Bodies: make(map[rule.Root]rule.Shape)}
	v.Headers = append(v.Headers, rule.Parameter{Name: guard.Host, Types: jsonschema.String})
	for _, p := range o.declared.Parameters {
		one := rule.Parameter{Name: p.Name, Types: o.parameterTypes(p)}
		switch {
		case one.Types&(jsonschema.Array|jsonschema.Object) != 0 && one.Types != jsonschema.AnyType:
			continue // a rule asks for one value
		case p.In == "path" && p.Style == "simple":
			v.Path = append(v.Path, one)
		case p.In == "query":
			v.Query = append(v.Query, one)
		case p.In == "header" && !strings.EqualFold(p.Name, guard.Host):
			v.Headers = append(v.Headers, one)
		}
	}
	if answer != nil && o.reads() {
		v.Bodies[rule.Response] = answer
	}
	return v
}

// parameterTypes are what the schema of a parameter takes; what has no schema,
// or none that compiles, is text. Its mistakes are told where it is validated.
func (o *operationBuilder) parameterTypes(p *openapi.Parameter) jsonschema.Types {
	if p.Schema == nil {
		return jsonschema.String
	}
	s, err := o.compiler.Compile(p.Schema, jsonschema.Use{Direction: jsonschema.Request})
	if err != nil {
		return jsonschema.String
	}
	whole, err := jsonschema.CompilePlace("")
	if err != nil {
		return jsonschema.String
	}
	return s.TypesAt(whole)
}

// answerShape is that of the first success that is JSON: whether a rule needs the
// answer does not depend on which.
func (o *operationBuilder) answerShape() rule.Shape {
	if s := o.successSchema(o.declared); s != nil {
		return s
	}
	return nil
}

// successSchema is that of the success of an operation that is JSON; of several
// the one of successMedia.
func (a *apiBuilder) successSchema(declared *openapi.Operation) *jsonschema.Schema {
	_, s := a.successMedia(declared, mayBeSuccess)
	return s
}

// successMedia is the success that is JSON with a schema: of a 200 rather than of
// another status, of that rather than of a range, of any rather than of default,
// which is most often about errors.
func (a *apiBuilder) successMedia(declared *openapi.Operation, fits func(status int) bool) (*openapi.MediaType, *jsonschema.Schema) {
	var media *openapi.MediaType
	var schema *jsonschema.Schema
	best := 0
	for _, r := range declared.Responses {
		status, err := filter.ParseStatus(r.Status)
		if err != nil || !fits(status) || closeness(status) <= best {
			continue
		}
		for _, m := range r.Content {
			if one, err := mediatype.ParseRange(m.Range); m.Schema == nil || err != nil || !includesJSON(one) {
				continue
			}
			if s, err := a.compiler.Compile(m.Schema, jsonschema.Use{Direction: jsonschema.Response, Closed: true}); err == nil {
				media, schema, best = m, s, closeness(status)
				break
			}
		}
	}
	return media, schema
}

func closeness(status int) int {
	switch status {
	case 0:
		return 1
	case 2:
		return 2
	case 200:
		return 4
	}
	return 3
}

func mayBeSuccess(status int) bool { return status == 0 || status == 2 || status/100 == 2 }

// isSuccess tells whether rules are bound to what is declared of a status. The
// default is about errors where a success is declared beside it: one that comes
// all the same no rule is asked about, and it does not leave.
func (o *operationBuilder) isSuccess(status int) bool {
	if status != 0 {
		return mayBeSuccess(status)
	}
	return !slices.ContainsFunc(o.declared.Responses, func(r *openapi.Response) bool {
		other, err := filter.ParseStatus(r.Status)
		return err == nil && other != 0 && mayBeSuccess(other)
	})
}

// guardMedia binds the rules over the answer to one media type of it; to one of
// no success those over single values alone.
func (o *operationBuilder) guardMedia(media *filter.Media, m *openapi.MediaType, success bool) []sallyport.Control {
	g := o.guarded
	if !success {
		g = o.fitting(media.Schema)
	}
	fields := o.visibleFields(media.Schema)
	switch {
	case len(g.allow) == 0 && g.keep == nil && len(fields) == 0:
		return nil
	}
	controls := o.guardSequence(media, m)
	switch {
	case media.Schema == nil && controls != nil:
		return controls
	case media.Schema == nil:
		return []sallyport.Control{enforced(m.At, "answer %s: refused, since no rule can be asked about it", m.Range)}
	}
	o.isAsked = true
	held := &filter.Guard{}
	var rules []*guard.Rule
	for _, s := range g.allow {
		if r := o.compileRule(s, o.vocabulary(media.Schema)); r != nil {
			rules = append(rules, r)
			controls = append(controls, enforced(s.at, "answer: rule %s (%s; needs %s)", s.text, way(r), r.Needs()))
		}
	}
	set := guard.NewSet(rule.Response, rules...)
	held.Watch.Capture = set.Capture
	if len(rules) > 0 {
		held.Allow = set
	}
	if g.keep != nil {
		controls = append(controls, o.guardList(held, media.Schema)...)
	}
	controls = append(controls, o.veil(held, fields, media.Schema)...)
	held.Watch.Typed = media.Schema.Typed(held.Watch.Capture)
	media.Guard = held
	return controls
}

// fitting are the rules that an answer which is no success has all the values for:
// it shows the object as a success does.
func (o *operationBuilder) fitting(schema *jsonschema.Schema) guarded {
	var g guarded
	if schema == nil {
		return g
	}
	v := o.vocabulary(schema)
	for _, s := range o.guarded.allow {
		if _, err := rule.Compile(s.text, v); err == nil {
			g.allow = append(g.allow, s)
		}
	}
	if k := o.guarded.keep; k != nil {
		list, err := jsonschema.CompilePlace(k.At)
		if err == nil && schema.TypesAt(list)&jsonschema.Array != 0 {
			g.keep = k
		}
	}
	return g
}

// kindsOf are the types of what stands at a place, as the reader of a body tells
// them: of numbers it knows one.
func kindsOf(schema *jsonschema.Schema, at string) jsonschema.Types {
	place, err := jsonschema.CompilePlace(at)
	if err != nil {
		return jsonschema.AnyType
	}
	types := schema.TypesAt(place)
	if types&jsonschema.Integer != 0 {
		types |= jsonschema.Number
	}
	return types
}

// needsList finds a rule over items where none were asked for.
func (o *operationBuilder) needsList() {
	if k := o.guarded.keep; k != nil && !o.reads() {
		o.faults.Add(k.Place.At, "name the operation under except", "%s is no GET: what it answers is no list that was asked for", o.op.ID)
		o.guarded.keep = nil
	}
}

// guardsAnswers tells whether rules look at what the backend answers.
func (o *operationBuilder) guardsAnswers() bool {
	return len(o.guarded.allow) > 0 || o.guarded.keep != nil
}
