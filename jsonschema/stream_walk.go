package jsonschema

import (
	"slices"
	"strconv"
	"strings"
)

// level is a container that the stream is within.
type level struct {
	place *place
	parts *Schema
	path  string // of the container
	cut   string // likewise, with * for the index of an item
	kept  bool   // a member stays
	index int    // of the next member or item
	count int    // of those that stay
	has   map[string]bool
	seen  map[uint64]struct{} // names
}

// batch is how many bytes of items are judged together, if they are there
// already: many small ones would cost more to begin with than to judge.
const batch = 16 << 10

// enter goes into the container that begins at the next byte. A container whose
// schemas ask something of the whole is too large.
func (s *Stream) enter(schemas []*schema, path, cut string) {
	p, obstacle := s.schema.placeOf(schemas, s.buffer[s.index(s.at)])
	if obstacle != nil {
		s.err = ErrTooLarge
		return
	}
	s.pass(s.at + 1)
	s.levels = append(s.levels, level{place: p, parts: p.partsAt(p.prefix), path: path, cut: cut})
}

// leave goes out of the container that ends at the next byte, and says what is
// wrong with it as a whole.
func (s *Stream) leave(l *level) {
	s.pass(s.at + 1)
	s.record.forget(l.seen)
	s.ended = len(s.levels) == 1
	faults := l.place.judgeWhole(l.path, l.count, l.has)
	s.levels = s.levels[:len(s.levels)-1]
	s.tell(faults, false)
}

// next goes to the next member or item and tells whether there is one.
func (s *Stream) next(l *level, end byte) bool {
	c := s.peek()
	switch {
	case c == 0:
		s.breaksOff()
		return false
	case c == end:
		s.leave(l)
		return false
	case l.index == 0:
		return true
	case c != ',':
		s.err = ErrMalformed
		return false
	}
	s.at++
	if c = s.peek(); c == 0 {
		s.breaksOff()
	}
	return c != 0
}

// item judges one item, or several small ones.
func (s *Stream) item(l *level) {
	if !s.next(l, ']') {
		return
	}
	from, n := s.at, 1
	end, fits := s.valueEnd(from, from)
	switch {
	case s.err != nil:
	case !fits:
		s.largeItem(l)
	case l.index < l.place.prefix:
		s.judgeItems(l, l.place.partsAt(l.index), from, end, n)
	default:
		for end-from < batch && !l.place.hidesItems() {
			another, ok := s.another(end)
			if !ok || another-from > int64(min(batch, s.most)) {
				break
			}
			end = another
			n++
		}
		s.judgeItems(l, l.parts, from, end, n)
	}
}

// another is the end of the item behind the one that ends at a place, if it was
// read already.
func (s *Stream) another(end int64) (int64, bool) {
	b := s.buffer
	i := s.index(end)
	for ; i < len(b) && isSpace(b[i]); i++ {
	}
	if i == len(b) || b[i] != ',' {
		return 0, false
	}
	for i++; i < len(b) && isSpace(b[i]); i++ {
	}
	s.ahead.begin(s.base+int64(i), len(s.levels))
	p := s.ahead.scan(b, s.base, 0)
	return s.ahead.pos, p == complete
}

func (s *Stream) judgeItems(l *level, parts *Schema, from, end int64, n int) {
	c := s.judge(parts, '[', from, end, ']')
	for i := range c.Faults {
		c.Faults[i].Pointer = l.path + renumbered(c.Faults[i].Pointer, l.index)
	}
	if s.tell(c.Faults, c.Undecided); s.err != nil {
		return
	}
	if stays := !l.place.hidesItems() || c.Undecided || len(c.Body) > 2; stays {
		s.separate(l, from, true)
		s.put(c, end)
		l.count += n
	} else {
		s.separate(l, from, false)
		s.leaveOut(end)
	}
	l.index += n
	s.listCuts(l, c)
}

// renumbered is a pointer into an array that begins with a later item.
func renumbered(pointer string, first int) string {
	if first == 0 || pointer == "" {
		return pointer
	}
	index, rest, below := strings.Cut(pointer[1:], "/")
	if below {
		rest = "/" + rest
	}
	n, _ := strconv.Atoi(index) // we wrote it
	return "/" + itoa(first+n) + rest
}

// largeItem goes into an item that does not fit.
func (s *Stream) largeItem(l *level) {
	path := l.path + "/" + itoa(l.index)
	schemas := l.place.ofItem(l.index)
	if hides(schemas) || !s.container() {
		s.err = ErrTooLarge
		return
	}
	l.index, l.count, l.kept = l.index+1, l.count+1, true
	s.enter(schemas, path, l.cut+"/*")
}

// hides tells whether the direction hides a value for what schemas say of it, or
// may: that is found out of what fits alone.
func hides(schemas []*schema) bool { return slices.ContainsFunc(schemas, (*schema).hides) }

func (s *Stream) container() bool {
	c := s.buffer[s.index(s.at)]
	return c == '{' || c == '['
}

// member judges one member.
func (s *Stream) member(l *level) {
	if !s.next(l, '}') {
		return
	}
	from := s.at
	s.near.begin(from, 0)
	quoted, fits := s.endOf(&s.near, from, 0)
	if s.err == nil && (s.buffer[s.index(from)] != '"' || !fits) {
		s.err = ErrMalformed
		if !fits {
			s.err = ErrTooLarge
		}
	}
	if s.err != nil {
		return
	}
	s.at = quoted
	if c := s.peek(); c != ':' {
		s.malformedAt(c)
		return
	}
	s.at++
	if c := s.peek(); c == 0 {
		s.breaksOff()
		return
	}
	value := s.at
	end, fits := s.valueEnd(value, from)
	if s.err != nil || !s.isNew(l, from, quoted) {
		return
	}
	if fits {
		s.judgeMember(l, from, quoted, end)
	} else {
		s.largeMember(l, from, quoted, value)
	}
}

func (s *Stream) malformedAt(c byte) {
	if c != 0 {
		s.err = ErrMalformed
		return
	}
	s.breaksOff()
}

// isNew tells whether no member of that name has come before.
func (s *Stream) isNew(l *level, from, quoted int64) bool {
	switch s.record.note(&l.seen, s.near.nameAt(s.bytes(from, quoted))) {
	case wrong:
		s.err = ErrMalformed
	case crowded:
		s.err = ErrTooLarge
	}
	return s.err == nil
}

func (s *Stream) judgeMember(l *level, from, quoted, end int64) {
	name := string(s.near.nameAt(s.bytes(from, quoted)))
	c := s.judge(l.parts, '{', from, end, '}')
	pointer := "/" + escape(name)
	stays, counts := c.Undecided || len(c.Body) > 2, true
	if slices.ContainsFunc(c.Faults, func(f Fault) bool { return f.Pointer == pointer }) {
		counts = !s.unwelcome(l, from, quoted)
	}
	for i := range c.Faults {
		c.Faults[i].Pointer = l.path + c.Faults[i].Pointer
	}
	if s.tell(c.Faults, c.Undecided); s.err != nil {
		return
	}
	s.separate(l, from, stays)
	if stays {
		s.put(c, end)
	} else {
		s.leaveOut(end)
	}
	s.listCuts(l, c)
	l.came(name, stays, stays && counts)
}

// came counts a member that has passed.
func (l *level) came(name string, stays, counts bool) {
	l.index++
	if counts {
		l.count++
	}
	if stays && l.place.asks([]byte(name)) {
		if l.has == nil {
			l.has = map[string]bool{}
		}
		l.has[name] = true
	}
}

// separate passes on what stands before a member. One comma goes with each that
// is taken out: the one before it, or else the one behind.
func (s *Stream) separate(l *level, from int64, stays bool) {
	if l.index == 0 || stays && l.kept {
		s.pass(from)
	} else {
		s.leaveOut(from)
	}
	l.kept = l.kept || stays
}

// unwelcome tells whether a member may not stand there, whatever its value.
func (s *Stream) unwelcome(l *level, from, quoted int64) bool {
	return len(s.probe(l, from, quoted, Cleaning{true, true}).Body) == 2
}

// probe judges a member by its name, whose value is not known.
func (s *Stream) probe(l *level, from, quoted int64, may Cleaning) Cleaned {
	member := append(append([]byte{'{'}, s.bytes(from, quoted)...), ":null}"...)
	return l.parts.Clean(member, may)
}

// nameWords are those of which a fault lies in the name of a member.
var nameWords = []string{"readOnly", "writeOnly", "additionalProperties", "unevaluatedProperties", "false", "propertyNames"}

// largeMember leaves out a member that may not stand there, and goes into
// another, whose value does not fit.
func (s *Stream) largeMember(l *level, from, quoted, value int64) {
	name := string(s.near.nameAt(s.bytes(from, quoted)))
	schemas := l.place.ofMember([]byte(name))
	if slices.ContainsFunc(schemas, func(m *schema) bool { return m.mayHide }) {
		s.err = ErrTooLarge // the value says whether it may stand there
		return
	}
	c := s.probe(l, from, quoted, s.May)
	out := len(c.Body) == 2
	refused := !out && s.unwelcome(l, from, quoted)
	faults := slices.DeleteFunc(c.Faults, func(f Fault) bool {
		return f.Pointer != "/"+escape(name) || !slices.Contains(nameWords, f.Keyword)
	})
	for i := range faults {
		faults[i].Pointer = l.path + faults[i].Pointer
	}
	s.at = value
	if !out && !refused && !s.container() {
		s.err = ErrTooLarge
		return
	}
	if s.tell(faults, false); s.err != nil {
		return
	}
	path, cut := l.path+"/"+escape(name), l.cut+"/"+escape(name)
	s.separate(l, from, !out)
	l.came(name, !out, !out && !refused)
	switch {
	case out:
		s.listCuts(l, c)
		s.leaveOut(value)
		s.skipFrom(value, false)
	case refused:
		s.pass(value)
		s.skipFrom(value, true)
	default:
		s.pass(value)
		s.enter(schemas, path, cut)
	}
}
