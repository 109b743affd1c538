package serve

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"slices"
	"strings"

	"sallyport"
	"sallyport/build"
	"sallyport/console"
	"sallyport/password"
)

// firstTokenFile is where the first administrator finds a token.
const firstTokenFile = "sallyport.admin-token"

// openConsole makes the admin API, where there is a store to administrate. It is
// an API like those that are protected: a plan of its document, and a gateway of
// its own, which a reload does not touch.
func (s *server) openConsole(ctx context.Context) error {
	if s.kept == nil || s.config.Admin.Address == "" {
		return nil
	}
	desk := &console.Desk{Store: s.kept.Store, Keys: s.kept.Ring, Now: s.env.Now, Hash: s.hashPassword}
	c, err := console.Configuration()
	if err != nil {
		return err
	}
	c.Problems, c.Log = s.config.Problems, s.config.Log
	env := sallyport.NewEnv(s.log, int64(s.config.Sizes.HeldBodies))
	env.BodyTimeout, env.WriteTimeout = s.env.BodyTimeout, s.env.WriteTimeout
	result, err := build.Build(ctx, env, c, build.Options{
		Metrics: s.options.Build.Metrics, Lines: s.options.Build.Lines, Documents: console.Documents(),
		Local: map[string]build.Local{console.Name: {Answers: desk.Answers(), Methods: desk.Methods()}},
	})
	if err != nil {
		return err
	}
	env.Keep(result.Lasting)
	plan := *result.Plan
	plan.Finish = append(slices.Clone(plan.Finish), sallyport.Placed{Stage: sallyport.Record, Name: "audit", Step: &console.Refusals{Desk: desk}})
	s.console, s.consoleEnv = sallyport.NewGateway(env, &plan), env
	return s.firstToken(ctx, desk)
}

// hashPassword shares the turns of those that check passwords: a flood of new
// ones would else take what memory there is.
func (s *server) hashPassword(ctx context.Context, secret string, c password.Cost) (string, error) {
	return s.passwords.Load().Hash(ctx, secret, c)
}

func (s *server) closeConsole() {
	if s.consoleEnv != nil {
		s.consoleEnv.Close()
	}
}

// firstToken leaves a token where there is none yet. The log tells the file,
// never the token. Where no file can be, as beside a configuration that nobody
// may write to, the gateway serves all the same: the command line makes tokens.
func (s *server) firstToken(ctx context.Context, desk *console.Desk) error {
	path := s.firstTokenPath()
	made, err := desk.FirstToken(ctx, path)
	if unwritten, ok := errors.AsType[*console.NoFile](err); ok {
		s.log.Warn("no token for the first administrator was made", "file", path, "error", unwritten.Err.Error(), "remedy", "sallyport admin token NAME --role admin")
		return nil
	}
	if err == nil && made {
		s.log.Warn("a token for the first administrator was made", "file", path)
	}
	return err
}

// firstTokenPath is beside the store, where that is a file; else beside the
// configuration.
func (s *server) firstTokenPath() string {
	folder := "."
	switch {
	case s.config.Store.URL.SQLite != "":
		folder = filepath.Dir(s.config.Store.URL.SQLite)
	case len(s.config.Files) > 0:
		folder = filepath.Dir(s.config.At.File)
	}
	return filepath.Join(folder, firstTokenFile)
}

// consolePath is what the paths of the admin API begin with.
const consolePath = "/v1/"

// administered gives the requests of the admin API to it and the others to the
// operators' pages. Which path is whose is seen before anybody mends paths: what
// has two readings is for the pipeline to refuse.
func (s *server) administered(pages http.Handler, at sallyport.Listener) http.Handler {
	if s.console == nil {
		return pages
	}
	if !s.config.Admin.Private() {
		s.log.Warn("the admin API is not served: its tokens would go in the clear; give admin tls, or an address on loopback", "address", string(s.config.Admin.Address))
		return pages
	}
	console := s.console.At(at)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.RequestURI, consolePath) || strings.HasPrefix(r.URL.Path, consolePath) {
			console.ServeHTTP(w, r)
			return
		}
		pages.ServeHTTP(w, r)
	})
}
