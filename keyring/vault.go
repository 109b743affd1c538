package keyring

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// VaultConfig says where a key of Vault's secrets engine Transit is, and how
// Vault is spoken to.
type VaultConfig struct {
	// Address is https://HOST:PORT; http is taken for loopback alone.
	Address string
	// Mount is where the engine is mounted; "" is transit.
	Mount string
	// Key is the name of the key, of a type that takes associated data: aes256-gcm96,
	// aes128-gcm96 or chacha20-poly1305, derived or not.
	Key string
	// Namespace is sent with each request unless it is "".
	Namespace string
	// Token is asked before each request, for tokens are renewed.
	Token func() (string, error)
	// CA are the certificates that Vault's own must come from, in PEM; none are
	// the system's.
	CA []byte
	// Timeout bounds each request as a whole; 0 is ten seconds.
	Timeout time.Duration
}

const (
	vaultTimeout = 10 * time.Second
	// maxVaultAnswer is more than the wrapped keys of all generations take.
	maxVaultAnswer = 2 * maxSet
	maxVaultSays   = 200
)

// VaultMaster is a master key that stays in Vault. Nothing of it is ever here:
// each Wrap and Unwrap is one request, made at start, reload and rotation. It
// follows no redirect, since the token would go along, and no proxy that the
// environment names.
func VaultMaster(c VaultConfig) (Master, error) {
	u, err := url.Parse(c.Address)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("the address of Vault is no URL such as https://vault.example.com:8200")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("the address of Vault has more than scheme, host and path")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return nil, errors.New("the address of Vault must be https: the token and the keys must not go in the clear")
	case c.Token == nil:
		return nil, errors.New("nothing gives a token for Vault")
	}
	v := &vault{config: c, mount: "transit"}
	if c.Mount != "" {
		v.mount = strings.Trim(c.Mount, "/")
	}
	for _, part := range append(strings.Split(v.mount, "/"), c.Key) {
		if !vaultName(part) {
			return nil, fmt.Errorf("%q names nothing in Vault", part)
		}
	}
	v.base = strings.TrimSuffix(u.String(), "/") + "/v1/" + v.mount
	if v.client, err = vaultClient(c); err != nil {
		return nil, err
	}
	return v, nil
}

func vaultClient(c VaultConfig) (*http.Client, error) {
	secure := &tls.Config{MinVersion: tls.VersionTLS12}
	if len(c.CA) > 0 {
		secure.RootCAs = x509.NewCertPool()
		if !secure.RootCAs.AppendCertsFromPEM(c.CA) {
			return nil, errors.New("the certificates for Vault hold none in PEM")
		}
	}
	timeout := c.Timeout
	if timeout == 0 {
		timeout = vaultTimeout
	}
	return &http.Client{
		// Proxy is nil: a proxy of the environment would see where the token goes.
		// Requests are rare, so that no connection is kept.
		Transport:     &http.Transport{TLSClientConfig: secure, DisableKeepAlives: true, DisableCompression: true, ForceAttemptHTTP2: true, MaxResponseHeaderBytes: 64 << 10},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       timeout,
	}, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// vaultName keeps a name one part of a path.
func vaultName(name string) bool {
	for i := range len(name) {
		switch c := name[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.' && i > 0:
		default:
			return false
		}
	}
	return name != ""
}

type vault struct {
	config      VaultConfig
	mount, base string
	client      *http.Client
}

func (v *vault) Name() string { return "vault:" + v.mount + "/" + v.config.Key }

// transit is what is asked for and answered; byte slices are base64 in JSON, as
// Transit has them.
type transit struct {
	Plaintext  []byte `json:"plaintext,omitempty"`
	Ciphertext string `json:"ciphertext,omitempty"`
	// Context derives the key that is used, where the key in Vault is a derived
	// one; AssociatedData binds what is sealed to its use with any.
	Context        []byte `json:"context,omitempty"`
	AssociatedData []byte `json:"associated_data,omitempty"`
}

func (v *vault) Wrap(ctx context.Context, plain, about []byte) ([]byte, error) {
	answer, err := v.ask(ctx, "encrypt", transit{Plaintext: plain, Context: about, AssociatedData: about})
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(answer.Ciphertext, "vault:v") {
		return nil, errors.New("the Vault answered with something else than what it sealed")
	}
	return []byte(answer.Ciphertext), nil
}

func (v *vault) Unwrap(ctx context.Context, wrapped, about []byte) ([]byte, error) {
	if !bytes.HasPrefix(wrapped, []byte("vault:v")) {
		return nil, ErrMaster
	}
	answer, err := v.ask(ctx, "decrypt", transit{Ciphertext: string(wrapped), Context: about, AssociatedData: about})
	if err != nil {
		return nil, err
	}
	return answer.Plaintext, nil
}

func (v *vault) ask(ctx context.Context, what string, question transit) (*transit, error) {
	token, err := v.config.Token()
	if err != nil {
		return nil, fmt.Errorf("reading the token for Vault: %w", err)
	}
	body, err := json.Marshal(question)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, v.base+"/"+what+"/"+v.config.Key, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Vault-Request", "true")
	r.Header.Set("X-Vault-Token", strings.TrimSpace(token))
	if v.config.Namespace != "" {
		r.Header.Set("X-Vault-Namespace", v.config.Namespace)
	}
	response, err := v.client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("asking Vault to %s: %w", what, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxVaultAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("asking Vault to %s: %w", what, err)
	}
	return readTransit(what, response.StatusCode, text)
}

// readTransit reads an answer. What Vault says of a failure is passed on to the
// operator, cut short; what it says of a success never is.
func readTransit(what string, status int, text []byte) (*transit, error) {
	var answer struct {
		Data   transit  `json:"data"`
		Errors []string `json:"errors"`
	}
	switch err := json.Unmarshal(text, &answer); {
	case len(text) > maxVaultAnswer:
		return nil, fmt.Errorf("asking Vault to %s: its answer is too long", what)
	case status == http.StatusOK && err == nil:
		return &answer.Data, nil
	case status == http.StatusOK:
		return nil, fmt.Errorf("asking Vault to %s: its answer cannot be read", what)
	case status >= 300 && status < 400:
		return nil, fmt.Errorf("asking Vault to %s: it sends elsewhere (%d), and the token does not follow: write the address of the active node", what, status)
	}
	says := strings.Join(answer.Errors, "; ")
	if len(says) > maxVaultSays {
		says = says[:maxVaultSays] + "…"
	}
	err := fmt.Errorf("asking Vault to %s: %d, it says %q", what, status, says)
	if status == http.StatusBadRequest && what == "decrypt" {
		// Another key, or other associated data.
		return nil, fmt.Errorf("%w: %w", ErrMaster, err)
	}
	return nil, err
}
