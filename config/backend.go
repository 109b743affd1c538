package config

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
)

// Backend is where a target listens: an http or https URL, or unix: and the
// path of a socket.
type Backend string

// InClear tells whether others can read on the way there what is sent.
func (b Backend) InClear() bool {
	u, err := url.Parse(string(b))
	return err == nil && u.Scheme == "http" && !loopbackHost(u.Hostname())
}

func (*Backend) wanted() (string, string) {
	return "a URL", "https://host/path, http://host:port or unix:/run/app.sock"
}

func (b *Backend) set(text string) error {
	if rest, ok := strings.CutPrefix(text, "unix:"); ok {
		path, prefix, _ := strings.Cut(rest, ":")
		switch {
		case !strings.HasPrefix(path, "/"):
			return errors.New("the path of a socket begins with a slash")
		case len(path) > maxSocketPath:
			return errors.New("the path of a socket is at most " + strconv.Itoa(maxSocketPath) + " bytes long")
		case prefix != "" && new(BasePath).set(prefix) != nil:
			return errors.New("what stands behind the second colon is no path")
		}
		*b = Backend(text)
		return nil
	}
	var u URL
	if err := u.set(text); err != nil {
		return err
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return &errHidden{"a target has neither query nor fragment", "end it after the path"} // a query may hold a key
	}
	*b = Backend(u.String())
	return nil
}

// maxSocketPath is what the shortest sun_path of the systems we run on holds.
const maxSocketPath = 103

// HashKey is what of a request a target is chosen by.
type HashKey struct {
	// From is client, caller, header, cookie or path; Name that of the field,
	// cookie or path parameter.
	From, Name string
}

func (*HashKey) wanted() (string, string) {
	return "a key", "client, caller, header:NAME, cookie:NAME or path:NAME"
}

func (k *HashKey) set(text string) error {
	from, name, named := strings.Cut(text, ":")
	switch {
	case (from == "client" || from == "caller") && !named:
	case (from == "header" || from == "cookie") && isToken(name):
	case from == "path" && name != "" && strings.TrimSpace(name) == name:
	default:
		return errForm
	}
	*k = HashKey{from, name}
	return nil
}

// Cause is one way in which a request to a backend fails: connect, reset,
// timeout, or a status from 500 to 599.
type Cause string

func (*Cause) numeric() {}

func (*Cause) wanted() (string, string) { return "a failure", "connect, reset, timeout or 503" }

func (c *Cause) set(text string) error {
	switch text {
	case "connect", "reset", "timeout":
	default:
		if n, err := strconv.Atoi(text); err != nil || n < 500 || n > 599 || len(text) != 3 {
			return errForm
		}
	}
	*c = Cause(text)
	return nil
}

// Statuses are all from one to another, both included.
type Statuses struct{ From, To int }

func (*Statuses) numeric() {}

func (*Statuses) wanted() (string, string) { return "a status", "200 or 200-399" }

func (s *Statuses) set(text string) error {
	first, last, ok := strings.Cut(text, "-")
	if !ok {
		last = first
	}
	from, err := strconv.ParseUint(first, 10, 16)
	to, err2 := strconv.ParseUint(last, 10, 16)
	if err != nil || err2 != nil || from < 200 || to > 599 || from > to || len(first) != 3 || len(last) != 3 {
		return errForm
	}
	*s = Statuses{int(from), int(to)}
	return nil
}

// Percent is a part of a hundred, written 20%.
type Percent int

// String is the part as it is written.
func (p Percent) String() string { return strconv.Itoa(int(p)) + "%" }

func (*Percent) wanted() (string, string) { return "a percentage", "20%" }

func (p *Percent) set(text string) error {
	number, ok := strings.CutSuffix(text, "%")
	n, err := strconv.ParseUint(number, 10, 8)
	if !ok || err != nil || n < 1 || n > 100 || strconv.FormatUint(n, 10) != number {
		return errForm
	}
	*p = Percent(n)
	return nil
}
