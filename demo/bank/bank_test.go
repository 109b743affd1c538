package bank_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"sallyport/demo/bank"
)

// ask sends one request to the bank; fields are pairs of name and value.
func ask(t *testing.T, b *bank.Bank, method, target, body string, fields ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	w := httptest.NewRecorder()
	b.ServeHTTP(w, r)
	return w
}

func decoded[T any](t *testing.T, w *httptest.ResponseRecorder) T {
	t.Helper()
	var value T
	if err := json.Unmarshal(w.Body.Bytes(), &value); err != nil {
		t.Fatalf("status %d, body is no JSON of that kind: %v\n%s", w.Code, err, w.Body)
	}
	return value
}

// unchecked is a token nobody signed.
func unchecked(payload string) string {
	part := base64.RawURLEncoding.EncodeToString
	return "Bearer " + part([]byte(`{"alg":"none"}`)) + "." + part([]byte(payload)) + "."
}

func TestTheBankBelieves(t *testing.T) {
	for name, c := range map[string]struct {
		fields []string
		want   string
	}{
		"nobody_and_takes_them_for_alice":        {nil, "alice"},
		"the_header_that_the_gateway_sets":       {[]string{"X-Caller-Subject", "carol"}, "carol"},
		"a_token_that_nobody_signed":             {[]string{"Authorization", unchecked(`{"sub":"bob"}`)}, "bob"},
		"a_token_that_expired_long_ago":          {[]string{"Authorization", unchecked(`{"sub":"dave","exp":1}`)}, "dave"},
		"the_header_rather_than_the_token":       {[]string{"X-Caller-Subject", "erin", "Authorization", unchecked(`{"sub":"bob"}`)}, "erin"},
		"nobody_where_the_token_cannot_be_read":  {[]string{"Authorization", "Bearer %%%.%%%.%%%"}, "alice"},
		"nobody_where_the_payload_is_no_object":  {[]string{"Authorization", unchecked(`[1]`)}, "alice"},
		"nobody_where_the_scheme_is_another_one": {[]string{"Authorization", "Basic Ym9iOmJvYg=="}, "alice"},
	} {
		t.Run(name, func(t *testing.T) {
			w := ask(t, bank.New(), "GET", "/v2/user/profile", "", c.fields...)
			if got := decoded[bank.Customer](t, w); got.ID != c.want {
				t.Errorf("the profile of %q, want %q", got.ID, c.want)
			}
		})
	}
}

func TestAnUnknownCallerHasNoProfile(t *testing.T) {
	b := bank.New()
	for _, method := range []string{"GET", "PATCH"} {
		if w := ask(t, b, method, "/v2/user/profile", "{}", "X-Caller-Subject", "mallory"); w.Code != http.StatusNotFound {
			t.Errorf("%s: status %d, want 404", method, w.Code)
		}
	}
}

func TestTheBankLeaks(t *testing.T) {
	for name, c := range map[string]struct {
		method, target, body string
		want                 string
	}{
		"every_customer_at_the_forgotten_path":   {"GET", "/v1/users/all", "", `"nationalId":"ZZ 57 08 34 E"`},
		"every_customer_by_an_encoded_path":      {"GET", "/v2/accounts/..%2F..%2Fv1%2Fusers%2Fall", "", `"nationalId":"ZZ 57 08 34 E"`},
		"what_it_holds_against_the_caller":       {"GET", "/v2/user/profile", "", `"riskNotes":"Asked for`},
		"somebody_elses_account":                 {"GET", "/v2/accounts/acc-2001", "", `"balance":61845`},
		"somebody_elses_transfers":               {"GET", "/v2/transfers?account=acc-4001", "", `"payer":"dave"`},
		"the_name_of_its_database":               {"GET", "/v2/status", "", `"database":`},
		"its_stack_where_a_body_is_cut_short":    {"POST", "/v2/accounts/acc-1001/transfers", `{"amount":`, "goroutine "},
		"its_query_where_a_quote_is_left_open":   {"GET", "/v2/transactions?reference=%27", "", "WHERE owner = 'alice'"},
		"every_transaction_by_a_condition_of_or": {"GET", "/v2/transactions?limit=9999&reference=" + url.QueryEscape("' OR '1'='1"), "", `"owner":"erin"`},
	} {
		t.Run(name, func(t *testing.T) {
			w := ask(t, bank.New(), c.method, c.target, c.body)
			if !strings.Contains(w.Body.String(), c.want) {
				t.Errorf("status %d without %s in\n%s", w.Code, c.want, w.Body)
			}
		})
	}
}

func TestMassAssignment(t *testing.T) {
	b := bank.New()
	ask(t, b, "PATCH", "/v2/user/profile", `{"displayName":"Alice A.","role":"admin"}`)
	got := decoded[bank.Customer](t, ask(t, b, "GET", "/v2/user/profile", ""))
	if got.Role != "admin" || got.DisplayName != "Alice A." {
		t.Errorf("the profile is now %+v, want the role admin to stick", got)
	}
	free := decoded[bank.Transfer](t, ask(t, b, "POST", "/v2/accounts/acc-1001/transfers",
		`{"to":"acc-2001","amount":100,"currency":"EUR","reference":"GIFT","fee":0}`))
	if free.Fee != 0 {
		t.Errorf("the fee is %d, want the 0 of the body to stick", free.Fee)
	}
	other := decoded[bank.Transfer](t, ask(t, b, "POST", "/v2/accounts/acc-1001/transfers",
		`{"from":"acc-2001","to":"acc-1001","amount":100,"currency":"EUR","reference":"GIFT"}`))
	if other.Payer != "bob" {
		t.Errorf("%s paid, want the account of the body to pay rather than that of the path", other.Payer)
	}
}

func TestANewPasswordIsKeptAsAHashOnly(t *testing.T) {
	b := bank.New()
	before := decoded[bank.Customer](t, ask(t, b, "GET", "/v2/user/profile", ""))
	w := ask(t, b, "PATCH", "/v2/user/profile", `{"password":"correct horse battery"}`)
	after := decoded[bank.Customer](t, w)
	if after.Password != "" || after.PasswordHash == before.PasswordHash {
		t.Errorf("the record is now %+v, want another hash and no password", after)
	}
}

func TestTransfer(t *testing.T) {
	type order struct{ from, to, amount string }
	for name, c := range map[string]struct {
		order     order
		status    int
		fromAfter int64
	}{
		"moves_the_amount_and_takes_the_fee":           {order{"acc-1001", "acc-2001", "10000"}, 201, 248_310 - 10_000 - 25},
		"takes_money_where_the_amount_is_negative":     {order{"acc-1001", "acc-2001", "-10000"}, 201, 248_310 + 10_000 - 25},
		"is_refused_where_the_money_is_lacking":        {order{"acc-1001", "acc-2001", "248310"}, 409, 248_310},
		"takes_money_from_somebody_elses_account":      {order{"acc-2001", "acc-1001", "1"}, 201, 248_310 + 1},
		"is_refused_from_an_account_that_is_not_there": {order{"acc-9999", "acc-1001", "1"}, 404, 248_310},
		"is_refused_to_an_account_that_does_not_exist": {order{"acc-1001", "acc-9999", "1"}, 404, 248_310},
		"is_refused_to_the_same_account":               {order{"acc-1001", "acc-1001", "1"}, 409, 248_310},
	} {
		t.Run(name, func(t *testing.T) {
			b := bank.New()
			body := `{"to":"` + c.order.to + `","amount":` + c.order.amount + `,"currency":"EUR","reference":"GIFT"}`
			if w := ask(t, b, "POST", "/v2/accounts/"+c.order.from+"/transfers", body); w.Code != c.status {
				t.Errorf("status %d, want %d: %s", w.Code, c.status, w.Body)
			}
			from := decoded[bank.Account](t, ask(t, b, "GET", "/v2/accounts/acc-1001", ""))
			if from.Balance != c.fromAfter {
				t.Errorf("the balance is %d, want %d", from.Balance, c.fromAfter)
			}
		})
	}
}

func TestManyTransfersAtOnceLoseNoMoney(t *testing.T) {
	b := bank.New()
	balances := func() int64 {
		var sum int64
		for _, owner := range []string{"alice", "bob"} {
			for _, account := range decoded[[]bank.Account](t, ask(t, b, "GET", "/v2/accounts", "", "X-Caller-Subject", owner)) {
				sum += account.Balance
			}
		}
		return sum
	}
	before := balances()
	var senders sync.WaitGroup
	for i := range 50 {
		from, to, owner := "acc-1001", "acc-2001", "alice"
		if i%2 == 1 {
			from, to, owner = to, from, "bob"
		}
		senders.Go(func() {
			ask(t, b, "POST", "/v2/accounts/"+from+"/transfers", `{"to":"`+to+`","amount":100,"fee":0}`, "X-Caller-Subject", owner)
		})
	}
	senders.Wait()
	if after := balances(); after != before {
		t.Errorf("the two customers hold %d together, want the %d they had", after, before)
	}
	page := decoded[bank.Page](t, ask(t, b, "GET", "/v2/transactions?limit=1", ""))
	if want := "tx-00244"; len(page.Items) != 1 || page.Items[0].ID > want || page.Items[0].ID < "tx-00243" {
		t.Errorf("the newest line of alice is %+v, want one of the last two of 244", page.Items)
	}
}

func TestTransactionsComeInPages(t *testing.T) {
	b := bank.New()
	var ids []string
	cursor, pages := "", 0
	for {
		page := decoded[bank.Page](t, ask(t, b, "GET", "/v2/transactions?limit=20&cursor="+cursor, "", "X-Caller-Subject", "alice"))
		for _, item := range page.Items {
			if item.Owner != "alice" {
				t.Errorf("%s belongs to %s", item.ID, item.Owner)
			}
			ids = append(ids, item.ID)
		}
		pages++
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if pages != 3 || len(ids) != 48 {
		t.Errorf("%d transactions on %d pages, want 48 on 3", len(ids), pages)
	}
	for i := 1; i < len(ids); i++ {
		if ids[i] >= ids[i-1] {
			t.Fatalf("%s comes after %s, want the newest first and none twice", ids[i], ids[i-1])
		}
	}
	one := decoded[bank.Page](t, ask(t, b, "GET", "/v2/transactions?reference=RENT-2026-07", "", "X-Caller-Subject", "carol"))
	if len(one.Items) != 1 || one.Items[0].Account != "acc-3001" {
		t.Errorf("carol's rent of July is %+v, want one transaction", one.Items)
	}
}

func TestAnyPageMayAsk(t *testing.T) {
	b := bank.New()
	w := ask(t, b, "OPTIONS", "/v2/transfers", "", "Origin", "https://evil.example", "Access-Control-Request-Method", "POST")
	if w.Code != http.StatusNoContent || w.Header().Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("preflight: status %d, fields %v", w.Code, w.Header())
	}
	if !strings.Contains(w.Header().Get("Access-Control-Allow-Headers"), "Authorization") {
		t.Error("preflight: Authorization is not allowed by name")
	}
	if b.Heard() != 0 {
		t.Errorf("heard %d after a preflight, want 0", b.Heard())
	}
	if w := ask(t, b, "GET", "/nowhere", ""); w.Header().Get("X-Bank-Saw") != "yes" || b.Heard() != 1 {
		t.Errorf("heard %d and X-Bank-Saw %q after one request", b.Heard(), w.Header().Get("X-Bank-Saw"))
	}
}

func TestABodyHasALimitEvenHere(t *testing.T) {
	server := httptest.NewServer(bank.New())
	defer server.Close()
	for method, path := range map[string]string{"PATCH": "/v2/user/profile", "POST": "/v2/accounts/acc-1001/transfers"} {
		r, err := http.NewRequest(method, server.URL+path, strings.NewReader(strings.Repeat(" ", 70<<10)))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		if answer.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: status %d, want 413", method, answer.StatusCode)
		}
	}
}
