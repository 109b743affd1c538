package source

import (
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v4"
)

// parseYAML reads one YAML document. The library composes the whole document
// before a node can be counted, so the text is measured before; a bomb of
// aliases is stopped by counting every use of an alias in full.
func parseYAML(name string, text []byte, limits Limits) (*Node, error) {
	if n := leastCost(text); n > limits.Nodes {
		return nil, Mistakes{{Position{name, 1, 1}, fmt.Sprintf("the document has more than %d values", limits.Nodes), ""}}
	}
	var root yaml.Node
	if err := yaml.Load(text, &root); err != nil {
		return nil, Mistakes{yamlMistake(name, text, err)}
	}
	r := &yamlReader{file: &name, limits: limits, columns: newColumns(text), anchors: map[*yaml.Node]*anchor{}}
	node := r.value(&root, 0)
	if len(r.mistakes) > 0 {
		return nil, r.mistakes.Sort()
	}
	if node == nil || node.Kind == Null {
		return nil, Mistakes{{Position{name, 1, 1}, "the file is empty", ""}}
	}
	return node, nil
}

// leastCost estimates how many values a YAML text may have, from the marks
// that can begin one. Prose has few of them for its length; a text of nothing
// but brackets and commas would cost the library a hundred bytes for each.
func leastCost(text []byte) int {
	n := 0
	for i, c := range text {
		switch c {
		case '[', '{', ',', '?':
			n++
		case '-', ':':
			if i+1 == len(text) || text[i+1] <= ' ' {
				n++
			}
		}
	}
	return n
}

func yamlMistake(name string, text []byte, err error) *Mistake {
	at := Position{File: name}
	message, remedy := err.Error(), ""
	var load *yaml.LoadError
	if errors.As(err, &load) {
		message = load.Message
		at.Line, at.Column = load.Mark.Line, load.Mark.Column
		if load.ContextMsg != "" {
			message += " " + load.ContextMsg
		}
	}
	if at.Line > 0 {
		lines := strings.Split(string(text), "\n")
		if at.Line <= len(lines) && strings.HasPrefix(strings.TrimLeft(lines[at.Line-1], " "), "\t") {
			remedy = "YAML is indented with spaces, never with tabs"
		}
	}
	return &Mistake{at, "the YAML is broken: " + strings.TrimSuffix(strings.TrimSpace(message), ":"), remedy}
}

type yamlReader struct {
	file     *string
	limits   Limits
	columns  columns
	anchors  map[*yaml.Node]*anchor
	nodes    int
	deepest  int
	mistakes Mistakes
	stopped  bool
}

// anchor is a value that aliases name: read once, shared, counted by its size
// at every use.
type anchor struct {
	node *Node // nil while it is being read: an alias to it would be a ring
	size int
	// height is how deep it goes, so that nesting by aliases counts too.
	height int
}

func (r *yamlReader) position(y *yaml.Node) Position {
	return Position{*r.file, y.Line, r.columns.inBytes(y.Line, y.Column)}
}

func (r *yamlReader) stop(y *yaml.Node, format string, args ...any) *Node {
	if !r.stopped {
		r.stopped = true
		r.mistakes.Add(r.position(y), "", format, args...)
	}
	return nil
}

func (r *yamlReader) wrong(y *yaml.Node, remedy, format string, args ...any) {
	r.mistakes.Add(r.position(y), remedy, format, args...)
}

func (r *yamlReader) value(y *yaml.Node, depth int) *Node {
	if r.stopped {
		return nil
	}
	if depth > r.limits.Depth {
		return r.stop(y, "the document is nested deeper than %d", r.limits.Depth)
	}
	if !r.count(y, 1) {
		return nil
	}
	r.deepest = max(r.deepest, depth)
	if y.Kind == yaml.AliasNode {
		return r.alias(y, depth)
	}
	if y.Kind == yaml.DocumentNode {
		if len(y.Content) == 0 {
			return nil
		}
		return r.value(y.Content[0], depth)
	}
	at := r.position(y)
	n := &Node{file: r.file, line: int32(at.Line), column: int32(at.Column)}
	if y.Anchor == "" {
		r.fill(n, y, depth)
		return n
	}
	a := &anchor{}
	r.anchors[y] = a
	nodes, deepest := r.nodes, r.deepest
	r.deepest = depth
	r.fill(n, y, depth)
	a.node, a.size, a.height = n, r.nodes-nodes, r.deepest-depth
	r.deepest = max(r.deepest, deepest)
	return n
}

func (r *yamlReader) count(y *yaml.Node, size int) bool {
	if r.nodes += size; r.nodes > r.limits.Nodes {
		r.stop(y, "the document has more than %d values (aliases count as often as they are used)", r.limits.Nodes)
		return false
	}
	return true
}

func (r *yamlReader) alias(y *yaml.Node, depth int) *Node {
	a := r.anchors[y.Alias]
	if a == nil || a.node == nil {
		return r.stop(y, "the alias %s stands inside what it names", y.Value)
	}
	if depth+a.height > r.limits.Depth {
		return r.stop(y, "the document is nested deeper than %d", r.limits.Depth)
	}
	if !r.count(y, a.size) {
		return nil
	}
	r.deepest = max(r.deepest, depth+a.height)
	return a.node
}

func (r *yamlReader) fill(n *Node, y *yaml.Node, depth int) {
	switch y.Kind {
	case yaml.SequenceNode:
		n.Kind = List
		for _, item := range y.Content {
			if v := r.value(item, depth+1); v != nil {
				n.Items = append(n.Items, v)
			}
		}
	case yaml.MappingNode:
		n.Kind = Map
		r.members(n, y, depth)
	default:
		r.scalar(n, y)
	}
}

func (r *yamlReader) members(n *Node, y *yaml.Node, depth int) {
	seen := make(map[string]bool, len(y.Content)/2)
	for i := 0; i+1 < len(y.Content); i += 2 {
		key, value := y.Content[i], y.Content[i+1]
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		if key.Kind != yaml.ScalarNode {
			r.wrong(key, "write the key as a string", "a key must be a string")
			continue
		}
		if key.ShortTag() == "!!merge" {
			r.wrong(key, "write the members out, or use $ref", "the merge key << is not JSON's and not read")
			continue
		}
		// 200: and true: are keys as written; OpenAPI's status codes are often unquoted.
		if seen[key.Value] {
			r.wrong(key, "keep one of them", "the name %q stands here twice", key.Value)
			continue
		}
		seen[key.Value] = true
		if v := r.value(value, depth+1); v != nil {
			at := r.position(y.Content[i])
			n.Members = append(n.Members, Member{key.Value, v, int32(at.Line), int32(at.Column)})
		}
	}
}
