package build_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"sallyport"
	"sallyport/build"
	"sallyport/config"
	"sallyport/store"
)

const guarded = `openapi: 3.1.0
info: { title: t, version: "1" }
security: [ { token: [] } ]
paths: { /a: { get: { operationId: a, responses: { "200": { description: ok } } } } }
components: { securitySchemes: { token: { type: http, scheme: bearer } } }
`

const refers = `apis:
  - name: t
    document: t.yaml
    upstream:
      targets: http://127.0.0.1:1
      credentials: [ { header: X-Key, value: "store:partner" }, { header: X-Other, value: store:partner } ]
    identify:
      token: { jwt: { issuer: i, audience: a, secret: store:shared } }
`

func building(t *testing.T, secret func(context.Context, string) (string, error)) error {
	t.Helper()
	c, err := config.Parse("sallyport.yaml", []byte(refers))
	if err != nil {
		t.Fatal(err)
	}
	env := sallyport.NewEnv(slog.New(slog.DiscardHandler), 1<<20)
	_, err = build.Build(t.Context(), env, c, build.Options{Secret: secret, Documents: map[string][]byte{"t.yaml": []byte(guarded)}})
	return err
}

func TestSecretsOfTheStore(t *testing.T) {
	long := strings.Repeat("x", 32)
	for name, c := range map[string]struct {
		secrets map[string]string
		wrong   []string
	}{
		"are read":                    {map[string]string{"partner": "p", "shared": long}, nil},
		"are missed with their place": {map[string]string{"shared": long}, []string{"sallyport.yaml:6:46: the secret partner of the store: not found (put it"}},
		"are judged":                  {map[string]string{"partner": "p\nX-Admin: 1", "shared": "hunter2"}, []string{"sallyport.yaml:6:32: ", "sallyport.yaml:8:55: the secret has 7 bytes; the algorithm needs 32"}},
		"must be something":           {map[string]string{"partner": "", "shared": long}, []string{"sallyport.yaml:6:46: the secret partner of the store: it is empty"}},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			asked := 0
			err := building(t, func(_ context.Context, name string) (string, error) {
				asked++
				value, ok := c.secrets[name]
				if !ok {
					return "", fmt.Errorf("%w", store.ErrNotFound)
				}
				return value, nil
			})
			if asked != 2 {
				t.Errorf("asked %d times for two secrets", asked)
			}
			if (err == nil) != (c.wrong == nil) {
				t.Fatal(err)
			}
			for _, want := range c.wrong {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v lacks %q", err, want)
				}
			}
			if err != nil && (strings.Contains(err.Error(), "X-Admin") || strings.Contains(err.Error(), "hunter2")) {
				t.Errorf("%v shows a secret", err)
			}
		})
	}
	t.Run("are_not_needed_to_judge", func(t *testing.T) {
		if err := building(t, nil); err != nil {
			t.Error(err)
		}
	})
	t.Run("cannot_be_asked_for", func(t *testing.T) {
		err := building(t, func(context.Context, string) (string, error) { return "", errors.New("no answer") })
		if err == nil || !strings.Contains(err.Error(), "sallyport.yaml:6:46: the secret partner of the store: no answer (the store must answer") {
			t.Error(err)
		}
	})
}

func TestKeptSecret(t *testing.T) {
	c := keeping(t, t.TempDir())
	one, err := build.OpenKept(t.Context(), c, "cli:test")
	if err != nil {
		t.Fatal(err)
	}
	two, err := build.OpenKept(t.Context(), c, "cli:test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { one.Close(); two.Close() })
	if _, err := one.Secret(t.Context(), "partner"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("%v", err)
	}
	// Sealed by a key that the other node has not heard of.
	if err := one.Ring.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	sealed, err := one.Ring.Seal([]byte("the value"), store.SecretsTable, store.SecretsColumn, "partner")
	if err != nil {
		t.Fatal(err)
	}
	put := func(name string) {
		t.Helper()
		entry := store.Entry{At: time.Now(), Actor: "cli:test", Action: "secret.put", Object: name, Outcome: "done"}
		if err := one.Store.PutSecret(t.Context(), &store.Secret{Name: name, Sealed: sealed, Changed: time.Now()}, entry); err != nil {
			t.Fatal(err)
		}
	}
	put("partner")
	if got, err := two.Secret(t.Context(), "partner"); got != "the value" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	put("moved") // by someone who can write to the database
	if got, err := two.Secret(t.Context(), "moved"); err == nil {
		t.Errorf("opens as %q under another name", got)
	}
}
