package build

import (
	"crypto/tls"
	"fmt"
	"slices"
	"strings"
	"time"

	"sallyport"
	"sallyport/config"
	"sallyport/source"
	"sallyport/stage/forward"
)

// prepareUpstream makes the pool of the API's targets, or finds that of an
// earlier plan again.
func (a *apiBuilder) prepareUpstream() {
	if _, ok := a.local(); ok {
		return
	}
	a.prepareCredentials()
	u := &a.config.Upstream
	a.poolConfig = forward.PoolConfig{
		API:         a.config.Name,
		Balance:     u.Balance,
		Key:         forward.Key{From: u.Hash.From, Name: u.Hash.Name},
		Each:        u.Resolve.As == "all",
		Resolve:     u.Resolve.Every.Duration(),
		Connect:     u.Connect.Duration(),
		FirstByte:   u.FirstByte.Duration(),
		Connections: 256,
		MaxRequests: u.MaxRequests,
		Protocol:    forward.Protocol(u.Protocol),
		TLS:         a.upstreamTLS(u.TLS),
		SlowStart:   u.SlowStart.Duration(),
		Outliers: forward.Outliers{
			On: a.causes(u.Outliers.On), Failures: u.Outliers.Failures, Window: u.Outliers.Window.Duration(),
			Out: u.Outliers.Out.Duration(), MaxOut: u.Outliers.MaxOut.Duration(),
		},
	}
	for _, t := range u.Targets {
		a.poolConfig.Targets = append(a.poolConfig.Targets, forward.TargetConfig{URL: string(t.URL), Weight: t.Weight})
	}
	a.policies(u)
	a.keyIsThere(u)
	var err error
	if a.pool, err = a.sharedPool(a.poolConfig); err != nil {
		a.wrong(u.At, "write http://host:port", err)
		return
	}
	a.result.Upstreams = append(a.result.Upstreams, a.pool)
	if u.Readiness {
		a.result.Reachable = append(a.result.Reachable, Ready{Name: "backend of " + a.config.Name, At: u.At, Check: a.pool.Reachable})
	}
}

// policies are what is there only where it was asked for.
func (a *apiBuilder) policies(u *config.Upstream) {
	if h := u.Health; h != nil {
		checks := forward.Checks{Path: h.Path, Every: h.Every.Duration(), Timeout: h.Timeout.Duration(), Rise: h.Rise, Fall: h.Fall}
		for _, s := range h.Status {
			checks.Statuses = append(checks.Statuses, forward.Statuses{From: s.From, To: s.To})
		}
		a.poolConfig.Checks = checks
	}
	if b := u.Breaker; b != nil {
		a.poolConfig.Breaker = forward.Breaker{
			Ratio: float64(b.Ratio) / 100, Requests: b.Requests, Window: b.Window.Duration(), Open: b.Open.Duration(), On: a.causes(b.On),
		}
	}
	if r := u.Retries; r != nil {
		a.poolConfig.Retries = forward.Retries{Attempts: r.Attempts, On: a.causes(r.On), Budget: int(r.Budget), BackOff: r.BackOff.Duration()}
	}
}

func (a *apiBuilder) causes(list []config.Cause) forward.Causes {
	names := make([]string, len(list))
	for i, c := range list {
		names[i] = string(c)
	}
	causes, err := forward.NewCauses(names...)
	if err != nil {
		a.wrong(a.config.Upstream.At, "", err)
	}
	return causes
}

// keyIsThere: a key that no request can have would balance nothing.
func (a *apiBuilder) keyIsThere(u *config.Upstream) {
	if u.Hash.From != "path" {
		return
	}
	for _, op := range a.document.Operations {
		if strings.Contains(op.Path, "{"+u.Hash.Name+"}") {
			return
		}
	}
	a.mistakes.Add(u.PositionOf("hash"), "name a parameter of a path", "no path of the document has a parameter %q", u.Hash.Name)
}

// upstreamTLS reads the files that https targets are spoken to with.
func (a *apiBuilder) upstreamTLS(c *config.UpstreamTLS) *forward.TLS {
	if c == nil {
		return nil
	}
	before := len(a.mistakes)
	roots := a.pem(c, "ca", c.CA)
	certificate, key := a.pem(c, "certificate", c.Certificate), a.pem(c, "key", c.Key)
	if len(a.mistakes) > before {
		return nil
	}
	t, err := forward.NewTLS(roots, certificate, key)
	switch {
	case err == nil:
	case forward.IsRoots(err):
		a.mistakes.Add(c.PositionOf("ca"), "it takes certificates as PEM", "%s: %s", c.CA, err)
		return nil
	default:
		a.mistakes.Add(c.PositionOf("certificate"), "it takes both as PEM, and the key of this certificate", "reading the certificate %s with the key %s: %s", c.Certificate, c.Key, err)
		return nil
	}
	t.ServerName = strings.Trim(string(c.ServerName), "[]")
	if c.MinVersion == "1.3" {
		t.MinVersion = tls.VersionTLS13
	}
	return t
}

// maxPEM is the largest file of certificates, in bytes: twice the bundle of a
// system.
const maxPEM = 1 << 20

func (a *apiBuilder) pem(c *config.UpstreamTLS, key, path string) []byte {
	if path == "" {
		return nil
	}
	text, err := source.ReadText(path, source.Limits{Bytes: maxPEM})
	if err != nil {
		a.wrong(c.PositionOf(key), "", source.Mistakes{{Position: c.PositionOf(key), Message: err.Error()}})
	}
	a.result.Files = append(a.result.Files, path)
	if err == nil && len(text) == 0 {
		a.mistakes.Add(c.PositionOf(key), "it takes PEM", "%s is empty", path)
	}
	return text
}

// sharedPool finds the pool of an earlier plan again if nothing about it has
// changed. What is known of targets outlives a change: it is kept by where they
// are, not by what is said of them.
func (a *apiBuilder) sharedPool(c forward.PoolConfig) (*forward.Pool, error) {
	states, err := sallyport.Shared(a.result.Lasting, "targets "+a.config.Name, func() (*forward.States, error) { return new(forward.States), nil })
	if err != nil {
		return nil, err
	}
	return sallyport.Shared(a.result.Lasting, fmt.Sprintf("pool %+v", c), func() (*forward.Pool, error) {
		return forward.NewPool(c, a.env, states)
	})
}

// poolWaiting is the API's pool with another wait for the first byte, one for
// all operations that have it.
func (a *apiBuilder) poolWaiting(firstByte time.Duration) *forward.Pool {
	c := a.poolConfig
	if a.pool == nil || c.FirstByte == firstByte {
		return a.pool
	}
	pool, _ := sallyport.Shared(a.result.Lasting, fmt.Sprintf("pool %+v, first byte within %s", c, firstByte), func() (*forward.Pool, error) {
		return a.pool.Waiting(firstByte), nil
	})
	return pool
}

// upstreamSays tells what is done about a backend that fails.
func (a *apiBuilder) upstreamSays() string {
	u := &a.config.Upstream
	says := []string{"to " + counted(len(u.Targets), "target", "targets")}
	if len(u.Targets) > 1 {
		says[0] += " by " + strings.ReplaceAll(u.Balance, "_", " ")
	}
	switch forward.Protocol(u.Protocol) {
	case forward.HTTP2:
		says = append(says, "over HTTP/2")
	case forward.Auto:
		says = append(says, "over HTTP/2 where they choose it")
	case forward.HTTP1:
	}
	if u.MaxRequests > 0 {
		says = append(says, fmt.Sprintf("%d requests at one time to each", u.MaxRequests))
	}
	if u.Health != nil {
		says = append(says, fmt.Sprintf("checked at %s every %s", u.Health.Path, u.Health.Every))
	}
	if u.Breaker != nil {
		says = append(says, fmt.Sprintf("suspended for %s when %s of %d requests fail", u.Breaker.Open, u.Breaker.Ratio, u.Breaker.Requests))
	}
	if u.Retries != nil {
		says = append(says, "sent again "+counted(u.Retries.Attempts, "time", "times")+" at the most")
	}
	return strings.Join(slices.Compact(says), "; ")
}
