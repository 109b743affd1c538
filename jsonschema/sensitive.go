package jsonschema

// Sensitive tells whether the schema, here or wherever it leads, marks values
// with format: password or x-sensitive.
func (s *Schema) Sensitive() bool { return s.sensitive }

// Redact is a body for a record of it: every value is masked that a schema of
// its place marks with format: password, or with x-sensitive that is not false,
// be it in a branch that does not hold, for a body with faults is recorded too.
// It is the same slice where nothing is masked, and false where it cannot be
// known what is to be masked: the body is not JSON, or too much of it.
func (s *Schema) Redact(body []byte) ([]byte, bool) {
	k := s.scratch.Get().(*check)
	defer k.release(s.scratch)
	if k.read(body) != nil {
		return nil, false
	}
	return k.redact(s, body)
}

// Redacted is the body as Look left it, masked like Redact does and by
// Watch.Mask. It is false where Redact is, and where the body is Undecided.
func (f *Found) Redacted() ([]byte, bool) {
	if f.schema == nil {
		return nil, false
	}
	return f.check.redact(f.schema, f.check.body)
}

func (k *check) redact(s *Schema, body []byte) ([]byte, bool) {
	if s.sensitive {
		k.see()
		k.setBounds()
		k.steps, k.spent = 0, false
		k.sight.ways = append(k.sight.ways[:0], s.root)
		k.markSensitive(0, 0)
		if k.spent {
			return nil, false
		}
		k.sortMasks()
	}
	var gone [][2]int
	if k.sight != nil {
		gone = k.sight.gone
	}
	return k.assemble(body, gone), true
}

// markSensitive masks what is sensitive in a value that the schemas from a
// place in ways on may govern.
func (k *check) markSensitive(v int32, at int) {
	for i := at; i < len(k.sight.ways); i++ { // it grows
		s := k.sight.ways[i]
		if s.sensitive {
			k.maskValue(v, 0)
			return
		}
		s.inPlace(func(b *schema) { k.addWay(b, at) })
	}
	val, to := &k.values[v], len(k.sight.ways)
	if val.kind != '{' && val.kind != '[' {
		return
	}
	ordinal := 0
	for i := v + 1; i < val.end && k.spend(to-at); i = k.values[i].end {
		for _, s := range k.sight.ways[at:to] {
			if val.kind == '{' {
				k.waysToMember(s.object, i, to)
			} else {
				k.waysToItem(s.array, ordinal, to)
			}
		}
		if len(k.sight.ways) > to {
			k.markSensitive(i, to)
		}
		k.sight.ways = k.sight.ways[:to]
		ordinal++
	}
}

// addWay adds a schema to those from a place on, once.
func (k *check) addWay(s *schema, at int) {
	for _, known := range k.sight.ways[at:] {
		if known == s {
			return
		}
	}
	if k.spend(1 + (len(k.sight.ways)-at)/8) {
		k.sight.ways = append(k.sight.ways, s)
	}
}

func (k *check) waysToMember(r *objectRules, i int32, at int) {
	if r == nil {
		return
	}
	p := k.property(r, i)
	if p != nil {
		k.addWay(p.schema, at)
	}
	for j := range r.patterns {
		if k.match(r.patterns[j].pattern, k.nameOf(i)) {
			k.addWay(r.patterns[j].schema, at)
		}
	}
	if r.additional != nil && p == nil {
		k.addWay(r.additional, at)
	}
	if r.unexpected != nil {
		k.addWay(r.unexpected, at)
	}
}

func (k *check) waysToItem(r *arrayRules, ordinal, at int) {
	if r == nil {
		return
	}
	if ordinal < len(r.prefix) {
		k.addWay(r.prefix[ordinal], at)
	} else if r.items != nil {
		k.addWay(r.items, at)
	}
	for _, s := range [...]*schema{r.contains, r.unexpected} {
		if s != nil {
			k.addWay(s, at)
		}
	}
}
