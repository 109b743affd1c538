package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

const shopDocument = `openapi: 3.1.0
info: {title: shop, version: '1'}
servers: [{url: https://shop.example/_mock/api}]
security: [{key: []}]
paths:
  /items:
    get:
      operationId: listItems
      responses: {'200': {description: ok}}
  /items/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string, format: sku}}]
    get:
      operationId: getItem
      security: []
      responses: {'200': {description: ok}}
components:
  securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}
`

// workplace is a folder with the shop's document and a configuration of it, in
// which a command runs.
func workplace(t *testing.T, document string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"shop.yaml":      document,
		"sallyport.yaml": "apis:\n  - name: shop\n    document: shop.yaml\n    upstream: http://127.0.0.1:9000\n    identify: {key: {unchecked: true}}\n    observe: [validate]\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// called runs a command line.
func called(t *testing.T, line string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs strings.Builder
	code = run(t.Context(), strings.Fields(line), &out, &errs)
	return code, out.String(), errs.String()
}

func TestRun(t *testing.T) {
	broken := strings.Replace(shopDocument, "      operationId: listItems\n", "      operationId: listItems\n      securty: []\n", 1)
	for line, c := range map[string]struct {
		code           int
		stdout, stderr []string
	}{
		"version":                               {0, []string{"sallyport ", "go1."}, nil},
		"--help":                                {0, []string{"serve", "check", "explain", "test", "demo", "version", "sallyport demo"}, nil},
		"check --help":                          {0, []string{"--document", "--output", "sarif"}, nil},
		"":                                      {2, nil, []string{"serve", "check", "sallyport --help"}},
		"sreve":                                 {2, nil, []string{"sreve", `did you mean "serve"`, "sallyport --help"}},
		"check --outptu json":                   {2, nil, []string{"--outptu", `did you mean "--output"`}},
		"check --output xml":                    {2, nil, []string{"--output", "text", "json", "sarif", `"xml"`}},
		"check extra":                           {2, nil, []string{"unexpected argument extra"}},
		"explain GET":                           {2, nil, []string{"name a method and a path"}},
		"explain GET relative":                  {2, nil, []string{"sallyport:"}},
		"check --upstream http://127.0.0.1:1":   {2, nil, []string{"go with --document"}},
		"check --unchecked key":                 {2, nil, []string{"go with --document"}},
		"check --config a --document shop.yaml": {2, nil, []string{"either --config or --document"}},
		"serve --document shop.yaml --unchecked key":                {1, nil, []string{"--upstream: there is no backend"}},
		"serve --config none.yaml":                                  {1, nil, []string{"none.yaml: there is no such file"}},
		"check --config none.yaml":                                  {1, nil, []string{"none.yaml: there is no such file", "1 mistake."}},
		"check":                                                     {0, []string{"shop: shop.yaml, OpenAPI 3.1, 2 operations", "2 served, 0 refused", "No mistakes."}, nil},
		"check --all":                                               {0, []string{"observed   validate: path id: string", "(shop.yaml:11:18)"}, nil},
		"check --document shop.yaml":                                {1, nil, []string{"nothing says how credentials of key are checked", "--keys key=FILE", "1 mistake."}},
		"check --document shop.yaml --unchecked key":                {0, []string{"No mistakes."}, nil},
		"check --document broken.yaml --unchecked key":              {1, nil, []string{`broken.yaml:9:7: an operation has no field "securty"`, "did you mean \"security\"?"}},
		"explain get /_mock/api/items":                              {0, []string{"listItems: GET /_mock/api/items (shop.yaml:8:7)", "identify", "(shop.yaml:4:11)", "not enforced"}, nil},
		"explain GET /_mock/api/items/4?x=1":                        {0, []string{"getItem: GET /_mock/api/items/{id}"}, nil},
		"explain HEAD /_mock/api/items":                             {0, []string{"listItems: GET"}, nil},
		"explain GET /_mock/api/items/{id}":                         {0, []string{"getItem: GET"}, nil},
		"explain GET /items":                                        {0, []string{"listItems: GET /_mock/api/items"}, []string{"Clients ask for /_mock/api/items:", "To /items the gateway answers 404"}},
		"explain GET /items/4":                                      {0, []string{"getItem: GET /_mock/api/items/{id}"}, []string{"Clients ask for /_mock/api/items/4:"}},
		"explain GET /items/{id}":                                   {0, []string{"getItem: GET /_mock/api/items/{id}"}, []string{"Clients ask for /_mock/api/items/{id}:"}},
		"explain GET /nothing":                                      {1, nil, []string{"declares no path that fits /nothing", "404"}},
		"explain DELETE /_mock/api/items":                           {1, nil, []string{"declares GET, HEAD for /_mock/api/items, not DELETE", "405"}},
		"explain GET /items --document broken.yaml --unchecked key": {1, nil, []string{"broken.yaml:9:7:"}},
	} {
		t.Run(strings.ReplaceAll(line, "/", "_"), func(t *testing.T) {
			workplace(t, shopDocument)
			if err := os.WriteFile("broken.yaml", []byte(broken), 0o600); err != nil {
				t.Fatal(err)
			}
			code, stdout, stderr := called(t, line)
			if code != c.code {
				t.Errorf("the exit code is %d, want %d", code, c.code)
			}
			for _, want := range c.stdout {
				if !strings.Contains(stdout, want) {
					t.Errorf("it does not print %q", want)
				}
			}
			for _, want := range c.stderr {
				if !strings.Contains(stderr, want) {
					t.Errorf("it does not complain of %q", want)
				}
			}
			if c.stdout == nil && stdout != "" || c.stderr == nil && stderr != "" {
				t.Error("it says more than it should")
			}
			if t.Failed() {
				t.Logf("stdout:\n%s\nstderr:\n%s", stdout, stderr)
			}
		})
	}
}

func decoded[T any](t *testing.T, text string) (v T) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if d.More() {
		t.Fatalf("there is more than one value:\n%s", text)
	}
	return v
}

func TestJSON(t *testing.T) {
	t.Run("of_a_plan_that_can_be_served", func(t *testing.T) {
		workplace(t, shopDocument)
		code, stdout, stderr := called(t, "check --output json")
		r := decoded[enforcement](t, stdout)
		if code != 0 || stderr != "" || len(r.APIs) != 1 || len(r.Mistakes) != 0 {
			t.Fatalf("%d %s\n%s", code, stderr, stdout)
		}
		a := r.APIs[0]
		if a.Name != "shop" || a.Version != "3.1" || a.Served != 2 || a.Enforced == 0 || len(a.Operations) != 2 {
			t.Errorf("%+v", a)
		}
		if op := a.Operations[0]; op.ID != "listItems" || op.At != "shop.yaml:8:7" || len(op.Controls) == 0 {
			t.Errorf("%+v", op)
		}
	})
	t.Run("of_mistakes_with_their_places", func(t *testing.T) {
		workplace(t, strings.Replace(shopDocument, "in: path", "in: paht", 1))
		code, stdout, stderr := called(t, "check --output json")
		r := decoded[enforcement](t, stdout)
		if code != 1 || stderr != "" || len(r.Mistakes) == 0 || r.APIs == nil || r.Warnings == nil {
			t.Fatalf("%d %s\n%s", code, stderr, stdout)
		}
		if m := r.Mistakes[0]; m.File != "shop.yaml" || m.Line != 11 || m.Column == 0 || m.Message == "" {
			t.Errorf("%+v", m)
		}
	})
	t.Run("of_one_operation", func(t *testing.T) {
		workplace(t, shopDocument)
		code, stdout, stderr := called(t, "explain GET /items/4 --output json")
		op := decoded[operationReport](t, stdout)
		if code != 0 || !strings.Contains(stderr, "Clients ask for") || op.ID != "getItem" || !op.Served {
			t.Fatalf("%d %s\n%s", code, stderr, stdout)
		}
		stages := ""
		for _, c := range op.Controls {
			if !strings.HasSuffix(stages, c.Stage+" ") {
				stages += c.Stage + " "
			}
		}
		if !strings.HasPrefix(stages, "admit validate forward filter ") {
			t.Errorf("the controls do not stand in the order of a request's way: %s", stages)
		}
	})
}

func TestSARIF(t *testing.T) {
	for name, c := range map[string]struct {
		document, line string
		code           int
		want           map[string]int // results by rule; -1 for any number
	}{
		"of_what_is_not_enforced": {shopDocument, "check --output sarif", 0, map[string]int{"not-enforced": -1}},
		"of_mistakes":             {strings.Replace(shopDocument, "in: path", "in: paht", 1), "check --output sarif", 1, map[string]int{"mistake": -1}},
		"of_flags":                {shopDocument, "check --output sarif --document shop.yaml", 1, map[string]int{"mistake": 1}},
		"of_what_is_not_served": {
			strings.Replace(shopDocument, "format: sku", `pattern: '(a)\1'`, 1), "check --output sarif --document shop.yaml --unchecked key --partial", 0,
			map[string]int{"not-served": 1, "not-enforced": -1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			workplace(t, c.document)
			code, stdout, stderr := called(t, c.line)
			r := decoded[sarifLog](t, stdout)
			if code != c.code || stderr != "" || r.Version != "2.1.0" || len(r.Runs) != 1 {
				t.Fatalf("%d %s\n%s", code, stderr, stdout)
			}
			count := map[string]int{}
			rules := r.Runs[0].Tool.Driver.Rules
			for _, result := range r.Runs[0].Results {
				count[result.RuleID]++
				if rules[result.RuleIndex].ID != result.RuleID {
					t.Errorf("rule %d is not %s", result.RuleIndex, result.RuleID)
				}
				for _, l := range result.Locations {
					if p := l.Physical; p.Artifact.URI != "shop.yaml" || p.Region.StartLine < 1 || p.Region.StartColumn < 1 {
						t.Errorf("%+v", p)
					}
				}
				if len(result.Locations) == 0 && name != "of_flags" && name != "of_what_is_not_served" {
					t.Errorf("no place: %+v", result)
				}
			}
			for rule, n := range c.want {
				if n >= 0 && count[rule] != n || count[rule] == 0 {
					t.Errorf("%d results of %s, want %d:\n%s", count[rule], rule, n, stdout)
				}
			}
			for rule := range count {
				if _, ok := c.want[rule]; !ok {
					t.Errorf("results of %s", rule)
				}
			}
		})
	}
	if got := uriOf(filepath.FromSlash("a b/c.yaml")); got != "a%20b/c.yaml" {
		t.Error(got)
	}
}

// TestServeEnds: a command that is told to stop before it listens, or while it
// serves, ends well.
func TestServeEnds(t *testing.T) {
	workplace(t, shopDocument)
	ctx, cancel := context.WithCancel(t.Context())
	out := &untilReady{cancel: cancel}
	code := run(ctx, strings.Fields("serve --document shop.yaml --unchecked key --upstream http://127.0.0.1:9 --listen 127.0.0.1:0 --admin off"), out, out)
	if code != 0 {
		t.Errorf("the exit code is %d\n%s", code, out.text.String())
	}
	for _, want := range []string{"is protected by shop.yaml", `"msg":"ready"`, `"msg":"draining"`, `"msg":"stopped"`} {
		if !strings.Contains(out.text.String(), want) {
			t.Errorf("it does not say %q", want)
		}
	}
}

// untilReady stops the command once it says that it is ready.
type untilReady struct {
	mu     sync.Mutex
	text   strings.Builder
	cancel context.CancelFunc
}

func (u *untilReady) Write(p []byte) (int, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.text.Write(p)
	if strings.Contains(string(p), `"msg":"ready"`) {
		u.cancel()
	}
	return len(p), nil
}

// TestJudgingOpensNoStore: what only judges a configuration leaves the store,
// and the folder that it is in, alone.
func TestJudgingOpensNoStore(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "sallyport.yaml")
	for name, text := range map[string]string{
		"shop.yaml": shopDocument,
		"sallyport.yaml": "store: sqlite:who.db\napis:\n  - name: shop\n    document: shop.yaml\n    upstream: http://127.0.0.1:9\n" +
			"    public: ['*']\n    partial: true\n    identify: { key: { key: {} } }\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"check", "--config", file}, {"explain", "--config", file, "GET", "/_mock/api/items"}} {
		var out, errs strings.Builder
		if code := run(context.Background(), args, &out, &errs); code != exitFine {
			t.Errorf("%v: %d\n%s%s", args, code, &out, &errs)
		}
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 2 {
		t.Errorf("%v, %v", files, err)
	}
}
