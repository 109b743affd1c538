package demo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"
)

const refusedLine = `ts=2026-11-22T07:21:49Z level=INFO msg=request request_id=one status=404 decision=refused error="the rule at \"a\" b:1:2: no" principal=x` + "\n"

func TestJournalPassesOnAndRemembers(t *testing.T) {
	var out bytes.Buffer
	j := newJournal(&out)
	text := "ts=1 level=INFO msg=ready operations=8\n" + refusedLine
	if n, err := j.Write([]byte(text)); n != len(text) || err != nil || out.String() != text {
		t.Errorf("%d written of %d, %v: %q", n, len(text), err, out.String())
	}
	want := map[string]string{"status": "404", "decision": "refused", "error": `the rule at "a" b:1:2: no`}
	if got := j.find(t.Context(), "one"); !maps.Equal(got, want) {
		t.Errorf("the line is %q, want %q", got, want)
	}
	for i := range journalSize {
		fmt.Fprintf(j, "msg=request request_id=other-%d status=200\n", i)
	}
	if len(j.lines) != journalSize || len(j.order) != journalSize || j.lines["one"] != nil {
		t.Errorf("%d lines of %d ids are remembered, want the newest %d", len(j.lines), len(j.order), journalSize)
	}
}

func TestJournalWaitsForALine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJournal(new(bytes.Buffer))
		mux := http.NewServeMux()
		mux.Handle("GET /log/{id}", j)
		w, answered := httptest.NewRecorder(), make(chan struct{})
		go func() {
			mux.ServeHTTP(w, httptest.NewRequest("GET", "/log/one", nil))
			close(answered)
		}()
		synctest.Wait()
		fmt.Fprint(j, "msg=request request_id=two status=200\n", refusedLine)
		<-answered
		var line map[string]string
		if err := json.Unmarshal(w.Body.Bytes(), &line); err != nil || line["status"] != "404" {
			t.Errorf("%d: %s", w.Code, w.Body)
		}
		began := time.Now()
		w = httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest("GET", "/log/three", nil))
		if w.Code != http.StatusNotFound || time.Since(began) != journalWait {
			t.Errorf("%d after %v, want 404 after %v", w.Code, time.Since(began), journalWait)
		}
	})
}

// What package slog writes is read back as it was, whatever it is.
func FuzzAttributes(f *testing.F) {
	f.Add("the rule at a:1:2: no", "x")
	f.Add(`a="b`, "")
	f.Add("\n \xff\u2028=", `"`)
	f.Fuzz(func(t *testing.T, first, second string) {
		var line bytes.Buffer
		slog.New(slog.NewTextHandler(&line, nil)).Info("request", "first", first, "second", second)
		got := attributes(line.String())
		if got["msg"] != "request" || got["first"] != first || got["second"] != second {
			t.Fatalf("%q and %q are read as %q", first, second, got)
		}
		attributes(first) // whatever stands there, it ends
	})
}
