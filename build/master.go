package build

import (
	"sallyport/config"
	"sallyport/keyring"
	"sallyport/source"
)

// Master is the master key that the configuration names. What is wrong with it
// is a mistake with its place; whether Vault answers shows when it is used.
func Master(c *config.Keyring) (keyring.Master, error) {
	var mistakes source.Mistakes
	m, at, remedy, err := master(c)
	if err != nil {
		mistakes.Add(at, remedy, "%v", err)
		return nil, mistakes.Err()
	}
	return m, nil
}

func master(c *config.Keyring) (keyring.Master, source.Position, string, error) {
	if v := c.Vault; v != nil {
		m, at, err := vaultMaster(v)
		return m, at, "", err
	}
	at := c.PositionOf("master")
	if c.Master.File != "" {
		m, err := keyring.FileMaster(c.Master.File)
		return m, at, "", err
	}
	m, err := keyring.EnvMaster(c.Master.Value.Reveal())
	return m, at, "set the variable to 32 random bytes in base64", err
}

func vaultMaster(v *config.Vault) (keyring.Master, source.Position, error) {
	var roots []byte
	if v.CA != "" {
		var err error
		if roots, err = source.ReadText(v.CA, source.Limits{Bytes: maxPEM}); err != nil {
			return nil, v.PositionOf("ca"), err
		}
	}
	m, err := keyring.VaultMaster(keyring.VaultConfig{
		Address: v.Address.String(), Mount: v.Mount, Key: v.Key, Namespace: v.Namespace, Token: v.Token.Current, CA: roots,
	})
	return m, v.At, err
}
