package postgres

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

func TestParse(t *testing.T) {
	for _, name := range []string{"PGSSLMODE", "PGCONNECT_TIMEOUT", "PGSERVICE", "PGHOST"} {
		t.Setenv(name, "")
	}
	for url, c := range map[string]struct {
		says     string // "" is no error
		tls      bool
		verifies bool
	}{
		"postgres://u:secret@db.example/s":                                           {"", true, true},
		"postgres://u:secret@db.example/s?sslmode=verify-full":                       {"", true, true},
		"postgres://u:secret@db.example/s?sslmode=require":                           {"", true, false},
		"postgres://u:secret@db.example/s?sslmode=disable":                           {"", false, false},
		"postgres://u:secret@db.example/s?sslmode=prefer":                            {"in the clear", false, false},
		"postgres://u:secret@db.example/s?sslmode=allow":                             {"in the clear", false, false},
		"postgres://u:secret@192.0.2.1:5432/s":                                       {"", true, true},
		"postgres://u:secret@localhost,db.example/s":                                 {"", true, true},
		"postgres://u:secret@127.0.0.1/s?sslmode=disable":                            {"", false, false},
		"postgresql://u:secret@[::1]/s?sslmode=disable":                              {"", false, false},
		"postgres:///s?host=/run/postgresql":                                         {"", false, false},
		"postgres:///s?host=/run/postgresql&default_query_exec_mode=simple_protocol": {"simple_protocol", false, false},
		"postgres://u:secret@db.example/s?sslmode=secret":                            {"settings", false, false},
		"postgres://u:secret@db.example:secret/s":                                    {"form", false, false},
		"postgres://u:secret@db.example/s?sslrootcert=/none.pem&sslmode=verify-full": {"/none.pem", false, false},
		"mysql://u:secret@db.example/s":                                              {"form", false, false},
		"host=db.example password=secret":                                            {"form", false, false},
		"postgres://u:secret@db.example/" + strings.Repeat("x", 5000):                {"longer", false, false},
		"": {"form", false, false},
	} {
		config, err := Parse(url)
		if c.says != "" {
			if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "u:secret") || strings.Contains(err.Error(), "=secret") {
				t.Errorf("%s: error is %v", url, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", url, err)
			continue
		}
		last := config.ConnConfig.TLSConfig
		if n := len(config.ConnConfig.Fallbacks); n > 0 {
			last = config.ConnConfig.Fallbacks[n-1].TLSConfig
		}
		if (last != nil) != c.tls || last != nil && (!last.InsecureSkipVerify) != c.verifies {
			t.Errorf("%s: TLS is %+v", url, last)
		}
	}
}

func TestSettings(t *testing.T) {
	t.Setenv("PGCONNECT_TIMEOUT", "")
	config, err := Parse("postgres:///s?host=/run&statement_timeout=7&search_path=public")
	if err != nil {
		t.Fatal(err)
	}
	c := config.ConnConfig
	if p := c.RuntimeParams; p["statement_timeout"] != "7" || p["lock_timeout"] != "10000" || p["search_path"] != "sallyport" {
		t.Errorf("settings are %v", p)
	}
	if c.ConnectTimeout != connectWithin || config.MaxConns != connections {
		t.Errorf("connects within %v, %d times", c.ConnectTimeout, config.MaxConns)
	}
	config, err = Parse("postgres:///s?host=/run&connect_timeout=60&pool_max_conns=3")
	if err != nil {
		t.Fatal(err)
	}
	if config.ConnConfig.ConnectTimeout.Seconds() != 60 || config.MaxConns != 3 {
		t.Errorf("connects within %v, %d times", config.ConnConfig.ConnectTimeout, config.MaxConns)
	}
}

// FuzzParse holds that no URL is taken that would go in the clear without saying
// so, or by the simple protocol.
func FuzzParse(f *testing.F) {
	for _, url := range []string{
		"postgres://u:p@db.example/s?sslmode=prefer", "postgres://[::1]:1/s", "postgres://a,b:1/s?host=/x",
		"postgresql:///s?host=%2Frun&sslmode=allow", "postgres://h/s?default_query_exec_mode=simple_protocol&sslmode=disable",
		"postgres://h/?service=x&sslmode", "postgres://%zz@h/s",
	} {
		f.Add(url)
	}
	f.Fuzz(func(t *testing.T, url string) {
		if strings.Contains(url, "service") || strings.Contains(url, "file") || strings.Contains(url, "ssl") && !strings.Contains(url, "sslmode") {
			return // reads files
		}
		config, err := Parse(url)
		if err != nil {
			return
		}
		c := config.ConnConfig
		if c.DefaultQueryExecMode == pgx.QueryExecModeSimpleProtocol {
			t.Error("the simple protocol")
		}
		if mayBeClear(c) && !strings.Contains(url, "disable") {
			t.Errorf("%q goes to another machine in the clear", url)
		}
	})
}
