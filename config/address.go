package config

import (
	"errors"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// Address is a host and port to listen on, as net.Listen takes it.
type Address string

// Loopback tells whether only this machine can reach the address.
func (a Address) Loopback() bool {
	host, _, err := net.SplitHostPort(string(a))
	return err == nil && loopbackHost(host)
}

// loopbackHost: of all names localhost alone is loopback for certain (RFC 6761
// §6.3); any other depends on who answers for it.
func loopbackHost(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback() || strings.EqualFold(host, "localhost")
}

func (*Address) wanted() (string, string) {
	return "an address to listen on", "127.0.0.1:8080, [::1]:8080 or :8443"
}

func (a *Address) set(text string) error {
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		if _, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil || hostName(text) {
			return errors.New("it has no port")
		}
		return errForm
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || strconv.FormatUint(n, 10) != port {
		return errors.New("its port is not a number up to 65535")
	}
	if _, err := netip.ParseAddr(host); host != "" && err != nil && !hostName(host) {
		return errors.New("its host is neither an address nor a name")
	}
	*a = Address(text)
	return nil
}

// Prefix is an address or a range of them, written 10.0.0.0/8 or 192.0.2.1.
type Prefix struct{ netip.Prefix }

func (*Prefix) wanted() (string, string) {
	return "an address or prefix", "192.0.2.1, 10.0.0.0/8 or 2001:db8::/32"
}

func (p *Prefix) set(text string) error {
	if ip, err := netip.ParseAddr(text); err == nil && ip.Zone() == "" {
		ip = ip.Unmap()
		p.Prefix = netip.PrefixFrom(ip, ip.BitLen())
		return nil
	}
	read, err := netip.ParsePrefix(text)
	switch {
	case err != nil || read.Addr().Is4In6():
		return errForm
	case read.Bits() == 0:
		return errors.New("everybody could then say to be somebody else")
	case read.Masked() != read:
		return errors.New("it has bits beyond its length; the prefix is " + read.Masked().String())
	}
	p.Prefix = read
	return nil
}

// Network is an address or a range of them that something is good in.
type Network struct{ netip.Prefix }

func (*Network) wanted() (string, string) { return new(Prefix).wanted() }

func (n *Network) set(text string) error {
	var p Prefix
	if err := p.set(text); err == nil {
		n.Prefix = p.Prefix
		return nil
	} else if everywhere, parsed := netip.ParsePrefix(text); parsed == nil && everywhere.Bits() == 0 {
		return errors.New("it is everywhere, as without networks")
	} else {
		return err
	}
}

// Authority is a host with a port if need be, as it stands in a URL.
type Authority string

func (*Authority) wanted() (string, string) {
	return "a host", "api.example.com or api.example.com:8443"
}

func (a *Authority) set(text string) error {
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		host, port = text, "443"
		if inner, ok := strings.CutPrefix(text, "["); ok {
			if host, ok = strings.CutSuffix(inner, "]"); !ok {
				return errForm
			}
		}
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return errForm
	}
	ip, err := netip.ParseAddr(host)
	bracketed := strings.HasPrefix(text, "[")
	if err == nil && ip.Is6() != bracketed || err != nil && (bracketed || !hostName(host)) {
		return errForm
	}
	*a = Authority(text)
	return nil
}
