package jsonschema

import (
	"fmt"
	"strings"
	"unicode"
)

// property reads {Name} or {Name=Value} behind \p (ECMA-262 22.2.2.9, tables
// 66 to 69) and writes the set.
func (t *translator) property(start int, negated bool) (string, error) {
	if !t.accept("{") {
		return "", t.fail(start, `\p is followed by {…}`)
	}
	from := t.pos
	for t.more() && t.peek() != '}' {
		t.pos++
	}
	text := string(t.input[from:t.pos])
	if !t.accept("}") {
		return "", t.fail(start, `\p{ has no }`)
	}
	name, value, hasValue := strings.Cut(text, "=")
	var tables []*unicode.RangeTable
	switch {
	case !hasValue && (name == "Any" || name == "Assigned" || name == "ASCII"):
		tables = special(name)
	case !hasValue:
		tables = generalCategory(name)
		if tables == nil {
			tables = binaryProperty(name)
		}
	case name == "General_Category" || name == "gc":
		tables = generalCategory(value)
	case name == "Script" || name == "sc":
		tables = script(value)
	}
	if tables == nil {
		return "", t.fail(start, "the property %s is not known", quoteSchema(text))
	}
	return writeTables(tables, negated), nil
}

func special(name string) []*unicode.RangeTable {
	switch name {
	case "ASCII":
		return []*unicode.RangeTable{{R16: []unicode.Range16{{Lo: 0, Hi: 0x7F, Stride: 1}}}}
	case "Assigned":
		var all []*unicode.RangeTable
		for _, c := range []string{"L", "M", "N", "P", "S", "Z", "C"} {
			all = append(all, unicode.Categories[c])
		}
		return all
	}
	return []*unicode.RangeTable{{R32: []unicode.Range32{{Lo: 0, Hi: unicode.MaxRune, Stride: 1}}}}
}

func generalCategory(name string) []*unicode.RangeTable {
	if short, ok := unicode.CategoryAliases[name]; ok {
		name = short
	}
	if name == "LC" {
		return []*unicode.RangeTable{unicode.Lu, unicode.Ll, unicode.Lt}
	}
	if table := unicode.Categories[name]; table != nil {
		return []*unicode.RangeTable{table}
	}
	return nil
}

// binaryProperty knows those that the standard library has the data for.
func binaryProperty(name string) []*unicode.RangeTable {
	switch name {
	case "Alphabetic", "Alpha":
		return []*unicode.RangeTable{unicode.L, unicode.Nl, unicode.Other_Alphabetic}
	case "Lowercase", "Lower":
		return []*unicode.RangeTable{unicode.Ll, unicode.Other_Lowercase}
	case "Uppercase", "Upper":
		return []*unicode.RangeTable{unicode.Lu, unicode.Other_Uppercase}
	case "White_Space", "space":
		return []*unicode.RangeTable{unicode.White_Space}
	case "ASCII_Hex_Digit", "AHex":
		return []*unicode.RangeTable{unicode.ASCII_Hex_Digit}
	case "Hex_Digit", "Hex":
		return []*unicode.RangeTable{unicode.Hex_Digit}
	case "Dash", "Diacritic", "Extender", "Ideographic", "Join_Control", "Logical_Order_Exception",
		"Noncharacter_Code_Point", "Pattern_Syntax", "Pattern_White_Space", "Quotation_Mark", "Radical",
		"Regional_Indicator", "Sentence_Terminal", "Soft_Dotted", "Terminal_Punctuation",
		"Unified_Ideograph", "Variation_Selector", "Deprecated", "Bidi_Control":
		return []*unicode.RangeTable{unicode.Properties[name]}
	}
	return nil
}

// script knows the long names, and the short ones of the scripts in wide use.
func script(name string) []*unicode.RangeTable {
	if long, ok := scriptCodes[name]; ok {
		name = long
	}
	if table := unicode.Scripts[name]; table != nil {
		return []*unicode.RangeTable{table}
	}
	return nil
}

// scriptCodes are codes of ISO 15924.
var scriptCodes = map[string]string{
	"Arab": "Arabic", "Armn": "Armenian", "Beng": "Bengali", "Bopo": "Bopomofo", "Brai": "Braille",
	"Cans": "Canadian_Aboriginal", "Cher": "Cherokee", "Copt": "Coptic", "Cyrl": "Cyrillic",
	"Deva": "Devanagari", "Ethi": "Ethiopic", "Geor": "Georgian", "Goth": "Gothic", "Grek": "Greek",
	"Gujr": "Gujarati", "Guru": "Gurmukhi", "Hang": "Hangul", "Hani": "Han", "Hebr": "Hebrew",
	"Hira": "Hiragana", "Kana": "Katakana", "Khmr": "Khmer", "Knda": "Kannada", "Laoo": "Lao",
	"Latn": "Latin", "Mlym": "Malayalam", "Mong": "Mongolian", "Mymr": "Myanmar", "Orya": "Oriya",
	"Runr": "Runic", "Sinh": "Sinhala", "Syrc": "Syriac", "Taml": "Tamil", "Telu": "Telugu",
	"Thaa": "Thaana", "Thai": "Thai", "Tibt": "Tibetan", "Yiii": "Yi", "Zinh": "Inherited", "Zyyy": "Common",
}

// writeTables writes a set by its ranges, or all else.
func writeTables(tables []*unicode.RangeTable, negated bool) string {
	var b strings.Builder
	write := func(low, high rune) { fmt.Fprintf(&b, `\x{%x}-\x{%x}`, low, high) }
	next := rune(0)
	for _, r := range joinRanges(tables) {
		if !negated {
			write(r[0], r[1])
			continue
		}
		if r[0] > next {
			write(next, r[0]-1)
		}
		next = r[1] + 1
	}
	if negated && next <= unicode.MaxRune {
		write(next, unicode.MaxRune)
	}
	return b.String()
}
