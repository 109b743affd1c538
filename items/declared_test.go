package items

import (
	"testing"

	"sallyport/source"
)

func TestDeclared(t *testing.T) {
	const defs = `defs: { list: { type: array, items: { title: listed }, description: of things }, few: { type: array, maxItems: 3, items: { title: few } } }` + "\n"
	for text, want := range map[string][2]string{
		`{}`:                                                 {"", ""},
		`{ itemSchema: { title: one } }`:                     {"one", ""},
		`{ schema: { type: object } }`:                       {"", ""},
		`{ schema: { title: anything } }`:                    {"", ""},
		`{ schema: { type: [array, "null"] } }`:              {"", ""},
		`{ schema: { type: array, items: { title: one } } }`: {"one", ""},
		`{ schema: { type: array } }`:                        {"anything", ""},
		`{ schema: { type: array, items: { title: one }, minItems: 1, title: all } }`: {"one", "all"},
		`{ itemSchema: { title: one }, schema: { type: array, title: all } }`:         {"one", "all"},
		`{ itemSchema: { title: one }, schema: { type: object, title: all } }`:        {"one", ""},
		`{ schema: { $ref: list } }`:                                {"listed", ""},
		`{ schema: { $ref: few, title: all } }`:                     {"few", "all"},
		`{ schema: { $ref: list, title: all, uniqueItems: true } }`: {"listed", "all"},
	} {
		n, err := source.Parse("test.yaml", []byte(defs+"media: "+text), source.DefaultLimits)
		if err != nil {
			t.Fatal(err)
		}
		follow := func(at *source.Node) *source.Node {
			if ref := at.Str("$ref"); ref != "" {
				return n.Get("defs").Get(ref)
			}
			return at
		}
		m := n.Get("media")
		one, all := Declared(m.Get("itemSchema"), m.Get("schema"), follow)
		if titleOf(one) != want[0] || titleOf(all) != want[1] {
			t.Errorf("%s: %q, %q; want %q", text, titleOf(one), titleOf(all), want)
		}
	}
}

func titleOf(n *source.Node) string {
	switch {
	case n == nil:
		return ""
	case n.Has("title"):
		return n.Str("title")
	}
	return "anything"
}
