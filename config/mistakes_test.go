package config

import (
	"errors"
	"os"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"sallyport/source"
)

const mistakesFile = "testdata/mistakes.txtar"

// environment is the variables of all tests.
func environment(name string) (string, bool) {
	value, ok := map[string]string{
		"EMPTY": "", "WORD": "word", "SHORT": "short", "LONG": strings.Repeat("x", 63), "SECRET": strings.Repeat("s", 32),
		"ADDRESS": "127.0.0.1:9444", "COUNT": "17", "SIZE": "8KiB", "LEVEL": "debug", "PARTIAL": "true", "BACKEND": "127.0.0.1:9000",
	}[name]
	return value, ok
}

func reader() Reader { return Reader{Environment: environment} }

// TestMistakes compares every message with what is written down: an operator
// reads them to the letter.
func TestMistakes(t *testing.T) {
	archive, err := txtar.ParseFile(mistakesFile)
	if err != nil {
		t.Fatal(err)
	}
	written := &txtar.Archive{Comment: archive.Comment}
	for i, f := range archive.Files {
		if strings.HasSuffix(f.Name, ".says") {
			continue
		}
		_, err := reader().Parse("f.yaml", []byte(strings.ReplaceAll(string(f.Data), "least\n", least)))
		says := ""
		if err != nil {
			says = err.Error() + "\n"
		}
		written.Files = append(written.Files, f, txtar.File{Name: f.Name + ".says", Data: []byte(says)})
		if *write {
			continue
		}
		t.Run(f.Name, func(t *testing.T) {
			if i+1 == len(archive.Files) || archive.Files[i+1].Name != f.Name+".says" {
				t.Fatal("nothing is written down for it")
			}
			if want := string(archive.Files[i+1].Data); says != want || says == "" {
				t.Errorf("it says\n%s\nand not\n%s", says, want)
			}
			if strings.Contains(says, "hunter2") {
				t.Error("a secret is in the message")
			}
			var mistakes source.Mistakes
			if !errors.As(err, &mistakes) {
				t.Fatalf("%T is not source.Mistakes", err)
			}
		})
	}
	if *write {
		if err := os.WriteFile(mistakesFile, txtar.Format(written), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
