package bench

import (
	"net/url"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"sallyport/jsonschema"
	"sallyport/openapi"
)

// The candidates, in the order of the table. The first is what the others are
// measured by.
const (
	ours     = "sallyport"
	cleaning = "sallyport, Clean"
	santhosh = "santhosh-tekuri"
	kin      = "kin-openapi"
	decoding = "decode only"
)

// candidate is one way to judge a body, from its bytes to the verdict.
type candidate struct {
	name  string
	check func(body []byte) bool
	// judges is false for what does a part of the work alone and is there to
	// compare with: it finds a body good that can be read.
	judges bool
}

// candidates compiles the schema of a content with each engine.
func candidates(tb testing.TB, d *description, c content) []candidate {
	tb.Helper()
	return []candidate{
		{ours, checkOurs(tb, d, c), true},
		{cleaning, clean(tb, d, c), true},
		{santhosh, checkSanthosh(tb, d, c), true},
		{kin, checkKin(d, c), true},
		{decoding, func(body []byte) bool { _, err := decode(body); return err == nil }, false},
	}
}

func checkOurs(tb testing.TB, d *description, c content) func([]byte) bool {
	s, err := d.compiler().Compile(c.node(d), jsonschema.Use{})
	if err != nil {
		tb.Fatal(err)
	}
	return func(body []byte) bool { return s.Check(body) == nil }
}

// clean is what the gates do where they are to prune: objects are closed, and
// what is not declared, or must not go this way, is taken out.
func clean(tb testing.TB, d *description, c content) func([]byte) bool {
	use := jsonschema.Use{Direction: jsonschema.Response, Closed: true}
	if c.status == "" {
		use.Direction = jsonschema.Request
	}
	s, err := d.compiler().Compile(c.node(d), use)
	if err != nil {
		tb.Fatal(err)
	}
	return func(body []byte) bool {
		left := s.Clean(body, jsonschema.Cleaning{Undeclared: true, Hidden: true})
		return !left.Undecided && left.Faults == nil
	}
}

func checkSanthosh(tb testing.TB, d *description, c content) func([]byte) bool {
	s, err := d.peerCompiler(tb).Compile(address + "#" + (&url.URL{Path: c.pointer()}).EscapedPath())
	if err != nil {
		tb.Fatal(err)
	}
	return func(body []byte) bool {
		v, err := decode(body)
		return err == nil && s.Validate(v) == nil
	}
}

// checkKin does as the library's own filter of requests does: a document of 3.1
// or later is judged with EnableJSONSchema2020.
func checkKin(d *description, c content) func([]byte) bool {
	var options []openapi3.SchemaValidationOption
	if d.ours.Version != openapi.V30 {
		options = append(options, openapi3.EnableJSONSchema2020())
	}
	s := c.kinSchema(d)
	return func(body []byte) bool {
		v, err := decode(body)
		return err == nil && s.VisitJSON(v, options...) == nil
	}
}
