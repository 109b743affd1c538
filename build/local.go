package build

import (
	"fmt"

	"sallyport"
	"sallyport/source"
	"sallyport/stage/identify"
)

// Local is what stands in the place of a backend within this program. Its API
// goes through the same stages as any other.
type Local struct {
	// Answers sets the answer of each operation, by its id. An operation without
	// one is a mistake.
	Answers map[string]sallyport.Step
	// Methods check the credentials of security schemes, by their names, in the
	// place of what the configuration says.
	Methods map[string]identify.Method
}

// answered places what answers an operation of a local API.
func (o *operationBuilder) answered(l Local) {
	step := l.Answers[o.declared.ID]
	if step == nil {
		o.fault(o.declared.At, fmt.Errorf("nothing answers the operation %s", o.declared.ID))
		return
	}
	o.place(sallyport.Forward, "local", step, enforced(source.Position{}, "answered by this program"))
}

// local tells what answers the API where no upstream does.
func (a *apiBuilder) local() (Local, bool) {
	l, ok := a.options.Local[a.config.Name]
	return l, ok
}
