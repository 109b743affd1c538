package http1

import (
	"context"
	"sync"
)

// presence is the context of a connection: it ends when the client leaves.
// Merely having it costs nothing. Who asks for Done has the connection watched
// from when the request has come whole until its exchange ends: by a goroutine
// that waits for the next byte. A byte that comes belongs to the next request.
//
// Value leads to a context of the standard library, so that one derived from
// this one needs no goroutine either.
type presence struct {
	context.Context
	leave context.CancelFunc
	conn  *Conn

	mu sync.Mutex
	// wanted: somebody asked for Done in this exchange. whole: the request has
	// come to its end. active: an exchange is under way.
	wanted, whole, active, running bool

	watcher sync.WaitGroup
	next    [1]byte
	came    int // bytes in next
}

func (p *presence) Done() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wanted = true
	p.watch()
	return p.Context.Done()
}

// begin is called when a request's head has come.
func (p *presence) begin(whole bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.active, p.whole, p.wanted = true, whole, false
}

// requestEnded is called when the content has come to its end.
func (p *presence) requestEnded() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.whole = true
	if p.wanted {
		p.watch()
	}
}

func (p *presence) watch() {
	if p.running || !p.active || !p.whole {
		return
	}
	p.running = true
	p.conn.wire.enter(watching)
	p.watcher.Go(func() {
		n, err := p.conn.stream.Read(p.next[:])
		if p.came = n; n == 0 && !isTimeout(err) {
			p.leave()
		}
	})
}

// end stops the watching. The connection's goroutine may read again after it.
func (p *presence) end() {
	p.mu.Lock()
	running := p.running
	p.active, p.running = false, false
	p.mu.Unlock()
	if !running {
		return
	}
	p.conn.wire.interrupt()
	p.watcher.Wait()
	p.conn.wire.resume()
	p.conn.in.putBack(p.next[:p.came])
	p.came = 0
}
