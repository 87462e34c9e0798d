package native

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"net/netip"
	"strconv"
	"strings"
)

// addresses work on IPv4 and IPv6.
var addresses = []fn{
	{"kql_parse_ipv4", "s:l", func(a args) any { return maskedIPv4(a.str(0), 32) }},
	{"kql_parse_ipv4_mask", "sl:l", func(a args) any { return maskedIPv4(a.str(0), a.long(1)) }},
	{"kql_format_ipv4", "jl:s", func(a args) any { return formatIPv4(a.json(0), a.long(1), "%s") }},
	{"kql_format_ipv4_mask", "jl:s", func(a args) any { return formatIPv4(a.json(0), a.long(1), "%s/%d") }},
	{"kql_ipv4_compare", "ssl:l", func(a args) any { return compareIP(readIPv4, a.str(0), a.str(1), a.long(2)) }},
	{"kql_ipv4_is_in_range", "ss:b", func(a args) any { return inNetwork(readIPv4, a.str(0), a.str(1)) }},
	{"kql_ipv4_is_in_any_range", "s*j:b", func(a args) any { return inAnyNetwork(readIPv4, a) }},
	{"kql_ipv4_is_private", "s:b", func(a args) any {
		p, ok := readIPv4(a.str(0))
		if !ok {
			return nil
		}
		return p.Addr().IsPrivate()
	}},
	{"kql_ipv4_netmask_suffix", "s:l", func(a args) any {
		p, ok := readIPv4(a.str(0))
		if !ok {
			return nil
		}
		return int64(p.Bits())
	}},
	{"kql_ipv4_range_to_cidr", "ss:j", func(a args) any { return rangeToNetworks(a.str(0), a.str(1)) }},
	{"kql_parse_ipv6", "s:s", func(a args) any { return maskedIPv6(a.str(0), 128) }},
	{"kql_parse_ipv6_mask", "sl:s", func(a args) any { return maskedIPv6(a.str(0), a.long(1)) }},
	{"kql_ipv6_compare", "ssl:l", func(a args) any { return compareIP(readIPv6, a.str(0), a.str(1), a.long(2)) }},
	{"kql_ipv6_is_in_range", "ss:b", func(a args) any { return inNetwork(readIPv6, a.str(0), a.str(1)) }},
	{"kql_ipv6_is_in_any_range", "s*j:b", func(a args) any { return inAnyNetwork(readIPv6, a) }},
	{"kql_has_any_ipv4", "s*j:b", func(a args) any { return hasAddress(a, false) }},
	{"kql_has_any_ipv4_prefix", "s*j:b", func(a args) any { return hasAddress(a, true) }},
	{"kql_geo_info", "s:j", func(args) any { return nil }},
}

// readIPv4 reads an address with or without a prefix length.
func readIPv4(s string) (netip.Prefix, bool) {
	p, ok := readIP(s, 32)
	return p, ok && p.Addr().Is4()
}

// readIPv6 reads an address of either kind; IPv4 becomes its IPv6 form.
func readIPv6(s string) (netip.Prefix, bool) {
	p, ok := readIP(s, 128)
	if !ok || !p.Addr().Is4() {
		return p, ok
	}
	n := p.Bits()
	if n <= 32 && strings.Contains(s, "/") {
		n += 96
	} else {
		n = 128
	}
	return netip.PrefixFrom(netip.AddrFrom16(p.Addr().As16()), n), true
}

func readIP(s string, full int) (netip.Prefix, bool) {
	host, suffix, ok := strings.Cut(strings.TrimSpace(s), "/")
	if v4, mapped := strings.CutPrefix(host, "::"); mapped && strings.Count(v4, ".") == 3 && !strings.Contains(v4, ":") {
		host = v4
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Prefix{}, false
	}
	n := addr.BitLen()
	if ok {
		if n, err = strconv.Atoi(suffix); err != nil || n < 0 || n > addr.BitLen() {
			return netip.Prefix{}, false
		}
	}
	return netip.PrefixFrom(addr, min(n, full)), true
}

func maskedIPv4(s string, prefix int64) any {
	p, ok := readIPv4(s)
	if !ok || prefix < 0 || prefix > 32 {
		return nil
	}
	b := netip.PrefixFrom(p.Addr(), min(p.Bits(), int(prefix))).Masked().Addr().As4()
	return int64(binary.BigEndian.Uint32(b[:]))
}

func formatIPv4(n *node, prefix int64, form string) any {
	s := n.plain()
	if n.kind == number {
		v, ok := dynamicLong(n).(int64)
		if !ok || v < 0 || v > 1<<32-1 {
			return nil
		}
		s = netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, uint32(v)))).String()
	}
	p, ok := readIPv4(s)
	if !ok || prefix < 0 || prefix > 32 {
		return nil
	}
	m := netip.PrefixFrom(p.Addr(), min(p.Bits(), int(prefix))).Masked()
	if form == "%s" {
		return m.Addr().String()
	}
	return fmt.Sprintf(form, m.Addr(), m.Bits())
}

// compareIP compares under the smallest of the prefixes.
func compareIP(read func(string) (netip.Prefix, bool), x, y string, prefix int64) any {
	p, ok1 := read(x)
	q, ok2 := read(y)
	if !ok1 || !ok2 || prefix < 0 || prefix > int64(p.Addr().BitLen()) {
		return nil
	}
	n := min(p.Bits(), q.Bits(), int(prefix))
	return int64(netip.PrefixFrom(p.Addr(), n).Masked().Addr().Compare(netip.PrefixFrom(q.Addr(), n).Masked().Addr()))
}

func inNetwork(read func(string) (netip.Prefix, bool), ip, network string) any {
	p, ok1 := read(ip)
	q, ok2 := read(network)
	if !ok1 || !ok2 {
		return nil
	}
	return q.Masked().Contains(p.Addr())
}

// inAnyNetwork takes networks as texts or arrays of them.
func inAnyNetwork(read func(string) (netip.Prefix, bool), a args) any {
	var answer any
	for i := 1; i < len(a); i++ {
		for _, n := range oneOrMany(a.json(i)) {
			switch in, ok := inNetwork(read, a.str(0), n.plain()).(bool); {
			case ok && in:
				return true
			case ok:
				answer = false
			}
		}
	}
	return answer
}

func oneOrMany(n *node) []*node {
	if n.kind == array {
		return n.items
	}
	return []*node{n}
}

func rangeToNetworks(from, to string) any {
	x, ok1 := maskedIPv4(from, 32).(int64)
	y, ok2 := maskedIPv4(to, 32).(int64)
	if !ok1 || !ok2 {
		return nil
	}
	var items []*node
	for x <= y {
		size := 32
		if x > 0 {
			size = bits.TrailingZeros64(uint64(x))
		}
		for size > 0 && x+1<<size-1 > y {
			size--
		}
		addr := netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, uint32(x))))
		items = append(items, textNode(fmt.Sprintf("%s/%d", addr, 32-size)))
		x += 1 << size
	}
	return arrayNode(items)
}

func maskedIPv6(s string, prefix int64) any {
	p, ok := readIPv6(s)
	if !ok || prefix < 0 || prefix > 128 {
		return nil
	}
	b := netip.PrefixFrom(p.Addr().WithZone(""), min(p.Bits(), int(prefix))).Masked().Addr().As16()
	var groups []string
	for i := 0; i < 16; i += 2 {
		groups = append(groups, fmt.Sprintf("%02x%02x", b[i], b[i+1]))
	}
	return strings.Join(groups, ":")
}

// hasAddress looks for addresses that stand with no digit or letter beside them.
func hasAddress(a args, prefix bool) any {
	s := a.str(0)
	for i := 1; i < len(a); i++ {
		for _, n := range oneOrMany(a.json(i)) {
			if n.kind == text && n.text != "" && findAddress(s, n.text, prefix) {
				return true
			}
		}
	}
	return false
}

func findAddress(s, want string, prefix bool) bool {
	if !prefix || !strings.HasSuffix(want, ".") { // a prefix that is no whole address ends in a dot
		if _, ok := readIPv4(want); !ok {
			return false
		}
	}
	for at := 0; ; at++ {
		i := strings.Index(s[at:], want)
		if i < 0 {
			return false
		}
		at += i
		start, end := at, at+len(want)
		for end < len(s) && prefix && addressByte(s[end]) {
			end++
		}
		free := (start == 0 || !wordByte(s[start-1]) && s[start-1] != '.') && (end == len(s) || !wordByte(s[end]))
		if free {
			if _, ok := readIPv4(strings.TrimRight(s[start:end], ".")); ok {
				return true
			}
		}
	}
}

func addressByte(c byte) bool { return c == '.' || c >= '0' && c <= '9' }

func wordByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}
