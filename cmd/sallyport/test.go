package main

type testCommand struct {
	Folder string `arg:"" help:"Folder with scripts (*.txtar)."`
}

// Run runs the scripts.
func (t *testCommand) Run(c *console) error { return nil }
