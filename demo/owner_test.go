package demo_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"sallyport/demo"
)

// answer is what one side said.
type answer struct {
	status int
	id     string
	body   string
}

// visitor sends what the page sends.
type visitor struct {
	t      *testing.T
	world  world
	tokens map[string]string
}

func newVisitor(t *testing.T) visitor {
	t.Helper()
	v := visitor{t, newWorld(t), map[string]string{}}
	var settings struct{ Presets []demo.Preset }
	if err := json.Unmarshal([]byte(v.send("GET", v.world.page+"/demo.json", "", "").body), &settings); err != nil {
		t.Fatal(err)
	}
	for _, preset := range settings.Presets {
		v.tokens[preset.ID] = preset.Token
	}
	return v
}

func (v visitor) send(method, address, preset, body string) answer {
	v.t.Helper()
	r, err := http.NewRequestWithContext(v.t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	if preset != "" {
		r.Header.Set("Authorization", "Bearer "+v.tokens[preset])
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer w.Body.Close()
	text, err := io.ReadAll(w.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return answer{w.StatusCode, w.Header.Get("X-Request-Id"), string(text)}
}

// log is what the gateway's log says of an answer.
func (v visitor) log(a answer) map[string]string {
	v.t.Helper()
	var line map[string]string
	if text := v.send("GET", v.world.page+"/log/"+a.id, "", "").body; json.Unmarshal([]byte(text), &line) != nil {
		v.t.Fatalf("the log says of %q: %s", a.id, text)
	}
	return line
}

const gift = `{"to":"acc-3001","amount":100,"currency":"EUR","reference":"GIFT"}`

// The bank serves anybody's objects; the gateway before it those of the caller.
func TestWhoseObject(t *testing.T) {
	v := newVisitor(t)
	for name, c := range map[string]struct {
		method, path, preset, body string
		bank, gateway              int
		has, lacks                 string // of the gateway's answer
		log                        string // an attribute of its line, and how its value begins
	}{
		"her_own_account":             {"GET", "/v2/accounts/acc-1001", "valid", "", 200, 200, `"iban":"XX31BANK00001001"`, "creditScore", "decision=allowed"},
		"his_account":                 {"GET", "/v2/accounts/acc-2001", "valid", "", 200, 404, "object-unknown", "61845", "error=the rule at bank.openapi.yaml:"},
		"hers_for_him":                {"GET", "/v2/accounts/acc-1001", "other", "", 200, 404, "object-unknown", "alice", "error=the rule at bank.openapi.yaml:"},
		"no_account":                  {"GET", "/v2/accounts/acc-9999", "valid", "", 404, 404, "object-unknown", "acc-9999", "error=the backend knows no such object"},
		"hers_for_an_app_that_reads":  {"GET", "/v2/accounts/acc-1001", "reader", "", 200, 200, `"iban":"****1001"`, "XX31", "masked=1"},
		"all_accounts_for_that_app":   {"GET", "/v2/accounts", "reader", "", 200, 200, `"iban":"****1002"`, "XX31", "masked=2"},
		"all_transfers":               {"GET", "/v2/transfers", "valid", "", 200, 200, `"tr-00001"`, `"erin"`, "foreign_items="},
		"his_transfers":               {"GET", "/v2/transfers?account=acc-2001", "valid", "", 200, 200, `"tr-00001"`, `"dave"`, "foreign_items="},
		"transfers_of_nobody_to_her":  {"GET", "/v2/transfers?account=acc-5001", "valid", "", 200, 200, `[]`, `"erin"`, "foreign_items="},
		"a_transfer_from_her_account": {"POST", "/v2/accounts/acc-1001/transfers", "valid", gift, 201, 201, `"payer":"alice"`, "fraudScore", "decision=allowed"},
		"a_transfer_from_his":         {"POST", "/v2/accounts/acc-2001/transfers", "valid", gift, 201, 404, "object-unknown", "bob", "error=the rule at bank.openapi.yaml:"},
		"a_transfer_from_none":        {"POST", "/v2/accounts/acc-9999/transfers", "valid", gift, 404, 404, "object-unknown", "acc-9999", "policy=inspect/object"},
		"another_account_in_the_body": {"POST", "/v2/accounts/acc-1001/transfers", "valid", `{"from":"acc-2001",` + gift[1:], 201, 400, "from", "bob", "decision=refused"},
	} {
		t.Run(name, func(t *testing.T) {
			v := v
			v.t = t
			if a := v.send(c.method, v.world.backend+c.path, c.preset, c.body); a.status != c.bank {
				t.Errorf("the bank: %d, want %d: %s", a.status, c.bank, a.body)
			}
			a := v.send(c.method, v.world.gateway+c.path, c.preset, c.body)
			if a.status != c.gateway || !strings.Contains(a.body, c.has) || strings.Contains(strings.ReplaceAll(a.body, a.id, ""), c.lacks) {
				t.Errorf("the gateway: %d, want %d with %q and without %q: %s", a.status, c.gateway, c.has, c.lacks, a.body)
			}
			name, value, _ := strings.Cut(c.log, "=")
			if got, ok := v.log(a)[name]; !ok || !strings.HasPrefix(got, value) {
				t.Errorf("the log's %s is %q, want %q", name, got, value)
			}
		})
	}
}

func TestForeignAndAbsentReadTheSame(t *testing.T) {
	v := newVisitor(t)
	for _, c := range []struct{ method, rest, body string }{{"GET", "", ""}, {"POST", "/transfers", gift}} {
		to := func(account string) string {
			a := v.send(c.method, v.world.gateway+"/v2/accounts/"+account+c.rest, "valid", c.body)
			if a.status != http.StatusNotFound || strings.Count(a.body, a.id) != 1 {
				t.Errorf("%s %s: %d and %s", c.method, account, a.status, a.body)
			}
			return strings.Replace(a.body, a.id, "", 1)
		}
		if foreign, absent := to("acc-2001"), to("acc-9999"); foreign != absent {
			t.Errorf("%s: a foreign account is answered with\n%s\nan absent one with\n%s", c.method, foreign, absent)
		}
	}
}

func TestARefusedTransferMovesNothing(t *testing.T) {
	v := newVisitor(t)
	read := func() string { return v.send("GET", v.world.gateway+"/v2/accounts/acc-2001", "other", "").body }
	before := read()
	if a := v.send("POST", v.world.gateway+"/v2/accounts/acc-2001/transfers", "valid", gift); a.status != http.StatusNotFound {
		t.Errorf("status %d, want 404: %s", a.status, a.body)
	}
	if after := read(); after != before || !strings.Contains(after, `"balance":61845`) {
		t.Errorf("Bob's account was %s and is %s", before, after)
	}
}
