package sample

import (
	"encoding/json"
	"fmt"
	"sort"
	"strings"

	"sallyport/jsonschema"
	"sallyport/mediatype"
	"sallyport/openapi"
)

// pair is a name and a value as they stand in a request, encoded. A bare one is
// its value alone.
type pair struct {
	name, value string
	bare        bool
}

func (p pair) String() string {
	if p.bare {
		return p.value
	}
	return p.name + "=" + p.value
}

// parameter makes a value and writes it in its style.
func (g *Generator) parameter(p *openapi.Parameter) (given, error) {
	if p.In == "querystring" {
		return g.querystring(p)
	}
	at := place{in: p.In, style: p.Style, flat: p.Style != "deepObject"}
	schema := p.Schema
	if p.Content != nil {
		// The text of a whole document is encoded as one.
		at, schema = place{}, p.Content.Schema
		if p.In == "path" || p.In == "header" {
			at = place{in: p.In, style: p.Style, flat: true}
		}
	}
	v, err := g.value(schema, jsonschema.Request, at)
	if err != nil {
		return given{}, err
	}
	pairs := serialise(p, v)
	if len(pairs) == 0 && p.Required {
		return given{}, impossible(p.At, "the parameter %q is required, and its value leaves no trace in the request", p.Name)
	}
	return given{p, v, pairs}, nil
}

// querystring is the whole query, written as its media type (OpenAPI 3.2).
func (g *Generator) querystring(p *openapi.Parameter) (given, error) {
	if p.Content == nil {
		return given{}, impossible(p.At, "a querystring parameter has no content")
	}
	if t, err := mediatype.Parse(p.Content.Range); err == nil && t.Name == formType {
		v, err := g.value(p.Content.Schema, jsonschema.Request, place{in: "form"})
		return given{p, v, []pair{{value: writeForm(p.Content, v), bare: true}}}, err
	}
	v, err := g.value(p.Content.Schema, jsonschema.Request, place{})
	return given{p, v, []pair{{value: percent(string(marshal(v))), bare: true}}}, err
}

// serialise writes a value in the style of its parameter (OpenAPI, Style
// Values). In path and header it is one pair, of which the value counts.
func serialise(p *openapi.Parameter, v any) []pair {
	w := styleWriter{style: p.Style, explode: p.Explode, name: p.Name, encode: percent}
	switch {
	case p.In == "header" || p.In == "cookie" && p.Style == "cookie":
		w.encode = func(text string) string { return text }
	case p.In == "query" || p.In == "cookie":
		w.name = percent(p.Name)
	}
	if p.In == "cookie" {
		w.name = p.Name
	}
	if p.Content != nil {
		text := string(marshal(v))
		if t, err := mediatype.Parse(p.Content.Range); err == nil && !t.IsJSON() {
			text = scalar(v)
		}
		return []pair{{name: w.name, value: w.encode(text)}}
	}
	switch p.In {
	case "path":
		return []pair{{name: w.name, value: w.path(v)}}
	case "header":
		return []pair{{name: w.name, value: w.joined(v, ",")}}
	}
	return w.pairs(v)
}

// styleWriter writes values in one style.
type styleWriter struct {
	style   string
	explode bool
	name    string
	encode  func(string) string
}

// path writes simple, label and matrix (RFC 6570 §3.2.2, §3.2.5, §3.2.7).
func (w *styleWriter) path(v any) string {
	switch w.style {
	case "label":
		if w.explode {
			return "." + w.joined(v, ".")
		}
		return "." + w.joined(v, ",")
	case "matrix":
		return w.matrix(v)
	}
	return w.joined(v, ",")
}

func (w *styleWriter) matrix(v any) string {
	name := w.encode(w.name)
	if !w.explode {
		return ";" + name + "=" + w.joined(v, ",")
	}
	switch v := v.(type) {
	case []any:
		var b strings.Builder
		for _, item := range v {
			b.WriteString(";" + name + "=" + w.encode(scalar(item)))
		}
		return b.String()
	case map[string]any:
		return ";" + w.joined(v, ";")
	}
	return ";" + name + "=" + w.encode(scalar(v))
}

// joined writes a value as one text: the items of a list, and of an object
// names and values in turn, or around equals signs where it is exploded.
func (w *styleWriter) joined(v any, separator string) string {
	var parts []string
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			parts = append(parts, w.encode(scalar(item)))
		}
	case map[string]any:
		for _, name := range sortedNames(v) {
			if w.explode {
				parts = append(parts, w.encode(name)+"="+w.encode(scalar(v[name])))
			} else {
				parts = append(parts, w.encode(name), w.encode(scalar(v[name])))
			}
		}
	default:
		return w.encode(scalar(v))
	}
	return strings.Join(parts, separator)
}

// pairs writes form, spaceDelimited, pipeDelimited, deepObject and cookie.
func (w *styleWriter) pairs(v any) []pair {
	if w.style == "deepObject" {
		return w.deep(w.name, v)
	}
	separator := ","
	switch w.style {
	case "spaceDelimited":
		separator = w.encode(" ")
	case "pipeDelimited":
		separator = w.encode("|")
	}
	var pairs []pair
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		if !w.explode && len(v) > 0 {
			return []pair{{name: w.name, value: w.joined(v, separator)}}
		}
		for _, item := range v {
			pairs = append(pairs, pair{name: w.name, value: w.encode(scalar(item))})
		}
		return pairs
	case map[string]any:
		if !w.explode && len(v) > 0 {
			return []pair{{name: w.name, value: w.joined(v, separator)}}
		}
		for _, name := range sortedNames(v) {
			pairs = append(pairs, pair{name: w.encode(name), value: w.encode(scalar(v[name]))})
		}
		return pairs
	}
	return []pair{{name: w.name, value: w.encode(scalar(v))}}
}

// deep writes p[a]=1; what lies deeper, of which the specification says
// nothing, is written as clients do: p[a][b]=1 and p[a][0]=1.
func (w *styleWriter) deep(name string, v any) []pair {
	var pairs []pair
	switch v := v.(type) {
	case map[string]any:
		for _, member := range sortedNames(v) {
			pairs = append(pairs, w.deep(name+w.encode("["+member+"]"), v[member])...)
		}
	case []any:
		for i, item := range v {
			pairs = append(pairs, w.deep(name+w.encode("["+fmt.Sprint(i)+"]"), item)...)
		}
	case nil:
	default:
		pairs = []pair{{name: name, value: w.encode(scalar(v))}}
	}
	return pairs
}

// scalar is a value as plain text; one that has parts is JSON text.
func scalar(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		return fmt.Sprint(v)
	case json.Number:
		return v.String()
	}
	return string(marshal(v))
}

func sortedNames(v map[string]any) []string {
	names := make([]string, 0, len(v))
	for name := range v {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}
