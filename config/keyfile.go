package config

import (
	"reflect"
	"strings"

	"sallyport/source"
)

// KeySource is where an issuer's public keys come from: a URL or a file.
type KeySource struct {
	URL  URL
	File string
}

// IsZero tells whether neither is given.
func (k KeySource) IsZero() bool { return k == KeySource{} }

// String is the URL or the path.
func (k KeySource) String() string {
	if k.File != "" {
		return k.File
	}
	return k.URL.String()
}

func (d *decoder) keySource(to *KeySource, s scalar) {
	switch {
	case s.kind != source.String && !s.free || s.text == "":
		d.wrong(s.at, "write an https URL or a path", "%s names neither a URL nor a file", d.here())
	case strings.Contains(s.text, "://"):
		d.set(&to.URL, s)
	default:
		to.File = d.resolve(s.text)
	}
}

// keyFile reads a list of API keys from a file of its own.
func (d *decoder) keyFile(path string, at source.Position) []Key {
	var set struct {
		Place
		Keys []Key `yaml:"keys" required:""`
	}
	d.listFile(reflect.ValueOf(&set).Elem(), path, at)
	return set.Keys
}

// listFile fills a struct from a file of its own, which is named at a place.
func (d *decoder) listFile(set reflect.Value, path string, at source.Position) {
	root, err := source.ReadFile(path, limits())
	if err != nil {
		for _, m := range err.(source.Mistakes) {
			if m.Line == 0 {
				d.wrong(at, m.Remedy, "%s: %s", path, m.Message)
			} else {
				d.mistakes = append(d.mistakes, m)
			}
		}
		return
	}
	d.files = append(d.files, path)
	d.structure(set, root, "")
}
