package jsonschema

import "slices"

// A value is hidden, so that a direction takes it out of its object or array, if
// the schema of its place says so, or a branch of it that holds for the value.
// Where no branch of a union does, those count that the type of the value fits:
// it is better hidden than shown.

// veilMemo sets keys of the memo apart that say whether a value is hidden.
const veilMemo = 1 << 31

// hide finds what the direction hides in any case, and what it may.
func (s *schema) hide() {
	if s.direction == Neutral {
		return
	}
	s.hiddenAs = s.accessOf().hiddenFrom(s.direction)
	s.mayHide = s.hiddenAs == "" && s.veiled()
}

// hides tells whether the direction hides its values, or may.
func (s *schema) hides() bool { return s.hiddenAs != "" || s.mayHide }

// rootless says why a body as a whole is not hidden.
const rootless = "nothing is taken out at the root of a body: it is not held there"

// noteRoot notes that the root of a body is to be hidden, or may be.
func (s *Schema) noteRoot() {
	word := (readOnly | writeOnly).hiddenFrom(s.root.direction)
	n := Note{word, rootless, s.root.target().node.NamePosition(word)}
	if len(s.notes) < maxNotes && !slices.ContainsFunc(s.notes, func(o Note) bool { return o.Keyword == word && o.Says == rootless }) {
		s.notes = append(slices.Clip(s.notes), n)
	}
}

// inPlaceOf are the schema and all branches of it.
func inPlaceOf(s *schema, known map[*schema]bool) {
	if known[s] {
		return
	}
	known[s] = true
	s.inPlace(func(b *schema) { inPlaceOf(b, known) })
}

// veiled tells whether the schema or a branch of it hides values.
func (s *schema) veiled() bool {
	if s.veils == unasked {
		s.veils = no // where it comes back to itself, which is a mistake
		veils := s.accessOf().hiddenFrom(s.direction) != ""
		s.inPlace(func(b *schema) { veils = veils || b != s.when && b.veiled() })
		if veils {
			s.veils = yes
		}
	}
	return s.veils == yes
}

// hideMembers marks the properties and the arrays of which the direction takes
// something out.
func (s *schema) hideMembers() {
	if s.object != nil {
		for i := range s.object.properties {
			p := &s.object.properties[i]
			p.hides = p.schema.hides()
		}
	}
	s.array.each(func(item *schema) { s.array.hides = s.array.hides || item.hides() })
}

func (r *objectRules) hides() bool {
	if r == nil {
		return false
	}
	return r.additional != nil && r.additional.hides() || r.unexpected != nil && r.unexpected.hides() ||
		slices.ContainsFunc(r.properties, func(p property) bool { return p.hides }) ||
		slices.ContainsFunc(r.patterns, func(p patternProperty) bool { return p.schema.hides() })
}

// isHidden tells whether the schema of a place hides its value: whether it may
// stand there is for sift to say.
func (k *check) isHidden(s *schema, v int32) bool {
	if k.veil(s, v) == "" {
		return false
	}
	k.doubtNow()
	return true
}

// veil is the word by which the schema of a place hides its value, or "".
func (k *check) veil(s *schema, v int32) string {
	if s.hiddenAs != "" || !s.mayHide || k.widest {
		return s.hiddenAs
	}
	word := (readOnly | writeOnly).hiddenFrom(s.direction)
	key, late := uint64(s.id)<<32|veilMemo|uint64(v), k.steps >= k.memoAfter
	if late {
		if k.spent = k.spent || k.first; k.spent {
			return ""
		}
		if hidden, known := k.memo[key]; known && hidden {
			return word
		} else if known {
			return ""
		}
	}
	report, recording, lenient, doubt := k.report, k.recording, k.lenient, k.doubt
	k.report, k.recording, k.lenient = false, false, false
	hidden := k.veils(s, v, s.target())
	k.report, k.recording, k.lenient, k.doubt = report, recording, lenient, doubt
	if late && !k.spent {
		if k.memo == nil {
			k.memo = map[uint64]bool{}
		}
		k.memo[key] = hidden
	}
	if !hidden {
		return ""
	}
	return word
}

// veils tells whether a schema, or a branch of it that holds, hides a value.
func (k *check) veils(s *schema, v int32, around *schema) bool {
	if s.hiddenAs != "" || !s.mayHide || k.spent {
		return s.hiddenAs != ""
	}
	for _, list := range [2][]*schema{s.refs, s.allOf} {
		for _, b := range list {
			if k.veils(b, v, around) {
				return true
			}
		}
	}
	if k.veilsBranch(s.anyFork, v, around) || k.veilsBranch(s.oneFork, v, around) {
		return true
	}
	if s.when != nil && (s.then != nil && s.then.hides() || s.other != nil && s.other.hides()) {
		branch := s.other
		if k.chose = true; k.judge(s.when, v, around, nil) {
			branch = s.then
		}
		if branch != nil && k.veils(branch, v, around) {
			return true
		}
	}
	if s.object == nil || k.values[v].kind != '{' {
		return false
	}
	for i := range s.object.dependent {
		d := &s.object.dependent[i]
		if d.schema == nil || !d.schema.hides() {
			continue
		}
		if k.chose = true; k.has(v, d.name) && k.veils(d.schema, v, around) {
			return true
		}
	}
	return false
}

func (k *check) veilsBranch(f *fork, v int32, around *schema) bool {
	if f == nil || !slices.ContainsFunc(f.branches, (*schema).hides) {
		return false
	}
	from, hidden := len(k.applied), false
	k.apply(f, v, around)
	for i := from; i < len(k.applied) && !hidden; i++ {
		hidden = k.veils(f.branches[k.applied[i]], v, around)
	}
	k.applied = k.applied[:from]
	return hidden
}

// apply lists the branches of a union that govern a value: those that hold.
// Where none does, it is those that would without the members which they refuse:
// a card that holds a property of transfers is still a card. Where there are
// none either, or it must not be asked yet, all of those whose type the value
// has. Where not just one holds, it is the one that the value itself names.
func (k *check) apply(f *fork, v int32, around *schema) {
	at := len(k.applied)
	if !k.widest {
		k.chose = true
		held, known := k.trail.recall(f, v, around)
		if k.applied = append(k.applied, held...); !known {
			k.applyHolding(f, v, around)
		}
		if k.byName(f, v, at) {
			return
		}
		if len(k.applied) == at {
			k.lenient = true
			k.applyHolding(f, v, around)
			k.lenient = false
		}
	}
	if len(k.applied) == at {
		for i, b := range f.branches {
			if k.hasType(b.accepts, v) {
				k.applied = append(k.applied, int32(i))
			}
		}
	}
}

func (k *check) applyHolding(f *fork, v int32, around *schema) {
	for _, i := range k.likely(f, v, around) {
		if k.judge(f.branches[i], v, around, nil) {
			k.applied = append(k.applied, i)
		}
	}
}
