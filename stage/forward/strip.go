package forward

import (
	"strings"

	"sallyport/message"
)

// strip takes the base path off a path, and tells which it was.
func (u *Upstream) strip(path string) (base, rest string) {
	for _, base := range u.Strip {
		rest, ok := strings.CutPrefix(path, base)
		switch {
		case !ok:
		case rest == "":
			return base, "/"
		case rest[0] == '/':
			return base, rest
		}
	}
	return "", path
}

// rebase puts the base path before the paths by which an answer refers to the
// backend, which does not know of it. What names a host stays as it is.
func rebase(fields message.Fields, base string) {
	if base == "" {
		return
	}
	for i := range fields {
		f := &fields[i]
		if !message.EqualName(f.Name, "Location") && !message.EqualName(f.Name, "Content-Location") {
			continue
		}
		if strings.HasPrefix(f.Value, "/") && !strings.HasPrefix(f.Value, "//") {
			f.Value = base + f.Value
		}
	}
}
