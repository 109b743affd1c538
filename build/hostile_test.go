package build_test

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/metrics"
	"strconv"
	"strings"
	"testing"
	"time"

	"sallyport"
	"sallyport/build"
	"sallyport/config"
	"sallyport/openapi"
)

// Bounds of what a document may cost, whoever wrote it.
const (
	hostileTime   = 2 * time.Second * slowness
	hostileMemory = 512 << 20
)

// childDocument names the document for the process that this one starts of
// itself: the memory of a process can be measured, that of a function cannot.
const childDocument = "SALLYPORT_TEST_DOCUMENT"

func TestMain(m *testing.M) {
	if path := os.Getenv(childDocument); path != "" {
		buildAlone(path)
		return
	}
	os.Exit(m.Run())
}

// buildAlone makes a plan and prints the bytes that the process has taken from
// the system at most, and the outcome.
func buildAlone(path string) {
	outcome := "built"
	if err := tryBuild(path); err != nil {
		outcome, _, _ = strings.Cut(err.Error(), "\n")
	}
	taken := []metrics.Sample{{Name: "/memory/classes/total:bytes"}}
	metrics.Read(taken)
	fmt.Printf("%d %.300s\n", taken[0].Value.Uint64(), outcome)
}

func tryBuild(path string) error {
	flags := config.Flags{Document: path, Upstream: "http://backend.invalid", Partial: true, Public: []string{"*"}}
	if document, err := openapi.Load(context.Background(), path, openapi.Options{Partial: true}); err == nil {
		for name := range document.Schemes {
			flags.Unchecked = append(flags.Unchecked, name)
		}
	}
	c, err := config.FromFlags(flags)
	if err == nil {
		env := sallyport.NewEnv(slog.New(slog.DiscardHandler), 64<<20)
		_, err = build.Build(context.Background(), env, c, build.Options{})
	}
	return err
}

// buildElsewhere makes a plan in a process of its own. Its time is that of the
// processor: what else the machine does is not the document's fault.
func buildElsewhere(t *testing.T, path string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*hostileTime)
	defer cancel()
	child := exec.CommandContext(ctx, os.Args[0])
	child.Env = append(os.Environ(), childDocument+"="+path)
	out, err := child.Output()
	memory, outcome, ok := strings.Cut(strings.TrimSpace(string(out)), " ")
	if err != nil || !ok {
		t.Fatalf("it did not end well: %v %s", err, out)
	}
	took := child.ProcessState.UserTime() + child.ProcessState.SystemTime()
	taken, err := strconv.Atoi(memory)
	t.Logf("%v, %d MiB: %s", took, taken>>20, outcome)
	if took > hostileTime {
		t.Errorf("it took %v", took)
	}
	if err != nil || taken > hostileMemory {
		t.Errorf("it took %s bytes", memory)
	}
}

// Documents that were written to be refused are, and soon: of public
// collections those that are hostile alone, since each has a process.
func TestHostileDocuments(t *testing.T) {
	root := conformance(t, "openapi-documents")
	found := 0
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.Contains(path, "malicious") {
			return err
		}
		found++
		name, _ := filepath.Rel(root, path)
		t.Run(name, func(t *testing.T) { buildElsewhere(t, path) })
		return nil
	})
	if err != nil || found == 0 {
		t.Fatalf("%d documents: %v", found, err)
	}
}

// What multiplies in a document: references, branches, names, operations,
// patterns. The sizes are well beyond any public description. What would still
// cost more than the document is long has a budget, and then a mistake says so.
func TestMultiplyingDocuments(t *testing.T) {
	for name, document := range map[string]string{
		"a chain of references":                     referenceChain(20_000),
		"branches that double at each step":         doubling(60),
		"schemas that all refer to all":             everyToEvery(300),
		"one large object in all operations":        sharedObject(1_000, 1_000),
		"one large parameter in all operations":     sharedParameter(1_000, 1_000),
		"one list of parameters in all operations":  sharedParameters(200, 500),
		"deep nesting":                              deepNesting(150),
		"one larger object in all operations":       sharedObject(2_000, 2_000),
		"one object within those of operations":     withinEach(2_000, 2_000),
		"one object as a branch of operations":      branchOfEach(2_000, 2_000),
		"a chain of branches":                       branchChain(2_000, 2_000),
		"a longer chain of branches":                branchChain(20_000, 10),
		"one large form in all operations":          as("application/x-www-form-urlencoded", sharedObject(2_000, 2_000)),
		"XML of one large object in all operations": as("application/xml", sharedObject(2_000, 2_000)),
		"XML of one object within those of all":     as("application/xml", withinEach(2_000, 2_000)),
		"XML of one object as a branch of all":      as("application/xml", branchOfEach(2_000, 2_000)),
		"XML of a chain of branches":                as("application/xml", branchChain(2_000, 2_000)),
		"XML of many answers":                       as("application/xml", manyAnswers(100, 100)),
		"XML of branches that double at each step":  as("application/xml", doublingBranches(60)),
		"one form of parts in all operations":       as("multipart/form-data", sharedObject(1_000, 1_000)),
		"a larger parameter in all operations":      sharedParameter(2_000, 2_000),
		"formats that nobody knows":                 unknownFormats(2_000, 2_000),
		"branches of one large enum":                enumBranches(1_000, 15_000),
		"more patterns than there is room for":      manyPatterns(20_000),
		"a large enum":                              head + `"paths": {"/": {"post": ` + taking(`{"enum": [`+numbers(200_000)+`]}`) + `}}}`,
		"many patterns":                             manyPatterns(2_000),
		"many answers":                              manyAnswers(100, 100),
		"server variables":                          serverVariables(),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "openapi.json")
			if err := os.WriteFile(path, []byte(document), 0o600); err != nil {
				t.Fatal(err)
			}
			buildElsewhere(t, path)
		})
	}
}

const head = `{"openapi": "3.1.2", "info": {"title": "hostile", "version": "1"}, `

// taking is an operation that takes a schema as JSON.
func taking(schema string) string {
	return `{"responses": {"default": {"description": "any"}}, "requestBody": {"content": {"application/json": {"schema": ` + schema + `}}}}`
}

// components is a document of one operation that takes the schema S0.
func components(schemas []string) string {
	var b strings.Builder
	for i, s := range schemas {
		fmt.Fprintf(&b, `%s"S%d": %s`, comma(i), i, s)
	}
	return head + `"paths": {"/": {"post": ` + taking(ref(0)) + `}}, "components": {"schemas": {` + b.String() + `}}}`
}

func ref(i int) string { return fmt.Sprintf(`{"$ref": "#/components/schemas/S%d"}`, i) }

func comma(i int) string {
	if i == 0 {
		return ""
	}
	return ","
}

func numbers(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%s%d", comma(i), i)
	}
	return b.String()
}

func referenceChain(n int) string {
	schemas := make([]string, n)
	for i := range schemas {
		schemas[i] = ref((i + 1) % n)
	}
	schemas[n-1] = `{"type": "string"}`
	return components(schemas)
}

func doubling(n int) string {
	schemas := make([]string, n)
	for i := range schemas {
		next := ref(i + 1)
		schemas[i] = `{"allOf": [` + next + `, {"anyOf": [` + next + `, ` + next + `]}], "properties": {"a": ` + next + `, "b": ` + next + `}}`
	}
	schemas[n-1] = `{"type": "object"}`
	return components(schemas)
}

func doublingBranches(n int) string {
	schemas := make([]string, n)
	for i := range schemas {
		schemas[i] = `{"allOf": [` + ref(i+1) + `, ` + ref(i+1) + `]}`
	}
	schemas[n-1] = `{"type": "object", "properties": {"a": {}}}`
	return components(schemas)
}

func everyToEvery(n int) string {
	schemas := make([]string, n)
	for i := range schemas {
		var all strings.Builder
		for j := i + 1; j < n; j++ {
			all.WriteString(comma(j-i-1) + ref(j))
		}
		schemas[i] = fmt.Sprintf(`{"properties": {"p%d": {"type": "object", "oneOf": [%s]}}}`, i, all.String())
	}
	schemas[n-1] = `{"type": "object", "properties": {"end": {}}}`
	return components(schemas)
}

func properties(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `%s"property%d": {"type": "string", "maxLength": 9}`, comma(i), i)
	}
	return `{"type": "object", "properties": {` + b.String() + `}}`
}

// inAll is a document of many operations that are all the same.
func inAll(operations int, operation, more string) string {
	var b strings.Builder
	for i := range operations {
		fmt.Fprintf(&b, `%s"/path%d": {"post": %s}`, comma(i), i, operation)
	}
	return head + `"paths": {` + b.String() + `}, "components": {` + more + `}}`
}

func sharedObject(members, operations int) string {
	return inAll(operations, taking(ref(0)), `"schemas": {"S0": `+properties(members)+`}`)
}

func branchOfEach(members, operations int) string {
	var b strings.Builder
	for i := range operations {
		fmt.Fprintf(&b, `%s"/path%d": {"post": %s}`, comma(i), i, taking(`{"allOf": [`+ref(0)+`, {"properties": {"x": {"type": "integer"}}}]}`))
	}
	return head + `"paths": {` + b.String() + `}, "components": {"schemas": {"S0": ` + properties(members) + `}}}`
}

func withinEach(members, operations int) string {
	var b strings.Builder
	for i := range operations {
		fmt.Fprintf(&b, `%s"/path%d": {"post": %s}`, comma(i), i, taking(`{"type": "object", "properties": {"o": `+ref(0)+`, "p": `+ref(0)+`}}`))
	}
	return head + `"paths": {` + b.String() + `}, "components": {"schemas": {"S0": ` + properties(members) + `}}}`
}

func branchChain(n, members int) string {
	schemas := make([]string, n)
	for i := range schemas {
		schemas[i] = fmt.Sprintf(`{"allOf": [%s], "properties": {"q%d": {"type": "string", "readOnly": true}}}`, ref(i+1), i)
	}
	schemas[n-1] = properties(members)
	return components(schemas)
}

// as is the document with another media type.
func as(media, document string) string {
	return strings.ReplaceAll(document, "application/json", media)
}

func unknownFormats(members, operations int) string {
	var b strings.Builder
	for i := range members {
		fmt.Fprintf(&b, `%s"property%d": {"type": "string", "format": "strange%d"}`, comma(i), i, i)
	}
	return inAll(operations, taking(ref(0)), `"schemas": {"S0": {"type": "object", "properties": {`+b.String()+`}}}`)
}

func enumBranches(branches, values int) string {
	var texts, refs strings.Builder
	for i := range values {
		fmt.Fprintf(&texts, `%s"value%d"`, comma(i), i)
	}
	for i := range branches {
		refs.WriteString(comma(i) + ref(1))
	}
	return components([]string{`{"anyOf": [` + refs.String() + `]}`, `{"enum": [` + texts.String() + `]}`})
}

func sharedParameter(members, operations int) string {
	return inAll(operations, `{"responses": {"default": {"description": "any"}}, "parameters": [{"$ref": "#/components/parameters/P"}]}`,
		`"parameters": {"P": {"name": "p", "in": "query", "schema": `+properties(members)+`}}`)
}

func sharedParameters(parameters, operations int) string {
	var list, refs strings.Builder
	for i := range parameters {
		fmt.Fprintf(&list, `%s"P%d": {"name": "p%d", "in": "query", "schema": {"type": "string", "maxLength": 9}}`, comma(i), i, i)
		fmt.Fprintf(&refs, `%s{"$ref": "#/components/parameters/P%d"}`, comma(i), i)
	}
	return inAll(operations, `{"responses": {"default": {"description": "any"}}, "parameters": [`+refs.String()+`]}`, `"parameters": {`+list.String()+`}`)
}

func deepNesting(n int) string {
	return head + `"paths": {"/": {"post": ` + taking(strings.Repeat(`{"items": `, n)+`{}`+strings.Repeat(`}`, n)) + `}}}`
}

func manyPatterns(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `%s"p%d": {"type": "string", "pattern": "^([a-z]{1,30}-%d){1,30}$"}`, comma(i), i, i)
	}
	return head + `"paths": {"/": {"post": ` + taking(`{"type": "object", "properties": {`+b.String()+`}}`) + `}}}`
}

func manyAnswers(answers, operations int) string {
	var b strings.Builder
	for i := range answers {
		fmt.Fprintf(&b, `%s"%d": {"description": "any", "content": {"application/json": {"schema": %s}}}`, comma(i), 100+i, ref(0))
	}
	return inAll(operations, `{"responses": {`+b.String()+`}}`, `"schemas": {"S0": `+properties(100)+`}`)
}

func serverVariables() string {
	var url, variables strings.Builder
	for i := range 30 {
		fmt.Fprintf(&url, "/{v%d}", i)
		fmt.Fprintf(&variables, `%s"v%d": {"default": "0", "enum": ["0","1","2","3","4","5","6","7","8","9"]}`, comma(i), i)
	}
	return head + `"servers": [{"url": "` + url.String() + `", "variables": {` + variables.String() + `}}], "paths": {"/": {"post": ` + taking(`{}`) + `}}}`
}
