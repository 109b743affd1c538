package openapi

import (
	"fmt"
	"slices"
	"strings"

	"sallyport/source"
)

// places are the values of a parameter's in.
func places(v Version) []string {
	if v >= V32 {
		return []string{"path", "query", "header", "cookie", "querystring"}
	}
	return []string{"path", "query", "header", "cookie"}
}

// styles are those allowed in a place, the default first (Parameter Object,
// Style Values).
func styles(in string, v Version) []string {
	switch in {
	case "path":
		return []string{"simple", "label", "matrix"}
	case "query":
		return []string{"form", "spaceDelimited", "pipeDelimited", "deepObject"}
	case "cookie":
		if v >= V32 {
			return []string{"form", "cookie"}
		}
		return []string{"form"}
	}
	return []string{"simple"}
}

func (w *walker) parameterRules(n *source.Node) {
	in := n.Get("in")
	if in == nil || in.Kind != source.String {
		return
	}
	if !slices.Contains(places(w.version), in.Text) {
		remedy := w.files.meant(in.Text, places(w.version))
		if in.Text == "body" || in.Text == "formData" {
			remedy = "since OpenAPI 3.0 the body is described by requestBody"
		}
		w.wrong(in.Position(), remedy, "a parameter is never in %q", in.Text)
		return
	}
	name := n.Str("name")
	switch in.Text {
	case "path":
		if !n.True("required") {
			// Since 3.1 the specification's own schema asks it of parameters with
			// a schema alone; it changes nothing, a path has all its segments.
			said := n.Has("required") || n.Has("schema") || w.version == V30
			w.judge(said, n.Position(), "write required: true", "the path parameter %q must be required", name)
		}
		if strings.ContainsAny(name, "{}") {
			w.wrong(n.Get("name").Position(), "", "the name of a path parameter has a brace")
		}
	case "header":
		if n.Has("name") {
			w.headerName(n.Get("name").Position(), name)
		}
	}
	if n.Has("allowEmptyValue") && in.Text != "query" {
		w.judge(w.version >= V31, n.NamePosition("allowEmptyValue"), "leave it out", "allowEmptyValue is for query parameters alone")
	}
	w.serialisation(n, in.Text, "the parameter "+fmt.Sprintf("%q", name))
}

func (w *walker) headerRules(n *source.Node) { w.serialisation(n, "header", "a header") }

// serialisation checks what parameters and headers have in common: exactly one
// of schema and content, and a style that the place allows.
func (w *walker) serialisation(n *source.Node, in, title string) {
	schema, content := n.Has("schema"), n.Get("content")
	switch {
	case schema && content != nil:
		w.wrong(n.NamePosition("content"), "keep one of them", "%s has both schema and content", title)
	case in == "querystring" && content == nil:
		w.wrong(n.Position(), "describe it by content", "%s is the whole query string and needs content", title)
	case !schema && content == nil:
		w.wrong(n.Position(), "schema: {} allows anything", "%s needs schema or content", title)
	case content != nil && content.Kind == source.Map && len(content.Members) != 1:
		w.wrong(content.Position(), "keep one", "content of %s must have exactly one media type, this has %d", title, len(content.Members))
	}
	if content != nil {
		for _, name := range []string{"style", "explode", "allowReserved"} {
			if n.Has(name) {
				w.wrong(n.NamePosition(name), "leave it out, or describe it by schema", "%s has content, beside which %s means nothing", title, name)
			}
		}
	}
	w.style(n, in, title)
	w.exclusiveExamples(n, title)
}

func (w *walker) style(n *source.Node, in, title string) {
	allowed := styles(in, w.version)
	style := allowed[0]
	if s := n.Get("style"); s != nil && s.Kind == source.String {
		style = s.Text
		if !slices.Contains(allowed, style) && in != "querystring" {
			remedy := w.files.meant(style, allowed)
			if remedy == "" {
				remedy = "there is " + strings.Join(allowed, ", ")
			}
			w.wrong(s.Position(), remedy, "%s is in %s, where there is no style %q", title, in, style)
		}
	}
	if !n.Has("allowReserved") {
		return
	}
	// 3.1: only in query; 3.2: wherever the style percent-encodes.
	encodes := in == "query" || w.version >= V32 && (in == "path" || in == "cookie" && style == "form")
	if !encodes {
		w.judge(w.version >= V31, n.NamePosition("allowReserved"), "leave it out", "allowReserved means nothing in %s", in)
	}
}

func (w *walker) exclusiveExamples(n *source.Node, title string) {
	if n.Has("example") && n.Has("examples") {
		w.wrong(n.NamePosition("examples"), "keep one of them", "%s has both example and examples", title)
	}
}

// parameterList checks a path item's or an operation's parameters: none twice,
// and querystring alone (3.2). It sees through references once all are known.
func (w *walker) parameterList(list *source.Node) {
	if list == nil || list.Kind != source.List {
		return
	}
	seen := map[string]bool{}
	whole, single := 0, 0
	for _, item := range list.Items {
		p := w.deref(item)
		if p == nil || p.Kind != source.Map {
			continue
		}
		switch p.Str("in") {
		case "querystring":
			whole++
		case "query":
			single++
		}
		if whole > 1 || whole == 1 && single > 0 {
			w.wrong(item.Position(), "keep one", "a querystring parameter stands for the whole query, beside which there is no other")
			whole, single = -len(list.Items), 0
		}
		key := parameterKey(p)
		if key == "" {
			continue
		}
		if seen[key] {
			w.wrong(item.Position(), "keep one of them", "the parameter %q in %s stands here twice", p.Str("name"), p.Str("in"))
		}
		seen[key] = true
	}
}

// parameterKey is what makes a parameter unique: its place and name, header
// names without regard to case (RFC 9110 §5.1).
func parameterKey(p *source.Node) string {
	in, name := p.Str("in"), p.Str("name")
	if in == "" {
		return ""
	}
	if in == "header" {
		name = strings.ToLower(name)
	}
	return in + " " + name
}

// contentRules checks the media types that are the names of a content map.
func (w *walker) contentRules(n *source.Node) {
	seen := map[string]bool{}
	for i := range n.Members {
		name := n.Members[i].Name
		key := mediaRange(name)
		if seen[key] {
			w.wrong(n.MemberPosition(i), "letter case does not count; keep one", "the media type %q stands here twice", name)
		}
		seen[key] = true
		kind, sub, slash := strings.Cut(mediaType(key), "/")
		if !slash || !isToken(kind) || !isToken(sub) {
			w.warn(n.MemberPosition(i), "write type/subtype", "%q is no media type, so that no message can have it", name)
		}
		if w.version >= V32 {
			w.positionRules(kind == "multipart" || kind == "*", n.Members[i].Value)
		}
	}
}

// positionRules tells of encodings by place where no part has one.
func (w *walker) positionRules(multipart bool, n *source.Node) {
	for _, name := range positions {
		if n.Has(name) && !multipart {
			w.warn(n.NamePosition(name), "leave it out", "%s means nothing but for multipart media types", name)
		}
	}
}

// mediaRange is a media type as it is compared: lower case, no blanks around.
func mediaRange(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

func mediaType(key string) string {
	key, _, _ = strings.Cut(key, ";")
	return strings.TrimSpace(key)
}

// positions are the fields that encode parts by their place (3.2, Encoding By
// Position).
var positions = [...]string{"prefixEncoding", "itemEncoding"}

// encodingRules checks media types and encodings: by name or by place. What is
// encoded by its place is an item of an array, which a schema has to describe.
func (w *walker) encodingRules(k kind, n *source.Node) {
	for _, name := range positions {
		switch {
		case w.version < V32 || !n.Has(name):
		case n.Has("encoding"):
			w.wrong(n.NamePosition(name), "keep one of them", "encoding by name and %s stand together", name)
		case k == aMediaType && !n.Has("schema") && !n.Has("itemSchema"):
			w.wrong(n.NamePosition(name), "add itemSchema, or the schema of an array", "%s needs a schema of the parts", name)
		}
	}
	if k == aMediaType {
		w.exclusiveExamples(n, "a media type")
		return
	}
	if s := n.Get("style"); s != nil && s.Kind == source.String && !slices.Contains(styles("query", w.version), s.Text) {
		w.wrong(s.Position(), w.files.meant(s.Text, styles("query", w.version)), "an encoding has no style %q", s.Text)
	}
}
