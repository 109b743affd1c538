package limit

import "time"

// DefaultPassages is how many callers of flows Passages remembers unless it is
// made with another number: 24 MiB for who has opened one and 56 MiB for how often
// it was passed, if all of them are used.
const DefaultPassages = 1 << 20

// Passages remembers who has come how far in flows, in memory of a fixed bound
// that it takes as it needs it: times and counts under keyed hashes, and no caller
// or address. One serves all APIs; keep it in sallyport.Env over a reload.
type Passages struct {
	opened *memory[opening]
	passed *memory[passed]
}

// opening is when an operation that opens a flow succeeded last.
type opening struct{ last time.Duration }

// NewPassages has room for that many callers, each counted once in every flow, or
// DefaultPassages if it is 0. Time is counted from now on the clock of Env.
func NewPassages(callers int, now time.Time) *Passages {
	if callers <= 0 {
		callers = DefaultPassages
	}
	return &Passages{
		// Where there is no more room the one goes whose time is over first: it has
		// to open the flow again, and nobody gets more than is declared.
		opened: newMemory(callers, now, func(*opening) int { return 0 }),
		passed: newMemory(callers, now, (*passed).total),
	}
}

// Entries is how many entries there is memory for at the moment, free ones
// included: of who has opened a flow, and of how often it was passed.
func (p *Passages) Entries() (opened, counted int) { return p.opened.room(), p.passed.room() }

// since is the time on the clock of the memory.
func (p *Passages) since(now time.Time) time.Duration { return max(0, now.Sub(p.passed.epoch)) }

// until is the second in which what is needed for that long is dead.
func (p *Passages) until(now time.Time, d time.Duration) uint32 {
	return p.passed.clock(now) + uint32((d+time.Second-1)/time.Second) + 1
}

// open notes that the holder may go on, for that long at most.
func (p *Passages) open(holder uint64, now time.Time, within time.Duration) {
	e, shard := p.opened.lock(holder, p.opened.clock(now), true)
	defer shard.mu.Unlock()
	e.of.last = max(e.of.last, p.since(now))
	e.until = max(e.until, p.until(now, within))
}

// age is how long ago the holder opened the flow.
func (p *Passages) age(holder uint64, now time.Time) (age time.Duration, known bool) {
	e, shard := p.opened.lock(holder, p.opened.clock(now), false)
	defer shard.mu.Unlock()
	if e == nil {
		return 0, false
	}
	return max(0, p.since(now)-e.of.last), true
}

// take counts one more if there is room, and tells in which part of the window;
// else how long it takes until there is.
func (p *Passages) take(holder uint64, now time.Time, width time.Duration, most int) (part int64, wait time.Duration) {
	at := p.since(now)
	e, shard := p.passed.lock(holder, p.passed.clock(now), true)
	defer shard.mu.Unlock()
	e.of.move(int64(at / width))
	e.until = max(e.until, p.until(now, (parts+1)*width))
	if over := e.of.total() - most; over >= 0 {
		return 0, max(1, time.Duration(e.of.leaves(over+1))*width-at)
	}
	e.of.counts[e.of.last%parts]++
	return e.of.last, 0
}

// give takes back what was counted in that part.
func (p *Passages) give(holder uint64, now time.Time, part int64) {
	e, shard := p.passed.lock(holder, p.passed.clock(now), false)
	defer shard.mu.Unlock()
	if e != nil && part > e.of.last-parts && e.of.counts[part%parts] > 0 {
		e.of.counts[part%parts]--
	}
}

// parts are those that a window is counted in, and one more: the window begins
// somewhere in the first of them.
const parts = 16

// passed is how often a holder has passed in each part of its window.
type passed struct {
	last   int64 // the newest part
	counts [parts]uint16
}

// move forgets what is older than the window when that part begins. Times of
// requests that come together are in no order: an older one counts as the newest.
func (p *passed) move(part int64) {
	for i := max(p.last+1, part-parts+1); i <= part; i++ {
		p.counts[i%parts] = 0
	}
	p.last = max(p.last, part)
}

func (p *passed) total() int {
	n := 0
	for _, c := range p.counts {
		n += int(c)
	}
	return n
}

// leaves is the part in which so many are forgotten.
func (p *passed) leaves(n int) int64 {
	for i := max(0, p.last-parts+1); i < p.last; i++ {
		if n -= int(p.counts[i%parts]); n <= 0 {
			return i + parts
		}
	}
	return p.last + parts
}
