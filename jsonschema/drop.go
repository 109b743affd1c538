package jsonschema

// dropPlaces takes the values at places out of the bytes, and tells whether
// there were any. The tree stays as it is: what was captured still stands.
func (k *check) dropPlaces(places []*Place) bool {
	first := len(k.sight.reached)
	for _, p := range places {
		k.reach(p, 0)
	}
	var parents []int32
	for _, v := range k.sight.reached[first:] {
		if val := &k.values[v]; v > 0 && !val.out {
			val.out = true
			parents = append(parents, val.parent)
		}
	}
	k.sight.reached = k.sight.reached[:first]
	seen := int32(-1)
	for _, parent := range parents {
		if parent != seen { // of those that come again the second time finds nothing out
			k.dropFrom(parent)
			seen = parent
		}
	}
	return len(parents) > 0
}

// dropFrom takes the members or items that are out of the bytes.
func (k *check) dropFrom(parent int32) {
	end, before, kept := k.values[parent].end, int32(-1), false
	for i := parent + 1; i < end; {
		next := k.values[i].end
		if k.values[i].out {
			k.values[i].out = false
			k.cutOut(i, neighbours{before, next, kept, next < end})
		} else {
			kept = true
		}
		before, i = i, next
	}
}
