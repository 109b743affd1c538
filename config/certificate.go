package config

// Certificate says whom the certificates of clients name. A listener verifies
// them: see its tls.client_ca.
type Certificate struct {
	Place `json:"-"`

	// Which part of a certificate names its holder: a subject alternative name
	// (uri, dns, email), the whole subject (RFC 4514, such as CN=shop,O=Bank), or
	// its common name. All names of that kind are considered; a certificate that
	// names two consumers is refused.
	By string `yaml:"by" choices:"uri dns email subject common_name" default:"uri"`
	// Consumers by the names that they have in certificates: {"spiffe://bank/shop":
	// shop}. With by: dns, *.partner.example stands for all names below. Everything
	// else is compared to the letter, but for the case of host names.
	Consumers []CertificateHolder `yaml:"consumers,named"`
	// Ask the store too: the name in the certificate is that of a consumer there.
	Store bool `yaml:"store"`
	// Where the certificate is found: in the handshake of a listener with client_ca
	// (tls), or in the field Client-Cert (RFC 9440), which a proxy in front of the
	// gateway sends that ends TLS. It must be one of trusted_proxies, must have
	// verified the certificate, its revocation too, and must remove the field from
	// what clients send.
	From string `yaml:"from" default:"tls" choices:"tls client_cert_field"`
	// Files with those authorities, of the listener's, whose certificates count
	// for this scheme, PEM. Without any: all of them. With client_cert_field those
	// that issue the certificates themselves must stand here.
	CA []string `yaml:"ca" path:""`
}

// CertificateHolder is whom a name in certificates stands for, and what that
// consumer may do.
type CertificateHolder struct {
	Place `json:"-"`

	// Name is the name in the certificate.
	Name string `yaml:"-"`
	// Who holds the certificate. Several names may be one consumer's.
	Consumer string `yaml:"consumer" required:""`
	// The tenant that the consumer belongs to.
	Tenant string `yaml:"tenant"`
	// The scopes that the consumer was granted.
	Scopes []string `yaml:"scopes"`
	// The roles that the consumer has.
	Roles []string `yaml:"roles"`
}

func (*CertificateHolder) shorthand() string { return "consumer" }

func (c *Certificate) check(k *decoder) {
	if len(c.Consumers) == 0 && !c.Store {
		k.wrong(c.At, "name consumers, or say store: true", "without a consumer nobody can come in")
	}
	if c.From == "client_cert_field" && len(c.CA) == 0 {
		k.wrong(c.PositionOf("from"), "name the authorities under ca", "nothing says whose certificates count that a proxy tells of")
	}
	distinctItems(k, c.Place, "ca", c.CA)
}
