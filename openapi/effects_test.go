package openapi

import (
	"testing"

	"sallyport/jsonschema"
)

// Every field of every object of the specification has an effect, and nothing
// else has; what is not enforced has a reason.
func TestEveryFieldHasItsEffect(t *testing.T) {
	objects := grammar()
	for k, o := range objects {
		for _, f := range o.fields {
			e, known := effects[k][f.name]
			switch {
			case !known:
				t.Errorf("%s: nothing says what comes of %s", o.title, f.name)
			case (e.why == "") != (e.Effect == jsonschema.Enforced):
				t.Errorf("%s: %s is %v for the reason %q", o.title, f.name, e.Effect, e.why)
			}
		}
	}
	for k, table := range effects {
		for name := range table {
			if o := objects[k]; o == nil || o.field(name, V30) == nil && o.field(name, V31) == nil && o.field(name, V32) == nil {
				t.Errorf("kind %d has no field %s", k, name)
			}
		}
	}
}

// Every word that a schema may have is one of the compiler's, which says what
// comes of it.
func TestEverySchemaWordIsTheCompilers(t *testing.T) {
	for v, d := range map[Version]jsonschema.Dialect{V30: jsonschema.OpenAPI30, V31: jsonschema.OpenAPI31, V32: jsonschema.OpenAPI31} {
		compiled := map[string]bool{}
		for _, k := range jsonschema.Vocabulary(d) {
			compiled[k.Name] = true
		}
		known := keywords(v)
		for name := range known {
			if !compiled[name] && !(v >= V31 && name == "nullable") { // read to point at its meaning in 3.0
				t.Errorf("OpenAPI %v: the compiler does not know %s", v, name)
			}
		}
		for name := range compiled {
			if _, ok := known[name]; !ok {
				t.Errorf("OpenAPI %v: the loader does not know %s", v, name)
			}
		}
	}
}
