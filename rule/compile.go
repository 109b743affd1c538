package rule

import (
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"

	"sallyport/jsonschema"
)

// Bounds of an expression.
const (
	maxText  = 4 << 10 // bytes
	maxDepth = 32
)

// Compile makes a rule. The error is a Mistake.
func Compile(text string, v *Vocabulary) (*Rule, error) {
	if len(text) > maxText {
		return nil, &Mistake{Message: fmt.Sprintf("the rule is longer than %d bytes", maxText), Remedy: "divide it: all rules of an operation must hold"}
	}
	env, err := environment(v)
	if err != nil {
		return nil, &Mistake{Message: err.Error()}
	}
	checked, issues := env.Compile(text)
	if issues.Err() != nil {
		return nil, mistakeOf(text, issues.Errors()[0], v)
	}
	if out := checked.OutputType(); out != cel.BoolType && out != cel.DynType {
		return nil, &Mistake{Message: fmt.Sprintf("the rule gives %s, not yes or no", typeName(out)), Remedy: "compare it with something"}
	}
	r := &Rule{text: text}
	c := compiler{rule: r, vocabulary: v, info: checked.NativeRep().SourceInfo(), text: text}
	if c.survey(ast.NavigateAST(checked.NativeRep())); c.mistake != nil {
		return nil, c.mistake
	}
	options, mistake := bounded(env, checked)
	if mistake != nil {
		return nil, mistake
	}
	if r.program, err = env.Program(checked, options...); err != nil {
		return nil, &Mistake{Message: err.Error()}
	}
	if native, ok := c.node(checked.NativeRep().Expr()); ok {
		r.native = native
	}
	return r, nil
}

func environment(v *Vocabulary) (*cel.Env, error) {
	p, err := newProvider(v)
	if err != nil {
		return nil, err
	}
	options := []cel.EnvOption{
		cel.CustomTypeProvider(p), cel.CustomTypeAdapter(p), cel.EnableIdentifierEscapeSyntax(),
		cel.ParserRecursionLimit(maxDepth), cel.ParserExpressionSizeLimit(maxText),
	}
	for root := range roots {
		if v.has(root) {
			options = append(options, cel.Variable(root.String(), p.rootType(root)))
		}
	}
	return cel.NewEnv(options...)
}

// mistakeOf says in our words what CEL found, where we have some.
func mistakeOf(text string, e *common.Error, v *Vocabulary) *Mistake {
	m := &Mistake{Offset: offsetOf(text, e.Location.Line(), e.Location.Column()), Message: e.Message}
	switch {
	case strings.HasPrefix(e.Message, "undefined field"):
		m.Message = strings.Replace(e.Message, "undefined field", "nothing declares", 1) + " here"
	case strings.HasPrefix(e.Message, "undeclared reference to"):
		var known []string
		for root := range roots {
			if v.has(root) {
				known = append(known, root.String())
			}
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(e.Message, "undeclared reference to "), " (")
		m.Message, m.Remedy = name+" is not known here", "a rule of this operation begins with "+strings.Join(known, ", ")
	case strings.HasPrefix(e.Message, "found no matching overload"):
		m.Message, m.Remedy = notDefined(e.Message), "convert one side, as in string(path.id)"
	}
	return m
}

// notDefined: found no matching overload for '_==_' applied to '(int, string)'.
func notDefined(message string) string {
	parts := strings.Split(message, "'")
	if len(parts) < 4 {
		return message
	}
	name := strings.Trim(strings.TrimPrefix(parts[1], "@"), "_")
	return name + " is not defined for " + strings.ReplaceAll(parts[3], "#", "")
}

// offsetOf is a position of CEL in bytes: it counts code points.
func offsetOf(text string, line, column int) int {
	offset := 0
	for ; line > 1; line-- {
		next := strings.IndexByte(text[offset:], '\n')
		if next < 0 {
			break
		}
		offset += next + 1
	}
	for i := range text[offset:] {
		if column == 0 {
			return offset + i
		}
		column--
	}
	return len(text)
}

// compiler goes through a checked expression.
type compiler struct {
	rule       *Rule
	vocabulary *Vocabulary
	info       *ast.SourceInfo
	text       string
	mistake    *Mistake
}

func (c *compiler) wrong(e ast.Expr, remedy, format string, args ...any) {
	if c.mistake == nil {
		at := c.info.GetStartLocation(e.ID())
		c.mistake = &Mistake{Offset: offsetOf(c.text, at.Line(), at.Column()), Message: fmt.Sprintf(format, args...), Remedy: remedy}
	}
}

// survey notes every value that the expression asks for.
func (c *compiler) survey(e ast.NavigableExpr) {
	if way, ok := wayOf(e); ok {
		if root, known := c.root(way); known {
			c.note(e, root, way[1:])
			return
		}
	}
	if e.Kind() == ast.ComprehensionKind {
		for _, name := range []string{e.AsComprehension().IterVar(), e.AsComprehension().IterVar2()} {
			if slices.Contains(rootNames[:], name) {
				c.wrong(e, "take another name", "%s means something else already", name)
			}
		}
	}
	if e.Kind() == ast.CallKind && e.AsCall().FunctionName() == "matches" {
		c.constantPattern(e)
	}
	for _, child := range e.Children() {
		c.survey(child)
	}
}

// constantPattern: a pattern that comes with the request is the caller's choice
// of how long it is matched.
func (c *compiler) constantPattern(e ast.NavigableExpr) {
	args := e.AsCall().Args()
	if len(args) == 0 || args[len(args)-1].Kind() != ast.LiteralKind {
		c.wrong(e, "write it into the rule", "the pattern of matches is not constant")
	}
}

// wayOf is a chain of names, such as response.customer.id.
func wayOf(e ast.Expr) ([]string, bool) {
	switch e.Kind() {
	case ast.IdentKind:
		return []string{strings.TrimPrefix(e.AsIdent(), ".")}, true
	case ast.SelectKind:
		way, ok := wayOf(e.AsSelect().Operand())
		return append(way, e.AsSelect().FieldName()), ok
	case ast.CallKind:
		// claims["https://example.com/role"]: a map may be indexed by a constant.
		if call := e.AsCall(); call.FunctionName() == "_[_]" && call.Args()[1].Kind() == ast.LiteralKind {
			name, text := call.Args()[1].AsLiteral().(types.String)
			way, ok := wayOf(call.Args()[0])
			return append(way, string(name)), ok && text
		}
	}
	return nil, false
}

func (c *compiler) root(way []string) (Root, bool) {
	n := slices.Index(rootNames[:], way[0])
	return Root(max(n, 0)), n >= 0 && c.vocabulary.has(Root(max(n, 0)))
}

// note keeps what a way leads to.
func (c *compiler) note(e ast.NavigableExpr, root Root, way []string) {
	c.rule.needs |= 1 << root
	switch {
	case root == Caller && len(way) > 1 && way[0] == "claims":
		c.place(e, root, way[1:])
	case len(way) == 0 && root.isBody() && e.Type().Kind() == types.ListKind:
		c.place(e, root, nil)
	case root == Caller && len(way) == 1 && way[0] == "claims", len(way) == 0:
		c.wrong(e, "name one of its values", "the rule asks for all of %s", strings.Join(append([]string{root.String()}, way...), "."))
	case root == Caller:
	case root.isBody():
		c.place(e, root, way)
	default:
		if p, ok := c.vocabulary.named(root, way[0]); ok && !slices.Contains(c.rule.params[root], p) {
			c.rule.params[root] = append(c.rule.params[root], p)
		}
	}
}

func (c *compiler) place(e ast.Expr, root Root, way []string) int {
	text := pointerOf(way)
	for i, p := range c.rule.places[root] {
		if p.String() == text {
			return i
		}
	}
	p, err := jsonschema.CompilePlace(text)
	if err == nil && slices.Contains(way, "*") {
		err = fmt.Errorf("a member whose name is * cannot be named")
	}
	if err != nil {
		c.wrong(e, "", "%s", err)
		return -1
	}
	c.rule.places[root] = append(c.rule.places[root], p)
	return len(c.rule.places[root]) - 1
}

// pointerOf is a way as a JSON pointer (RFC 6901 §3).
func pointerOf(way []string) string {
	var b strings.Builder
	for _, name := range way {
		b.WriteByte('/')
		b.WriteString(escapeToken(name))
	}
	return b.String()
}

func escapeToken(name string) string {
	return strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
}
