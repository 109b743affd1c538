package bank

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// usualFee is what a transfer costs unless the body says otherwise, which it should not be able to.
const usualFee = 25

// Transfer is an order to move money, and the record of it.
type Transfer struct {
	ID        string `json:"id"`
	From      string `json:"from"`
	To        string `json:"to"`
	Amount    int64  `json:"amount"` // in cents
	Currency  string `json:"currency"`
	Reference string `json:"reference"`
	Fee       int64  `json:"fee"`
	BookedOn  string `json:"bookedOn"`

	FraudScore int `json:"fraudScore"`
}

// transfer moves money between two accounts, at once or not at all. It decodes the body over its own
// defaults, so a body that names fee or fraudScore sets them.
func (b *Bank) transfer(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		complain(w, http.StatusRequestEntityTooLarge, "The body is too large.")
		return
	}
	order := Transfer{Fee: usualFee, FraudScore: 12, Currency: "EUR"}
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
	case from.Owner != caller(r):
		complain(w, http.StatusForbidden, "The account to pay from belongs to somebody else.")
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
	b.transfers++
	order.ID = fmt.Sprintf("tr-%05d", b.transfers)
	order.BookedOn = time.Now().UTC().Format(time.DateOnly)
	from.Balance -= order.Amount + order.Fee
	to.Balance += order.Amount
	b.enter(from, to.Owner, order.BookedOn, -order.Amount-order.Fee, order.Reference)
	b.enter(to, from.Owner, order.BookedOn, order.Amount, order.Reference)
	return order
}

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
