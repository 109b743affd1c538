package bank

import (
	"net/http"
	"strconv"
)

// Transaction is one line of the ledger as the database has it; FraudScore stays inside.
type Transaction struct {
	ID           string `json:"id"`
	Account      string `json:"account"`
	Owner        string `json:"owner"`
	BookedOn     string `json:"bookedOn"`
	Amount       int64  `json:"amount"` // in cents; money that left is negative
	Currency     string `json:"currency"`
	Counterparty string `json:"counterparty"`
	Reference    string `json:"reference"`

	FraudScore int `json:"fraudScore"`
}

// Page is one page of transactions, newest first; Next is the cursor of the following one.
type Page struct {
	Items []Transaction `json:"items"`
	Next  string        `json:"next,omitempty"`
}

// listTransactions pastes the wanted reference into the text of its query, as no query should be made.
func (b *Bank) listTransactions(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	clause := "owner = '" + caller(r) + "'"
	if reference := query.Get("reference"); reference != "" {
		clause += " AND reference = '" + reference + "'"
	}
	matches, err := parseWhere(clause)
	if err != nil {
		crash(w, err)
		return
	}
	limit, err := strconv.Atoi(query.Get("limit"))
	if err != nil || limit < 1 {
		limit = 20
	}
	reply(w, http.StatusOK, b.page(matches, query.Get("cursor"), limit))
}

// page collects up to limit matching transactions that are older than the cursor.
func (b *Bank) page(matches predicate, cursor string, limit int) Page {
	b.mu.Lock()
	defer b.mu.Unlock()
	page := Page{Items: []Transaction{}}
	started := cursor == ""
	for i := len(b.transactions) - 1; i >= 0; i-- {
		row := b.transactions[i]
		if !started {
			started = row.ID == cursor
			continue
		}
		if !matches(row.column) {
			continue
		}
		if len(page.Items) == limit {
			page.Next = page.Items[limit-1].ID
			break
		}
		page.Items = append(page.Items, row)
	}
	return page
}

// column gives a clause the columns it may name.
func (t Transaction) column(name string) (string, bool) {
	switch name {
	case "id":
		return t.ID, true
	case "account":
		return t.Account, true
	case "owner":
		return t.Owner, true
	case "counterparty":
		return t.Counterparty, true
	case "reference":
		return t.Reference, true
	}
	return "", false
}
