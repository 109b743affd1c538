package jsonschema

import (
	"cmp"
	"slices"
	"sync"
)

// Watch is what Look does with a body beside what Clean does. It is made once
// and never changed; the zero value asks for nothing. Which places a schema can
// have at all Schema.CanHave says. A body that is Undecided is neither masked nor
// freed of items: it must not be passed on.
type Watch struct {
	// Capture are the places whose values are wanted.
	Capture []*Place
	// Typed are places and the types that they must have for what is captured to be
	// believed, see Found.Misread.
	Typed []Typed
	// Free asks for the strings that the schema leaves free, see Found.Free.
	Free bool
	// Mask are the values that leave masked.
	Mask []Mask
	// Keep are the arrays of which only some items stay.
	Keep []Keep
}

// Mask is a place whose values are masked: a string is replaced by **** and its
// last characters, a number, a boolean, an array or an object by null, which
// most readers take for a value of any type. What is masked is not judged by
// the schema again: the mask may break a pattern that the value held to.
type Mask struct {
	Place *Place
	// Last is how many characters at the end of a string stay, from 0 to 4; a
	// string shorter than twice as many keeps none.
	Last int
}

// Keep is an array of whose items only those stay that Found.Keep says of,
// by values that they hold. It is decided first, on the body as it came: the
// rest is taken out like members that are not declared, and what is left is
// checked. What stands at the place must be an array, or null; what is on the
// way to it must be of the kind that the place takes, or null, or not there.
// Otherwise the body is Undecided, for it could hold such items elsewhere.
type Keep struct {
	Array *Place
	// Read are the places to decide by, seen from the item.
	Read []*Place
	// Types are what an item must be of to be asked about: any other does not
	// stay. None is any.
	Types Types
}

// Found is what Look finds in a body. The zero value is ready to be used, again
// and again, by one body at a time. What it holds lies in the body and in Found
// itself: it is good until Reset or the next Look, and as long as the bytes of
// the body stay. What is to live longer must be copied.
type Found struct {
	// Captured are the values at the places of Watch.Capture, place by place,
	// each in the order of the body, as they are left: without what was taken
	// out, but not masked. Of a body that is Undecided nothing is captured. One
	// that holds members that must not stand there, and were not to be taken
	// out, is shown as it came, but for the items that Keep dropped.
	Captured []Captured
	// Misread tells that a value at one of Watch.Typed has another type: what was
	// captured may stand elsewhere, or be something else, than its schema says.
	Misread bool
	// Keep decides whether an item stays: by the index of the rule in
	// Watch.Keep, and what was captured of the item, where Place is one of
	// Keep.Read. It must not hold on to what it is given. Where it is nil, no
	// item stays. Set it before Look; Reset takes it away.
	Keep func(rule int, item []Captured) bool
	// Veil says which values leave masked or not at all, beside Watch.Mask, by
	// what was captured. It is asked once the body is judged, and what it takes out
	// is not judged again. It must not hold on to what it is given. Set it before
	// Look; Reset takes it away.
	Veil func(captured []Captured) Veil

	check  *check // holds the body until Reset
	schema *Schema
	pool   *sync.Pool
	round  uint32 // counts bodies
	item   []Captured
	free   []freeString
}

// Veil is what a reader may not see.
type Veil struct {
	// Drop are the members and items that are taken out.
	Drop []*Place
	// Mask are the values that leave masked.
	Mask []Mask
	// Put are the values that leave as others. What is masked is not put.
	Put []Put
}

// Put is a place whose values are replaced by a JSON text.
type Put struct {
	Place *Place
	Text  []byte
}

// freeString is a value, and whether its name is free rather than its text: no
// more than that, for all of a body can be free.
type freeString int32

// Value is a value of a body, or the name of a member.
type Value struct {
	// Kind is Null, Boolean, Number, String, Array or Object.
	Kind Types
	// Text is that of a string, decoded, or that of a number, as it was written;
	// of other values it is empty.
	Text []byte
	// Raw is the JSON text of the value.
	Raw []byte

	found *Found
	at    int32
	round uint32
}

// Captured is a value at a place.
type Captured struct {
	Value
	// Place is the index of the place in the list that asked for it.
	Place int
	// Indices are those of the items or members that each * of the place stands
	// for, from 0.
	Indices []int
}

// Text is a string that the schema leaves free.
type Text struct {
	Value
	// Name tells that it is the name of the member, not its value.
	Name bool
}

// Pointer is the place of the value, or of the member that it names, in the
// body as it is left (RFC 6901). It is empty once Found has been reset: another
// body may stand there.
func (v Value) Pointer() string {
	if v.found == nil || v.found.check == nil || v.found.round != v.round {
		return ""
	}
	return v.found.check.pointer(v.at)
}

// Clone is what was captured in memory of its own: it is good when Found and the
// body are gone. It has no Pointer.
func (c *Captured) Clone() Captured {
	own := *c
	own.found = nil
	own.Text, own.Raw, own.Indices = slices.Clone(c.Text), slices.Clone(c.Raw), slices.Clone(c.Indices)
	return own
}

// FreeCount is how many strings no schema binds.
func (f *Found) FreeCount() int { return len(f.free) }

// Free is one of the strings that no schema binds, from 0 in the order of the
// body: values, and names of members that no schema names. The package comment
// says what binds a string. All strings are free in a body that has faults.
func (f *Found) Free(i int) Text {
	v, k := int32(f.free[i]>>1), f.check
	if f.free[i]&1 == 0 {
		return Text{Value: k.valueAt(v)}
	}
	raw := k.body[k.values[v].from:k.nameEnd(v)]
	return Text{Value{Kind: String, Text: k.nameOf(v), Raw: raw, found: f, at: v, round: f.round}, true}
}

// Reset lets go of the body and of all that was found in it.
func (f *Found) Reset() {
	clear(f.Captured)
	clear(f.item)
	if f.check != nil {
		f.check.release(f.pool)
	}
	if cap(f.Captured)+cap(f.free) > maxKept {
		f.Captured, f.free = nil, nil
	}
	*f = Found{Captured: f.Captured[:0], free: f.free[:0], item: f.item[:0], round: f.round + 1}
}

// Look is Clean that also finds what is watched for, in the same pass. What it
// masks is masked in Cleaned.Body. A body that holds members which must not stand
// there, and were not to be taken out, is left as it came, but masked and without
// the items that are not kept. Found.Keep and the room that Found has stay, all
// else in it is reset.
func (s *Schema) Look(body []byte, may Cleaning, watch *Watch, found *Found) Cleaned {
	keep, veil := found.Keep, found.Veil
	found.Reset()
	k := s.scratch.Get().(*check)
	found.Keep, found.Veil, found.check, found.pool = keep, veil, k, s.scratch
	k.see()
	k.asked, k.sight.found = watch, found
	cleaned := k.clean(s, body, may)
	if !cleaned.Undecided {
		found.schema = s
	}
	return cleaned
}

// show fills what was found from the body as it is left, which holds or not,
// and veils it.
func (k *check) show(s *Schema, cleaned *Cleaned, holds bool) {
	k.sight.gone = cleaned.Gone
	k.capture(0, k.asked.Capture, &k.sight.found.Captured)
	k.sight.found.Misread = k.misread(k.asked.Typed)
	if k.asked.Free {
		if holds {
			k.steps, k.maxSteps = 0, maxBinding+bindingByValue*len(k.values)
			k.bindPlace(s.root, 0)
		}
		k.freeText()
	}
	var veil Veil
	if f := k.sight.found; f.Veil != nil {
		veil = f.Veil(f.Captured)
	}
	if k.dropPlaces(veil.Drop) {
		cleaned.Gone, cleaned.CutCount, cleaned.Cut = k.gone(), k.cutCount, k.cut
		k.sight.gone = cleaned.Gone
	}
	k.maskPlaces(k.asked.Mask)
	k.maskPlaces(veil.Mask)
	k.putPlaces(veil.Put)
	cleaned.MaskCount, cleaned.PutCount = k.sortMasks()
}

// asItCame reads a body anew that holds members which must not stand there: they
// were taken out of the tree. Who passes it on all the same, because the schema
// is only observed, passes no item that is not kept and no value that is masked.
func (k *check) asItCame(s *Schema, body []byte, faults []Fault) Cleaned {
	k.values, k.decoded, k.spans = k.values[:0], k.decoded[:0], k.spans[:0]
	k.cut, k.cutCount, k.listed = nil, 0, nil
	k.seen.empty()
	k.trail.end()
	k.read(body)
	k.keep(s)
	cleaned := Cleaned{Faults: faults, Cut: k.cut, Gone: k.gone(), CutCount: k.cutCount}
	k.show(s, &cleaned, false)
	cleaned.Body = k.assemble(body, cleaned.Gone)
	return cleaned
}

// capture appends what stands at places, seen from a value.
func (k *check) capture(from int32, places []*Place, to *[]Captured) {
	for n, p := range places {
		first, trail := len(k.sight.reached), len(k.sight.trail)
		k.reach(p, from)
		for _, v := range k.sight.reached[first:] {
			next := trail + p.stars
			*to = append(*to, Captured{Value: k.valueAt(v), Place: n, Indices: k.sight.trail[trail:next:next]})
			trail = next
		}
		k.sight.reached = k.sight.reached[:first]
	}
}

// valueAt is a value as it is left.
func (k *check) valueAt(v int32) Value {
	val := Value{found: k.sight.found, at: v, round: k.sight.found.round}
	switch k.values[v].kind {
	case 'n':
		val.Kind = Null
	case 't', 'f':
		val.Kind = Boolean
	case '"':
		val.Kind, val.Text = String, k.textOf(v)
	case '0':
		val.Kind, val.Text = Number, k.textOf(v)
	case '[':
		val.Kind = Array
	default:
		val.Kind = Object
	}
	val.Raw = k.rawOf(k.begin(v), k.values[v].to)
	return val
}

// rawOf is a part of the body without what was taken out of it.
func (k *check) rawOf(from, to int32) []byte {
	gone := k.sight.gone
	if len(gone) == 0 {
		return k.body[from:to:to]
	}
	first, _ := slices.BinarySearchFunc(gone, int(from), func(g [2]int, at int) int { return cmp.Compare(g[0], at) })
	behind := first
	for behind < len(gone) && gone[behind][0] < int(to) {
		behind++
	}
	if first == behind {
		return k.body[from:to:to]
	}
	at := len(k.sight.raw)
	k.sight.raw = splice(k.sight.raw, k.body[:to], int(from), gone[first:behind], nil, nil)
	return k.sight.raw[at:len(k.sight.raw):len(k.sight.raw)]
}
