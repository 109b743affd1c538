package forward

import (
	"context"
	"errors"
	"io"
	"time"

	"sallyport/message"
	"sallyport/websocket"
)

// carrier takes requests to targets and brings answers back, over connections
// that Target.connect makes and that are kept by target: two targets may share
// a host and lead to different places. Its errors say what happened: one for
// which isDial holds means that nothing was sent, a clientError that the
// request's body could not be read, one for which isTimeout holds that the
// target took too long, a keptError that a kept connection ended; any other that the answer is broken.
type carrier interface {
	// carry sends a request and waits for the answer's header fields. The
	// answer's body streams and must be closed; its fields are all that came.
	carry(ctx context.Context, to *Target, out *outgoing) (*message.Response, error)
	// waiting is the same with another bound on the time until the first byte.
	waiting(firstByte time.Duration) carrier
	// closeIdle gives up the connections that nobody uses and no target keeps.
	closeIdle()
}

// outgoing is a request as it leaves. Method and body are the client's:
// the bytes that were matched and authorised are those that are sent.
type outgoing struct {
	*message.Request
	// path is the client's, perhaps without its base path.
	path string
	// query is the client's, perhaps without its credentials and with ours.
	query string
	// fields are all but Host and the framing.
	fields message.Fields
	// trailers: the client takes fields behind the answer's content.
	trailers bool
	// host sends the client's Host instead of the target's.
	host bool
	// fresh has it sent on a new connection.
	fresh bool
	// idle is the longest pause within the answer's body, whole the time for
	// everything that is left; 0 is for ever.
	idle, whole time.Duration
	// tunnel are the rules of a WebSocket where one is asked for; nil where none is.
	tunnel *websocket.Rules
}

// requestBody marks why a streamed body could not be read, so that the
// client's fault is not taken for the upstream's.
type requestBody struct{ *message.Body }

func (b requestBody) Read(p []byte) (int, error) {
	n, err := b.Body.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = &clientError{err}
	}
	return n, err
}

// Close leaves the client's connection to the door.
func (b requestBody) Close() error { return nil }

type clientError struct{ error }

func (e *clientError) Unwrap() error { return e.error }
