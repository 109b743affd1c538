package validate

import (
	"fmt"
	"math"
	"strconv"

	"sallyport"
	"sallyport/mediatype"
	"sallyport/problem"
	"sallyport/source"
)

// fileRules are what is held of content that is not read as a value: a file. Its
// schema bounds the number of its bytes (OpenAPI, Working with Binary Data).
type fileRules struct {
	// least and most are minLength and maxLength.
	least, most int64
	// base64 files are written in that (RFC 4648 §4), and bounded as written.
	base64 bool
}

// noBound is a maxLength that nobody wrote.
const noBound = math.MaxInt64

// fileRules are those of a schema that stands for bytes: format binary or byte
// (3.0), a contentEncoding base64, a contentMediaType that is not text, or in
// 3.1 nothing of a type at all (Encoding Object: contentType); of a list, its
// items. Nil for everything else.
func (d Document) fileRules(node *source.Node) *fileRules {
	n := d.fileNode(node)
	if n == nil {
		return nil
	}
	r := &fileRules{most: noBound, least: countOf(n, "minLength")}
	r.base64 = n.Str("format") == "byte" || n.Str("contentEncoding") == "base64"
	if n.Has("maxLength") {
		r.most = countOf(n, "maxLength")
	}
	return r
}

// widen bounds a file of which several schemas speak, one or the other of which
// may hold, by the widest of them.
func (k *partKind) widen(d Document, nodes []*source.Node) {
	k.most = 0
	for _, node := range nodes {
		if r := d.fileRules(node); r != nil && k.file != nil {
			k.file.least, k.file.most = min(k.file.least, r.least), max(k.file.most, r.most)
		}
	}
}

// isBinary tells whether a schema stands for bytes as they are.
func (d Document) isBinary(node *source.Node) bool {
	r := d.fileRules(node)
	return r != nil && !r.base64
}

func (d Document) fileNode(node *source.Node) *source.Node {
	n := d.deref(node)
	for depth := 0; n != nil && n.Kind == source.Map && depth < 8; depth++ {
		encoded := n.Str("format") == "byte" || n.Str("contentEncoding") == "base64"
		media := n.Str("contentMediaType")
		switch {
		case n.Str("format") == "binary":
			return n
		case encoded && n.Str("type") == "string" && !saysOfText(n):
			return n
		case encoded:
			return nil
		case media != "":
			t, err := mediatype.Parse(media)
			if n.Str("contentEncoding") == "" && (err != nil || classOf(t) == classOther) {
				return n
			}
			return nil
		case n.Str("type") == "array" && n.Has("items"):
			n = d.deref(n.Get("items"))
		case n.Get("allOf") != nil && len(n.Get("allOf").Items) == 1:
			n = d.deref(n.Get("allOf").Items[0])
		case !n.Has("type") && !n.Has("format") && !constrains(n):
			return n
		default:
			return nil
		}
	}
	return nil
}

// saysOfText tells whether a schema says more of a text than its length.
func saysOfText(n *source.Node) bool {
	return n.Has("pattern") || n.Has("enum") || n.Has("const")
}

// countOf is the number of a keyword that counts; what is too large for one is
// no bound.
func countOf(n *source.Node, keyword string) int64 {
	if !n.Has(keyword) {
		return 0
	}
	f, err := strconv.ParseFloat(n.Get(keyword).Text, 64)
	switch {
	case err != nil || f < 0:
		return 0
	case f >= math.MaxInt64:
		return math.MaxInt64
	}
	return int64(f)
}

// reportFile tells what of a file's schema nobody holds.
func (f *findings) reportFile(d Document, what string, node *source.Node, k *partKind) {
	if n := d.fileNode(node); k.file != nil && saysOfText(n) {
		f.leave(sallyport.Annotation, n.Position(), what+": of a file only the size is held; pattern, enum and const are not")
	}
}

// fileCount goes through the content of one file as it comes.
type fileCount struct {
	rules  *fileRules
	limit  int64 // of the settings; 0 is none
	size   int64
	pads   int
	spoilt bool
}

// add takes the next bytes. It tells at once what no further byte can mend.
func (c *fileCount) add(piece []byte, pointer string) error {
	c.size += int64(len(piece))
	if c.rules.base64 && !c.spoilt {
		c.alphabet(piece)
	}
	switch {
	case c.size > c.rules.most:
		return invalidBody(faults{{In: "body", Pointer: pointer, Keyword: "maxLength", Message: fmt.Sprintf("must be at most %d bytes long", c.rules.most)}})
	case c.limit > 0 && c.size > c.limit:
		return problem.Refuse(problem.BodyTooLarge, "A file in the body may be %d bytes long at most.", c.limit)
	case c.spoilt:
		return invalidBody(faults{notBase64(pointer)})
	}
	return nil
}

// end judges the whole.
func (c *fileCount) end(pointer string) error {
	switch {
	case c.size < c.rules.least:
		return invalidBody(faults{{In: "body", Pointer: pointer, Keyword: "minLength", Message: fmt.Sprintf("must be at least %d bytes long", c.rules.least)}})
	case c.rules.base64 && c.size%4 != 0:
		return invalidBody(faults{notBase64(pointer)})
	}
	return nil
}

func notBase64(pointer string) problem.Fault {
	return problem.Fault{In: "body", Pointer: pointer, Keyword: "format", Message: "must be written in base64"}
}

// alphabet holds the letters of base64, and padding at the end alone.
func (c *fileCount) alphabet(piece []byte) {
	for _, b := range piece {
		switch {
		case b == '=':
			c.pads++
			c.spoilt = c.pads > 2
		case c.pads > 0:
			c.spoilt = true
		case b|0x20 >= 'a' && b|0x20 <= 'z' || b >= '0' && b <= '9' || b == '+' || b == '/':
		default:
			c.spoilt = true
		}
		if c.spoilt {
			return
		}
	}
}
