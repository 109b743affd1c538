package sqlite

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sallyport/store"
	"sallyport/store/tables"
)

func entry() store.Entry {
	return store.Entry{At: time.Unix(1e9, 0), Actor: "cli:tester", Action: "test", Outcome: "done"}
}

// TestDamagedAudit changes what must only be added to.
func TestDamagedAudit(t *testing.T) {
	for statement, want := range map[string]int64{
		`UPDATE audit SET actor = 'token:other' WHERE number = 2`:                     2,
		`UPDATE audit SET at = at + 1 WHERE number = 1`:                               1,
		`UPDATE audit SET action = 'tes', object = 't' WHERE number = 3`:              3, // moved from field to field
		`DELETE FROM audit WHERE number = 1`:                                          1,
		`DELETE FROM audit WHERE number = 3`:                                          3,
		`DELETE FROM audit WHERE number > 3`:                                          4, // cut off
		`DELETE FROM audit`:                                                           1,
		`UPDATE audit SET number = -2 WHERE number = 2`:                               2,
		`UPDATE audit SET hash = x'00' WHERE number = 4`:                              4,
		`UPDATE audit SET detail = '' WHERE number = 4`:                               0, // it was ''
		`UPDATE audit SET hash = (SELECT a.hash FROM audit a WHERE a.number = 1)`:     2,
		`UPDATE audit SET number = number + 10; UPDATE audit SET number = number - 9`: 1,
		`UPDATE head SET hash = x'00'`:                                                5,
	} {
		p := place(filepath.Join(t.TempDir(), "s.db"))
		s := p.Open(t)
		for range 5 {
			if err := s.WriteEntry(t.Context(), entry()); err != nil {
				t.Fatal(err)
			}
		}
		p.exec(t, statement)
		got, err := s.VerifyEntries(t.Context())
		if err != nil || got != want {
			t.Errorf("%s: the first entry that does not fit is %d, not %d (%v)", statement, got, want, err)
		}
	}
}

// TestLostHead takes the row away by which all is counted.
func TestLostHead(t *testing.T) {
	p := place(filepath.Join(t.TempDir(), "s.db"))
	s := p.Open(t)
	p.exec(t, `DELETE FROM head`)
	for doing, err := range map[string]error{
		"writing":   s.WriteEntry(t.Context(), entry()),
		"verifying": second(s.VerifyEntries(t.Context())),
		"changes":   second(s.LastChange(t.Context())),
		"awaiting":  s.Await(t.Context(), 0),
	} {
		if err == nil || errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: error is %v, as if there were nothing", doing, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// TestChangesAreBounded makes one more than are kept.
func TestChangesAreBounded(t *testing.T) {
	p := place(filepath.Join(t.TempDir(), "s.db"))
	s := p.Open(t)
	p.exec(t, `INSERT INTO changes (number, kind, id) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT i, 'key', '' FROM n`, tables.KeptChanges)
	p.exec(t, `UPDATE head SET changes = ?`, tables.KeptChanges)
	all, err := s.ChangesAfter(t.Context(), 0, 1)
	if err != nil || all[0].Number != 1 {
		t.Errorf("the first change is %v, error %v", all, err)
	}
	if err := s.PutSecret(t.Context(), &store.Secret{Name: "n", Sealed: []byte("s")}, entry()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.ChangesAfter(t.Context(), 0, 1); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a change that must be forgotten: error %v", err)
	}
	all, err = s.ChangesAfter(t.Context(), 1, tables.KeptChanges+1)
	if err != nil || len(all) != tables.KeptChanges {
		t.Errorf("%d changes are kept, error %v", len(all), err)
	}
}

// TestPlan holds the statement of the request path to its indexes.
func TestPlan(t *testing.T) {
	e, err := start(t.Context(), newFile(t), tables.Migrate)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	var plan []string
	err = e.Query(t.Context(), "EXPLAIN QUERY PLAN "+tables.KeyByHash, func(r tables.Row) error {
		var id, parent, unused int
		var detail string
		err := r.Scan(&id, &parent, &unused, &detail)
		plan = append(plan, detail)
		return err
	}, []byte("hash"))
	if err != nil {
		t.Fatal(err)
	}
	if len(plan) != 2 || !strings.HasPrefix(plan[0], "SEARCH k USING INDEX") || !strings.HasSuffix(plan[0], "(hash=?)") ||
		!strings.HasPrefix(plan[1], "SEARCH c USING INDEX") || !strings.HasSuffix(plan[1], "(id=?)") {
		t.Errorf("the plan is %q", plan)
	}
}

func newFile(t testing.TB) string {
	path := filepath.Join(t.TempDir(), "s.db")
	if err := prepareFile(path); err != nil {
		t.Fatal(err)
	}
	return path
}
