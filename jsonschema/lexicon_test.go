package jsonschema

import (
	"fmt"
	"testing"
)

func TestLexiconFindsEachWord(t *testing.T) {
	for _, n := range []int{0, 1, 2, 5, 300} {
		var words []string
		for i := range n {
			// The second half differs in the middle alone: all of one hash.
			word := fmt.Sprint("w", i)
			if i > n/2 {
				word = fmt.Sprintf("beginning%03dtheending", i)
			}
			words = append(words, word)
		}
		l := newLexicon(words)
		for i, word := range words {
			if got := l.find([]byte(word), hashOf([]byte(word))); got != i {
				t.Errorf("of %d, %s is at %d", n, word, got)
			}
		}
		for _, other := range []string{"", "w", "w301", "beginning999theending", "something else"} {
			if l.has([]byte(other)) {
				t.Errorf("of %d, %q is among them", n, other)
			}
		}
	}
	if l := newLexicon([]string{""}); !l.has(nil) {
		t.Error("the empty word is not found")
	}
}
