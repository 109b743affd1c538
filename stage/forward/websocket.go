package forward

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"sallyport"
	"sallyport/http1"
	"sallyport/message"
	"sallyport/problem"
	"sallyport/websocket"
)

// WebSocket is how an operation is tunnelled whose handshake the backend
// accepts. That it comes from where it may has been seen to by Admit.
type WebSocket struct {
	Rules websocket.Rules
	// Tunnels counts those of the API, of which there may be Most at one time.
	Tunnels *Tunnels
	Most    int
}

// Tunnels counts the tunnels of an API, and the handshakes for them. It
// outlives plans: a reload leaves tunnels open.
type Tunnels struct {
	// API is whose they are, for metrics.
	API  string
	open atomic.Int64
}

// Done implements sallyport.Closing: one tunnel has ended.
func (t *Tunnels) Done(*sallyport.Exchange) { t.open.Add(-1) }

// enter counts one more, or refuses it before the backend hears of it.
func (w *WebSocket) enter(x *sallyport.Exchange) error {
	if w.Tunnels.open.Add(1) > int64(w.Most) {
		w.Tunnels.open.Add(-1)
		return problem.Fail(problem.TunnelsExhausted, fmt.Errorf("%d WebSockets are open", w.Most)).With("Retry-After", "1")
	}
	x.OnDone(w.Tunnels)
	return nil
}

// open asks a target for a WebSocket, on a connection of its own.
func (c *http1Carrier) open(ctx context.Context, to *Target, out *outgoing, call *http1.Call) (*message.Response, error) {
	call.Upgrade = "websocket"
	conn, err := c.connect(ctx, to, out.whole)
	if err != nil {
		return nil, err
	}
	answer, err := conn.Do(ctx, call)
	if err != nil || answer.Status != 101 {
		return answer, told(err)
	}
	if err := websocket.CheckAnswer(out.fields, answer.Fields); err != nil {
		conn.Close()
		return nil, fmt.Errorf("the backend's handshake: %w", err)
	}
	stream, err := conn.Switched()
	if err != nil {
		return nil, err
	}
	answer.Tunnel = websocket.NewTunnel(stream, *out.tunnel)
	return answer, nil
}

// switched judges an answer of 101 and names the protocol again, which ended at
// the backend's connection.
func switched(r *message.Response) error {
	if r.Tunnel == nil {
		return problem.Fail(problem.UpstreamBroken, errors.New("status 101, which nobody asked for"))
	}
	r.Fields.Add("Upgrade", "websocket")
	return nil
}
