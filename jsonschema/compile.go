package jsonschema

import (
	"fmt"
	"strconv"
	"strings"

	"sallyport/source"
)

// key is what a schema is compiled once for.
type key struct {
	node      *source.Node
	env       *env
	direction Direction
}

// scope is where a schema is compiled.
type scope struct {
	res       *resource
	env       *env
	direction Direction
}

// schema compiles a schema for a direction, or finds it compiled.
func (c *Compiler) schema(n *source.Node, sc scope) *schema {
	if res := c.home[n]; res != nil {
		sc.res = res
	}
	sc.env = sc.env.enter(sc.res)
	k := key{n, sc.env, sc.direction}
	if s := c.schemas[k]; s != nil {
		return s
	}
	s := &schema{id: c.nextID(), node: n, direction: sc.direction, dialect: sc.res.dialect}
	c.schemas[k] = s
	c.fresh = append(c.fresh, s)
	b := &builder{c: c, s: s, n: n, scope: sc, dialect: sc.res.dialect}
	b.build()
	return s
}

// builder fills one schema from its node.
type builder struct {
	c       *Compiler
	s       *schema
	n       *source.Node
	scope   scope
	dialect Dialect
}

func (b *builder) wrong(at *source.Node, remedy, format string, args ...any) {
	b.s.mistakes.Add(at.Position(), remedy, format, args...)
}

func (b *builder) note(keyword, format string, args ...any) {
	b.s.notes = append(b.s.notes, Note{keyword, fmt.Sprintf(format, args...), b.n.NamePosition(keyword)})
}

func (b *builder) build() {
	switch {
	case b.n.Kind == source.Bool && b.dialect.booleans():
		b.s.anything, b.s.never = b.n.Text == "true", b.n.Text == "false"
		return
	case b.n.Kind != source.Map:
		b.wrong(b.n, "write a map of keywords", "a schema of %v is a map, not %v", b.dialect, b.n.Kind)
		return
	}
	b.s.mistakes = append(b.s.mistakes, b.scope.res.mistakes...)
	b.s.sensitive, b.s.outward = b.isSensitive(), b.outward()
	b.s.notes = append(b.s.notes, b.scope.res.notes...)
	if ref := b.n.Get("$ref"); ref != nil && b.dialect.refAlone() {
		b.reference("$ref", ref)
		return
	}
	for i := range b.n.Members {
		m := &b.n.Members[i]
		if !b.dialect.has(m.Name) {
			b.unknown(m)
			continue
		}
		if v := b.dialect.vocabularyOf(m.Name); b.scope.res.lacks[v] {
			b.note(m.Name, "the dialect is without the vocabulary of %s: it is not held", m.Name)
			continue
		}
		b.keyword(m.Name, m.Value)
	}
	b.combine()
}

// unknown notes a keyword that the dialect does not have.
func (b *builder) unknown(m *source.Member) {
	if strings.HasPrefix(m.Name, "x-") || isSilent(m.Name) {
		return
	}
	if vocabulary[m.Name] != 0 {
		b.note(m.Name, "%v has no %s: it is not held", b.dialect, m.Name)
		return
	}
	var known []string
	for name := range vocabulary {
		if b.dialect.has(name) {
			known = append(known, name)
		}
	}
	if near := source.Nearest(m.Name, sorted(known)); near != "" {
		b.note(m.Name, "%q is no keyword and is not held: is it meant to be %s?", m.Name, near)
		return
	}
	b.note(m.Name, "%q is no keyword and is not held", m.Name)
}

// isSensitive reads the marks of values that are masked in records, beside a
// $ref too, where other words say nothing: better masked than shown.
func (b *builder) isSensitive() bool {
	mark := b.n.Get("x-sensitive")
	return mark != nil && (mark.Kind != source.Bool || mark.Text == "true") || b.n.Str("format") == "password"
}

// isSilent: words that say nothing about a value in any dialect.
func isSilent(name string) bool {
	switch name {
	case "$comment", "$schema", "$id", "id", "definitions", "$defs", "title", "description", "examples", "example", "externalDocs", "xml", "deprecated":
		return true
	}
	return false
}

// keyword compiles one member of a schema.
func (b *builder) keyword(name string, v *source.Node) {
	switch name {
	case "$ref":
		b.reference(name, v)
	case "$dynamicRef":
		b.dynamicReference(v)
	case "$recursiveRef":
		b.recursiveReference(v)
	case "type":
		b.types(v)
	case "enum", "const":
		b.enum(name, v)
	case "multipleOf", "maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum":
		b.limit(name, v)
	case "minLength", "maxLength", "pattern", "format":
		b.textKeyword(name, v)
	case "minItems", "maxItems", "uniqueItems", "items", "additionalItems", "prefixItems",
		"contains", "minContains", "maxContains", "unevaluatedItems":
		b.arrayKeyword(name, v)
	case "minProperties", "maxProperties", "required", "properties", "patternProperties",
		"additionalProperties", "propertyNames", "unevaluatedProperties",
		"dependencies", "dependentRequired", "dependentSchemas":
		b.objectKeyword(name, v)
	case "allOf", "anyOf", "oneOf":
		b.branches(name, v)
	case "not":
		b.s.not = b.child(v)
	case "if":
		b.s.when = b.child(v)
	case "then":
		if b.n.Has("if") {
			b.s.then = b.child(v)
		}
	case "else":
		if b.n.Has("if") {
			b.s.other = b.child(v)
		}
	case "readOnly":
		b.accessKeyword(v, readOnly)
	case "writeOnly":
		b.accessKeyword(v, writeOnly)
	case "discriminator":
		// Its branches are known when the whole schema is.
	}
	if encodesText(name) {
		b.note(name, "%s is an annotation: %s", name, unread)
	}
}

// encodesText: words of what a text stands for, which are annotations (2020-12
// validation §8).
func encodesText(name string) bool {
	return name == "contentEncoding" || name == "contentMediaType" || name == "contentSchema"
}

const unread = "what the text encodes is not checked"

func (b *builder) accessKeyword(v *source.Node, a access) {
	if v.Kind == source.Bool && v.Text == "true" {
		b.s.access |= a
	}
}

// combine does what needs several keywords.
func (b *builder) combine() {
	s := b.s
	if b.dialect == OpenAPI30 && b.n.True("nullable") && s.types != 0 {
		s.types |= Null // 3.0.4 §4.8.24.1: nullable says nothing without type
	}
	if d := b.n.Get("discriminator"); d != nil && b.dialect.has("discriminator") {
		b.discriminator(d)
	}
	if s.object != nil {
		s.object.indexRequired()
	}
	if s.number != nil {
		s.number.small = s.number.judgesSmall()
	}
	if t := s.text; t != nil {
		t.bounds = t.pattern != nil && t.pattern.bounds || t.format != nil && t.format.bounds()
	}
	b.noteIdleFormat()
	if s.array != nil && s.array.contains != nil && s.array.minimumContains < 0 {
		s.array.minimumContains = 1
	}
}

// noteIdleFormat notes a format of another type than the schema takes.
func (b *builder) noteIdleFormat() {
	s := b.s
	if s.types == 0 {
		return
	}
	if s.number != nil && s.number.format != nil && s.types&(Integer|Number) == 0 {
		b.note("format", "the format %q is one of numbers, which the schema does not take: it is not held", b.n.Str("format"))
	}
	if s.text != nil && s.text.format != nil && s.types&String == 0 {
		b.note("format", "the format %q is one of strings, which the schema does not take: it is not held", b.n.Str("format"))
	}
}

// child compiles a schema under this one.
func (b *builder) child(n *source.Node) *schema {
	s := b.c.schema(n, b.scope)
	b.s.all = append(b.s.all, s)
	return s
}

func (b *builder) reference(keyword string, v *source.Node) {
	if v.Kind != source.String {
		b.wrong(v, "write an address", "%s is a string", keyword)
		return
	}
	t, err := b.c.follow(v, b.scope.res, v.Text)
	if err != nil {
		b.s.mistakes = append(b.s.mistakes, dangling(err, v.Position())...)
		return
	}
	b.refer(t)
}

// refer adds a branch that stands elsewhere.
func (b *builder) refer(t target) {
	s := b.c.schema(t.node, scope{res: t.res, env: b.scope.env, direction: b.scope.direction})
	b.s.refs = append(b.s.refs, s)
	b.s.all = append(b.s.all, s)
}

// dynamicReference resolves $dynamicRef in the dynamic scope, which is known
// while compiling (core §8.2.3.2).
func (b *builder) dynamicReference(v *source.Node) {
	if v.Kind != source.String {
		b.wrong(v, "write an address", "$dynamicRef is a string")
		return
	}
	t, err := b.c.follow(v, b.scope.res, v.Text)
	if err != nil {
		b.s.mistakes = append(b.s.mistakes, dangling(err, v.Position())...)
		return
	}
	_, name, _ := strings.Cut(v.Text, "#")
	if t.res.dynamic[name] == t.node && t.node != nil {
		if outer, ok := b.scope.env.anchors[name]; ok {
			t = outer
		}
	}
	b.refer(t)
}

// recursiveReference resolves $recursiveRef (2019-09 core §8.2.4.2): the schema
// around it, or the outermost that says $recursiveAnchor where that one does.
func (b *builder) recursiveReference(v *source.Node) {
	if v.Kind != source.String || v.Text != "#" {
		b.wrong(v, `write "#"`, `$recursiveRef is always "#"`)
		return
	}
	t := target{b.scope.res.root, b.scope.res}
	if t.res.dynamic[recursive] != nil {
		if outer, ok := b.scope.env.anchors[recursive]; ok {
			t = outer
		}
	}
	b.refer(t)
}

func (b *builder) enum(keyword string, v *source.Node) {
	values := []*source.Node{v}
	if keyword == "enum" {
		if v.Kind != source.List {
			b.wrong(v, "write a list", "enum is a list of values")
			return
		}
		values = v.Items
	}
	e := newEnum(keyword, values)
	if b.s.enum != nil {
		// enum and const side by side: both hold.
		b.s.allOf = append(b.s.allOf, &schema{id: b.c.nextID(), node: b.n, enum: e})
		return
	}
	b.s.enum = e
}

// nextID numbers the schemas of a compiler.
func (c *Compiler) nextID() uint32 {
	c.count++
	return c.count
}

func (b *builder) branches(keyword string, v *source.Node) {
	if v.Kind != source.List || len(v.Items) == 0 {
		b.wrong(v, "write a list of schemas", "%s is a list of at least one schema", keyword)
		return
	}
	var list []*schema
	for _, item := range v.Items {
		list = append(list, b.child(item))
	}
	switch keyword {
	case "allOf":
		b.s.allOf = append(b.s.allOf, list...)
	case "anyOf":
		b.s.anyOf = list
	case "oneOf":
		b.s.oneOf = list
	}
}

// count reads a number of items, members or characters.
func (b *builder) count(keyword string, v *source.Node) int {
	d, ok := parseDecimal([]byte(v.Text), nil)
	if v.Kind != source.Number || !ok || !d.integer() || d.negative {
		b.wrong(v, "write 0, 1, 2 ...", "%s is a whole number that is not negative", keyword)
		return 0
	}
	n, err := strconv.Atoi(d.plain())
	if err != nil {
		return int(^uint(0) >> 1) // more than there can be
	}
	return n
}

func (b *builder) limit(keyword string, v *source.Node) {
	if b.s.number == nil {
		b.s.number = &numberRules{}
	}
	r := b.s.number
	if strings.HasPrefix(keyword, "exclusive") && !b.dialect.numericExclusive() {
		b.exclusive(keyword, v)
		return
	}
	d, ok := parseDecimal([]byte(v.Text), nil)
	if v.Kind != source.Number || !ok {
		b.wrong(v, "write a number", "%s is a number", keyword)
		return
	}
	l := &limit{text: v.Text, value: d}
	l.small, l.isSmall = parseSmall([]byte(v.Text))
	switch keyword {
	case "multipleOf":
		if d.negative || d.zero() {
			b.wrong(v, "write a number above 0", "multipleOf is a number above 0")
			return
		}
		r.multipleOf = l
	case "minimum":
		if !b.dialect.numericExclusive() && b.n.True("exclusiveMinimum") {
			r.exclusiveMinimum = l
		} else {
			r.minimum = l
		}
	case "maximum":
		if !b.dialect.numericExclusive() && b.n.True("exclusiveMaximum") {
			r.exclusiveMaximum = l
		} else {
			r.maximum = l
		}
	case "exclusiveMinimum":
		r.exclusiveMinimum = l
	case "exclusiveMaximum":
		r.exclusiveMaximum = l
	}
}

// exclusive checks the boolean form of draft-04 and OpenAPI 3.0; limit reads
// it beside minimum and maximum.
func (b *builder) exclusive(keyword string, v *source.Node) {
	if v.Kind != source.Bool {
		b.wrong(v, "write true and the limit as minimum or maximum", "%s of %v is a boolean", keyword, b.dialect)
	}
}

func (b *builder) text() *textRules {
	if b.s.text == nil {
		b.s.text = &textRules{maximum: -1}
	}
	return b.s.text
}

func (b *builder) textKeyword(keyword string, v *source.Node) {
	switch keyword {
	case "minLength":
		b.text().minimum = b.count(keyword, v)
	case "maxLength":
		b.text().maximum = b.count(keyword, v)
	case "pattern":
		if p := b.pattern(keyword, v, v.Text); p != nil {
			b.text().pattern = p
		}
	case "format":
		b.format(v)
	}
}

// pattern compiles a regular expression, each text once.
func (b *builder) pattern(keyword string, v *source.Node, text string) *pattern {
	if keyword == "pattern" && v.Kind != source.String {
		b.wrong(v, "write a regular expression", "pattern is a string")
		return nil
	}
	known, ok := b.c.patterns[text]
	if !ok {
		known = b.c.newPattern(text)
		b.c.patterns[text] = known
	}
	if known.err != nil {
		at := v.Position()
		if keyword == "patternProperties" {
			at = b.n.Get(keyword).NamePosition(text)
		}
		b.s.mistakes.Add(at, remedyOf(known.err), "the pattern cannot be used: %v", known.err)
		return nil
	}
	return known.pattern
}

// newPattern compiles one more pattern, as long as those of the document are not
// too large together: each alone may be, and a document has room for thousands.
func (c *Compiler) newPattern(text string) compiledPattern {
	if c.patternSize > maxPatterns {
		return compiledPattern{err: &patternError{message: "the patterns of the document are too large together", remedy: "repeat less in them, or use maxLength; a pattern that stands twice counts once"}}
	}
	p, err := compilePattern(text, c.options.Backtracking)
	c.patternSize += len(text)
	if p != nil {
		c.patternSize += p.size
	}
	return compiledPattern{p, err}
}

func (b *builder) format(v *source.Node) {
	if v.Kind != source.String {
		b.wrong(v, "write the name of a format", "format is a string")
		return
	}
	if b.c.options.Formats == AnnotateFormats {
		b.note("format", "the format %q is an annotation: it is not held", v.Text)
		return
	}
	if f := numberFormatOf(v.Text); f != nil {
		if b.s.number == nil {
			b.s.number = &numberRules{}
		}
		b.s.number.format = f
		return
	}
	f, known := formatOf(v.Text)
	if !known {
		b.note("format", "the format %q is not known: it is an annotation", v.Text)
		return
	}
	if f == nil {
		return // known, and says nothing that could be checked
	}
	if f.name == "regex" {
		f = regexFormat()
	}
	b.text().format = f
}
