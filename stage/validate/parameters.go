package validate

import (
	"strings"
	"sync"

	"sallyport"
	"sallyport/problem"
	"sallyport/source"
)

// maxQueryPairs bounds the pairs of one query; Admit bounds its length.
const maxQueryPairs = 2048

// ParameterOptions are what the document cannot say.
type ParameterOptions struct {
	// Undeclared says what comes of query parameters that the operation does
	// not declare. Undeclared header fields and cookies always pass.
	Undeclared Undeclared
	// Allow lists names of query parameters that may be given though the
	// document does not declare them; * stands for any text, as in utm_*.
	Allow []string
	// Declared lists names of query parameters that the document declares
	// elsewhere than among parameters: those of API keys.
	Declared []string
}

// Parameters holds the parameters of a request against their declarations:
// those of path, query, header and cookie, each decoded by its style. It names
// all faults of all parameters together.
type Parameters struct {
	list []parameter
	// query, cookie are owners of names: indexes into list.
	query, cookie names
	inQuery       bool // there is a query parameter
	inCookie      bool
	whole         *querystring
	options       ParameterOptions
	leading       leading
	// work is memory for decoding. It holds no caller, and is wiped.
	work sync.Pool
}

// work is the memory that decoding one request takes.
type work struct {
	decoder
	pairs pairs
}

func newWork() any {
	return &work{decoder: decoder{out: make([]byte, 0, 256), text: make([]byte, 0, 128)}}
}

// maxKept keeps the pool from holding what one large request needed.
const maxKept = 64 << 10

func (s *Parameters) release(w *work) {
	if cap(w.out)+cap(w.text) > maxKept || cap(w.pairs.list) > maxQueryPairs {
		return
	}
	clear(w.out[:cap(w.out)])
	clear(w.text[:cap(w.text)])
	w.pairs.forget()
	s.work.Put(w)
}

// Run refuses a request whose parameters do not fit.
func (s *Parameters) Run(x *sallyport.Exchange) error {
	if len(s.list) == 0 && s.whole == nil && x.Request.Query == "" {
		return nil
	}
	w := s.work.Get().(*work)
	var found faults
	s.checkPath(x, w, &found)
	s.checkQuery(x, w, &found)
	s.checkHeader(x, w, &found)
	s.checkCookie(x, w, &found)
	s.release(w)
	if len(found) == 0 {
		return nil
	}
	r := problem.Refuse(problem.ParameterInvalid, "The parameters do not fit the operation; errors says what to change.")
	r.Faults = found
	return r
}

func (s *Parameters) checkPath(x *sallyport.Exchange, w *work, found *faults) {
	for i := range s.list {
		p := &s.list[i]
		if p.in != "path" {
			continue
		}
		w.pairs.begin(1)
		if value, ok := x.Param(p.name); ok {
			w.pairs.add(0, p.name, value)
		}
		p.check(&w.decoder, w.pairs.of(0), found)
		p.outward(x, &w.decoder, w.pairs.of(0))
	}
}

func (s *Parameters) checkQuery(x *sallyport.Exchange, w *work, found *faults) {
	r := x.Request
	if s.whole != nil {
		s.whole.check(x, w, found)
		return
	}
	if !s.inQuery && r.Query == "" {
		return
	}
	w.pairs.begin(len(s.list) + 1)
	f := scanPairs(r.Query, maxQueryPairs, func(name, value string) {
		owner := s.query.owner(name)
		if owner >= 0 && owner < len(s.list) {
			w.pairs.add(owner, name, value)
			return
		}
		s.undeclared(owner, name, value, found)
	})
	if f != sound {
		found.add("query", "", flaws[f].keyword, flaws[f].message)
		s.lose(x, "query")
		return
	}
	for i := range s.list {
		if s.list[i].in == "query" {
			s.list[i].check(&w.decoder, w.pairs.of(i), found)
			s.list[i].outward(x, &w.decoder, w.pairs.of(i))
		}
	}
}

// undeclared judges a pair that no parameter reads.
func (s *Parameters) undeclared(owner int, name, value string, found *faults) {
	switch {
	case owner < 0 && s.options.Undeclared == RefuseUndeclared && !s.allowed(name):
		found.add("query", pointerTo(name), "undeclared", s.hint(name))
	case strings.IndexByte(value, ';') >= 0:
		// A backend that separates parameters by semicolons, too, would find
		// declared ones behind it that nobody has checked.
		found.add("query", pointerTo(name), flaws[badSeparator].keyword, flaws[badSeparator].message)
	}
}

func (s *Parameters) allowed(name string) bool {
	for _, pattern := range s.options.Allow {
		if matches(pattern, name) {
			return true
		}
	}
	return false
}

func (s *Parameters) hint(name string) string {
	const says = "is not a query parameter of this operation"
	if near := source.Nearest(name, s.query.all()); near != "" {
		return says + "; there is " + near
	}
	return says
}

// checkHeader reads each declared field. Lists may be spread over several lines
// (RFC 9110 §5.3); of two lines with one value the backend would choose.
func (s *Parameters) checkHeader(x *sallyport.Exchange, w *work, found *faults) {
	r := x.Request
	for i := range s.list {
		p := &s.list[i]
		if p.in != "header" {
			continue
		}
		w.pairs.begin(1)
		switch lines := r.Fields.Count(p.name); {
		case lines > 1 && p.content == noContent && p.readings[0] != asScalar:
			w.pairs.add(0, p.name, r.Fields.Joined(p.name))
		case lines > 1:
			found.add(p.in, p.pointer, flaws[repeated].keyword, flaws[repeated].message)
			x.LoseOutward(p.schema, p.in, p.pointer)
			continue
		case lines == 1:
			w.pairs.add(0, p.name, r.Fields.Get(p.name))
		}
		p.check(&w.decoder, w.pairs.of(0), found)
		p.outward(x, &w.decoder, w.pairs.of(0))
	}
}

func (s *Parameters) checkCookie(x *sallyport.Exchange, w *work, found *faults) {
	if !s.inCookie {
		return
	}
	w.pairs.begin(len(s.list))
	f := cookies(x.Request, func(name, value string) {
		if owner := s.cookie.owner(name); owner >= 0 {
			w.pairs.add(owner, name, value)
		}
	})
	if f != sound {
		found.add("cookie", "", flaws[f].keyword, flaws[f].message)
		s.lose(x, "cookie")
		return
	}
	for i := range s.list {
		if s.list[i].in == "cookie" {
			s.list[i].check(&w.decoder, w.pairs.of(i), found)
			s.list[i].outward(x, &w.decoder, w.pairs.of(i))
		}
	}
}

// maxNamed is the longest name of a client's that a problem repeats.
const maxNamed = 64

// pointerTo is where a name that the client chose is wrong. It is told back only
// where it is plainly a name.
func pointerTo(name string) string {
	if len(name) > maxNamed {
		return ""
	}
	for i := 0; i < len(name); i++ {
		if c := name[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(`<>"'&`, c) >= 0 {
			return ""
		}
	}
	return "/" + source.EscapePointer(name)
}

// matches tells whether a name fits a pattern in which * stands for any text.
func matches(pattern, name string) bool {
	head, tail, starred := strings.Cut(pattern, "*")
	if !starred {
		return pattern == name
	}
	rest, ok := strings.CutPrefix(name, head)
	if !ok {
		return false
	}
	for {
		piece, after, more := strings.Cut(tail, "*")
		if !more {
			return strings.HasSuffix(rest, piece)
		}
		i := strings.Index(rest, piece)
		if i < 0 {
			return false
		}
		rest, tail = rest[i+len(piece):], after
	}
}
