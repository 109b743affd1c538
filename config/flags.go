package config

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"sallyport/source"
)

// Flags are a configuration of one API without a file. Its mistakes name the
// flag.
type Flags struct {
	// Document is the path of the OpenAPI document (--document).
	Document string
	// Upstream is the URL of the backend (--upstream).
	Upstream string
	// Listen is the address for clients, unless it is the default (--listen).
	Listen string
	// Admin is the address for operators, or off (--admin).
	Admin string
	// PlainHTTP accepts plain HTTP beyond loopback (--plain-http).
	PlainHTTP bool
	// Partial serves what can be enforced (--partial).
	Partial bool
	// Public are globs of operations that may have no security (--public).
	Public []string
	// JWT are SCHEME=ISSUER,AUDIENCE,JWKS, the last a URL or a path (--jwt).
	JWT []string
	// Keys are SCHEME=FILE, a list of API keys, or SCHEME for those of the store
	// (--keys).
	Keys []string
	// Store is the URL of the store, unless it is the default (--store).
	Store string
	// Unchecked are schemes that are left to the backend (--unchecked).
	Unchecked []string
}

// FromFlags is the configuration that the flags say, everything else by
// default. All errors are source.Mistakes.
func FromFlags(f Flags) (*Config, error) {
	return Reader{Environment: os.LookupEnv}.FromFlags(f)
}

// FromFlags is the configuration that the flags say, everything else by
// default. All errors are source.Mistakes.
func (r Reader) FromFlags(f Flags) (*Config, error) {
	d := &decoder{Reader: r}
	c := d.config(nil)
	d.flaggedListener(&c.Listen[0], f)
	if f.Admin != "" {
		d.flag(&c.Admin.Address, &c.Admin.Place, "admin", "address", f.Admin, `off:""`)
	}
	if f.Store != "" {
		d.flag(&c.Store.URL, &c.Store.Place, "store", "url", f.Store, "")
		c.note("store", flagPosition("store"))
	}
	c.APIs = make([]API, 1)
	d.flaggedAPI(&c.APIs[0], f)
	c.check(d)
	if err := d.mistakes.Err(); err != nil {
		return nil, err
	}
	c.Files = d.files
	return c, nil
}

func (d *decoder) flaggedListener(l *Listener, f Flags) {
	if f.Listen != "" {
		d.flag(&l.Address, &l.Place, "listen", "address", f.Listen, "")
	}
	if l.Plain = f.PlainHTTP; !l.Plain && l.Address != "" && !l.Address.Loopback() {
		d.wrong(l.PositionOf("address"), "listen on 127.0.0.1, say --plain-http, or write a file with tls",
			"%s would take plain HTTP from other machines", l.Address)
	}
}

func (d *decoder) flaggedAPI(a *API, f Flags) {
	d.structure(reflect.ValueOf(a).Elem(), nil, "")
	a.At = flagPosition("document")
	a.Name = nameOf(f.Document)
	a.Document = f.Document
	a.Partial = f.Partial
	if f.Document == "" {
		d.wrong(a.At, "give --document FILE, or a configuration file", "there is no OpenAPI document")
	}
	a.Upstream.At = flagPosition("upstream")
	a.Upstream.Targets = make([]Target, 1)
	a.Upstream.Targets[0].Weight = 1
	if f.Upstream == "" {
		d.wrong(a.Upstream.At, "give --upstream URL", "there is no backend")
	} else if d.flag(&a.Upstream.Targets[0].URL, &a.Upstream.Place, "upstream", item("targets", 0), f.Upstream, "") {
		a.Upstream.check(d)
	}
	a.note("public", flagPosition("public"))
	a.Public = make([]Glob, len(f.Public))
	for i, text := range f.Public {
		d.flag(&a.Public[i], &a.Place, "public", item("public", i), text, "")
	}
	d.flaggedSchemes(a, f)
}

func (d *decoder) flaggedSchemes(a *API, f Flags) {
	for _, text := range f.JWT {
		d.flaggedJWT(d.scheme(a, "jwt", text, "SCHEME=ISSUER,AUDIENCE,JWKS"), text)
	}
	for _, text := range f.Keys {
		form := "SCHEME=FILE"
		if !strings.Contains(text, "=") {
			form = "SCHEME"
		}
		s := d.scheme(a, "keys", text, form)
		if s == nil {
			continue
		}
		s.Key = &KeySet{Place: Place{At: s.At}}
		if _, file, named := strings.Cut(text, "="); named {
			s.Key.File = file
			s.Key.note("file", s.At)
		}
		s.Key.check(d)
	}
	for _, text := range f.Unchecked {
		if s := d.scheme(a, "unchecked", text, "SCHEME"); s != nil {
			s.Unchecked = true
		}
	}
}

// scheme adds the scheme that a flag names before the equals sign.
func (d *decoder) scheme(a *API, flag, text, form string) *Scheme {
	at := flagPosition(flag)
	name, rest, _ := strings.Cut(text, "=")
	if name == "" || (rest == "") != (form == "SCHEME") {
		d.wrong(at, "write --"+flag+" "+form, "%q is not of its form", text)
		return nil
	}
	if slices.ContainsFunc(a.Identify, func(s Scheme) bool { return s.Name == name }) {
		d.wrong(at, "keep one of them", "the scheme %q is given twice", name)
		return nil
	}
	a.Identify = append(a.Identify, Scheme{Place: Place{At: at}, Name: name})
	return &a.Identify[len(a.Identify)-1]
}

func (d *decoder) flaggedJWT(s *Scheme, text string) {
	if s == nil {
		return
	}
	_, value, _ := strings.Cut(text, "=")
	parts := strings.Split(value, ",")
	if len(parts) != 3 || slices.Contains(parts, "") {
		d.wrong(s.At, "write --jwt SCHEME=ISSUER,AUDIENCE,JWKS", "%q is not of its form", text)
		return
	}
	s.JWT = make([]JWT, 1)
	token := &s.JWT[0]
	d.structure(reflect.ValueOf(token).Elem(), nil, "")
	token.At = s.At
	token.Issuer, token.Audience = parts[0], parts[1:2]
	d.flag(&token.Keys, &token.Place, "jwt", "keys", parts[2], "")
	token.check(d)
}

// flag fills a value from a flag's text and notes that it comes from there.
func (d *decoder) flag(to any, p *Place, name, key, text string, tag reflect.StructTag) bool {
	at := flagPosition(name)
	p.note(key, at)
	before := len(d.mistakes)
	d.path = []string{key}
	d.scalar(reflect.ValueOf(to).Elem(), scalar{text: text, written: text, at: at, free: true}, field{key: key, tag: tag})
	d.path = nil
	return len(d.mistakes) == before
}

func flagPosition(name string) source.Position { return source.Position{File: "--" + name} }

// nameOf names an API after its document: bank.openapi.yaml is bank.
func nameOf(document string) string {
	name, _, _ := strings.Cut(filepath.Base(document), ".")
	if !plainName(name) {
		return "api"
	}
	return name
}
