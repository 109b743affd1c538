package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"sallyport/script"
)

// onlyHTTP1 names the scripts that cannot hold over HTTP/2, with the reason.
func onlyHTTP1() map[string]string {
	return map[string]string{
		"a-bearer-scheme-without-a-token-is-no-credential":       "a value that ends in a space is malformed in HTTP/2 (RFC 9113 §8.2.1), where HTTP/1.1 takes the space off",
		"a-connection-too-many-is-turned-away":                   "the connection is turned away before it says what it speaks, in HTTP/1.1",
		"a-request-line-has-one-reading":                         "a request line is of HTTP/1.1: an empty target goes out as /",
		"a-second-host-is-refused":                               "the client sends one authority and no second Host, nor one with a space",
		"a-websocket-is-opened-as-it-has-to-be":                  "over HTTP/2 a WebSocket is told to come by HTTP/1.1 (505), however it is asked for",
		"control-characters-in-a-target-are-refused":             "net/http resets the stream, and its client asks again for minutes, where the script expects an answer",
		"http2-is-taken-in-the-clear-where-the-listener-says-so": "it tells HTTP/1.1 and HTTP/2 apart itself",
		"the-host-of-an-absolute-target-counts":                  "HTTP/2 has no absolute target: the host stands beside the path (RFC 9113 §8.3.1)",
	}
}

// TestScriptsOverHTTP2 runs the scripts once more, through the other door. Those
// that send nothing which could go over HTTP/2 are left to TestScripts.
func TestScriptsOverHTTP2(t *testing.T) {
	runner, not := scriptRunner(t), onlyHTTP1()
	runner.HTTP2 = true
	ran := 0
	runScripts(t, runner, "testdata", func(path string) bool {
		s, err := script.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(path), ".txtar")
		_, listed := not[name]
		delete(not, name)
		if listed || !slices.ContainsFunc(s.Lines, asks) || slices.ContainsFunc(s.Lines, startsByFlags) {
			return false
		}
		ran++
		return true
	})
	if ran < 180 {
		t.Errorf("only %d scripts were run", ran)
	}
	for name := range not {
		t.Errorf("there is no script %s", name)
	}
}

// asks tells a command whose request can go over HTTP/2.
func asks(l script.Line) bool {
	words := strings.Fields(l.Text)
	of1 := func(word string) bool {
		return slices.Contains([]string{"raw", "--http1.0", "--keep", "--chunked", "--no-host", "--to=admin"}, word)
	}
	return slices.Contains([]string{"get", "head", "post", "put", "patch", "delete", "options", "request", "repeat", "parallel", "background"}, l.Name) &&
		!slices.ContainsFunc(words, of1)
}

// startsByFlags tells a command that starts a gateway of flags alone: none of
// them has its listener take HTTP/2 in the clear.
func startsByFlags(l script.Line) bool { return strings.HasPrefix(l.Text, "gateway flags") }

// TestScriptsOverHTTP2AreSoIndeed looks at what the backend is told.
func TestScriptsOverHTTP2AreSoIndeed(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "http2-is-taken-in-the-clear-where-the-listener-says-so.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	archive := txtar.Parse(text)
	archive.Comment = []byte("gateway gateway.yaml\nget /orders --to=2\nstatus 200\nupstream header Via '=2 sallyport'\n" +
		"get /orders --to=2 --keep\nupstream header Via '=1.1 sallyport'\n")
	path := filepath.Join(t.TempDir(), "indeed.txtar")
	if err := os.WriteFile(path, txtar.Format(archive), 0o600); err != nil {
		t.Fatal(err)
	}
	runner := scriptRunner(t)
	runner.HTTP2 = true
	if r := runner.Run(t.Context(), path); r.Err != nil {
		t.Error(r.Text())
	}
}
