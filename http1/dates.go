package http1

import (
	"sync/atomic"
	"time"
)

// dates makes the Date field once in a second (RFC 9110 §6.6.1).
type dates struct{ last atomic.Pointer[dated] }

type dated struct {
	second int64
	line   string
}

func (d *dates) line() string {
	now := time.Now()
	last := d.last.Load()
	if last == nil || last.second != now.Unix() {
		last = &dated{now.Unix(), "Date: " + now.UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT") + "\r\n"}
		d.last.Store(last)
	}
	return last.line
}
