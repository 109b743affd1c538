package serve

import (
	"testing"
	"testing/synctest"
	"time"
)

// Streams that a client resets leave their places; the requests in them do not.
func TestRequestsOfOneConnectionAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		closed := make(chan struct{})
		u := newUsage(time.Minute, func() { close(closed) })
		for range streamsOfOne {
			if !u.begin() {
				t.Fatal("a request within the bound is refused")
			}
		}
		if u.begin() {
			t.Error("a request beyond it is taken")
		}
		u.end()
		if !u.begin() {
			t.Error("a place that is free is not given again")
		}
		select {
		case <-closed:
			t.Error("a connection in use is closed")
		case <-time.After(2 * u.idle):
		}
		for range streamsOfOne {
			u.end()
		}
		select {
		case <-closed:
		case <-time.After(2 * u.idle):
			t.Error("an idle one is not")
		}
	})
}
