package identify

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"sync/atomic"
	"time"
)

// Nonces are given out for proofs of possession (RFC 9449 §9). Nothing is kept
// of them: a nonce is the minute that it was made in, under a keyed hash. Make
// them with NewNonces.
type Nonces struct {
	mac    func(minute []byte) [sha256.Size]byte
	latest atomic.Pointer[nonce]
}

type nonce struct {
	minute int64
	text   string
}

const (
	// nonceMinutes is for how many minutes a nonce is taken, beside its own.
	nonceMinutes = 4
	nonceMAC     = 16 // bytes of the hash that it shows
)

// NewNonces takes the keyed hash that several nodes share; with nil the key is
// made up, and a nonce of one process is none for another.
func NewNonces(mac func(minute []byte) [sha256.Size]byte) *Nonces {
	if mac == nil {
		key := make([]byte, sha256.Size)
		rand.Read(key)
		mac = func(minute []byte) (sum [sha256.Size]byte) {
			h := hmac.New(sha256.New, key)
			h.Write(minute)
			h.Sum(sum[:0])
			return sum
		}
	}
	return &Nonces{mac: mac}
}

// At is the nonce to give out.
func (n *Nonces) At(now time.Time) string {
	minute := now.Unix() / 60
	if latest := n.latest.Load(); latest != nil && latest.minute == minute {
		return latest.text
	}
	text := n.of(minute)
	n.latest.Store(&nonce{minute, text})
	return text
}

func (n *Nonces) of(minute int64) string {
	room := binary.BigEndian.AppendUint64(nil, uint64(minute))
	sum := n.mac(room)
	return base64.RawURLEncoding.EncodeToString(append(room, sum[:nonceMAC]...))
}

// Good tells whether a nonce was given out within the last minutes, and whether
// it is still the one that At gives.
func (n *Nonces) Good(text string, now time.Time) (good, latest bool) {
	if text == n.At(now) { // it is no secret: every client is told it
		return true, true
	}
	var room [8 + nonceMAC]byte
	if len(text) != base64.RawURLEncoding.EncodedLen(len(room)) {
		return false, false
	}
	if _, err := base64.RawURLEncoding.Strict().Decode(room[:], []byte(text)); err != nil {
		return false, false
	}
	minute := int64(binary.BigEndian.Uint64(room[:8]))
	if age := now.Unix()/60 - minute; age < 0 || age > nonceMinutes {
		return false, false
	}
	sum := n.mac(room[:8])
	return hmac.Equal(sum[:nonceMAC], room[8:]), false
}
