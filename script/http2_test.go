package script

import "testing"

func TestOpenedTakesHTTP2InTheClear(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"flow": {
			"listen: [ { address: a }, {address: b} ]\nadmin: { address: c }\n",
			"listen: [ { \"h2c\": true,  address: a }, { \"h2c\": true, address: b} ]\nadmin: { address: c }\n",
		},
		"block": {
			"listen:\n  - address: a\n    plain_http: true\n  - address: b\n",
			"listen:\n  - h2c: true\n    address: a\n    plain_http: true\n  - h2c: true\n    address: b\n",
		},
		"json":           {`{"listen": [{"address": "a"}]}`, `{"listen": [{ "h2c": true, "address": "a"}]}`},
		"tls":            {"listen: [ { address: a, tls: { key: k } } ]\n", ""},
		"redirect":       {"listen: [ { address: a, redirect: true } ]\n", ""},
		"said_already":   {"listen: [ { address: a, h2c: false } ]\n", ""},
		"other_document": {"openapi: 3.1.0\n", ""},
		"no_list":        {"listen: here\n", ""},
		"no_yaml":        {"listen: [ {\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			want := c.want
			if want == "" {
				want = c.text
			}
			if got := string(opened([]byte(c.text))); got != want {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}
