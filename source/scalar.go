package source

import (
	"math/big"
	"strings"

	"go.yaml.in/yaml/v4"
)

// scalar gives a YAML scalar its kind by the core schema (YAML 1.2.2 §10.3.2).
// The library also knows YAML 1.1's forms; those are strings here.
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
		r.number(n, y)
	default:
		n.Kind = String
	}
}

func (r *yamlReader) number(n *Node, y *yaml.Node) {
	switch strings.ToLower(strings.TrimLeft(y.Value, "+-")) {
	case ".inf", ".nan":
		r.wrong(y, "quote it if it is meant as text", "the number %s has no JSON form", y.Value)
		return
	}
	n.Kind = Number
	if text, ok := coreNumber(y.Value); ok {
		n.Text = text
	} else {
		n.Kind = String
	}
}

// coreNumber turns the core schema's forms of a number (+1, 012, 0o17, 0x1F,
// .5, 1.) into JSON's without passing through a float; false for other text.
func coreNumber(text string) (string, bool) {
	if isJSONNumber(text) {
		return text, true
	}
	if base, digits := radix(text); base != 0 {
		i, ok := new(big.Int).SetString(digits, base)
		if !ok {
			return "", false
		}
		return i.String(), true
	}
	sign, rest := "", strings.TrimPrefix(text, "+")
	if strings.HasPrefix(text, "-") {
		sign, rest = "-", text[1:]
	}
	mantissa, exponent := rest, ""
	if i := strings.IndexAny(rest, "eE"); i >= 0 {
		mantissa, exponent = rest[:i], rest[i:]
	}
	whole, fraction, point := strings.Cut(mantissa, ".")
	if whole == "" && fraction == "" {
		return "", false
	}
	whole = strings.TrimLeft(whole, "0")
	if whole == "" {
		whole = "0"
	}
	if point && fraction != "" {
		whole += "." + fraction
	}
	number := sign + whole + exponent
	return number, isJSONNumber(number)
}

// radix is 8 or 16 and the digits for 0o17 and 0x1F, else 0.
func radix(text string) (int, string) {
	switch {
	case len(text) > 128:
		return 0, "" // a number of megabytes would cost quadratic time
	case strings.HasPrefix(text, "0o") && strings.Trim(text[2:], "01234567") == "" && len(text) > 2:
		return 8, text[2:]
	case strings.HasPrefix(text, "0x") && strings.Trim(text[2:], "0123456789abcdefABCDEF") == "" && len(text) > 2:
		return 16, text[2:]
	}
	return 0, ""
}

// isJSONNumber tells whether the text is a number of RFC 8259 §6.
func isJSONNumber(text string) bool {
	text = strings.TrimPrefix(text, "-")
	whole := digits(text)
	if whole == 0 || whole > 1 && text[0] == '0' {
		return false
	}
	text = text[whole:]
	if strings.HasPrefix(text, ".") {
		fraction := digits(text[1:])
		if fraction == 0 {
			return false
		}
		text = text[1+fraction:]
	}
	if text == "" {
		return true
	}
	if text[0] != 'e' && text[0] != 'E' {
		return false
	}
	text = text[1:]
	if text != "" && (text[0] == '+' || text[0] == '-') {
		text = text[1:]
	}
	n := digits(text)
	return n > 0 && n == len(text)
}

// digits is how many digits the text begins with.
func digits(text string) int {
	n := 0
	for n < len(text) && '0' <= text[n] && text[n] <= '9' {
		n++
	}
	return n
}

// columns turns the library's columns, which count characters, into bytes.
type columns struct {
	text   []byte
	starts []int // of each line, only if the text is not ASCII throughout
}

func newColumns(text []byte) columns {
	c := columns{text: text}
	ascii := true
	for _, b := range text {
		if b >= 0x80 {
			ascii = false
			break
		}
	}
	if ascii {
		return c
	}
	c.starts = []int{0, 0} // lines count from 1
	for i, b := range text {
		if b == '\n' {
			c.starts = append(c.starts, i+1)
		}
	}
	return c
}

func (c columns) inBytes(line, column int) int {
	if line <= 0 || line >= len(c.starts) {
		return column
	}
	bytes, rest := 1, c.text[c.starts[line]:]
	for i := range string(rest[:min(len(rest), 4*column)]) {
		if column--; column == 0 {
			return bytes + i
		}
	}
	return bytes + len(rest)
}
