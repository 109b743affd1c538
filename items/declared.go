package items

import (
	"slices"
	"strings"

	"sallyport/source"
)

// Declared finds the schema of one item in what a Media Type Object declares:
// itemSchema, or the items of the array that schema makes of the whole (OpenAPI
// 3.2, "Complete vs Streaming Content"). All is what is said of the items
// together, nil where that is no more. One is nil where nothing is declared that
// could be held item by item.
func Declared(itemSchema, schema *source.Node, follow func(*source.Node) *source.Node) (one, all *source.Node) {
	var whole *source.Node
	if schema != nil {
		whole = follow(schema)
	}
	if whole.Str("type") != "array" {
		return itemSchema, nil
	}
	if saysMore(schema) || saysMore(whole) || itemSchema != nil {
		all = schema
	}
	if itemSchema != nil {
		return itemSchema, all
	}
	if one = whole.Get("items"); one == nil {
		one = &source.Node{Kind: source.Map}
	}
	return one, all
}

// plain are the words of a schema that say of an array no more than what its
// items are.
var plain = []string{"$ref", "type", "items", "title", "description", "example", "examples", "default", "deprecated", "externalDocs", "$comment"}

func saysMore(n *source.Node) bool {
	for i := range n.Members {
		if name := n.Members[i].Name; !slices.Contains(plain, name) && !strings.HasPrefix(name, "x-") {
			return true
		}
	}
	return false
}
