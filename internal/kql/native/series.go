package native

import (
	"math"
	"sort"
)

// series work on arrays of numbers. A value that is no number is missing; missing values make the answer's element null.
var series = append(models, []fn{
	{"kql_series_sum", "j:r", func(a args) any {
		return overSeries(a, func(v []float64) any { return reduce(v, 0, func(x, y float64) float64 { return x + y }) })
	}},
	{"kql_series_product", "j:r", func(a args) any {
		return overSeries(a, func(v []float64) any { return reduce(v, 1, func(x, y float64) float64 { return x * y }) })
	}},
	{"kql_series_magnitude", "j:r", func(a args) any {
		return overSeries(a, func(v []float64) any {
			return math.Sqrt(reduce(v, 0, func(x, y float64) float64 { return x + y*y }))
		})
	}},
	{"kql_series_dot", "jj:r", func(a args) any {
		x, y, ok := common(a)
		if !ok {
			return nil
		}
		return dot(x, y)
	}},
	{"kql_series_cosine", "?jjrr:r", func(a args) any {
		x, y, ok := common(a)
		if !ok {
			return nil
		}
		mx, my := math.Sqrt(dot(x, x)), math.Sqrt(dot(y, y))
		if !a.null(2) && !a.null(3) {
			mx, my = a.real(2), a.real(3)
		}
		return dot(x, y) / (mx * my)
	}},
	{"kql_series_pearson", "jj:r", func(a args) any {
		x, y, ok := pairs(a)
		if !ok || len(x) == 0 || math.IsNaN(mean(x)+mean(y)) {
			return nil
		}
		return pearson(x, y)
	}},
	{"kql_series_fill_const", "?jjj:j", func(a args) any {
		items, missing, ok := gaps(a, 2)
		if !ok {
			return nil
		}
		return filled(items, missing, func(int) *node { return a.json(1) })
	}},
	{"kql_series_fill_forward", "?jj:j", func(a args) any {
		items, missing, ok := gaps(a, 1)
		if !ok {
			return nil
		}
		return filled(items, missing, func(i int) *node { return neighbour(items, missing, i, -1) })
	}},
	{"kql_series_fill_backward", "?jj:j", func(a args) any {
		items, missing, ok := gaps(a, 1)
		if !ok {
			return nil
		}
		return filled(items, missing, func(i int) *node { return neighbour(items, missing, i, 1) })
	}},
	{"kql_series_fill_linear", "?jjbj:j", fillLinear},
	{"kql_series_fir", "?jjbb:j", fir},
	{"kql_series_iir", "jjj:j", iir},
	{"kql_series_outliers", "?jsrrr:j", outliers},
	{"kql_series_stats", "jb:j", func(a args) any {
		s, ok := statsOf(a)
		if !ok {
			return nil
		}
		return arrayNode(s[:7])
	}},
	{"kql_series_stats_dynamic", "jb:j", func(a args) any {
		s, ok := statsOf(a)
		if !ok {
			return nil
		}
		b := newObject()
		for i, k := range []string{"min", "min_idx", "max", "max_idx", "avg", "stdev", "variance", "sum", "len"} {
			b.set(k, s[i])
		}
		return b.node
	}},
	{"kql_series_fit_line", "j:j", func(a args) any {
		return overSeries(a, func(v []float64) any {
			if len(v) == 0 {
				return nil
			}
			return arrayNode(fitLine(v))
		})
	}},
	{"kql_series_fit_line_dynamic", "j:j", func(a args) any {
		return overSeries(a, func(v []float64) any {
			if len(v) == 0 {
				return nil
			}
			b, f := newObject(), fitLine(v)
			for i, k := range []string{"rsquare", "slope", "variance", "rvariance", "interception", "line_fit"} {
				b.set(k, f[i])
			}
			return b.node
		})
	}},
	{"kql_series_seasonal", "jl:j", seasonal},
	{"kql_series_unary", "sj:j", seriesUnary},
	{"kql_series_binary", "?sjj:j", seriesBinary},
}...)

// element reads a number of a series, NaN and infinities too.
func (n *node) element() (float64, bool) {
	if n.kind == boolean {
		return 0, false
	}
	return n.float()
}

// floats reads a series; NaN stands for what is no number.
func floats(items []*node) []float64 {
	v := make([]float64, len(items))
	for i, n := range items {
		f, ok := n.element()
		if !ok {
			f = math.NaN()
		}
		v[i] = f
	}
	return v
}

// overSeries applies f to a series without the missing values.
func overSeries(a args, f func([]float64) any) any {
	items, ok := a.array(0)
	if !ok {
		return nil
	}
	var v []float64
	for _, n := range items {
		if x, ok := n.float(); ok && n.kind == number {
			v = append(v, x)
		}
	}
	return f(v)
}

func reduce(v []float64, start float64, f func(x, y float64) float64) float64 {
	for _, x := range v {
		start = f(start, x)
	}
	return start
}

// pairs reads two series of the same length, or one and a number for all of its elements.
func pairs(a args) (x, y []float64, ok bool) {
	n, m := a.json(0), a.json(1)
	if n.kind != array && m.kind != array {
		return nil, nil, false
	}
	size := max(len(n.items), len(m.items))
	x, ok1 := spread(n, size)
	y, ok2 := spread(m, size)
	return x, y, ok1 && ok2
}

func spread(n *node, size int) ([]float64, bool) {
	if n.kind == array {
		return floats(n.items), len(n.items) == size
	}
	f, ok := n.float()
	v := make([]float64, size)
	for i := range v {
		v[i] = f
	}
	return v, ok
}

// common reads two series as far as both go, or one and a number for all of its elements, without the places where either
// has no number; false when nothing is left.
func common(a args) (x, y []float64, ok bool) {
	n, m := a.json(0), a.json(1)
	if n.kind != array && m.kind != array {
		return nil, nil, false
	}
	for i := range max(len(n.items), len(m.items)) {
		p, q := elementAt(n, i), elementAt(m, i)
		f, ok1 := p.element()
		g, ok2 := q.element()
		if ok1 && ok2 {
			x, y = append(x, f), append(y, g)
		}
	}
	return x, y, len(x) > 0
}

func dot(x, y []float64) float64 {
	s := 0.0
	for i := range x {
		s += x[i] * y[i]
	}
	return s
}

func mean(v []float64) float64 {
	return reduce(v, 0, func(x, y float64) float64 { return x + y }) / float64(len(v))
}

func pearson(x, y []float64) float64 {
	mx, my := mean(x), mean(y)
	var xy, xx, yy float64
	for i := range x {
		dx, dy := x[i]-mx, y[i]-my
		xy, xx, yy = xy+dx*dy, xx+dx*dx, yy+dy*dy
	}
	return xy / math.Sqrt(xx*yy)
}

// gaps marks the missing elements: null, or equal to the placeholder that argument p gives.
func gaps(a args, p int) ([]*node, []bool, bool) {
	items, ok := a.array(0)
	placeholder := a.json(p).key()
	missing := make([]bool, len(items))
	for i, n := range items {
		f, isNumber := n.float()
		missing[i] = n.kind == null || n.key() == placeholder && placeholder != "" || isNumber && math.IsNaN(f) && a.json(p).kind == null
	}
	return items, missing, ok
}

func filled(items []*node, missing []bool, with func(int) *node) any {
	out := append([]*node{}, items...)
	for i := range out {
		if missing[i] {
			out[i] = with(i)
		}
	}
	return arrayNode(out)
}

// neighbour finds the next value that is there, going by step; without one the element stays as it is.
func neighbour(items []*node, missing []bool, i, step int) *node {
	for j := i; j >= 0 && j < len(items); j += step {
		if !missing[j] {
			return items[j]
		}
	}
	return items[i]
}

func fillLinear(a args) any {
	items, missing, ok := gaps(a, 1)
	if !ok {
		return nil
	}
	edges := a.null(2) || a.bool(2)
	whole := true // a series of whole numbers stays one
	for i, n := range items {
		whole = whole && (missing[i] || n.typeName() == "long")
	}
	return filled(items, missing, func(i int) *node {
		l, r := i, i
		for l >= 0 && missing[l] {
			l--
		}
		for r < len(items) && missing[r] {
			r++
		}
		switch {
		case l < 0 && r == len(items):
			return a.json(3)
		case (l < 0 || r == len(items)) && !edges:
			return items[i]
		case l < 0:
			return items[r]
		case r == len(items):
			return items[l]
		}
		x, _ := items[l].float()
		y, _ := items[r].float()
		v := x + (y-x)*float64(i-l)/float64(r-l)
		if whole {
			return longNode(int64(v))
		}
		return realNode(v)
	})
}

func fir(a args) any {
	items, ok1 := a.array(0)
	filter, ok2 := a.array(1)
	if !ok1 || !ok2 || len(filter) == 0 || len(items)*len(filter) > 64*maxResult {
		return nil
	}
	v, f := floats(items), floats(filter)
	sum := reduce(f, 0, func(x, y float64) float64 { return x + y })
	normalize := a.bool(2)
	switch {
	case a.null(2):
		normalize = sum != 0 && allPositive(f)
	case normalize && !allPositive(f):
		return nil
	}
	shift := 0
	if a.bool(3) {
		shift = len(f) / 2
	}
	out := make([]*node, len(v))
	for i := range v {
		s := 0.0
		for j, w := range f {
			if k := i + shift - j; k >= 0 && k < len(v) && !math.IsNaN(v[k]) {
				s += w * v[k]
			}
		}
		if normalize {
			s /= sum
		}
		out[i] = realNode(s)
	}
	return arrayNode(out)
}

func allPositive(v []float64) bool {
	for _, x := range v {
		if x < 0 {
			return false
		}
	}
	return true
}

func iir(a args) any {
	items, ok1 := a.array(0)
	bs, ok2 := a.array(1)
	as, ok3 := a.array(2)
	if !ok1 || !ok2 || !ok3 || len(as) == 0 || len(items)*(len(as)+len(bs)) > 64*maxResult {
		return nil
	}
	x, b, c := floats(items), floats(bs), floats(as)
	y := make([]float64, len(x))
	out := make([]*node, len(x))
	for i := range x {
		s := 0.0
		for j := 0; j < len(b) && j <= i; j++ {
			s += b[j] * x[i-j]
		}
		for j := 1; j < len(c) && j <= i; j++ {
			s -= c[j] * y[i-j]
		}
		y[i] = s / c[0]
		out[i] = realNode(y[i])
	}
	return arrayNode(out)
}

// outliers scores by Tukey's fences: ctukey uses the percentiles given (10 and 90), tukey the quartiles.
func outliers(a args) any {
	items, ok := a.array(0)
	if !ok {
		return nil
	}
	v := floats(items)
	var known []float64
	for i, x := range v {
		if !a.null(2) && x == a.real(2) {
			v[i] = math.NaN()
		} else if !math.IsNaN(x) {
			known = append(known, x)
		}
	}
	if len(known) == 0 {
		return realArray(make([]float64, len(v)))
	}
	low, high := 10.0, 90.0
	if fold(a.str(1)) == "tukey" {
		low, high = 25, 75
	} else if !a.null(3) && !a.null(4) {
		low, high = a.real(3), a.real(4)
	}
	if !(low >= 2 && low <= 98 && high >= 2 && high <= 98) {
		return nil
	}
	return realArray(tukey(v, known, low, high))
}

// tukey scores values by how many ranges between the two percentiles they lie outside of it.
func tukey(v, among []float64, low, high float64) []float64 {
	sorted := append([]float64{}, among...)
	sort.Float64s(sorted)
	q1, q3 := interpolated(sorted, low), interpolated(sorted, high)
	scores := make([]float64, len(v))
	for i, x := range v {
		switch width := q3 - q1; {
		case width == 0 || math.IsNaN(x):
		case x > q3:
			scores[i] = (x - q3) / width
		case x < q1:
			scores[i] = (x - q1) / width
		}
	}
	return scores
}

func interpolated(sorted []float64, p float64) float64 {
	at := p / 100 * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

// statsOf gives min, its index, max, its index, mean, standard deviation, variance, sum and number of values.
func statsOf(a args) ([]*node, bool) {
	items, ok := a.array(0)
	var v []float64
	lowAt, highAt := -1, -1
	all := floats(items)
	for i, x := range all {
		if items[i].kind != number && items[i].kind != null || math.IsNaN(x) || math.IsInf(x, 0) {
			continue
		}
		v = append(v, x)
		if lowAt < 0 || x < all[lowAt] {
			lowAt = i
		}
		if highAt < 0 || x > all[highAt] {
			highAt = i
		}
	}
	if !ok {
		return nil, false
	}
	if len(v) == 0 || len(v) < len(items) && !a.bool(1) {
		return []*node{nullNode, nullNode, nullNode, nullNode, nullNode, nullNode, nullNode, nullNode, longNode(int64(len(items)))}, true
	}
	m, variance := mean(v), 0.0
	for _, x := range v {
		variance += (x - m) * (x - m)
	}
	if len(v) > 1 {
		variance /= float64(len(v) - 1)
	}
	sum := reduce(v, 0, func(x, y float64) float64 { return x + y })
	return []*node{realNode(all[lowAt]), longNode(int64(lowAt)), realNode(all[highAt]), longNode(int64(highAt)), realNode(m), realNode(math.Sqrt(variance)), realNode(variance),
		realNode(sum), longNode(int64(len(v)))}, true
}
