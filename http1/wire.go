package http1

import (
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// Patience is how long a peer is waited for. Zero is for ever.
type Patience struct {
	// Idle is how long a connection may be without a request.
	Idle time.Duration
	// Head is how long a head may take from its first byte on, and a handshake
	// of TLS.
	Head time.Duration
	// Progress is how long content may come, or be taken, more slowly than Rate
	// bytes a second. The framing of chunks is no content. Time in which nobody waits for the peer does not count.
	Progress time.Duration
	// Rate is in bytes a second; zero asks for a byte in each Progress.
	Rate int64
}

// enough is what has to pass in each Progress.
func (p Patience) enough() int64 {
	return max(1, int64(float64(p.Rate)*p.Progress.Seconds()))
}

// phase is what a connection is read for.
type phase uint8

const (
	idle        phase = iota
	inHandshake       // of TLS
	inHead            // the first byte has come
	inBody            // content
	watching          // for a peer that leaves, without a bound
	released          // by somebody else, who sets deadlines himself
)

// wire is a connection that holds its peer to a patience. To set a deadline
// costs more than to read: a deadline that was set earlier is left standing
// where it is not later than the right one, and is looked at when it passes. So
// a busy connection sets one in a minute and not two in a request.
//
// It stands below TLS, which could not go on after a deadline in a write.
type wire struct {
	net.Conn
	patience Patience
	closing  func() // called once, when the connection is closed
	closed   atomic.Bool

	mu sync.Mutex
	// readBy is the deadline that is set, zero for none; passed over: it has
	// passed. interrupted: reading has to stop now, whatever is due.
	readBy      time.Time
	passedOver  bool
	interrupted bool
	handedOn    bool // never this package's again
	// hurried is when a drain began, zero before, and lastCall what it allows.
	hurried  time.Time
	lastCall time.Duration

	// Of the reading goroutine. waited and passed are time and bytes since
	// content was last held to its rate.
	phase  phase
	begun  time.Time
	waited time.Duration
	passed int64

	writeBy time.Time // of the writing goroutine
}

func newWire(conn net.Conn, p Patience, closing func()) *wire {
	return &wire{Conn: conn, patience: p, closing: closing, begun: time.Now()}
}

// enter says what is read for from now on.
func (w *wire) enter(p phase) {
	w.phase = p
	switch p {
	case idle, inHandshake:
		w.begun = time.Now()
	case inHead:
		w.begun = time.Time{} // told when it is asked: most heads come with their first byte
	case inBody:
		w.waited, w.passed = 0, 0
	}
}

// due is when the peer has to have sent something; zero for never.
func (w *wire) due(now time.Time) time.Time {
	bound := time.Duration(0)
	from := w.begun
	switch w.phase {
	case idle:
		bound = w.patience.Idle
	case inHandshake:
		bound = w.patience.Head
	case inHead:
		bound = w.patience.Head
		if w.begun.IsZero() {
			w.begun = time.Now()
		}
		from = w.begun
	case inBody:
		if bound = w.patience.Progress; bound > 0 {
			bound -= w.waited
		}
		from = now
	}
	due := time.Time{}
	if bound != 0 {
		due = from.Add(bound)
	}
	if !w.hurried.IsZero() && w.phase <= inHandshake {
		if call := w.called(); due.IsZero() || call.Before(due) {
			due = call
		}
	}
	return due
}

func (w *wire) Read(p []byte) (int, error) {
	if w.phase == released {
		return w.Conn.Read(p)
	}
	var now time.Time
	if w.phase == inBody {
		now = time.Now()
	}
	for {
		due, err := w.arm(now)
		if err != nil {
			return 0, err
		}
		n, err := w.Conn.Read(p)
		if w.phase == inBody {
			then := time.Now()
			w.waited += then.Sub(now)
			w.passed += int64(n)
			now = then
		}
		switch {
		case n > 0 && w.phase == idle:
			w.enter(inHead)
			return n, nil
		case n > 0 || !isTimeout(err):
			return n, err
		case w.extends(due):
		case w.phase == idle:
			if n, err = w.lastLook(p, err); n > 0 {
				w.enter(inHead)
			}
			return n, err
		default:
			return 0, err
		}
	}
}

// extends tells whether a deadline that passed was not the one that is due.
func (w *wire) extends(due time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.interrupted {
		return false
	}
	if !due.IsZero() && !time.Now().Before(due) {
		if w.phase != inBody || w.passed < w.patience.enough() {
			return false
		}
		w.waited, w.passed = 0, 0
	}
	w.passedOver = true
	return true
}

// arm sees to it that a read ends when it is due.
func (w *wire) arm(now time.Time) (due time.Time, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.interrupted {
		return due, os.ErrDeadlineExceeded
	}
	due = w.due(now)
	stands := w.readBy.Equal(due) || !w.readBy.IsZero() && (due.IsZero() || w.readBy.Before(due))
	if stands && !w.passedOver {
		return due, nil
	}
	w.passedOver = false
	w.readBy = due
	return due, w.Conn.SetReadDeadline(due)
}

// interrupt ends a read under way, and keeps others from beginning.
func (w *wire) interrupt() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.interrupted, w.passedOver = true, true
	w.Conn.SetReadDeadline(time.Unix(1, 0))
}

// resume lets reads begin again.
func (w *wire) resume() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.interrupted = false
}

func (w *wire) Write(p []byte) (int, error) {
	sent := 0
	err := w.write(func() (int64, error) {
		n, err := w.Conn.Write(p[sent:])
		sent += n
		return int64(n), err
	})
	return sent, err
}

// writeBuffers writes all of them with one call to the system where it can.
func (w *wire) writeBuffers(buffers *net.Buffers) (sent int64, err error) {
	err = w.write(func() (int64, error) {
		n, err := buffers.WriteTo(w.Conn)
		sent += n
		return n, err
	})
	return sent, err
}

// looks is how often in a Progress a write that waits is looked at. What the
// system takes into its buffer at the beginning counts for the first of them,
// and what it makes room for when it is asked again, for the second: neither
// stands for a Progress of its own.
const looks = 8

// write goes on with a write for as long as the peer takes it at its rate.
func (w *wire) write(some func() (int64, error)) error {
	bound := w.patience.Progress
	if bound == 0 {
		_, err := some()
		return err
	}
	bound = max(bound/looks, 1)
	due := time.Now().Add(bound)
	var passed [looks]int64 // between looks, the last ones
	for look := 0; ; {
		if w.writeBy.IsZero() || due.Before(w.writeBy) {
			if err := w.Conn.SetWriteDeadline(due); err != nil {
				return err
			}
			w.writeBy = due
		}
		n, err := some()
		if passed[look%looks] += n; err == nil || !isTimeout(err) {
			return err
		}
		if now := time.Now(); !now.Before(due) {
			if look++; look >= looks && sum(passed) < w.patience.enough() {
				return err
			}
			due, passed[look%looks] = now.Add(bound), 0
		}
		w.writeBy = time.Time{} // it has passed
	}
}

func sum(of [looks]int64) (all int64) {
	for _, n := range of {
		all += n
	}
	return all
}

// release leaves reading, writing and their deadlines to somebody else.
func (w *wire) release() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.phase, w.patience, w.handedOn = released, Patience{}, true
	return w.Conn.SetDeadline(time.Time{})
}

// Close closes the connection, and tells whoever counts it.
func (w *wire) Close() error {
	if w.closed.Swap(true) {
		return net.ErrClosed
	}
	err := w.Conn.Close()
	if w.closing != nil {
		w.closing()
	}
	return err
}

// reset closes the connection so that the peer takes nothing for whole: with
// RST in place of FIN, where there are such.
func (w *wire) reset() {
	if t, ok := w.Conn.(interface{ SetLinger(int) error }); ok {
		t.SetLinger(0)
	}
	w.Close()
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}
