package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"

	"sallyport"
	"sallyport/build"
	"sallyport/config"
	"sallyport/source"
)

type checkCommand struct {
	sourceFlags
	Output  string   `enum:"text,json,sarif" default:"text" help:"Form of the report: text, json or sarif."`
	Require []string `enum:"object-rules" placeholder:"WHAT" help:"Fail where this is lacking. object-rules: a rule for every operation that is asked for an object by its identifier."`
	All     bool     `help:"List every control of every operation, not only what is not enforced."`

	Operation string `placeholder:"ID" help:"Report on one operation alone, with every control and every word of its places."`
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
	if k.Operation != "" && result != nil {
		if err := r.keep(k.Operation); err != nil {
			return err
		}
	}
	switch k.Output {
	case "json":
		err = writeJSON(c.stdout, r)
	case "sarif":
		err = writeJSON(c.stdout, r.sarif())
	default:
		err = r.writeText(c.stdout, c.stderr, k.All || k.Operation != "")
	}
	if err == nil && (len(mistakes) > 0 || slices.Contains(k.Require, objectRules) && r.lacksRules()) {
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
	return judge(c, loaded)
}

// judge makes the plan of a configuration without serving it.
func judge(c *console, loaded *config.Config) (*build.Result, error) {
	env := sallyport.NewEnv(slog.New(slog.DiscardHandler), int64(loaded.Sizes.HeldBodies))
	options := buildOptions()
	options.Report = true
	return build.Build(c.ctx, env, loaded, options)
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
		a.Words.writeText(out)
		a.writeUnguarded(out)
		for _, u := range a.Unrouted {
			fmt.Fprintf(out, "  not routed: %s (%s)\n", u.Name, u.At)
		}
		if !all {
			a.writeUnenforced(out)
			continue
		}
		for _, op := range a.Operations {
			op.writeText(out)
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

// writeUnenforced lists what is not enforced and was not told among the words of
// the document, each once, however many operations it concerns.
func (a *apiReport) writeUnenforced(out io.Writer) {
	var order []string
	concerned := map[string]*concern{}
	for _, op := range a.Operations {
		for _, c := range op.Controls {
			if c.Effect == sallyport.Enforced.String() || a.Words.told[c.at] {
				continue
			}
			from := c.From
			c.From = ""
			text := c.text()
			if concerned[text] == nil {
				order = append(order, text)
				concerned[text] = &concern{first: from}
			}
			concerned[text].add(op.ID, from)
		}
	}
	if len(order) > 0 {
		fmt.Fprintln(out, "  not enforced:")
	}
	for _, text := range order {
		fmt.Fprintf(out, "    %s  (%s)\n", text, concerned[text])
	}
}

// concern is what one statement is about.
type concern struct {
	operations []string
	first      string
	others     map[string]bool
}

func (n *concern) add(operation, from string) {
	if len(n.operations) == 0 || n.operations[len(n.operations)-1] != operation {
		n.operations = append(n.operations, operation)
	}
	if from != n.first {
		if n.others == nil {
			n.others = map[string]bool{}
		}
		n.others[from] = true
	}
}

func (n *concern) String() string {
	where := strings.Join(n.operations[:min(len(n.operations), mostNamed)], ", ")
	if more := len(n.operations) - mostNamed; more > 0 {
		where += fmt.Sprintf(" and %d more", more)
	}
	if n.first != "" {
		where += "; " + n.first
	}
	if len(n.others) > 0 {
		where += " and " + plural(len(n.others), "other place")
	}
	return where
}

// mostNamed is how many operations one line names.
const mostNamed = 3

// writeText lists all controls of an operation and all its words.
func (op *operationReport) writeText(out io.Writer) {
	fmt.Fprintf(out, "  %s (%s %s, %s)\n", op.ID, op.Method, op.Path, op.At)
	for _, c := range op.Controls {
		fmt.Fprintln(out, "    "+c.text())
	}
	op.writePlaces(out, "    ")
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
