package items

// Reader passes a sequence on, item by item. What was judged to pass goes on
// before anything more is read.
type Reader struct {
	// Bare leaves out what no client takes in and no schema speaks of: the text
	// of comments, fields of other names.
	Bare bool
	// Lenient is told why a sequence cannot be taken apart any further; the rest
	// passes as it comes then. Nil: that ends the sequence with an error.
	Lenient func(error)

	kind  Kind
	split *Splitter
	each  func(n int, json []byte) ([]byte, error)
	n     int
	out   []byte
	rest  []byte // of out
	err   error
	loose bool // the rest passes as it comes
}

// NewReader passes on what each returns for the JSON of an item: the same
// slice, and the item goes on as it came; another one, and it stands in the
// place of the old; nil, and the item is left out. Items are counted from 0.
func NewReader(s *Splitter, k Kind, each func(n int, json []byte) ([]byte, error)) *Reader {
	return &Reader{kind: k, split: s, each: each}
}

// Read gives what has passed. An error of each ends it, after the items before.
func (r *Reader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 && r.err == nil && len(p) > 0 && !r.loose {
		r.fill(len(p))
	}
	if len(r.rest) == 0 && r.loose {
		return r.split.source.Read(p)
	}
	n := copy(p, r.rest)
	if r.rest = r.rest[n:]; n == 0 {
		return 0, r.err
	}
	return n, nil
}

// fill waits for something to pass on, and takes along what is there already.
func (r *Reader) fill(enough int) {
	r.out = r.out[:0]
	for len(r.out) == 0 && r.err == nil {
		var item Item
		if item, r.err = r.split.Next(); r.err == nil {
			r.err = r.pass(item)
		}
	}
	for len(r.out) < enough && r.err == nil {
		item, found := r.split.ready()
		if !found {
			break
		}
		r.err = r.pass(item)
	}
	if s := r.split; s.own && r.err == s.err && r.Lenient != nil {
		r.Lenient(r.err)
		r.err, r.loose = nil, true
		r.out = append(r.out, s.buffer[s.from:s.to]...)
	}
	if r.rest = r.out; cap(r.out) > keptBuffer {
		r.out = nil
	}
}

func (r *Reader) pass(i Item) error {
	as := i.Raw
	if r.Bare && i.Bare != nil {
		as = i.Bare
	}
	if i.JSON == nil {
		r.out = append(r.out, as...)
		return nil
	}
	n := r.n
	r.n++
	json, err := r.each(n, i.JSON)
	switch {
	case err != nil:
		return err
	case json == nil:
		return nil
	case len(json) == len(i.JSON) && &json[0] == &i.JSON[0]:
		r.out = append(r.out, as...)
		return nil
	}
	r.out, err = Append(r.out, r.kind, json)
	return err
}
