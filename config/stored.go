package config

import (
	"strings"

	"sallyport/source"
)

// StoredSecret is a secret that lies sealed in the store. It has no value until
// it is filled.
type StoredSecret struct {
	// Name is what it is called in the store.
	Name string
	// At is where the configuration names it.
	At source.Position

	value *string
}

// Fill gives the secret its value, wherever the configuration holds it.
func (s *StoredSecret) Fill(value string) { *s.value = value }

const storedSecret = "store:"

// stored notes a secret of the store. What the store itself is opened with
// cannot lie in it.
func (d *decoder) stored(to *Secret, s scalar) {
	name := strings.TrimPrefix(s.text, storedSecret)
	switch {
	case d.path[0] == "store" || d.path[0] == "keyring":
		d.wrong(s.at, "write ${NAME} for an environment variable, or file:PATH", "the store is opened with %s, which therefore cannot lie in it", d.here())
		return
	case !storedName(name):
		d.wrong(s.at, "write store:NAME", "%s names no secret of the store", d.here())
		return
	}
	value := new(string)
	*to = Secret{value: value}
	d.secrets = append(d.secrets, &StoredSecret{Name: name, At: s.at, value: value})
}

// storedName: letters, digits and . _ @ : + - after a letter or digit.
func storedName(name string) bool {
	for i := range len(name) {
		if c := name[i]; !alphanumeric(c) && (i == 0 || strings.IndexByte("._@:+-", c) < 0) {
			return false
		}
	}
	return name != "" && len(name) <= 128
}
