package native

import (
	"encoding/base64"
	"math"
	"math/bits"
	"sort"

	"passtrail"
)

// sketches: an hll is {"hll":[hashes]} while it has few values, then {"hll14":"registers in base64"}; a tdigest is an
// array of [value, weight], merged down to a bounded number. One of instants or timespans has ticks as values and the name of
// the type in front, for the percentiles to come out as such.
var sketches = []fn{
	{"kql_hll", "j:j", func(a args) any {
		items, _ := a.array(0)
		h := newHLL()
		for _, n := range items {
			h.addNode(n)
		}
		return h.node()
	}},
	{"kql_hll_merge_all", "j:j", func(a args) any {
		items, _ := a.array(0)
		h := newHLL()
		some := false
		for _, n := range items {
			some = h.merge(n) || some
		}
		if !some {
			return nil
		}
		return h.node()
	}},
	{"kql_dcount_hll", "j:l", func(a args) any {
		h := newHLL()
		if !h.merge(a.json(0)) {
			return nil
		}
		return h.count()
	}},
	// array of [value, weight], type of the values when they are ticks
	{"kql_tdigest", "js:j", func(a args) any { return digest(a.json(0), a.str(1)) }},
	{"kql_tdigest_merge_all", "j:j", func(a args) any {
		items, _ := a.array(0)
		var all []*node
		unit := ""
		for _, n := range items {
			all, unit = append(all, n.items...), unitOf(n)
		}
		return digest(arrayNode(all), unit)
	}},
	{"kql_percentile_tdigest", "jr:j", func(a args) any { return percentileOf(a.json(0), a.real(1)) }},
	{"kql_percentiles_tdigest", "jj:j", func(a args) any {
		var out []*node
		for _, n := range a.json(1).items {
			for _, p := range oneOrMany(n) {
				f, _ := p.float()
				out = append(out, percentileOf(a.json(0), f))
			}
		}
		return arrayNode(out)
	}},
	{"kql_percentile_weighted", "jr:j", func(a args) any { return weightedPercentile(a.json(0), a.real(1)) }},
	{"kql_rank_tdigest", "jr:r", func(a args) any {
		below, _ := rank(a.json(0), a.real(1))
		return below
	}},
	{"kql_percentrank_tdigest", "jr:r", func(a args) any {
		below, all := rank(a.json(0), a.real(1))
		return below / all * 100
	}},
}

const (
	hllBits   = 14
	hllExact  = 1000 // up to so many values the hashes themselves are kept
	maxDigest = 2000
)

type hll struct {
	exact     map[uint64]bool
	registers []byte // nil while exact
}

func newHLL() *hll { return &hll{exact: map[uint64]bool{}} }

func (h *hll) addNode(n *node) {
	if v, ok := dynamicLong(n).(int64); ok && n.kind == number {
		h.add(uint64(v))
	}
}

func (h *hll) add(v uint64) {
	if h.registers == nil {
		if h.exact[v] = true; len(h.exact) > hllExact {
			h.registers = make([]byte, 1<<hllBits)
			for e := range h.exact {
				h.add(e)
			}
		}
		return
	}
	i := v >> (64 - hllBits)
	r := byte(min(bits.LeadingZeros64(v<<hllBits), 64-hllBits) + 1)
	h.registers[i] = max(h.registers[i], r)
}

// merge adds what another sketch has seen; false when it is none.
func (h *hll) merge(n *node) bool {
	if list, ok := n.get("hll"); ok {
		for _, e := range list.items {
			h.addNode(e)
		}
		return true
	}
	packed, ok := n.get("hll14")
	other, err := base64.StdEncoding.DecodeString(packed.text)
	if !ok || err != nil || len(other) != 1<<hllBits {
		return false
	}
	if h.registers == nil {
		h.registers = make([]byte, 1<<hllBits)
		for e := range h.exact {
			h.add(e)
		}
	}
	for i, r := range other {
		h.registers[i] = max(h.registers[i], r)
	}
	return true
}

func (h *hll) node() *node {
	b := newObject()
	if h.registers != nil {
		b.set("hll14", textNode(base64.StdEncoding.EncodeToString(h.registers)))
		return b.node
	}
	var values []int64
	for e := range h.exact {
		values = append(values, int64(e))
	}
	sort.Slice(values, func(i, j int) bool { return values[i] < values[j] })
	items := make([]*node, len(values))
	for i, v := range values {
		items[i] = longNode(v)
	}
	b.set("hll", arrayNode(items))
	return b.node
}

func (h *hll) count() int64 {
	if h.registers == nil {
		return int64(len(h.exact))
	}
	m := float64(len(h.registers))
	sum, zeros := 0.0, 0.0
	for _, r := range h.registers {
		sum += math.Ldexp(1, -int(r))
		if r == 0 {
			zeros++
		}
	}
	e := 0.7213 / (1 + 1.079/m) * m * m / sum
	if e <= 2.5*m && zeros > 0 {
		e = m * math.Log(m/zeros)
	}
	return int64(math.Round(e))
}

// centroid is a value and how often it counts.
type centroid struct {
	value, weight float64
	node          *node // the value as it was
}

func centroids(n *node) []centroid {
	var out []centroid
	for _, e := range n.items {
		if len(e.items) != 2 {
			continue
		}
		v, ok1 := e.items[0].float()
		w, ok2 := e.items[1].float()
		if ok1 && ok2 && w > 0 && !math.IsNaN(v) {
			out = append(out, centroid{v, w, e.items[0]})
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].value < out[j].value })
	return out
}

// digest merges equal values, and then neighbours until few enough are left, fewer in the middle than at the ends.
func digest(n *node, unit string) *node {
	var merged []centroid
	for _, c := range centroids(n) {
		if k := len(merged) - 1; k >= 0 && merged[k].value == c.value {
			merged[k].weight += c.weight
			continue
		}
		merged = append(merged, c)
	}
	for len(merged) > maxDigest {
		merged = thinned(merged)
	}
	var items []*node
	if unit != "" {
		items = append(items, textNode(unit))
	}
	for _, c := range merged {
		items = append(items, arrayNode([]*node{c.node, numberNode(c.weight, true)}))
	}
	return arrayNode(items)
}

// unitOf is the type of the values of a tdigest of ticks, "" of one of numbers.
func unitOf(n *node) string {
	if len(n.items) > 0 && n.items[0].kind == text {
		return n.items[0].text
	}
	return ""
}

// percentileOf is a percentile of a tdigest in the type of its values.
func percentileOf(n *node, p float64) *node {
	v := weightedPercentile(n, p)
	ticks, ok := dynamicLong(v).(int64)
	switch unit := unitOf(n); {
	case !ok || unit == "":
		return v
	case unit == "datetime":
		return textNode(passtrail.Ticks(ticks).String())
	default:
		return textNode(timespanText(ticks))
	}
}

// thinned joins pairs of neighbours away from the ends.
func thinned(c []centroid) []centroid {
	keep := maxDigest / 8
	out := append([]centroid{}, c[:keep]...)
	i := keep
	for ; i+1 < len(c)-keep; i += 2 {
		w := c[i].weight + c[i+1].weight
		v := (c[i].value*c[i].weight + c[i+1].value*c[i+1].weight) / w
		out = append(out, centroid{v, w, realNode(v)})
	}
	return append(out, c[i:]...)
}

// weightedPercentile is the value at the nearest rank.
func weightedPercentile(n *node, p float64) *node {
	list := centroids(n)
	total := 0.0
	for _, c := range list {
		total += c.weight
	}
	seen := 0.0
	for _, c := range list {
		if seen += c.weight; seen >= total*p/100 {
			return c.node
		}
	}
	return nullNode
}

func rank(n *node, v float64) (below, all float64) {
	for _, c := range centroids(n) {
		all += c.weight
		if c.value <= v {
			below += c.weight
		}
	}
	return below, all
}
