package build

import (
	"crypto/rand"
	"errors"

	"sallyport/store"
)

// fillSecrets takes the secrets of the store that the configuration names.
func (b *builder) fillSecrets() {
	known := make(map[string]string)
	for _, s := range b.config.Stored {
		value, ok := known[s.Name]
		if !ok {
			var err error
			if value, err = b.secret(s.Name); err != nil {
				remedy := "the store must answer, with the keyring that sealed it"
				if errors.Is(err, store.ErrNotFound) {
					remedy = "put it into the store under that name"
				}
				b.mistakes.Add(s.At, remedy, "the secret %s of the store: %s", s.Name, err)
				value = unknownSecret() // so that one mistake does not look like several
			}
			known[s.Name] = value
		}
		s.Fill(value)
	}
}

func (b *builder) secret(name string) (string, error) {
	if b.options.Secret == nil {
		return unknownSecret(), nil
	}
	value, err := b.options.Secret(b.ctx, name)
	if err == nil && value == "" {
		err = errors.New("it is empty")
	}
	return value, err
}

// unknownSecret stands for a secret where nothing is served: long enough for
// every use, and nothing that anybody could guess where something is.
func unknownSecret() string { return rand.Text() + rand.Text() + rand.Text() }
