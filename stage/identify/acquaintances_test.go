package identify

import (
	"testing"
	"time"
)

// TestManyAreKnown: no half of a table is left empty, and a hundred thousand
// credentials are remembered.
func TestManyAreKnown(t *testing.T) {
	for _, n := range []uint64{16_384, 50_000, 100_000} {
		var known acquaintances
		for i := range n {
			known.meet(mix(i, 1), mix(i, 2), 10)
		}
		kept := uint64(0)
		for i := range n {
			if still, _ := known.knows(mix(i, 1), mix(i, 2), 20, 1000); still {
				kept++
			}
		}
		if kept < n-n/100 {
			t.Errorf("of %d credentials %d are remembered", n, kept)
		}
	}
	now := time.Unix(1_800_000_000, 0)
	counted, p := &failures{epoch: now}, Allowance{10, time.Hour}.pace()
	for i := range uint64(failureEntries) {
		counted.add(mix(i, 1), now, p.interval, p)
	}
	for i := range counted.shards {
		for j := range counted.shards[i].sets {
			if counted.shards[i].sets[j].until[0] == 0 {
				t.Fatalf("shard %d has an empty set", i)
			}
		}
	}
}
