package message

import "io"

// Tunnel is what follows an answer of 101 (RFC 9110 §7.8): the backend's
// connection, which speaks another protocol from there on.
type Tunnel interface {
	// Relay passes bytes on between the client and the backend until one of
	// them ends, and has closed the backend's connection when it returns. The
	// client's is closed by whoever opened it; Relay may close it to break it off.
	// It is called once at most, when the head of the answer has been sent.
	Relay(client io.ReadWriteCloser)
	// Drain asks for an end in good order and returns at once.
	Drain()
	// Close gives the backend's connection up.
	Close() error
	// Traffic is what passed, once Relay has returned.
	Traffic() Traffic
}

// Traffic is what passed a tunnel. In is from the client, Out is to it.
type Traffic struct {
	BytesIn, BytesOut       int64
	FramesIn, FramesOut     int64
	MessagesIn, MessagesOut int64
	// End is why it ended, "" where it never began.
	End TunnelEnd
	// Code is the status of the close frame, 0 where there was none.
	Code int
}

// TunnelEnd is why a tunnel ended, in a word for logs and metrics.
type TunnelEnd string

// The ends of a tunnel.
const (
	// TunnelClosed is a close frame of either side.
	TunnelClosed TunnelEnd = "closed"
	// TunnelClientLeft and TunnelBackendLeft are connections that broke.
	TunnelClientLeft  TunnelEnd = "client-left"
	TunnelBackendLeft TunnelEnd = "backend-left"
	// TunnelClientFault and TunnelBackendFault are frames that the protocol
	// does not permit.
	TunnelClientFault  TunnelEnd = "client-fault"
	TunnelBackendFault TunnelEnd = "backend-fault"
	// TunnelClientTooBig and TunnelBackendTooBig are messages that are too long.
	TunnelClientTooBig  TunnelEnd = "client-too-big"
	TunnelBackendTooBig TunnelEnd = "backend-too-big"
	// TunnelIdle, TunnelLifetime and TunnelDrained are the gateway's own.
	TunnelIdle     TunnelEnd = "idle"
	TunnelLifetime TunnelEnd = "lifetime"
	TunnelDrained  TunnelEnd = "drained"
)
