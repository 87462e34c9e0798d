package normalise

import (
	"net/netip"
	"strconv"
	"strings"

	"passtrail"
)

// bareAddress returns the address of text that has a port behind it, as some proxies and log pipelines write it; other
// text is returned as it is.
func bareAddress(s string) string {
	i := strings.LastIndexByte(s, ':')
	if i < 0 || s[0] != '[' && strings.IndexByte(s[:i], '.') < 0 {
		return s
	}
	if a, err := netip.ParseAddrPort(s); err == nil {
		return a.Addr().String()
	}
	if s[0] == '[' && s[len(s)-1] == ']' {
		if a, err := netip.ParseAddr(s[1 : len(s)-1]); err == nil {
			return a.String()
		}
	}
	return s
}

// parseDotNet reads /Date(1772618400123)/, milliseconds since 1970 as Windows PowerShell 5.1 and old .NET write times. A
// zone behind the number says how the time was shown, not which instant it is.
func parseDotNet(s string) (passtrail.Ticks, bool) {
	inner, ok := strings.CutPrefix(s, "/Date(")
	if !ok {
		return 0, false
	}
	if inner, ok = strings.CutSuffix(inner, ")/"); !ok {
		return 0, false
	}
	if i := strings.LastIndexAny(inner, "+-"); i > 0 {
		inner = inner[:i]
	}
	ms, err := strconv.ParseInt(inner, 10, 64)
	const limit = int64(passtrail.MaxTicks / (passtrail.Microsecond * 1000))
	if err != nil || ms < -limit || ms > limit {
		return 0, false
	}
	epoch, _ := parseISO("1970-01-01T00:00:00Z")
	t := epoch + passtrail.Ticks(ms)*passtrail.Microsecond*1000
	return t, t >= 0 && t <= passtrail.MaxTicks
}
