package build

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"sallyport"
	"sallyport/config"
	"sallyport/source"
	"sallyport/stage/forward"
)

// prepareCredentials makes what the backend is given, and what of a client's
// own it is not.
func (a *apiBuilder) prepareCredentials() {
	u := &a.config.Upstream
	strip := a.config.Caller.Credentials == "strip"
	if len(u.Credentials) == 0 && !strip {
		return
	}
	a.credentials = new(forward.Credentials)
	for i := range u.Credentials {
		if at, err := a.give(&u.Credentials[i]); err != nil {
			a.wrong(at, "", err)
		}
	}
	if strip {
		a.withhold()
	}
	if len(u.Credentials) > 0 {
		a.warnOfClearText(u)
	}
}

func (a *apiBuilder) give(c *config.Credential) (source.Position, error) {
	switch {
	case c.Wrote("bearer"):
		token := c.Bearer.Reveal()
		if strings.Contains(token, " ") {
			return c.PositionOf("bearer"), errors.New("the token holds a space, which no bearer token does (RFC 6750 §2.1)")
		}
		return c.PositionOf("bearer"), a.credentials.Give("Authorization", "Bearer "+token, token)
	case c.Basic != nil:
		password := c.Basic.Password.Reveal()
		pair := base64.StdEncoding.EncodeToString([]byte(c.Basic.User + ":" + password)) // RFC 7617 §2
		return c.PositionOf("basic"), a.credentials.Give("Authorization", "Basic "+pair, pair, password)
	case c.Header != "":
		return c.PositionOf("header"), a.credentials.Give(string(c.Header), c.Value.Reveal())
	case c.Query != "":
		a.credentials.GiveQuery(c.Query, c.Value.Reveal())
	}
	return c.At, nil
}

// withhold keeps what callers prove themselves with from the backend.
func (a *apiBuilder) withhold() {
	for i := range a.config.Identify {
		c := &a.config.Identify[i]
		declared := a.document.Schemes[c.Name]
		if declared == nil {
			continue // unused() says so
		}
		place, err := placeOf(declared)
		switch {
		case err != nil: // identifySchemes says so
		case c.Unchecked:
			a.wrong(a.config.Caller.PositionOf("credentials"), "write pass, or say how the scheme is checked", fmt.Errorf("the backend alone checks %s, so that it must see it", c.Name))
		case place.In == "authorization":
			a.credentials.Withhold("header", "Authorization")
			a.credentials.Withhold("header", "DPoP") // a proof is of no use but with the token (RFC 9449 §4)
		default:
			a.credentials.Withhold(place.In, place.Name)
		}
	}
}

// warnOfClearText: whoever is on the way to a target can read what it is given.
func (a *apiBuilder) warnOfClearText(u *config.Upstream) {
	for i := range u.Targets {
		if t := &u.Targets[i]; t.URL.InClear() {
			a.result.Warnings.Add(t.PositionOf("url"), "write https", "the credentials for %s go to it in the clear", t.URL)
		}
	}
}

// credentialControls tell of them without a secret.
func (o *operationBuilder) credentialControls() []sallyport.Control {
	var controls []sallyport.Control
	for i := range o.config.Upstream.Credentials {
		c := &o.config.Upstream.Credentials[i]
		var says string
		switch {
		case c.Wrote("bearer"):
			says = "Authorization: Bearer " + c.Bearer.String()
		case c.Basic != nil:
			says = "Authorization: Basic " + c.Basic.Password.String()
		case c.Header != "":
			says = string(c.Header) + ": " + c.Value.String()
		default:
			says = "?" + c.Query + "=" + c.Value.String()
		}
		controls = append(controls, enforced(c.At, "the backend is given %s, and nothing that the client sends in its place", says))
	}
	if o.config.Caller.Credentials == "strip" {
		controls = append(controls, enforced(o.config.Caller.PositionOf("credentials"), "the backend does not see what the caller proves itself with"))
	}
	return controls
}
