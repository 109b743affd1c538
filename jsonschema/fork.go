package jsonschema

import "slices"

// fork is the branches of a schema of which the value says which hold: those of
// anyOf or oneOf, or the condition of if.
type fork struct {
	branches []*schema
	all      []int32 // the numbers of the branches
	governs  bool    // sift asks which of them hold
	choice   *discriminator
	tags     *tags // of a member that tells kinds of objects apart
	own      *tags // of the value itself
}

// tags are the values of which the branches say that they take them. A branch
// that is not among those of a value cannot hold, whatever else it says: it need
// not be judged.
type tags struct {
	name    string
	texts   map[string][]int32 // the branches that may take this text,
	numbers map[string][]int32 // or this whole number,
	rest    []int32            // or any other,
	absent  []int32            // or do without the member
}

// maxTagged bounds what a table of tags holds.
const maxTagged = 1 << 14

func newFork(branches []*schema) *fork {
	f := &fork{branches: branches, all: make([]int32, len(branches))}
	for i, b := range branches {
		f.all[i] = int32(i)
		f.governs = f.governs || b.governs
	}
	return f
}

// makeForks prepares the unions and the condition of a schema, once it is known
// what its branches hide and govern.
func (s *schema) makeForks() {
	if s.anyOf != nil {
		s.anyFork = s.newUnion(s.anyOf)
	}
	if s.oneOf != nil {
		s.oneFork = s.newUnion(s.oneOf)
	}
	if s.when != nil {
		s.whenFork = newFork([]*schema{s.when})
		for _, b := range [...]*schema{s.then, s.other} {
			s.whenFork.governs = s.whenFork.governs || b != nil && b.governs
		}
	}
}

func (s *schema) newUnion(union []*schema) *fork {
	f := newFork(union)
	if s.choice != nil && &union[0] == &s.choice.union[0] {
		f.choice = s.choice
	}
	if len(union) > 1 {
		f.own = newTags("", union, func(b *schema) tagValues { return b.values(0) })
		f.tags = s.tagsOf(union)
	}
	return f
}

// tagsOf finds the member that tells most branches apart: that of the
// discriminator, if it does so as well as another.
func (s *schema) tagsOf(union []*schema) *tags {
	objects := 0
	for _, b := range union {
		if b.accepts&Object != 0 {
			objects++
		}
	}
	if objects < 2 {
		return nil
	}
	var names []string
	if s.choice != nil {
		names = append(names, s.choice.name)
	}
	count := map[string]int{}
	for _, b := range union {
		for _, name := range b.tagNames(nil) {
			names = append(names, name)
			count[name]++
		}
	}
	best := ""
	for _, name := range names {
		if count[name] > count[best] {
			best = name
		}
	}
	if count[best] == 0 {
		return nil
	}
	t := newTags(best, union, func(b *schema) tagValues { return b.tagged(best) })
	for i, b := range union {
		if t != nil && !b.needs(best) {
			t.absent = append(t.absent, int32(i))
		}
	}
	return t
}

// newTags makes a table of the values that branches take, nil if none says so
// or it would be too large.
func newTags(name string, union []*schema, values func(*schema) tagValues) *tags {
	t := &tags{name: name, texts: map[string][]int32{}, numbers: map[string][]int32{}}
	told := make([]tagValues, len(union))
	size := 0
	for i, b := range union {
		if told[i] = values(b); !told[i].known {
			t.rest = append(t.rest, int32(i))
		}
		if size += len(told[i].texts) + len(told[i].numbers); size > maxTagged {
			return nil // thousands of branches of one large enum
		}
		for _, text := range told[i].texts {
			t.texts[text] = nil
		}
		for _, number := range told[i].numbers {
			t.numbers[number] = nil
		}
	}
	if len(t.rest) == len(union) || (len(t.texts)+len(t.numbers))*(len(t.rest)+1) > maxTagged {
		return nil
	}
	for i := range told {
		told[i].enter(t, int32(i))
	}
	return t
}

// enter adds a branch to the values that it takes, in the order of the branches.
func (told *tagValues) enter(t *tags, branch int32) {
	add := func(to map[string][]int32, value string) {
		if list := to[value]; len(list) == 0 || list[len(list)-1] != branch {
			to[value] = append(list, branch)
		}
	}
	if !told.known {
		for text := range t.texts {
			add(t.texts, text)
		}
		for number := range t.numbers {
			add(t.numbers, number)
		}
		return
	}
	for _, text := range told.texts {
		add(t.texts, text)
	}
	for _, number := range told.numbers {
		add(t.numbers, number)
	}
}

// tagNames adds the members of which a branch says which values they have.
func (s *schema) tagNames(names []string) []string {
	for _, c := range s.together() {
		if c.object == nil {
			continue
		}
		for i := range c.object.properties {
			if p := &c.object.properties[i]; !p.hides && p.schema.values(0).known {
				names = append(names, c.object.lexicon.words[i])
			}
		}
	}
	return names
}

// tagged is what a branch takes as the value of a member.
func (s *schema) tagged(name string) tagValues {
	for _, c := range s.together() {
		if c.object == nil {
			continue
		}
		// Whether a hidden member may stand there is not for the branch to say.
		if p := c.object.propertyOf(name); p != nil && !p.hides {
			if told := p.schema.values(0); told.known {
				return told
			}
		}
	}
	return tagValues{}
}

// needs tells whether a branch cannot hold without a member.
func (s *schema) needs(name string) bool {
	return slices.ContainsFunc(s.together(), func(c *schema) bool { return c.object != nil && c.object.requires([]byte(name)) })
}

// maxTogether bounds what is looked at of a branch.
const maxTogether = 32

// together are the schemas that hold where this one does: it, what it refers
// to, and so on.
func (s *schema) together() []*schema {
	if len(s.refs)+len(s.allOf) == 0 {
		return []*schema{s}
	}
	list := []*schema{s}
	for i := 0; i < len(list) && len(list) < maxTogether; i++ {
		list[i].conjuncts(func(b *schema) { list = append(list, b) })
	}
	return list
}

// tagValues are the texts and whole numbers that a schema takes at most, if
// that is known.
type tagValues struct {
	known   bool
	texts   []string
	numbers []string
}

// maxTagDepth bounds the way through unions to the values of a tag.
const maxTagDepth = 2

// values are those of enum or const, or of a union of such.
func (s *schema) values(depth int) tagValues {
	for _, c := range s.together() {
		if c.enum != nil {
			return c.enum.tagValues()
		}
		for _, union := range [2][]*schema{c.anyOf, c.oneOf} {
			if union == nil || depth == maxTagDepth {
				continue
			}
			if told := valuesOf(union, depth+1); told.known {
				return told
			}
		}
	}
	return tagValues{}
}

func valuesOf(union []*schema, depth int) tagValues {
	all := tagValues{known: true}
	for _, b := range union {
		told := b.values(depth)
		if !told.known {
			return tagValues{}
		}
		all.texts = append(all.texts, told.texts...)
		all.numbers = append(all.numbers, told.numbers...)
	}
	return all
}

func (e *enum) tagValues() tagValues {
	told := tagValues{known: true}
	told.texts = append(told.texts, e.strings.words...)
	for _, d := range e.numbers {
		if d.integer() && !d.negative {
			told.numbers = append(told.numbers, d.plain())
		}
	}
	return told
}

// likely are the branches that may hold, by the look of a value: all but those
// that surely do not.
func (k *check) likely(f *fork, v int32, around *schema) []int32 {
	switch t := f.tags; k.values[v].kind {
	case '{':
		if t == nil {
			break
		}
		at := k.member(v, t.name)
		switch {
		case at >= 0:
			return k.tagged(f, t, at)
		case around.hidden[t.name] || around.hiddenAnyway[t.name]:
			return f.all // it need not be there
		}
		return t.absent
	case '"', '0':
		if f.own != nil {
			return k.tagged(f, f.own, v)
		}
	}
	return f.all
}

// tagged are the branches that may take a value by a table of them.
func (k *check) tagged(f *fork, t *tags, v int32) []int32 {
	val, text := &k.values[v], k.textOf(v)
	values := t.texts
	switch {
	case val.kind == '"':
	case val.kind == '0' && val.textFlag&whole != 0 && text[0] != '-':
		values = t.numbers
	default:
		return f.all
	}
	if branches, known := values[string(text)]; known {
		return branches
	}
	return t.rest
}
