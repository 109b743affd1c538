package build

import (
	"strings"

	"sallyport"
	"sallyport/openapi"
	"sallyport/stage/inspect"
)

// keepObject has what is read before a write kept for a while. What was kept by
// another plan no question of this one finds.
func (o *operationBuilder) keepObject(step *inspect.Object) {
	c := o.guarded.object
	if c.KeepFor == 0 {
		return
	}
	kept, err := sallyport.Shared(o.result.Lasting, "objects "+o.config.Name, func() (*inspect.Kept, error) { return inspect.NewKept(), nil })
	if err != nil {
		o.fault(c.PositionOf("keep_for"), err)
		return
	}
	o.kept, step.Kept, step.KeepFor = kept, kept, c.KeepFor.Duration()
	o.keepers[o.op] = true
}

// forgetWritten has every operation that may change an object forget what was read
// of it, where anything is kept.
func (a *apiBuilder) forgetWritten(operations []*sallyport.Operation) {
	if a.kept == nil {
		return
	}
	for i, op := range operations {
		if isSafe(op.Method) {
			continue
		}
		op.Place(sallyport.Placed{
			Stage: sallyport.Inspect, Name: "written",
			Step:     &inspect.Write{Kept: a.kept, Path: pathOf(a.document.Operations[i]), Keeps: a.keepers[op]},
			Controls: []sallyport.Control{enforced(op.At, "what was read of its object before other writes is forgotten")},
		})
	}
}

// isSafe tells a method that changes nothing (RFC 9110 §9.2.1).
func isSafe(method string) bool {
	switch method {
	case "GET", "HEAD", "OPTIONS", "TRACE", "QUERY":
		return true
	}
	return false
}

func pathOf(d *openapi.Operation) inspect.Path {
	return inspect.Path{Bases: d.BasePaths, Depth: strings.Count(d.Path, "/")}
}
