package demo

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"time"
)

//go:embed page
var pageFiles embed.FS

// Page serves the interactive page. Its requests go from the browser to the two addresses below, so
// both have to allow the page's origin (CORS), and they are the only ones that its policy lets it reach.
type Page struct {
	// Gateway is the origin at which a browser reaches the gateway, such as http://127.0.0.1:8080.
	Gateway string
	// Backend is the origin at which a browser reaches the bank itself.
	Backend string
	// Issuer signs the tokens that the page offers.
	Issuer *Issuer
	// Now is the clock by which tokens are dated; time.Now unless set.
	Now func() time.Time
}

// Handler answers for the page, its files and /demo.json. An address that is not a plain origin is a
// mistake: it would become part of the page's security policy.
func (p Page) Handler() (http.Handler, error) {
	for name, origin := range map[string]string{"gateway": p.Gateway, "backend": p.Backend} {
		if err := plainOrigin(origin); err != nil {
			return nil, fmt.Errorf("the address of the %s: %w", name, err)
		}
	}
	if p.Now == nil {
		p.Now = time.Now
	}
	files, err := fs.Sub(pageFiles, "page")
	if err != nil {
		return nil, fmt.Errorf("opening the page's files: %w", err)
	}
	routes := http.NewServeMux()
	routes.Handle("GET /", http.FileServerFS(files))
	routes.HandleFunc("GET /demo.json", p.settings)
	return p.guarded(routes), nil
}

// plainOrigin refuses what is more than scheme, host and port (RFC 6454 §6.2): a ";" or a space
// in it would add a directive of its own to the policy.
func plainOrigin(origin string) error {
	u, err := url.Parse(origin)
	if err != nil {
		return err
	}
	if (u.Scheme != "http" && u.Scheme != "https") || origin != u.Scheme+"://"+u.Host || strings.ContainsAny(u.Host, " ;,'\"*@") || u.Hostname() == "" {
		return fmt.Errorf("%q is no origin: http or https, a host and perhaps a port, nothing after it", origin)
	}
	return nil
}

// guarded sets the fields that keep the page to itself: only its own files run, only the two sides are
// talked to, nobody may frame it, and nothing can be written into it as markup.
func (p Page) guarded(next http.Handler) http.Handler {
	policy := strings.Join([]string{
		"default-src 'none'",
		"script-src 'self'",
		"style-src 'self'",
		"img-src 'self' data:",
		"connect-src 'self' " + p.Gateway + " " + p.Backend,
		"base-uri 'none'",
		"form-action 'none'",
		"frame-ancestors 'none'",
		"require-trusted-types-for 'script'",
		"trusted-types 'none'",
	}, "; ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// settings answers with all that the page has to be told: the two addresses and fresh tokens.
func (p Page) settings(w http.ResponseWriter, _ *http.Request) {
	presets, err := p.Issuer.Presets(p.Now())
	if err != nil {
		http.Error(w, "The tokens could not be made.", http.StatusInternalServerError)
		return
	}
	text, err := json.Marshal(struct {
		Gateway  string   `json:"gateway"`
		Backend  string   `json:"backend"`
		Issuer   string   `json:"issuer"`
		Audience string   `json:"audience"`
		Presets  []Preset `json:"presets"`
	}{p.Gateway, p.Backend, IssuerURL, Audience, presets})
	if err != nil {
		http.Error(w, "The settings could not be written.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	// A browser that went away is no news.
	_, _ = w.Write(text)
}
