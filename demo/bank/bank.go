// Package bank is the sample backend of the demo: a small bank held in memory, with customers,
// accounts, transactions and transfers.
//
// It is naive on purpose, in the ways of the OWASP API Security Top 10 (2023), so that a gateway in
// front of it has something to do:
//
//   - it authenticates nobody and believes what a token says without checking it (API2);
//   - it returns whole records, password hashes included, to whoever asks (API3);
//   - it writes whatever field a body names (API3);
//   - it never asks whose an account is: who knows the id reads it, lists its transfers and pays
//     from it (API1);
//   - it limits nothing (API4), keeps a forgotten version alive (API9), pastes a parameter into a
//     query and shows its stack when a body is broken (API8).
//
// It refuses to be anything else: do not put it on a network. All people, numbers and secrets in it
// are made up. What is not a lesson is done properly: money moves atomically or not at all, bodies
// have a size limit, and any number of requests may run at once.
package bank

import (
	"net/http"
	"path"
	"sync"
	"sync/atomic"
	"time"
)

// maxBody is more than any honest request of this API needs.
const maxBody = 64 << 10

// Bank is the backend; it is an http.Handler.
type Bank struct {
	routes *http.ServeMux
	heard  atomic.Int64

	mu           sync.Mutex
	customers    map[string]*Customer
	order        []string // ids of the customers as they joined: maps have none
	accounts     []*Account
	transactions []Transaction // oldest first
	transfers    []Transfer    // oldest first
}

// New returns a bank with its seeded customers, accounts and transactions.
func New() *Bank {
	b := &Bank{routes: http.NewServeMux(), customers: map[string]*Customer{}}
	b.seed()
	for pattern, handle := range map[string]http.HandlerFunc{
		"GET /v1/users/all":            b.dumpCustomers,
		"GET /v2/status":               b.status,
		"GET /v2/user/profile":         b.readProfile,
		"PATCH /v2/user/profile":       b.changeProfile,
		"GET /v2/accounts":             b.listAccounts,
		"GET /v2/accounts/{accountId}": b.readAccount,
		"GET /v2/transactions":         b.listTransactions,
		"GET /v2/transfers":            b.listTransfers,

		"POST /v2/accounts/{accountId}/transfers": b.transfer,
	} {
		b.routes.HandleFunc(pattern, handle)
	}
	return b
}

// Heard counts the requests that reached the bank, CORS preflights left out: a test asks it whether
// a refused request was kept from the backend.
func (b *Bank) Heard() int64 { return b.heard.Load() }

// ServeHTTP answers one request and says in X-Bank-Saw that it reached the bank.
func (b *Bank) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	allowAnyOrigin(w.Header())
	if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
		allowAnyRequest(w.Header())
		w.WriteHeader(http.StatusNoContent)
		return
	}
	b.heard.Add(1)
	w.Header().Set("X-Bank-Saw", "yes")
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	b.routes.ServeHTTP(w, flattened(r))
}

// allowAnyOrigin is what a backend in development answers to every web page there is.
func allowAnyOrigin(h http.Header) {
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "*")
}

// allowAnyRequest is the rest of it, for a preflight. A "*" would not cover Authorization (Fetch,
// CORS-preflight fetch).
func allowAnyRequest(h http.Header) {
	h.Set("Access-Control-Allow-Methods", "GET, POST, PATCH")
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, X-Caller-Subject")
	h.Set("Access-Control-Max-Age", "600")
}

// flattened decodes and cleans the path before it is routed, so that /v2/accounts/..%2F..%2Fv1/users/all
// has one reading for whoever checks the path as it came and another one here.
func flattened(r *http.Request) *http.Request {
	u := *r.URL
	u.Path, u.RawPath = path.Clean("/"+u.Path), ""
	flat := r.Clone(r.Context())
	flat.URL = &u
	return flat
}

// status says that the bank is open, and a little more than it should.
func (b *Bank) status(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, map[string]any{
		"status":   "open",
		"time":     time.Now().UTC().Format(time.RFC3339),
		"database": "ledger-primary.bank.internal:5432",
		"build":    "bank 4.11.2, debug",
	})
}
