package build_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sallyport"
	"sallyport/build"
	"sallyport/config"
	"sallyport/message"
)

// stating answers with a body of JSON.
type stating string

func (s stating) Run(x *sallyport.Exchange) error {
	x.Response = &message.Response{Status: http.StatusOK, Fields: message.Fields{{Name: "Content-Type", Value: "application/json"}}, Body: message.BytesBody([]byte(s))}
	return nil
}

const inside = `openapi: 3.1.0
info: {title: inside, version: '1'}
security: []
paths:
  /state:
    get:
      operationId: getState
      responses:
        '200': {description: ok, content: {application/json: {schema: {type: object, properties: {state: {type: string}}}}}}
`

func local(answers map[string]sallyport.Step) (http.Handler, error) {
	c, err := config.Parse("sallyport.yaml", []byte("apis: [{name: inside, document: inside.yaml, upstream: 'http://backend.invalid'}]"))
	if err != nil {
		return nil, err
	}
	env := sallyport.NewEnv(slog.New(slog.DiscardHandler), 1<<20)
	result, err := build.Build(context.Background(), env, c, build.Options{
		Documents: map[string][]byte{"inside.yaml": []byte(inside)},
		Local:     map[string]build.Local{"inside": {Answers: answers}},
	})
	if err != nil {
		return nil, err
	}
	return sallyport.NewGateway(env, result.Plan), nil
}

// What answers within the program is no more trusted than a backend.
func TestLocalAnswersAreFiltered(t *testing.T) {
	gateway, err := local(map[string]sallyport.Step{"getState": stating(`{"state":"fine","secret":"s"}`)})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	gateway.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/state", nil))
	if got := w.Body.String(); w.Code != http.StatusOK || got != `{"state":"fine"}` {
		t.Errorf("%d %s", w.Code, got)
	}
	w = httptest.NewRecorder()
	gateway.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/other", nil))
	if w.Code != http.StatusNotFound {
		t.Errorf("what is not declared: %d", w.Code)
	}
}

func TestLocalOperationWithoutAnAnswerIsAMistake(t *testing.T) {
	_, err := local(nil)
	if err == nil || !strings.Contains(err.Error(), "nothing answers the operation getState") {
		t.Error(err)
	}
}
