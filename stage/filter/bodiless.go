package filter

import (
	"slices"

	"sallyport"
	"sallyport/mediatype"
)

const notModified = 304

// describe makes an answer without content say no more of a content than the
// answer to a GET would: to a HEAD it has the fields of that (RFC 9110 §9.3.2),
// and one that says "not modified" those of the 200 (§15.4.5). More may be taken
// out of that than anyone knows here, so the length goes, the digests of bytes
// that may never leave (RFC 9530 §3), and the validator becomes weak.
func (a *Answer) describe(x *sallyport.Exchange, declared *Response) {
	head, fields := x.Request.Method == "HEAD", x.Response.Fields
	switch {
	case x.Response.Status == notModified:
		declared = a.find(200)
	case !head:
		return // it is about no content
	}
	list, err := codings(x)
	coded := err != nil || len(list) > 0
	if declared == nil || a.Mode == Watch || a.Mode == Block && !coded && !declared.isVeiled() || !declared.mayChange(fields.Get("Content-Type")) {
		return
	}
	x.Response.Fields.Del("Content-Encoding")
	changed(x)
	if head && x.Response.Body != nil {
		x.Response.Body.Length = -1 // it must be that of the GET (RFC 9110 §8.6)
	}
}

// isVeiled tells whether rules may take values out of what has the schema, in mode
// block too.
func (r *Response) isVeiled() bool {
	return slices.ContainsFunc(r.Content, func(m Media) bool { return m.Guard != nil })
}

// mayChange tells whether content of a media type is read and judged; of one
// that is not told, whether any is.
func (r *Response) mayChange(contentType string) bool {
	t, err := mediatype.Parse(contentType)
	i := mediatype.Match(r.ranges, t)
	if err == nil && i < 0 {
		return false // a GET would be refused
	}
	if err == nil {
		m := r.Content[i].of(t)
		return m.reads()
	}
	return r.reads()
}
