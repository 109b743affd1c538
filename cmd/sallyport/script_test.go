package main

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"sallyport/script"
)

// TestMain makes the test binary the command itself where it is called so:
// scripts run what users run, and under the race detector where the tests do.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "sallyport" {
		muteStandardLog()
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
		stop()
		os.Exit(code)
	}
	os.Exit(m.Run())
}

// command is the test binary under the command's name. It is a copy, since a
// link would not be the executable that the command finds itself to be.
func command(t *testing.T) string {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "sallyport")
	if err := os.WriteFile(path, text, 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestScripts runs every script of testdata. To run one:
// go test ./cmd/sallyport -run 'TestScripts/its-name'.
func TestScripts(t *testing.T) { runScripts(t, scriptRunner(t), "testdata", anyScript) }

// TestExamples runs the scripts of the examples as a user would.
func TestExamples(t *testing.T) { runScripts(t, scriptRunner(t), "../../examples", anyScript) }

func scriptRunner(t *testing.T) *script.Runner {
	t.Helper()
	return &script.Runner{Command: []string{command(t)}, Environment: []string{"GORACE=atexit_sleep_ms=0"}}
}

func anyScript(string) bool { return true }

// runScripts runs those scripts of a folder whose path is wanted.
func runScripts(t *testing.T, runner *script.Runner, folder string, wanted func(path string) bool) {
	t.Helper()
	paths, err := script.Find(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if !wanted(path) {
			continue
		}
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			if r := runner.Run(t.Context(), path); r.Err != nil {
				t.Error(r.Text())
			}
		})
	}
}

// TestReferenceExample runs the script that the reference page shows.
func TestReferenceExample(t *testing.T) {
	var text strings.Builder
	for line := range strings.Lines(script.Reference()) {
		if code, ok := strings.CutPrefix(line, "    "); ok {
			text.WriteString(code)
		} else if line == "\n" && text.Len() > 0 {
			text.WriteString(line)
		}
	}
	path := filepath.Join(t.TempDir(), "example.txtar")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := (&script.Runner{Command: []string{command(t)}}).Run(t.Context(), path); r.Err != nil || r.Commands < 8 {
		t.Errorf("%d commands\n%s", r.Commands, r.Text())
	}
}
