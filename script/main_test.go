package script

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"sallyport/problem"
)

// TestMain lets the test binary stand in for the gateway: a small program that
// keeps to the contract between runner and gateway and can do little else.
func TestMain(m *testing.M) {
	if os.Getenv("SCRIPT_STANDIN") != "" {
		os.Exit(standIn(os.Args[1:]))
	}
	os.Exit(m.Run())
}

func runner(t *testing.T) *Runner {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return &Runner{Command: []string{binary}, Environment: []string{"SCRIPT_STANDIN=1", "GORACE=atexit_sleep_ms=0"}}
}

func say(message string, pairs ...any) {
	line := map[string]any{"msg": message}
	for i := 0; i+1 < len(pairs); i += 2 {
		line[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	text, _ := json.Marshal(line)
	os.Stdout.Write(append(text, '\n'))
}

// standIn asks for the key "open" and passes everything else on.
func standIn(args []string) int {
	switch args[0] {
	case "cat":
		if _, err := io.Copy(os.Stdout, os.Stdin); err != nil {
			return 1
		}
		return 0
	case "echo":
		fmt.Println(strings.Join(args[1:], " "))
		return 0
	case "serve":
	default:
		fmt.Fprintf(os.Stderr, "no verb %s\n", args[0])
		return 2
	}
	config := args[len(args)-1]
	text, err := os.ReadFile(config)
	if err != nil || strings.Contains(string(text), "mistake") {
		fmt.Fprintf(os.Stderr, "%s:1:1: a mistake\n", config)
		return 1
	}
	backend, _ := url.Parse(os.Getenv("BACKEND"))
	proxy := httputil.NewSingleHostReverseProxy(backend)
	var requests atomic.Int64
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := fmt.Sprint("id-", requests.Add(1))
		w.Header().Set("X-Request-Id", id)
		switch {
		case r.URL.Path == "/metrics":
			fmt.Fprintf(w, "requests_total{code=\"200\"} 2\nrequests_total{code=\"401\"} 3\n")
		case r.URL.Path == "/panic":
			say("request", "request_id", id, "panic", "oh")
		case r.Header.Get("X-Key") != "open":
			refusal := problem.Refuse(problem.BodyInvalid, "no")
			refusal.Faults = []problem.Fault{{In: "header", Pointer: "/X-Key", Keyword: "required"}}
			answer := refusal.Response(problem.DefaultBase, id)
			for _, f := range answer.Fields {
				w.Header().Add(f.Name, f.Value)
			}
			w.WriteHeader(answer.Status)
			held, _ := answer.Body.Held()
			w.Write(held)
			say("request", "request_id", id, "status", answer.Status, "observed", map[string]any{"reason": "because"})
		default:
			proxy.ServeHTTP(w, r)
			say("request", "request_id", id, "status", 200)
		}
	})
	var servers []*http.Server
	for _, name := range []string{"api", "admin"} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return 1
		}
		server := &http.Server{Handler: handler, ErrorLog: silent()}
		go server.Serve(listener)
		servers = append(servers, server)
		say("listening", "listener", name, "address", listener.Addr().String(), "scheme", "http")
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGHUP)
	say("ready")
	for s := range signals {
		if s == syscall.SIGTERM {
			break
		}
		if text, _ := os.ReadFile(config); strings.Contains(string(text), "mistake") {
			say("reload refused", "error", config+":1:1: a mistake")
		} else {
			say("reloaded")
		}
	}
	say("draining")
	for _, server := range servers {
		server.Shutdown(context.Background())
	}
	return 0
}
