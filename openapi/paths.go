package openapi

import (
	"fmt"
	"slices"
	"strings"

	"sallyport/source"
)

// methods are the fields of a path item that hold operations.
func methods(v Version) []string {
	m := []string{"get", "put", "post", "delete", "options", "head", "patch", "trace"}
	if v >= V32 {
		m = append(m, "query")
	}
	return m
}

// maxTemplate bounds a path template and the url of a server.
const maxTemplate = 8192

// pathsRules reads the path items, each a unit, and finds templates that no
// request could tell apart.
func (w *walker) pathsRules(n *source.Node) {
	shapes := map[string]string{}
	units := map[string]*unit{}
	for i := range n.Members {
		m := &n.Members[i]
		if strings.HasPrefix(m.Name, "x-") {
			continue
		}
		at := n.MemberPosition(i)
		u := w.within(false, func() {
			w.template(at, m.Name)
			w.object(aPathItem, m.Value)
		})
		w.paths[m.Name] = u
		shape := templateShape(m.Name)
		if other, taken := shapes[shape]; taken {
			message := fmt.Sprintf("the paths %q and %q match the same requests", other, m.Name)
			for _, c := range []*unit{u, units[shape]} {
				w.note(c, at, "give both the same names and make them one", "%s", message)
			}
			continue
		}
		shapes[shape], units[shape] = m.Name, u
	}
}

// template checks a key of paths (Paths Object, Path Templating).
func (w *walker) template(at source.Position, path string) {
	if len(path) > maxTemplate {
		w.wrong(at, "", "the path is longer than %d", maxTemplate)
		return
	}
	if !strings.HasPrefix(path, "/") {
		w.wrong(at, w.files.meant(path, []string{"/" + path}), "the path %q does not begin with a slash", path)
		return
	}
	if i := strings.IndexAny(path, "#?"); i >= 0 {
		w.wrong(at, "describe what follows as parameters", "the path %q has %q in it, which no path of a request has", path, path[i])
	}
	names, ok := variablesOf(path)
	if !ok {
		w.wrong(at, "write each parameter as {name}", "the braces of the path %q do not match", path)
	}
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			w.wrong(at, "", "the path %q names {%s} twice", path, name)
		}
		if strings.Contains(name, "/") {
			w.wrong(at, "write each parameter as {name}", "the path %q has a slash inside of braces", path)
		}
	}
}

// templateShape is a template with the names taken out.
func templateShape(path string) string {
	var b strings.Builder
	inside := false
	for _, c := range path {
		if c == '}' {
			inside = false
		}
		if !inside {
			b.WriteRune(c)
		}
		if c == '{' {
			inside = true
		}
	}
	return b.String()
}

func (w *walker) pathItemRules(n *source.Node) {
	if ref := n.Get("$ref"); ref != nil && ref.Kind == source.String {
		w.queue = append(w.queue, pending{from: n, ref: ref.Text, kind: aPathItem, unit: w.unit})
	}
	w.checks = append(w.checks, parameters{n.Get("parameters"), w.unit})
}

func (w *walker) operationRules(n *source.Node) {
	if w.version == V30 && !n.Has("responses") {
		w.wrong(n.Position(), "responses: {default: {description: ...}} will do", "an operation needs the field responses")
	}
	w.checks = append(w.checks, parameters{n.Get("parameters"), w.unit})
	id := n.Get("operationId")
	if id == nil || id.Kind != source.String {
		return
	}
	if other, taken := w.ids[id.Text]; taken {
		w.wrong(id.Position(), "each operation has an id of its own", "the operationId %q is taken at %s", id.Text, other)
		return
	}
	w.ids[id.Text] = id.Position()
}
