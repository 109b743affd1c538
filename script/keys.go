package script

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"sallyport/jose"
)

// keyPair is a private key that mints tokens and whose public half the gateway
// is given.
type keyPair struct {
	name, kid, algorithm string
	private              crypto.Signer
	secret               []byte // of HS256, in place of a private key
}

// newKeyPair makes a key for one of ES256, RS256, EdDSA and HS256.
func newKeyPair(name, algorithm string, generation int) (*keyPair, error) {
	k := &keyPair{name: name, kid: fmt.Sprintf("%s-%d", name, generation), algorithm: algorithm}
	var err error
	switch algorithm {
	case "ES256":
		k.private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "RS256":
		k.private, err = rsa.GenerateKey(rand.Reader, 2048)
	case "EdDSA":
		_, k.private, err = ed25519.GenerateKey(rand.Reader)
	case "HS256":
		k.secret = []byte(rand.Text() + rand.Text())
	default:
		err = fmt.Errorf("keys are for ES256, RS256, EdDSA or HS256, not %s", algorithm)
	}
	return k, err
}

// set is the JWK set with the public half.
func (k *keyPair) set() ([]byte, error) {
	if k.secret != nil {
		return nil, fmt.Errorf("the keys %s are a secret: there is no public half", k.name)
	}
	signer, err := jose.NewSigner(k.algorithm, k.private, k.kid)
	if err != nil {
		return nil, err
	}
	return jose.PublicKeys(signer)
}

// doKeys makes signing keys and writes NAME.jwks.json.
func doKeys(s *state, c call) error {
	name, algorithm := c.args[0], "ES256"
	if len(c.args) > 1 {
		algorithm = c.args[1]
	}
	if nameLength(name) != len(name) {
		return fmt.Errorf("%q is no name: letters, digits and _", name)
	}
	return s.newKeys(name, algorithm, 1)
}

func (s *state) newKeys(name, algorithm string, generation int) error {
	k, err := newKeyPair(name, algorithm, generation)
	if err != nil {
		return err
	}
	s.keys[name] = k
	if k.secret != nil {
		s.variables[name+"_SECRET"] = string(k.secret)
		return nil
	}
	s.variables[name+"_JKT"] = k.thumbprint()
	set, err := k.set()
	if err != nil {
		return err
	}
	if server := s.jwks[name]; server != nil {
		server.set(set)
	}
	return s.write(name+".jwks.json", append(set, '\n'))
}

// doRotate replaces a key by a new one of another kid.
func doRotate(s *state, c call) error {
	k := s.keys[c.args[0]]
	if k == nil {
		return fmt.Errorf("there are no keys %s", c.args[0])
	}
	generation := 0
	fmt.Sscanf(k.kid[len(k.name)+1:], "%d", &generation)
	return s.newKeys(k.name, k.algorithm, generation+1)
}

// doKey makes an API key and its hash.
func doKey(s *state, c call) error {
	name := c.args[0]
	if name == "" || nameLength(name) != len(name) {
		return fmt.Errorf("%q is no name of a variable", name)
	}
	var random [18]byte
	rand.Read(random[:])
	key := "test-" + hex.EncodeToString(random[:])
	hash := sha256.Sum256([]byte(key))
	s.variables[name] = key
	s.variables[name+"_HASH"] = "sha256:" + hex.EncodeToString(hash[:])
	return nil
}

// jwksServer serves a JWK set over HTTP on loopback, and the metadata of an
// issuer who signs with its keys (OpenID Connect Discovery, RFC 8414).
type jwksServer struct {
	address string
	server  *http.Server
	ended   chan struct{}

	mu      sync.Mutex
	content []byte
	fetched int
	failing bool
}

// doJWKS serves, stops or forgets the key set of NAME.
func doJWKS(s *state, c call) error {
	name := c.args[1]
	k := s.keys[name]
	if k == nil {
		return fmt.Errorf("there are no keys %s", name)
	}
	server := s.jwks[name]
	switch c.args[0] {
	case "serve":
		if server == nil {
			server = &jwksServer{}
		}
		set, err := k.set()
		if err != nil {
			return err
		}
		server.set(set)
		if server.fail(false) {
			return nil
		}
		if err := server.start(); err != nil {
			return err
		}
		s.jwks[name] = server
		s.variables[name+"_ISSUER"] = "http://" + server.address
		s.variables["JWKS_URL"] = "http://" + server.address + "/" + name + ".jwks.json"
		return nil
	case "stop", "fail":
		if server == nil {
			return fmt.Errorf("the keys %s are not served", name)
		}
		if c.args[0] == "fail" {
			server.fail(true)
		} else {
			server.stop()
		}
		return nil
	}
	return fmt.Errorf("jwks %s: it is serve, fail or stop", c.args[0])
}

// checkFetched counts how often a key set was asked for.
func checkFetched(s *state, c call) error {
	server := s.jwks[c.args[0]]
	if server == nil {
		return fmt.Errorf("the keys %s are not served", c.args[0])
	}
	want, err := strconv.Atoi(c.args[1])
	if err != nil {
		return fmt.Errorf("%q is not a number", c.args[1])
	}
	server.mu.Lock()
	defer server.mu.Unlock()
	if server.fetched != want {
		return expected("expected %d fetches, there were %d", want, server.fetched)
	}
	return nil
}

func (j *jwksServer) start() error {
	listener, err := listen(j.address)
	if err != nil {
		return err
	}
	j.address = listener.Addr().String()
	j.server, j.ended = &http.Server{Handler: j, ErrorLog: silent()}, make(chan struct{})
	go func() {
		defer close(j.ended)
		j.server.Serve(listener) // it ends when the script stops it
	}()
	return nil
}

func (j *jwksServer) stop() {
	j.server.Close()
	<-j.ended
}

func (j *jwksServer) set(content []byte) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.content = content
}

// fail has it answer 503, or answer again; it tells whether it failed before.
func (j *jwksServer) fail(now bool) (before bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	before, j.failing = j.failing, now
	return before
}

// ServeHTTP implements http.Handler.
func (j *jwksServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	j.mu.Lock()
	defer j.mu.Unlock()
	isSet := strings.HasSuffix(r.URL.Path, ".jwks.json")
	if isSet {
		j.fetched++
	}
	switch {
	case j.failing:
		w.WriteHeader(http.StatusServiceUnavailable)
	case isSet:
		w.Header().Set("Content-Type", "application/jwk-set+json")
		w.Write(j.content)
	case r.URL.Path == "/.well-known/openid-configuration":
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"issuer":"http://%[1]s","jwks_uri":"http://%[1]s/keys.jwks.json"}`, j.address)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}
