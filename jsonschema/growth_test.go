package jsonschema

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"sallyport/source"
)

// spread is a document of n schemas over one object of n properties: each of
// them is what a function makes of a number.
func spread(n int, schema func(i int) string) string {
	var b strings.Builder
	b.WriteString(`{"object": {"type": "object", "properties": {`)
	for i := range n {
		fmt.Fprintf(&b, `%s"property%d": {"type": "string", "maxLength": 9}`, strings.Repeat(",", min(i, 1)), i)
	}
	b.WriteString(`}}, "all": [`)
	for i := range n {
		b.WriteString(strings.Repeat(",", min(i, 1)) + schema(i))
	}
	return b.String() + `]}`
}

// allocated is the bytes that it takes to compile all schemas of a document.
func allocated(t *testing.T, text string) uint64 {
	document := parseNode(t, text)
	c := NewCompiler(Options{Dialect: OpenAPI31, Resolve: func(_ *source.Node, ref string) (*source.Node, error) {
		return document.At(strings.TrimPrefix(ref, "#")), nil
	}})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, n := range document.Get("all").Items {
		if _, err := c.Compile(n, Use{Direction: Request, Closed: true}); err != nil {
			t.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// A document twice as long takes twice the memory to compile, not four times:
// no schema has tables of its own of what it only leads to.
func TestCompilingGrowsWithTheDocument(t *testing.T) {
	for name, schema := range map[string]func(int) string{
		"references": func(int) string { return `{"$ref": "#/object"}` },
		"members":    func(i int) string { return fmt.Sprintf(`{"properties": {"m%d": {"$ref": "#/object"}}}`, i) },
		"branches": func(i int) string {
			return fmt.Sprintf(`{"allOf": [{"$ref": "#/object"}], "required": ["property%d", "other"], "properties": {"o": {}}}`, i)
		},
		"choices":     func(int) string { return `{"oneOf": [{"$ref": "#/object"}, {"type": "array"}]}` },
		"items":       func(int) string { return `{"items": {"$ref": "#/object"}}` },
		"a chain":     func(i int) string { return fmt.Sprintf(`{"allOf": [{"$ref": "#/all/%d"}]}`, i+1) },
		"free chains": func(i int) string { return fmt.Sprintf(`{"items": {"$ref": "#/all/%d"}}`, i+1) },
	} {
		t.Run(name, func(t *testing.T) {
			const n = 400
			chain := func(n int) string {
				return spread(n, func(i int) string {
					if i == n-1 {
						return `{"$ref": "#/object"}`
					}
					return schema(i)
				})
			}
			once, twice := allocated(t, chain(n)), allocated(t, chain(2*n))
			t.Logf("%d KiB, of twice the length %d KiB", once>>10, twice>>10)
			if twice > 3*once {
				t.Errorf("%d bytes, of twice the length %d", once, twice)
			}
		})
	}
}

// Patterns have one budget for the document: each alone may be as large as it is.
func TestPatternBudget(t *testing.T) {
	c := NewCompiler(Options{Dialect: OpenAPI31})
	var last error
	refused := 0
	for i := range 3_000 {
		_, err := c.Compile(parseNode(t, fmt.Sprintf(`{"pattern": "^([a-z]{1,30}-%d){1,30}$"}`, i)), Use{})
		if err != nil {
			refused, last = refused+1, err
		}
	}
	if refused == 0 || refused == 3_000 || !strings.Contains(last.Error(), "the patterns of the document are too large together") {
		t.Errorf("%d are refused, the last since %v", refused, last)
	}
	if _, err := c.Compile(parseNode(t, `{"pattern": "^([a-z]{1,30}-0){1,30}$"}`), Use{}); err != nil {
		t.Errorf("one that is compiled already is refused: %v", err)
	}
}
