package source

import (
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"
)

// parseYAML reads one YAML document. Depth and alias bombs are stopped twice:
// by the library while it composes, and by our own count while we convert.
func parseYAML(name string, text []byte, limits Limits) (*Node, error) {
	var root yaml.Node
	if err := yaml.Load(text, &root); err != nil {
		return nil, Mistakes{yamlMistake(name, text, err)}
	}
	r := &yamlReader{file: &name, limits: limits}
	node := r.value(&root, 0)
	if len(r.mistakes) > 0 {
		return nil, r.mistakes.Sort()
	}
	if node == nil || node.Kind == Null {
		return nil, Mistakes{{Position{File: name}, "the file is empty", ""}}
	}
	return node, nil
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
	nodes    int
	mistakes Mistakes
	stopped  bool
}

func (r *yamlReader) stop(y *yaml.Node, format string, args ...any) *Node {
	if !r.stopped {
		r.stopped = true
		r.mistakes.Add(Position{*r.file, y.Line, y.Column}, "", format, args...)
	}
	return nil
}

func (r *yamlReader) wrong(y *yaml.Node, remedy, format string, args ...any) {
	r.mistakes.Add(Position{*r.file, y.Line, y.Column}, remedy, format, args...)
}

func (r *yamlReader) value(y *yaml.Node, depth int) *Node {
	if r.stopped {
		return nil
	}
	if depth > r.limits.Depth {
		return r.stop(y, "the document is nested deeper than %d", r.limits.Depth)
	}
	if r.nodes++; r.nodes > r.limits.Nodes {
		return r.stop(y, "the document has more than %d values (aliases count as often as they are used)", r.limits.Nodes)
	}
	n := &Node{file: r.file, line: int32(y.Line), column: int32(y.Column)}
	switch y.Kind {
	case yaml.DocumentNode:
		if len(y.Content) == 0 {
			return nil
		}
		return r.value(y.Content[0], depth)
	case yaml.AliasNode:
		return r.value(y.Alias, depth+1)
	case yaml.SequenceNode:
		n.Kind = List
		for _, item := range y.Content {
			n.Items = append(n.Items, r.value(item, depth+1))
		}
	case yaml.MappingNode:
		n.Kind = Map
		r.members(n, y, depth)
	default:
		r.scalar(n, y)
	}
	return n
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
			n.Members = append(n.Members, Member{key.Value, v, int32(key.Line), int32(key.Column)})
		}
	}
}

func (r *yamlReader) scalar(n *Node, y *yaml.Node) {
	n.Text = y.Value
	switch y.ShortTag() {
	case "!!null":
		n.Kind, n.Text = Null, ""
	case "!!bool":
		n.Kind, n.Text = Bool, strings.ToLower(y.Value)
		if n.Text != "true" && n.Text != "false" {
			n.Kind, n.Text = String, y.Value // yes, no, on, off are strings since YAML 1.2
		}
	case "!!int", "!!float":
		number, ok := jsonNumber(y.Value)
		if !ok {
			r.wrong(y, "write it as JSON would", "the number %s has no JSON form", y.Value)
		}
		n.Kind, n.Text = Number, number
	default:
		n.Kind = String
	}
}

var jsonNumberForm = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// jsonNumber turns YAML's forms of a number (0x1F, 0o17, +1, 1_000, .5) into
// JSON's without passing through a float.
func jsonNumber(text string) (string, bool) {
	if jsonNumberForm.MatchString(text) {
		return text, true
	}
	if i, ok := new(big.Int).SetString(strings.TrimPrefix(text, "+"), 0); ok {
		return i.String(), true
	}
	plain := strings.TrimPrefix(strings.ReplaceAll(text, "_", ""), "+")
	sign := ""
	if strings.HasPrefix(plain, "-") {
		sign, plain = "-", plain[1:]
	}
	if strings.HasPrefix(plain, ".") {
		plain = "0" + plain
	}
	whole, rest, _ := strings.Cut(plain, ".")
	whole = strings.TrimLeft(whole, "0")
	if whole == "" || whole[0] == 'e' || whole[0] == 'E' {
		whole = "0" + whole
	}
	for _, form := range []string{whole + "." + rest, whole + rest, whole + ".0" + rest} {
		if jsonNumberForm.MatchString(sign + form) {
			return sign + form, true
		}
	}
	return fmt.Sprintf("%q", text), false
}
