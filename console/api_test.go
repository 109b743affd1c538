package console_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sallyport/console"
	"sallyport/openapi"
)

// TestOperations asks for every operation of the document. One that nobody
// asks for fails the test, and so does an answer that the document does not
// declare: it would be a 502.
func TestOperations(t *testing.T) {
	o := open(t)
	admin := o.token("ann", console.Admin)
	for _, group := range []struct {
		name string
		test func(*testing.T, *office, string)
	}{
		{"consumers", consumersAreKept},
		{"keys", keysAreKept},
		{"passwords", passwordsAreKept},
		{"revocations", revocationsAreKept},
		{"secrets", secretsAreKept},
		{"tokens", tokensAreKept},
		{"audit", auditIsKept},
		{"transfer", recordsAreCarried},
		{"document", documentIsShown},
	} {
		t.Run(group.name, func(t *testing.T) {
			o.t = t
			group.test(t, o, admin)
		})
	}
	o.t = t
	document, err := openapi.Parse("openapi.yaml", console.Document, openapi.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range document.Operations {
		if good := o.asked[op.ID]; !anyBelow(good, 300) {
			t.Errorf("no test gets a success from %s: %v", op.ID, good)
		}
	}
}

func anyBelow(list []int, most int) bool {
	for _, n := range list {
		if n < most {
			return true
		}
	}
	return false
}

func consumersAreKept(t *testing.T, o *office, admin string) {
	made := o.ask(admin, "POST", "/consumers", `{"name":"acme","tenant":"t1","roles":["partner"],"scopes":["orders:read"],"note":"of Ann"}`).want(201)
	if made.header.Get("Location") != "/v1/consumers/acme" || made.header.Get("ETag") == "" || made.text("name") != "acme" {
		t.Error(made.header, made.body)
	}
	o.ask(admin, "POST", "/consumers", `{"name":"acme"}`).want(409).problem("object-exists")
	o.ask(admin, "POST", "/consumers", `{"name":"with space"}`).want(400).problem("body-invalid")
	o.ask(admin, "POST", "/consumers", `{"name":"a","admin":true}`).want(400).problem("body-invalid")
	o.ask(admin, "POST", "/consumers", `{"name":"a","roles":["two words"]}`).want(400).problem("body-invalid")
	tag := o.ask(admin, "GET", "/consumers/acme", "").want(200).header.Get("ETag")
	o.ask(admin, "GET", "/consumers/nobody", "").want(404).problem("object-unknown")

	change := `{"roles":["partner","auditor"],"note":null}`
	o.ask(admin, "PATCH", "/consumers/acme", change).want(428).problem("condition-missing")
	changed := o.ask(admin, "PATCH", "/consumers/acme", change, "If-Match", tag, "Content-Type", "application/merge-patch+json").want(200)
	if changed.text("note") != "" || len(changed.get("roles").([]any)) != 2 || changed.text("tenant") != "t1" {
		t.Error(changed.body)
	}
	o.ask(admin, "PATCH", "/consumers/acme", change, "If-Match", tag).want(412).problem("object-changed")
	o.ask(admin, "PATCH", "/consumers/acme", `{"disabled":true}`, "If-Match", changed.header.Get("ETag")).want(200)
	o.ask(admin, "PATCH", "/consumers/acme", `{"disabled":null,"scopes":null}`, "If-Match", "*").want(200)
	o.ask(admin, "PATCH", "/consumers/nobody", change, "If-Match", "*").want(404)

	for _, name := range []string{"b", "c", "d"} {
		o.ask(admin, "POST", "/consumers", `{"name":"`+name+`"}`).want(201)
	}
	page := o.ask(admin, "GET", "/consumers?limit=2", "").want(200)
	if len(page.items()) != 2 || page.text("next") != "b" {
		t.Error(page.body)
	}
	if page = o.ask(admin, "GET", "/consumers?limit=2&after=b", "").want(200); len(page.items()) != 2 || page.get("next") != nil {
		t.Error(page.body)
	}
	o.ask(admin, "GET", "/consumers?limit=0", "").want(400).problem("parameter-invalid")
	o.ask(admin, "DELETE", "/consumers/d", "").want(204)
	o.ask(admin, "DELETE", "/consumers/d", "").want(404)
}

func keysAreKept(t *testing.T, o *office, admin string) {
	o.consumer("key-holder")
	end := o.clock.Now().Add(24 * time.Hour).Format(time.RFC3339)
	made := o.ask(admin, "POST", "/consumers/key-holder/keys", `{"name":"ci","scopes":["w"],"networks":["192.0.2.0/24","2001:db8::1"],"expires":"`+end+`"}`).want(201)
	secret, id := made.text("key"), made.text("id")
	if !strings.HasSuffix(secret, made.text("hint")) || made.header.Get("Location") != "/v1/keys/"+id || made.text("state") != console.Active {
		t.Error(made.body)
	}
	o.ask(admin, "POST", "/consumers/nobody/keys", `{}`).want(404).problem("object-unknown")
	for _, bad := range []string{`{"networks":["10.0.0.1/8"]}`, `{"networks":["::ffff:10.0.0.0/104"]}`, `{"networks":["1.2.3.4.5"]}`, `{"expires":"2001-01-01T00:00:00Z"}`, `{"expires":"2999-01-01T00:00:00Z"}`, `{"networks":["192.0.2.1","192.0.2.1/32"]}`} {
		if a := o.ask(admin, "POST", "/consumers/key-holder/keys", bad).want(400).problem("body-invalid"); a.get("errors") == nil {
			t.Errorf("%s: no place is named: %s", bad, a.body)
		}
	}
	if shown := o.ask(admin, "GET", "/keys/"+id, "").want(200); shown.get("key") != nil || strings.Contains(shown.body, secret) {
		t.Errorf("a key is shown again: %s", shown.body)
	}
	changed := o.ask(admin, "PATCH", "/keys/"+id, `{"name":"build","networks":null,"expires":null}`).want(200)
	if changed.get("expires") != nil || changed.text("name") != "build" || len(changed.get("networks").([]any)) != 0 {
		t.Error(changed.body)
	}
	o.clock.pass(time.Second) // lists are in the order of time
	next := o.ask(admin, "POST", "/keys/"+id+"/rotate", `{"overlap":60}`).want(201)
	if next.text("key") == secret || next.text("name") != "build" {
		t.Error(next.body)
	}
	old := o.ask(admin, "GET", "/keys/"+id, "").want(200)
	if old.text("state") != console.Rotated || old.text("rotated") != next.text("id") {
		t.Error(old.body)
	}
	o.ask(admin, "POST", "/keys/"+id+"/rotate", "").want(409).problem("object-exists")
	o.clock.pass(61 * time.Second)
	if old = o.ask(admin, "GET", "/keys/"+id, "").want(200); old.text("state") != console.Expired {
		t.Error(old.body)
	}
	o.ask(admin, "POST", "/keys/"+next.text("id")+"/revoke", "").want(204)
	before := len(o.entries())
	o.ask(admin, "POST", "/keys/"+next.text("id")+"/revoke", "").want(204)
	if len(o.entries()) != before {
		t.Error("to revoke twice is an entry of the audit")
	}
	o.ask(admin, "PATCH", "/keys/"+next.text("id"), `{"name":"x"}`).want(409)
	o.ask(admin, "POST", "/keys/"+next.text("id")+"/rotate", "").want(409)
	if list := o.ask(admin, "GET", "/consumers/key-holder/keys?limit=1", "").want(200); len(list.items()) != 1 || list.text("next") != id {
		t.Error(list.body)
	}
	if list := o.ask(admin, "GET", "/keys?after="+id, "").want(200); len(list.items()) != 1 {
		t.Error(list.body)
	}
	o.ask(admin, "GET", "/keys/00000000-0000-7000-8000-000000000000", "").want(404)
	o.ask(admin, "GET", "/keys/nothing", "").want(400).problem("parameter-invalid")
}

func passwordsAreKept(t *testing.T, o *office, admin string) {
	o.consumer("basic-user")
	o.consumer("other-user")
	path := "/consumers/basic-user/passwords/"
	set := o.ask(admin, "PUT", path+"j%C3%BCrgen", `{"password":"correct horse battery"}`).want(200)
	if set.text("username") != "jürgen" || set.text("consumer") != "basic-user" || strings.Contains(set.body, "argon2") {
		t.Error(set.body)
	}
	o.ask(admin, "PUT", path+"short", `{"password":"short"}`).want(400)
	o.ask(admin, "PUT", "/consumers/other-user/passwords/j%C3%BCrgen", `{"password":"correct horse battery"}`).want(409)
	o.ask(admin, "PUT", "/consumers/nobody/passwords/x", `{"password":"correct horse battery"}`).want(404)
	if list := o.ask(admin, "GET", "/consumers/basic-user/passwords", "").want(200); len(list.items()) != 1 {
		t.Error(list.body)
	}
	o.ask(admin, "DELETE", "/consumers/other-user/passwords/j%C3%BCrgen", "").want(404)
	o.ask(admin, "DELETE", path+"j%C3%BCrgen", "").want(204)
	o.ask(admin, "DELETE", path+"j%C3%BCrgen", "").want(404)
}

func revocationsAreKept(t *testing.T, o *office, admin string) {
	one := o.ask(admin, "POST", "/revocations", `{"issuer":"https://id.example","token":"jti-1"}`).want(201)
	all := o.ask(admin, "POST", "/revocations", `{"subject":"user-17"}`).want(201)
	if all.get("before") == nil || one.get("before") != nil {
		t.Error(one.body, all.body)
	}
	for _, bad := range []string{`{}`, `{"token":"a","subject":"b"}`, `{"token":"a","before":"2020-01-01T00:00:00Z"}`, `{"subject":"b","before":"2999-01-01T00:00:00Z"}`, `{"token":"a","until":"2001-01-01T00:00:00Z"}`} {
		o.ask(admin, "POST", "/revocations", bad).want(400).problem("body-invalid")
	}
	if list := o.ask(admin, "GET", "/revocations", "").want(200); len(list.items()) != 2 {
		t.Error(list.body)
	}
	o.ask(admin, "DELETE", "/revocations/"+one.text("id"), "").want(204)
	o.ask(admin, "DELETE", "/revocations/"+one.text("id"), "").want(404)
}

func secretsAreKept(t *testing.T, o *office, admin string) {
	const value = "s3cr3t-of-the-bank"
	o.ask(admin, "PUT", "/secrets/bank.api", `{"value":"`+value+`"}`).want(200)
	o.ask(admin, "PUT", "/secrets/bank.api", `{"value":""}`).want(400)
	o.ask(admin, "PUT", "/secrets/a.first", `{"value":"x"}`).want(200)
	list := o.ask(admin, "GET", "/secrets?limit=1", "").want(200)
	if len(list.items()) != 1 || list.text("next") != "a.first" || strings.Contains(list.body, value) {
		t.Error(list.body)
	}
	kept, err := o.Store.Secret(t.Context(), "bank.api")
	if err != nil {
		t.Fatal(err)
	}
	if opened, err := o.ring.Open(kept.Sealed, "secrets", "sealed", "bank.api"); err != nil || string(opened) != value {
		t.Errorf("%q %v", opened, err)
	}
	o.ask(admin, "DELETE", "/secrets/a.first", "").want(204)
	o.ask(admin, "DELETE", "/secrets/a.first", "").want(404)
}

func tokensAreKept(t *testing.T, o *office, admin string) {
	made := o.ask(admin, "POST", "/admin-tokens", `{"name":"bob","roles":["operator"]}`).want(201)
	secret := made.text("token")
	o.ask(admin, "POST", "/admin-tokens", `{"name":"bob"}`).want(409)
	o.ask(admin, "POST", "/admin-tokens", `{"name":"eve","roles":["root"]}`).want(400)
	o.ask(secret, "GET", "/consumers", "").want(200)
	if list := o.ask(admin, "GET", "/admin-tokens", "").want(200); strings.Contains(list.body, secret) || len(list.items()) != 2 {
		t.Error(list.body)
	}
	o.ask(admin, "DELETE", "/admin-tokens/"+made.text("id"), "").want(204)
	o.ask(secret, "GET", "/consumers", "").want(401).problem("credentials-invalid")
	short := o.ask(admin, "POST", "/admin-tokens", `{"name":"shift","expires":"`+o.clock.Now().Add(time.Minute).Format(time.RFC3339Nano)+`"}`).want(201)
	o.ask(short.text("token"), "GET", "/consumers", "").want(200)
	o.clock.pass(2 * time.Minute)
	o.ask(short.text("token"), "GET", "/consumers", "").want(401)
}

func auditIsKept(t *testing.T, o *office, admin string) {
	list := o.ask(admin, "GET", "/audit?limit=3", "").want(200)
	if len(list.items()) != 3 || list.text("next") != "3" {
		t.Error(list.body)
	}
	first := list.items()[0].(map[string]any)
	if first["action"] != "token.add" || first["actor"] != "cli:test" || first["outcome"] != "done" {
		t.Error(first)
	}
	last := o.ask(admin, "GET", "/audit?after=3&limit=1", "").want(200).items()[0].(map[string]any)
	if last["actor"] != "token:ann" || last["from"] != "192.0.2.1" {
		t.Error(last)
	}
	if verified := o.ask(admin, "GET", "/audit/verification", "").want(200); verified.get("intact") != true {
		t.Error(verified.body)
	}
}

func recordsAreCarried(t *testing.T, o *office, admin string) {
	out := o.ask(admin, "GET", "/export", "").want(200)
	if out.header.Get("Content-Type") != "application/jsonl" || !strings.HasPrefix(out.body, `{"type":"keyring"`) {
		t.Error(out.header, out.body)
	}
	records := `{"records":[` + strings.Join(strings.Split(strings.TrimSpace(out.body), "\n"), ",") + `]}`
	in := o.ask(admin, "POST", "/import?dry_run=true", records).want(200)
	if counts := in.get("keys").(map[string]any); counts["unchanged"] != 2.0 || counts["added"] != 0.0 {
		t.Error(in.body)
	}
	bad := o.ask(admin, "POST", "/import", `{"records":[{"type":"consumer","consumer":"fine"},{"type":"key"}]}`).want(400)
	if !strings.Contains(bad.body, `"pointer":"/records/1/`) {
		t.Error(bad.body)
	}
}

func documentIsShown(t *testing.T, o *office, _ string) {
	if shown := o.ask("", "GET", "/openapi.yaml", "").want(200); shown.body != string(console.Document) {
		t.Error("it is another document")
	}
}

// TestRoles asks for every operation with every role: what the document
// requires is held, and nothing beyond.
func TestRoles(t *testing.T) {
	o := open(t)
	document, err := openapi.Parse("openapi.yaml", console.Document, openapi.Options{})
	if err != nil {
		t.Fatal(err)
	}
	order := []string{console.Reader, console.Operator, console.Admin}
	tokens := map[string]string{}
	for _, role := range order {
		tokens[role] = o.token("the-"+role, role)
	}
	parts := strings.NewReplacer("{consumer}", "c", "{id}", "00000000-0000-7000-8000-000000000000", "{username}", "u", "{name}", "n")
	for _, op := range document.Operations {
		if op.ID == "getDocument" {
			continue
		}
		needed := op.Security[0][0].Scopes
		if len(needed) != 1 {
			t.Fatalf("%s asks for %v", op.ID, needed)
		}
		if got := o.ask("", op.Method, parts.Replace(op.Path), "").want(401); got.header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: a 401 without a challenge", op.ID)
		}
		for i, role := range order {
			got := o.ask(tokens[role], op.Method, parts.Replace(op.Path), "")
			enough := i >= index(order, needed[0])
			if refused := got.status == http.StatusForbidden; refused == enough {
				t.Errorf("%s as %s: %d, needs %s", op.ID, role, got.status, needed[0])
			} else if refused {
				got.problem("role-missing")
			}
		}
	}
}

func index(list []string, item string) int {
	for i := range list {
		if list[i] == item {
			return i
		}
	}
	return len(list)
}

// What a known administrator was not let do is in the audit, once a minute.
func TestRefusalsAreWrittenDown(t *testing.T) {
	o := open(t)
	reader := o.token("rita", console.Reader)
	before := len(o.entries())
	for range 3 {
		o.ask(reader, "POST", "/consumers", `{"name":"mine"}`).want(403)
	}
	o.ask("", "POST", "/consumers", `{"name":"mine"}`).want(401)
	added := o.entries()[before:]
	if len(added) != 1 {
		t.Fatalf("%d entries: %v", len(added), added)
	}
	if e := added[0]; e.Actor != "token:rita" || e.Outcome != "refused" || e.Action != "addConsumer" || e.From != "192.0.2.1" || !strings.Contains(e.Detail, "role-missing") {
		t.Errorf("%+v", e)
	}
	o.clock.pass(time.Minute)
	o.ask(reader, "POST", "/consumers", `{"name":"mine"}`).want(403)
	if got := len(o.entries()); got != before+2 {
		t.Errorf("%d entries", got-before)
	}
}

// A token is an API key under other keys: neither is taken for the other, and
// what is mistyped asks nobody.
func TestTokensAreNoKeys(t *testing.T) {
	o := open(t)
	o.consumer("c")
	key := o.issue("c", console.NewKey{}).Secret
	token := o.token("ann", console.Admin)
	for name, secret := range map[string]string{
		"a key":                 key,
		"a key dressed up":      "sallyport_admin_" + strings.TrimPrefix(key, "sallyport_"),
		"a token dressed down":  "sallyport_" + strings.TrimPrefix(token, "sallyport_admin_"),
		"a token and a bit":     token + "x",
		"another last letter":   token[:len(token)-1] + string(token[len(token)-1]^1),
		"nothing but the front": "sallyport_admin_",
	} {
		if got := o.ask(secret, "GET", "/consumers", ""); got.status != 401 {
			t.Errorf("%s: %d", name, got.status)
		}
	}
	o.ask(token, "GET", "/consumers", "").want(200)
}

// Nothing that was shown once is in the store's files.
func TestNothingSecretIsKept(t *testing.T) {
	o := open(t)
	o.consumer("c")
	secrets := []string{o.issue("c", console.NewKey{}).Secret, o.token("ann", console.Admin), "a secret of the backend", "correct horse battery"}
	if _, err := o.PutSecret(t.Context(), me, "backend", secrets[2]); err != nil {
		t.Fatal(err)
	}
	if _, err := o.SetPassword(t.Context(), me, "c", "c", secrets[3]); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(o.path + "*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range secrets {
			if strings.Contains(string(text), secret) {
				t.Errorf("%s holds %q", file, secret)
			}
		}
	}
}
