package websocket

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sallyport/message"
)

// ends are the two ends of a tunnel that runs.
type ends struct {
	t               *testing.T
	tunnel          *Tunnel
	client, backend net.Conn
	done            chan struct{}
}

// dug runs a tunnel in a bubble of its own: whatever it leaves behind, a timer
// or a goroutine, fails the test.
func dug(t *testing.T, rules Rules, test func(*ends)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		client, inside := net.Pipe()
		backend, beyond := net.Pipe()
		e := &ends{t, NewTunnel(beyond, rules), client, backend, make(chan struct{})}
		go func() {
			defer close(e.done)
			e.tunnel.Relay(inside)
			inside.Close() // as a door does
		}()
		test(e)
		client.Close()
		backend.Close()
		<-e.done
	})
}

func (e *ends) say(to net.Conn, b []byte) {
	e.t.Helper()
	if _, err := to.Write(b); err != nil {
		e.t.Fatal(err)
	}
}

func (e *ends) hear(from net.Conn, want []byte) {
	e.t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(from, got); err != nil || !bytes.Equal(got, want) {
		e.t.Fatalf("heard %x, %v; want %x", got, err, want)
	}
}

// hearClose wants a close frame of the gateway.
func (e *ends) hearClose(from net.Conn, code Code) {
	e.t.Helper()
	f, err := ReadFrame(from, 1000)
	if err != nil || f.Opcode != opClose || Code(binary.BigEndian.Uint16(f.Payload)) != code {
		e.t.Errorf("heard %+v, %v; want a close frame with %d", f, err, code)
	}
}

// bothHear wants a close frame of the gateway at both ends.
func (e *ends) bothHear(code Code) {
	e.t.Helper()
	told := make(chan struct{})
	go func() {
		defer close(told)
		e.hearClose(e.backend, code)
	}()
	e.hearClose(e.client, code)
	<-told
}

func (e *ends) ended(want message.TunnelEnd, code int) {
	e.t.Helper()
	<-e.done
	if got := e.tunnel.Traffic(); got.End != want || got.Code != code {
		e.t.Errorf("ended as %s with %d, want %s with %d", got.End, got.Code, want, code)
	}
}

func isOver(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe) }

var lax = Rules{MaxMessage: 1 << 20}

func TestTunnelPassesFramesAndTheCloseFrames(t *testing.T) {
	dug(t, lax, func(e *ends) {
		up, down := sent(opText, true, "hello", true), sent(opBinary, true, strings.Repeat("a", 300), false)
		e.say(e.client, up)
		e.hear(e.backend, up)
		e.say(e.backend, down)
		e.hear(e.client, down)
		bye, reply := sent(opClose, true, "\x0f\xa0bye", true), sent(opClose, true, "\x0f\xa0", false)
		e.say(e.client, bye)
		e.hear(e.backend, bye)
		e.say(e.backend, down) // it may end what it was saying (§5.5.1)
		e.hear(e.client, down)
		e.say(e.backend, reply)
		e.hear(e.client, reply)
		e.ended(message.TunnelClosed, 4000)
		got := e.tunnel.Traffic()
		if got.BytesIn != int64(len(up)+len(bye)) || got.BytesOut != int64(2*len(down)+len(reply)) || got.MessagesIn != 1 || got.MessagesOut != 2 || got.FramesIn != 2 || got.FramesOut != 3 {
			t.Errorf("%+v", got)
		}
	})
}

func TestTunnelHoldsBothSidesToTheProtocol(t *testing.T) {
	for _, c := range []struct {
		name   string
		server bool
		bytes  []byte
		end    message.TunnelEnd
		code   Code
	}{
		{"a client without a mask", false, sent(opText, true, "hi", false), message.TunnelClientFault, ProtocolError},
		{"a backend with one", true, sent(opText, true, "hi", true), message.TunnelBackendFault, ProtocolError},
		{"a client that says too much", false, head(0x82, true, 127, 0, 0, 0, 0, 0, 0x10, 0, 1), message.TunnelClientTooBig, TooBig},
		{"a backend that says too much", true, head(0x82, false, 127, 0, 0, 0, 0, 0, 0x10, 0, 1), message.TunnelBackendTooBig, TooBig},
	} {
		t.Run(c.name, func(t *testing.T) {
			dug(t, lax, func(e *ends) {
				from, other := e.client, e.backend
				if c.server {
					from, other = e.backend, e.client
				}
				e.say(from, c.bytes)
				e.bothHear(c.code)
				e.say(other, sent(opClose, true, "", c.server)) // its own close frame ends the handshake
				e.ended(c.end, int(c.code))
			})
		})
	}
}

// TestTunnelWithoutAReply: a side that never answers a close frame is waited for
// no longer than it may.
func TestTunnelWithoutAReply(t *testing.T) {
	dug(t, Rules{MaxMessage: 10, Idle: time.Minute}, func(e *ends) {
		begun := time.Now()
		e.bothHear(GoingAway)
		e.ended(message.TunnelIdle, int(GoingAway))
		if took := time.Since(begun); took != time.Minute+patience {
			t.Errorf("it took %s", took)
		}
	})
}

// TestTunnelWithoutAClient: a client that was told and left is not waited for.
func TestTunnelWithoutAClient(t *testing.T) {
	dug(t, lax, func(e *ends) {
		begun := time.Now()
		e.tunnel.Drain()
		e.bothHear(GoingAway)
		e.client.Close()
		e.ended(message.TunnelDrained, int(GoingAway))
		if took := time.Since(begun); took != 0 {
			t.Errorf("it took %s", took)
		}
	})
}

func TestTunnelIsNotIdleWhileAnySideSpeaks(t *testing.T) {
	dug(t, Rules{MaxMessage: 10, Idle: time.Minute}, func(e *ends) {
		ping := sent(opPing, true, "", false)
		begun := time.Now()
		for range 5 {
			<-time.After(50 * time.Second)
			e.say(e.backend, ping)
			e.hear(e.client, ping)
		}
		e.bothHear(GoingAway)
		if quiet := time.Since(begun); quiet != 310*time.Second {
			t.Errorf("closed after %s", quiet)
		}
	})
}

func TestTunnelHasALifetime(t *testing.T) {
	dug(t, Rules{MaxMessage: 10, Lifetime: time.Hour}, func(e *ends) {
		e.bothHear(GoingAway)
		e.say(e.client, sent(opText, true, "late", true)) // what comes behind our close frame goes nowhere
		e.say(e.client, sent(opClose, true, "\x03\xe9", true))
		e.say(e.backend, sent(opClose, true, "\x03\xe9", false))
		e.ended(message.TunnelLifetime, int(GoingAway))
		if got := e.tunnel.Traffic(); got.BytesIn != 0 {
			t.Errorf("%+v", got)
		}
	})
}

func TestTunnelBreaksOffWithOneSide(t *testing.T) {
	for _, c := range []struct {
		name          string
		leaver, other func(*ends) net.Conn
		want          message.TunnelEnd
	}{
		{"the client", func(e *ends) net.Conn { return e.client }, func(e *ends) net.Conn { return e.backend }, message.TunnelClientLeft},
		{"the backend", func(e *ends) net.Conn { return e.backend }, func(e *ends) net.Conn { return e.client }, message.TunnelBackendLeft},
	} {
		t.Run(c.name, func(t *testing.T) {
			dug(t, lax, func(e *ends) {
				c.leaver(e).Close()
				if n, err := c.other(e).Read(make([]byte, 1)); n > 0 || !isOver(err) {
					t.Errorf("the other side heard %d bytes, %v", n, err)
				}
				e.ended(c.want, 0)
			})
		})
	}
}

// TestTunnelIsStoppedWithinAFrame: a close frame in the middle of a frame would
// be its payload.
func TestTunnelIsStoppedWithinAFrame(t *testing.T) {
	dug(t, lax, func(e *ends) {
		half := sent(opBinary, true, "abcdef", false)[:4]
		e.say(e.backend, half)
		e.hear(e.client, half)
		e.tunnel.Drain()
		e.hearClose(e.backend, GoingAway) // this side is between two frames
		if n, err := e.client.Read(make([]byte, 1)); n > 0 || !isOver(err) {
			t.Errorf("the client heard %d bytes, %v", n, err)
		}
		e.ended(message.TunnelDrained, int(GoingAway))
	})
}

func TestTunnelThatIsDrainedBeforeItRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, inside := net.Pipe()
		backend, beyond := net.Pipe()
		tunnel := NewTunnel(beyond, lax)
		tunnel.Drain()
		e := &ends{t, tunnel, client, backend, make(chan struct{})}
		go func() {
			defer close(e.done)
			tunnel.Relay(inside)
		}()
		e.bothHear(GoingAway)
		client.Close()
		backend.Close()
		e.ended(message.TunnelDrained, int(GoingAway))
	})
}

// broken panics where it is read.
type broken struct{ net.Conn }

func (broken) Read([]byte) (int, error) { panic("read") }

func TestTunnelPanicsWhereItIsRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, inside := net.Pipe()
		_, beyond := net.Pipe()
		defer func() {
			if r := recover(); r != "read" {
				t.Errorf("recovered %v", r)
			}
			if _, err := client.Read(make([]byte, 1)); !isOver(err) {
				t.Errorf("the client is left: %v", err)
			}
		}()
		NewTunnel(broken{beyond}, lax).Relay(inside)
	})
}
