package bank

import (
	"strings"
	"testing"
)

func oneRow(name string) (string, bool) {
	switch name {
	case "owner":
		return "alice", true
	case "reference":
		return "RENT", true
	}
	return "", false
}

func TestWhere(t *testing.T) {
	for clause, want := range map[string]bool{
		"owner = 'alice'":                                      true,
		"owner='bob'":                                          false,
		"'alice' = owner":                                      true,
		"owner = 'alice' AND reference = 'RENT'":               true,
		"owner = 'alice' AND reference = 'POWER'":              false,
		"owner = 'bob' AND reference = '' OR '1'='1'":          true,
		"owner = 'bob' and reference = '' or owner = 'alice'":  true,
		"owner = 'bob' OR owner = 'carol' AND '1'='1'":         false,
		"salary = ''":                                          false,
		"owner = 'alice' OR owner = 'bob' AND reference = 'X'": true,
	} {
		matches, err := parseWhere(clause)
		if err != nil {
			t.Errorf("%s: %v", clause, err)
		} else if got := matches(oneRow); got != want {
			t.Errorf("%s is %t, want %t", clause, got, want)
		}
	}
}

func TestWhereRefusesWhatItCannotRead(t *testing.T) {
	for _, clause := range []string{
		"", "owner", "owner =", "= 'alice'", "owner = 'alice", "owner = = 'alice'", "owner = 'alice' AND",
		"owner = 'alice' OR", "owner = 'alice' reference = 'RENT'", "owner = '" + strings.Repeat("x", maxClause) + "'",
	} {
		if _, err := parseWhere(clause); err == nil {
			t.Errorf("%.40q is accepted", clause)
		}
	}
}

func FuzzWhere(f *testing.F) {
	f.Add("owner = 'alice' AND reference = '' OR '1'='1'")
	f.Add("a='b'='c'")
	f.Add("''=''OR''")
	f.Fuzz(func(t *testing.T, clause string) {
		matches, err := parseWhere(clause)
		if (matches == nil) == (err == nil) {
			t.Fatalf("a predicate %t and the error %v", matches != nil, err)
		}
		if err != nil {
			return
		}
		matches(oneRow)
		// Or-ing a truth to what can be read makes it true: this is the injection itself.
		anyway, err := parseWhere(clause + " OR '1'='1'")
		if err != nil {
			if len(clause)+len(" OR '1'='1'") > maxClause {
				return
			}
			t.Fatalf("%q can be read alone but not with an OR: %v", clause, err)
		}
		if !anyway(oneRow) {
			t.Fatalf("%q OR a truth is false", clause)
		}
	})
}
