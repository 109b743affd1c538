package introspect

import (
	"encoding/base64"
	"net/http"
	"net/url"
)

// Client is how the endpoint knows who asks: by a secret, by a bearer token, or,
// with an ID alone, by the certificate of Settings.TLS (RFC 8705 §2).
type Client struct {
	ID, Secret string
	// Post puts ID and Secret into the form, for servers that do not take them in
	// Authorization (RFC 6749 §2.3.1 has it so).
	Post bool
	// Bearer is a token of our own (RFC 7662 §2.1).
	Bearer string
}

// sign adds what stands in the form.
func (c *Client) sign(form url.Values) {
	if c.ID != "" && (c.Post || c.Secret == "") {
		form.Set("client_id", c.ID) // RFC 8705 §2: with a certificate too
		if c.Secret != "" {
			form.Set("client_secret", c.Secret)
		}
	}
}

// authorize adds what stands in the field.
func (c *Client) authorize(fields http.Header) {
	switch {
	case c.Bearer != "":
		fields.Set("Authorization", "Bearer "+c.Bearer)
	case c.Secret != "" && !c.Post:
		// RFC 6749 §2.3.1: both are form-encoded first, and may then hold no colon.
		pair := url.QueryEscape(c.ID) + ":" + url.QueryEscape(c.Secret)
		fields.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(pair)))
	}
}

// WellFormed tells whether a token is one that a bearer can present: the b64token
// of RFC 6750 §2.1, within MaxToken. Nobody is asked about any other.
func WellFormed(token string) bool {
	if token == "" || len(token) > MaxToken {
		return false
	}
	end := len(token)
	for end > 0 && token[end-1] == '=' {
		end--
	}
	for i := range end {
		switch c := token[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '-' || c == '.' || c == '_' || c == '~' || c == '+' || c == '/':
		default:
			return false
		}
	}
	return end > 0
}
