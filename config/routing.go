package config

import (
	"errors"
	"strings"
)

// Condition is what a header field of a request must say.
type Condition struct {
	Place `json:"-"`

	// Name is the field's name.
	Name string `yaml:"-"`
	// The field's value, letter by letter; * stands for any run of characters.
	// A request that has the field twice does not fit.
	Is Glob `yaml:"is" required:""`
}

func (*Condition) shorthand() string { return "is" }

func (n *Condition) check(c *decoder) {
	switch {
	case !isToken(n.Name):
		c.wrong(n.At, "write a name such as X-Api-Version", "%q is no name of a header field", n.Name)
	case strings.EqualFold(n.Name, "Host"):
		c.wrong(n.At, "use hosts", "the host is not told apart by a condition")
	}
}

// Canary is the part of the requests that an API takes from another one.
type Canary struct {
	Place `json:"-"`

	// How many of a hundred.
	Share int `yaml:"share" required:""`
	// What falls on one side or the other: client keeps each address on the
	// same side, request draws anew for each request.
	By string `yaml:"by" default:"client" choices:"client request"`
}

func (*Canary) shorthand() string { return "share" }

func (n *Canary) check(c *decoder) {
	if n.Share > 100 {
		c.wrong(n.PositionOf("share"), "write a number from 1 to 100", "%d of a hundred requests are more than there are", n.Share)
	}
}

// BasePath is a path that others begin with, "" for none.
type BasePath string

func (*BasePath) wanted() (string, string) { return "the beginning of a path", "/v2, or / for none" }

func (b *BasePath) set(text string) error {
	path := strings.TrimSuffix(text, "/")
	switch {
	case !strings.HasPrefix(text, "/"):
		return errors.New("it begins with a slash")
	case strings.Contains(path, "//") || strings.Contains(path+"/", "/./") || strings.Contains(path+"/", "/../"):
		return errors.New("no request in canonical form has such a path")
	}
	for i := range len(path) {
		if c := path[i]; !alphanumeric(c) && strings.IndexByte("/-._~", c) < 0 {
			return errors.New("use letters, digits, - . _ ~ and /")
		}
	}
	*b = BasePath(path)
	return nil
}
