package main

import (
	"fmt"
	"os"
	"time"

	"sallyport/script"
)

type testCommand struct {
	Path   string        `arg:"" default:"." help:"Folder with scripts (*.txtar), or one script."`
	Output string        `enum:"text,json,junit" default:"text" help:"Form of the report: text, json or junit."`
	Limit  time.Duration `default:"1m" help:"The longest time that one script may take."`
}

// Run runs each script against this very program and a real backend.
func (t *testCommand) Run(c *console) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	begun := time.Now()
	runner := &script.Runner{Command: []string{self}, Limit: t.Limit}
	results, err := runner.RunDir(c.ctx, t.Path, func(r script.Result) {
		if t.Output == "text" { // progress; the other forms are one document
			fmt.Fprintf(c.stderr, "%s  %s (%s)\n", outcome(r), r.Name, r.Duration.Round(time.Millisecond))
		}
	})
	if err != nil {
		return err
	}
	if err := script.Report(c.stdout, t.Output, results, time.Since(begun)); err != nil {
		return err
	}
	if script.Failed(results) > 0 {
		return errFindings
	}
	return nil
}

func outcome(r script.Result) string {
	if r.Err != nil {
		return "FAIL"
	}
	return "ok  "
}
