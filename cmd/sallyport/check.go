package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"sallyport"
	"sallyport/build"
	"sallyport/source"
)

type checkCommand struct {
	sourceFlags
	Output string `enum:"text,json,sarif" default:"text" help:"Form of the report: text, json or sarif."`
	All    bool   `help:"List every control of every operation, not only what is not enforced."`
}

// Run builds the plan as serve would and reports on it. Nothing is listened on
// and no key set is fetched.
func (k *checkCommand) Run(c *console) error {
	result, err := k.build(c)
	var mistakes source.Mistakes
	if err != nil && !errors.As(err, &mistakes) {
		return err
	}
	r := newReport(result, mistakes)
	switch k.Output {
	case "json":
		err = writeJSON(c.stdout, r)
	case "sarif":
		err = writeJSON(c.stdout, r.sarif())
	default:
		err = r.writeText(c.stdout, c.stderr, k.All)
	}
	if err == nil && len(mistakes) > 0 {
		err = errFindings
	}
	return err
}

// build makes the plan of the flags without serving it.
func (s *sourceFlags) build(c *console) (*build.Result, error) {
	loaded, err := s.loadToJudge()
	if err != nil {
		return nil, err
	}
	env := sallyport.NewEnv(slog.New(slog.DiscardHandler), int64(loaded.Sizes.HeldBodies))
	return build.Build(c.ctx, env, loaded, buildOptions())
}

// writeText is the report for a person: the summary first, then what is not
// enforced, operation by operation.
func (r *enforcement) writeText(out, errs io.Writer, all bool) error {
	for _, m := range r.Mistakes {
		fmt.Fprintln(errs, m.mistake)
	}
	for _, a := range r.APIs {
		fmt.Fprintf(out, "%s: %s, OpenAPI %s, %s\n", a.Name, a.Document, a.Version, plural(len(a.Operations), "operation"))
		fmt.Fprintf(out, "  %d served, %d refused; %s, %s not enforced\n", a.Served, len(a.Operations)-a.Served, plural(a.Enforced, "control"), plural(a.Unenforced, "statement"))
		for _, u := range a.Unrouted {
			fmt.Fprintf(out, "  not routed: %s (%s)\n", u.Name, u.At)
		}
		for _, op := range a.Operations {
			op.writeText(out, all)
		}
	}
	for _, w := range r.Warnings {
		fmt.Fprintln(out, "warning:", w.mistake)
	}
	if n := len(r.Mistakes); n > 0 {
		fmt.Fprintf(errs, "%s.\n", plural(n, "mistake"))
		return nil
	}
	_, err := fmt.Fprintln(out, "No mistakes.")
	return err
}

func (op *operationReport) writeText(out io.Writer, all bool) {
	var lines []string
	for _, c := range op.Controls {
		if all || c.Effect != sallyport.Enforced.String() {
			lines = append(lines, "    "+c.text())
		}
	}
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(out, "  %s (%s %s, %s)\n%s\n", op.ID, op.Method, op.Path, op.At, strings.Join(lines, "\n"))
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
