package jsonschema

import (
	"encoding/binary"
	"math/bits"
)

// lexicon finds a text among those of a schema: the names of properties, the
// values of an enum.
type lexicon struct {
	words []string
	slots []lexiconSlot // a power of two, at most half of it taken; none for few words
}

type lexiconSlot struct {
	hash uint32
	word int32 // counted from 1; 0: free
}

// fewWords is how many are compared one by one.
const fewWords = 4

func newLexicon(words []string) lexicon {
	if len(words) <= fewWords {
		return lexicon{words: words}
	}
	l := lexicon{words, make([]lexiconSlot, 2<<bits.Len(uint(len(words)-1)))}
	mask := uint32(len(l.slots) - 1)
	for i, word := range words {
		hash := hashOf([]byte(word))
		at := hash & mask
		for l.slots[at].word != 0 {
			at = (at + 1) & mask
		}
		l.slots[at] = lexiconSlot{hash, int32(i) + 1}
	}
	return l
}

// find is the place of a text of which the hash is known; -1 if it is not there.
func (l *lexicon) find(text []byte, hash uint32) int {
	if len(l.slots) == 0 {
		for i, word := range l.words {
			if word == string(text) {
				return i
			}
		}
		return -1
	}
	mask := uint32(len(l.slots) - 1)
	for at := hash & mask; ; at = (at + 1) & mask {
		s := &l.slots[at]
		if s.word == 0 {
			return -1
		}
		if s.hash == hash && l.words[s.word-1] == string(text) {
			return int(s.word) - 1
		}
	}
}

func (l *lexicon) has(text []byte) bool { return l.find(text, hashOf(text)) >= 0 }

// hashOf tells most texts apart by their ends and their length. Whoever sends
// texts that collide gains nothing: how many texts of a schema share a hash is
// for the schema to say.
func hashOf(text []byte) uint32 {
	var a, b uint64
	switch n := len(text); {
	case n >= 8:
		a, b = binary.LittleEndian.Uint64(text), binary.LittleEndian.Uint64(text[n-8:])
	case n >= 4:
		a, b = uint64(binary.LittleEndian.Uint32(text)), uint64(binary.LittleEndian.Uint32(text[n-4:]))
	case n > 0:
		a = uint64(text[0])<<16 | uint64(text[n/2])<<8 | uint64(text[n-1])
	}
	h, l := bits.Mul64(a^0x9E3779B97F4A7C15, b^0xBF58476D1CE4E5B9^uint64(len(text)))
	h ^= l
	return uint32(h>>32) ^ uint32(h)
}
