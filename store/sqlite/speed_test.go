package sqlite

import (
	"path/filepath"
	"testing"

	"sallyport/store/storetest"
)

func BenchmarkStore(b *testing.B) {
	storetest.Speed(b, place(filepath.Join(b.TempDir(), "sallyport.db")).Open(b))
}
