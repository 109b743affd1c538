package forward

import (
	"testing"

	"sallyport"
)

// TestFieldsAllocateTheirListAndOneText holds what is written anew for each
// request to two allocations, however much a caller is known by.
func TestFieldsAllocateTheirListAndOneText(t *testing.T) {
	u := &Upstream{Prefix: "X-Caller-"}
	x := exchange(t, "GET", "/", "", "Accept", "*/*", "Connection", "keep-alive", "Cookie", "a=1", "X-Tenant", "t1")
	x.Caller = sallyport.Principal{Credentials: []*sallyport.Credential{{
		Scheme: "jwt", Kind: "jwt", ID: "https://id.example|ann", Subject: "ann", Tenant: "t1", Issuer: "https://id.example", Scopes: []string{"read", "write"}, Roles: []string{"a,b", "c"},
	}}}
	if n := testing.AllocsPerRun(100, func() {
		if _, err := u.fields(x); err != nil {
			t.Fatal(err)
		}
	}); n > 2 {
		t.Errorf("%v allocations", n)
	}
}
