package jsonschema

// The walk that finds what may not stand in a body (sift.go) asks which
// branches hold, and so does judging. Where a body is judged first, which
// branches held is noted, and the walk reads it: most bodies hold nothing to
// take out, and are judged once.

// trail is which branches held when a body was judged.
type trail struct {
	heads []int32 // for each value its last note, counted from 1
	notes []heldNote
	held  []int32 // the branches that held, note by note
}

// heldNote is which branches of a fork held for a value.
type heldNote struct {
	fork     *fork
	around   *schema
	value    int32
	before   int32 // the note of that value before this one, counted from 1
	from, to int32 // of what held
}

// maxRecall is how many notes of one value are looked at. Those of the branch
// that holds, and of what lies around it, come last.
const maxRecall = 16

// begin makes the trail ready for a body.
func (t *trail) begin(values int) {
	t.end()
	if cap(t.heads) < values {
		t.heads = make([]int32, values)
	}
	t.heads = t.heads[:values]
	clear(t.heads)
}

// end drops the notes: they are true of the values as they stood.
func (t *trail) end() { t.heads, t.notes, t.held = t.heads[:0], t.notes[:0], t.held[:0] }

// release keeps no more room than another body may need.
func (t *trail) release() {
	if cap(t.heads) > maxKeptValues || cap(t.notes) > maxKeptValues || cap(t.held) > maxKeptValues {
		*t = trail{}
	}
	t.end()
}

// note keeps which branches of a fork held.
func (t *trail) note(f *fork, v int32, around *schema, m marks) {
	from := int32(len(t.held))
	for _, i := range f.all {
		if m.has(int(i)) {
			t.held = append(t.held, i)
		}
	}
	t.notes = append(t.notes, heldNote{f, around, v, t.heads[v], from, int32(len(t.held))})
	t.heads[v] = int32(len(t.notes))
}

// forget drops the notes from one on: those of a branch that does not hold.
func (t *trail) forget(at int) {
	if at == len(t.notes) {
		return
	}
	for i := len(t.notes) - 1; i >= at; i-- {
		t.heads[t.notes[i].value] = t.notes[i].before
	}
	t.held = t.held[:t.notes[at].from]
	t.notes = t.notes[:at]
}

// recall is which branches of a fork held, if that was noted.
func (t *trail) recall(f *fork, v int32, around *schema) (held []int32, known bool) {
	if len(t.heads) == 0 {
		return nil, false
	}
	at := t.heads[v]
	for range maxRecall {
		if at == 0 {
			break
		}
		n := &t.notes[at-1]
		if n.fork == f && n.around == around {
			return t.held[n.from:n.to], true
		}
		at = n.before
	}
	return nil, false
}

// records tells whether it is to be noted which branches of a fork hold.
func (k *check) records(f *fork, v int32) bool {
	if !k.recording || !f.governs || k.lenient {
		return false
	}
	kind := k.values[v].kind
	return kind == '{' || kind == '['
}

// atOnce judges a body before anything is taken out of it. It is true if there
// is nothing to take out and the verdict stands: the common case.
func (k *check) atOnce(s *Schema) bool {
	k.trail.begin(len(k.values))
	k.report, k.recording, k.first, k.forks = true, true, true, s.forks
	holds := k.place(s.root, 0)
	k.report, k.recording, k.first = false, false, false
	switch {
	case k.spent || !holds && len(k.faults) == 0:
		k.startAnew()
		k.trail.end()
		return false
	case !k.doubt:
		return true
	}
	k.steps = 0
	k.asking = true
	found := k.siftOnce(s.root)
	k.asking = false
	if found || k.spent {
		k.startAnew()
		return false
	}
	return true
}

// startAnew drops a verdict.
func (k *check) startAnew() {
	k.faults, k.steps, k.work, k.spent = nil, 0, 0, false
}

// watch judges an object, and doubts that there is nothing to take out of it
// unless the branches that hold evaluate each of its members. Sift follows the
// schemas that members are judged by; where each of these evaluates each member
// of each object, none is undeclared.
func (k *check) watch(s *schema, v int32) bool {
	count, depth := int(k.values[v].count), len(k.marks)
	own := k.take(int32(count))
	ok := k.judge(s, v, s, own)
	for i := 0; i < count && !k.doubt; i++ {
		if !own.has(i) {
			k.doubtNow()
		}
	}
	k.marks = k.marks[:depth]
	return ok
}

// doubtNow notes that there may be something to take out. Without unions there
// is: what no branch that holds evaluates is undeclared. Then the sooner judging
// is given up the better.
func (k *check) doubtNow() {
	k.doubt = true
	if k.first && !k.forks {
		k.spent = true
	}
}

// doubtAbout looks at a fault of the first judgement, which is given up if the
// fault will go with what is taken out.
func (k *check) doubtAbout(v int32, keyword string) {
	switch keyword {
	case "additionalProperties", "unevaluatedProperties":
		k.doubt, k.spent = true, k.spent || k.closed
	case "false":
		k.doubt = true
	case "type", "enum", "const":
		// It was not judged further, and sift walks on.
		kind := k.values[v].kind
		k.doubt = k.doubt || kind == '{' || kind == '['
	}
}
