package main

import (
	"fmt"

	"sallyport/config"
	"sallyport/serve"
)

type serveCommand struct {
	sourceFlags
}

// Run serves until the process is told to stop.
func (s *serveCommand) Run(c *console) error {
	if _, err := s.load(); err != nil {
		return err
	}
	if s.Document != "" {
		fmt.Fprintf(c.stderr, "sallyport: protecting %s by %s; stop with Ctrl-C\n", s.Upstream, s.Document)
	}
	return serve.Run(c.ctx, serve.Options{
		Load:    func() (*config.Config, error) { return s.load() },
		Build:   buildOptions(),
		Stdout:  c.stdout,
		Stderr:  c.stderr,
		Signals: true,
	})
}
