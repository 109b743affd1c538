package build_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sallyport"
	"sallyport/message"
	"sallyport/openapi"
	"sallyport/sample"
	"sallyport/stage/admit"
)

// conformance is a folder of the conformance data.
func conformance(t testing.TB, folder string) string {
	t.Helper()
	root := os.Getenv("SALLYPORT_CONFORMANCE")
	if root == "" {
		root = filepath.Join("..", "..", "shared", "conformance")
	}
	path := filepath.Join(root, folder)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("there is no conformance data at %s", path)
	}
	return path
}

// descriptions are the files below a folder that are OpenAPI documents.
func descriptions(t testing.TB, root string) []string {
	t.Helper()
	var paths []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if ext := filepath.Ext(path); err == nil && !entry.IsDir() && (ext == ".json" || ext == ".yaml") {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// insatiable are operations whose schemas no request can satisfy, with what
// their document says.
var insatiable = map[string]string{
	// The filter requires location_ids, and declares customer_ids and source_names alone.
	"SearchSubscriptions": `"location_ids" must be there and is declared nowhere`,
	// Both alternatives are objects that require nothing and lack no name of the other.
	"POST /potentially-undefined-formData": "must fit exactly one of the alternatives",
	// allOf of a string and an integer, and of schemas that share one type with no third.
	"quirks_entirelyIncompatibleAllOf":        "no type is left",
	"quirks_partiallyUsableIncompatibleAllOf": "no type is left",
}

// TestDescriptions serves public API descriptions as they are: a valid request
// of every operation reaches the backend byte for byte, requests with one fault
// do not, and what cannot be served is said with its place.
func TestDescriptions(t *testing.T) {
	root := conformance(t, "api-descriptions")
	for _, path := range descriptions(t, root) {
		name, _ := filepath.Rel(root, path)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, path)
			s := sweep{rig: r, document: r.result.APIs[0].Document}
			s.run()
			s.checkStrict(path)
			t.Logf("%d operations: %d served, %d refused, %d without a sample; %d requests", len(s.document.Operations), s.served, s.refused, s.without, r.count)
		})
	}
}

// sweep is one description on its way through all of its operations.
type sweep struct {
	*rig
	document                 *openapi.Document
	served, refused, without int
}

func (s *sweep) run() {
	small := sample.New(s.document, sample.Options{Credential: secret})
	large := sample.New(s.document, sample.Options{Credential: secret, All: true, Seed: 1})
	for i, op := range s.document.Operations {
		served := s.result.APIs[0].Operations[i]
		if refusals(served) != nil {
			s.refused++
			s.checkRefused(served)
			continue
		}
		s.served++
		if s.isWebSocket(served) {
			continue // requests that are no handshake do not reach the backend
		}
		answer := declaredAnswer(small, op)
		for _, g := range [...]*sample.Generator{small, large} {
			s.checkValid(g, op, answer)
		}
		s.checkBroken(small, op, answer)
	}
}

func secret(*openapi.SecurityScheme) string { return "c2FtcGxlOnNlY3JldA" }

// isWebSocket tells an operation that takes handshakes alone.
func (s *sweep) isWebSocket(op *sallyport.Operation) bool {
	for _, placed := range op.Steps(sallyport.Admit) {
		if step, ok := placed.Step.(*admit.Handshake); ok {
			return !step.Optional
		}
	}
	return false
}

// refusals are what check says of an operation that is not served; nil if it is.
func refusals(op *sallyport.Operation) []sallyport.Control {
	for _, placed := range op.Steps(sallyport.Admit) {
		if placed.Name == "unserved" {
			return placed.Controls
		}
	}
	return nil
}

func (s *sweep) checkRefused(op *sallyport.Operation) {
	for _, c := range refusals(op) {
		if c.Effect != sallyport.Refused || c.Says == "" || c.From.Line == 0 || c.From.File != s.document.Files[0] {
			s.t.Errorf("%s: refused without saying why and where: %+v", op.ID, c)
		}
	}
}

func (s *sweep) checkValid(g *sample.Generator, op *openapi.Operation, a answer) {
	request, err := g.Request(op)
	if err != nil {
		if reason, known := insatiable[op.ID]; !known || !strings.Contains(err.Error(), reason) {
			s.t.Errorf("%s: no sample: %v", op.ID, err)
		}
		s.without++
		return
	}
	got, heard := s.send(request, a)
	switch {
	case heard == nil:
		s.t.Errorf("%s: %s %s: refused: %d %s %s\n%s", op.ID, request.Method, request.Target(), got.status, got.problem, got.detail, clip(request.Body))
		return
	case heard.method != request.Method || heard.target != request.Target():
		s.t.Errorf("%s: %s %s reached the backend as %s %s", op.ID, request.Method, request.Target(), heard.method, heard.target)
	case !bytes.Equal(heard.body, request.Body):
		s.t.Errorf("%s: the body reached the backend changed:\n%s\n%s", op.ID, clip(request.Body), clip(heard.body))
	case got.status != a.status || request.Method != "HEAD" && !bytes.Equal(got.body, a.body) && a.declared:
		s.t.Errorf("%s: answered %d, the client got %d %s\n%s\n%s", op.ID, a.status, got.status, got.detail, clip(a.body), clip(got.body))
	}
	s.checkFields(op, request, heard)
}

// checkFields: what the client sent in header fields is what the backend gets,
// but for what is between two neighbours or the gateway's to say.
func (s *sweep) checkFields(op *openapi.Operation, request *sample.Request, heard *heard) {
	for _, f := range request.Fields {
		if slices.ContainsFunc(hopFields[:], func(name string) bool { return message.EqualName(name, f.Name) }) {
			continue
		}
		if values := heard.header.Values(f.Name); !slices.Contains(values, f.Value) {
			s.t.Errorf("%s: the field %s: %s reached the backend as %q", op.ID, f.Name, f.Value, values)
		}
	}
}

// hopFields are the neighbours' (RFC 9110 §7.6.1), or change what of an answer
// comes and so what could be checked.
var hopFields = [...]string{"Connection", "Content-Length", "Host", "Transfer-Encoding", "Te", "Trailer", "Upgrade", "Accept-Encoding", "Range", "If-Range"}

func (s *sweep) checkBroken(g *sample.Generator, op *openapi.Operation, a answer) {
	variants, err := g.Broken(op)
	if err != nil {
		return // checkValid has said so
	}
	if len(variants) == 0 {
		s.t.Errorf("%s: no request of it can be wrong", op.ID)
	}
	for i, v := range variants {
		if slowness > 1 && i%3 != len(op.ID)%3 && len(variants) > 2 {
			continue // a third of them will do where each takes ten times as long
		}
		got, heard := s.send(v.Request, a)
		told := got.problem == v.Kind.Name() || v.Method == "HEAD"
		if heard != nil || !told || got.status != v.Kind.Status() {
			s.t.Errorf("%s: %s: %s %s: want %s, got %d %s (backend heard: %v)\n%s", op.ID, v.Fault, v.Method, v.Target(), v.Kind, got.status, got.detail, heard != nil, clip(v.Body))
		}
	}
}

// checkStrict: without --partial, a document with anything that cannot be
// served is refused as a whole.
func (s *sweep) checkStrict(path string) {
	_, _, err := plan(configure(s.t, path, "http://backend.invalid", false))
	if (err == nil) != (s.refused == 0) {
		s.t.Errorf("%d operations cannot be served; without --partial: %v", s.refused, err)
	}
}

func clip(text []byte) []byte { return text[:min(len(text), 600)] }
