package bank

import (
	"errors"
	"fmt"
	"strings"
)

// maxClause bounds the text of a clause before it is read.
const maxClause = 4096

// row looks up a column by name, and says whether there is one.
type row = func(column string) (string, bool)

// predicate says whether a row is part of the result.
type predicate = func(row) bool

// parseWhere reads the condition of a query in the bank's toy SQL:
//
//	condition  = all *( "OR" all )
//	all        = comparison *( "AND" comparison )
//	comparison = operand "=" operand
//	operand    = column / "'" text "'"
//
// AND binds tighter than OR, as in SQL: that is what makes ' OR '1'='1 return every row.
func parseWhere(clause string) (predicate, error) {
	if len(clause) > maxClause {
		return nil, fmt.Errorf("clause is longer than %d bytes", maxClause)
	}
	words, err := splitClause(clause)
	if err != nil {
		return nil, err
	}
	p := whereParser{words: words}
	matches, err := p.condition()
	if err != nil {
		return nil, fmt.Errorf("syntax error in WHERE %s: %w", clause, err)
	}
	return matches, nil
}

// splitClause cuts a clause into words, "=" and quoted texts, which keep their opening quote.
func splitClause(clause string) ([]string, error) {
	var words []string
	for rest := strings.TrimLeft(clause, " "); rest != ""; rest = strings.TrimLeft(rest, " ") {
		var word string
		switch rest[0] {
		case '=':
			word, rest = "=", rest[1:]
		case '\'':
			end := strings.IndexByte(rest[1:], '\'')
			if end < 0 {
				return nil, fmt.Errorf("unterminated string in WHERE %s", clause)
			}
			word, rest = rest[:end+1], rest[end+2:]
		default:
			end := strings.IndexAny(rest, " ='")
			if end < 0 {
				end = len(rest)
			}
			word, rest = rest[:end], rest[end:]
		}
		words = append(words, word)
	}
	return words, nil
}

type whereParser struct{ words []string }

func (p *whereParser) condition() (predicate, error) {
	result, err := p.all()
	for err == nil && len(p.words) > 0 {
		if !p.skip("OR") {
			return nil, fmt.Errorf("unexpected %q", p.words[0])
		}
		var right predicate
		left := result
		right, err = p.all()
		result = func(r row) bool { return left(r) || right(r) }
	}
	return result, err
}

func (p *whereParser) all() (predicate, error) {
	result, err := p.comparison()
	for err == nil && p.skip("AND") {
		var right predicate
		left := result
		right, err = p.comparison()
		result = func(r row) bool { return left(r) && right(r) }
	}
	return result, err
}

func (p *whereParser) comparison() (predicate, error) {
	left, err := p.operand()
	if err != nil {
		return nil, err
	}
	if !p.skip("=") {
		return nil, errors.New(`"=" expected`)
	}
	right, err := p.operand()
	if err != nil {
		return nil, err
	}
	return func(r row) bool {
		a, okA := left(r)
		b, okB := right(r)
		return okA && okB && a == b
	}, nil
}

func (p *whereParser) operand() (func(row) (string, bool), error) {
	if len(p.words) == 0 {
		return nil, errors.New("unexpected end")
	}
	word := p.words[0]
	p.words = p.words[1:]
	if word == "=" {
		return nil, errors.New(`unexpected "="`)
	}
	if text, quoted := strings.CutPrefix(word, "'"); quoted {
		return func(row) (string, bool) { return text, true }, nil
	}
	return func(r row) (string, bool) { return r(word) }, nil
}

func (p *whereParser) skip(keyword string) bool {
	if len(p.words) == 0 || !strings.EqualFold(p.words[0], keyword) {
		return false
	}
	p.words = p.words[1:]
	return true
}
