package jsonschema

import "strings"

// Misread tells whether a body with these faults may hold something else at
// places than their schemas say, or hold it elsewhere: a value on the way is of
// another type, or of no branch. Whoever decides by what stands there cannot
// decide then. Of more faults than are told nothing is known.
func Misread(faults []Fault, places []*Place) bool {
	if len(faults) >= maxFaults {
		return len(places) > 0
	}
	for i := range faults {
		switch faults[i].Keyword {
		case "type", "oneOf", "anyOf", "allOf", "not", "$ref":
			if leadsTo(faults[i].Pointer, places) {
				return true
			}
		}
	}
	return false
}

// leadsTo tells whether a value is at one of the places, or on the way to it.
func leadsTo(pointer string, places []*Place) bool {
	tokens := tokensOf(pointer)
	for _, p := range places {
		if len(tokens) <= len(p.steps) && begins(p.steps, tokens) {
			return true
		}
	}
	return false
}

func begins(steps []step, tokens []string) bool {
	for i, token := range tokens {
		name := strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
		if !steps[i].any && steps[i].name != name {
			return false
		}
	}
	return true
}

func tokensOf(pointer string) []string {
	if pointer == "" {
		return nil
	}
	return strings.Split(pointer[1:], "/")
}
