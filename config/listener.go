package config

// Listener is one address that clients connect to.
type Listener struct {
	Place `json:"-"`

	// Host and port. Without a host it is every address of the machine.
	Address Address `yaml:"address" default:"127.0.0.1:8080"`
	// Speak TLS on this address. Without it the address must be on loopback,
	// redirect, or say plain_http.
	TLS *TLS `yaml:"tls"`
	// Take HTTP/2 in the clear too, from clients that begin with it (prior
	// knowledge); never by Upgrade. With tls HTTP/2 needs no setting: client and
	// gateway agree on it in the handshake.
	H2C bool `yaml:"h2c"`
	// Take HTTP/3 too, on the UDP port of the same number, and tell clients over
	// TCP so (Alt-Svc). It needs tls, and speaks TLS 1.3 with the same
	// certificate; requests that could be replayed (0-RTT) are not taken. A
	// firewall, or whatever maps ports, must pass UDP to the same port.
	HTTP3 bool `yaml:"http3"`
	// Take no requests, but send every client to https: 308 to the same host.
	Redirect bool `yaml:"redirect"`
	// The host, and port if it is not 443, that a redirecting listener sends
	// clients to, such as api.example.com. Without it: the host that was asked
	// for, at the port of the first listener with TLS.
	RedirectTo Authority `yaml:"redirect_to"`
	// Accept plain HTTP on an address that is not on loopback. Whoever is on
	// the way can then read and change every request and answer, credentials
	// included: right only behind something that ends TLS on the same machine
	// or in the same trusted network.
	Plain bool `yaml:"plain_http"`
	// How long browsers may use nothing but https for this host
	// (Strict-Transport-Security, RFC 6797); only sent over TLS.
	HSTS Duration `yaml:"hsts" default:"180d" off:""`
	// The most connections that this address takes at one time. One beyond is
	// closed: on a plain listener with a bare 503, with TLS without a handshake.
	// With http3 it takes as many again over UDP.
	MaxConnections int `yaml:"max_connections" default:"16384"`
	// The most connections of one client address, or of one /64 of IPv6, at one
	// time; one beyond is closed likewise. It does not hold for trusted proxies,
	// which connect for many, nor for connections of HTTP/3.
	MaxConnectionsPerClient int `yaml:"max_connections_per_client" default:"1024"`
}

// TLS is the certificate of a listener, and what is asked of its clients. What
// its files hold is read anew when they change; connections go on, and what is
// not trusted any more counts no longer on them either.
type TLS struct {
	Place `json:"-"`

	// File with the certificate and those that lead to its root, PEM.
	Certificate string `yaml:"certificate" required:"" path:""`
	// File with the private key, PEM.
	Key string `yaml:"key" required:"" path:""`
	// The oldest version of TLS that is accepted.
	MinVersion string `yaml:"min_version" default:"1.2" choices:"1.2 1.3"`
	// Files with the authorities that issue the certificates of clients, PEM. An
	// intermediate authority may stand here alone: then what it issued is trusted,
	// and its own root is not.
	ClientCA []string `yaml:"client_ca" path:""`
	// Files with the revocation lists of these authorities, PEM or DER (RFC 5280
	// §5). With any, each certificate but a root's needs one of its issuer, those
	// of intermediate authorities too. Delta lists and lists for a part of the
	// certificates are a mistake.
	ClientCRL []string `yaml:"client_crl" path:""`
	// Take a revocation list beyond the time when the next one was to be there
	// (nextUpdate). Without it, certificates that only such a list could speak of
	// are refused: whoever keeps a new list from us could use a stolen one.
	AcceptStaleCRL bool `yaml:"accept_stale_crl"`
	// What is asked of clients. required: no connection without a certificate of
	// client_ca. optional: whoever has one shows it; one that is not good ends the
	// handshake, and without one the operations whose security asks for it refuse.
	// any: each certificate is taken, one that signs itself too; it proves nobody,
	// but tokens may be bound to it (RFC 8705 §4). Without it: required where
	// client_ca is written, else nobody is asked.
	ClientCertificates string `yaml:"client_certificates" choices:"required optional any"`
}

// VerifiesClients tells whether certificates of clients are asked for, and checked.
func (t *TLS) VerifiesClients() bool { return t != nil && len(t.ClientCA) > 0 }

func (t *TLS) check(c *decoder) {
	verified := t.ClientCertificates != "any"
	switch ca := t.Wrote("client_ca"); {
	case ca && len(t.ClientCA) == 0:
		c.wrong(t.PositionOf("client_ca"), "name a file, or remove the key", "without an authority no client can come in")
	case ca && !verified:
		c.wrong(t.PositionOf("client_ca"), "remove it, or say required or optional", "with client_certificates: any no certificate is checked")
	case !ca && t.ClientCertificates != "" && verified:
		c.wrong(t.PositionOf("client_certificates"), "name the authorities under client_ca", "nothing says whose certificates are asked for")
	case !ca && t.Wrote("client_crl"):
		c.wrong(t.PositionOf("client_crl"), "name the authorities under client_ca", "the lists are of no authority")
	case t.AcceptStaleCRL && len(t.ClientCRL) == 0:
		c.wrong(t.PositionOf("accept_stale_crl"), "remove it, or name lists under client_crl", "there is no revocation list that could be out of date")
	}
	if t.Wrote("client_ca") && t.ClientCertificates == "" {
		t.ClientCertificates = "required"
	}
	distinctItems(c, t.Place, "client_ca", t.ClientCA)
	distinctItems(c, t.Place, "client_crl", t.ClientCRL)
}

// Admin is the listener for operators.
type Admin struct {
	Place `json:"-"`

	// Host and port of /healthz, /readyz and /metrics. They tell operation
	// names and numbers to whoever asks: keep it where clients cannot reach it.
	// Below /v1/ is the admin API, where a store is open. In the clear it is
	// served on loopback alone: beyond, everybody on the way would read its tokens.
	Address Address `yaml:"address" default:"127.0.0.1:9443" off:""`
	// Speak TLS on this address; with client_ca operators prove themselves by
	// certificates too.
	TLS *TLS `yaml:"tls"`
}

// Private tells whether nobody on the way can read what is sent there.
func (a *Admin) Private() bool { return a.TLS != nil || a.Address.Loopback() }

func (l *Listener) check(c *decoder) {
	overTLS := l.TLS != nil
	switch {
	case l.Redirect && overTLS:
		c.wrong(l.PositionOf("redirect"), "remove one of them", "a listener with tls has nothing to redirect to")
	case l.H2C && (l.Redirect || overTLS):
		c.wrong(l.PositionOf("h2c"), "remove it", "h2c is for a plain listener that serves the API")
	case l.HTTP3 && !overTLS:
		c.wrong(l.PositionOf("http3"), "give it tls, or remove http3", "HTTP/3 is spoken over TLS only")
	case l.Plain && overTLS:
		c.wrong(l.PositionOf("plain_http"), "remove one of them", "a listener with tls does not speak plain HTTP")
	case !overTLS && !l.Redirect && !l.Plain && l.Address != "" && !l.Address.Loopback():
		c.wrong(l.PositionOf("address"), "give it tls, or listen on 127.0.0.1, or say plain_http: true",
			"%s would take plain HTTP from other machines", l.Address)
	}
	if l.RedirectTo != "" && !l.Redirect {
		c.wrong(l.PositionOf("redirect_to"), "add redirect: true", "redirect_to has a meaning on a redirecting listener only")
	}
	if l.Wrote("hsts") && !overTLS {
		c.wrong(l.PositionOf("hsts"), "put it on the listener with tls", "browsers heed hsts over TLS only (RFC 6797 §8.1)")
	}
}
