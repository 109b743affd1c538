package jose

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"sallyport/destination"
)

const (
	maxMetadataBytes = 256 << 10
	// discoverEvery is how long an address of keys is believed that leads to some.
	discoverEvery = 24 * time.Hour
)

// discovered is where the issuer's metadata says that its keys are. Only the fetch under way touches it.
type discovered struct {
	address string
	at      time.Time
}

// address is where the key set is: URL, or what the issuer's metadata says. That is asked for anew once a
// day, and after a fetch from there has failed.
func (r *Remote) address(ctx context.Context, client *http.Client) (string, error) {
	if r.URL != "" {
		return r.URL, nil
	}
	now := r.now()
	if d := &r.discovered; d.address != "" && now.Sub(d.at) < discoverEvery {
		return d.address, nil
	}
	address, err := r.discover(ctx, client)
	switch {
	case err == nil:
		r.discovered = discovered{address, now}
	case r.discovered.address == "":
		return "", err
	}
	return r.discovered.address, nil // the old one, if the metadata cannot be had now: it led to keys
}

// discover reads the issuer's metadata, from the first of its addresses that has them.
func (r *Remote) discover(ctx context.Context, client *http.Client) (string, error) {
	var all []error
	for _, address := range metadataAddresses(r.Issuer) {
		text, _, err := get(ctx, client, address, "application/json", maxMetadataBytes)
		if err == nil {
			var keys string
			if keys, err = r.readMetadata(string(text)); err == nil {
				return keys, nil
			}
			err = fmt.Errorf("%s: %w", address, err)
		}
		if all = append(all, err); ctx.Err() != nil {
			break
		}
	}
	return "", fmt.Errorf("asking the issuer %s for its metadata: %w", r.Issuer, errors.Join(all...))
}

// metadataAddresses are those of OpenID Connect Discovery §4.1, which appends to the issuer's path, and of
// RFC 8414 §3.1 and §5, which put the well-known part before it.
func metadataAddresses(issuer string) []string {
	issuer = strings.TrimSuffix(issuer, "/")
	u, err := url.Parse(issuer)
	if err != nil {
		return nil
	}
	path := strings.TrimPrefix(issuer, u.Scheme+"://"+u.Host)
	host := strings.TrimSuffix(issuer, path)
	addresses := []string{
		issuer + "/.well-known/openid-configuration",
		host + "/.well-known/oauth-authorization-server" + path,
	}
	if path != "" {
		addresses = append(addresses, host+"/.well-known/openid-configuration"+path)
	}
	return addresses
}

// readMetadata takes jwks_uri and nothing else: which algorithms are allowed is for the verifier to say, not
// for what the issuer says that it supports (RFC 8725 §3.1).
func (r *Remote) readMetadata(text string) (keys string, err error) {
	var issuer string
	err = eachMember(text, maxMembers, func(name, value string) (err error) {
		switch name {
		case "issuer":
			issuer, err = stringOf(value)
		case "jwks_uri":
			keys, err = stringOf(value)
		}
		return err
	})
	switch {
	case err != nil:
		return "", fmt.Errorf("metadata that are %w", err)
	case issuer != r.Issuer:
		// RFC 8414 §3.3: to the letter, or one tenant of a host could speak for another.
		return "", errors.New("metadata of another issuer")
	case keys == "":
		return "", errors.New("metadata without jwks_uri")
	}
	return keys, r.checkKeysAddress(keys)
}

// checkKeysAddress holds a jwks_uri to what an address in a configuration is held to. Beyond that, whoever can
// write an issuer's metadata must not have us ask a machine that only we can reach: it is at the issuer's own
// host, or at a public one, which connections to it are held to as well.
func (r *Remote) checkKeysAddress(address string) error {
	if err := checkAddress(address, r.AllowHTTP); err != nil {
		return err
	}
	if !r.foreign(address) {
		return nil
	}
	// No resolver is asked: what a name leads to counts when it is connected to.
	if strangers().Judge(context.Background(), destination.URL, address) != destination.Allowed {
		return errors.New("metadata with a jwks_uri that is neither at the issuer's host nor at a public one: name it as the address of the key set if it is right")
	}
	return nil
}

// strangers is where the metadata of an issuer may lead to beside its own host: what is public.
func strangers() *destination.Policy { return &destination.Policy{} }

// foreign tells whether an address of keys is at another host than what the configuration names.
func (r *Remote) foreign(address string) bool {
	if r.URL != "" {
		return false
	}
	u, err := url.Parse(address)
	issuer, wrong := url.Parse(r.Issuer)
	return err != nil || wrong != nil || folded(u.Hostname()) != folded(issuer.Hostname())
}

// folded is a host as names are compared (RFC 4343), without the dot that may end it.
func folded(host string) string { return strings.ToLower(strings.TrimSuffix(host, ".")) }
