package sallyport_test

import (
	"regexp"
	"testing"
	"time"

	"sallyport"
)

func TestExchangeID(t *testing.T) {
	env, _ := newEnv()
	now := time.UnixMilli(0x0197f1c21111)
	env.Now = func() time.Time { return now }
	v7 := regexp.MustCompile(`^0197f1c2-1111-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`) // RFC 9562 §5.7
	seen := make(map[string]bool)
	for range 100 {
		_, x := serveIn(t.Context(), env, plan(answering(200, "")))
		if !v7.MatchString(x.ID) || seen[x.ID] {
			t.Fatalf("%s", x.ID)
		}
		seen[x.ID] = true
	}
	_, before := serveIn(t.Context(), env, plan(answering(200, "")))
	now = now.Add(time.Millisecond)
	if _, after := serveIn(t.Context(), env, plan(answering(200, ""))); after.ID <= before.ID {
		t.Errorf("%s is not before %s", before.ID, after.ID)
	}
}

func TestPrincipal(t *testing.T) {
	left := &sallyport.Credential{Scheme: "left", Kind: sallyport.Unchecked, ID: "never", Subject: ""}
	key := &sallyport.Credential{Scheme: "key", Kind: "key", ID: "key:ann", Consumer: "ann"}
	token := &sallyport.Credential{Scheme: "jwt", Kind: "jwt", ID: "https://id|bob", Subject: "bob"}
	for _, c := range []struct {
		name        string
		credentials []*sallyport.Credential
		id, subject string
	}{
		{"nobody", nil, "", ""},
		{"left to the backend", []*sallyport.Credential{left}, "", ""},
		{"a key", []*sallyport.Credential{left, key}, "key:ann", "ann"},
		{"a key and a token", []*sallyport.Credential{key, token}, "key:ann", "bob"},
	} {
		p := &sallyport.Principal{Credentials: c.credentials}
		if p.ID() != c.id || p.Subject() != c.subject || p.Anonymous() != (c.credentials == nil) || (p.Proved() == nil) != (c.id == "") {
			t.Errorf("%s: id %q, subject %q", c.name, p.ID(), p.Subject())
		}
		if p.Credential("none") != nil {
			t.Errorf("%s: a credential of no scheme", c.name)
		}
	}
}

func TestParam(t *testing.T) {
	x := &sallyport.Exchange{Op: &sallyport.Operation{Params: []string{"a", "b"}}, Params: []string{"1", "2%2F"}}
	if v, ok := x.Param("b"); v != "2%2F" || !ok {
		t.Errorf("%q, %v", v, ok)
	}
	if _, ok := x.Param("c"); ok {
		t.Error("a parameter that is not there")
	}
}
