package config

import "strings"

// Upstream is a backend.
type Upstream struct {
	Place `json:"-"`

	// Where the backend listens. A URL is short for a target of weight 1.
	Targets []Target `yaml:"targets" required:""`
	// How a target is chosen: round_robin takes them in turn, by weight;
	// least_requests takes of two, drawn by weight, the one with fewer requests
	// under way; hash takes the same one for the same key, and when a target
	// leaves, only its own keys go elsewhere.
	Balance string `yaml:"balance" default:"round_robin" choices:"round_robin least_requests hash"`
	// The key, with balance: hash. A request that has none takes its turn.
	Hash HashKey `yaml:"hash"`
	// How names of targets become addresses.
	Resolve Resolve `yaml:"resolve"`
	// The time for a connection to stand, TLS included.
	Connect Duration `yaml:"connect" default:"2s"`
	Waits
	// What the targets speak. http2 is HTTP/2 alone: https targets must choose
	// it in the handshake of TLS (ALPN), to http and unix targets it is spoken
	// from the first byte (h2c with prior knowledge). auto leaves the choice
	// to https targets. Operations with gRPC need http2, or auto.
	Protocol string `yaml:"protocol" default:"http1" choices:"http1 http2 auto"`
	// The Host that the backend sees: preserve sends what the client asked
	// for, target the target's own.
	Host string `yaml:"host" default:"preserve" choices:"preserve target"`
	// What the backend sees of the base path: keep sends paths as the client
	// wrote them; strip takes the base path away, and puts it before the paths
	// in Location and Content-Location of the answers.
	BasePath string `yaml:"base_path" default:"keep" choices:"keep strip"`
	// How https targets are spoken to. Without it, their certificates must come
	// from one of the system's roots and stand for the target's host.
	TLS *UpstreamTLS `yaml:"tls"`
	// What the gateway proves itself to the backend with. A client's own field
	// or parameter of that name is taken out first; neither it nor the secret
	// ever stands in a log, and where the backend repeats the secret in an
	// answer, asterisks take its place. Checks of health go without.
	Credentials []Credential `yaml:"credentials"`
	// The requests that may be under way at one target, those that wait for a
	// connection included. Beyond it another target is asked; where there is
	// none the answer is 503 at once. Without it there is no bound.
	MaxRequests int `yaml:"max_requests"`
	// Ask each target again and again whether it is well. A path is short for
	// the rest. Where all targets are down, all are tried.
	Health *Health `yaml:"health"`
	// When a target is taken out for how it treats requests.
	Outliers Outliers `yaml:"outliers"`
	// How long the share of a target grows that came back, from a tenth to the
	// whole.
	SlowStart Duration `yaml:"slow_start" default:"off" off:""`
	// Suspend requests to a target of which too many fail. Without it nothing
	// is suspended.
	Breaker *Breaker `yaml:"breaker"`
	// Send requests again that failed. Without it, only a request whose
	// connection did not stand goes on, to the next target, and a safe one
	// without content is repeated once whose kept connection was dead at once
	// (RFC 9112 §9.3.1). A number is short for its attempts.
	Retries *Retries `yaml:"retries"`
	// Tell /readyz that the gateway is not ready while none of the targets can
	// be reached. Turn it off where other APIs are to be served all the same.
	Readiness bool `yaml:"readiness" default:"true"`
}

func (*Upstream) shorthand() string { return "targets" }

// Target is one place at which a backend listens.
type Target struct {
	Place `json:"-"`

	// http or https, with a path if one is to stand before every request's; or
	// a socket, unix:/run/app.sock, with such a path behind another colon:
	// unix:/run/app.sock:/v1.
	URL Backend `yaml:"url" required:""`
	// Its share of the requests, compared with the weights of the others; 1000
	// at most.
	Weight int `yaml:"weight" default:"1"`
}

func (*Target) shorthand() string { return "url" }

// Waits bound how long the gateway waits for a backend.
type Waits struct {
	Place `json:"-"`

	// The time from the end of the request to the answer's header fields (504).
	FirstByte Duration `yaml:"first_byte" default:"30s"`
	// The longest pause within an answer's body.
	Idle Duration `yaml:"idle" default:"60s" off:""`
	// The time for everything, from the first try to the answer's last byte;
	// further tries live within it.
	Whole Duration `yaml:"whole" default:"off" off:""`
}

// Resolve says how names of targets become addresses.
type Resolve struct {
	Place `json:"-"`

	// What the addresses of a name are: one target, at whichever of them takes
	// a connection; or all targets of their own, balanced, checked and taken
	// out each by itself.
	As string `yaml:"as" default:"one" choices:"one all"`
	// How often names are resolved again, beside whenever a target takes no
	// connection. While the resolver fails, the old addresses stay. off leaves
	// it to the system at each new connection.
	Every Duration `yaml:"every" default:"30s" off:""`
}

func (*Resolve) shorthand() string { return "as" }

// UpstreamTLS says how https targets are spoken to. Their certificates are
// always verified. The files are read again when they change.
type UpstreamTLS struct {
	Place `json:"-"`

	// File with the roots that the targets' certificates must come from, PEM;
	// in place of the system's.
	CA string `yaml:"ca" path:""`
	// File with the certificate that is shown to the targets, and those that
	// lead to its root, PEM.
	Certificate string `yaml:"certificate" path:""`
	// File with its private key, PEM.
	Key string `yaml:"key" path:""`
	// The name that the targets' certificates must stand for, in place of the
	// target's host.
	ServerName Host `yaml:"server_name"`
	// The oldest version of TLS that is spoken.
	MinVersion string `yaml:"min_version" default:"1.2" choices:"1.2 1.3"`
}

// Health asks each target by itself whether it is well.
type Health struct {
	Place `json:"-"`

	// What is asked for with GET, behind the target's own path.
	Path string `yaml:"path" required:""`
	// The time from one check to the next.
	Every Duration `yaml:"every" default:"5s"`
	// The time that a target has for its answer.
	Timeout Duration `yaml:"timeout" default:"1s"`
	// The statuses of a target that is well.
	Status []Statuses `yaml:"status" default:"200-399"`
	// How many checks in a row must go well for a target to come back. The very
	// first check decides alone.
	Rise int `yaml:"rise" default:"2"`
	// How many checks in a row must go wrong for a target to be taken out.
	Fall int `yaml:"fall" default:"3"`
}

func (*Health) shorthand() string { return "path" }

// Outliers says when a target is taken out for how it treats requests. Where
// all targets are out, all are tried.
type Outliers struct {
	Place `json:"-"`

	// What counts: connect, no connection stood, which takes the target out at
	// once; reset, the connection or the answer broke off; timeout; and
	// statuses from 500 to 599. An empty list takes nobody out.
	On []Cause `yaml:"on" default:"connect reset timeout"`
	// How many within the window take the target out.
	Failures int `yaml:"failures" default:"5"`
	// The time within which they are counted.
	Window Duration `yaml:"window" default:"10s"`
	// For how long a target is taken out the first time; twice as long each
	// further time, until a window without failures.
	Out Duration `yaml:"out" default:"2s"`
	// For how long at the most.
	MaxOut Duration `yaml:"max_out" default:"30s"`
}

// Breaker says when requests to a target are suspended: 503 with Retry-After,
// unless another target takes them.
type Breaker struct {
	Place `json:"-"`

	// The part of the requests within the window that must fail.
	Ratio Percent `yaml:"ratio" default:"50%"`
	// How many requests there must be within the window.
	Requests int `yaml:"requests" default:"20"`
	// The time within which requests are counted.
	Window Duration `yaml:"window" default:"10s"`
	// For how long nothing is sent. Then one request tries, and how it ends
	// decides.
	Open Duration `yaml:"open" default:"5s"`
	// What counts as failed, as in outliers.
	On []Cause `yaml:"on" default:"connect reset timeout 502 503 504"`
}

func (*Breaker) shorthand() string { return "ratio" }

// Retries are for requests that failed and are sent again: those whose method is idempotent
// (RFC 9110 §9.2.2) and whose body is none or held, as long as nothing of an
// answer was sent to the client.
type Retries struct {
	Place `json:"-"`

	// How often a request is sent again at the most.
	Attempts int `yaml:"attempts" default:"2"`
	// After what, as in outliers.
	On []Cause `yaml:"on" default:"connect reset 502 503 504"`
	// How many of a hundred requests may be sent again, beside ten that can be
	// saved up: retries must not multiply an outage.
	Budget Percent `yaml:"budget" default:"20%"`
	// The longest wait before the first retry; the wait is by chance, and its
	// bound doubles each time, up to a second.
	BackOff Duration `yaml:"back_off" default:"25ms"`
}

func (*Retries) shorthand() string { return "attempts" }

func (u *Upstream) check(c *decoder) {
	u.checkTargets(c)
	u.checkCredentials(c)
	switch {
	case u.Balance == "hash" && !u.Wrote("hash"):
		c.wrong(u.PositionOf("balance"), "add hash: client, for one", "balance: hash needs a key")
	case u.Balance != "hash" && u.Wrote("hash"):
		c.wrong(u.PositionOf("hash"), "add balance: hash", "hash has a meaning with balance: hash only")
	}
	if u.Resolve.As == "all" && u.Resolve.Every == 0 {
		c.wrong(u.Resolve.PositionOf("every"), "write 30s, for one", "the addresses of a name become targets by being resolved again")
	}
}

func (u *Upstream) checkTargets(c *decoder) {
	seen, secure, read := make(map[Backend]bool), false, true
	for i := range u.Targets {
		t := &u.Targets[i]
		at := u.PositionOf(item("targets", i))
		if t.URL != "" && seen[t.URL] {
			c.wrong(at, "remove one of them", "this target stands in the list twice")
		}
		if t.Weight > 1000 {
			c.wrong(t.PositionOf("weight"), "write a number up to 1000", "the weight %d makes a round too long", t.Weight)
		}
		seen[t.URL] = true
		read = read && t.URL != ""
		secure = secure || strings.HasPrefix(string(t.URL), "https:")
	}
	if u.Protocol == "auto" && read && !secure {
		c.wrong(u.PositionOf("protocol"), "write http1 or http2", "a target chooses its protocol in the handshake of TLS, and none speaks TLS")
	}
	if u.TLS != nil && read && !secure {
		c.wrong(u.PositionOf("tls"), "write https in the target, or remove tls", "no target speaks TLS")
	}
}

func (t *UpstreamTLS) check(c *decoder) {
	switch {
	case t.Certificate != "" && t.Key == "":
		c.wrong(t.PositionOf("certificate"), "add key", "a certificate proves nothing without its key")
	case t.Key != "" && t.Certificate == "":
		c.wrong(t.PositionOf("key"), "add certificate", "a key proves nothing without its certificate")
	}
	if strings.HasPrefix(string(t.ServerName), "*") {
		c.wrong(t.PositionOf("server_name"), "write one name", "a certificate is checked for one name")
	}
}

func (h *Health) check(c *decoder) {
	if h.Path == "" {
		return
	}
	for i := range len(h.Path) {
		if b := h.Path[i]; b <= ' ' || b >= 0x7f || b == '#' || i == 0 && b != '/' {
			c.wrong(h.PositionOf("path"), "write /healthz, for one", "%q is no path to ask for", h.Path)
			return
		}
	}
}

func (o *Outliers) check(c *decoder) {
	distinctItems(c, o.Place, "on", o.On)
	if o.MaxOut < o.Out && o.MaxOut > 0 {
		at := o.PositionOf("max_out")
		if !o.Wrote("max_out") {
			at = o.PositionOf("out")
		}
		c.wrong(at, "make max_out the longer one", "max_out is less than out")
	}
}

func (b *Breaker) check(c *decoder) { distinctItems(c, b.Place, "on", b.On) }

func (r *Retries) check(c *decoder) { distinctItems(c, r.Place, "on", r.On) }
