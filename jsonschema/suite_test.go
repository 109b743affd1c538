package jsonschema

import (
	"fmt"
	"go/build"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"sallyport/source"
)

// conformance is the folder of test data that nobody here wrote.
func conformance(t testing.TB, folder string) string {
	t.Helper()
	root := os.Getenv("SALLYPORT_CONFORMANCE")
	if root == "" {
		root = filepath.Join("..", "..", "shared", "conformance")
	}
	dir := filepath.Join(root, folder)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("the conformance data is missing: %s", dir)
	}
	return dir
}

func readNode(t testing.TB, path string) *source.Node {
	t.Helper()
	n, err := source.ReadFile(path, source.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func parseNode(t testing.TB, text string) *source.Node {
	t.Helper()
	n, err := source.Parse("schema.json", []byte(text), source.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// remotes resolves the addresses that the suite refers to: its own remotes,
// and the meta-schemas, which come with the library that is our oracle.
type remotes struct {
	t     testing.TB
	suite string
	meta  string
	read  map[string]*source.Node
}

func newRemotes(t testing.TB, suite string) *remotes {
	pkg, err := build.Import("github.com/santhosh-tekuri/jsonschema/v6", ".", build.FindOnly)
	if err != nil {
		t.Fatal(err)
	}
	return &remotes{t, suite, filepath.Join(pkg.Dir, "metaschemas"), map[string]*source.Node{}}
}

func (r *remotes) resolve(root *source.Node) func(*source.Node, string) (*source.Node, error) {
	return func(_ *source.Node, ref string) (*source.Node, error) {
		address, fragment, _ := strings.Cut(ref, "#")
		if address == "" {
			return root.At(strings.ReplaceAll(strings.ReplaceAll(fragment, "%25", "%"), "%22", `"`)), nil
		}
		path := ""
		switch {
		case strings.HasPrefix(address, "http://localhost:1234/"):
			path = filepath.Join(r.suite, "remotes", strings.TrimPrefix(address, "http://localhost:1234/"))
		case strings.HasPrefix(address, "http://json-schema.org/draft-07/schema"):
			path = filepath.Join(r.meta, "draft-07", "schema")
		case strings.HasPrefix(address, "http://json-schema.org/draft-06/schema"):
			path = filepath.Join(r.meta, "draft-06", "schema")
		case strings.HasPrefix(address, "http://json-schema.org/draft-04/schema"):
			path = filepath.Join(r.meta, "draft-04", "schema")
		case strings.HasPrefix(address, "https://json-schema.org/draft/"):
			path = filepath.Join(r.meta, strings.TrimPrefix(address, "https://json-schema.org/"))
		default:
			return nil, fmt.Errorf("%s is not among the remotes", ref)
		}
		if r.read[path] == nil {
			text, err := os.ReadFile(path)
			if err != nil {
				return nil, err
			}
			n, err := source.Parse(path, text, source.DefaultLimits)
			if err != nil {
				return nil, err
			}
			r.read[path] = n
		}
		return r.read[path].At(fragment), nil
	}
}

// jsonText writes a node as JSON.
func jsonText(n *source.Node) string {
	switch n.Kind {
	case source.Null:
		return "null"
	case source.String:
		return fmt.Sprintf(`"%s"`, escapeJSON(n.Text))
	case source.List:
		parts := make([]string, len(n.Items))
		for i, item := range n.Items {
			parts[i] = jsonText(item)
		}
		return "[" + strings.Join(parts, ",") + "]"
	case source.Map:
		parts := make([]string, len(n.Members))
		for i, m := range n.Members {
			parts[i] = fmt.Sprintf(`"%s":%s`, escapeJSON(m.Name), jsonText(m.Value))
		}
		return "{" + strings.Join(parts, ",") + "}"
	}
	return n.Text
}

func escapeJSON(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r < 0x20 || r == '"' || r == '\\' {
			fmt.Fprintf(&b, `\u%04x`, r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// departures are the cases of the suite that we judge otherwise, by the
// beginning of their names, and why. A case that is no departure any more
// fails the test.
var departures = map[string]string{
	"draft7/optional/content.json: ": "what a text encodes is an annotation here, as in 2020-12, and is listed in Notes",

	"draft4/optional/zeroTerminatedFloats.json: ":                                                       "1.0 is an integer, as in every later draft: most readers of JSON see no difference",
	"draft4/optional/format/hostname.json: validation of host names: hostname with consecutive hyphens": "a label with -- in third place is reserved (RFC 5891 §4.2.3.1), as the suite of 2020-12 has it",
}

// sortDepartures takes the known departures out, and reports stale ones.
func sortDepartures(t *testing.T, folder string, wrong []string) (unknown []string) {
	used := map[string]bool{}
	for _, w := range wrong {
		known := false
		for prefix := range departures {
			if strings.HasPrefix(w, prefix) {
				used[prefix], known = true, true
			}
		}
		if !known {
			unknown = append(unknown, w)
		}
	}
	for prefix := range departures {
		if strings.HasPrefix(prefix, folder) && !used[prefix] {
			t.Errorf("no departure any more: %s", prefix)
		}
	}
	return unknown
}

// runSuite runs every case of a folder of the suite and reports the names of
// those that came out otherwise.
func runSuite(t *testing.T, dialect Dialect, files []string, skip func(file, group string) bool) (total int, wrong []string) {
	return runSuiteOf(t, dialect, files, func(path string) *source.Node { return readNode(t, path) }, skip)
}

// runSuiteOf is runSuite over files that a function reads.
func runSuiteOf(t *testing.T, dialect Dialect, files []string, read func(string) *source.Node, skip func(file, group string) bool) (total int, wrong []string) {
	suite := conformance(t, "json-schema")
	remote := newRemotes(t, suite)
	for _, file := range files {
		formats := AssertFormats
		if filepath.Base(file) == "format.json" {
			formats = AnnotateFormats // what is required of everybody; the formats themselves are optional
		}
		name, _ := filepath.Rel(filepath.Join(suite, "tests"), file)
		for _, group := range read(file).Items {
			if skip != nil && skip(filepath.Base(file), group.Str("description")) {
				continue
			}
			schema := group.Get("schema")
			c := NewCompiler(Options{Dialect: dialect, Resolve: remote.resolve(schema), Formats: formats})
			s, err := c.Compile(schema, Use{})
			for _, test := range group.Get("tests").Items {
				total++
				id := name + ": " + group.Str("description") + ": " + test.Str("description")
				if err != nil {
					wrong = append(wrong, id+"\t("+strings.ReplaceAll(err.Error(), "\n", "; ")+")")
					continue
				}
				faults := s.Check([]byte(jsonText(test.Get("data"))))
				if (faults == nil) != test.True("valid") {
					wrong = append(wrong, fmt.Sprintf("%s\t(want %v)", id, test.True("valid")))
				}
			}
		}
	}
	sort.Strings(wrong)
	return total, wrong
}

func glob(t testing.TB, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no files %s", pattern)
	}
	return files
}

func TestSuite(t *testing.T) {
	suite := conformance(t, "json-schema")
	page, err := os.ReadFile(filepath.Join("..", "docs", "reference", "keywords.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []struct {
		folder, name string
		dialect      Dialect
	}{{"draft2020-12", "2020-12", Draft2020}, {"draft7", "draft-07", Draft7}, {"draft4", "draft-04", Draft4}} {
		t.Run(d.folder, func(t *testing.T) {
			dir := filepath.Join(suite, "tests", d.folder)
			var all []string
			row := "| " + d.name + " |"
			for _, part := range []struct{ name, files string }{
				{"required", "*.json"}, {"optional", filepath.Join("optional", "*.json")}, {"formats", filepath.Join("optional", "format", "*.json")},
			} {
				total, wrong := runSuite(t, d.dialect, glob(t, filepath.Join(dir, part.files)), nil)
				t.Logf("%s: %d of %d as the suite says", part.name, total-len(wrong), total)
				row += fmt.Sprintf(" %d of %d |", total-len(wrong), total)
				if part.name == "required" && len(wrong) > 0 {
					t.Errorf("what is required of everybody has no departures: %q", wrong)
				}
				all = append(all, wrong...)
			}
			for _, w := range sortDepartures(t, d.folder, all) {
				t.Error(w)
			}
			if !strings.Contains(string(page), row) {
				t.Errorf("docs/reference/keywords.md does not say %q", row)
			}
		})
	}
}

// OpenAPI 3.1's dialect judges as 2020-12 does.
func TestSuiteOpenAPI31(t *testing.T) {
	suite := conformance(t, "json-schema")
	_, wrong := runSuite(t, OpenAPI31, glob(t, filepath.Join(suite, "tests", "draft2020-12", "*.json")), nil)
	for _, w := range wrong {
		t.Error(w)
	}
}

// OpenAPI 3.0's dialect is a cut of draft-04: what of its suite applies is
// listed beside the suite.
func TestSuiteOpenAPI30(t *testing.T) {
	suite := conformance(t, "json-schema")
	ignored := map[string]bool{}
	for _, entry := range readNode(t, filepath.Join(suite, "oas30-dialect-ignore.json")).Get("ignore").Items {
		name := entry.Items[0].Text
		if len(entry.Items) > 1 {
			name += ": " + entry.Items[1].Text
		}
		ignored[name] = true
	}
	skip := func(file, group string) bool { return ignored[file] || ignored[file+": "+group] }
	total, wrong := runSuite(t, OpenAPI30, glob(t, filepath.Join(suite, "tests", "draft4", "*.json")), skip)
	t.Logf("%d of %d as the suite says", total-len(wrong), total)
	for _, w := range wrong {
		t.Error(w)
	}
}
