package openapi

import (
	"fmt"
	"slices"
	"strings"

	"sallyport/source"
)

// maxBasePaths bounds the combinations of server variables that are served.
const maxBasePaths = 64

func (w *walker) variableRules(n *source.Node) {
	enum := n.Get("enum")
	if enum == nil || enum.Kind != source.List {
		return
	}
	if len(enum.Items) == 0 {
		w.judge(w.version >= V31, enum.Position(), "leave it out if any value will do", "enum of a server variable is empty")
		return
	}
	if d := n.Get("default"); d != nil && !slices.Contains(textsOf(enum), d.Text) {
		w.judge(w.version >= V31, d.Position(), w.files.meant(d.Text, textsOf(enum)), "the default of a server variable is not in its enum")
	}
}

func (w *walker) serverRules(n *source.Node) {
	u := n.Get("url")
	if u == nil || u.Kind != source.String {
		return
	}
	if len(u.Text) > maxTemplate {
		w.wrong(u.Position(), "", "the server's url is longer than %d", maxTemplate)
		return
	}
	variables := n.Get("variables")
	declared := memberNamesOf(variables)
	used, ok := variablesOf(u.Text)
	if !ok {
		w.wrong(u.Position(), "", "the braces of the server's url do not match")
		return
	}
	path := pathPart(u.Text)
	for _, name := range used {
		if variables.Get(name) != nil {
			continue
		}
		// A host is not ours to enforce; a path that is unknown cannot be served.
		w.judge(strings.Contains(path, "{"+name+"}"), u.Position(), w.files.meant(name, declared), "the server's url has the variable %q, which is not declared", name)
	}
	for _, name := range declared {
		if !slices.Contains(used, name) {
			w.warn(variables.NamePosition(name), w.files.meant(name, used), "the server's url has no variable %q", name)
		}
	}
	if _, err := basePathsOf(n); err != nil {
		w.wrong(u.Position(), "", "%v", err)
	}
}

func memberNamesOf(n *source.Node) []string {
	if n == nil {
		return nil
	}
	return memberNames(n)
}

// variablesOf are the names in braces; false if the braces do not match.
func variablesOf(template string) ([]string, bool) {
	var names []string
	for {
		before, rest, found := strings.Cut(template, "{")
		if strings.Contains(before, "}") {
			return nil, false
		}
		if !found {
			return names, true
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed || name == "" || strings.Contains(name, "{") {
			return nil, false
		}
		names = append(names, name)
		template = after
	}
}

// pathPart is a server URL without scheme and host, where those are written
// out; a variable may hold them, then it is all of the URL.
func pathPart(u string) string {
	_, rest, absolute := strings.Cut(u, "://")
	if !absolute && strings.HasPrefix(u, "//") {
		rest, absolute = u[2:], true
	}
	if !absolute {
		return u
	}
	inside := false
	for i := range len(rest) {
		switch rest[i] {
		case '{':
			inside = true
		case '}':
			inside = false
		case '/', '?', '#':
			if !inside {
				return rest[i:]
			}
		}
	}
	return ""
}

// basePathsOf are the paths that a server's url can have, its variables filled
// in with the default and every value of enum.
func basePathsOf(server *source.Node) ([]string, error) {
	template := pathPart(server.Str("url"))
	if len(template) > maxTemplate {
		return nil, fmt.Errorf("the server's url is longer than %d", maxTemplate)
	}
	names, _ := variablesOf(template)
	filled := []string{template}
	done := map[string]bool{}
	for _, name := range names {
		variable := server.Get("variables").Get(name)
		if done[name] || variable == nil {
			continue
		}
		done[name] = true
		values := []string{variable.Str("default")}
		if enum := variable.Get("enum"); enum != nil {
			values = append(values, textsOf(enum)...)
		}
		slices.Sort(values[1:])
		values = unique(values)
		if len(filled)*len(values) > maxBasePaths {
			return nil, fmt.Errorf("the server's variables make more than %d paths", maxBasePaths)
		}
		var next []string
		for _, f := range filled {
			for _, v := range values {
				if len(f)+strings.Count(f, "{"+name+"}")*len(v) > maxTemplate {
					return nil, fmt.Errorf("the server's variables make a path longer than %d", maxTemplate)
				}
				next = append(next, strings.ReplaceAll(f, "{"+name+"}", v))
			}
		}
		filled = next
	}
	var paths []string
	for _, f := range filled {
		path, err := basePath(f)
		if err != nil {
			return nil, err
		}
		paths = append(paths, path)
	}
	return unique(paths), nil
}

// basePath is the path of a server URL, relative ones to the root, without
// dot segments (RFC 3986 §5.2.4), query and trailing slash.
func basePath(u string) (string, error) {
	path := pathPart(u)
	if i := strings.IndexAny(path, "?#"); i >= 0 {
		path = path[:i]
	}
	var kept []string
	for _, segment := range strings.Split(strings.Trim(path, "/"), "/") {
		switch segment {
		case ".":
		case "..":
			kept = kept[:max(0, len(kept)-1)]
		default:
			kept = append(kept, segment)
		}
	}
	path = strings.Join(kept, "/")
	for i := range len(path) {
		if c := path[i]; c <= ' ' || c == 0x7f || strings.IndexByte("<>\"\\^`|", c) >= 0 {
			return "", fmt.Errorf("the server's url has %q in it, which no path has", rune(c))
		}
	}
	if path == "" {
		return "", nil
	}
	return "/" + path, nil
}

func unique(list []string) []string {
	var kept []string
	seen := map[string]bool{}
	for _, s := range list {
		if !seen[s] {
			seen[s] = true
			kept = append(kept, s)
		}
	}
	return kept
}

// buildServers sets the base paths: the operation's servers, else the path
// item's, else the root's. No servers at all is the one server "/".
func (b *builder) buildServers(op *Operation, operation, item, target *source.Node, u *unit) {
	for _, n := range []*source.Node{operation, item, target, b.doc.root} {
		list := n.Get("servers")
		if list == nil || list.Kind != source.List || len(list.Items) == 0 {
			continue
		}
		u.need(b.lists[list])
		op.BasePaths = b.basePaths(list)
		break
	}
	if given := b.files.options.BasePaths; given != nil {
		op.BasePaths = given
	}
	if len(op.BasePaths) == 0 {
		op.BasePaths = []string{""}
	}
}

func (b *builder) basePaths(list *source.Node) []string {
	if paths, ok := b.based[list]; ok {
		return paths
	}
	var paths []string
	for _, server := range list.Items {
		if p, err := basePathsOf(server); err == nil {
			paths = append(paths, p...)
		}
	}
	b.based[list] = unique(paths)
	return b.based[list]
}
