package jsonschema

import "slices"

// Cleaning says what Clean takes out of a body, rather than counting it as a
// fault.
type Cleaning struct {
	// Undeclared members are those that no schema of their place declares (see
	// Use.Closed). Nothing is undeclared to a schema that is not Closed.
	Undeclared bool
	// Hidden members and items are readOnly in a Request and writeOnly in a
	// Response. The items behind one that goes move up, and are judged by their new
	// place: of an array with prefixItems nothing stays from a hidden place on.
	Hidden bool
}

// Cleaned is what Clean leaves.
type Cleaned struct {
	// Body is the body without what was taken out, and with what is masked,
	// otherwise byte for byte as it came; the same slice where nothing was, or
	// where it is not to be used: the body is Undecided, or holds members that
	// must not stand there and were not to be taken out, which Faults names.
	Body []byte
	// Faults are what is wrong with Body, as from Check.
	Faults []Fault
	// Cut are the places of what was taken out, as JSON pointers with * for the
	// index of an item; each once and the first 100 of them.
	Cut []string
	// Gone are the bytes of the body that are not in Body any more, from and to,
	// in order and apart: each a member or an item, and one comma beside it. What
	// is masked is not among them.
	Gone [][2]int
	// CutCount is how many members and items were taken out.
	CutCount int
	// MaskCount is how many values were masked (see Watch.Mask), PutCount how many
	// were replaced (see Veil.Put).
	MaskCount, PutCount int
	// Undecided tells that the body could not be read or judged to its end, so
	// that nobody knows what it holds.
	Undecided bool
}

// Check judges a body: nil if it holds, else what is wrong with it, in the
// order of the places, at most 20 faults. Text that is not JSON gives a single
// fault whose Syntax is true.
func (s *Schema) Check(body []byte) []Fault { return s.Clean(body, Cleaning{}).Faults }

// Clean judges a body as Check does, but takes out what it may instead of
// counting it as a fault. What is left has the bytes, the order and the white
// space that came, and cleaning it again takes out nothing.
func (s *Schema) Clean(body []byte, may Cleaning) Cleaned {
	k := s.scratch.Get().(*check)
	defer k.release(s.scratch)
	return k.clean(s, body, may)
}

func (k *check) clean(s *Schema, body []byte, may Cleaning) Cleaned {
	if fault := k.read(body); fault != nil {
		return Cleaned{Body: body, Faults: []Fault{*fault}, Undecided: true}
	}
	if k.asked != nil {
		if fault := k.keep(s); fault != nil {
			return Cleaned{Body: body, Faults: []Fault{*fault}, Undecided: true}
		}
	}
	k.setBounds()
	k.closed, k.hides, k.may = s.closed, s.hides, may
	if s.sifts() && k.atOnce(s) {
		return k.leave(s, body)
	}
	if k.strained {
		return k.undecided(s, body)
	}
	return k.inTurn(s, body)
}

// inTurn takes out first and judges what is left.
func (k *check) inTurn(s *Schema, body []byte) Cleaned {
	k.sift(s)
	refused := len(k.faults)
	if k.strained || !k.decide(s) {
		return k.undecided(s, body)
	}
	if refused > 0 {
		faults := ordered(unlessRefused(k.faults, refused))
		if k.asked != nil {
			return k.asItCame(s, body, faults)
		}
		return Cleaned{Body: body, Faults: faults}
	}
	return k.leave(s, body)
}

// undecided means refused.
func (k *check) undecided(s *Schema, body []byte) Cleaned {
	cost := Fault{Keyword: "cost", Message: "takes too long to be checked against its schema", At: s.root.node.Position()}
	if k.strained {
		cost.Message = "holds text that is too long, or takes too long, for a pattern that backtracks"
	}
	return Cleaned{Body: body, Faults: []Fault{cost}, Undecided: true}
}

// leave is what is left of the body.
func (k *check) leave(s *Schema, body []byte) Cleaned {
	cleaned := Cleaned{Faults: ordered(k.faults), Cut: k.cut, Gone: k.gone(), CutCount: k.cutCount}
	if k.asked != nil {
		k.show(s, &cleaned, len(cleaned.Faults) == 0)
	}
	cleaned.Body = k.assemble(body, cleaned.Gone)
	return cleaned
}

// decide judges what is left by the specification. It is false where that
// takes too long.
func (k *check) decide(s *Schema) bool {
	if k.spent {
		return false
	}
	before := len(k.faults)
	k.steps, k.report = 0, true
	holds := k.place(s.root, 0)
	return !k.spent && (holds || len(k.faults) > before || before == 4*maxFaults)
}

// unlessRefused drops the faults that ask for a member which is among those
// that were refused: the first n.
func unlessRefused(faults []Fault, n int) []Fault {
	refused := faults[:n]
	rest := slices.DeleteFunc(faults[n:], func(f Fault) bool {
		return slices.ContainsFunc(refused, func(r Fault) bool { return r.Pointer == f.Pointer })
	})
	return faults[:n+len(rest)]
}
