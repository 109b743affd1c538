package script

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"sallyport/source"
)

// word is one argument: pieces of text and names of variables, in a row.
type word []piece

type piece struct {
	text     string
	variable bool
	quoted   bool
}

// is tells whether the word is this text without quotes.
func (w word) is(text string) bool { return w.plain() && w[0].text == text }

func (w word) plain() bool { return len(w) == 1 && !w[0].variable && !w[0].quoted }

// expand puts the values of variables in their places.
func (w word) expand(variables map[string]string) (string, error) {
	var b strings.Builder
	for _, p := range w {
		if !p.variable {
			b.WriteString(p.text)
			continue
		}
		value, ok := variables[p.text]
		if !ok {
			return "", unknownVariable(p.text, variables)
		}
		b.WriteString(value)
	}
	return b.String(), nil
}

func unknownVariable(name string, variables map[string]string) error {
	var names []string
	for known := range variables {
		names = append(names, known)
	}
	if nearest := source.Nearest(name, names); nearest != "" {
		return fmt.Errorf("there is no variable $%s (did you mean $%s?)", name, nearest)
	}
	return fmt.Errorf("there is no variable $%s", name)
}

// splitWords reads a line. Within single quotes everything stands for itself;
// within double quotes variables and the escapes \\ \" \$ \n \r \t \xHH are
// read; a word that begins with # begins a comment.
func splitWords(line string) ([]word, error) {
	s := splitter{rest: line}
	for {
		s.rest = strings.TrimLeft(s.rest, " \t")
		if s.rest == "" || s.rest[0] == '#' {
			return s.words, nil
		}
		if err := s.word(); err != nil {
			return nil, err
		}
	}
}

type splitter struct {
	rest  string
	words []word
	now   word
	text  strings.Builder
}

func (s *splitter) word() error {
	s.now = nil
	for s.rest != "" && s.rest[0] != ' ' && s.rest[0] != '\t' {
		var err error
		switch s.rest[0] {
		case '\'':
			err = s.single()
		case '"':
			err = s.double()
		case '$':
			s.dollar(false)
		default:
			s.text.WriteByte(s.rest[0])
			s.rest = s.rest[1:]
			if s.rest == "" || strings.IndexByte(" \t'\"$", s.rest[0]) >= 0 {
				s.flush(false)
			}
		}
		if err != nil {
			return err
		}
	}
	s.words = append(s.words, s.now)
	return nil
}

// flush ends a piece of text.
func (s *splitter) flush(quoted bool) {
	s.now = append(s.now, piece{text: s.text.String(), quoted: quoted})
	s.text.Reset()
}

func (s *splitter) single() error {
	text, after, ok := strings.Cut(s.rest[1:], "'")
	if !ok {
		return errors.New("a single quote is not closed")
	}
	s.text.WriteString(text)
	s.flush(true)
	s.rest = after
	return nil
}

func (s *splitter) double() error {
	s.rest = s.rest[1:]
	for s.rest != "" {
		switch c := s.rest[0]; c {
		case '"':
			s.rest = s.rest[1:]
			s.flush(true)
			return nil
		case '$':
			s.dollar(true)
		case '\\':
			b, length, err := escape(s.rest)
			if err != nil {
				return err
			}
			s.text.WriteByte(b)
			s.rest = s.rest[length:]
		default:
			s.text.WriteByte(c)
			s.rest = s.rest[1:]
		}
	}
	return errors.New("a double quote is not closed")
}

// dollar reads $NAME or ${NAME}; any other dollar sign stands for itself.
func (s *splitter) dollar(quoted bool) {
	name, length := variableName(s.rest)
	if name == "" {
		s.text.WriteByte('$')
		s.rest = s.rest[1:]
		if !quoted {
			s.flush(false)
		}
		return
	}
	if s.text.Len() > 0 {
		s.flush(quoted)
	}
	s.now = append(s.now, piece{text: name, variable: true})
	s.rest = s.rest[length:]
}

func variableName(text string) (name string, length int) {
	if strings.HasPrefix(text, "${") {
		end := strings.IndexByte(text, '}')
		if end > 2 && nameLength(text[2:end]) == end-2 {
			return text[2:end], end + 1
		}
		return "", 0
	}
	n := nameLength(text[1:])
	return text[1 : 1+n], 1 + n
}

// nameLength is how many bytes at the beginning of text can be a variable's name.
func nameLength(text string) int {
	for i := range len(text) {
		c := text[i]
		letter := 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return i
		}
	}
	return len(text)
}

// escape reads what begins with a backslash.
func escape(text string) (b byte, length int, err error) {
	if len(text) > 1 {
		switch text[1] {
		case '\\', '"', '$':
			return text[1], 2, nil
		case 'n':
			return '\n', 2, nil
		case 'r':
			return '\r', 2, nil
		case 't':
			return '\t', 2, nil
		case 'x':
			if len(text) >= 4 {
				if n, err := strconv.ParseUint(text[2:4], 16, 8); err == nil {
					return byte(n), 4, nil
				}
			}
		}
	}
	return 0, 0, errors.New(`after a backslash stands one of \ " $ n r t xHH`)
}
