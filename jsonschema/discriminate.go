package jsonschema

import (
	"slices"

	"sallyport/source"
)

// A discriminator names the branch of a union that a value is meant for. It is
// tried and explained first, and where not just one holds, it governs alone what
// is declared and hidden. The verdict is that of the branches (OpenAPI 3.1
// §4.8.25).

// chosen is the branch of a union that the discriminator names, or -1.
func (k *check) chosen(f *fork, v int32) int32 {
	if f.choice == nil || k.values[v].kind != '{' {
		return -1
	}
	at := k.member(v, f.choice.name)
	if at < 0 || k.values[at].kind != '"' {
		return -1
	}
	if branch, ok := f.choice.branches[string(k.textOf(at))]; ok {
		return int32(branch)
	}
	return -1
}

// byName leaves, of the branches from a place on, the one alone that the
// discriminator names. It is not asked where just one holds.
func (k *check) byName(f *fork, v int32, at int) bool {
	held := k.applied[at:]
	if f.choice == nil || len(held) == 1 {
		return false
	}
	named := k.chosen(f, v)
	if named < 0 || len(held) > 1 && !slices.Contains(held, named) || !k.hasType(f.branches[named].accepts, v) {
		return false
	}
	k.applied = append(k.applied[:at], named)
	return true
}

// byDiscriminator explains by the branch that the body itself names why none
// holds, or that it names none.
func (k *check) byDiscriminator(s *schema, f *fork, v int32, around *schema) bool {
	at := k.member(v, f.choice.name)
	if at < 0 {
		return k.refuseMissing(v, f.choice.name, "required", s)
	}
	if branch := k.chosen(f, v); branch >= 0 {
		return k.because(f.branches[branch], s, "discriminator", v, around)
	}
	var values []*source.Node
	for _, name := range f.choice.names() {
		values = append(values, source.NewString(s.node, name))
	}
	return k.refuse(at, "discriminator", "must be one of: "+listed(values), s)
}

const fitsMore = "must fit exactly one of the alternatives, and fits more than one"

// ambiguous says of an object of which more than one branch holds which of them
// it names itself.
func (k *check) ambiguous(f *fork, v int32, around *schema) string {
	name := quoteSchema(f.choice.name)
	if k.member(v, f.choice.name) < 0 {
		return fitsMore + ": " + name + ", which would name the one, is missing"
	}
	named := k.chosen(f, v)
	if named < 0 {
		return fitsMore + ": its " + name + " names none of them"
	}
	if !k.holdsQuietly(f.branches[named], v, around) {
		return fitsMore + ": its " + name + " names " + f.choice.nameOf(named) + ", which does not fit"
	}
	other := "another"
	for i, b := range f.branches {
		if int32(i) != named && k.holdsQuietly(b, v, around) {
			other = f.choice.nameOf(int32(i))
			break
		}
	}
	return "must fit exactly one of the alternatives: its " + name + " names " + f.choice.nameOf(named) + ", which fits, and " + other + " fits too"
}

func (k *check) holdsQuietly(b *schema, v int32, around *schema) bool {
	recording := k.recording
	k.recording = false
	ok := k.try(b, v, around, nil)
	k.recording = recording
	return ok
}

// names are the values that name a branch, in order.
func (d *discriminator) names() []string {
	var names []string
	for name := range d.branches {
		names = append(names, name)
	}
	return sorted(names)
}

// nameOf is the first value that names a branch.
func (d *discriminator) nameOf(branch int32) string {
	for _, name := range d.names() {
		if d.branches[name] == int(branch) {
			return quoteSchema(name)
		}
	}
	return "another"
}
