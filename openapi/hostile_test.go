package openapi_test

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"sallyport/openapi"
)

// A document from elsewhere must not cost more than its size explains: each of
// these is refused or harmless within two seconds and half a gigabyte.
func TestParse_hostile_documents_cost_little(t *testing.T) {
	many := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i, i+1)
		}
		return b.String()
	}
	laughs := "x-a0: &a0 [lol, lol]\n"
	for i := 1; i < 40; i++ {
		laughs += fmt.Sprintf("x-a%d: &a%d [*a%d, *a%d, *a%d]\n", i, i, i-1, i-1, i-1)
	}
	const harmless = "harmless"
	tests := []struct{ name, text, want string }{
		{"a billion laughs", "paths: {}\n" + laughs, "more than"},
		{"a hundred megabytes", "paths: {}\nx-a: " + strings.Repeat("a", 100<<20), "the limit is"},
		{"deep schemas", "paths: {}\ncomponents: {schemas: {A: " + strings.Repeat("{not: ", 500) + "{}" + strings.Repeat("}", 502), "deeper"},
		{"a long chain of references", "paths: {}\ncomponents:\n  schemas:\n" + many(20000, "    A%d: {$ref: '#/components/schemas/A%d'}\n") + "    A20000: {}\n", "more than 10000 mistakes"},
		{"a large ring", "paths: {}\ncomponents:\n  parameters:\n" + many(20000, "    A%d: {$ref: '#/components/parameters/A%d'}\n") + "    A20000: {$ref: '#/components/parameters/A0'}\n", "more than 10000 mistakes"},
		{"schemas that all contain the next", "paths: {}\ncomponents:\n  schemas:\n" + many(20000, "    A%d: {properties: {a: {$ref: '#/components/schemas/A%d'}}}\n") + "    A20000: {}\n", harmless},
		{"thousands of references to nothing", "paths: {}\ncomponents:\n  schemas:\n" + many(20000, "    Schema%d: {$ref: '#/components/schemas/Shcema%d'}\n"), "more than 10000 mistakes"},
		{"thousands of colliding paths", "paths:\n" + many(20000, "  /a/{x%d}/%[1]d: {}\n  /a/{y%[1]d}/%[1]d: {}\n"), "more than 10000 mistakes"},
		{"many server combinations", "paths: {}\nservers:\n- url: '/" + strings.Repeat("{v}{w}{x}{y}", 5) + "'\n  variables: {v: &v {default: a, enum: [a, b, c, d, e, f, g, h]}, w: *v, x: *v, y: *v}\n", "more than 64 paths"},
		{"a long server variable", "paths: {}\nservers:\n- url: '/" + strings.Repeat("{v}", 2000) + "'\n  variables: {v: {default: " + strings.Repeat("a", 1<<20) + "}}\n", "longer than"},
		{"a path of a megabyte", "paths:\n  ? /" + strings.Repeat("{a}", 1<<18) + "\n  : {}\n", "longer than"},
		{"path items that many paths share", "paths:\n" + many(3000, "  /p%d/%d: {$ref: '#/components/pathItems/A'}\n") +
			"components:\n  pathItems:\n    A:\n      additionalOperations:\n" + many(3000, "        M%d-%d: {}\n"), "more than 50000 operations"},
		{"parameters that many operations share", "paths:\n  /a:\n    parameters:\n" + many(5000, "    - {name: p%d, in: query, schema: {}} # %d\n") +
			"    additionalOperations:\n" + many(5000, "      M%d-%d: {}\n"), "more than 500 parameters"},
		{"alternatives that many operations share", "security: [" + strings.Repeat("{}, ", 20000) + "{}]\npaths:\n" + many(20000, "  /p%d/%d: {get: {}}\n"), harmless},
		{"a broken schema that all operations need", "paths:\n" + many(10000, "  /p%d/%d: {get: {parameters: [{$ref: '#/components/parameters/P'}]}}\n") +
			"components: {parameters: {P: {name: a, in: query, schema: {type: strin}}}}\n", "strin"},
		{"unknown keywords by the thousand", "components:\n  schemas:\n    A: {" + many(50000, "maxLengt%d%d: 1, ") + "x-a: 1}\n", harmless},
		{"a pattern of a megabyte", "components:\n  schemas:\n    A: {pattern: '" + strings.Repeat("(a{1,2}", 1<<17) + "'}\n", "not closed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := []byte(head("3.2.0") + tt.text)
			for _, partial := range []bool{false, true} {
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				start := time.Now()
				_, err := openapi.Parse("d", text, openapi.Options{Partial: partial})
				took := time.Since(start)
				runtime.ReadMemStats(&after)
				if !partial && (err == nil) != (tt.want == harmless) || !partial && err != nil && !strings.Contains(err.Error(), tt.want) {
					t.Errorf("got %.300v, want %q", err, tt.want)
				}
				if took > 2*time.Second*slowness {
					t.Errorf("it took %v", took)
				}
				if used := (after.TotalAlloc - before.TotalAlloc) >> 20; used > 512 {
					t.Errorf("it took %d MiB", used)
				}
			}
		})
	}
}

func TestLoad_bounds_the_number_of_files(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{"main.yaml": head("3.1.0") + "components: {schemas: {A: {$ref: 'f0.json'}}}\n"}
	for i := range 300 {
		files[fmt.Sprintf("f%d.json", i)] = fmt.Sprintf(`{"properties": {"a": {"$ref": "f%d.json"}}}`, (i+1)%300)
	}
	write(t, dir, files)
	_, err := openapi.Load(context.Background(), filepath.Join(dir, "main.yaml"), openapi.Options{})
	if err == nil || !strings.Contains(err.Error(), "more than 200 files") {
		t.Errorf("got %v", err)
	}
}

func TestLoad_bounds_the_bytes_of_all_files(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"main.yaml": head("3.1.0") + "components: {schemas: {A: {$ref: 'a.json'}, B: {$ref: 'b.json'}}}\n",
		"a.json":    `{"description": "` + strings.Repeat("a", 500) + `"}`, "b.json": `{"description": "` + strings.Repeat("b", 500) + `"}`,
	})
	o := openapi.Options{}
	o.Limits.Bytes = 1000
	_, err := openapi.Load(context.Background(), filepath.Join(dir, "main.yaml"), o)
	if err == nil || !strings.Contains(err.Error(), "b.json") {
		t.Errorf("got %v", err)
	}
}
