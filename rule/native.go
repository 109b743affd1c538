package rule

import (
	"slices"
	"strconv"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"

	"sallyport/jsonschema"
)

// node is a part of an expression in native code. It says false where it cannot
// tell what CEL would: then CEL is asked about the whole.
type node interface {
	decide(Inputs) (Verdict, bool)
}

// both is && and, turned round, ||: the deciding verdict on one side is enough,
// whatever comes of the other.
type both struct {
	left, right node
	deciding    Verdict
}

func (n *both) decide(in Inputs) (Verdict, bool) {
	left, ok := n.left.decide(in)
	if !ok || left == n.deciding {
		return left, ok
	}
	right, ok := n.right.decide(in)
	if !ok || right == n.deciding || left != Undecided {
		return right, ok
	}
	return Undecided, true
}

type not struct{ of node }

func (n *not) decide(in Inputs) (Verdict, bool) {
	v, ok := n.of.decide(in)
	switch v {
	case Yes:
		return No, ok
	case No:
		return Yes, ok
	}
	return Undecided, ok
}

type truth bool

func (n truth) decide(Inputs) (Verdict, bool) { return verdictOf(bool(n)), true }

func verdictOf(yes bool) Verdict {
	if yes {
		return Yes
	}
	return No
}

// equal compares two values.
type equal struct{ left, right operand }

func (n *equal) decide(in Inputs) (Verdict, bool) {
	left, right := n.left(in), n.right(in)
	switch {
	case left.kind == 0 || right.kind == 0:
		return Undecided, true
	case left.kind == composite || right.kind == composite:
		return Undecided, false
	case left.kind != right.kind:
		return No, true
	case left.kind == jsonschema.Number:
		return equalIntegers(left, right), true
	case left.bytes != nil && right.bytes != nil:
		return verdictOf(string(left.bytes) == string(right.bytes)), true
	case left.bytes != nil:
		return verdictOf(string(left.bytes) == right.text), true
	case right.bytes != nil:
		return verdictOf(left.text == string(right.bytes)), true
	}
	return verdictOf(left.text == right.text), true
}

func equalIntegers(left, right scalar) Verdict {
	a, _ := integerOf(left.string())
	b, _ := integerOf(right.string())
	return verdictOf(a == b)
}

// member asks whether a text is in a list of texts.
type member struct {
	of   operand
	list func(Inputs) ([]string, bool)
}

func (n *member) decide(in Inputs) (Verdict, bool) {
	v := n.of(in)
	list, known := n.list(in)
	switch {
	case v.kind == 0 || !known:
		return Undecided, true
	case v.kind == composite:
		return Undecided, false
	case v.kind != jsonschema.String:
		return No, true
	}
	if v.bytes == nil {
		return verdictOf(slices.Contains(list, v.text)), true
	}
	for _, one := range list {
		if one == string(v.bytes) {
			return Yes, true
		}
	}
	return No, true
}

// scalar is a value as native code sees one. Its kind is 0 where there is none.
type scalar struct {
	kind  jsonschema.Types
	text  string
	bytes []byte // in place of text where not nil
}

func (s scalar) string() string {
	if s.bytes != nil {
		return string(s.bytes)
	}
	return s.text
}

// composite is the kind of what native code does not compare, numbers that are
// no integers of 64 bits among it.
const composite = jsonschema.Array | jsonschema.Object

type operand func(Inputs) scalar

// node translates an expression; false where it has a shape that is CEL's.
func (c *compiler) node(e ast.Expr) (node, bool) {
	if e.Kind() == ast.LiteralKind {
		b, ok := e.AsLiteral().(types.Bool)
		return truth(b), ok
	}
	if e.Kind() != ast.CallKind {
		return nil, false
	}
	args := e.AsCall().Args()
	switch e.AsCall().FunctionName() {
	case "_&&_":
		return c.both(args, No)
	case "_||_":
		return c.both(args, Yes)
	case "!_":
		of, ok := c.node(args[0])
		return &not{of}, ok
	case "_==_":
		return c.equal(args)
	case "_!=_":
		n, ok := c.equal(args)
		return &not{n}, ok
	case "@in":
		return c.member(args)
	}
	return nil, false
}

func (c *compiler) both(args []ast.Expr, deciding Verdict) (node, bool) {
	left, ok := c.node(args[0])
	if !ok {
		return nil, false
	}
	right, ok := c.node(args[1])
	return &both{left, right, deciding}, ok
}

func (c *compiler) equal(args []ast.Expr) (node, bool) {
	left, ok := c.operand(args[0])
	if !ok {
		return nil, false
	}
	right, ok := c.operand(args[1])
	return &equal{left, right}, ok
}

func (c *compiler) member(args []ast.Expr) (node, bool) {
	of, ok := c.operand(args[0])
	if !ok {
		return nil, false
	}
	if args[1].Kind() == ast.ListKind {
		var constants []string
		for _, e := range args[1].AsList().Elements() {
			text, ok := literal(e)
			if !ok || text.kind != jsonschema.String {
				return nil, false
			}
			constants = append(constants, text.text)
		}
		return &member{of, func(Inputs) ([]string, bool) { return constants, true }}, true
	}
	way, ok := wayOf(args[1])
	if !ok || len(way) != 2 || way[0] != Caller.String() || !has(callerLists, way[1]) {
		return nil, false
	}
	field := callerLists[way[1]]
	return &member{of, func(in Inputs) ([]string, bool) { return in.List(field) }}, true
}

// operand is a constant, a field of the caller, a parameter, or a value of a body.
func (c *compiler) operand(e ast.Expr) (operand, bool) {
	if constant, ok := literal(e); ok {
		return func(Inputs) scalar { return constant }, true
	}
	way, ok := wayOf(e)
	if !ok || e.Kind() == ast.SelectKind && e.AsSelect().IsTestOnly() {
		return nil, false
	}
	root, ok := c.root(way)
	if !ok || len(way) < 2 {
		return nil, false
	}
	switch {
	case root == Caller && way[1] == "claims" && len(way) > 2:
		return c.value(e, root, way[2:])
	case root == Caller:
		return callerOperand(way[1])
	case root.isBody():
		return c.value(e, root, way[1:])
	}
	return c.parameter(root, way)
}

func literal(e ast.Expr) (scalar, bool) {
	if e.Kind() != ast.LiteralKind {
		return scalar{}, false
	}
	switch v := e.AsLiteral().(type) {
	case types.String:
		return scalar{kind: jsonschema.String, text: string(v)}, true
	case types.Int:
		return scalar{kind: jsonschema.Number, text: strconv.FormatInt(int64(v), 10)}, true
	case types.Bool:
		return truthScalar(bool(v)), true
	case types.Null:
		return scalar{kind: jsonschema.Null}, true
	}
	return scalar{}, false
}

func truthScalar(yes bool) scalar {
	if yes {
		return scalar{kind: jsonschema.Boolean, text: "true"}
	}
	return scalar{kind: jsonschema.Boolean, text: "false"}
}

func callerOperand(field string) (operand, bool) {
	text, ok := callerTexts[field]
	if !ok {
		return nil, false
	}
	return func(in Inputs) scalar {
		if value := in.Text(text); value != "" {
			return scalar{kind: jsonschema.String, text: value}
		}
		return scalar{}
	}, true
}

// parameter is text or an integer; every other is CEL's.
func (c *compiler) parameter(root Root, way []string) (operand, bool) {
	p, ok := c.vocabulary.named(root, way[1])
	if !ok || len(way) != 2 {
		return nil, false
	}
	i := slices.Index(c.rule.params[root], p)
	switch parameterType(p) {
	case cel.StringType:
		return func(in Inputs) scalar {
			if text, ok := in.Parameter(root, i); ok {
				return scalar{kind: jsonschema.String, text: text}
			}
			return scalar{}
		}, true
	case cel.IntType:
		return func(in Inputs) scalar {
			text, ok := in.Parameter(root, i)
			if _, whole := integerOf(text); !ok || !whole {
				return scalar{}
			}
			return scalar{kind: jsonschema.Number, text: text}
		}, true
	}
	return nil, false
}

func (c *compiler) value(e ast.Expr, root Root, way []string) (operand, bool) {
	i := c.place(e, root, way)
	return func(in Inputs) scalar {
		v, ok := in.Value(root, i)
		if !ok {
			return scalar{}
		}
		switch v.Kind {
		case jsonschema.String:
			if v.Text == nil {
				return scalar{kind: jsonschema.String}
			}
			return scalar{kind: jsonschema.String, bytes: v.Text}
		case jsonschema.Boolean:
			return truthScalar(v.Raw[0] == 't')
		case jsonschema.Null:
			return scalar{kind: jsonschema.Null}
		case jsonschema.Array, jsonschema.Object:
			return scalar{kind: composite}
		}
		if _, whole := integerOf(string(v.Text)); !whole {
			return scalar{kind: composite}
		}
		return scalar{kind: jsonschema.Number, bytes: v.Text}
	}, true
}
