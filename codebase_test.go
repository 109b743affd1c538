package sallyport_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// codebase is every Go file of the module.
type codebase struct {
	positions *token.FileSet
	packages  []*pkg
}

type pkg struct {
	folder string // relative to the root; "." is the root
	name   string
	files  []*file
}

type file struct {
	path   string
	test   bool
	syntax *ast.File
}

const module = "sallyport"

func readTree(t *testing.T) *codebase {
	tree := &codebase{positions: token.NewFileSet()}
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, entry fs.DirEntry, err error) error {
		switch base := path.Base(name); {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && (base == "testdata" || base[0] == '.' || base[0] == '_'):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(name, ".go"):
			return nil
		}
		syntax, err := parser.ParseFile(tree.positions, name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		tree.add(&file{name, strings.HasSuffix(name, "_test.go"), syntax})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	tree.packages = slices.DeleteFunc(tree.packages, func(p *pkg) bool { return p.name == "" }) // tests alone
	return tree
}

func (tree *codebase) add(f *file) {
	folder := path.Dir(f.path)
	p := tree.find(folder)
	if p == nil {
		p = &pkg{folder: folder}
		tree.packages = append(tree.packages, p)
	}
	p.files = append(p.files, f)
	if !f.test {
		p.name = f.syntax.Name.Name
	}
}

func (tree *codebase) find(folder string) *pkg {
	i := slices.IndexFunc(tree.packages, func(p *pkg) bool { return p.folder == folder })
	if i < 0 {
		return nil
	}
	return tree.packages[i]
}

// shipped goes through the files that are not tests.
func (tree *codebase) shipped() func(func(*file) bool) {
	return func(yield func(*file) bool) {
		for _, p := range tree.packages {
			for _, f := range p.files {
				if !f.test && !yield(f) {
					return
				}
			}
		}
	}
}

// place is file and line.
func (tree *codebase) place(f *file, at token.Pos) string {
	return f.path + ":" + strconv.Itoa(tree.positions.Position(at).Line)
}

func (tree *codebase) refuseUse(t *testing.T, f *file, pkg, name, instead string) {
	t.Helper()
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok && isName(s, pkg, name) {
			t.Errorf("%s: %s.%s: %s", tree.place(f, s.Pos()), pkg, name, instead)
		}
		return true
	})
}

// imports are the packages of this module that a package's own code imports.
func (p *pkg) imports() []string {
	var all []string
	for _, f := range p.files {
		for _, i := range f.syntax.Imports {
			name, _ := strconv.Unquote(i.Path.Value)
			folder, inside := strings.CutPrefix(name+"/", module+"/")
			if f.test || !inside {
				continue
			}
			if folder = strings.TrimSuffix(folder, "/"); folder == "" {
				folder = "."
			}
			all = append(all, folder)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
