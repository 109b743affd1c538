package rule

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"reflect"
	"strconv"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"sallyport/jsonschema"
)

// decideByCEL runs the expression as it is.
func (r *Rule) decideByCEL(in Inputs) Verdict {
	out, _, err := r.program.Eval(&activation{r, in})
	if err != nil {
		return Undecided
	}
	switch out {
	case types.True:
		return Yes
	case types.False:
		return No
	}
	return Undecided
}

// activation gives CEL the roots.
type activation struct {
	rule *Rule
	in   Inputs
}

// ResolveName implements cel.Activation.
func (a *activation) ResolveName(name string) (any, bool) {
	for root, known := range rootNames {
		if known != name {
			continue
		}
		top := &branch{rule: a.rule, in: a.in, root: Root(root)}
		if list, ok := top.whole(); ok {
			return list, true
		}
		return top, true
	}
	return nil, false
}

// Parent implements cel.Activation.
func (*activation) Parent() cel.Activation { return nil }

// branch is a root, or an object below one that no rule asks for as a whole: it
// is seen through the values that are asked for.
type branch struct {
	rule   *Rule
	in     Inputs
	root   Root
	claims bool
	prefix string
}

// whole is a body that the rule asks for as it is: a list.
func (b *branch) whole() (ref.Val, bool) {
	for i, place := range b.rule.places[b.root] {
		if place.String() != "" {
			continue
		}
		if v, ok := b.in.Value(b.root, i); ok {
			return valueOf(v), true
		}
		return types.NewErr("there is no list"), true
	}
	return nil, false
}

// Find implements traits.Mapper.
func (b *branch) Find(key ref.Val) (ref.Val, bool) {
	text, ok := key.(types.String)
	if !ok {
		return types.NewErr("a name is text"), false
	}
	name := string(text)
	switch {
	case b.root == Caller && !b.claims:
		return b.caller(name)
	case b.root.isBody() || b.claims:
		return b.member(b.prefix + "/" + escapeToken(name))
	}
	for i, p := range b.rule.params[b.root] {
		if p.Name == name || b.root == Headers && strings.EqualFold(p.Name, name) {
			text, ok := b.in.Parameter(b.root, i)
			if !ok {
				return nil, false
			}
			return parameterValue(p, text), true
		}
	}
	return nil, false
}

func (b *branch) caller(name string) (ref.Val, bool) {
	if text, ok := callerTexts[name]; ok {
		value := b.in.Text(text)
		return types.String(value), value != ""
	}
	if field, ok := callerLists[name]; ok {
		list, known := b.in.List(field)
		return types.NewStringList(types.DefaultTypeAdapter, list), known
	}
	below := *b
	below.claims = true
	return &below, true
}

func (b *branch) member(pointer string) (ref.Val, bool) {
	within := false
	for i, place := range b.rule.places[b.root] {
		switch {
		case place.String() == pointer:
			v, ok := b.in.Value(b.root, i)
			if !ok {
				return nil, false
			}
			return valueOf(v), true
		case strings.HasPrefix(place.String(), pointer+"/"):
			within = true
		}
	}
	below := *b
	below.prefix = pointer
	return &below, within
}

// What a map can do beside finding is not asked of a branch: Compile refuses a
// rule that asks for a root as a whole.

func (b *branch) ConvertToNative(reflect.Type) (any, error) {
	return nil, errors.New("not a value by itself")
}
func (b *branch) ConvertToType(t ref.Type) ref.Val {
	return types.NewErr("no conversion to %s", t.TypeName())
}
func (b *branch) Equal(ref.Val) ref.Val    { return types.NewErr("not a value by itself") }
func (b *branch) Type() ref.Type           { return types.MapType }
func (b *branch) Value() any               { return b }
func (b *branch) Contains(ref.Val) ref.Val { return types.NewErr("not a value by itself") }
func (b *branch) Iterator() traits.Iterator {
	return types.NewStringList(types.DefaultTypeAdapter, nil).Iterator()
}
func (b *branch) Size() ref.Val { return types.NewErr("not a value by itself") }

// Get implements traits.Indexer.
func (b *branch) Get(key ref.Val) ref.Val {
	if v, ok := b.Find(key); ok {
		return v
	}
	return types.NewErr("no such key")
}

var errNumber = types.NewErr("a number beyond 64 bits")

// parameterValue reads a parameter as its schema says.
func parameterValue(p Parameter, text string) ref.Val {
	switch parameterType(p) {
	case cel.IntType:
		if n, ok := integerOf(text); ok {
			return types.Int(n)
		}
		return errNumber
	case cel.DoubleType:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return errNumber
		}
		return types.Double(f)
	case cel.BoolType:
		switch text {
		case "true":
			return types.True
		case "false":
			return types.False
		}
		return types.NewErr("not a boolean")
	}
	return types.String(text)
}

// valueOf is a value of a body for CEL.
func valueOf(v jsonschema.Value) ref.Val {
	switch v.Kind {
	case jsonschema.Null:
		return types.NullValue
	case jsonschema.Boolean:
		return types.Bool(v.Raw[0] == 't')
	case jsonschema.String:
		return types.String(v.Text)
	case jsonschema.Array, jsonschema.Object:
		d := json.NewDecoder(bytes.NewReader(v.Raw))
		d.UseNumber()
		var whole any
		if err := d.Decode(&whole); err != nil {
			return types.NewErr("not JSON")
		}
		return native(whole)
	}
	return numberOf(string(v.Text))
}

// native turns what was decoded into values of CEL. A number that has no exact
// value spoils the whole: a comparison must not miss it.
func native(v any) ref.Val {
	switch v := v.(type) {
	case nil:
		return types.NullValue
	case bool:
		return types.Bool(v)
	case string:
		return types.String(v)
	case json.Number:
		return numberOf(string(v))
	case []any:
		items := make([]ref.Val, len(v))
		for i := range v {
			if items[i] = native(v[i]); types.IsError(items[i]) {
				return items[i]
			}
		}
		return types.NewRefValList(types.DefaultTypeAdapter, items)
	case map[string]any:
		members := make(map[ref.Val]ref.Val, len(v))
		for name, one := range v {
			value := native(one)
			if types.IsError(value) {
				return value
			}
			members[types.String(name)] = value
		}
		return types.NewRefValMap(types.DefaultTypeAdapter, members)
	}
	return types.NewErr("not JSON")
}

// numberOf is an integer, however it is written, or a double.
func numberOf(text string) ref.Val {
	if n, ok := integerOf(text); ok {
		return types.Int(n)
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f == math.Trunc(f) {
		return errNumber // an integer that is none of 64 bits
	}
	return types.Double(f)
}

// integerOf is the value of a number that is an integer of 64 bits: 42, 42.0 and
// 4.2e1 are one.
func integerOf(text string) (int64, bool) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, text[0] != '+' && canonical(text)
	}
	_, exponent, _ := strings.Cut(strings.ToLower(text), "e")
	if !strings.ContainsAny(text, ".eE") || len(text) > 64 || len(exponent) > 4 {
		return 0, false
	}
	exact, ok := new(big.Rat).SetString(text)
	if !ok || !exact.IsInt() || !exact.Num().IsInt64() {
		return 0, false
	}
	return exact.Num().Int64(), true
}

// canonical: no leading zeros, which JSON does not have either.
func canonical(text string) bool {
	digits := strings.TrimPrefix(text, "-")
	return digits == "0" || digits[0] != '0'
}
