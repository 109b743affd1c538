package jsonschema

// siftItems walks through the items of an array that terms govern. Those that
// are hidden go. Where they do, the items behind them move up: it is by its new
// place that each is judged by prefixItems, and may be hidden too.
func (k *check) siftItems(v int32, at, to int) {
	end, before, kept, ordinal := k.values[v].end, int32(-1), false, 0
	for i := v + 1; i < end && !k.spent && !(k.asking && k.taken); {
		next, word, by := k.values[i].end, "", (*schema)(nil)
		if k.hides && !k.widest && k.spend(to-at) {
			word, by = k.hiddenItem(i, ordinal, at, to)
		}
		if word != "" {
			k.takeOut(i, word, by, neighbours{before, next, kept, next < end})
		} else {
			kept = true
			k.descend(i, ordinal, at, to)
		}
		if word == "" || !k.may.Hidden {
			ordinal++
		}
		before, i = i, next
	}
}

// hiddenItem is the word by which terms that all govern hide an item, and the
// schema that says so, or "".
func (k *check) hiddenItem(i int32, ordinal, at, to int) (string, *schema) {
	for t := at; t < to; t += int(k.terms[t].size) {
		end := t + int(k.terms[t].size)
		var item *schema
		s := k.terms[t].schema
		switch k.terms[t].operator {
		case single:
			item = s.array.itemAt(ordinal)
		case every:
			item = k.unexpected(i, ordinal, t)
		case some:
		default:
			continue
		}
		if item != nil {
			if word := k.veil(item, i); word != "" {
				return word, s
			}
		}
		if word, by := k.hiddenItem(i, ordinal, t+1, end); word != "" {
			return word, by
		}
	}
	return "", nil
}

// itemAt is the schema of an item by its place, nil if there is none.
func (r *arrayRules) itemAt(ordinal int) *schema {
	switch {
	case r == nil:
		return nil
	case ordinal < len(r.prefix):
		return r.prefix[ordinal]
	}
	return r.items
}

// governs tells whether an array has something to say of what items hold, or
// hides them.
func (r *arrayRules) governs() bool {
	if r == nil {
		return false
	}
	governs := r.shut || r.hides
	r.each(func(item *schema) { governs = governs || item.bars != 0 })
	return governs
}

// findBars finds which of arrays and objects a schema does not take at first
// sight: by type and enum, its own and those of what holds beside it.
func (s *schema) findBars() Types {
	if s.barred {
		return s.bars
	}
	s.barred = true
	const containers = Array | Object
	if s.types != 0 {
		s.bars = containers &^ s.types
	}
	if s.enum != nil {
		s.bars |= containers &^ enumTypes(s.enum)
	}
	if s.never {
		s.bars = containers
	}
	s.conjuncts(func(b *schema) { s.bars |= b.findBars() })
	for _, union := range [2][]*schema{s.anyOf, s.oneOf} {
		if union == nil {
			continue
		}
		all := Types(containers)
		for _, b := range union {
			all &= b.findBars()
		}
		s.bars |= all
	}
	return s.bars
}

// bars tells whether the schemas of a place, which are terms that all govern,
// take no value of a kind.
func (k *check) bars(at, to int, kind Types) bool {
	for t := at; t < to; t += int(k.terms[t].size) {
		end := t + int(k.terms[t].size)
		switch k.terms[t].operator {
		case single:
			if k.terms[t].schema.bars&kind != 0 {
				return true
			}
		case every:
			if k.bars(t+1, end, kind) {
				return true
			}
		case some:
			all := true
			for a := t + 1; a < end && all; a += int(k.terms[a].size) {
				all = k.bars(a, a+int(k.terms[a].size), kind)
			}
			if all {
				return true
			}
		}
	}
	return false
}

// strip takes out all that an object or array holds: no schema of its place
// takes such a value, so that none declares what is in it. That it stands there
// is for judge to say.
func (k *check) strip(v int32) {
	end, before := k.values[v].end, int32(-1)
	for i := v + 1; i < end && k.spend(1) && !(k.asking && k.taken); {
		next := k.values[i].end
		k.takeOut(i, "type", nil, neighbours{before, next, false, next < end})
		before, i = i, next
	}
}
