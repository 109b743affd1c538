package destination

import (
	"errors"
	"net/netip"
	"syscall"
)

// ErrAddress is what a connection ends with whose address is not allowed.
var ErrAddress = errors.New("the address is not one that may be connected to")

// Control is for net.Dialer: it looks at the address that is being connected to,
// after the name was resolved and before a packet goes out, so that a name which
// leads elsewhere since it was judged leads nowhere.
func (p *Policy) Control(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || p.literal(to.Addr()) != Allowed && !(p.namesAlone() && p.Takes(to.Addr())) {
		return ErrAddress
	}
	return nil
}

// namesAlone tells that hosts are listed by their names: which of them it is an
// address does not tell.
func (p *Policy) namesAlone() bool {
	for _, h := range p.Hosts {
		if h.text != "" {
			return true
		}
	}
	return false
}
