package main

import (
	"encoding/json"
	"fmt"
	"io"

	"sallyport"
	"sallyport/build"
	"sallyport/source"
)

// enforcement is the report of check: what holds, what does not, and why.
type enforcement struct {
	Mistakes []mistakeReport `json:"mistakes"`
	Warnings []mistakeReport `json:"warnings"`
	APIs     []apiReport     `json:"apis"`
}

type mistakeReport struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Message string `json:"message"`
	Remedy  string `json:"remedy,omitempty"`
	mistake *source.Mistake
}

type apiReport struct {
	Name       string            `json:"name"`
	Document   string            `json:"document"`
	Version    string            `json:"openapi"`
	Served     int               `json:"served"`
	Enforced   int               `json:"enforced"`
	Unenforced int               `json:"unenforced"`
	Unrouted   []placeReport     `json:"unrouted,omitempty"`
	Words      summaryReport     `json:"words"`
	Unguarded  []unguardedReport `json:"unguarded"`
	Operations []operationReport `json:"operations"`
}

type placeReport struct {
	Name string `json:"name"`
	At   string `json:"at"`
}

type operationReport struct {
	ID       string          `json:"id"`
	Method   string          `json:"method"`
	Path     string          `json:"path"`
	At       string          `json:"at"`
	Served   bool            `json:"served"`
	Controls []controlReport `json:"controls"`
	Places   []wordsReport   `json:"places"`
}

type controlReport struct {
	Stage  string `json:"stage,omitempty"`
	Step   string `json:"step,omitempty"`
	Mode   string `json:"mode,omitempty"`
	Effect string `json:"effect"`
	Says   string `json:"says"`
	From   string `json:"from,omitempty"`
	at     source.Position
}

func (c *controlReport) text() string {
	effect, text := c.Effect, c.Says
	if c.Mode == sallyport.Observe.String() && effect == sallyport.Enforced.String() {
		effect = "observed"
	}
	if c.Stage != "" {
		text = c.Stage + ": " + text
	}
	if c.From != "" {
		text += "  (" + c.From + ")"
	}
	return fmt.Sprintf("%-10s %s", effect, text)
}

func newReport(result *build.Result, mistakes source.Mistakes) *enforcement {
	r := &enforcement{Mistakes: mistakeReports(mistakes), Warnings: []mistakeReport{}, APIs: []apiReport{}}
	if result == nil {
		return r
	}
	r.Warnings = mistakeReports(result.Warnings)
	for _, api := range result.APIs {
		words := api.Report()
		a := apiReport{Name: api.Name, Document: api.Document.Files[0], Version: api.Document.Version.String(), Operations: []operationReport{}}
		for _, u := range api.Document.Unrouted {
			a.Unrouted = append(a.Unrouted, placeReport{u.Name, u.At.String()})
		}
		a.Words = newSummaryReport(words.Summary())
		a.Unguarded = newUnguardedReports(api.Unguarded)
		for i, op := range api.Operations {
			o := newOperationReport(op)
			o.Places = newWordsReports(words.Operation(i))
			a.count(&o)
			a.Operations = append(a.Operations, o)
		}
		r.APIs = append(r.APIs, a)
	}
	return r
}

func (a *apiReport) count(o *operationReport) {
	if o.Served {
		a.Served++
	}
	for _, c := range o.Controls {
		if c.Effect == sallyport.Enforced.String() {
			a.Enforced++
		} else {
			a.Unenforced++
		}
	}
}

func newOperationReport(op *sallyport.Operation) operationReport {
	o := operationReport{ID: op.ID, Method: op.Method, Path: op.Path, At: op.At.String(), Served: true, Controls: []controlReport{}}
	for stage := sallyport.Admit; stage <= sallyport.Record; stage++ {
		o.add(op.Steps(stage))
	}
	for _, c := range op.Unenforced {
		o.Controls = append(o.Controls, controlReport{Effect: c.Effect.String(), Says: c.Says, From: c.From.String(), at: c.From})
	}
	return o
}

func (o *operationReport) add(placed []sallyport.Placed) {
	for _, p := range placed {
		for _, c := range p.Controls {
			o.Served = o.Served && c.Effect != sallyport.Refused
			o.Controls = append(o.Controls, controlReport{
				Stage: p.Stage.String(), Step: p.Name, Mode: p.Mode.String(), Effect: c.Effect.String(), Says: c.Says, From: c.From.String(), at: c.From,
			})
		}
	}
}

func mistakeReports(ms source.Mistakes) []mistakeReport {
	out := []mistakeReport{}
	for _, m := range ms {
		out = append(out, mistakeReport{m.File, m.Line, m.Column, m.Message, m.Remedy, m})
	}
	return out
}

func writeJSON(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
