package filter

import (
	"sallyport"
	"sallyport/mediatype"
)

// The statuses of answers to a request for parts (RFC 9110 §14).
const (
	partial       = 206
	unsatisfiable = 416
)

// ReadsSuccess tells whether content of a success is read. Where it is not, an
// answer may leave encoded and in parts. What is declared as the default counts
// as a success where nothing else does.
func (a *Answer) ReadsSuccess() bool {
	declared, byDefault := false, false
	for i := range a.Responses {
		r := &a.Responses[i]
		switch {
		case r.Status == 2 || r.Status/100 == 2:
			if r.reads() {
				return true
			}
			declared = true
		case r.Status == 0:
			byDefault = r.reads()
		}
	}
	return byDefault && !declared
}

// reads tells whether content of any of its media types is read.
func (r *Response) reads() bool {
	for i := range r.Content {
		m := &r.Content[i]
		if m.Schema != nil || m.XML != nil || m.Items != (Media{}).Items {
			return true
		}
	}
	return false
}

// partOf is the answer of which a 206 brings a part: a part is declared where
// the whole is and nothing of it is read (RFC 9110 §15.3.7), unless 206 itself
// is.
func (a *Answer) partOf(x *sallyport.Exchange) *Response {
	if !x.Request.Fields.Has("Range") {
		return a.find(partial)
	}
	if r := a.find(partial); r != nil && r.Status == partial {
		return r
	}
	if r := a.find(200); r != nil && !r.reads() {
		return r
	}
	return a.find(partial)
}

// inParts tells whether the answer brings several parts, of a whole of which
// nothing is read (RFC 9110 §15.3.7.2): their type is not the whole's.
func inParts(x *sallyport.Exchange, declared *Response) bool {
	if x.Response.Status != partial || !x.Request.Fields.Has("Range") || declared.reads() || x.Response.Fields.Count("Content-Type") != 1 {
		return false
	}
	t, err := mediatype.Parse(x.Response.Fields.Get("Content-Type"))
	return err == nil && t.Name == "multipart/byteranges"
}
