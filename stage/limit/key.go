package limit

import (
	"errors"
	"net/netip"

	"sallyport"
)

// Key is something that tells the holders of buckets apart.
type Key uint8

// The keys.
const (
	// Caller is who was identified. Callers that proved nothing are told apart
	// by their address instead: together they would share one bucket, which
	// any one of them could empty for all.
	Caller Key = iota
	// Client is the address that the request came from: an IPv4 address
	// whole, an IPv6 address by its /64, which is what one subscriber has at
	// least (RFC 6177 §2). Requests without a known address share one bucket.
	Client
)

func (k Key) String() string { return [...]string{"caller", "client address"}[k] }

// Holder is whose bucket it is. Its strings die with the exchange: a counter
// that keeps it longer must copy them.
type Holder struct {
	// Caller is the caller's ID; "" where the limit does not ask for it or
	// nothing was proved.
	Caller string
	// Client is the address, for IPv6 its /64; the zero Addr where the limit
	// does not ask for it.
	Client netip.Addr
}

// keys is a set of keys.
type keys struct{ caller, client bool }

func keysOf(list []Key) (keys, error) {
	var k keys
	for _, key := range list {
		switch key {
		case Caller:
			k.caller = true
		case Client:
			k.client = true
		default:
			return k, errors.New("a limit is by caller, by client, or by both")
		}
	}
	if !k.caller && !k.client {
		return k, errors.New("it does not say by whom it counts")
	}
	return k, nil
}

func (k keys) String() string {
	switch {
	case !k.client:
		return Caller.String()
	case !k.caller:
		return Client.String()
	}
	return Caller.String() + " and " + Client.String()
}

// holder finds whose bucket the request draws from.
func (k keys) holder(x *sallyport.Exchange) Holder {
	var h Holder
	if k.caller {
		h.Caller = x.Caller.ID()
	}
	if k.client || h.Caller == "" {
		h.Client = subscriber(x.Client)
	}
	return h
}

// subscriber is the part of an address that its user cannot change at will.
func subscriber(a netip.Addr) netip.Addr {
	a = a.Unmap() // ::ffff:192.0.2.1 is 192.0.2.1 and must not be a second bucket
	if a.Is4() {
		return a
	}
	if !a.IsValid() {
		return netip.IPv6Unspecified()
	}
	bytes := a.As16() // without the zone, which is of this machine
	clear(bytes[8:])
	return netip.AddrFrom16(bytes)
}
