package jsonschema

import (
	"fmt"
	"strings"

	"sallyport/source"
)

// addresses are those of the dialects that are built in, without scheme and
// empty fragment.
var addresses = map[string]Dialect{
	"json-schema.org/draft/2020-12/schema": Draft2020,
	"json-schema.org/draft/2019-09/schema": Draft2019,
	"json-schema.org/draft-07/schema":      Draft7,
	"json-schema.org/draft-06/schema":      Draft6,
	"json-schema.org/draft-04/schema":      Draft4,
}

// DialectOf finds the dialect that is called by an address, if it is one of
// those that are built in.
func DialectOf(address string) (Dialect, bool) {
	plain := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(address, "https://"), "http://"), "#")
	for _, oas := range [...]string{"spec.openapis.org/oas/3.1/dialect/", "spec.openapis.org/oas/3.2/dialect/"} {
		if strings.HasPrefix(plain, oas) {
			return OpenAPI31, true // base, or one of its revisions by date
		}
	}
	d, ok := addresses[plain]
	return d, ok
}

// dialectOf knows the dialects that the caller names too.
func (r *resolver) dialectOf(address string) (Dialect, bool) {
	if d, ok := r.options.Dialects[address]; ok {
		return d, true
	}
	return DialectOf(address)
}

// readMetaschema reads which vocabularies a dialect of one's own has (core
// §8.1). One whose every required vocabulary is known says all about itself.
func (r *resolver) readMetaschema(n *source.Node, uri string, res *resource) {
	if _, ok := r.dialectOf(uri); ok {
		return
	}
	at := n.Get("$schema").Position()
	refuse := func(format string, args ...any) {
		res.mistakes.Add(at, "name a dialect of JSON Schema from draft-04 to 2020-12, leave $schema out, or say in dialects what to read it as",
			"the dialect %q "+format, append([]any{uri}, args...)...)
	}
	if r.options.Resolve == nil {
		refuse("is not known")
		return
	}
	meta, err := r.options.Resolve(n, uri)
	if err != nil || meta == nil {
		refuse("is not known")
		return
	}
	known, ok := DialectOf(meta.Str("$schema"))
	if !ok || (1<<known)&inNine == 0 {
		refuse("does not stand on 2019-09 or 2020-12")
		return
	}
	if res.dialect = known; known == OpenAPI31 {
		known = Draft2020
	}
	vocabularies := meta.Get("$vocabulary")
	if vocabularies == nil {
		return
	}
	res.lacks = map[string]bool{"applicator": true, "unevaluated": known == Draft2020, "validation": true}
	prefix := map[Dialect]string{Draft2020: "2020-12", Draft2019: "2019-09"}[known]
	for i := range vocabularies.Members {
		m := &vocabularies.Members[i]
		name, builtin := strings.CutPrefix(m.Name, "https://json-schema.org/draft/"+prefix+"/vocab/")
		switch {
		case builtin:
			delete(res.lacks, name)
		case strings.HasPrefix(m.Name, "https://spec.openapis.org/oas/"):
		case m.Value.Text == "true":
			refuse("requires the vocabulary %q, which is not known", m.Name)
		default:
			res.notes = append(res.notes, Note{"$schema", fmt.Sprintf("the vocabulary %q of the dialect is not known: its keywords are not held", m.Name), at})
		}
	}
}

// vocabularyOf is the vocabulary of 2020-12 and 2019-09 that a keyword belongs
// to, as far as a meta-schema can leave it out (core §8.1.2).
func (d Dialect) vocabularyOf(keyword string) string {
	switch keyword {
	case "type", "enum", "const", "multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum",
		"maxLength", "minLength", "pattern", "maxItems", "minItems", "uniqueItems", "maxContains", "minContains",
		"maxProperties", "minProperties", "required", "dependentRequired":
		return "validation"
	case "unevaluatedItems", "unevaluatedProperties":
		if d == Draft2019 {
			return "applicator"
		}
		return "unevaluated"
	case "prefixItems", "items", "additionalItems", "contains", "properties", "patternProperties", "additionalProperties",
		"propertyNames", "dependentSchemas", "if", "then", "else", "allOf", "anyOf", "oneOf", "not":
		return "applicator"
	}
	return ""
}
