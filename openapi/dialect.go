package openapi

import (
	"slices"
	"strings"

	"sallyport/source"
)

// dialects are the addresses of those that schemas since 3.1 may be written
// in beside OpenAPI's own, without scheme and empty fragment.
var dialects = []string{
	"json-schema.org/draft/2020-12/schema", "json-schema.org/draft/2019-09/schema",
	"json-schema.org/draft-07/schema", "json-schema.org/draft-06/schema", "json-schema.org/draft-04/schema",
}

const dialectRemedy = "name OpenAPI's base dialect or JSON Schema 2020-12, 2019-09, draft-07, draft-06 or draft-04; leave it out; or say in dialects of the configuration what to read it as"

// readAs is the address of what a dialect is read as.
func (o *Options) readAs(address string) string {
	if other, ok := o.Dialects[address]; ok {
		return other
	}
	return address
}

// isKnownDialect tells whether the schema compiler has the dialect.
func isKnownDialect(address string) bool {
	plain := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(address, "https://"), "http://"), "#")
	revision := func(of string) bool { return strings.HasPrefix(plain, "spec.openapis.org/oas/"+of+"/dialect/") }
	return revision("3.1") || revision("3.2") || slices.Contains(dialects, plain)
}

// isForeign: the schema follows an older draft, whose keywords take other
// values. Only what it refers to and contains is read.
func isForeign(dialect string) bool {
	return strings.Contains(dialect, "/draft-0") || strings.Contains(dialect, "/draft/2019-09/")
}

// dialectRules checks jsonSchemaDialect of the document.
func (w *walker) dialectRules(n *source.Node) {
	d := n.Get("jsonSchemaDialect")
	if w.version >= V31 && d != nil && d.Kind == source.String && !isKnownDialect(w.files.options.readAs(d.Text)) {
		w.wrong(d.Position(), dialectRemedy, "schemas of the dialect %q are not understood", d.Text)
	}
}

// otherDialects refuses documents that this one draws schemas from, and whose
// schemas are written in another language than its own.
func (w *walker) otherDialects() {
	for _, name := range w.files.names[1:] {
		root := w.files.byName[name].root
		if d := root.Get("jsonSchemaDialect"); d != nil && root.Has("openapi") && w.files.options.readAs(d.Text) != w.doc.Dialect {
			w.note(w.root, d.Position(), "write $schema into each of them", "schemas of this file are written in another dialect than those of the document that refers to it")
		}
	}
}

// namesDialect reads $schema of a schema and tells whether what follows can be
// read: a dialect of the document's own is judged by the compiler.
func (w *walker) namesDialect(dialect *source.Node) bool {
	address := w.files.options.readAs(dialect.Text)
	w.foreign = isForeign(address)
	if isKnownDialect(address) || w.files.resources[address] != nil {
		return true
	}
	w.wrong(dialect.Position(), dialectRemedy, "schemas of the dialect %q are not understood", dialect.Text)
	return false
}

// foreignSchemas goes into keywords that hold schemas in older drafts alone:
// items as a list, additionalItems, dependencies.
func (w *walker) foreignSchemas(m *source.Member) {
	v := m.Value
	switch {
	case m.Name == "items" && v.Kind == source.List:
		for _, item := range v.Items {
			w.object(aSchema, item)
		}
	case m.Name == "additionalItems" && v.Kind == source.Map:
		w.object(aSchema, v)
	case m.Name == "dependencies" && v.Kind == source.Map:
		for i := range v.Members {
			if v.Members[i].Value.Kind == source.Map {
				w.object(aSchema, v.Members[i].Value)
			}
		}
	}
}
