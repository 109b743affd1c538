package main

import (
	"fmt"
	"strings"

	"sallyport"
	"sallyport/build"
	"sallyport/message"
	"sallyport/stage/admit"
)

type explainCommand struct {
	sourceFlags
	asFlags
	Method string            `arg:"" optional:"" help:"Method, such as GET."`
	Path   string            `arg:"" optional:"" help:"Path as a client would ask for it, such as /accounts/42, or the path of the document, such as /accounts/{accountId}."`
	Host   string            `help:"Host that the client asks for, where several APIs are served."`
	Header map[string]string `placeholder:"NAME=VALUE" help:"Header field of the request, where APIs are told apart by one. May be repeated."`
	Output string            `enum:"text,json" default:"text" help:"Form of the answer: text or json."`
}

// Run finds the operation as the gateway would and lists its controls.
func (e *explainCommand) Run(c *console) error {
	if err := e.checkCaller(); err != nil {
		return err
	}
	loaded, err := e.loadToJudge()
	if err != nil {
		return err
	}
	result, err := judge(c, loaded)
	if err != nil {
		return err
	}
	if e.As != "" {
		return e.explainCaller(c, loaded, result)
	}
	op, err := e.find(c, result)
	if err != nil {
		return err
	}
	entry := operationReport{}
	entry.add(result.Plan.Entry)
	r := newOperationReport(op)
	r.Controls = append(entry.Controls, r.Controls...)
	r.addPlaces(result, op)
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
	fmt.Fprintln(c.stdout, "word by word")
	r.writePlaces(c.stdout, "  ")
	return nil
}

// find takes a path as a client would ask for it, as the gateway knows it, or
// as the document writes it.
func (e *explainCommand) find(c *console, result *build.Result) (*sallyport.Operation, error) {
	method := strings.ToUpper(e.Method)
	asked, _, _ := strings.Cut(e.Path, "?")
	for _, op := range result.Plan.Operations {
		if op.Path == asked && op.Method == method {
			return op, nil
		}
	}
	path, err := admit.CanonicalPath(asked)
	if err != nil && !strings.Contains(asked, "{") {
		return nil, usageError{err}
	}
	op, allowed := e.match(result.Plan, method, path)
	if op != nil {
		return op, nil
	}
	if op, ask := e.below(result, method, asked, path); op != nil {
		fmt.Fprintf(c.stderr, "Clients ask for %s: the servers of the document put that before the path. To %s the gateway answers 404.\n", ask, asked)
		return op, nil
	}
	if len(allowed) > 0 {
		return nil, fmt.Errorf("the API declares %s for %s, not %s: the gateway answers 405", strings.Join(allowed, ", "), path, method)
	}
	return nil, fmt.Errorf("the API declares no path that fits %s: the gateway answers 404", asked)
}

// match asks the plan as a request would.
func (e *explainCommand) match(plan *sallyport.Plan, method, path string) (op *sallyport.Operation, allowed []string) {
	x := &sallyport.Exchange{Request: &message.Request{Method: method, Path: path, Host: strings.ToLower(e.Host)}}
	for name, value := range e.Header {
		x.Request.Fields.Add(name, value)
	}
	if op = plan.Match(x); op.Index < 0 {
		return nil, x.Allowed
	}
	return op, nil
}

// below looks for an operation whose path was given without the base path of
// its server, as the document writes it or as a client would fill it in.
func (e *explainCommand) below(result *build.Result, method, asked, path string) (op *sallyport.Operation, ask string) {
	for _, api := range result.APIs {
		for i, declared := range api.Document.Operations {
			base := declared.BasePaths[0]
			if declared.Path == asked && declared.Method == method {
				return api.Operations[i], base + asked
			}
			if base == "" || path == "" {
				continue
			}
			if op, _ := e.match(result.Plan, method, base+path); op != nil {
				return op, base + path
			}
		}
	}
	return nil, ""
}
