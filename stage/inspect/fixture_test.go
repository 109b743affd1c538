package inspect

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"testing"

	"sallyport"
	"sallyport/jsonschema"
	"sallyport/mediatype"
	"sallyport/message"
	"sallyport/problem"
)

// owned holds of a body whose /owner is that, and of none without one.
type owned string

func (o owned) Decide(_ *sallyport.Exchange, captured []jsonschema.Captured) error {
	for _, c := range captured {
		if string(c.Text) == string(o) {
			return nil
		}
	}
	return problem.Refuse(problem.ObjectUnknown, "")
}

// anything holds always.
type anything struct{}

func (anything) Decide(*sallyport.Exchange, []jsonschema.Captured) error { return nil }

func look(t testing.TB, rules Rules) Look {
	t.Helper()
	const order = `{"type":"object","properties":{"owner":{"type":"string"},"note":{"type":"string"}}}`
	s, err := jsonschema.CompileText("order.json", []byte(order), jsonschema.Options{Dialect: jsonschema.OpenAPI31}, jsonschema.Use{Closed: true})
	if err != nil {
		t.Fatal(err)
	}
	owner, err := jsonschema.CompilePlace("/owner")
	if err != nil {
		t.Fatal(err)
	}
	return Look{Schema: s, Watch: jsonschema.Watch{Capture: []*jsonschema.Place{owner}}, Rules: rules}
}

func ranged(t testing.TB, text string) mediatype.Range {
	t.Helper()
	r, err := mediatype.ParseRange(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// request is an exchange with a request, given as lines of a head and a body.
func request(method, path, body string, fields ...string) *sallyport.Exchange {
	path, query, _ := strings.Cut(path, "?")
	r := &message.Request{Method: method, Path: path, Query: query}
	for i := 0; i < len(fields); i += 2 {
		r.Fields.Add(fields[i], fields[i+1])
	}
	if body != "" {
		r.Body = message.NewBody(io.NopCloser(strings.NewReader(body)), int64(len(body)))
	}
	return &sallyport.Exchange{
		Context: context.Background(), Request: r,
		Op:  &sallyport.Operation{MaxBody: 100, MaxAnswer: 100, Params: []string{"id"}},
		Env: sallyport.NewEnv(slog.New(slog.DiscardHandler), 1000),
	}
}

// told is the kind of an error, by its name.
func told(err error) string {
	if err == nil {
		return ""
	}
	return problem.As(err).Kind.String()
}
