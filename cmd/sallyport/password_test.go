package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"sallyport/password"
)

// given is a file to read from that is no terminal.
func given(t *testing.T, text string) *os.File {
	t.Helper()
	path := t.TempDir() + "/stdin"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestReadPassword(t *testing.T) {
	for text, want := range map[string]string{
		"hunter2":      "hunter2",
		"hunter2\n":    "hunter2",
		"hunter2\r\n":  "hunter2",
		" two words\n": " two words",
	} {
		var prompt bytes.Buffer
		got, err := readPassword(given(t, text), &prompt)
		if err != nil || got != want || prompt.Len() > 0 {
			t.Errorf("%q gave %q, %v, asked %q", text, got, err, &prompt)
		}
	}
	if got, err := readPassword(given(t, "one\ntwo\n"), nil); err == nil {
		t.Errorf("two lines gave %q", got)
	}
}

func TestPasswordVerb(t *testing.T) {
	stdin := os.Stdin
	defer func() { os.Stdin = stdin }()
	for _, c := range []struct {
		text string
		args []string
		code int
		says string
	}{
		{"hunter2\n", nil, exitFine, "$argon2id$v=19$m=19456,t=2,p=1$"},
		{"hunter2\n", []string{"--memory=64", "--passes=1"}, exitFine, "$argon2id$v=19$m=64,t=1,p=1$"},
		{"\n", nil, exitFindings, "it is empty"},
		{strings.Repeat("a", 600), nil, exitFindings, "it is too long"},
		{"hunter2\n", []string{"--memory=1"}, exitFindings, "m is not a number of KiB"},
		{"hunter2\n", []string{"--memory=lots"}, exitUsage, "--memory"},
	} {
		os.Stdin = given(t, c.text)
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), append([]string{"password"}, c.args...), &stdout, &stderr)
		if code != c.code || !strings.Contains(stdout.String()+stderr.String(), c.says) {
			t.Errorf("%q %v: exit %d\n%s%s", c.text, c.args, code, &stdout, &stderr)
		}
		if code == exitFine {
			if right, err := password.Verify(strings.TrimSpace(stdout.String()), "hunter2"); !right {
				t.Errorf("what it prints is not the hash of the password: %v", err)
			}
		}
		if strings.Contains(stdout.String()+stderr.String(), "hunter2") {
			t.Error("the password is shown")
		}
	}
}
