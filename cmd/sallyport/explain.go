package main

import (
	"fmt"
	"strings"

	"sallyport"
	"sallyport/message"
	"sallyport/stage/admit"
)

type explainCommand struct {
	sourceFlags
	Method string `arg:"" help:"Method, such as GET."`
	Path   string `arg:"" help:"Path as a client would ask for it, such as /accounts/42, or the path of the document, such as /accounts/{accountId}."`
	Host   string `help:"Host that the client asks for, where several APIs are served."`
	Output string `enum:"text,json" default:"text" help:"Form of the answer: text or json."`
}

// Run finds the operation as the gateway would and lists its controls.
func (e *explainCommand) Run(c *console) error {
	result, err := e.build(c)
	if err != nil {
		return err
	}
	op, err := e.find(result.Plan)
	if err != nil {
		return err
	}
	entry := operationReport{}
	entry.add(result.Plan.Entry)
	r := newOperationReport(op)
	r.Controls = append(entry.Controls, r.Controls...)
	if e.Output == "json" {
		return writeJSON(c.stdout, r)
	}
	fmt.Fprintf(c.stdout, "%s: %s %s (%s)\n", op.ID, op.Method, op.Path, op.At)
	stage := "-"
	for _, control := range r.Controls {
		if control.Stage != stage {
			if stage = control.Stage; stage == "" {
				fmt.Fprintln(c.stdout, "not enforced")
			} else {
				fmt.Fprintln(c.stdout, stage)
			}
		}
		control.Stage = ""
		fmt.Fprintln(c.stdout, "  "+control.text())
	}
	return nil
}

func (e *explainCommand) find(plan *sallyport.Plan) (*sallyport.Operation, error) {
	method := strings.ToUpper(e.Method)
	for _, op := range plan.Operations {
		if op.Path == e.Path && op.Method == method {
			return op, nil
		}
	}
	path, err := admit.CanonicalPath(e.Path)
	if err != nil {
		return nil, usageError{err}
	}
	x := &sallyport.Exchange{Request: &message.Request{Method: method, Path: path, Host: e.Host}}
	op := plan.Match(x)
	if op.Index >= 0 {
		return op, nil
	}
	if len(x.Allowed) > 0 {
		return nil, fmt.Errorf("the API declares %s for %s, not %s: the gateway answers 405", strings.Join(x.Allowed, ", "), path, method)
	}
	return nil, fmt.Errorf("the API declares no path that fits %s: the gateway answers 404", path)
}
