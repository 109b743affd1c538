package sample

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"

	"sallyport/jsonschema"
)

// Between any two limits that leave room, on any step, a number is found.
func TestNumberWithinLimits(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		low := rapid.IntRange(-1000, 1000).Draw(r, "minimum")
		step := rapid.IntRange(1, 50).Draw(r, "multipleOf")
		width := rapid.IntRange(step, 3*step).Draw(r, "width")
		schema, err := json.Marshal(map[string]any{"type": "integer", "minimum": low, "maximum": low + width, "multipleOf": step})
		if err != nil {
			r.Fatal(err)
		}
		seed := rapid.Uint64().Draw(r, "seed")
		if got := made(t, "3.1.2", string(schema), "", Options{Seed: seed}, jsonschema.Request); got[0] == 'e' {
			r.Errorf("%s: %s", schema, got)
		}
	})
}
