package main

import (
	"net/http"
	"strings"
)

// works are the tables.
func works(b *bed) []*work {
	haproxy := peer{Name: "haproxy", command: []string{"haproxy", "-db", "-f", "CONFIG"}, config: "haproxy.cfg"}
	nginx := peer{Name: "nginx", command: []string{"nginx", "-c", "CONFIG"}, config: "nginx.conf"}
	caddy := peer{Name: "caddy", command: []string{"caddy", "run", "--config", "CONFIG", "--adapter", "caddyfile"}, config: "Caddyfile"}
	ours := func(name, answers, log, security string) peer {
		return peer{
			Name: name, command: []string{"SALLYPORT", "serve", "--config", "CONFIG"}, config: "sallyport.yaml",
			Answers: answers, Log: log, Security: security, checks: true,
		}
	}
	jwt := haproxy
	jwt.Name, jwt.config, jwt.checks = "haproxy, jwt_verify", "haproxy-jwt.cfg", true
	withoutToken := func(url string) *http.Request {
		r, _ := http.NewRequest("GET", url+"/v1/guarded/1", nil)
		return r
	}
	return []*work{
		{
			name:  "plain",
			about: "A GET through the proxy, 1 KB of JSON as the answer, keep-alive on both sides. Sallyport routes by its document, refuses what is not declared, counts and logs every request; `checked` also holds every answer to its schema.",
			path:  "/v1/things/1",
			peers: []peer{haproxy, nginx, caddy, ours("sallyport, no log", "off", "none", ""), ours("sallyport", "off", "all", ""), ours("sallyport, checked", "prune", "all", "")},
		},
		{
			name:  "token",
			about: "The same with an RS256 token that every request repeats, and a limit that is not reached.",
			path:  "/v1/guarded/1", script: "token.lua",
			peers: []peer{jwt, ours("sallyport", "off", "all", "jwt")},
			bad:   withoutToken,
		},
		{
			name:  "tokens",
			about: "The same with 20,000 tokens in turn.",
			path:  "/v1/guarded/1", script: "tokens.lua",
			peers: []peer{jwt, ours("sallyport", "off", "all", "jwt")},
			bad:   withoutToken,
		},
		{
			name:  "order",
			about: "A POST of a 2 KB order that is held to its schema; the others pass it on unread.",
			path:  "/v1/orders", script: "order.lua",
			peers: []peer{haproxy, nginx, ours("sallyport", "off", "all", "")},
			bad: func(url string) *http.Request {
				r, _ := http.NewRequest("POST", url+"/v1/orders", strings.NewReader(`{"admin": true}`))
				r.Header.Set("Content-Type", "application/json")
				return r
			},
		},
	}
}
