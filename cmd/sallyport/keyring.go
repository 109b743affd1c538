package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"sallyport/build"
	"sallyport/config"
	"sallyport/keyring"
)

type keyringCommand struct {
	Status keyringStatus `cmd:"" help:"Tell which master key wraps the keys, how many there are, and how old. No key is shown."`
	Rotate keyringRotate `cmd:"" help:"Make new keys, and seal every secret anew. Gateways go on serving."`
	Reseal keyringReseal `cmd:"" help:"Seal by the newest key what older ones sealed: the rest of a rotate that was cut off."`
	Rewrap keyringRewrap `cmd:"" help:"Wrap the keys by another master key."`
}

// withKeyring opens store and keyring for as long as a verb needs them, by the
// configuration's master key or by what change makes of it.
func (f *deskFlags) withKeyring(c *console, change func(keyring.Master) (keyring.Master, error), do func(*build.Kept) error) error {
	loaded, err := f.load()
	if err != nil {
		return err
	}
	master, err := build.Master(&loaded.Keyring)
	if err == nil && change != nil {
		master, err = change(master)
	}
	if err != nil {
		return err
	}
	kept, err := build.OpenKeptBy(c.ctx, loaded, master, "cli:"+whoami())
	if err != nil {
		return err
	}
	return errors.Join(do(kept), kept.Close())
}

type keyringStatus struct{ deskFlags }

// keyringReport is what may be known of a keyring.
type keyringReport struct {
	Keys []keyReport `json:"keys"`
	// Sealed is the number of sealed secrets, Stale of those that an older key
	// than the newest sealed.
	Sealed int `json:"sealed"`
	Stale  int `json:"stale"`
}

type keyReport struct {
	Purpose string    `json:"purpose"`
	Number  uint32    `json:"number"`
	Created time.Time `json:"created"`
	Current bool      `json:"current"`
	Master  string    `json:"master"`
}

// Run tells what may be known.
func (k *keyringStatus) Run(c *console) error {
	return k.withKeyring(c, nil, func(kept *build.Kept) error {
		var r keyringReport
		var err error
		if r.Stale, r.Sealed, err = kept.Stale(c.ctx); err != nil {
			return err
		}
		for _, s := range kept.Ring.Status() {
			for _, key := range s.Keys {
				r.Keys = append(r.Keys, keyReport{s.Purpose, key.Number, key.Created.UTC().Truncate(time.Second), key.Current, s.Master})
			}
		}
		if k.Output == "json" {
			return writeJSON(c.stdout, r)
		}
		r.write(c.stdout)
		return nil
	})
}

func (r *keyringReport) write(out io.Writer) {
	var rows [][]string
	for _, k := range r.Keys {
		current := ""
		if k.Current {
			current = "current"
		}
		rows = append(rows, []string{k.Purpose, strconv.FormatUint(uint64(k.Number), 10), shownTime(&k.Created), k.Master, current})
	}
	table(out, []string{"PURPOSE", "KEY", "CREATED", "MASTER", ""}, rows)
	fmt.Fprintf(out, "%s, %d by an older key\n", plural(r.Sealed, "sealed secret"), r.Stale)
}

type keyringRotate struct{ deskFlags }

// Run makes new keys; what the old ones sealed and hashed still counts.
func (k *keyringRotate) Run(c *console) error {
	return k.withKeyring(c, nil, func(kept *build.Kept) error {
		if err := kept.Ring.Rotate(c.ctx); err != nil {
			return fmt.Errorf("making new keys: %w", err)
		}
		return k.reseal(c, kept)
	})
}

type keyringReseal struct{ deskFlags }

// Run seals what is not yet sealed by the newest key.
func (k *keyringReseal) Run(c *console) error {
	return k.withKeyring(c, nil, func(kept *build.Kept) error { return k.reseal(c, kept) })
}

func (f *deskFlags) reseal(c *console, kept *build.Kept) error {
	n, err := kept.Reseal(c.ctx)
	if err != nil {
		return fmt.Errorf("%w; the new keys stand, and sallyport keyring reseal does the rest", err)
	}
	generation := kept.Ring.Generation()
	if f.Output == "json" {
		return writeJSON(c.stdout, map[string]any{"generation": generation, "resealed": n})
	}
	fmt.Fprintf(c.stdout, "generation %d; %s sealed anew\n", generation, plural(n, "secret"))
	return nil
}

type keyringRewrap struct {
	deskFlags
	To       string `placeholder:"KEY" help:"The new master key: file:PATH, which is made if it is not there, or $${NAME} for a variable."`
	ToConfig string `placeholder:"FILE" help:"Configuration file whose keyring is the new one, in place of --to; so is Vault named."`
}

// Run wraps the keys by the new master. Cut off between two of them, it opens
// what it finds by whichever of both masters fits.
func (k *keyringRewrap) Run(c *console) error {
	to, err := k.target()
	if err != nil {
		return err
	}
	both := func(old keyring.Master) (keyring.Master, error) { return keyring.Either(old, to), nil }
	return k.withKeyring(c, both, func(kept *build.Kept) error {
		if err := kept.Ring.Rewrap(c.ctx, to); err != nil {
			return fmt.Errorf("wrapping the keys by another master: %w", err)
		}
		if k.Output == "json" {
			return writeJSON(c.stdout, map[string]string{"master": to.Name()})
		}
		fmt.Fprintf(c.stdout, "the keys are wrapped by %s now: name it under keyring in the configuration of every gateway\n", to.Name())
		return nil
	})
}

func (k *keyringRewrap) target() (keyring.Master, error) {
	var c *config.Config
	var err error
	switch {
	case (k.To == "") == (k.ToConfig == ""):
		return nil, usageError{errors.New("give either --to or --to-config")}
	case k.ToConfig != "":
		c, err = config.Load(k.ToConfig)
	default:
		var text []byte
		if text, err = json.Marshal(map[string]any{
			"keyring": k.To,
			"apis":    []any{map[string]any{"name": "none", "document": "none.yaml", "upstream": anyUpstream}},
		}); err == nil {
			c, err = config.Parse("--to", text)
		}
	}
	if err != nil {
		return nil, err
	}
	return build.Master(&c.Keyring)
}
