package config

import (
	"fmt"
	"strings"
	"testing"
)

const leastForStore = "apis: [{ name: bank, document: bank.yaml, upstream: { targets: http://127.0.0.1:9000 } }]\n"

func TestStoreURL(t *testing.T) {
	for _, test := range []struct{ written, shown, dsn string }{
		{"", "sqlite:dir/sallyport.db", ""},
		{"store: sqlite:keys.db\n", "sqlite:dir/keys.db", ""},
		{"store: sqlite:/var/keys.db\n", "sqlite:/var/keys.db", ""},
		{"store: postgres://gateway@db:5433/who\n", "postgres://gateway@db:5433/who", "postgres://gateway@db:5433/who"},
		{"store: postgres://gateway:${PASSWORD}@db/who\n", "postgres://gateway@db/who", "postgres://gateway:hunter2@db/who"},
		{"store: ${URL}\n", "postgresql://gateway@db/who", "postgresql://gateway:hunter2@db/who?sslmode=require"},
		{"store: { url: \"postgres:///who?host=/run/postgresql\" }\n", "postgres:///who", "postgres:///who?host=/run/postgresql"},
	} {
		r := Reader{Environment: func(name string) (string, bool) {
			value, ok := map[string]string{"PASSWORD": "hunter2", "URL": "postgresql://gateway:hunter2@db/who?sslmode=require"}[name]
			return value, ok
		}}
		c, err := r.Parse("dir/f.yaml", []byte(test.written+leastForStore))
		if err != nil {
			t.Errorf("%q: %v", test.written, err)
			continue
		}
		equal(t, test.written, c.Store.URL.String(), test.shown)
		equal(t, test.written, c.Store.URL.Postgres.Reveal(), test.dsn)
		if text := fmt.Sprintf("%v %+v %#v", c.Store, c.Store, c.Store.URL); strings.Contains(text, "hunter2") {
			t.Errorf("%q: %s", test.written, text)
		}
	}
}

func TestStoreFromEnvironment(t *testing.T) {
	r := Reader{Environment: func(name string) (string, bool) {
		value, ok := map[string]string{
			"SALLYPORT_STORE_URL": "postgres://gateway:hunter2@db/who", "SALLYPORT_KEYRING_MASTER": "c2VjcmV0",
		}[name]
		return value, ok
	}}
	c, err := r.Parse("f.yaml", []byte(leastForStore))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "the URL", c.Store.URL.Postgres.Reveal(), "postgres://gateway:hunter2@db/who")
	equal(t, "the master key", c.Keyring.Master.Value.Reveal(), "c2VjcmV0")
	equal(t, "its file", c.Keyring.Master.File, "")
}

func TestMasterKey(t *testing.T) {
	r := Reader{Environment: func(name string) (string, bool) { return "c2VjcmV0", name == "MASTER" }}
	for written, want := range map[string][2]string{
		"":                                     {"dir/sallyport.key", ""},
		"keyring: file:/etc/m.key\n":           {"/etc/m.key", ""},
		"keyring: { master: \"${MASTER}\" }\n": {"", "c2VjcmV0"},
	} {
		c, err := r.Parse("dir/f.yaml", []byte(written+leastForStore))
		if err != nil {
			t.Fatal(err)
		}
		equal(t, written, [2]string{c.Keyring.Master.File, c.Keyring.Master.Value.Reveal()}, want)
	}
}
