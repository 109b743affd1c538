package docs_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sallyport"
	"sallyport/build"
	"sallyport/config"
)

// A block of the guide that names a file is that file; one that is named top
// or api stands at the top of a configuration or within its API.
var namedBlock = regexp.MustCompile("(?ms)^```yaml (\\S+)\n(.*?)^```$")

const frame = `apis:
  - name: notes
    document: notes.openapi.yaml
    upstream: http://127.0.0.1:9000
`

// TestGuideIsTrue builds a plan of every configuration that the guide shows.
func TestGuideIsTrue(t *testing.T) {
	var page []byte
	for _, name := range []string{"protect-your-api", "backends-that-fail", "protocols", "websocket", "basic", "tokens", "introspection", "breaking-in", "client-certificates", "secrets-at-rest", "administration", "destinations"} {
		text, err := os.ReadFile("guide/" + name + ".md")
		if err != nil {
			t.Fatal(err)
		}
		page = append(page, text...)
	}
	folder := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("keys.yaml", "keys:\n  - { consumer: alice, hash: sha256:"+strings.Repeat("0f", 32)+" }\n")
	write("introspection.secret", "not a real one\n")
	blocks := namedBlock.FindAllStringSubmatch(string(page), -1)
	if len(blocks) < 8 {
		t.Fatalf("%d named blocks in the guide: the pattern has missed some", len(blocks))
	}
	for _, block := range blocks {
		name, text := block[1], block[2]
		file := name
		switch name {
		case "top":
			file, text = "top.yaml", text+frame+unchecked(text)
		case "api":
			file, text = "api.yaml", frame+"    "+strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n    ")+"\n"+unchecked(text)
		}
		path := write(file, text)
		if !strings.HasSuffix(file, ".openapi.yaml") {
			buildPlan(t, path, text)
		}
	}
}

// unchecked is what the frame needs where a block says nothing of callers.
func unchecked(text string) string {
	if strings.HasPrefix(text, "identify:") {
		return ""
	}
	return "    identify: { apiKey: { unchecked: true } }\n"
}

func buildPlan(t *testing.T, path, text string) {
	c, err := config.Load(path)
	if err == nil {
		_, err = build.Build(t.Context(), sallyport.NewEnv(slog.New(slog.DiscardHandler), 1<<20), c, build.Options{})
	}
	if err != nil {
		t.Errorf("%v\nin\n%s", err, text)
	}
}
