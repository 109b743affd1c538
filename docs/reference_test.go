package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// TestMetricsAreListed compares the names in the code with those of the page,
// in both directions.
func TestMetricsAreListed(t *testing.T) {
	name := regexp.MustCompile(`^sallyport_[a-z_]+$`)
	inCode := make(map[string]bool)
	for _, folder := range []string{"../stage/identify", "../stage/limit", "../stage/record", "../stage/forward", "../roster", "../serve"} {
		for _, text := range strings.Fields(literals(t, folder)) {
			if name.MatchString(text) {
				inCode[text] = true
			}
		}
	}
	page := read(t, "reference/metrics.md")
	onPage := make(map[string]bool)
	for _, row := range regexp.MustCompile("(?m)^\\| `(sallyport_[a-z_]+)`").FindAllStringSubmatch(page, -1) {
		onPage[row[1]] = true
	}
	compare(t, "docs/reference/metrics.md", inCode, onPage)
}

// TestLogFieldsAreListed compares the attributes of a request's line with
// those of the page.
func TestLogFieldsAreListed(t *testing.T) {
	inCode := make(map[string]bool)
	attribute := regexp.MustCompile(`(?:slog\.(?:String|Int|Int64|Float64|Bool|Any)|to\.(?:text|plain|address|number|millis))\("([a-z_]+)"`)
	for _, file := range []string{"../stage/record/event.go", "../stage/identify/security.go", "../stage/filter/answer.go", "../stage/filter/prune.go", "../stage/filter/guard.go", "../stage/inspect/object.go", "../stage/forward/trip.go", "../stage/validate/body.go"} {
		for _, found := range attribute.FindAllStringSubmatch(read(t, file), -1) {
			inCode[found[1]] = true
		}
	}
	page, _, _ := strings.Cut(read(t, "reference/log.md"), "## Other lines")
	onPage := make(map[string]bool)
	for _, row := range regexp.MustCompile("(?m)^\\| (`[^|]*) \\|").FindAllStringSubmatch(page, -1) {
		for _, field := range regexp.MustCompile("`([a-z_.]+)`").FindAllStringSubmatch(row[1], -1) {
			_, last, grouped := strings.Cut(field[1], ".")
			if !grouped {
				last = field[1]
			}
			onPage[last] = true
		}
	}
	compare(t, "docs/reference/log.md", inCode, onPage)
}

// TestFlagsAreListed reads the flags out of the structs of the command line.
func TestFlagsAreListed(t *testing.T) {
	inCode := make(map[string]bool)
	for _, file := range parse(t, "../cmd/sallyport") {
		ast.Inspect(file, func(n ast.Node) bool {
			if f, ok := n.(*ast.Field); ok && f.Tag != nil {
				text, _ := strconv.Unquote(f.Tag.Value)
				addFlag(inCode, f, reflect.StructTag(text))
			}
			return true
		})
	}
	if len(inCode) < 10 {
		t.Fatalf("%d flags were found in cmd/sallyport: the test has missed some", len(inCode))
	}
	onPage := make(map[string]bool)
	for _, found := range regexp.MustCompile("`(?:-[a-z]`, `)?--([a-z-]+)").FindAllStringSubmatch(read(t, "reference/cli.md"), -1) {
		if found[1] != "help" {
			onPage[found[1]] = true
		}
	}
	compare(t, "docs/reference/cli.md", inCode, onPage)
}

func addFlag(flags map[string]bool, f *ast.Field, tag reflect.StructTag) {
	_, command := tag.Lookup("cmd")
	_, argument := tag.Lookup("arg")
	if _, helped := tag.Lookup("help"); !helped || command || argument {
		return
	}
	name := tag.Get("name")
	if name == "" {
		for i, r := range f.Names[0].Name {
			if unicode.IsUpper(r) && i > 0 {
				name += "-"
			}
			name += string(unicode.ToLower(r))
		}
	}
	flags[name] = true
}

func compare(t *testing.T, page string, inCode, onPage map[string]bool) {
	t.Helper()
	for name := range inCode {
		if !onPage[name] {
			t.Errorf("%s says nothing of %s", page, name)
		}
	}
	for name := range onPage {
		if !inCode[name] {
			t.Errorf("%s tells of %s, which the code does not have", page, name)
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func parse(t *testing.T, folder string) []*ast.File {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}

// literals are all string literals of a package, one on each line.
func literals(t *testing.T, folder string) string {
	var all strings.Builder
	for _, file := range parse(t, folder) {
		ast.Inspect(file, func(n ast.Node) bool {
			if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
				text, _ := strconv.Unquote(l.Value)
				all.WriteString(text + "\n")
			}
			return true
		})
	}
	return all.String()
}
