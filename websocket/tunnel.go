package websocket

import (
	"crypto/rand"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"sallyport/message"
)

// Rules are what a tunnel is held to.
type Rules struct {
	// MaxMessage is the longest message of either side, in bytes.
	MaxMessage int64
	// Idle ends a tunnel in which nothing comes from either side for so long,
	// Lifetime any tunnel; 0 is never.
	Idle, Lifetime time.Duration
}

// patience is how long the two sides have for the closing handshake once it has
// begun: what is still open then is broken off.
const patience = 5 * time.Second

// Tunnel implements message.Tunnel: it passes frames on between a client and a
// backend, each judged before it goes.
type Tunnel struct {
	rules    Rules
	client   io.Closer // set by Relay
	backend  io.ReadWriteCloser
	up, down pump // from the client, to the client
	// touched is when bytes came last, as time since begun.
	begun   time.Time
	touched atomic.Int64

	mu      sync.Mutex
	running bool
	over    bool
	stopped bool // before it ran
	end     message.TunnelEnd
	code    Code
	timers  []*time.Timer
	talking sync.WaitGroup // close frames on their way
}

// NewTunnel is a tunnel to a backend that has accepted the handshake. It closes
// the backend's connection when it ends.
func NewTunnel(backend io.ReadWriteCloser, rules Rules) *Tunnel {
	t := &Tunnel{rules: rules, backend: backend}
	t.up = pump{tunnel: t, watch: Watch{Masked: true, Most: rules.MaxMessage}, between: true}
	t.down = pump{tunnel: t, watch: Watch{Most: rules.MaxMessage}, between: true}
	return t
}

// Relay implements message.Tunnel.
func (t *Tunnel) Relay(client io.ReadWriteCloser) {
	t.begin(client)
	var other sync.WaitGroup
	var panicked any
	other.Go(func() {
		defer func() { panicked = recover() }()
		defer t.down.leave()
		t.down.run()
	})
	func() {
		defer other.Wait()
		defer t.up.leave()
		t.up.run()
	}()
	t.finish()
	if panicked != nil {
		panic(panicked) // where somebody may answer for it
	}
}

func (t *Tunnel) begin(client io.ReadWriteCloser) {
	t.mu.Lock()
	t.client, t.running, t.begun = client, true, time.Now()
	t.up.from, t.up.to = client, t.backend
	t.down.from, t.down.to = t.backend, client
	if t.rules.Idle > 0 {
		t.watchIdle(t.rules.Idle)
	}
	if t.rules.Lifetime > 0 {
		t.timers = append(t.timers, time.AfterFunc(t.rules.Lifetime, func() { t.stop(message.TunnelLifetime, GoingAway) }))
	}
	stopped := t.stopped
	t.mu.Unlock()
	if stopped {
		t.stop(message.TunnelDrained, GoingAway)
	}
}

// watchIdle looks after that time whether something has come since.
func (t *Tunnel) watchIdle(after time.Duration) {
	var timer *time.Timer
	timer = time.AfterFunc(after, func() {
		quiet := time.Since(t.begun) - time.Duration(t.touched.Load())
		if quiet >= t.rules.Idle {
			t.stop(message.TunnelIdle, GoingAway)
			return
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		if !t.over {
			timer.Reset(t.rules.Idle - quiet)
		}
	})
	t.timers = append(t.timers, timer)
}

// stop ends the tunnel for a reason, the first one counts, and tells both sides
// by a close frame; without a code the connections break off at once.
func (t *Tunnel) stop(why message.TunnelEnd, code Code) {
	if t.ends(why, code) && code == 0 {
		t.breakOff()
	}
}

// ends notes the first reason, and has both sides told.
func (t *Tunnel) ends(why message.TunnelEnd, code Code) (first bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over || t.end != "" {
		return false
	}
	t.end, t.code = why, code
	if code != 0 {
		t.timers = append(t.timers, time.AfterFunc(patience, t.breakOff))
		t.talking.Go(func() { t.down.say(code) })
		t.talking.Go(func() { t.up.say(code) })
	}
	return true
}

// half notes that one side has sent its close frame: the other one has a while
// to send its own.
func (t *Tunnel) half(code Code) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over || t.end != "" {
		return
	}
	t.end, t.code = message.TunnelClosed, code
	t.timers = append(t.timers, time.AfterFunc(patience, t.breakOff))
}

// breakOff ends all reading and writing.
func (t *Tunnel) breakOff() {
	t.client.Close()
	t.backend.Close()
}

// finish is called when both directions have ended.
func (t *Tunnel) finish() {
	t.mu.Lock()
	t.over = true
	t.mu.Unlock()
	t.talking.Wait()
	for _, timer := range t.timers { // there are no more of them once it is over
		timer.Stop()
	}
	t.backend.Close()
}

// Drain implements message.Tunnel.
func (t *Tunnel) Drain() {
	t.mu.Lock()
	t.stopped = true
	running := t.running
	t.mu.Unlock()
	if running {
		t.stop(message.TunnelDrained, GoingAway)
	}
}

// Close implements message.Tunnel.
func (t *Tunnel) Close() error { return t.backend.Close() }

// Traffic implements message.Tunnel.
func (t *Tunnel) Traffic() message.Traffic {
	t.mu.Lock()
	defer t.mu.Unlock()
	return message.Traffic{
		BytesIn: t.up.passed, BytesOut: t.down.passed,
		FramesIn: t.up.watch.Frames, FramesOut: t.down.watch.Frames,
		MessagesIn: t.up.watch.Messages, MessagesOut: t.down.watch.Messages,
		End: t.end, Code: int(t.code),
	}
}

// pump is one direction of a tunnel.
type pump struct {
	tunnel *Tunnel
	from   io.Reader
	to     io.Writer
	watch  Watch
	ended  bool

	// mu holds the writing. between: the last frame was written to its end.
	// silent: nothing goes there any more (§5.5.1).
	mu              sync.Mutex
	between, silent bool
	passed          int64
}

// room is how much of a direction is on its way at one time: bounded, and small,
// since most tunnels are quiet.
const room = 8 << 10

// run passes frames on until the direction ends.
func (p *pump) run() {
	t := p.tunnel
	b, have := make([]byte, room), 0
	for {
		n, errRead := p.from.Read(b[have:])
		if have += n; n > 0 {
			t.touched.Store(int64(time.Since(t.begun)))
		}
		judged, violation := p.watch.Scan(b[:have])
		errWrite := p.pass(b[:judged])
		have = copy(b, b[judged:have])
		switch {
		case errWrite != nil:
			t.stop(p.otherLeft(), 0)
		case violation != nil:
			t.stop(p.violated(violation), violation.Code)
		case p.watch.Closed:
			t.half(p.watch.Code)
		case errRead != nil:
			t.stop(p.left(), 0)
			if p.watch.Masked {
				t.breakOff() // whatever it ends by: nobody is left to hear the backend
			}
		default:
			continue
		}
		p.ended = true
		return
	}
}

// leave is for a direction that ended by a panic: the other one must not wait.
func (p *pump) leave() {
	if !p.ended {
		p.tunnel.breakOff()
	}
}

func (p *pump) pass(b []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(b) == 0 || p.silent {
		return nil
	}
	n, err := p.to.Write(b)
	p.passed += int64(n)
	p.between, p.silent = p.watch.Between(), p.watch.Closed || err != nil
	return err
}

// say sends a close frame of our own, behind which nothing else goes. Where a
// frame is under way none can be told.
func (p *pump) say(code Code) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.silent {
		return
	}
	if p.silent = true; !p.between {
		return
	}
	var mask *[4]byte
	if p.watch.Masked { // to the backend we are the client (§5.1, §5.3)
		mask = new([4]byte)
		rand.Read(mask[:])
	}
	_, _ = p.to.Write(CloseFrame(code).Append(nil, mask)) // who cannot be told finds out
}

func (p *pump) left() message.TunnelEnd {
	if p.watch.Masked {
		return message.TunnelClientLeft
	}
	return message.TunnelBackendLeft
}

func (p *pump) otherLeft() message.TunnelEnd {
	if p.watch.Masked {
		return message.TunnelBackendLeft
	}
	return message.TunnelClientLeft
}

func (p *pump) violated(v *Violation) message.TunnelEnd {
	switch {
	case p.watch.Masked && v.Code == TooBig:
		return message.TunnelClientTooBig
	case p.watch.Masked:
		return message.TunnelClientFault
	case v.Code == TooBig:
		return message.TunnelBackendTooBig
	}
	return message.TunnelBackendFault
}
