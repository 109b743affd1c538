package pathmatch

import "strings"

// Hint says by which change a path that was not found would have been found.
type Hint struct {
	Template string // the template it would have matched
	Slash    bool   // with a slash at its end, or without the one it has
	Case     bool   // with some letters in the other case
}

// Hint looks for the template that the sender of a path which was not found may have meant, for the text of
// the answer: the request itself is refused all the same. It allocates, and costs at most a few matches.
func (m *Matcher[T]) Hint(path string) (hint Hint, ok bool) {
	var ignored Values
	if path == "" || m.exact.find(path, &ignored) != 0 {
		return Hint{}, false
	}
	turned := turnSlash(path)
	if leaf := m.exact.find(turned, &ignored); leaf != 0 {
		return m.hint(leaf, true, false), true
	}
	if leaf := m.folded.find(strings.ToLower(path), &ignored); leaf != 0 {
		return m.hint(leaf, false, true), true
	}
	if leaf := m.folded.find(strings.ToLower(turned), &ignored); leaf != 0 {
		return m.hint(leaf, true, true), true
	}
	return Hint{}, false
}

func (m *Matcher[T]) hint(leaf int, slash, letters bool) Hint {
	return Hint{Template: m.routes[leaf-1].entries[0].template, Slash: slash, Case: letters}
}

// turnSlash takes the slash at the end away, or adds one.
func turnSlash(path string) string {
	if bare, ok := strings.CutSuffix(path, "/"); ok {
		return bare
	}
	return path + "/"
}
