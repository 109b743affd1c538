package bank

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
)

// Customer is a record as the database has it. The bank sends it as it is: the fields from Role on
// are nobody's business outside.
type Customer struct {
	ID          string `json:"id"`
	DisplayName string `json:"displayName"`
	Email       string `json:"email"`
	Phone       string `json:"phone"`
	MemberSince string `json:"memberSince"`

	Role         string `json:"role"`
	PasswordHash string `json:"passwordHash"`
	NationalID   string `json:"nationalId"`
	RiskNotes    string `json:"riskNotes"`

	Password string `json:"password,omitempty"` // a new one, in a change; stored only as its hash
}

// dumpCustomers is the forgotten endpoint: the whole table, to anyone.
func (b *Bank) dumpCustomers(w http.ResponseWriter, _ *http.Request) {
	b.mu.Lock()
	all := make([]Customer, 0, len(b.order))
	for _, id := range b.order {
		all = append(all, *b.customers[id])
	}
	b.mu.Unlock()
	reply(w, http.StatusOK, all)
}

func (b *Bank) readProfile(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	found, ok := b.customers[caller(r)]
	var customer Customer
	if ok {
		customer = *found
	}
	b.mu.Unlock()
	if !ok {
		complain(w, http.StatusNotFound, "There is no such customer.")
		return
	}
	reply(w, http.StatusOK, customer)
}

// changeProfile decodes the body straight over the record, so every field of it can be written: mass
// assignment, by which a customer becomes an administrator.
func (b *Bank) changeProfile(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		complain(w, http.StatusRequestEntityTooLarge, "The body is too large.")
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	stored, ok := b.customers[caller(r)]
	if !ok {
		complain(w, http.StatusNotFound, "There is no such customer.")
		return
	}
	changed := *stored
	if err := json.Unmarshal(body, &changed); err != nil {
		crash(w, err)
		return
	}
	if changed.Password != "" {
		changed.PasswordHash, changed.Password = hashed(changed.Password), ""
	}
	*stored = changed
	reply(w, http.StatusOK, changed)
}

// hashed is fast and unsalted: what a leaked table makes of passwords is part of the lesson.
func hashed(password string) string {
	sum := sha256.Sum256([]byte(password))
	return "sha256:" + hex.EncodeToString(sum[:])
}
