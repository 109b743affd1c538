package main

import (
	"fmt"
	"net/http"
	"strings"
)

// works are the tables.
func works() []*work {
	haproxy := peer{Name: "haproxy", command: []string{"haproxy", "-db", "-f", "CONFIG"}, config: "haproxy.cfg"}
	nginx := peer{Name: "nginx", command: []string{"nginx", "-c", "CONFIG"}, config: "nginx.conf"}
	caddy := peer{Name: "caddy", command: []string{"caddy", "run", "--config", "CONFIG", "--adapter", "caddyfile"}, config: "Caddyfile"}
	jwt := haproxy
	jwt.Name, jwt.config, jwt.checks = "haproxy, jwt_verify", "haproxy-jwt.cfg", true
	ours := peer{
		Name: "sallyport", command: []string{"SALLYPORT", "serve", "--config", "CONFIG"}, config: "sallyport.yaml", checks: true,
		Document: "document.yaml", Answers: "off", Log: "all",
	}
	checked, silent, limited := ours, ours, ours
	checked.Name, checked.Answers = "sallyport, answers checked", "prune"
	silent.Name, silent.Log = "sallyport, no log", "none"
	limited.Limit = "50000000/1m"
	with := func(p peer, routes int) peer {
		p.Routes, p.Name = routes, fmt.Sprintf("%s, %d", p.Name, routes)
		if p.Document != "" {
			p.Document = fmt.Sprintf("routes-%d.yaml", routes)
		}
		return p
	}
	token := func(name, about, script string, anew bool) *work {
		return &work{name: name, about: about, path: "/v1/guarded/1", script: script, anew: anew, peers: []peer{jwt, limited}, bad: func(base string) *http.Request {
			r, _ := http.NewRequest("GET", base+"/v1/guarded/1", nil)
			return r
		}}
	}
	return []*work{
		{
			name:  "plain",
			about: "A GET, 1 KB of JSON as the answer, keep-alive on both sides. Sallyport routes by its document, refuses what is not declared, counts and logs every request; the last row also holds every answer to its schema.",
			path:  "/v1/things/1",
			peers: []peer{haproxy, nginx, caddy, silent, ours, checked},
		},
		token("token", "The same with an RS256 token that every request repeats, and a limit that is not reached.", "token.lua", false),
		token("thousand", "The same with a thousand tokens in turn.", "thousand.lua", false),
		token("tokens", "The same with a token that was never seen before in each request. The gateways start anew for each turn.", "tokens.lua", true),
		{
			name:  "order",
			about: "A POST of a 2 KB order that Sallyport holds to its schema; the others pass it on unread.",
			path:  "/v1/orders", script: "order.lua",
			peers: []peer{haproxy, nginx, ours},
			bad: func(base string) *http.Request {
				r, _ := http.NewRequest("POST", base+"/v1/orders", strings.NewReader(`{"admin": true}`))
				r.Header.Set("Content-Type", "application/json")
				return r
			},
		},
		{
			name:  "routes",
			about: "A GET of one of 10 and of 10,000 paths, each asked for in turn. haproxy looks the beginning of the path up in a map.",
			path:  "/", script: "routes.lua",
			peers: []peer{with(haproxy, 10), with(haproxy, 10_000), with(ours, 10), with(ours, 10_000)},
		},
		{
			name:  "tls",
			about: "The plain GET over TLS 1.3 from the client, HTTP/1.1, connections kept.",
			path:  "/v1/things/1", tls: true,
			peers: []peer{haproxy, nginx, caddy, ours},
		},
		{
			name:  "http2",
			about: "The plain GET over TLS and HTTP/2 from the client, 8 connections with 16 streams each, by h2load; HTTP/1.1 to the backend.",
			path:  "/v1/things/1", tls: true, load: (*bed).streams,
			peers: []peer{haproxy, nginx, caddy, ours},
		},
		{
			name:  "steady",
			about: "The plain GET at a fixed 4,000 requests a second over 32 connections, by h2load: what a client waits when nothing is saturated.",
			path:  "/v1/things/1", load: (*bed).steadily,
			peers: []peer{haproxy, nginx, caddy, ours},
		},
	}
}
