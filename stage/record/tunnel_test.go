package record

import (
	"io"
	"testing"

	"sallyport"
	"sallyport/message"
)

// tunnel is one that has ended.
type tunnel struct{ passed message.Traffic }

func (tunnel) Relay(io.ReadWriteCloser) {}

func (tunnel) Drain() {}

func (tunnel) Close() error { return nil }

func (t tunnel) Traffic() message.Traffic { return t.passed }

func TestDecisionOfAWebSocket(t *testing.T) {
	for end, want := range map[message.TunnelEnd]Decision{
		message.TunnelClosed: Allowed, message.TunnelIdle: Allowed, message.TunnelDrained: Allowed, message.TunnelClientLeft: Allowed, message.TunnelBackendLeft: Allowed,
		message.TunnelClientFault: Turned, message.TunnelClientTooBig: Turned,
		message.TunnelBackendFault: Failed, message.TunnelBackendTooBig: Failed,
	} {
		x := &sallyport.Exchange{Response: &message.Response{Status: 101, Tunnel: tunnel{message.Traffic{End: end}}}}
		if got := Decide(x); got != want {
			t.Errorf("%s is %s, want %s", end, got, want)
		}
	}
}
