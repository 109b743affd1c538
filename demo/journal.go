package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// journalSize is how many requests the journal remembers, some 300 bytes each.
	journalSize = 512
	// journalWait is how long the page waits for a line: it is written after the answer went out.
	journalWait = 2 * time.Second
)

// told are the attributes of a line that the page shows.
var told = [...]string{"method", "status", "decision", "operation", "reason", "policy", "error", "foreign_items", "masked", "upstream_status"}

// journal passes the gateway's log on, and remembers what it says of the newest requests. A gateway in
// earnest tells nobody outside which rule refused them: the page does, for learning.
type journal struct {
	out io.Writer

	mu    sync.Mutex
	lines map[string]map[string]string // attributes by request id
	order []string                     // ids, oldest first
	news  chan struct{}                // closed, and made anew, when a line has come
}

func newJournal(out io.Writer) *journal {
	return &journal{out: out, lines: map[string]map[string]string{}, news: make(chan struct{})}
}

// Write takes whole lines, in the form that package slog calls text.
func (j *journal) Write(lines []byte) (int, error) {
	for line := range bytes.Lines(lines) {
		if all := attributes(string(line)); all["msg"] == "request" && all["request_id"] != "" {
			j.remember(all)
		}
	}
	return j.out.Write(lines)
}

func (j *journal) remember(all map[string]string) {
	line := map[string]string{}
	for _, name := range told {
		if value, ok := all[name]; ok {
			line[name] = value
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	id := all["request_id"]
	if _, known := j.lines[id]; !known {
		j.order = append(j.order, id)
	}
	j.lines[id] = line
	if len(j.order) > journalSize {
		delete(j.lines, j.order[0])
		j.order = j.order[1:]
	}
	close(j.news)
	j.news = make(chan struct{})
}

// find waits for the line of a request; it is nil if none comes before ctx ends.
func (j *journal) find(ctx context.Context, id string) map[string]string {
	for {
		j.mu.Lock()
		line, news := j.lines[id], j.news
		j.mu.Unlock()
		if line != nil {
			return line
		}
		select {
		case <-news:
		case <-ctx.Done():
			return nil
		}
	}
}

// ServeHTTP answers with what the log says of the request in the path.
func (j *journal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), journalWait)
	defer cancel()
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	line := j.find(ctx, r.PathValue("id"))
	if line == nil {
		http.Error(w, "The log has no such request.", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	// A browser that went away is no news.
	_ = json.NewEncoder(w).Encode(line)
}

// attributes reads a line of key=value, with values in quotes where they need them.
func attributes(line string) map[string]string {
	all := map[string]string{}
	for line = strings.TrimSpace(line); line != ""; line = strings.TrimLeft(line, " ") {
		name, rest, ok := strings.Cut(line, "=")
		if !ok {
			break
		}
		value, after, _ := strings.Cut(rest, " ")
		if quoted, err := strconv.QuotedPrefix(rest); err == nil {
			after = rest[len(quoted):]
			value, _ = strconv.Unquote(quoted) // which a quoted prefix always can be
		}
		all[name], line = value, after
	}
	return all
}
