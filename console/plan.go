package console

import (
	"fmt"

	"sallyport/config"
	"sallyport/stage/identify"
)

// Name is the API's name in logs and metrics.
const Name = "admin"

// documentName is what the document is called in the configuration.
const documentName = "openapi.yaml"

// Documents are what Configuration names.
func Documents() map[string][]byte { return map[string][]byte{documentName: Document} }

// settings are of the API what its document has no word for. Its upstream is
// never asked.
const settings = `
apis:
  - name: admin
    document: openapi.yaml
    upstream: http://administration.invalid
    public: [getDocument]
    request: { max_body: 256KiB }
    answers: { mode: block, max_body: 4MiB }
    limits:
      administrator: { rate: 3000/1m, burst: 300, by: caller }
    operations:
      importRecords: { request: { max_body: 4MiB } }
`

// Configuration is what the API is built of: it is enforced as any other API
// is, and answers are held to the document to the letter.
func Configuration() (*config.Config, error) {
	c, err := config.Parse("the admin API", []byte(settings))
	if err != nil {
		return nil, fmt.Errorf("reading the settings of the admin API: %w", err)
	}
	// How the scheme is checked no file can say: see Methods. Should that be left
	// out, a key that nobody has is what opens the door.
	c.APIs[0].Identify = []config.Scheme{{Name: scheme, Key: &config.KeySet{}}}
	return c, nil
}

// scheme is the security scheme of the document.
const scheme = "AdminToken"

// Methods check the scheme of the document.
func (d *Desk) Methods() map[string]identify.Method {
	return map[string]identify.Method{scheme: &Method{d}}
}
