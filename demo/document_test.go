package demo_test

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"sallyport/demo"
	"sallyport/demo/bank"
)

// documentJSON is the document as a JSON value, for a schema library of others.
func documentJSON(t *testing.T) map[string]any {
	t.Helper()
	var document any
	if err := yaml.Unmarshal(demo.Document(), &document); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return value.(map[string]any)
}

// Where the bank's own answers break the document, the gateway would have to record faults of its sample.
func TestTheBankKeepsToItsDocument(t *testing.T) {
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	if err := compiler.AddResource("bank.json", documentJSON(t)); err != nil {
		t.Fatal(err)
	}
	b := bank.New()
	for _, c := range []struct {
		method, target, body string
		status               int
		schema               string
	}{
		{"GET", "/v2/status", "", 200, "/paths/~1v2~1status/get/responses/200/content/application~1json/schema"},
		{"GET", "/v2/user/profile", "", 200, "/components/schemas/Profile"},
		{"PATCH", "/v2/user/profile", `{"phone":"+44 20 7946 0199"}`, 200, "/components/schemas/Profile"},
		{"GET", "/v2/accounts", "", 200, "/paths/~1v2~1accounts/get/responses/200/content/application~1json/schema"},
		{"GET", "/v2/accounts/acc-1001", "", 200, "/components/schemas/Account"},
		{"GET", "/v2/transactions?limit=100&reference=RENT-2026-07", "", 200, "/components/schemas/TransactionPage"},
		{"GET", "/v2/transactions?limit=7", "", 200, "/components/schemas/TransactionPage"},
		{"GET", "/v2/transfers", "", 200, "/paths/~1v2~1transfers/get/responses/200/content/application~1json/schema"},
		{"GET", "/v2/transfers?account=acc-2001", "", 200, "/paths/~1v2~1transfers/get/responses/200/content/application~1json/schema"},
		{"POST", "/v2/accounts/acc-1001/transfers", `{"to":"acc-2001","amount":2500,"currency":"EUR","reference":"GIFT"}`, 201, "/components/schemas/Transfer"},
		{"POST", "/v2/accounts/acc-1001/transfers", `{"to":"acc-2001","amount":1000000,"currency":"EUR","reference":"GIFT"}`, 409, "/components/schemas/Problem"},
		{"GET", "/v2/accounts/acc-9999", "", 404, "/components/schemas/Problem"},
	} {
		t.Run(c.method+" "+c.target, func(t *testing.T) {
			schema, err := compiler.Compile("bank.json#" + c.schema)
			if err != nil {
				t.Fatal(err)
			}
			w := httptest.NewRecorder()
			b.ServeHTTP(w, httptest.NewRequest(c.method, c.target, strings.NewReader(c.body)))
			if w.Code != c.status {
				t.Fatalf("status %d, want %d: %s", w.Code, c.status, w.Body)
			}
			value, err := jsonschema.UnmarshalJSON(w.Body)
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(value); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestEveryOperationOfTheDocumentIsServed(t *testing.T) {
	b := bank.New()
	paths := documentJSON(t)["paths"].(map[string]any)
	served := 0
	for path, item := range paths {
		for method := range item.(map[string]any) {
			if method == "parameters" {
				continue
			}
			served++
			w := httptest.NewRecorder()
			target := strings.ReplaceAll(path, "{accountId}", "acc-1001")
			b.ServeHTTP(w, httptest.NewRequest(strings.ToUpper(method), target, strings.NewReader("{}")))
			if (w.Code == 404 && method == "get") || w.Code == 405 {
				t.Errorf("%s %s: the bank does not serve it: %d", method, path, w.Code)
			}
		}
	}
	if served != 8 {
		t.Errorf("the document has %d operations, want 8", served)
	}
	if _, named := paths["/v1/users/all"]; named {
		t.Error("the document names the forgotten endpoint")
	}
}
