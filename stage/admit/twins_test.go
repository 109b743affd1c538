package admit

import (
	"strings"
	"testing"

	"sallyport"
	"sallyport/message"
	"sallyport/problem"
)

func named(names string) message.Fields {
	var fields message.Fields
	for name := range strings.FieldsSeq(names) {
		fields = append(fields, message.Field{Name: name, Value: "v"})
	}
	return fields
}

func isOurs(name string) bool {
	return strings.HasPrefix(name, "X-Caller") || strings.HasPrefix(name, "X_Caller")
}

func TestTwins(t *testing.T) {
	for _, c := range []struct{ known, came, left string }{
		{"", "Accept X-Tenant", "Accept X-Tenant"},
		{"X-Tenant", "X-Tenant x-tenant", "X-Tenant x-tenant"},
		{"X-Tenant", "X_Tenant Accept", "Accept"},
		{"X-Tenant", "X-Tenant X_TENANT", "X-Tenant"},
		{"X-Tenant-Id", "X_Tenant-Id X-Tenant_Id X-Tenant-Id", "X-Tenant-Id"},
		{"api_key", "api_key", "api_key"},
		{"api_key", "API-KEY api_key", "api_key"},
		{"", "X_Mine", "X_Mine"},
		{"", "X_Mine X-Mine", "X-Mine"},
		{"", "x_mine X_Mine", "x_mine X_Mine"},
		{"", "Content_Length Content-Length", "Content-Length"},
		{"", "Transfer_Encoding Content-Length", "Content-Length"},
		{"", "content_length", ""},
		{"", "Keep_Alive Proxy_Connection Content_Type Content_Encoding Accept", "Accept"},
		{"", "Transfer-Encoding Keep-Alive", "Transfer-Encoding Keep-Alive"},
		{"Content_Length", "Content_Length", "Content_Length"}, // the operation reads it by that name
		{"X-Tenant", "X_Tenants X0Tenant", "X_Tenants X0Tenant"},
		{"X-Tenant", "X.Tenant X~tenant Accept", "Accept"}, // servers for CGI that fold whatever is neither letter nor digit
		{"x.tenant", "X-Tenant X_Tenant x.tenant", "x.tenant"},
		{"", "X.Mine X-Mine", "X-Mine"},
		{"", "Content.Length Transfer.Encoding Content-Length", "Content-Length"},
		{"", "X.Mine Accept", "X.Mine Accept"},
		{"", "X-Caller-Id X_Caller_Id X-Caller_Id", "X-Caller-Id X_Caller_Id X-Caller_Id"}, // nobody's reach the backend
	} {
		known := strings.Fields(c.known)
		x := &sallyport.Exchange{Request: &message.Request{Fields: named(c.came)}}
		if err := NewTwins(true, known, isOurs).Run(x); err != nil {
			t.Errorf("%s beside %q: %v", c.came, c.known, err)
		}
		var left []string
		for _, f := range x.Request.Fields {
			left = append(left, f.Name)
		}
		if got := strings.Join(left, " "); got != c.left {
			t.Errorf("of %s beside %q %q is left, want %q", c.came, c.known, got, c.left)
		}
		x = &sallyport.Exchange{Request: &message.Request{Fields: named(c.came)}}
		err := NewTwins(false, known, isOurs).Run(x)
		if refused := err != nil; refused != (c.left != c.came) || refused && problem.As(err).Kind != problem.RequestMalformed {
			t.Errorf("%s beside %q: %v", c.came, c.known, err)
		}
	}
}

func TestTwinsDoNotAllocate(t *testing.T) {
	x := &sallyport.Exchange{Request: &message.Request{Fields: named("Accept Host X-Tenant X_Other")}}
	step := NewTwins(false, []string{"X-Tenant", "api_key"}, isOurs)
	if n := testing.AllocsPerRun(100, func() { _ = step.Run(x) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
