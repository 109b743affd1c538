package forward

import (
	"testing"

	"sallyport/message"
)

func TestStrip(t *testing.T) {
	u := &Upstream{Strip: []string{"/shop/v1", "/shop"}}
	for _, c := range []struct{ path, base, rest string }{
		{"/shop/v1/items", "/shop/v1", "/items"},
		{"/shop/v1", "/shop/v1", "/"},
		{"/shop/v10/items", "/shop", "/v10/items"},
		{"/shopping", "", "/shopping"},
		{"/shop/", "/shop", "/"},
		{"/", "", "/"},
	} {
		if base, rest := u.strip(c.path); base != c.base || rest != c.rest {
			t.Errorf("%s is %q and %q, want %q and %q", c.path, base, rest, c.base, c.rest)
		}
	}
	if base, rest := new(Upstream).strip("/shop/v1"); base != "" || rest != "/shop/v1" {
		t.Errorf("without a base path: %q and %q", base, rest)
	}
}

func TestRebase(t *testing.T) {
	for _, c := range []struct{ base, prefix, name, value, want string }{
		{"/v1", "", "location", "/items/4?a=b", "/v1/items/4?a=b"},
		{"/v1", "", "Content-Location", "/items/4", "/v1/items/4"},
		{"/v1", "", "Location", "items/4", "items/4"},
		{"/v1", "", "Location", "//other.example/", "//other.example/"},
		{"/v1", "", "Location", "https://shop.example/items", "https://shop.example/items"},
		{"/v1", "", "Link", "/items", "/items"},
		{"", "", "Location", "/items", "/items"},
		{"/shop/v1", "/in", "Location", "/in/x?a", "/shop/v1/x?a"},
		{"/shop/v1", "/in", "Location", "/x", "/shop/v1/x"},
		{"/shop/v1", "/in", "Location", "/inner/x", "/shop/v1/inner/x"},
		{"", "/in", "Location", "/in/x", "/x"},
		{"", "/in", "Location", "/in", "/"},
		{"", "/in", "Location", "/in?a", "/?a"},
		{"", "/in", "Location", "/in//other.example/", "/in//other.example/"},
		{"", "/in", "Link", "/in/x", "/in/x"},
	} {
		fields := message.Fields{{Name: c.name, Value: c.value}}
		if rebase(fields, c.base, c.prefix); fields[0].Value != c.want {
			t.Errorf("%s: %s of a target at %q behind %q becomes %s, want %s", c.name, c.value, c.prefix, c.base, fields[0].Value, c.want)
		}
	}
}
