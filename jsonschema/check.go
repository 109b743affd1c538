package jsonschema

import (
	"hash/maphash"
	"sync"
	"time"
	"unicode/utf8"
)

// Bounds of what one check may cost, whatever schema and body are made of.
const (
	maxSteps           = 2_000_000 // and for each value of the body
	stepsPerValue      = 16
	memoAfter          = 20_000 // and half of the steps for each value
	maxMatchSteps      = 1 << 28
	maxFirstMatchSteps = maxMatchSteps / 16 // before anything is taken out
)

// check is one body on its way through a schema.
type check struct {
	reader
	report bool // collect faults instead of stopping at the first
	faults []Fault
	marks  []uint64 // a stack of bit sets
	steps  int
	work   int // of patterns
	// The bounds of steps for this body.
	maxSteps, memoAfter int
	spent               bool
	backtracked         time.Duration // of patterns that backtrack
	strained            bool          // one of them could not be matched in the time
	memo                map[uint64]bool
	digits              [2][]byte // of the numbers that are being judged

	// Of judging before anything is taken out (trail.go).
	first     bool // it is given up where sift will have to begin
	forks     bool // what an object declares may depend on its value
	recording bool
	doubt     bool // whether there is anything to take out
	trail     trail

	// Of the walk that finds what may not stand in the body (sift.go).
	may      Cleaning
	closed   bool
	hides    bool // there are members that are hidden
	widest   bool // whichever branch may hold governs
	chose    bool // which branches hold was asked
	lenient  bool // what is refused for being undeclared is passed over
	asking   bool // whether there is anything to take out, no more
	taken    bool
	applied  []int32 // a stack: numbers of branches that hold
	counting bool    // which items are evaluated matters: branches that lead to no members too
	terms    []term  // a stack
	hiddenBy string  // the word by which a member is hidden, and who says it
	hider    *schema
	closedBy string
	closer   *schema

	// Of what was taken out (cut.go).
	spans    []span
	cut      []string
	cutCount int
	listed   map[string]struct{}
	where    []byte

	asked *Watch // what is watched for; nil: nothing
	sight *sight // of what is found then, and of what is masked; nil until it is needed
}

// marks tell which members or items of a value a schema evaluated.
type marks []uint64

func (m marks) set(i int) {
	if m != nil {
		m[i>>6] |= 1 << (i & 63)
	}
}

func (m marks) has(i int) bool { return m[i>>6]&(1<<(i&63)) != 0 }

func (m marks) setAll() {
	for i := range m {
		m[i] = ^uint64(0)
	}
}

func (m marks) merge(other marks) {
	for i := range m {
		m[i] |= other[i]
	}
}

// take makes a bit set for the children of a value.
func (k *check) take(count int32) marks {
	n, words := len(k.marks), int(count)/64+1
	k.marks = append(k.marks, make([]uint64, words)...)
	return marks(k.marks[n : n+words : n+words])
}

func newScratch() *sync.Pool {
	return &sync.Pool{New: func() any {
		k := &check{}
		k.seen = nameSet{seed: maphash.MakeSeed(), round: 1}
		return k
	}}
}

// Bounds of the scratch space that stays for later checks, until the garbage
// collector takes it: enough for the values of about a megabyte, and one larger
// body does not stay in memory for ever.
const (
	maxKeptValues = 1 << 17
	maxKept       = 1 << 14
)

// release gives the scratch space back for other checks. Nothing of the body
// is left in it.
func (k *check) release(scratch *sync.Pool) {
	for i := range k.digits {
		clear(k.digits[i][:cap(k.digits[i])])
	}
	clear(k.decoded)
	if cap(k.decoded) > maxKept {
		k.decoded = nil
	}
	if cap(k.values) > maxKeptValues {
		k.values = nil
	}
	if cap(k.marks) > maxKept {
		k.marks = nil
	}
	if cap(k.terms) > maxKept {
		k.terms = nil
	}
	k.seen.empty()
	k.trail.release()
	if k.sight != nil {
		k.sight.empty()
	}
	*k = check{reader: reader{tree: tree{values: k.values[:0], decoded: k.decoded[:0], seen: k.seen}}, marks: k.marks[:0], digits: k.digits, terms: k.terms[:0], applied: k.applied[:0], trail: k.trail, sight: k.sight}
	scratch.Put(k)
}

// setBounds says how many steps the values of a body may take.
func (k *check) setBounds() {
	k.maxSteps = maxSteps + stepsPerValue*len(k.values)
	k.memoAfter = memoAfter + stepsPerValue/2*len(k.values)
}

// place judges a value by the schema of its place.
func (k *check) place(s *schema, v int32) bool {
	if s.anything {
		return true
	}
	if s.via != nil {
		s = s.via
	}
	if s.plain {
		switch val := &k.values[v]; val.kind {
		case '"':
			k.steps++
			if s.types&String == 0 && s.types != 0 || s.enum != nil && !s.enum.strings.has(k.textOf(v)) {
				return k.refusePlain(s, v)
			}
			return s.text == nil || k.judgeText(s, v)
		case '0', 't', 'f', 'n':
			k.steps++
			if s.types != 0 && !k.hasType(s.types, v) || s.enum != nil && !k.isOneOf(s.enum, v) {
				return k.refusePlain(s, v)
			}
			return val.kind != '0' || s.number == nil || k.judgeNumber(s, v)
		}
	}
	return k.placeOther(s, v)
}

// refusePlain tells what is wrong with a value that is not of the type, or not
// of the enum.
func (k *check) refusePlain(s *schema, v int32) bool {
	if s.types != 0 && !k.hasType(s.types, v) {
		return k.refuse(v, "type", "", s)
	}
	return k.refuse(v, s.enum.keyword, "", s)
}

// placeOther judges what branches say something of, and what holds other values.
func (k *check) placeOther(s *schema, v int32) bool {
	if k.steps < k.memoAfter {
		if k.recording && k.closed && s.closes && k.values[v].kind == '{' {
			return k.watch(s, v)
		}
		return k.judge(s, v, s, nil)
	}
	if k.first {
		k.spent = true
		return false
	}
	// Branches upon branches come by the same schema and value again and again;
	// what depends on them alone is remembered, so that nesting costs its size
	// and not two to the power of its depth. Of what does not hold the faults are
	// still to be told.
	key := uint64(s.id)<<32 | uint64(v)
	if k.lenient {
		key |= 1 << 63
	}
	if verdict, known := k.memo[key]; known && (verdict || !k.report) {
		return verdict
	}
	verdict := k.judge(s, v, s, nil)
	if !k.spent {
		if k.memo == nil {
			k.memo = map[uint64]bool{}
		}
		k.memo[key] = verdict
	}
	return verdict
}

// judge tells whether a value holds to a schema. around is the schema of the
// place; up, if not nil, learns which children were evaluated.
func (k *check) judge(s *schema, v int32, around *schema, up marks) bool {
	if s.anything {
		return true
	}
	if k.steps++; k.steps > k.maxSteps {
		k.spent = true
	}
	if k.spent {
		return false
	}
	if s.never {
		return k.refuse(v, "false", "is not allowed here", s)
	}
	if s.types != 0 && !k.hasType(s.types, v) {
		return k.refuse(v, "type", "", s)
	}
	if s.enum != nil && !k.isOneOf(s.enum, v) {
		return k.refuse(v, s.enum.keyword, "", s)
	}
	if s.judgedFurther {
		return k.judgeFurther(s, v, around, up)
	}
	switch k.values[v].kind {
	case '"':
		return s.text == nil || k.judgeText(s, v)
	case '0':
		return s.number == nil || k.judgeNumber(s, v)
	case '{':
		return s.object == nil || k.judgeObject(s, v, around, up)
	case '[':
		return s.array == nil || k.judgeArray(s, v, up)
	}
	return true
}

// judgeFurther judges by the keywords of the value's type, then by branches,
// and then by what these leave.
func (k *check) judgeFurther(s *schema, v int32, around *schema, up marks) bool {
	val, depth, own := &k.values[v], len(k.marks), up
	if s.collects && (val.kind == '{' || val.kind == '[') {
		own = k.take(val.count)
	}
	ok := k.byKind(s, v, around, own)
	if ok || k.report {
		ok = k.branches(s, v, around, own) && ok
	}
	if (ok || k.report) && s.not != nil {
		ok = k.negation(s, v) && ok
	}
	if (ok || k.report) && s.collects {
		ok = k.unevaluated(s, v, own, ok) && ok
	}
	if up != nil && s.collects {
		up.merge(own)
	}
	k.marks = k.marks[:depth]
	return ok
}

func (k *check) byKind(s *schema, v int32, around *schema, m marks) bool {
	switch k.values[v].kind {
	case '"':
		return s.text == nil || k.judgeText(s, v)
	case '0':
		return s.number == nil || k.judgeNumber(s, v)
	case '{':
		return s.object == nil || k.judgeObject(s, v, around, m)
	case '[':
		return s.array == nil || k.judgeArray(s, v, m)
	}
	return true
}

// kindTypes are the types of what begins with a byte.
var kindTypes = [256]Types{'n': Null, 't': Boolean, 'f': Boolean, '0': Number, '"': String, '[': Array, '{': Object}

func (k *check) hasType(t Types, v int32) bool {
	val := &k.values[v]
	if t&kindTypes[val.kind] != 0 {
		return true
	}
	return val.kind == '0' && t&Integer != 0 && (val.textFlag&whole != 0 || k.number(v).integer())
}

func (k *check) number(v int32) decimal { return k.numberInto(&k.digits[0], v) }

// numberInto leaves the digits in scratch, where they do not stand in a row in
// the body.
func (k *check) numberInto(scratch *[]byte, v int32) decimal {
	d, _ := parseDecimal(k.textOf(v), (*scratch)[:0])
	if d.scratched && cap(d.digits) > cap(*scratch) {
		*scratch = d.digits
	}
	return d
}

func (k *check) judgeText(s *schema, v int32) bool {
	r, text, ok := s.text, k.textOf(v), true
	// A character has one to four bytes: mostly there is nothing to count.
	if r.minimum > (len(text)+3)/4 || r.maximum >= 0 && len(text) > r.maximum {
		n := utf8.RuneCount(text)
		if n < r.minimum {
			ok = k.refuse(v, "minLength", "", s)
		}
		if r.maximum >= 0 && n > r.maximum {
			ok = k.refuse(v, "maxLength", "", s)
		}
	}
	if (ok || k.report) && r.pattern != nil && !k.match(r.pattern, text) {
		ok = k.refuse(v, "pattern", "", s)
	}
	if (ok || k.report) && r.format != nil && !r.format.check(text) {
		ok = k.refuse(v, "format", "", s)
	}
	return ok
}

// match runs a pattern within the budget of the whole check.
func (k *check) match(p *pattern, text []byte) bool {
	if k.work += p.cost(len(text)); k.work > maxMatchSteps || k.first && k.work > maxFirstMatchSteps {
		k.spent = true
		return false
	}
	if p.back == nil {
		return p.match(text)
	}
	return k.backtrack(p, text)
}

// backtrack runs a pattern within the time of the whole check, which is not
// begun anew with a verdict. What it cannot answer is not taken for an answer:
// under not, one that does not match would let the body pass.
func (k *check) backtrack(p *pattern, text []byte) bool {
	if k.strained || len(text) > backtrackLength {
		k.strained, k.spent = true, true
		return false
	}
	start := time.Now()
	matched, timeout := p.backtrack(string(text))
	if k.backtracked += time.Since(start); timeout || k.backtracked > backtrackTotal {
		k.strained, k.spent = true, true
	}
	return matched
}

func (k *check) judgeNumber(s *schema, v int32) bool {
	r, ok := s.number, true
	if r.holdsSmall(k.textOf(v)) {
		return true
	}
	d := k.number(v)
	if r.minimum != nil && d.compare(r.minimum.value) < 0 {
		ok = k.refuse(v, "minimum", "", s)
	}
	if r.maximum != nil && d.compare(r.maximum.value) > 0 {
		ok = k.refuse(v, "maximum", "", s)
	}
	if r.exclusiveMinimum != nil && d.compare(r.exclusiveMinimum.value) <= 0 {
		ok = k.refuse(v, "exclusiveMinimum", "", s)
	}
	if r.exclusiveMaximum != nil && d.compare(r.exclusiveMaximum.value) >= 0 {
		ok = k.refuse(v, "exclusiveMaximum", "", s)
	}
	if r.multipleOf != nil && !d.multipleOf(r.multipleOf.value) {
		ok = k.refuse(v, "multipleOf", "", s)
	}
	if r.format != nil && !r.format.check(d) {
		ok = k.refuse(v, "format", "", s)
	}
	return ok
}

// quietly judges without reporting, and by the book: by a condition.
func (k *check) quietly(s *schema, v int32) bool {
	report, lenient, recording := k.report, k.lenient, k.recording
	k.report, k.lenient, k.recording = false, false, false
	ok := k.place(s, v)
	k.report, k.lenient, k.recording = report, lenient, recording
	return ok
}
