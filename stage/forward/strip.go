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

// rebase makes the paths by which an answer refers to the backend those by which
// a client knows it: without the target's own prefix, behind the base path that
// the backend does not know of. What names a host stays as it is.
func rebase(fields message.Fields, base, prefix string) {
	if base == "" && prefix == "" {
		return
	}
	for i := range fields {
		f := &fields[i]
		if !message.EqualName(f.Name, "Location") && !message.EqualName(f.Name, "Content-Location") {
			continue
		}
		if strings.HasPrefix(f.Value, "/") && !strings.HasPrefix(f.Value, "//") {
			f.Value = base + within(prefix, f.Value)
		}
	}
}

// within is what stands behind the prefix where the path is one below it.
func within(prefix, path string) string {
	rest, ok := strings.CutPrefix(path, prefix)
	switch {
	case !ok:
		return path
	case rest == "" || rest[0] == '?' || rest[0] == '#':
		return "/" + rest
	case rest[0] == '/' && !strings.HasPrefix(rest, "//"): // that would name a host
		return rest
	}
	return path
}
