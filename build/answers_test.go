package build_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"sallyport"
	"sallyport/build"
	"sallyport/config"
)

// A key of an answer's content that is no media type takes nothing out of
// service: no answer can have it, which a control says at its place.
func TestAnswerOfNoMediaType(t *testing.T) {
	document := `
openapi: 3.0.4
info: {title: t, version: "1"}
paths:
  /:
    get:
      security: []
      responses:
        "200":
          description: any
          content:
            "text/csv, text/plain": {schema: {type: string}}
            text/html: {schema: {type: string}}
`
	c, err := config.FromFlags(config.Flags{Document: "t.yaml", Upstream: "http://backend.invalid"})
	if err != nil {
		t.Fatal(err)
	}
	env := sallyport.NewEnv(slog.New(slog.DiscardHandler), 1<<20)
	result, err := build.Build(context.Background(), env, c, build.Options{Documents: map[string][]byte{"t.yaml": []byte(document)}})
	if err != nil {
		t.Fatal(err)
	}
	op := result.Plan.Operations[0]
	if refusals(op) != nil {
		t.Errorf("it is not served: %v", refusals(op))
	}
	for _, control := range op.Unenforced {
		if strings.Contains(control.Says, "no media type") && control.From.Line == 12 {
			return
		}
	}
	t.Errorf("nothing is said of it: %v", op.Unenforced)
}
