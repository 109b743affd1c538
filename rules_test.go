package sallyport_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/token"
	"go/types"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestRules holds the tree to the rules of this house (docs/design.md,
// "Packages" and "House rules"). A rule that stands in the way is changed here,
// together with the page, in a commit that says why.
func TestRules(t *testing.T) {
	tree := readTree(t)
	for name, rule := range map[string]func(*testing.T, *codebase){
		"packages import inwards only":       ringsHold,
		"every package stands in the table":  packagesAreKnown,
		"config knows nothing but source":    configIsAlone,
		"imports are no deeper than six":     importsAreShallow,
		"folders are no deeper than two":     foldersAreShallow,
		"folders and files say what they do": namesSaySomething,
		"packages say what they are for":     packagesHaveComments,
		"exported names have a comment":      namesHaveComments,
		"nothing happens by importing":       noInit,
		"package variables do not change":    variablesAreConstant,
		"one place writes statuses":          statusesComeFromProblem,
		"steps take time from Env":           clockIsEnv,
		"tests do not sleep":                 testsDoNotSleep,
		"files are short":                    filesAreShort,
		"no work is left half done":          noLooseEnds,
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) { rule(t, tree) })
	}
}

// rings are the packages from the inside out. A package imports from rings
// within its own; libraries may import each other, and so may what is kept.
var rings = [...]struct {
	name     string
	packages []string
}{
	{"libraries", []string{"apikey", "clientcert", "coding", "destination", "docs", "http1", "introspect", "items", "jose", "jsonline", "jsonschema", "keyring", "keyring/keyringtest", "mediatype", "message", "openapi", "password", "pathmatch", "problem", "rule", "sample", "source", "websocket", "xmlbody"}},
	{"the pipeline", []string{"."}},
	{"what is kept", []string{"store", "store/postgres", "store/sqlite", "store/storetest", "store/tables"}},
	{"stages and configuration", []string{
		"config", "guard", "roster",
		"stage/admit", "stage/authorize", "stage/filter", "stage/forward", "stage/identify", "stage/inspect", "stage/limit", "stage/record", "stage/validate",
	}},
	{"what is made of them", []string{"build", "console", "script", "demo/bank"}},
	{"what runs", []string{"serve"}},
	{"what shows it", []string{"demo"}},
	{"the command, and what measures it", []string{"cmd/sallyport", "bench/keys", "bench/peers"}},
}

func ringOf(folder string) int {
	return slices.IndexFunc(rings[:], func(r struct {
		name     string
		packages []string
	}) bool {
		return slices.Contains(r.packages, folder)
	})
}

func packagesAreKnown(t *testing.T, tree *codebase) {
	for _, p := range tree.packages {
		if ringOf(p.folder) < 0 {
			t.Errorf("%s is new: say in rings (rules_test.go) which ring it belongs to", p.folder)
		}
	}
}

func ringsHold(t *testing.T, tree *codebase) {
	for _, p := range tree.packages {
		for _, imported := range p.imports() {
			from, to := ringOf(p.folder), ringOf(imported)
			switch {
			case from < 0 || to < 0 || to < from || from == to && togetherAre(rings[from].name):
			case isStage(p.folder) && isStage(imported):
				t.Errorf("%s imports %s: what two stages need is a library, or is not the same thing", p.folder, imported)
			default:
				t.Errorf("%s (%s) imports %s (%s): imports go inwards; declare the methods you need where you need them", p.folder, rings[from].name, imported, rings[to].name)
			}
		}
	}
}

// togetherAre the rings whose packages may import each other.
func togetherAre(ring string) bool { return ring == "libraries" || ring == "what is kept" }

func isStage(folder string) bool { return strings.HasPrefix(folder, "stage/") }

func configIsAlone(t *testing.T, tree *codebase) {
	for _, imported := range tree.find("config").imports() {
		if imported != "source" {
			t.Errorf("config imports %s: it reads a file and judges what can be judged without the rest; build ties them", imported)
		}
	}
}

func importsAreShallow(t *testing.T, tree *codebase) {
	depth := make(map[string]int)
	var measure func(folder string) int
	measure = func(folder string) int {
		if d, known := depth[folder]; known {
			return d
		}
		deepest := 0
		if p := tree.find(folder); p != nil {
			for _, imported := range p.imports() {
				deepest = max(deepest, 1+measure(imported))
			}
		}
		depth[folder] = deepest
		return deepest
	}
	for _, p := range tree.packages {
		// A command puts the whole together: it is deeper than all by nature.
		if d := measure(p.folder); d > 6 && p.name != "main" {
			t.Errorf("%s stands on %d layers of packages: take a layer out", p.folder, d)
		}
	}
}

func foldersAreShallow(t *testing.T, tree *codebase) {
	for _, p := range tree.packages {
		if strings.Count(p.folder, "/") > 1 {
			t.Errorf("%s is three folders deep: move it up", p.folder)
		}
	}
}

var emptyNames = []string{"util", "utils", "common", "helper", "helpers", "base", "misc", "shared", "lib", "types", "internal", "pkg"}

func namesSaySomething(t *testing.T, tree *codebase) {
	for _, p := range tree.packages {
		for _, name := range append(strings.Split(p.folder, "/"), p.name) {
			if slices.Contains(emptyNames, name) {
				t.Errorf("%s: %q is a name not found yet; ask what it does", p.folder, name)
			}
		}
		for _, f := range p.files {
			if name := strings.TrimSuffix(strings.TrimSuffix(path.Base(f.path), ".go"), "_test"); slices.Contains(emptyNames, name) {
				t.Errorf("%s: name the file after its main type", f.path)
			}
		}
	}
}

func packagesHaveComments(t *testing.T, tree *codebase) {
	for _, p := range tree.packages {
		begins := "Package " + p.name + " "
		if p.name == "main" {
			begins = "Command " + path.Base(p.folder) + " "
		}
		var comment string
		for _, f := range p.files {
			if !f.test && f.syntax.Doc != nil {
				comment += f.syntax.Doc.Text()
			}
		}
		if !strings.HasPrefix(comment, begins) {
			t.Errorf("%s has no package comment that begins with %q: what is it for, what does it refuse to do, by which RFC?", p.folder, begins)
		}
	}
}

// spokenFor are methods whose meaning is the interface's.
var spokenFor = []string{"String", "Error", "Unwrap", "Is", "ServeHTTP", "Close", "Read", "Write", "Len", "Less", "Swap", "MarshalJSON", "MarshalText", "UnmarshalText", "UnmarshalJSON", "LogValue", "Format"}

func namesHaveComments(t *testing.T, tree *codebase) {
	ask := func(f *file, at token.Pos, name string) {
		t.Errorf("%s: %s is exported and has no comment: one sentence that a caller needs", tree.place(f, at), name)
	}
	for f := range tree.shipped() {
		if f.syntax.Name.Name == "main" {
			continue
		}
		for _, d := range f.syntax.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && d.Doc == nil && !(d.Recv != nil && (slices.Contains(spokenFor, d.Name.Name) || !ast.IsExported(receiver(d)))) {
					ask(f, d.Pos(), d.Name.Name)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if s, ok := spec.(*ast.TypeSpec); ok && s.Name.IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
						ask(f, s.Pos(), s.Name.Name)
					}
					if s, ok := spec.(*ast.ValueSpec); ok && s.Names[0].IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
						ask(f, s.Pos(), s.Names[0].Name)
					}
				}
			}
		}
	}
}

func receiver(d *ast.FuncDecl) string {
	at := d.Recv.List[0].Type
	for {
		switch t := at.(type) {
		case *ast.StarExpr:
			at = t.X
		case *ast.IndexExpr:
			at = t.X
		case *ast.IndexListExpr:
			at = t.X
		case *ast.Ident:
			return t.Name
		default:
			return ""
		}
	}
}

func noInit(t *testing.T, tree *codebase) {
	for _, p := range tree.packages {
		for _, f := range p.files {
			for _, d := range f.syntax.Decls {
				if d, ok := d.(*ast.FuncDecl); ok && d.Recv == nil && d.Name.Name == "init" {
					t.Errorf("%s: init does something that nobody called: make a function of it and call it", tree.place(f, d.Pos()))
				}
			}
		}
	}
}

// variablesAreConstant resolves names without types of other packages: enough
// to tell a package's own variables from everything else.
func variablesAreConstant(t *testing.T, tree *codebase) {
	for _, p := range tree.packages {
		var files []*ast.File
		for _, f := range p.files {
			if !f.test {
				files = append(files, f.syntax)
			}
		}
		info := &types.Info{Uses: make(map[*ast.Ident]types.Object)}
		checker := types.Config{Error: func(error) {}, Importer: noImports{importer.Default()}}
		pkg, _ := checker.Check(p.folder, tree.positions, files, info)
		for _, f := range p.files {
			if f.test {
				continue
			}
			written(f.syntax, func(name *ast.Ident) {
				if v, ok := info.Uses[name].(*types.Var); ok && v.Parent() == pkg.Scope() {
					t.Errorf("%s: %s belongs to the whole package and is changed: put it into a struct that somebody holds", tree.place(f, name.Pos()), name.Name)
				}
			})
		}
	}
}

type noImports struct{ types.Importer }

func (noImports) Import(string) (*types.Package, error) { return nil, errors.New("not needed") }

// written calls for the variable that each assignment changes, in whole or in part.
func written(f *ast.File, found func(*ast.Ident)) {
	change := func(e ast.Expr) {
		for {
			switch x := e.(type) {
			case *ast.Ident:
				found(x)
				return
			case *ast.IndexExpr:
				e = x.X
			case *ast.SelectorExpr:
				e = x.X
			case *ast.StarExpr:
				e = x.X
			case *ast.ParenExpr:
				e = x.X
			default:
				return
			}
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, e := range n.Lhs {
				change(e)
			}
		case *ast.IncDecStmt:
			change(n.X)
		}
		return true
	})
}

// writers are the files and folders that may give an answer a status. Everywhere else a step returns a
// refusal, and problem knows its status.
var writers = map[string]string{
	"handler.go":          "the door sends the answer that was decided on",
	"problem":             "the catalogue",
	"stage/admit/cors.go": "a preflight is answered in the place of the backend: 204",
	"stage/forward":       "the status is the backend's",
	"http1/client.go":     "the status is the server's that answered",
	"serve":               "the operators' listener, and the plain one that redirects to https, have no pipeline",
	"console":             "administration answers in the place of a backend",
	"demo":                "the page of the demonstration",
	"demo/bank":           "a sample backend, careless on purpose",
	"script":              "the backend that scripts are run against",
}

func statusesComeFromProblem(t *testing.T, tree *codebase) {
	used := make(map[string]bool)
	for f := range tree.shipped() {
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			if !givesStatus(n) {
				return true
			}
			for _, writer := range []string{f.path, path.Dir(f.path)} {
				if writers[writer] != "" {
					used[writer] = true
					return true
				}
			}
			t.Errorf("%s gives an answer a status: return problem.Refuse(kind, …), or name the file with its reason in writers (rules_test.go)", tree.place(f, n.Pos()))
			return true
		})
	}
	for writer := range writers {
		if !used[writer] {
			t.Errorf("%s gives no answer a status any more: take it out of writers (rules_test.go)", writer)
		}
	}
}

func givesStatus(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.CallExpr:
		s, ok := n.Fun.(*ast.SelectorExpr)
		return ok && (s.Sel.Name == "WriteHeader" || isName(s, "http", "Error") || isName(s, "http", "Redirect"))
	case *ast.CompositeLit:
		s, ok := n.Type.(*ast.SelectorExpr)
		return ok && isName(s, "message", "Response") && slices.ContainsFunc(n.Elts, func(e ast.Expr) bool {
			kv, ok := e.(*ast.KeyValueExpr)
			return ok && fmt.Sprint(kv.Key) == "Status"
		})
	}
	return false
}

func isName(s *ast.SelectorExpr, pkg, name string) bool {
	x, ok := s.X.(*ast.Ident)
	return ok && x.Name == pkg && s.Sel.Name == name
}

func clockIsEnv(t *testing.T, tree *codebase) {
	for f := range tree.shipped() {
		if isStage(f.path) {
			tree.refuseUse(t, f, "time", "Now", "take the time from x.Env.Now: a test could not set this clock")
		}
	}
}

func testsDoNotSleep(t *testing.T, tree *codebase) {
	for _, p := range tree.packages {
		for _, f := range p.files {
			if f.test && !bubbles(p) {
				tree.refuseUse(t, f, "time", "Sleep", "wait for what you wait for, on a channel, or run in testing/synctest")
			}
		}
	}
}

// bubbles tells whether a package's tests run in testing/synctest, where to
// sleep takes no time.
func bubbles(p *pkg) bool {
	return slices.ContainsFunc(p.files, func(f *file) bool {
		return f.test && slices.ContainsFunc(f.syntax.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == `"testing/synctest"` })
	})
}

// longFiles may be longer than 600 lines, and why.
var longFiles = map[string]string{}

func filesAreShort(t *testing.T, tree *codebase) {
	for _, p := range tree.packages {
		for _, f := range p.files {
			lines := tree.positions.File(f.syntax.Pos()).LineCount()
			if lines > 600 && longFiles[f.path] == "" {
				t.Errorf("%s has %d lines: cut it by idea, or name it with its reason in longFiles (rules_test.go)", f.path, lines)
			}
		}
	}
}

var looseEnd = regexp.MustCompile(`\b(TODO|FIXME|XXX|HACK|WIP)\b`)

func noLooseEnds(t *testing.T, tree *codebase) {
	for _, p := range tree.packages {
		for _, f := range p.files {
			for _, group := range f.syntax.Comments {
				if word := looseEnd.FindString(group.Text()); word != "" {
					t.Errorf("%s: %s: finish it, or take it out", tree.place(f, group.Pos()), word)
				}
			}
		}
	}
}
