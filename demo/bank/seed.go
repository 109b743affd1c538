package bank

import "time"

// seed fills the bank with made-up people. Phone numbers are from the range that is kept free for
// fiction, mail addresses from a name that can never be registered (RFC 2606), account numbers from a
// country code that no country gets (ISO 3166-1 keeps XX for users).
func (b *Bank) seed() {
	for _, c := range []Customer{
		{ID: "alice", DisplayName: "Alice Abend", Email: "alice@mail.example", Phone: "+44 20 7946 0101", MemberSince: "2017-03-14",
			NationalID: "ZZ 10 42 77 A", RiskNotes: "Asked for a raise of her limit twice. Watch."},
		{ID: "bob", DisplayName: "Bob Brückner", Email: "bob@mail.example", Phone: "+44 20 7946 0102", MemberSince: "2019-11-02",
			NationalID: "ZZ 22 19 03 B", RiskNotes: "Late with rent in March. No overdraft."},
		{ID: "carol", DisplayName: "Carol Chen", Email: "carol@mail.example", Phone: "+44 20 7946 0103", MemberSince: "2021-06-30",
			NationalID: "ZZ 31 55 60 C", RiskNotes: "Politically exposed person. Call the manager first."},
		{ID: "dave", DisplayName: "Dave Okafor", Email: "dave@mail.example", Phone: "+44 20 7946 0104", MemberSince: "2023-01-09",
			NationalID: "ZZ 48 12 95 D", RiskNotes: "Fraud case 2231 still open. Do not tell him."},
		{ID: "erin", DisplayName: "Erin Svensson", Email: "erin@mail.example", Phone: "+44 20 7946 0105", MemberSince: "2024-08-21",
			NationalID: "ZZ 57 08 34 E", RiskNotes: "New employer unverified."},
	} {
		c.Role, c.PasswordHash = "customer", hashed("made up for "+c.ID)
		b.customers[c.ID] = &c
		b.order = append(b.order, c.ID)
	}
	b.accounts = []*Account{
		{ID: "acc-1001", Owner: "alice", Name: "Current account", IBAN: "XX31BANK00001001", Currency: "EUR", Balance: 248_310, CreditScore: 712, BranchNote: "upsell card"},
		{ID: "acc-1002", Owner: "alice", Name: "Savings", IBAN: "XX32BANK00001002", Currency: "EUR", Balance: 1_250_000, CreditScore: 712, BranchNote: ""},
		{ID: "acc-2001", Owner: "bob", Name: "Current account", IBAN: "XX61BANK00002001", Currency: "EUR", Balance: 61_845, CreditScore: 588, BranchNote: "refuse overdraft"},
		{ID: "acc-3001", Owner: "carol", Name: "Current account", IBAN: "XX91BANK00003001", Currency: "EUR", Balance: 4_720_500, CreditScore: 803, BranchNote: "private banking"},
		{ID: "acc-4001", Owner: "dave", Name: "Current account", IBAN: "XX24BANK00004001", Currency: "EUR", Balance: 9_120, CreditScore: 431, BranchNote: "freeze on order"},
		{ID: "acc-5001", Owner: "erin", Name: "Current account", IBAN: "XX54BANK00005001", Currency: "EUR", Balance: 187_400, CreditScore: 655, BranchNote: ""},
	}
	b.seedTransfers()
	b.seedLedger()
}

// seedTransfers are from the month before the ledger begins.
func (b *Bank) seedTransfers() {
	for i, t := range []Transfer{
		{From: "acc-1001", To: "acc-2001", Amount: 4_200, Reference: "DINNER"},
		{From: "acc-2001", To: "acc-3001", Amount: 18_000, Reference: "CAR-SHARE"},
		{From: "acc-3001", To: "acc-1001", Amount: 6_550, Reference: "CONCERT"},
		{From: "acc-4001", To: "acc-2001", Amount: 30_000, Reference: "LOAN-BACK"},
		{From: "acc-5001", To: "acc-3001", Amount: 99_000, Reference: "SUBLET"},
		{From: "acc-2001", To: "acc-1001", Amount: 2_100, Reference: "TAXI"},
		{From: "acc-3001", To: "acc-4001", Amount: 12_500, Reference: "LAWYER"},
	} {
		t.ID, t.Currency, t.Fee, t.FraudScore = transferID(i+1), "EUR", usualFee, (i*29+7)%100
		t.Payer, t.Payee = b.account(t.From).Owner, b.account(t.To).Owner
		t.BookedOn = time.Date(2026, time.April, 3*i+2, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
		b.transfers = append(b.transfers, t)
	}
}

// seedLedger gives every account the same four regular payments in each of six months.
func (b *Bank) seedLedger() {
	payments := []struct {
		counterparty, reference string
		day                     int
		amount                  int64
	}{
		{"Northgate Housing", "RENT", 1, -95_000},
		{"City Power and Water", "POWER", 5, -8_240},
		{"Corner Grocery", "GROCERIES", 17, -5_615},
		{"Halberd Works Ltd", "SALARY", 28, 231_000},
	}
	for month := time.May; month <= time.October; month++ {
		for _, payment := range payments {
			day := time.Date(2026, month, payment.day, 0, 0, 0, 0, time.UTC)
			for _, account := range b.accounts {
				reference := payment.reference + "-" + day.Format("2006-01")
				b.enter(account, payment.counterparty, day.Format(time.DateOnly), payment.amount, reference)
			}
		}
	}
}
