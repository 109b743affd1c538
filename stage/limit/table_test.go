package limit

import (
	"context"
	"encoding/binary"
	"net/netip"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var perMinute = Bucket{Interval: time.Minute / 5, Depth: time.Minute}

func client(n int) Holder {
	var a [4]byte
	binary.BigEndian.PutUint32(a[:], uint32(n))
	return Holder{Client: netip.AddrFrom4(a)}
}

func take(t testing.TB, table *Table, h Holder, now time.Time) Mark {
	t.Helper()
	m, err := table.Take(context.Background(), h, now, perMinute)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Many more holders than there is room for, in any order: none of them is let
// by where its own bucket would have refused.
func TestShardIsNeverLaxerThanOneBucketForEach(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, _ := drawBucket(t)
		most := 1 << rapid.IntRange(0, 2).Draw(t, "sets")
		var s shard
		own := make(map[uint64]*tokens)
		now := int64(1)
		for range rapid.IntRange(1, 400).Draw(t, "requests") {
			if rapid.IntRange(0, 9).Draw(t, "now and then") == 0 {
				now += drawPause(t, b)
			}
			f := fingerprint{lo: rapid.Uint64Range(0, 150).Draw(t, "holder"), hi: 7}
			if own[f.lo] == nil {
				own[f.lo] = newTokens(b)
			}
			granted := s.take(f, now, b, most).Granted
			own[f.lo].fill(now)
			if granted && !own[f.lo].take(now) {
				t.Fatalf("holder %d was let by over its limit at %d", f.lo, now)
			}
			if len(s.sets) > most {
				t.Fatalf("%d sets, at most %d", len(s.sets), most)
			}
		}
	})
}

// As long as there is room each holder has a bucket of its own, exactly.
func TestShardIsExactWhileThereIsRoom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, _ := drawBucket(t)
		var s shard
		own := make(map[uint64]*tokens)
		now := int64(1)
		for range rapid.IntRange(1, 400).Draw(t, "requests") {
			if rapid.IntRange(0, 9).Draw(t, "now and then") == 0 {
				now += drawPause(t, b)
			}
			f := fingerprint{lo: rapid.Uint64Range(0, 150).Draw(t, "holder"), hi: 7}
			if own[f.lo] == nil {
				own[f.lo] = newTokens(b)
			}
			if got, want := s.take(f, now, b, 1<<20).Granted, own[f.lo].take(now); got != want {
				t.Fatalf("holder %d at %d: granted %v, its own bucket says %v", f.lo, now, got, want)
			}
		}
	})
}

func TestTable(t *testing.T) {
	start := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

	t.Run("a refused holder stays refused while a million others come", func(t *testing.T) {
		for _, entries := range []int{1024, 1 << 16} {
			table := NewTable(entries, start)
			victim := client(0)
			for take(t, table, victim, start).Granted {
			}
			for i := 1; i <= 1_000_000; i++ {
				take(t, table, client(i), start.Add(time.Duration(i)*time.Microsecond))
				if i%1000 == 0 && take(t, table, victim, start.Add(time.Duration(i)*time.Microsecond)).Granted {
					t.Fatalf("with %d entries, let by after %d others", entries, i)
				}
			}
			if got := table.Entries(); got > entries {
				t.Fatalf("memory for %d entries, at most %d", got, entries)
			}
			if !take(t, table, victim, start.Add(time.Hour)).Granted {
				t.Fatal("refused for ever")
			}
		}
	})

	t.Run("a million addresses have a bucket each in bounded memory", func(t *testing.T) {
		table := NewTable(0, start)
		before := heap()
		for round := range 5 {
			for i := range 1_000_000 {
				if !take(t, table, client(i), start).Granted && round == 0 {
					t.Fatalf("address %d was refused its first request", i)
				}
			}
		}
		used := heap() - before
		if got := table.Entries(); got > DefaultEntries {
			t.Errorf("memory for %d entries, at most %d", got, DefaultEntries)
		}
		if most := int64(DefaultEntries * 24 * 11 / 10); used > most {
			t.Errorf("%d bytes in use, at most %d", used, most)
		}
		runtime.KeepAlive(table)
	})

	t.Run("few holders take little memory", func(t *testing.T) {
		table := NewTable(0, start)
		for i := range 1000 {
			take(t, table, client(i), start)
		}
		if got := table.Entries(); got > 8*1000 {
			t.Errorf("memory for %d entries", got)
		}
	})

	t.Run("what is dead leaves its place", func(t *testing.T) {
		table := NewTable(0, start)
		for i := range 100_000 {
			take(t, table, client(i), start.Add(time.Duration(i)*time.Second))
		}
		if got := table.Entries(); got > 2048 {
			t.Errorf("memory for %d entries where about twelve live at a time", got)
		}
	})

	t.Run("addresses take no room from callers", func(t *testing.T) {
		table := NewTable(1024, start)
		for i := range 100_000 {
			for take(t, table, client(i%3000), start).Granted {
			}
		}
		for i := range 200 {
			if m := take(t, table, Holder{Caller: strconv.Itoa(i)}, start); m.Level != perMinute.Interval {
				t.Fatalf("caller %d begins at a level of %v", i, m.Level)
			}
		}
	})

	t.Run("a caller named like an address is not that address", func(t *testing.T) {
		table := NewTable(0, start)
		h := client(0x61616161)
		bytes := h.Client.As16()
		for _, h := range []Holder{h, {Caller: string(bytes[:])}, {Caller: "aaaa"}, {Caller: "aaaa", Client: h.Client}} {
			if m := take(t, table, h, start); m.Level != perMinute.Interval {
				t.Errorf("%v begins at a level of %v", h, m.Level)
			}
		}
	})

	t.Run("the last unit comes back, others do not", func(t *testing.T) {
		table := NewTable(0, start)
		first := take(t, table, client(1), start)
		second := take(t, table, client(1), start)
		table.GiveBack(context.Background(), client(1), perMinute, first)
		if m := take(t, table, client(1), start); m.Level != 3*perMinute.Interval {
			t.Errorf("level %v after a unit from the middle was given back", m.Level)
		}
		third := Mark{Until: second.Until + int64(perMinute.Interval)}
		table.GiveBack(context.Background(), client(1), perMinute, third)
		table.GiveBack(context.Background(), client(1), perMinute, second)
		if m := take(t, table, client(1), start); m.Level != 2*perMinute.Interval {
			t.Errorf("level %v after two units were given back from the end", m.Level)
		}
		table.GiveBack(context.Background(), client(2), perMinute, third)
		if m := take(t, table, client(2), start); m.Level != perMinute.Interval {
			t.Errorf("level %v after a unit that was never taken was given back", m.Level)
		}
	})

	t.Run("a clock before the table's beginning pardons nobody", func(t *testing.T) {
		table := NewTable(0, start)
		for range 5 {
			take(t, table, client(1), start.Add(-time.Hour))
		}
		if take(t, table, client(1), start).Granted {
			t.Error("let by over its limit")
		}
	})

	t.Run("at one instant exactly the burst is let by", func(t *testing.T) {
		table := NewTable(0, start)
		var granted atomic.Int64
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for i := range 2000 {
					if take(t, table, client(i%50), start).Granted {
						granted.Add(1)
					}
				}
			})
		}
		all.Wait()
		if got := granted.Load(); got != 50*5 {
			t.Errorf("%d were let by, 50 addresses have 5 each", got)
		}
	})
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
