package openapi_test

import (
	"errors"
	"testing"

	"sallyport/openapi"
	"sallyport/source"
)

// FuzzLoad: no text makes the loader panic, every mistake is one with a place,
// and Partial never takes what it should refuse as a whole, nor hands out an
// operation without what its users rely on.
func FuzzLoad(f *testing.F) {
	for _, seed := range []string{
		head("3.0.4") + "paths:\n  /a/{b}:\n    parameters: [{$ref: '#/components/parameters/P'}]\n    get: {" + answers + ", security: [{}]}\ncomponents:\n  parameters: {P: {name: b, in: path, required: true, schema: {$ref: '#/components/schemas/S'}}}\n  schemas: {S: {allOf: [{$ref: '#/components/schemas/S'}]}}\n",
		head("3.1.0") + "webhooks: {w: {$ref: '#/webhooks/w'}}\ncomponents: {schemas: {A: {$id: a, $anchor: b, items: {$ref: 'a#b'}}, B: true}}\n",
		head("3.2.0") + "$self: /x\nservers: [{url: '{a}/b', variables: {a: {default: /, enum: [/, c]}}}]\npaths: {/a: {query: {}, additionalOperations: {X: {}}}}\n",
		head("3.0.4") + "paths: {/a: &a {get: &g {" + answers + "}, put: *g}, /b: *a, /c: {$ref: '#/paths/~1d'}, /d: {$ref: '#/paths/~1c'}}\n",
		`{"openapi":"3.1.0","info":{"title":"","version":""},"paths":{"/{a}":{"$ref":"#/paths/~1%7Ba%7D","get":{"requestBody":{"content":{"a/b":{"encoding":{"a":{"headers":{"b":{"$ref":"#"}}}}}}}}}}}`,
	} {
		f.Add([]byte(seed))
	}
	limits := source.Limits{Bytes: 1 << 14, Depth: 60, Nodes: 5000}
	f.Fuzz(func(t *testing.T, text []byte) {
		full, err := openapi.Parse("f", text, openapi.Options{Limits: limits})
		var ms source.Mistakes
		if err != nil && !errors.As(err, &ms) {
			t.Fatalf("%T is no Mistakes", err)
		}
		partial, partialErr := openapi.Parse("f", text, openapi.Options{Limits: limits, Partial: true})
		if err == nil && partialErr != nil {
			t.Fatalf("with Partial it is refused: %v", partialErr)
		}
		for _, d := range []*openapi.Document{full, partial} {
			if d == nil {
				continue
			}
			ids := map[string]bool{}
			for _, op := range d.Operations {
				if len(op.BasePaths) == 0 || len(op.Mistakes) == 0 && (op.Method == "" || op.Path == "" || ids[op.ID]) {
					t.Fatalf("operation %+v", op)
				}
				ids[op.ID] = true
				if d == full && len(op.Mistakes) > 0 {
					t.Fatalf("served in full with mistakes: %v", op.Mistakes)
				}
			}
		}
	})
}
