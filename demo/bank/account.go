package bank

import "net/http"

// Account is a record as the database has it; CreditScore and BranchNote were never meant to leave.
type Account struct {
	ID       string `json:"id"`
	Owner    string `json:"owner"`
	Name     string `json:"name"`
	IBAN     string `json:"iban"`
	Currency string `json:"currency"`
	Balance  int64  `json:"balance"` // in cents

	CreditScore int    `json:"creditScore"`
	BranchNote  string `json:"branchNote"`
}

func (b *Bank) listAccounts(w http.ResponseWriter, r *http.Request) {
	owner := caller(r)
	b.mu.Lock()
	own := []Account{}
	for _, account := range b.accounts {
		if account.Owner == owner {
			own = append(own, *account)
		}
	}
	b.mu.Unlock()
	reply(w, http.StatusOK, own)
}

// readAccount looks the account up by its id and never asks whose it is (OWASP API1, BOLA).
func (b *Bank) readAccount(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	found := b.account(r.PathValue("accountId"))
	var account Account
	if found != nil {
		account = *found
	}
	b.mu.Unlock()
	if found == nil {
		complain(w, http.StatusNotFound, "There is no such account.")
		return
	}
	reply(w, http.StatusOK, account)
}

// account finds an account by id, or nil; the caller holds the lock.
func (b *Bank) account(id string) *Account {
	for _, account := range b.accounts {
		if account.ID == id {
			return account
		}
	}
	return nil
}
