package destination

import (
	"net/netip"
	"strings"
)

// special are the addresses that are not public within what is global unicast,
// by the IANA IPv4 and IPv6 special-purpose address registries (RFC 6890, RFC
// 8190), and the services for virtual machines that answer on public ones. In
// IPv6 only 2000::/3 is global unicast at all (RFC 4291 §2.4).
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),        // this network: RFC 791 §3.2
	netip.MustParsePrefix("10.0.0.0/8"),       // private: RFC 1918
	netip.MustParsePrefix("100.64.0.0/10"),    // shared, behind carriers: RFC 6598; 100.100.100.200 tells secrets of machines
	netip.MustParsePrefix("127.0.0.0/8"),      // loopback: RFC 1122 §3.2.1.3
	netip.MustParsePrefix("168.63.129.16/32"), // answers virtual machines though it is public
	netip.MustParsePrefix("169.254.0.0/16"),   // link local: RFC 3927; 169.254.169.254 tells secrets of machines
	netip.MustParsePrefix("172.16.0.0/12"),    // private: RFC 1918
	netip.MustParsePrefix("192.0.0.0/24"),     // protocol assignments: RFC 6890 §2.1
	netip.MustParsePrefix("192.0.2.0/24"),     // documentation: RFC 5737
	netip.MustParsePrefix("192.88.99.0/24"),   // 6to4 relays, deprecated: RFC 7526
	netip.MustParsePrefix("192.168.0.0/16"),   // private: RFC 1918
	netip.MustParsePrefix("198.18.0.0/15"),    // benchmarks: RFC 2544
	netip.MustParsePrefix("198.51.100.0/24"),  // documentation: RFC 5737
	netip.MustParsePrefix("203.0.113.0/24"),   // documentation: RFC 5737
	netip.MustParsePrefix("224.0.0.0/3"),      // multicast, reserved, broadcast: RFC 5771, RFC 1112 §4, RFC 8190
	netip.MustParsePrefix("2001::/23"),        // protocol assignments, Teredo among them: RFC 2928, RFC 4380
	netip.MustParsePrefix("2001:db8::/32"),    // documentation: RFC 3849
	netip.MustParsePrefix("2002::/16"),        // 6to4, another address within: RFC 3056
	netip.MustParsePrefix("3ffe::/16"),        // returned: RFC 3701
	netip.MustParsePrefix("3fff::/20"),        // documentation: RFC 9637
}

var (
	globalUnicast = netip.MustParsePrefix("2000::/3")
	translated    = netip.MustParsePrefix("64:ff9b::/96") // RFC 6052 §2.1
)

// IsPublic tells whether an address is one of the public internet. One within
// which an IPv4 address stands is as public as that.
func IsPublic(a netip.Addr) bool {
	if !a.IsValid() || a.Zone() != "" {
		return false
	}
	if a = embedded(a); a.Is6() && !globalUnicast.Contains(a) {
		return false
	}
	for i := range special {
		if special[i].Contains(a) {
			return false
		}
	}
	return true
}

// embedded is the IPv4 address to which packets for an address go: that within
// one that is mapped (RFC 4291 §2.5.5.2) or translated (RFC 6052).
func embedded(a netip.Addr) netip.Addr {
	a = a.WithZone("").Unmap()
	if a.Is6() && translated.Contains(a) {
		b := a.As16()
		return netip.AddrFrom4([4]byte(b[12:]))
	}
	return a
}

// localNames are the ends of names that no public resolver knows (RFC 6761 and
// its registry of special-use names), and one of ICANN's for private use.
var localNames = []string{
	"localhost", "local", "internal", "invalid", "test", "example", "onion", "alt", "home.arpa", "localdomain", "lan", "intranet", "corp", "home",
}

// isLocalName tells a name that leads into the network of whoever asks: one
// without a dot, which is completed by search lists, or one for local use.
func isLocalName(host string) bool {
	if strings.IndexByte(host, '.') < 0 {
		return true
	}
	for _, end := range localNames {
		if before, ok := strings.CutSuffix(host, end); ok && (before == "" || before[len(before)-1] == '.') {
			return true
		}
	}
	return strings.HasSuffix(host, ".arpa")
}
