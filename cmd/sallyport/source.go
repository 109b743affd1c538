package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"sallyport/build"
	"sallyport/config"
)

// defaultConfig is read where no flag names another source.
const defaultConfig = "sallyport.yaml"

// sourceFlags say what is protected: a configuration file, or a document and a
// backend.
type sourceFlags struct {
	Config    string   `short:"c" placeholder:"FILE" help:"Configuration file. Without it and without --document: sallyport.yaml."`
	Document  string   `placeholder:"FILE" help:"OpenAPI document, in place of a configuration file."`
	Upstream  string   `placeholder:"URL" help:"Backend that --document describes."`
	Listen    string   `placeholder:"ADDR" help:"Address for clients, 127.0.0.1:8080 unless given."`
	Admin     string   `placeholder:"ADDR" help:"Address for health and metrics, or off."`
	PlainHTTP bool     `name:"plain-http" help:"Accept plain HTTP on an address beyond loopback."`
	Public    []string `placeholder:"GLOB" sep:"none" help:"Operations, by id, that may have no security; may be repeated."`
	JWT       []string `name:"jwt" placeholder:"SCHEME=ISSUER,AUDIENCE,JWKS" sep:"none" help:"Check a scheme's tokens under a JWK set, a file or a URL; may be repeated."`
	Keys      []string `placeholder:"SCHEME[=FILE]" sep:"none" help:"Check a scheme's API keys by the hashes in a file, or by the store; may be repeated."`
	Store     string   `placeholder:"URL" help:"Where consumers and keys are kept, sqlite:sallyport.db unless given."`
	Unchecked []string `placeholder:"SCHEME" sep:"none" help:"Leave a scheme to the backend; may be repeated."`
	Partial   bool     `help:"Serve what can be enforced; the other operations refuse every request."`
}

func (s *sourceFlags) load() (*config.Config, error) {
	if s.Document == "" {
		if s.Upstream != "" || s.Public != nil || s.JWT != nil || s.Keys != nil || s.Unchecked != nil || s.Listen != "" || s.Admin != "" || s.Store != "" || s.Partial || s.PlainHTTP {
			return nil, usageError{errors.New("the flags that describe an API go with --document; with a configuration file, write it there")}
		}
		return config.Load(s.file())
	}
	if s.Config != "" {
		return nil, usageError{errors.New("give either --config or --document")}
	}
	return config.FromFlags(config.Flags{
		Document: s.Document, Upstream: s.Upstream, Listen: s.Listen, Admin: s.Admin, PlainHTTP: s.PlainHTTP, Partial: s.Partial,
		Public: s.Public, JWT: s.JWT, Keys: s.Keys, Unchecked: s.Unchecked, Store: s.Store,
	})
}

func (s *sourceFlags) file() string {
	if s.Config == "" {
		return defaultConfig
	}
	return s.Config
}

// anyUpstream stands in where only a document is judged.
const anyUpstream = "http://backend.invalid"

// loadToJudge is load for verbs that serve nothing: they need no backend.
func (s *sourceFlags) loadToJudge() (*config.Config, error) {
	if s.Document != "" && s.Upstream == "" {
		s.Upstream = anyUpstream
	}
	return s.load()
}

func buildOptions() build.Options { return build.Options{Fetch: fetch} }

// maxRemote is the largest part of a document that is fetched.
const maxRemote = 32 << 20

// fetch gets a part of a document that the configuration allows to be remote.
func fetch(ctx context.Context, url string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	client := &http.Client{
		Transport:     &http.Transport{Proxy: nil},
		CheckRedirect: func(*http.Request, []*http.Request) error { return errors.New("redirected; name the address it is at") },
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("answered %s", response.Status)
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, maxRemote+1))
	if err == nil && len(text) > maxRemote {
		err = fmt.Errorf("longer than %d bytes", maxRemote)
	}
	return text, err
}
