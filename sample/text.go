package sample

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"sallyport/jsonschema"
	"sallyport/source"
)

// letters is what plain text is made of.
const letters = "sample"

// maxText bounds the text that a minLength can ask for.
const maxText = 256 << 10

// textRules is what a text has to hold to.
type textRules struct {
	least, most int
	patterns    []*pattern
	formats     []string
	// held are the schemas that give a format, which the check knows.
	held []*source.Node
}

func (m *maker) rules(g *goal) (*textRules, error) {
	r := &textRules{least: g.least("minLength"), most: g.most("maxLength")}
	if m.place.in != "" {
		r.least = max(r.least, 1) // what is empty reads as if it were not there
	}
	if r.least > maxText {
		return nil, impossible(g.at(), "a text of %d characters is too long to be made", r.least)
	}
	for _, n := range g.schemas {
		if p := n.Get("pattern"); p != nil && p.Kind == source.String {
			compiled, err := m.pattern(p.Text)
			if err != nil {
				return nil, impossible(p.Position(), "the pattern cannot be used: %v", err)
			}
			r.patterns = append(r.patterns, compiled)
		}
		if f := n.Str("format"); f != "" {
			r.formats, r.held = append(r.formats, f), append(r.held, n)
		}
	}
	return r, nil
}

// text makes a string: by its format, by its pattern, plain, or as the document
// gives it in an example.
func (m *maker) text(g *goal) (any, error) {
	r, err := m.rules(g)
	if err != nil {
		return nil, err
	}
	for _, text := range m.candidates(g, r) {
		if m.accepts(r, text) {
			return text, nil
		}
	}
	return nil, impossible(g.at(), "no text was found that has its length, pattern and format, and can stand in its place")
}

// candidates are texts, the likeliest first.
func (m *maker) candidates(g *goal, r *textRules) []string {
	var texts []string
	vary := m.pick(1 << 20)
	for _, f := range r.formats {
		texts = append(texts, formatted(f, vary, r.least)...)
	}
	for _, p := range r.patterns {
		for _, extra := range p.extras(r.least, r.most) {
			for turn := range 4 {
				texts = append(texts, p.text(extra, vary+turn))
			}
		}
	}
	texts = append(texts, plain(r.least, r.most, vary))
	for _, n := range g.schemas {
		for _, v := range m.examples(n) {
			if s, ok := v.(string); ok {
				texts = append(texts, s)
			}
		}
	}
	return texts
}

// plain is text of letters and a number that makes it differ from others.
func plain(least, most, vary int) string {
	text := letters
	if vary > 0 {
		text += strconv.Itoa(vary)
	}
	if n := least - len(text); n > 0 {
		text = strings.Repeat(letters, n/len(letters)+1)[:n] + text
	}
	if len(text) > most {
		text = text[len(text)-most:] // what differs stands at the end
	}
	return text
}

func (m *maker) accepts(r *textRules, text string) bool {
	if n := utf8.RuneCountInString(text); n < r.least || n > r.most || !m.place.takes(text, m.level) {
		return false
	}
	for _, p := range r.patterns {
		if !p.matches(text) {
			return false
		}
	}
	for _, n := range r.held {
		judge, err := m.schema(n, jsonschema.Use{Direction: m.direction})
		if err != nil || len(judge.Check(marshal(text))) > 0 {
			return false
		}
	}
	return true
}
