package config

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"
)

// Host is a host that an API answers to: a name in lower case, an address, or
// *.example.com for every name below.
type Host string

// Match tells whether a canonical host (lower case, without port, an IPv6
// address in brackets) is meant.
func (h Host) Match(host string) bool {
	if suffix, ok := strings.CutPrefix(string(h), "*"); ok {
		return len(host) > len(suffix) && strings.HasSuffix(host, suffix)
	}
	return string(h) == host
}

func (*Host) wanted() (string, string) { return "a host", "api.example.com or *.example.com" }

func (h *Host) set(text string) error {
	if ip, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]")); err == nil && ip.Zone() == "" {
		if *h = Host(ip.String()); ip.Is6() {
			*h = Host("[" + ip.String() + "]")
		}
		return nil
	}
	if strings.Contains(text, "://") {
		return errors.New("it is a URL")
	}
	if strings.Contains(text, ":") {
		return errors.New("a port makes no difference, leave it out")
	}
	name := strings.TrimSuffix(strings.ToLower(text), ".")
	if below, ok := strings.CutPrefix(name, "*."); !hostName(name) && (!ok || !hostName(below)) {
		return errForm
	}
	*h = Host(name)
	return nil
}

// hostName: letters, digits and hyphens in labels (RFC 1123 §2.1), and the
// underscore that names inside clusters have.
func hostName(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			if c := label[i]; !alphanumeric(c) && c != '-' && c != '_' {
				return false
			}
		}
	}
	return true
}

func alphanumeric(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9'
}

// Origin is the origin of a web page as a browser sends it (RFC 6454 §6.2), or
// "*", or https://*.example.com.
type Origin string

func (*Origin) wanted() (string, string) {
	return "an origin", `https://app.example.com, http://localhost:3000, https://*.example.com or "*"`
}

func (o *Origin) set(text string) error {
	if text == "*" {
		*o = "*"
		return nil
	}
	if text == "null" {
		// Sandboxed frames and local files all send it: it is nobody's name.
		return errors.New("any page can make itself the origin null")
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil {
		return errForm
	}
	switch {
	case u.Path != "" || strings.ContainsAny(text, "?#"):
		return errors.New("it ends with the host or port, without a slash")
	case text != strings.ToLower(text):
		return errors.New("browsers send it in lower case")
	case u.Scheme == "https" && u.Port() == "443" || u.Scheme == "http" && u.Port() == "80":
		return errors.New("browsers leave the scheme's own port out")
	case u.Scheme != "https" && (u.Scheme != "http" || !loopbackHost(u.Hostname())):
		return errors.New("only https, and http on loopback, cannot be forged by whoever is on the way")
	}
	if err := originHost(u); err != nil {
		return err
	}
	*o = Origin(text)
	return nil
}

func originHost(u *url.URL) error {
	name := u.Hostname()
	if below, wildcard := strings.CutPrefix(name, "*."); wildcard {
		switch {
		case u.Scheme != "https" || u.Port() != "":
			return errors.New("a wildcard stands with https and without a port")
		case strings.Count(below, ".") < 1:
			// *.com is everybody; whether *.co.uk is, only the registries know.
			return errors.New("it lets a whole top-level domain in")
		}
		name = below
	}
	if _, err := netip.ParseAddr(name); err != nil && !hostName(name) {
		return errForm
	}
	return nil
}

// URL is an absolute http or https URL without a user or password in it.
type URL struct{ url.URL }

// String is the URL as text.
func (u URL) String() string { return u.URL.String() }

func (*URL) wanted() (string, string) { return "a URL", "https://host/path or http://host:port" }

func (u *URL) set(text string) error {
	read, err := url.Parse(text)
	if err != nil {
		return errForm
	}
	if read.User != nil {
		return &errHidden{"a URL with a user or password in it is a secret in the clear", "take them out of the URL"}
	}
	if read.Scheme != "http" && read.Scheme != "https" || read.Host == "" || read.Opaque != "" {
		return errForm
	}
	if err := new(Authority).set(read.Host); err != nil {
		return errors.New("its host is none")
	}
	u.URL = *read
	return nil
}
