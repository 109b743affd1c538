package build_test

import (
	"slices"
	"strings"
	"testing"

	"sallyport"
	"sallyport/stage/admit"
	"sallyport/stage/forward"
)

const chat = `openapi: 3.1.0
info: {title: chat, version: '1'}
security: []
paths:
  /declared:
    get: {operationId: declared, responses: {'101': {description: chat}}}
  /said:
    get: {operationId: said, x-sallyport: {websocket: true}, responses: {'200': {description: ok}}}
  /unsaid:
    get: {operationId: unsaid, x-sallyport: {websocket: false}, responses: {'101': {description: chat}, '200': {description: ok}}}
  /both:
    get: {operationId: both, responses: {'101': {description: chat}, '200': {description: ok}}}
  /things:
    get: {operationId: things, responses: {'200': {description: ok}}}
    post: {operationId: addThing, responses: {'101': {description: nonsense}, '200': {description: ok}}}
`

func TestOperationsThatAreWebSockets(t *testing.T) {
	result := mustMake(t, api(`    cors: {origins: ['https://app.example', 'https://*.app.example']}
    websocket: {origins: ['https://chat.example'], max_message: 2KiB, lifetime: 1h, max_tunnels: 7}
`), map[string]string{"shop.yaml": chat})
	for _, op := range result.Plan.Operations {
		want := op.ID == "declared" || op.ID == "said" || op.ID == "both"
		handshakes := slices.IndexFunc(op.Steps(sallyport.Admit), func(p sallyport.Placed) bool { return p.Name == "handshake" })
		socket := op.Steps(sallyport.Forward)[0].Step.(*forward.Upstream).WebSocket
		if (handshakes >= 0) != want || (socket != nil) != want {
			t.Errorf("%s: handshake at %d, %+v", op.ID, handshakes, socket)
		}
		if !want {
			continue
		}
		step := op.Steps(sallyport.Admit)[handshakes].Step.(*admit.Handshake)
		if strings.Join(step.Origins, " ") != "https://chat.example https://app.example" || strings.Join(step.Suffixes, " ") != ".app.example" || step.Optional != (op.ID == "both") {
			t.Errorf("%s: %+v", op.ID, step)
		}
		if r := socket.Rules; r.MaxMessage != 2<<10 || r.Idle.Minutes() != 5 || r.Lifetime.Hours() != 1 || socket.Most != 7 || socket.Tunnels != result.Tunnels[0] {
			t.Errorf("%s: %+v", op.ID, socket)
		}
	}
	if len(result.Tunnels) != 1 {
		t.Errorf("%d counts of one API", len(result.Tunnels))
	}
	for _, w := range result.Warnings {
		if strings.Contains(w.Message, "declares no success") {
			t.Error(w)
		}
	}
}

func TestEveryOriginOfCORSOpensNoWebSocket(t *testing.T) {
	for more, want := range map[string]string{
		"    cors: {origins: ['*']}\n": "",
		"    cors: {origins: ['*']}\n    websocket: {origins: ['https://a.example']}\n": "https://a.example",
		"    cors: {origins: ['https://a.example']}\n    websocket: {origins: ['*']}\n": "*",
	} {
		op := mustMake(t, api(more), map[string]string{"shop.yaml": chat}).Plan.Operations[0]
		for _, p := range op.Steps(sallyport.Admit) {
			if step, ok := p.Step.(*admit.Handshake); ok && strings.Join(step.Origins, " ") != want {
				t.Errorf("%s: %q", more, step.Origins)
			}
		}
	}
}

func TestWebSocketOfAnotherMethodIsAMistake(t *testing.T) {
	text := strings.Replace(chat, "operationId: addThing,", "operationId: addThing, x-sallyport: {websocket: true},", 1)
	_, err := made(api(""), map[string]string{"shop.yaml": text})
	if err == nil || !strings.Contains(err.Error(), "shop.yaml:15:") || !strings.Contains(err.Error(), "a WebSocket is opened by GET") {
		t.Error(err)
	}
}
