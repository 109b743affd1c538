package sallyport

import "sallyport/jsonschema"

// Watched says which values of a request an operation wants to know that lead
// outward.
type Watched uint8

// What is watched.
const (
	// WatchNothing wants none.
	WatchNothing Watched = iota
	// WatchMarked wants those that the document marks.
	WatchMarked
	// WatchFormats wants those of a format that leads outward too.
	WatchFormats
)

// Outward is a value of a request that leads somewhere: Validate, which decodes
// them, leaves them to Inspect, which judges where.
type Outward struct {
	// In is path, query, header, cookie or body, Pointer the place in it.
	In, Pointer string
	// As is how it is to be read; 0 where such values could not be found out,
	// because what should hold them cannot be read.
	As   jsonschema.Outward
	Text string
}

// FindOutward notes the strings of JSON text that lead outward by its schema,
// where the operation watches them. Pointer is that of the text itself.
func (x *Exchange) FindOutward(s *jsonschema.Schema, in, pointer string, text []byte) {
	if !x.watches(s) {
		return
	}
	found, known := s.FindOutward(text, x.Op.Outward == WatchMarked, nil)
	x.addOutward(in, pointer, found, known)
}

// MarkOutward notes all strings of JSON text, as what the document marks as a
// whole.
func (x *Exchange) MarkOutward(s *jsonschema.Schema, in, pointer string, text []byte) {
	if x.Op.Outward == WatchNothing {
		return
	}
	found, known := s.Strings(text, jsonschema.OutwardMarked|jsonschema.OutwardURL|jsonschema.OutwardHost, nil)
	x.addOutward(in, pointer, found, known)
}

// LoseOutward notes that what is of a schema could not be read, so that nobody
// knows where it leads.
func (x *Exchange) LoseOutward(s *jsonschema.Schema, in, pointer string) {
	if x.watches(s) {
		x.Outward = append(x.Outward, Outward{In: in, Pointer: pointer})
	}
}

func (x *Exchange) watches(s *jsonschema.Schema) bool {
	return x.Op.Outward != WatchNothing && s != nil && s.Outward(x.Op.Outward == WatchMarked)
}

func (x *Exchange) addOutward(in, pointer string, found []jsonschema.Leading, known bool) {
	for _, f := range found {
		x.Outward = append(x.Outward, Outward{in, pointer + f.Pointer, f.Outward, f.Text})
	}
	if !known {
		x.Outward = append(x.Outward, Outward{In: in, Pointer: pointer})
	}
}
