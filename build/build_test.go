package build_test

import (
	"context"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"

	"sallyport"
	"sallyport/build"
	"sallyport/config"
	"sallyport/message"
	"sallyport/problem"
)

// made builds a plan of texts: a configuration and the documents it names.
func made(configuration string, documents map[string]string) (*build.Result, error) {
	c, err := config.Parse("sallyport.yaml", []byte(configuration))
	if err != nil {
		return nil, err
	}
	texts := make(map[string][]byte)
	for name, text := range documents {
		texts[name] = []byte(text)
	}
	env := sallyport.NewEnv(slog.New(slog.DiscardHandler), 1<<20)
	return build.Build(context.Background(), env, c, build.Options{Documents: texts})
}

func mustMake(t *testing.T, configuration string, documents map[string]string) *build.Result {
	t.Helper()
	result, err := made(configuration, documents)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// api is a configuration of one API; more is put below it.
func api(more string) string {
	return "apis:\n  - name: shop\n    document: shop.yaml\n    upstream: http://127.0.0.1:9000\n" + more
}

const shop = `openapi: 3.1.0
info: {title: shop, version: '1'}
servers: [{url: https://shop.example/v1}]
security: [{token: [read]}, {key: []}]
paths:
  /items:
    get:
      operationId: listItems
      parameters:
        - {name: page, in: query, schema: {type: integer}}
      responses:
        '200': {description: ok, content: {application/json: {schema: {type: array}}}}
    post:
      operationId: addItem
      requestBody: {content: {application/json: {schema: {type: object, properties: {id: {type: integer}}}}}}
      responses: {'201': {description: ok}}
  /items/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get:
      operationId: getItem
      security: []
      responses: {'200': {description: ok}}
components:
  securitySchemes:
    token: {type: oauth2, flows: {clientCredentials: {tokenUrl: https://id.example/t, scopes: {read: r}}}}
    key: {type: apiKey, in: query, name: api_key}
`

const identified = `    identify:
      token: {jwt: {issuer: https://id.example, audience: shop, secret: 'file:testdata/secret'}}
      key: {key: {keys: [{consumer: c, hash: 'sha256:0000000000000000000000000000000000000000000000000000000000000000'}]}}
`

// placed lists an operation's steps in the order in which they run.
func placed(op *sallyport.Operation) []string {
	var all []string
	for stage := sallyport.Admit; stage <= sallyport.Record; stage++ {
		for _, p := range op.Steps(stage) {
			text := stage.String() + " " + p.Name
			if p.Mode == sallyport.Observe {
				text += " observed"
			}
			all = append(all, text)
		}
	}
	return all
}

func named(t *testing.T, result *build.Result, id string) *sallyport.Operation {
	t.Helper()
	i := slices.IndexFunc(result.Plan.Operations, func(op *sallyport.Operation) bool { return op.ID == id })
	if i < 0 {
		t.Fatalf("there is no operation %s", id)
	}
	return result.Plan.Operations[i]
}

func TestSteps(t *testing.T) {
	for name, c := range map[string]struct {
		more string
		want map[string]string
	}{
		"every_operation_has_its_own": {identified, map[string]string{
			"listItems": "admit reading, admit twins, admit sizes, identify guessing, identify security, authorize scopes, validate parameters, validate body, forward upstream, filter fields, filter answer",
			"getItem":   "admit reading, admit twins, admit sizes, validate parameters, validate body, forward upstream, filter fields, filter answer",
		}},
		"limits_without_a_caller_come_before_the_signature": {
			identified + "    limits:\n      b: {rate: 9/1m}\n      a: {rate: 9/1s, by: client}\n",
			map[string]string{"listItems": "admit reading, admit twins, admit sizes, admit a, identify guessing, identify security, limit b, authorize scopes, validate parameters, validate body, forward upstream, filter fields, filter answer"},
		},
		"rates_of_one_stage_are_counted_as_one": {
			identified + "    limits:\n      a: {rate: 9/1m}\n      b: {rate: 9/1s}\n      c: {concurrency: 3}\n",
			map[string]string{"getItem": "admit reading, admit twins, admit sizes, limit c, limit rates, validate parameters, validate body, forward upstream, filter fields, filter answer"},
		},
		"a_limit_holds_where_it_is_put": {
			identified + "    limits: {a: {rate: 9/1m, on: [add*]}}\n",
			map[string]string{
				"addItem": "admit reading, admit twins, admit sizes, identify guessing, identify security, limit a, authorize scopes, validate parameters, validate body, forward upstream, filter fields, filter answer",
				"getItem": "admit reading, admit twins, admit sizes, validate parameters, validate body, forward upstream, filter fields, filter answer",
			},
		},
		"what_is_observed_is_said_by_stage": {
			identified + "    observe: [identify, limit, authorize, validate]\n    limits:\n      a: {rate: 9/1m}\n      b: {rate: 9/1m, by: client}\n",
			map[string]string{"listItems": "admit reading, admit twins, admit sizes, admit b observed, identify guessing observed, identify security observed, limit a observed, authorize scopes observed, validate parameters observed, validate body observed, forward upstream, filter fields, filter answer"},
		},
		"an_operation_overrides_what_is_observed": {
			identified + "    observe: [validate]\n    operations:\n      'get*': {observe: [identify]}\n      getItem: {observe: []}\n      add*: {answers: {mode: 'off'}}\n",
			map[string]string{
				"listItems": "admit reading, admit twins, admit sizes, identify guessing, identify security, authorize scopes, validate parameters observed, validate body observed, forward upstream, filter fields, filter answer",
				"getItem":   "admit reading, admit twins, admit sizes, validate parameters, validate body, forward upstream, filter fields, filter answer",
				"addItem":   "admit reading, admit twins, admit sizes, identify guessing, identify security, authorize scopes, validate parameters observed, validate body observed, forward upstream, filter fields",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			result := mustMake(t, api(c.more), map[string]string{"shop.yaml": shop})
			for id, want := range c.want {
				if got := strings.Join(placed(named(t, result, id)), ", "); got != want {
					t.Errorf("%s:\n got %s\nwant %s", id, got, want)
				}
			}
		})
	}
}

func TestEntry(t *testing.T) {
	names := func(more string) string {
		var all []string
		for _, p := range mustMake(t, api(more), map[string]string{"shop.yaml": shop}).Plan.Entry {
			all = append(all, p.Name)
		}
		return strings.Join(all, ", ")
	}
	if got := names(identified); got != "client, answer, canonical" {
		t.Error(got)
	}
	if got := names(identified + "    cors: {origins: ['https://app.example']}\n"); got != "client, answer, cors, canonical" {
		t.Error("with one API scripts read every refusal:", got)
	}
}

func TestMistakes(t *testing.T) {
	bare := strings.Replace(shop, "security: [{token: [read]}, {key: []}]\n", "", 1)
	for name, c := range map[string]struct {
		configuration, document string
		want                    []string
	}{
		"an_operation_without_security": {
			api(""), bare,
			[]string{"shop.yaml:7:7: the operation listItems has no security", "shop.yaml:13:7: the operation addItem has no security", "--public"},
		},
		"a_public_name_that_is_misspelt": {
			api("    public: [listItem, addItem]\n"), bare,
			[]string{`sallyport.yaml:5:14: no operation of the document fits "listItem" (did you mean listItems?)`, "listItems has no security"},
		},
		"a_scheme_that_nobody_checks": {
			api(""), shop,
			[]string{"sallyport.yaml:2:5: nothing says how credentials of token are checked, which shop.yaml:4:13 asks for (add identify.token"},
		},
		"a_scheme_that_is_misspelt": {
			api(strings.Replace(identified, "token:", "tokn:", 1)), shop,
			[]string{`sallyport.yaml:6:7: the document has no security scheme "tokn" (did you mean token?)`, "credentials of token"},
		},
		"a_scheme_that_is_not_there_at_all": {
			api(identified + "      other: {unchecked: true}\n"), shop,
			[]string{`sallyport.yaml:8:7: the document has no security scheme "other" (it has key, token)`},
		},
		"a_limit_on_nothing": {
			api(identified + "    limits: {a: {rate: 1/1s, on: [lstItems]}}\n"), shop,
			[]string{`sallyport.yaml:8:35: no operation of the document fits "lstItems" (did you mean listItems?)`},
		},
		"settings_for_nothing": {
			api(identified + "    operations:\n      removeItem: {observe: [limit]}\n"), shop,
			[]string{`sallyport.yaml:9:7: no operation of the document fits "removeItem"`, "* stands for any characters"},
		},
		"a_key_for_a_scheme_of_another_kind": {
			api("    identify: {key: {jwt: {issuer: i, audience: a, secret: 'file:testdata/secret'}}, token: {unchecked: true}}\n"),
			strings.Replace(shop, "{type: apiKey, in: query, name: api_key}", "{type: http, scheme: basic}", 1),
			[]string{"sallyport.yaml:5:16: a token is presented as Bearer, the document declares the HTTP scheme basic"},
		},
		"proofs_for_a_token_in_a_field_of_its_own": {
			api("    identify: {key: {jwt: {issuer: i, audience: a, secret: 'file:testdata/secret', dpop: required}}, token: {unchecked: true}}\n"),
			shop,
			[]string{"a key in the query api_key (remove dpop)"},
		},
		"a_scheme_of_proofs_without_any": {
			api("    identify: {key: {jwt: {issuer: i, audience: a, secret: 'file:testdata/secret', dpop: optional}}, token: {unchecked: true}}\n"),
			strings.Replace(shop, "{type: apiKey, in: query, name: api_key}", "{type: http, scheme: DPoP}", 1),
			[]string{"by which every token has a proof (write dpop: required)"},
		},
		"proofs_for_an_opaque_token_in_a_field_of_its_own": {
			api("    identify: {key: {introspection: {url: 'https://id.example/i', issuer: i, audience: a, bearer: 'file:testdata/secret', dpop: required}}, token: {unchecked: true}}\n"),
			shop,
			[]string{"a key in the query api_key (remove dpop)"},
		},
		"a_word_of_x-sallyport_that_nothing_holds": {
			api(identified), strings.Replace(shop, "      operationId: addItem\n", "      operationId: addItem\n      x-sallyport: {alow: [caller]}\n", 1),
			[]string{`shop.yaml:15:21: x-sallyport: "alow" of an operation cannot be enforced`},
		},
		"a_word_of_a_parameter_that_is_misspelt": {
			api(identified), strings.Replace(shop, "{name: id, in: path,", "{name: id, x-sallyport: {encoded_slahs: true}, in: path,", 1),
			[]string{`shop.yaml:18:43: x-sallyport: "encoded_slahs" of a parameter cannot be enforced (did you mean encoded_slash?)`},
		},
		"a_word_of_a_parameter_with_another_value": {
			api(identified), strings.Replace(shop, "{name: id, in: path,", "{name: id, x-sallyport: {encoded_slash: 'no'}, in: path,", 1),
			[]string{`shop.yaml:18:58: x-sallyport: "encoded_slash" is neither true nor false`},
		},
		"x-sallyport_in_a_schema": {
			api(identified), strings.Replace(shop, "{type: object,", "{type: object, x-sallyport: {owner: true},", 1),
			[]string{"shop.yaml:15:73: x-sallyport stands where nothing holds what it says"},
		},
		"x-sallyport_that_is_no_map": {
			api(identified), shop + "x-sallyport: strict\n",
			[]string{"shop.yaml:27:14: x-sallyport is a map, this is a string"},
		},
		"a_document_that_is_not_there": {
			strings.Replace(api(identified), "shop.yaml", "shp.yaml", 1), shop,
			[]string{"sallyport.yaml:3:15: shp.yaml: there is no such file"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := made(c.configuration, map[string]string{"shop.yaml": c.document})
			if err == nil {
				t.Fatal("it was built")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("no mistake says %q:\n%s", want, err)
				}
			}
		})
	}
	t.Run("a_scheme_that_is_wrong_is_not_missing_too", func(t *testing.T) {
		_, err := made(api("    identify: {token: {jwt: {issuer: i, audience: a, keys: no-such-file}}, key: {unchecked: true}}\n"), map[string]string{"shop.yaml": shop})
		if err == nil || strings.Count(err.Error(), "\n") > 0 || !strings.Contains(err.Error(), "no-such-file") {
			t.Errorf("want one mistake:\n%v", err)
		}
	})
	t.Run("x-sallyport_as_a_name_of_the_author", func(t *testing.T) {
		document := strings.Replace(shop, "properties: {id:", "example: {x-sallyport: 1}, properties: {x-sallyport: {type: string}, id:", 1)
		if _, err := made(api(identified), map[string]string{"shop.yaml": document}); err != nil {
			t.Error(err)
		}
	})
}

func TestPartial(t *testing.T) {
	document := strings.Replace(shop, "  /items/{id}:\n", "  /broken:\n    get:\n      operationId: broken\n      parameters: [{name: q, in: query, schema: {type: string, pattern: '(a)\\1'}}]\n      responses: {'200': {description: ok}}\n  /items/{id}:\n", 1)
	if _, err := made(api(identified), map[string]string{"shop.yaml": document}); err == nil || !strings.Contains(err.Error(), "shop.yaml:20:") {
		t.Errorf("without partial: %v", err)
	}
	result := mustMake(t, api(identified+"    partial: true\n"), map[string]string{"shop.yaml": document})
	broken := named(t, result, "broken")
	if got := strings.Join(placed(broken), ", "); got != "admit unserved" {
		t.Errorf("what cannot be enforced has the steps %s", got)
	}
	if c := broken.Steps(sallyport.Admit)[0].Controls[0]; c.Effect != sallyport.Refused || c.From.Line != 20 {
		t.Errorf("it does not say why: %+v", c)
	}
	x := &sallyport.Exchange{Request: &message.Request{Method: "GET", Path: "/v1/broken"}}
	if op := result.Plan.Match(x); op != broken {
		t.Errorf("its path leads to %s", op.ID)
	} else if err := op.Steps(sallyport.Admit)[0].Step.Run(x); problem.As(err).Kind != problem.OperationUnserved {
		t.Error(err)
	}
	if got := asked(result.Plan, "GET", "any", "/v1/items"); got != "shop listItems" {
		t.Errorf("the rest: %s", got)
	}
}

// byDefault are what holds without a word in any file.
var byDefault = []string{"every answer:", "path: no encoded slash", "query: no undeclared", "body: none is taken"}

// TestControls: whatever a file says is shown with its place in that file.
func TestControls(t *testing.T) {
	result := mustMake(t, api(identified+"    limits: {a: {rate: 9/1m}}\n    answers: {mode: block, headers: {X-A: b}}\n    request: {max_body: 2KiB}\n    cors: {origins: ['https://app.example']}\n"), map[string]string{"shop.yaml": shop})
	seen := 0
	check := func(name string, c sallyport.Control) {
		seen++
		if c.From.Line == 0 && !slices.ContainsFunc(byDefault, func(begins string) bool { return strings.HasPrefix(c.Says, begins) }) {
			t.Errorf("%s: %q comes from nowhere", name, c.Says)
		}
		if c.From.Line > 0 && c.From.File != "shop.yaml" && c.From.File != "sallyport.yaml" {
			t.Errorf("%s: %q comes from %s", name, c.Says, c.From)
		}
	}
	for _, p := range result.Plan.Entry {
		for _, c := range p.Controls {
			check(p.Name, c)
		}
	}
	for _, op := range result.Plan.Operations {
		for stage := sallyport.Admit; stage <= sallyport.Record; stage++ {
			for _, p := range op.Steps(stage) {
				if len(p.Controls) == 0 {
					t.Errorf("%s: %s says nothing of what it enforces", op.ID, p.Name)
				}
				for _, c := range p.Controls {
					check(op.ID+" "+p.Name, c)
				}
			}
		}
		for _, c := range op.Unenforced {
			check(op.ID, c)
		}
	}
	if seen < 30 {
		t.Errorf("only %d controls were seen", seen)
	}
	for says, at := range map[string]string{
		"token (a bearer token in Authorization, JWT of https://id.example for shop)": "shop.yaml:4:11",
		"scopes of token: read":               "shop.yaml:4:13",
		"a: 9/1m by caller, over it refused":  "sallyport.yaml:8:14",
		"body: at most 2KiB":                  "sallyport.yaml:10:25",
		"query page: integer, form, optional": "shop.yaml:10:11",
	} {
		found := ""
		for stage := sallyport.Admit; stage <= sallyport.Record; stage++ {
			for _, p := range named(t, result, "listItems").Steps(stage) {
				for _, c := range p.Controls {
					if c.Says == says {
						found = c.From.String()
					}
				}
			}
		}
		if found != at {
			t.Errorf("%q comes from %q, want %s", says, found, at)
		}
	}
}

// TestUnenforcedOnce: what two answers share is said once.
func TestUnenforcedOnce(t *testing.T) {
	item := "{$ref: '#/components/schemas/Item'}"
	document := strings.Replace(shop, "{schema: {type: array}}}}", "{schema: "+item+"}}}\n        '202': {description: ok, content: {application/json: {schema: "+item+"}}}", 1) +
		"  schemas: {Item: {type: object, properties: {id: {type: string, format: sku}, other: {type: string, format: sku}}}}\n"
	op := named(t, mustMake(t, api(identified), map[string]string{"shop.yaml": document}), "listItems")
	places := map[string]int{}
	for _, c := range op.Unenforced {
		if strings.Contains(c.Says, "format") {
			places[c.From.String()]++
		}
	}
	if len(places) != 2 {
		t.Errorf("the format is told of at %v, want two places", places)
	}
	for place, n := range places {
		if n != 1 {
			t.Errorf("%s is told %d times", place, n)
		}
	}
}

// TestRemoteRefs: the configuration names hosts and folders, not beginnings of
// texts.
func TestRemoteRefs(t *testing.T) {
	document := func(ref string) string {
		return strings.Replace(shop, "{type: object, properties: {id: {type: integer}}}", "{$ref: '"+ref+"'}", 1)
	}
	for ref, want := range map[string]bool{
		"https://docs.example/shared/item.yaml":          true,
		"https://docs.example/shared/":                   true,
		"https://docs.example/other/item.yaml":           false,
		"https://docs.example/shared.yaml":               false,
		"https://docs.example/shared/../other/item.yaml": false,
		"https://docs.example/shared/%2e%2e/other.yaml":  false,
		"https://docs.example.net/shared/item.yaml":      false,
		"https://docs.example@evil.example/shared/i":     false,
		"https://docs.example:8443/shared/item.yaml":     false,
		"http://docs.example/shared/item.yaml":           false,
	} {
		c, err := config.Parse("sallyport.yaml", []byte(api(identified+"    remote_refs: [https://docs.example/shared]\n")))
		if err != nil {
			t.Fatal(err)
		}
		fetched := ""
		folder := t.TempDir()
		c.APIs[0].Document = folder + "/shop.yaml"
		writeFile(t, c.APIs[0].Document, document(ref))
		_, err = build.Build(t.Context(), sallyport.NewEnv(slog.New(slog.DiscardHandler), 0), c, build.Options{
			Fetch: func(_ context.Context, address string) ([]byte, error) {
				fetched = address
				return []byte("type: object\n"), nil
			},
		})
		if (fetched != "") != want || (err == nil) != want {
			t.Errorf("%s: fetched %q, %v", ref, fetched, err)
		}
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
