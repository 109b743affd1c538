package config

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"strings"
	"testing"
)

var write = flag.Bool("write", false, "write the generated files in place of comparing them")

// TestGenerated compares what is made of the structs and their comments with
// the files that are published, or writes them.
func TestGenerated(t *testing.T) {
	m := readManual(t)
	for path, content := range map[string]string{
		"schema.json":                        m.schema(),
		"../docs/reference/configuration.md": m.reference(),
	} {
		if *write {
			if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != content {
			t.Errorf("%s is not current: run go generate ./config", path)
		}
	}
}

// manual is the comments of the structs: by type, and by type and field.
type manual struct {
	types  map[string]string
	fields map[string]string
}

func readManual(t *testing.T) *manual {
	m := &manual{types: map[string]string{}, fields: map[string]string{}}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), e.Name(), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, declared := range file.Decls {
			if g, ok := declared.(*ast.GenDecl); ok && g.Tok == token.TYPE {
				m.note(g)
			}
		}
	}
	return m
}

func (m *manual) note(g *ast.GenDecl) {
	for _, spec := range g.Specs {
		s := spec.(*ast.TypeSpec)
		m.types[s.Name.Name] = oneLine(g.Doc.Text())
		body, ok := s.Type.(*ast.StructType)
		if !ok {
			continue
		}
		for _, f := range body.Fields.List {
			for _, name := range f.Names {
				m.fields[s.Name.Name+"."+name.Name] = oneLine(f.Doc.Text())
			}
		}
	}
}

func oneLine(comment string) string { return strings.Join(strings.Fields(comment), " ") }

// comment is the comment of a key, which may stand in an embedded struct.
func (m *manual) comment(t reflect.Type, f field) string {
	for _, i := range f.index[:len(f.index)-1] {
		t = t.Field(i).Type
	}
	return m.fields[t.Name()+"."+t.Field(f.index[len(f.index)-1]).Name]
}

// structsUnder lists the structs of a configuration, each once, with the path
// of its first place.
func structsUnder(t reflect.Type, path string, visit func(t reflect.Type, path string), seen map[reflect.Type]bool) {
	if seen[t] {
		return
	}
	seen[t] = true
	visit(t, path)
	for _, f := range fieldsOf(t) {
		inner, suffix := elementOf(t.FieldByIndex(f.index).Type), ""
		if !isStruct(reflect.New(inner).Elem()) {
			continue
		}
		switch {
		case f.named:
			suffix = ".NAME"
		case t.FieldByIndex(f.index).Type.Kind() == reflect.Slice:
			suffix = "[]"
		}
		structsUnder(inner, strings.TrimPrefix(path+"."+f.key+suffix, "."), visit, seen)
	}
}

func elementOf(t reflect.Type) reflect.Type {
	for isList(t) || t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

func isList(t reflect.Type) bool { return t.Kind() == reflect.Slice }

func TestManual(t *testing.T) {
	m := readManual(t)
	structsUnder(reflect.TypeFor[Config](), "", func(typ reflect.Type, path string) {
		if m.types[typ.Name()] == "" {
			t.Errorf("%s has no comment", typ)
		}
		for _, f := range fieldsOf(typ) {
			if m.comment(typ, f) == "" {
				t.Errorf("the key %s.%s has no comment: it is its manual", path, f.key)
			}
		}
	}, map[reflect.Type]bool{})
}
