package main

import "sallyport/demo"

type demoCommand struct {
	Listen string `default:"127.0.0.1:8080" placeholder:"ADDR" help:"Address of the page, on loopback; the gateway and the bank take the next two ports."`
}

// Run shows the demonstration until it is stopped.
func (d *demoCommand) Run(c *console) error {
	return demo.Run(c.ctx, demo.Options{Listen: d.Listen, Stdout: c.stdout, Stderr: c.stderr})
}
