package forward

import (
	"fmt"
	"strconv"
)

// cause is what went wrong with one attempt; an answer is none, whatever its status.
type cause uint8

const (
	fine cause = iota
	// connect: no connection stood, nothing was sent.
	connect
	// reset: the connection or the answer broke off, or was no HTTP.
	reset
	// timeout: the answer did not come in time.
	timeout
	// abandoned: the client left, or its body could not be read. It says
	// nothing about the target.
	abandoned
	causes
)

func (c cause) String() string {
	return [...]string{"answered", "connect", "reset", "timeout", "abandoned"}[c]
}

// Causes are the failures that count for something.
type Causes struct {
	words    uint8
	statuses [2]uint64 // 500 to 599
}

// NewCauses reads connect, reset, timeout and statuses from 500 to 599.
func NewCauses(names ...string) (Causes, error) {
	var c Causes
	for _, name := range names {
		switch name {
		case "connect":
			c.words |= 1 << connect
		case "reset":
			c.words |= 1 << reset
		case "timeout":
			c.words |= 1 << timeout
		default:
			n, err := strconv.Atoi(name)
			if err != nil || n < 500 || n > 599 {
				return c, fmt.Errorf("%q is neither connect, reset, timeout nor a status from 500 to 599", name)
			}
			c.statuses[(n-500)/64] |= 1 << ((n - 500) % 64)
		}
	}
	return c, nil
}

// have tells whether an attempt that ended like this counts.
func (c *Causes) have(what cause, status int) bool {
	if what != fine {
		return c.words&(1<<what) != 0
	}
	return 500 <= status && status <= 599 && c.statuses[(status-500)/64]&(1<<((status-500)%64)) != 0
}
