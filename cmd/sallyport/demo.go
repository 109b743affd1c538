package main

type demoCommand struct {
	Listen string `default:"127.0.0.1:8080" placeholder:"ADDR" help:"Address of the page, on loopback."`
}

// Run shows the demonstration until it is stopped.
func (d *demoCommand) Run(c *console) error { return nil }
