package roster

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"sallyport/store"
)

func cached(c *cache, n int, consumer *store.Consumer) *entry {
	e := &entry{at: sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(n))), id: fmt.Sprint("key ", n)}
	e.credential = newCredential(&store.Key{ID: store.ID(fmt.Sprint(n))}, consumer)
	c.put(e, consumer, c.epoch.Load())
	return e
}

// TestCacheIsBounded: whatever is put in, so many stay, and what is used stays
// longest.
func TestCacheIsBounded(t *testing.T) {
	c := newCache(100)
	consumer := &store.Consumer{ID: "c", Name: "c"}
	dear := cached(c, 0, consumer)
	now := time.Unix(1, 0)
	for i := 1; i < 10_000; i++ {
		now = now.Add(time.Second)
		dear.touch(now)
		cached(c, i, consumer)
	}
	if c.len() != 100 || len(c.byID) != 100 || len(c.ring) != 100 || c.holders["c"].entries != 100 {
		t.Errorf("%d entries, %d by id, a ring of %d, %d of the consumer", c.len(), len(c.byID), len(c.ring), c.holders["c"].entries)
	}
	if c.get(dear.at) != dear {
		t.Error("the one that was always used is gone")
	}
	c.forgetAll()
	if c.len() != 0 || c.get(dear.at) != nil {
		t.Error("something is left")
	}
	if len(c.left) != 1 || c.left["0"] != now.Unix() {
		t.Errorf("uses that were not told: %v", c.left)
	}
}

// TestCacheForgetsHolders: consumers whose keys are gone leave nothing behind.
func TestCacheForgetsHolders(t *testing.T) {
	c := newCache(10)
	for i := range 1000 {
		cached(c, i, &store.Consumer{ID: store.ID(fmt.Sprint("c", i))})
	}
	if len(c.holders) != 10 {
		t.Errorf("%d consumers of 10 keys", len(c.holders))
	}
	c.forget([]store.Change{{Kind: "consumer", ID: "c999"}, {Kind: "key", ID: "998"}})
	if len(c.holders) != 8 {
		t.Errorf("%d consumers", len(c.holders))
	}
	for i := range 100 { // the slots are found again
		cached(c, 2000+i, &store.Consumer{ID: "new"})
	}
	if c.len() != 10 || len(c.holders) != 1 || c.holders["new"].entries != 10 {
		t.Errorf("%d entries, %d consumers", c.len(), len(c.holders))
	}
}

func TestUnknownsAreBounded(t *testing.T) {
	var u unknowns
	now := time.Unix(0, 0)
	for i := range 3 * maxUnknowns {
		u.put(sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(i))), now)
		if len(u.until) > maxUnknowns {
			t.Fatalf("%d are remembered", len(u.until))
		}
	}
}
