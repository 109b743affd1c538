package bank

import (
	"encoding/json"
	"fmt"
	"net/http"
	"runtime/debug"
)

// reply writes one JSON answer.
func reply(w http.ResponseWriter, status int, body any) {
	replyAs(w, "application/json", status, body)
}

// complain writes the bank's own problem document (RFC 9457): the few things it does refuse.
func complain(w http.ResponseWriter, status int, detail string) {
	replyAs(w, "application/problem+json", status, map[string]any{
		"title": http.StatusText(status), "status": status, "detail": detail,
	})
}

func replyAs(w http.ResponseWriter, mediaType string, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		crash(w, err)
		return
	}
	w.Header().Set("Content-Type", mediaType)
	w.WriteHeader(status)
	// A client that went away is no news to a backend.
	_, _ = w.Write(append(text, '\n'))
}

// crash shows the debug page that somebody forgot to switch off: the error and the stack.
func crash(w http.ResponseWriter, err error) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(http.StatusInternalServerError)
	fmt.Fprintf(w, "unhandled error: %v\ndatabase: ledger-primary.bank.internal:5432\n\n%s", err, debug.Stack())
}
