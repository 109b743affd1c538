package serve

import (
	"io"
	"sync"
	"time"
)

// Bounds of what waits to be written: a line waits a hundredth of a second at
// the longest, and only where others came just before it.
const (
	batchSize = 32 << 10
	batchWait = 10 * time.Millisecond
)

// batch writes lines together when they come fast: a system call for each
// would cost more than everything else about them. A line that comes alone is
// written at once.
type batch struct {
	out io.Writer

	mu      sync.Mutex
	waiting []byte
	spare   []byte // the other of two buffers
	wrote   time.Time
	armed   bool
	timer   *time.Timer

	writing sync.Mutex // held while a buffer is written: lines keep their order
}

func newBatch(out io.Writer) *batch {
	b := &batch{out: out}
	b.timer = time.AfterFunc(time.Hour, b.flush)
	b.timer.Stop()
	return b
}

// Write takes a whole line. Errors of the output go the way of the line.
func (b *batch) Write(line []byte) (int, error) {
	b.mu.Lock()
	b.waiting = append(b.waiting, line...)
	now := len(b.waiting) >= batchSize
	if !now && !b.armed {
		if now = time.Since(b.wrote) >= batchWait; !now {
			b.armed = true
			b.timer.Reset(batchWait)
		}
	}
	b.mu.Unlock()
	if now {
		b.flush()
	}
	return len(line), nil
}

// flush writes what waits.
func (b *batch) flush() {
	b.writing.Lock()
	defer b.writing.Unlock()
	b.mu.Lock()
	text := b.waiting
	b.waiting, b.spare = b.spare[:0], nil
	b.armed, b.wrote = false, time.Now()
	b.mu.Unlock()
	if len(text) > 0 {
		b.out.Write(text)
	}
	b.mu.Lock()
	if cap(text) <= 2*batchSize {
		b.spare = text[:0]
	}
	b.mu.Unlock()
}

func (b *batch) close() {
	b.timer.Stop()
	b.flush()
}
