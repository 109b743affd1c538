package build

import (
	"fmt"
	"slices"
	"strings"

	"sallyport"
	"sallyport/config"
	"sallyport/openapi"
	"sallyport/stage/admit"
	"sallyport/stage/forward"
	"sallyport/websocket"
)

// webSocketWord says of an operation that it is one though no 101 is declared.
const webSocketWord = "websocket"

// isWebSocket tells whether the operation is opened as one.
func (o *operationBuilder) isWebSocket() bool {
	declared := slices.ContainsFunc(o.declared.Responses, func(r *openapi.Response) bool { return r.Status == "101" })
	for _, node := range o.declared.Extensions {
		if node.Get(webSocketWord) != nil {
			declared = node.True(webSocketWord)
		}
	}
	return declared && o.declared.Method == "GET" // RFC 6455 §4.1
}

// answersToo tells whether the operation is something else than a WebSocket too:
// it declares a success that is no 101, and does not say that it is one.
func (o *operationBuilder) answersToo() bool {
	for _, node := range o.declared.Extensions {
		if node.True(webSocketWord) {
			return false
		}
	}
	return slices.ContainsFunc(o.declared.Responses, func(r *openapi.Response) bool {
		return strings.HasPrefix(r.Status, "2") || strings.HasPrefix(r.Status, "3")
	})
}

// handshake places what judges the request to open a WebSocket.
func (o *operationBuilder) handshake() {
	if !o.isWebSocket() {
		for _, node := range o.declared.Extensions {
			if node.True(webSocketWord) {
				o.fault(node.NamePosition(webSocketWord), fmt.Errorf("x-sallyport: a WebSocket is opened by GET (RFC 6455 §4.1), not by %s", o.declared.Method))
			}
		}
		return
	}
	c := &o.config.WebSocket
	step := &admit.Handshake{Optional: o.answersToo()}
	step.Origins, step.Suffixes = originLists(c.Origins)
	if cors := o.config.CORS; cors != nil && !slices.Contains(cors.Origins, "*") {
		origins, suffixes := originLists(cors.Origins) // "*" is for requests without cookies, and these have them
		step.Suffixes = append(step.Suffixes, suffixes...)
		if !slices.Contains(c.Origins, "*") {
			step.Origins = append(step.Origins, origins...)
		}
	}
	o.place(sallyport.Admit, "handshake", step,
		enforced(o.declared.At, "websocket: the handshake of RFC 6455, without extensions"),
		enforced(c.PositionOf("origins"), "websocket: a page that opens it is of the API's own host or a listed origin"))
}

// webSocket is how Forward opens the operation; nil where it is none.
func (o *operationBuilder) webSocket() *forward.WebSocket {
	if !o.isWebSocket() {
		return nil
	}
	c := &o.config.WebSocket
	tunnels, err := sallyport.Shared(o.result.Lasting, "tunnels "+o.config.Name, func() (*forward.Tunnels, error) { return &forward.Tunnels{API: o.config.Name}, nil })
	if err != nil {
		o.fault(o.config.At, err)
		return nil
	}
	if !slices.Contains(o.result.Tunnels, tunnels) {
		o.result.Tunnels = append(o.result.Tunnels, tunnels)
	}
	return &forward.WebSocket{
		Rules:   websocket.Rules{MaxMessage: int64(c.MaxMessage), Idle: c.Idle.Duration(), Lifetime: c.Lifetime.Duration()},
		Tunnels: tunnels, Most: c.MaxTunnels,
	}
}

// webSocketControls say what holds once it is open.
func (o *operationBuilder) webSocketControls() []sallyport.Control {
	c := &o.config.WebSocket
	return []sallyport.Control{
		enforced(c.PositionOf("max_message"), "websocket: frames as RFC 6455 has them, messages of at most %s", c.MaxMessage),
		enforced(c.PositionOf("idle"), "websocket: idle %s, lifetime %s", c.Idle, c.Lifetime),
		enforced(c.PositionOf("max_tunnels"), "websocket: at most %d open at one time", c.MaxTunnels),
	}
}

// originLists are exact origins, and the suffixes of those with a wildcard.
func originLists(list []config.Origin) (exact, suffixes []string) {
	for _, origin := range list {
		if suffix, ok := strings.CutPrefix(string(origin), "https://*"); ok {
			suffixes = append(suffixes, suffix)
		} else {
			exact = append(exact, string(origin))
		}
	}
	return exact, suffixes
}
