package config

import "strings"

// Keyring says where the master key is, which the keys for secrets and hashes
// in the store are wrapped with. It never lies in the store.
type Keyring struct {
	Place `json:"-"`

	// file:PATH, which is made on the first start and which nobody else may be
	// able to read; or ${NAME}, a variable with 32 random bytes in base64.
	// Without the master key what the store holds is of no use to anybody: keep
	// a copy of it elsewhere.
	Master MasterKey `yaml:"master" default:"file:sallyport.key"`
	// The master key stays in Vault, which wraps and unwraps with it. It is
	// written in place of master.
	Vault *Vault `yaml:"vault"`
}

func (*Keyring) shorthand() string { return "master" }

// Vault is a key of Vault's secrets engine Transit.
type Vault struct {
	Place `json:"-"`

	// Vault's address, such as https://vault.example.com:8200.
	Address URL `yaml:"address" required:""`
	// What proves the gateway to Vault. It needs to update
	// MOUNT/encrypt/KEY and MOUNT/decrypt/KEY, no more. A
	// file is read again at each use, for Vault's agent renews it.
	Token Secret `yaml:"token" required:""`
	// The namespace that the engine is in.
	Namespace string `yaml:"namespace"`
	// The name of the key, of type aes256-gcm96, aes128-gcm96 or
	// chacha20-poly1305.
	Key string `yaml:"key" required:""`
	// Where the engine is mounted.
	Mount string `yaml:"mount" default:"transit"`
	// A file with the certificates that Vault's own must come from. Without it,
	// the system's.
	CA string `yaml:"ca" path:""`
}

func (k *Keyring) check(d *decoder) {
	if k.Wrote("master") && k.Wrote("vault") {
		d.wrong(k.PositionOf("vault"), "remove one of them", "the master key is in one place, not in two")
	}
}

func (v *Vault) check(d *decoder) {
	if strings.ContainsFunc(v.Namespace, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		d.wrong(v.PositionOf("namespace"), "write it as Vault lists it", "%q names nothing in Vault", v.Namespace)
	}
	if u := v.Address; u.Host != "" && u.Scheme != "https" && !loopbackHost(u.Hostname()) {
		d.wrong(v.PositionOf("address"), "use https", "the token and the keys must not go in the clear")
	}
	v.checkName(d, "key", v.Key)
	v.checkName(d, "mount", strings.ReplaceAll(v.Mount, "/", "-"))
}

// checkName: names become parts of a URL's path.
func (v *Vault) checkName(d *decoder, key, name string) {
	if name != "" && !plainName(name) {
		d.wrong(v.PositionOf(key), "write it as Vault lists it", "%q names nothing in Vault", name)
	}
}

// MasterKey is where the master key of the keyring is: one of the two.
type MasterKey struct {
	File  string
	Value Secret
}

func (d *decoder) masterKey(to *MasterKey, s scalar) {
	path, isFile := strings.CutPrefix(s.text, "file:")
	switch {
	case isFile && (s.written == "" || strings.HasPrefix(s.written, "file:")):
		if path == "" {
			d.wrong(s.at, "write file:PATH", "%s names no file", d.here())
			return
		}
		to.File = d.resolve(path)
	case s.text != "" && fromEnvironment(s):
		*to = MasterKey{Value: NewSecret(s.text)}
	default:
		*to = MasterKey{}
		d.secret(&to.Value, s)
	}
}

// fromEnvironment tells a variable that stands for the whole key from a file
// and a flag, which others can read.
func fromEnvironment(s scalar) bool {
	return s.at.Line == 0 && !strings.HasPrefix(s.at.File, "--")
}
