package main

import (
	"fmt"
	"net"

	"sallyport/serve"
)

type serveCommand struct {
	sourceFlags
}

// Run serves until the process is told to stop.
func (s *serveCommand) Run(c *console) error {
	return serve.Run(c.ctx, serve.Options{
		Load:      s.load,
		Build:     buildOptions(),
		Stdout:    c.stdout,
		Stderr:    c.stderr,
		Signals:   true,
		Listening: func(listener, scheme string, address net.Addr) { s.greet(c, listener, scheme, address) },
	})
}

// greet tells a person at a terminal where the API is now.
func (s *serveCommand) greet(c *console, listener, scheme string, address net.Addr) {
	if s.Document != "" && listener == "api" {
		fmt.Fprintf(c.stderr, "sallyport: %s is protected by %s at %s://%s; stop with Ctrl-C\n", s.Upstream, s.Document, scheme, address)
	}
}
