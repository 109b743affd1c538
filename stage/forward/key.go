package forward

import (
	"strings"

	"sallyport"
)

// Key is what of a request the same target is chosen by.
type Key struct {
	// From is client, caller, header, cookie or path; Name that of the field,
	// cookie or path parameter.
	From, Name string
}

// of is the key of a request; a request without one takes its turn. The values
// are the client's to choose: it can choose a target by them, which is what a
// key is for, and no more.
func (k *Key) of(x *sallyport.Exchange) (uint64, bool) {
	var text string
	switch k.From {
	case "client":
		address := x.Client.As16()
		h := fnvBasis
		for _, b := range address {
			h = (h ^ uint64(b)) * fnvPrime
		}
		return h, x.Client.IsValid()
	case "caller":
		if c := x.Caller.Proved(); c != nil {
			text = c.ID
		}
	case "header":
		text = x.Request.Fields.Get(k.Name)
	case "cookie":
		text = k.cookie(x)
	case "path":
		text, _ = x.Param(k.Name)
	}
	return hashOf(text), text != ""
}

// cookie is the first cookie of the name (RFC 6265 §4.2.1).
func (k *Key) cookie(x *sallyport.Exchange) string {
	for _, f := range x.Request.Fields {
		if len(f.Name) != len("Cookie") || !strings.EqualFold(f.Name, "Cookie") {
			continue
		}
		for rest := f.Value; rest != ""; {
			var pair string
			pair, rest, _ = strings.Cut(rest, ";")
			if name, value, _ := strings.Cut(strings.TrimLeft(pair, " "), "="); name == k.Name {
				return value
			}
		}
	}
	return ""
}

// FNV-1a: no secret depends on it, and every node must come to the same.
const (
	fnvBasis uint64 = 14695981039346656037
	fnvPrime uint64 = 1099511628211
)

func hashOf(text string) uint64 {
	h := fnvBasis
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * fnvPrime
	}
	return h
}

// mix spreads a hash over all bits (the finaliser of SplitMix64).
func mix(h uint64) uint64 {
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// unit is a hash as a number between 0 and 1, neither of them.
func unit(h uint64) float64 { return (float64(h>>12) + 0.5) / (1 << 52) }
