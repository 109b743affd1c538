package openapi

import (
	"strings"

	"sallyport/source"
)

// parameter fills in the defaults of its place (Parameter Object).
func (b *builder) parameter(n *source.Node) *Parameter {
	p := &Parameter{
		Name:            n.Str("name"),
		In:              n.Str("in"),
		Required:        n.True("required") || n.Str("in") == "path",
		Style:           n.Str("style"),
		AllowReserved:   n.True("allowReserved"),
		AllowEmptyValue: n.True("allowEmptyValue"),
		Deprecated:      n.True("deprecated"),
		Extension:       n.Get("x-sallyport"),
		At:              n.Position(),
	}
	if p.Style == "" && p.In != "querystring" {
		p.Style = styles(p.In, b.version)[0]
	}
	p.Explode = b.explode(n, p.Style)
	p.Schema, p.Content = n.Get("schema"), b.single(n.Get("content"))
	if p.Content != nil {
		p.Schema = nil
	}
	return p
}

// explode is as declared, or true for the styles that default to it.
func (b *builder) explode(n *source.Node, style string) bool {
	if n.Has("explode") {
		return n.True("explode")
	}
	return style == "form" || style == "cookie"
}

func (b *builder) header(n *source.Node) *Header {
	h := &Header{Required: n.True("required"), Explode: n.True("explode"), Schema: n.Get("schema"), At: n.Position()}
	if h.Content = b.single(n.Get("content")); h.Content != nil {
		h.Schema = nil
	}
	return h
}

// headers by name; Content-Type among them is ignored (Response Object,
// Encoding Object).
func (b *builder) headers(n *source.Node) map[string]*Header {
	if n == nil || n.Kind != source.Map {
		return nil
	}
	if known, ok := b.fields[n]; ok {
		return known
	}
	headers := make(map[string]*Header, len(n.Members))
	b.fields[n] = headers
	for i := range n.Members {
		m := &n.Members[i]
		declared := b.deref(m.Value)
		if declared == nil || strings.EqualFold(m.Name, "Content-Type") {
			continue
		}
		headers[m.Name] = b.header(declared)
	}
	return headers
}

// single is the one entry of a parameter's or header's content.
func (b *builder) single(content *source.Node) *MediaType {
	if all := b.content(content); len(all) > 0 {
		return all[0]
	}
	return nil
}

func (b *builder) content(n *source.Node) []*MediaType {
	if n == nil || n.Kind != source.Map {
		return nil
	}
	if known, ok := b.types[n]; ok {
		return known
	}
	all := make([]*MediaType, 0, len(n.Members))
	for i := range n.Members {
		declared := b.deref(n.Members[i].Value)
		if declared == nil || declared.Kind != source.Map {
			continue
		}
		m := &MediaType{
			Range:      mediaRange(n.Members[i].Name),
			Schema:     declared.Get("schema"),
			ItemSchema: declared.Get("itemSchema"),
			Encodings:  b.allEncodings(declared),
			At:         n.MemberPosition(i),
		}
		all = append(all, m)
	}
	b.types[n] = all
	return all
}

// allEncodings are those of a media type, or of a part that has parts.
func (b *builder) allEncodings(n *source.Node) Encodings {
	all := Encodings{Encoding: b.encodings(n.Get("encoding"))}
	if list := n.Get("prefixEncoding"); list != nil && list.Kind == source.List {
		for _, item := range list.Items {
			all.PrefixEncoding = append(all.PrefixEncoding, b.encoding(item, item.Position()))
		}
	}
	if item := n.Get("itemEncoding"); item != nil {
		all.ItemEncoding = b.encoding(item, n.NamePosition("itemEncoding"))
	}
	return all
}

func (b *builder) encodings(n *source.Node) map[string]*Encoding {
	if n == nil || n.Kind != source.Map {
		return nil
	}
	all := make(map[string]*Encoding, len(n.Members))
	for i := range n.Members {
		all[n.Members[i].Name] = b.encoding(n.Members[i].Value, n.MemberPosition(i))
	}
	return all
}

func (b *builder) encoding(n *source.Node, at source.Position) *Encoding {
	e := &Encoding{
		ContentType:   n.Str("contentType"),
		Headers:       b.headers(n.Get("headers")),
		Style:         n.Str("style"),
		AllowReserved: n.True("allowReserved"),
		Encodings:     b.allEncodings(n),
		At:            at,
	}
	// One of the three makes the others take their defaults; with none of
	// them the content type decides (Encoding Object).
	if e.Style == "" && (n.Has("explode") || n.Has("allowReserved")) {
		e.Style = "form"
	}
	e.Explode = b.explode(n, e.Style)
	return e
}

func (b *builder) buildBody(op *Operation, n *source.Node) {
	declared := b.deref(n.Get("requestBody"))
	if declared == nil || declared.Kind != source.Map {
		return
	}
	op.Body = &RequestBody{
		Required: declared.True("required"),
		Content:  b.content(declared.Get("content")),
		At:       n.NamePosition("requestBody"),
	}
}

func (b *builder) buildResponses(op *Operation, n *source.Node) {
	list := n.Get("responses")
	if list == nil || list.Kind != source.Map {
		return
	}
	for i := range list.Members {
		m := &list.Members[i]
		declared := b.deref(m.Value)
		if declared == nil || declared.Kind != source.Map || m.Name != "default" && !isStatus(m.Name) {
			continue
		}
		op.Responses = append(op.Responses, &Response{
			Status:  m.Name,
			Headers: b.headers(declared.Get("headers")),
			Content: b.content(declared.Get("content")),
			At:      list.MemberPosition(i),
		})
	}
}
