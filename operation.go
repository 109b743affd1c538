package sallyport

import "sallyport/source"

// Operation is one operation of a document with the steps that guard it, or
// the operation of what is not declared, which refuses.
type Operation struct {
	// API is the name of the API in the configuration.
	API string
	// ID is the operationId, or "METHOD /path" where there is none. It labels
	// logs and metrics.
	ID string
	// Method and Path are as the document declares them, the path with the
	// base path of its server before it.
	Method, Path string
	// Params are the names of the path parameters in the order of the template.
	Params []string
	// Index counts the operations of a plan from 0, in Plan.Operations; -1 for
	// operations that no document declares.
	Index int
	// MaxBody is the largest request body that is held, in bytes.
	MaxBody int64
	// MaxUpload is the largest multipart request body, in bytes, where its files
	// may be larger than what is held; 0 where it is MaxBody.
	MaxUpload int64
	// MaxAnswer is the largest answer that is held, in bytes.
	MaxAnswer int64
	// Unprocessable gives requests that their schema refuses 422 for 400.
	Unprocessable bool
	// Outward says which values that lead outward are noted in an exchange.
	Outward Watched
	// Deprecated is the document's word.
	Deprecated bool
	// At is where the document declares it.
	At source.Position
	// Unenforced lists what the document says and no step holds.
	Unenforced []Control

	steps [Record + 1][]Placed
}

// Place puts steps into their stages, in the order given. It is for building a
// plan: an operation that serves never changes.
func (op *Operation) Place(steps ...Placed) {
	for _, p := range steps {
		op.steps[p.Stage] = append(op.steps[p.Stage], p)
	}
}

// Steps are the steps of a stage in the order in which they run.
func (op *Operation) Steps(stage Stage) []Placed { return op.steps[stage] }

// Effect is what comes of a word of the document.
type Effect uint8

// The effects, as the enforcement report names them.
const (
	// Enforced is held against every request or answer.
	Enforced Effect = iota
	// Annotation is known and says nothing that could be held.
	Annotation
	// Refused is what cannot be enforced, so that the operation is not served.
	Refused
)

func (e Effect) String() string { return [...]string{"enforced", "annotation", "refused"}[e] }

// Control is one thing that is held, or not held, and where it comes from.
type Control struct {
	Effect Effect
	// Says is one line for a person.
	Says string
	// From is the place in the document or the configuration; it may be
	// unknown for what holds by default.
	From source.Position
}
