package config

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"sallyport/source"
)

type object = map[string]any

// schema is a JSON Schema of the structs.
func (m *manual) schema() string {
	defs := object{"variable": object{
		"description": "Text with an environment variable in it: ${NAME}.", "type": "string", "pattern": `\$\{[A-Za-z_][A-Za-z0-9_]*\}`,
	}}
	structsUnder(reflect.TypeFor[Config](), "", func(t reflect.Type, _ string) { defs[t.Name()] = m.structSchema(t) }, map[reflect.Type]bool{})
	root := object{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "sallyport.yaml",
		"$ref": "#/$defs/Config", "$defs": defs,
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(root); err != nil {
		panic(err)
	}
	return out.String()
}

func (m *manual) structSchema(t reflect.Type) object {
	properties := object{}
	var required []string
	for _, f := range fieldsOf(t) {
		property := object{"description": m.comment(t, f)}
		for key, value := range keySchema(t.FieldByIndex(f.index).Type, f) {
			property[key] = value
		}
		if text, ok := f.tag.Lookup("default"); ok {
			property["default"] = defaultOf(t.FieldByIndex(f.index).Type, text)
		}
		properties[f.key] = property
		if f.required() {
			required = append(required, f.key)
		}
	}
	s := object{"description": m.types[t.Name()], "type": "object", "properties": properties, "additionalProperties": false}
	if required != nil {
		s["required"] = required
	}
	return s
}

// keySchema is the schema of what a key may hold.
func keySchema(t reflect.Type, f field) object {
	element := elementOf(t)
	if scalar := isScalar(reflect.New(element).Elem()); scalar && isList(t) {
		item := scalarSchema(element, f)
		return object{"anyOf": []any{object{"type": "array", "items": item}, item}}
	} else if scalar {
		return scalarSchema(element, f)
	}
	s := object{"$ref": "#/$defs/" + element.Name()}
	if b, ok := reflect.New(element).Interface().(brief); ok {
		short := fieldsOf(element)[slices.IndexFunc(fieldsOf(element), func(f field) bool { return f.key == b.shorthand() })]
		s = object{"anyOf": []any{s, keySchema(element.FieldByIndex(short.index).Type, short)}}
	}
	switch {
	case f.named:
		return object{"type": "object", "additionalProperties": s}
	case isList(t) && f.required():
		list := object{"type": "array", "items": s, "minItems": 1}
		if short(element) {
			return object{"anyOf": []any{list, s["anyOf"].([]any)[1]}}
		}
		return list
	case isList(t) && f.alone:
		return object{"anyOf": []any{s, object{"type": "array", "items": s, "minItems": 1}}}
	case isList(t):
		return object{"type": "array", "items": s}
	}
	return s
}

func scalarSchema(t reflect.Type, f field) object {
	s := plainSchema(t, f)
	if s["type"] == "string" && s["pattern"] == nil && s["enum"] == nil {
		return s
	}
	forms := []any{s}
	if _, ok := f.tag.Lookup("off"); ok {
		forms = append(forms, object{"const": "off"})
	}
	return object{"anyOf": append(forms, object{"$ref": "#/$defs/variable"})}
}

func plainSchema(t reflect.Type, f field) object {
	switch reflect.New(t).Interface().(type) {
	case *Duration:
		return object{"type": "string", "pattern": `^(0|([0-9]+d)?([0-9]+(\.[0-9]+)?(ns|us|ms|s|m|h))*)$`, "minLength": 1}
	case *Size:
		return object{"type": []string{"string", "integer"}, "pattern": `^[0-9]+ *(B|[kMG]B|[KMG]iB)?$`, "minimum": 1}
	case *Rate:
		return object{"type": "string", "pattern": `^[0-9]+/[0-9.]*[a-z][0-9a-z.]*$`}
	case *KeyHash:
		return object{"type": "string", "pattern": "^sha256:[0-9a-fA-F]{64}$"}
	case *PasswordHash:
		return object{"type": "string", "pattern": "^[$]argon2id[$]."}
	case *Secret:
		return object{"type": "string", "pattern": "^(file|store):."}
	case *StoreURL:
		return object{"type": "string", "pattern": "^(sqlite:.+|postgres(ql)?://[^@:]*(:[$]\\{[A-Za-z_0-9]+\\})?@?[^@]+|file:.+)$"}
	case *MasterKey:
		return object{"type": "string", "pattern": "^file:."}
	case *URL:
		return object{"type": "string", "pattern": "^https?://[^@]+$"}
	case *Backend:
		return object{"type": "string", "pattern": "^(https?://[^@]+|unix:/.+)$"}
	case *HashKey:
		return object{"type": "string", "pattern": "^(client|caller|(header|cookie|path):.+)$"}
	case *Cause:
		return object{"anyOf": []any{object{"enum": []string{"connect", "reset", "timeout"}}, object{"type": "string", "pattern": "^5[0-9][0-9]$"}, object{"type": "integer", "minimum": 500, "maximum": 599}}}
	case *Statuses:
		return object{"anyOf": []any{object{"type": "string", "pattern": "^[2-5][0-9][0-9](-[2-5][0-9][0-9])?$"}, object{"type": "integer", "minimum": 200, "maximum": 599}}}
	case *Percent:
		return object{"type": "string", "pattern": "^([1-9][0-9]?|100)%$"}
	}
	if choices := f.choices(); len(choices) > 0 {
		var values []any
		for _, c := range choices {
			// Numbers may be written with and without quotes, except where Go wants one.
			if number := json.Number(c); c[0] >= '0' && c[0] <= '9' {
				values = append(values, number)
			}
			if t.Kind() == reflect.String {
				values = append(values, c)
			}
		}
		return object{"enum": values}
	}
	switch t.Kind() {
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int:
		return object{"type": "integer", "minimum": 1}
	}
	return object{"type": "string"}
}

func defaultOf(t reflect.Type, text string) any {
	switch {
	case t.Kind() == reflect.Bool:
		return text == "true"
	case t.Kind() == reflect.Int:
		n, _ := strconv.Atoi(text)
		return n
	case isList(t):
		return strings.Fields(text)
	}
	return text
}

func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func instance(t *testing.T, text string) any {
	t.Helper()
	n, err := source.Parse("x.yaml", []byte(text), limits())
	if err != nil {
		t.Fatal(err)
	}
	return n.Any()
}

func TestSchema(t *testing.T) {
	s := compiledSchema(t)
	every, err := os.ReadFile("testdata/every-key.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"every key": string(every), "the least": least, "variables": variables} {
		if err := s.Validate(instance(t, text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, text := range map[string]string{
		"an unknown key at the top":    least + "apis2: []\n",
		"an unknown key of an API":     least + "    adress: x\n",
		"an unknown key of a scheme":   least + "    identify: { a: { jwks: x } }\n",
		"a missing key":                "apis: [{ name: bank }]\n",
		"a list in place of a value":   least + "sizes: { header_bytes: [1] }\n",
		"a size without sense":         least + "sizes: { header_bytes: many }\n",
		"a choice that is none":        least + "log: { level: loud }\n",
		"a number in place of a truth": least + "    partial: 1\n",
		"a secret in the clear":        least + "    identify: { a: { jwt: { issuer: i, audience: a, secret: hunter2 } } }\n",
	} {
		if s.Validate(instance(t, text)) == nil {
			t.Errorf("%s: the schema accepts it", name)
		}
		if _, err := Parse("x.yaml", []byte(text)); err == nil {
			t.Errorf("%s: Parse accepts it", name)
		}
	}
}
