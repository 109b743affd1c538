//go:build unix

package postgres

import (
	"testing"

	"sallyport/store/storetest"
)

// BenchmarkStore has a server that waits for the disk.
func BenchmarkStore(b *testing.B) {
	c, err := storetest.StartCluster("fsync = on")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := c.Stop(); err != nil {
			b.Error(err)
		}
	})
	storetest.Speed(b, place(c.NewDatabase(b)).Open(b))
}
