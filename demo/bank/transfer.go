package bank

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"
)

// usualFee is what a transfer costs unless the body says otherwise, which it should not be able to.
const usualFee = 25

// Transfer is an order to move money, and the record of it.
type Transfer struct {
	ID        string `json:"id"`
	Payer     string `json:"payer"` // who owns From
	From      string `json:"from"`
	Payee     string `json:"payee"` // who owns To
	To        string `json:"to"`
	Amount    int64  `json:"amount"` // in cents
	Currency  string `json:"currency"`
	Reference string `json:"reference"`
	Fee       int64  `json:"fee"`
	BookedOn  string `json:"bookedOn"`

	FraudScore int `json:"fraudScore"`
}

// listTransfers returns the newest hundred of the account that is asked for, or of all accounts, to
// whoever asks (OWASP API1, BOLA).
func (b *Bank) listTransfers(w http.ResponseWriter, r *http.Request) {
	account := r.URL.Query().Get("account")
	b.mu.Lock()
	found := []Transfer{}
	for _, t := range slices.Backward(b.transfers) {
		if len(found) < 100 && (account == "" || t.From == account || t.To == account) {
			found = append(found, t)
		}
	}
	b.mu.Unlock()
	reply(w, http.StatusOK, found)
}

// transfer moves money between two accounts, at once or not at all, whoever owns the one to pay from
// (OWASP API1, BOLA). It decodes the body over its own defaults, so a body that names fee, or
// from, sets them.
func (b *Bank) transfer(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		complain(w, http.StatusRequestEntityTooLarge, "The body is too large.")
		return
	}
	order := Transfer{From: r.PathValue("accountId"), Fee: usualFee, FraudScore: 12, Currency: "EUR"}
	if err := json.Unmarshal(body, &order); err != nil {
		crash(w, err)
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	from, to := b.account(order.From), b.account(order.To)
	switch {
	case from == nil || to == nil:
		complain(w, http.StatusNotFound, "There is no such account.")
	case from == to || from.Currency != order.Currency || to.Currency != order.Currency:
		complain(w, http.StatusConflict, "The two accounts must differ and both be in the currency of the transfer.")
	case from.Balance-order.Fee < order.Amount:
		complain(w, http.StatusConflict, "There is not enough money in the account.")
	default:
		reply(w, http.StatusCreated, b.book(order, from, to))
	}
}

// book moves the money and writes both lines of the ledger; the caller holds the lock. A negative
// amount takes money instead of giving it: the bank never thought of one.
func (b *Bank) book(order Transfer, from, to *Account) Transfer {
	order.ID, order.Payer, order.Payee = transferID(len(b.transfers)+1), from.Owner, to.Owner
	order.BookedOn = time.Now().UTC().Format(time.DateOnly)
	from.Balance -= order.Amount + order.Fee
	to.Balance += order.Amount
	b.enter(from, to.Owner, order.BookedOn, -order.Amount-order.Fee, order.Reference)
	b.enter(to, from.Owner, order.BookedOn, order.Amount, order.Reference)
	b.transfers = append(b.transfers, order)
	return order
}

func transferID(number int) string { return fmt.Sprintf("tr-%05d", number) }

// enter appends one line to the ledger; the caller holds the lock.
func (b *Bank) enter(account *Account, counterparty, day string, amount int64, reference string) {
	b.transactions = append(b.transactions, Transaction{
		ID:           fmt.Sprintf("tx-%05d", len(b.transactions)+1),
		Account:      account.ID,
		Owner:        account.Owner,
		BookedOn:     day,
		Amount:       amount,
		Currency:     account.Currency,
		Counterparty: counterparty,
		Reference:    reference,
		FraudScore:   (len(b.transactions)*37 + 11) % 100,
	})
}
