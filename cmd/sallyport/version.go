package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is set by release builds; others say which commit they are of.
var version = ""

type versionCommand struct{}

// Run prints the version, the commit and the Go version.
func (versionCommand) Run(c *console) error {
	fmt.Fprintf(c.stdout, "sallyport %s (%s, %s/%s)\n", versionText(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}

func versionText() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "development"
	}
	revision, modified := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = " " + s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			modified = " with changes"
		}
	}
	return "development" + revision + modified
}
