package validate

import (
	"slices"
	"strconv"

	"sallyport"
	"sallyport/jsonschema"
	"sallyport/problem"
	"sallyport/source"
)

// outward notes where the values of a parameter lead that was just checked.
func (p *parameter) outward(x *sallyport.Exchange, d *decoder, v values) {
	switch {
	case x.Op.Outward == sallyport.WatchNothing || p.schema == nil || v.count() == 0 || p.unmarked || p.isEmpty(v):
	case len(d.out) == 0 && p.marked:
		x.Outward = append(x.Outward, sallyport.Outward{In: p.in, Pointer: p.pointer})
	case len(d.out) == 0:
		x.LoseOutward(p.schema, p.in, p.pointer)
	case p.marked:
		x.MarkOutward(p.schema, p.in, p.pointer, d.out)
	default:
		x.FindOutward(p.schema, p.in, p.pointer, d.out)
	}
}

// lose notes that nobody knows where the parameters of a place lead.
func (s *Parameters) lose(x *sallyport.Exchange, in string) {
	for i := range s.list {
		if p := &s.list[i]; p.in == in && !p.unmarked {
			x.LoseOutward(p.schema, in, p.pointer)
			if p.marked {
				x.Outward = append(x.Outward, sallyport.Outward{In: in, Pointer: p.pointer})
			}
		}
	}
}

// outward notes where an item leads.
func (r *sequenceBody) outward(x *sallyport.Exchange, n int, json []byte) {
	pointer := "/" + strconv.Itoa(n)
	x.FindOutward(r.schema.Item(), "body", pointer, json)
	for _, s := range r.schema.Contents() {
		x.LoseOutward(s, "body", pointer) // JSON within the data is not looked into
	}
}

// streamed notes that nobody knows where the items lead that are passed on before
// the last has come.
func (r *sequenceBody) streamed(x *sallyport.Exchange) {
	for _, s := range append(r.schema.Contents(), r.schema.Item()) {
		x.LoseOutward(s, "body", "")
	}
}

// unread notes that nobody knows where a body leads, where it was refused for
// more than its schema says: if refusals are only observed, it goes on.
func (s *Body) unread(x *sallyport.Exchange, err error) {
	if err == nil || x.Op.Outward == sallyport.WatchNothing {
		return
	}
	switch problem.As(err).Kind {
	case problem.BodyInvalid, problem.BodyMissing, problem.BodyUnexpected:
		return
	}
	if s.leading.any(x.Op.Outward) {
		x.Outward = append(x.Outward, sallyport.Outward{In: "body"})
	}
}

// maxLeading bounds the places in the document that are listed for one operation.
const maxLeading = 20

// leading are the schemas of an operation that say that values lead outward.
type leading struct{ marked, all []source.Position }

func (l *leading) add(s *jsonschema.Schema) {
	if s == nil {
		return
	}
	if s.Outward(true) && len(l.marked) < maxLeading {
		l.marked = append(slices.Clip(l.marked), s.OutwardAt(true, maxLeading-len(l.marked))...)
	}
	if s.Outward(false) && len(l.all) < maxLeading {
		l.all = append(slices.Clip(l.all), s.OutwardAt(false, maxLeading-len(l.all))...)
	}
}

// with adds a parameter that is marked as a whole, or not.
func (l leading) with(marked bool, at source.Position) leading {
	if marked {
		l.marked, l.all = append(slices.Clip(l.marked), at), append(slices.Clip(l.all), at)
	}
	return l
}

func (l *leading) of(w sallyport.Watched) []source.Position {
	switch w {
	case sallyport.WatchMarked:
		return l.marked
	case sallyport.WatchFormats:
		return l.all
	}
	return nil
}

func (l *leading) any(w sallyport.Watched) bool { return len(l.of(w)) > 0 }

// Outward are the places in the document that say of values of a body that they
// lead outward; of a long list its beginning.
func (s *Body) Outward(w sallyport.Watched) []source.Position { return s.leading.of(w) }

// Outward are the places in the document that say of parameters that they lead
// outward; of a long list its beginning.
func (s *Parameters) Outward(w sallyport.Watched) []source.Position { return s.leading.of(w) }
