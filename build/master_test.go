package build

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sallyport/config"
)

func TestMaster(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("good.key", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n")
	write("bad.key", "hunter2\n")
	write("token", "hvs.token\n")
	write("ca.pem", "nothing\n")
	for name, c := range map[string]struct{ keyring, named, wrong string }{
		"a file":                  {"file:good.key", "key:", ""},
		"a file that is not made": {"file:new.key", "file:" + filepath.Join(dir, "new.key"), ""},
		"a file that is no key":   {"file:bad.key", "", "f.yaml:1:10: "},
		"a variable":              {"${MASTER}", "key:", ""},
		"a variable that is none": {"${WRONG}", "", "f.yaml:1:10: "},
		"Vault":                   {"{ vault: { address: https://vault.example.com, token: file:token, key: sallyport } }", "vault:transit/sallyport", ""},
		"Vault without roots":     {"{ vault: { address: https://vault.example.com, token: file:token, key: sallyport, ca: ca.pem } }", "", "f.yaml:1:19: "},
		"Vault without a file":    {"{ vault: { address: https://vault.example.com, token: file:token, key: sallyport, ca: none.pem } }", "", "f.yaml:1:96: "},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			reader := config.Reader{Environment: func(name string) (string, bool) {
				value, ok := map[string]string{"MASTER": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "WRONG": "hunter2"}[name]
				return value, ok
			}}
			parsed, err := reader.Parse(filepath.Join(dir, "f.yaml"), []byte("keyring: "+c.keyring+"\napis:\n  - { name: a, document: a.yaml, upstream: http://127.0.0.1:1 }\n"))
			if err != nil {
				t.Fatal(err)
			}
			m, err := Master(&parsed.Keyring)
			switch {
			case c.wrong != "":
				if err == nil || !strings.Contains(err.Error(), c.wrong) || strings.Contains(err.Error(), "hunter2") {
					t.Errorf("%v, want a mistake at %s", err, c.wrong)
				}
			case err != nil || !strings.HasPrefix(m.Name(), c.named):
				t.Errorf("%v, %v", m, err)
			}
		})
	}
}
