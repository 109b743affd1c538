package sample

import (
	"strings"

	"sallyport/openapi"
)

// writeForm writes the members of an object as application/x-www-form-urlencoded
// (OpenAPI, Encoding Object): exploded unless an encoding says otherwise, what
// has parts as JSON text.
func writeForm(m *openapi.MediaType, v any) string {
	object, ok := v.(map[string]any)
	if !ok {
		return ""
	}
	var fields []string
	for _, name := range sortedNames(object) {
		w := styleWriter{style: "form", explode: true, name: percent(name), encode: percent}
		value := object[name]
		if e := m.Encoding[name]; e != nil && e.Style != "" {
			w.style, w.explode = e.Style, e.Explode
		} else if _, parts := value.(map[string]any); parts {
			value = string(marshal(value))
		}
		for _, p := range w.pairs(value) {
			fields = append(fields, p.String())
		}
	}
	return strings.Join(fields, "&")
}
