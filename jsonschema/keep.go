package jsonschema

// keep takes out the items of arrays that are not to stay, or says why it
// cannot be known which those are.
func (k *check) keep(s *Schema) *Fault {
	for rule := range k.asked.Keep {
		array := k.asked.Keep[rule].Array
		k.sight.stray = -1
		k.reach(array, 0)
		dropped := 0
		for _, v := range k.sight.reached {
			switch k.values[v].kind {
			case '[':
				dropped += k.keepItems(v, rule)
			case 'n':
			default:
				k.sight.stray = v
			}
		}
		k.sight.reached = k.sight.reached[:0]
		if k.sight.stray >= 0 {
			return &Fault{Pointer: k.pointer(k.sight.stray), Keyword: "keep", Message: "must have the form of which items can be kept", At: s.root.node.Position()}
		}
		if dropped > 0 {
			k.pack()
		}
	}
	k.sight.trail = k.sight.trail[:0]
	return nil
}

// keepItems takes items out of an array and counts them.
func (k *check) keepItems(v int32, rule int) int {
	end, before, kept, dropped := k.values[v].end, int32(-1), false, int32(0)
	for i := v + 1; i < end; {
		next := k.values[i].end
		if k.stays(i, rule) {
			kept = true
		} else {
			k.values[i].out = true
			dropped++
			k.cutOut(i, neighbours{before, next, kept, next < end})
		}
		before, i = i, next
	}
	k.values[v].count -= dropped
	return int(dropped)
}

// stays asks whether an item does. Nobody to ask: it does not.
func (k *check) stays(item int32, rule int) bool {
	f := k.sight.found
	if types := k.asked.Keep[rule].Types; f.Keep == nil || types != 0 && types&k.valueAt(item).Kind == 0 {
		return false
	}
	trail, stray := len(k.sight.trail), k.sight.stray
	f.item = f.item[:0]
	k.capture(item, k.asked.Keep[rule].Read, &f.item)
	keep := f.Keep(rule, f.item)
	k.sight.trail, k.sight.stray = k.sight.trail[:trail], stray
	return keep
}
