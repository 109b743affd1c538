package config

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"sallyport/source"
)

// least is the smallest configuration there is.
const least = `apis:
  - name: bank
    document: bank.yaml
    upstream: http://127.0.0.1:9000
`

const variables = `admin: { address: "${ADDRESS}" }
sizes: { header_count: "${COUNT}", header_bytes: "${SIZE}" }
log: { level: "${LEVEL}", output: "$${x}/${WORD}-$WORD.log" }
apis:
  - name: bank
    document: bank.yaml
    partial: "${PARTIAL}"
    upstream: http://${BACKEND}/
    identify:
      token: { jwt: { issuer: i, audience: a, secret: "${SECRET}" } }
`

func parse(t *testing.T, text string) *Config {
	t.Helper()
	c, err := reader().Parse("dir/f.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func equal[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s is %v, not %v", what, got, want)
	}
}

func TestDefaults(t *testing.T) {
	c := parse(t, least)
	equal(t, "the number of listeners", len(c.Listen), 1)
	equal(t, "listen", c.Listen[0].Address, "127.0.0.1:8080")
	equal(t, "hsts", c.Listen[0].HSTS.Duration(), 180*24*time.Hour)
	equal(t, "admin", c.Admin.Address, "127.0.0.1:9443")
	equal(t, "header_bytes", c.Sizes.HeaderBytes, 32<<10)
	equal(t, "header_count", c.Sizes.HeaderCount, 100)
	equal(t, "target_bytes", c.Sizes.TargetBytes, 8<<10)
	equal(t, "held_bodies", c.Sizes.HeldBodies, 256<<20)
	equal(t, "the timeouts", [4]Duration{c.Timeouts.Header, c.Timeouts.Body, c.Timeouts.Idle, c.Timeouts.Drain},
		[4]Duration{Duration(10 * time.Second), Duration(time.Minute), Duration(75 * time.Second), Duration(30 * time.Second)})
	equal(t, "the log", [4]string{c.Log.Format, c.Log.Level, c.Log.Requests, c.Log.Output}, [4]string{"json", "info", "all", "stdout"})
	a := c.APIs[0]
	equal(t, "connect", a.Upstream.Connect.Duration(), 2*time.Second)
	equal(t, "the waits", [3]Duration{a.Upstream.FirstByte, a.Upstream.Idle, a.Upstream.Whole},
		[3]Duration{Duration(30 * time.Second), Duration(time.Minute), 0})
	equal(t, "host", a.Upstream.Host, "preserve")
	equal(t, "max_body", a.Request.MaxBody, 1<<20)
	equal(t, "patterns", a.Patterns, "linear")
	equal(t, "request", [3]string{a.Request.UndeclaredQuery, a.Request.UndeclaredProperties, a.Request.ReadOnly}, [3]string{"refuse", "refuse", "drop"})
	equal(t, "status", a.Request.Status, 400)
	equal(t, "mode", a.Answers.Mode, "prune")
	equal(t, "security_headers", a.Answers.SecurityHeaders, true)
	equal(t, "caller", a.Caller.Headers, "X-Caller-")
	equal(t, "the document", a.Document, filepath.Join("dir", "bank.yaml"))
	equal(t, "the files", c.Files, []string{"dir/f.yaml"})
}

// TestDefault: every default in the tags is of its type's form.
func TestDefault(t *testing.T) {
	structsUnder(reflect.TypeFor[Config](), "", func(typ reflect.Type, path string) {
		d := &decoder{}
		d.structure(reflect.New(typ).Elem(), nil, "")
		if err := d.mistakes.Err(); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}, map[reflect.Type]bool{})
	if c := Default(); len(c.Listen) != 1 || c.Sizes.HeaderCount != 100 || c.APIs != nil {
		t.Errorf("%+v", c)
	}
}

// TestEveryKey: the sample writes every key there is, and means something
// other than the default by most.
func TestEveryKey(t *testing.T) {
	const path = "testdata/every-key.yaml"
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	root, err := source.ReadFile(path, limits())
	if err != nil {
		t.Fatal(err)
	}
	names := make(map[string]bool)
	namesIn(root, names)
	structsUnder(reflect.TypeFor[Config](), "", func(typ reflect.Type, path string) {
		for _, f := range fieldsOf(typ) {
			_, isShort := reflect.New(typ).Interface().(brief)
			if !names[f.key] && !isShort {
				t.Errorf("the sample lacks %s.%s", path, f.key)
			}
		}
	}, map[reflect.Type]bool{})

	a := c.APIs[0]
	equal(t, "min_version", c.Listen[0].TLS.MinVersion, "1.3")
	equal(t, "the certificate", c.Listen[0].TLS.Certificate, filepath.Join("testdata", "cert.pem"))
	equal(t, "a single proxy", c.TrustedProxies[1].String(), "2001:db8::1/128")
	equal(t, "drain", c.Timeouts.Drain, 0)
	equal(t, "the second target", a.Upstream.Targets[1], Target{Place: a.Upstream.Targets[1].Place, URL: "http://127.0.0.1:9001/base", Weight: 1})
	up := a.Upstream
	equal(t, "a weight", up.Targets[2].Weight, 3)
	equal(t, "a socket", up.Targets[3].URL, "unix:/run/bank.sock:/v1")
	equal(t, "the key of a hash", up.Hash, HashKey{"header", "X-Session"})
	equal(t, "statuses", up.Health.Status, []Statuses{{200, 299}, {401, 401}})
	equal(t, "failures", up.Retries.On, []Cause{"connect", "503"})
	equal(t, "a budget", up.Retries.Budget, 10)
	equal(t, "the roots", up.TLS.CA, filepath.Join("testdata", "ca.pem"))
	equal(t, "the schemes", []string{a.Identify[0].Name, a.Identify[1].Name, a.Identify[4].Name}, []string{"bearerAuth", "apiKey", "legacy"})
	equal(t, "the audience", a.Identify[0].JWT[0].Audience, []string{"bank"})
	equal(t, "keys", a.Identify[0].JWT[0].Keys.URL.String(), "https://id.bank.example/jwks.json")
	key := a.Identify[1].Key.Keys[0]
	equal(t, "the hash", key.Hash.String(), "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")
	equal(t, "expires", key.Expires.Time, time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC))
	equal(t, "a rate", a.Limits[0].Rate, Rate{100, time.Minute})
	equal(t, "a burst", a.Limits[0].Burst, 20)
	equal(t, "a burst by default", a.Limits[1].Burst, 5)
	equal(t, "concurrency", a.Limits[2].Concurrency, 8)
	equal(t, "a header taken away", a.Answers.Headers[1].Name+"="+a.Answers.Headers[1].Value, "X-Powered-By=")
}

func namesIn(n *source.Node, names map[string]bool) {
	for _, item := range n.Items {
		namesIn(item, names)
	}
	for _, m := range n.Members {
		names[m.Name] = true
		namesIn(m.Value, names)
	}
}

func TestPlace(t *testing.T) {
	a := parse(t, least+`    public: [a, b]
    identify:
      token: { unchecked: true }
    rules:
      otherwise: "403"
      allow: path.id == caller.id
`).APIs[0]
	for _, c := range []struct {
		what string
		at   source.Position
		want string
	}{
		{"a struct", a.At, "dir/f.yaml:2:5"},
		{"a key", a.PositionOf("document"), "dir/f.yaml:3:15"},
		{"an item", a.PositionOf("public/1"), "dir/f.yaml:5:17"},
		{"a name in a map", a.Identify[0].At, "dir/f.yaml:7:7"},
		{"a key in it", a.Identify[0].PositionOf("unchecked"), "dir/f.yaml:7:27"},
		{"the short form", a.Upstream.PositionOf("targets"), "dir/f.yaml:4:15"},
		{"a list of one, without brackets", a.Rules.PositionOf("allow/0"), "dir/f.yaml:10:14"},
		{"what is not written", a.PositionOf("hosts"), "dir/f.yaml:2:5"},
		{"a struct that is not written", a.Request.At, "dir/f.yaml:2:5"},
	} {
		if got := c.at.String(); got != c.want {
			t.Errorf("%s is at %s, not %s", c.what, got, c.want)
		}
	}
	if a.Wrote("hosts") || !a.Wrote("public") {
		t.Error("Wrote does not know what is written")
	}
}

func TestFor(t *testing.T) {
	a := parse(t, least+`    request: { max_body: 2MiB, status: 422 }
    observe: [validate]
    operations:
      upload*: { request: { max_body: 50MiB, read_only: refuse }, upstream: { first_byte: 5m } }
      uploadAvatar: { request: { max_body: 3MiB }, answers: { mode: block }, observe: [] }
`).APIs[0]
	t.Run("an operation that no entry fits has the settings of its API", func(t *testing.T) {
		r := a.For("getOrder", "", nil)
		equal(t, "the size", r.Request.MaxBody, 2<<20)
		equal(t, "observe", r.Observe, []string{"validate"})
		equal(t, "first_byte", r.Waits.FirstByte.Duration(), 30*time.Second)
	})
	t.Run("what an entry does not write stays", func(t *testing.T) {
		r := a.For("uploadBook", "", nil)
		equal(t, "the size", r.Request.MaxBody, 50<<20)
		equal(t, "the status", r.Request.Status, 422)
		equal(t, "first_byte", r.Waits.FirstByte.Duration(), 5*time.Minute)
		equal(t, "idle", r.Waits.Idle, a.Upstream.Idle)
		equal(t, "the size's place", r.Request.PositionOf("max_body").String(), "dir/f.yaml:8:39")
		equal(t, "the status's place", r.Request.PositionOf("status").String(), "dir/f.yaml:5:40")
	})
	t.Run("a later entry counts more", func(t *testing.T) {
		r := a.For("uploadAvatar", "", nil)
		equal(t, "the size", r.Request.MaxBody, 3<<20)
		equal(t, "read_only", r.Request.ReadOnly, "refuse")
		equal(t, "mode", r.Answers.Mode, "block")
		equal(t, "observe", r.Observe, []string{})
	})
	t.Run("the API itself does not change", func(t *testing.T) {
		equal(t, "the size", a.Request.MaxBody, 2<<20)
		equal(t, "read_only", a.Request.ReadOnly, "drop")
		equal(t, "its place", a.Request.PositionOf("max_body").String(), "dir/f.yaml:5:26")
	})
}

func TestVariables(t *testing.T) {
	c := parse(t, variables)
	equal(t, "an address", c.Admin.Address, "127.0.0.1:9444")
	equal(t, "a number", c.Sizes.HeaderCount, 17)
	equal(t, "a size", c.Sizes.HeaderBytes, 8<<10)
	equal(t, "a choice", c.Log.Level, "debug")
	equal(t, "a text with signs of its own", c.Log.Output, filepath.Join("dir", "${x}/word-$WORD.log"))
	equal(t, "a truth", c.APIs[0].Partial, true)
	equal(t, "a part of a URL", c.APIs[0].Upstream.Targets[0].URL, "http://127.0.0.1:9000/")
	equal(t, "a secret", c.APIs[0].Identify[0].JWT[0].Secret.Reveal(), strings.Repeat("s", 32))
}

func TestOverrides(t *testing.T) {
	set := map[string]string{
		"SALLYPORT_ADMIN_ADDRESS": "off", "SALLYPORT_SIZES_HEADER_COUNT": "50", "SALLYPORT_TIMEOUTS_BODY": "5s",
		"SALLYPORT_LOG_FORMAT": "text", "SALLYPORT_APIS": "[]", "SALLYPORT_PORT": "tcp://10.0.0.1:443",
	}
	r := Reader{Environment: func(name string) (string, bool) { v, ok := set[name]; return v, ok }}
	c, err := r.Parse("f.yaml", []byte("admin: { address: 127.0.0.1:1 }\nlog: { format: json }\n"+least))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "what the file writes too", c.Admin.Address, "")
	equal(t, "what the file does not write", c.Sizes.HeaderCount, 50)
	equal(t, "a time", c.Timeouts.Body.Duration(), 5*time.Second)
	equal(t, "a choice", c.Log.Format, "text")
	equal(t, "a list", len(c.APIs), 1)

	set["SALLYPORT_LOG_LEVEL"] = "loud"
	_, err = r.Parse("f.yaml", []byte(least))
	want := `SALLYPORT_LOG_LEVEL: log.level cannot be "loud" (write debug, info, warn or error)`
	if err == nil || err.Error() != want {
		t.Errorf("it says %v, not %s", err, want)
	}
}

func TestKeyFile(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	hash := func(digit string) string { return "sha256:" + strings.Repeat(digit, 64) }
	write("keys.yaml", "keys: [{ consumer: shop, hash: \""+hash("a")+"\", scopes: [read] }]\n")
	write("sallyport.yaml", least+"    identify: { k: { key: { file: keys.yaml, keys: [{ consumer: app, hash: \""+hash("b")+"\" }] } } }\n")
	c, err := Load(filepath.Join(dir, "sallyport.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	keys := c.APIs[0].Identify[0].Key.Keys
	equal(t, "who holds keys", []string{keys[0].Consumer, keys[1].Consumer}, []string{"app", "shop"})
	equal(t, "a key's place", keys[1].At.String(), filepath.Join(dir, "keys.yaml")+":1:8")
	equal(t, "the files", c.Files, []string{filepath.Join(dir, "keys.yaml"), filepath.Join(dir, "sallyport.yaml")})

	t.Run("a key in both places is a mistake", func(t *testing.T) {
		write("keys.yaml", "keys: [{ consumer: shop, hash: \""+hash("b")+"\" }]\n")
		if _, err := Load(filepath.Join(dir, "sallyport.yaml")); err == nil || !strings.Contains(err.Error(), "stands in the list twice") {
			t.Error(err)
		}
	})
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	for name, want := range map[string]string{
		dir:                             "this is a directory",
		filepath.Join(dir, "none.yaml"): "there is no such file",
	} {
		if _, err := Load(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("it says %v, not %q", err, want)
		}
	}
}

// TestAtOnce: everything wrong is said in one go, in the order of the file.
func TestAtOnce(t *testing.T) {
	_, err := reader().Parse("f.yaml", []byte("log: { level: loud }\nsizes: { bodies: 1 }\nadmin: { address: x }\n"+least+"    status: 1\n"))
	var lines []int
	for _, m := range err.(source.Mistakes) {
		lines = append(lines, m.Line)
	}
	if want := []int{1, 2, 3, 8}; !slices.Equal(lines, want) {
		t.Errorf("mistakes in lines %v, not %v:\n%v", lines, want, err)
	}
}
