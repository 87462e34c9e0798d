package native

import (
	"math"
	"math/cmplx"
)

// models fit and decompose series.
var models = []fn{
	{"kql_series_fit_poly", "jl:j", func(a args) any {
		items, ok := a.array(0)
		if !ok {
			return nil
		}
		x := make([]float64, len(items))
		for i := range x {
			x[i] = float64(i + 1)
		}
		return fitPoly(x, floats(items), int(a.long(1)))
	}},
	{"kql_series_fit_poly_xy", "jjl:j", func(a args) any {
		y, ok1 := a.array(0)
		x, ok2 := a.array(1)
		if !ok1 || !ok2 || len(x) != len(y) {
			return nil
		}
		return fitPoly(floats(x), floats(y), int(a.long(2)))
	}},
	{"kql_series_fit_2lines", "j:j", func(a args) any {
		return overSeries(a, func(v []float64) any {
			if f := fit2Lines(v); f != nil {
				return arrayNode(f)
			}
			return nil
		})
	}},
	{"kql_series_fit_2lines_dynamic", "j:j", func(a args) any {
		return overSeries(a, func(v []float64) any {
			f := fit2Lines(v)
			if f == nil {
				return nil
			}
			return linesBag(f)
		})
	}},
	{"kql_series_fft", "?jjb:j", fourier},
	{"kql_series_periods", "jrrl:j", func(a args) any {
		items, ok := a.array(0)
		if !ok {
			return nil
		}
		periods, scores := detectPeriods(known(floats(items)), a.real(1), a.real(2), int(max(min(a.long(3), 100), 0)))
		return arrayNode([]*node{realArray(periods), realArray(scores)})
	}},
	{"kql_series_periods_validate", "jj:j", func(a args) any {
		items, ok := a.array(0)
		wanted, ok2 := a.array(1)
		if !ok || !ok2 {
			return nil
		}
		l := lagsOf(known(floats(items)))
		var periods, scores []float64
		for _, n := range wanted {
			if p, ok := n.float(); ok {
				periods, scores = append(periods, p), append(scores, l.score(int(math.Round(p))))
			}
		}
		return arrayNode([]*node{realArray(periods), realArray(scores)})
	}},
	{"kql_series_decompose", "jlslr:j", func(a args) any {
		items, ok := a.array(0)
		if !ok || len(items) == 0 {
			return nil
		}
		d := decompose(floats(items), int(a.long(1)), fold(a.str(2)), int(a.long(3)), a.real(4))
		return arrayNode([]*node{realArray(d.baseline), realArray(d.seasonal), realArray(d.trend), realArray(d.residual)})
	}},
	{"kql_series_anomalies", "jrlslsr:j", anomalies},
}

func realArray(v []float64) *node {
	items := make([]*node, len(v))
	for i, x := range v {
		items[i] = realNode(x)
	}
	return arrayNode(items)
}

// known replaces missing values by the mean of the others.
func known(v []float64) []float64 {
	var there []float64
	for _, x := range v {
		if !math.IsNaN(x) && !math.IsInf(x, 0) {
			there = append(there, x)
		}
	}
	m := 0.0
	if len(there) > 0 {
		m = mean(there)
	}
	out := make([]float64, len(v))
	for i, x := range v {
		if out[i] = x; math.IsNaN(x) || math.IsInf(x, 0) {
			out[i] = m
		}
	}
	return out
}

const maxDegree = 32

// fitPoly fits a polynomial of least squares: r squared, coefficients from the highest power down, variance, residual variance
// and the fitted values.
func fitPoly(x, y []float64, degree int) any {
	if degree < 1 || degree > maxDegree || len(x) <= degree {
		return nil
	}
	for i := range x {
		if math.IsNaN(x[i]) || math.IsNaN(y[i]) {
			return nil
		}
	}
	c := leastSquares(x, y, degree)
	if c == nil {
		return nil
	}
	m, rest, all := mean(y), 0.0, 0.0
	fit := make([]float64, len(y))
	for i := range y {
		for _, k := range c {
			fit[i] = fit[i]*x[i] + k
		}
		rest += (y[i] - fit[i]) * (y[i] - fit[i])
		all += (y[i] - m) * (y[i] - m)
	}
	n := math.Max(float64(len(y)-1), 1)
	return arrayNode([]*node{realNode(share(rest, all)), realArray(c), realNode(all / n), realNode(rest / n), realArray(fit)})
}

// share is r squared: how much of the variation the fit explains.
func share(rest, all float64) float64 {
	if all == 0 {
		return 1
	}
	return 1 - rest/all
}

// leastSquares solves the normal equations by elimination; nil when they have no single solution. Coefficients come from the
// highest power down.
func leastSquares(x, y []float64, degree int) []float64 {
	n := degree + 1
	m := make([][]float64, n)
	for i := range m {
		m[i] = make([]float64, n+1)
	}
	for k := range x {
		p := make([]float64, 2*n)
		p[0] = 1
		for i := 1; i < 2*n; i++ {
			p[i] = p[i-1] * x[k]
		}
		for i := range n {
			for j := range n {
				m[i][j] += p[i+j]
			}
			m[i][n] += p[i] * y[k]
		}
	}
	if !eliminate(m) {
		return nil
	}
	c := make([]float64, n)
	for i := range n {
		c[degree-i] = m[i][n] / m[i][i]
	}
	return c
}

// eliminate brings the left part of m to a diagonal.
func eliminate(m [][]float64) bool {
	for i := range m {
		best := i
		for r := i + 1; r < len(m); r++ {
			if math.Abs(m[r][i]) > math.Abs(m[best][i]) {
				best = r
			}
		}
		if m[i], m[best] = m[best], m[i]; m[i][i] == 0 {
			return false
		}
		for r := range m {
			if r == i {
				continue
			}
			f := m[r][i] / m[i][i]
			for k := i; k < len(m[r]); k++ {
				m[r][k] -= f * m[i][k]
			}
		}
	}
	return true
}

// line is a segment's fit: slope, value at its start, residual and total sum of squares.
type line struct{ slope, inter, rest, all float64 }

func lineOf(v []float64, from int) line {
	n := float64(len(v))
	mx, my := float64(from)+(n-1)/2, mean(v)
	var xy, xx, yy float64
	for i, y := range v {
		dx, dy := float64(from+i)-mx, y-my
		xy, xx, yy = xy+dx*dy, xx+dx*dx, yy+dy*dy
	}
	l := line{all: yy, rest: yy}
	if xx > 0 {
		l.slope = xy / xx
		l.rest = math.Max(yy-xy*xy/xx, 0)
	}
	l.inter = my - l.slope*mx
	return l
}

// fitLine gives r squared, slope, variance, residual variance, interception and the fitted line.
func fitLine(v []float64) []*node {
	n := float64(len(v))
	var mx, my, xy, xx, yy float64
	mx, my = (n-1)/2, mean(v)
	for i, y := range v {
		dx, dy := float64(i)-mx, y-my
		xy, xx, yy = xy+dx*dy, xx+dx*dx, yy+dy*dy
	}
	slope := 0.0
	if xx > 0 {
		slope = xy / xx
	}
	inter := my - slope*mx
	line := make([]*node, len(v))
	rest := 0.0
	for i, y := range v {
		fit := inter + slope*float64(i)
		rest += (y - fit) * (y - fit)
		line[i] = realNode(fit)
	}
	r2 := 1.0
	if yy > 0 {
		r2 = 1 - rest/yy
	}
	d := math.Max(n-1, 1)
	return []*node{realNode(r2), realNode(slope), realNode(yy / d), realNode(rest / d), realNode(inter), arrayNode(line)}
}

const maxSplits = 5000 // longer series are not split: the work grows with the square

// fit2Lines finds the split with the least residual.
func fit2Lines(v []float64) []*node {
	if len(v) < 4 || len(v) > maxSplits {
		return nil
	}
	best, left, right := 0, line{}, line{}
	for s := 2; s <= len(v)-2; s++ {
		l, r := lineOf(v[:s], 0), lineOf(v[s:], s)
		if best == 0 || l.rest+r.rest < left.rest+right.rest {
			best, left, right = s, l, r
		}
	}
	whole := lineOf(v, 0)
	fit := make([]float64, len(v))
	for i := range v {
		l := left
		if i >= best {
			l = right
		}
		fit[i] = l.inter + l.slope*float64(i)
	}
	n := float64(len(v) - 1)
	side := func(l line, count int) []*node {
		d := math.Max(float64(count-1), 1)
		return []*node{realNode(share(l.rest, l.all)), realNode(l.slope), realNode(l.inter), realNode(l.all / d), realNode(l.rest / d)}
	}
	out := []*node{realNode(share(left.rest+right.rest, whole.all)), longNode(int64(best)), realNode(whole.all / n), realNode((left.rest + right.rest) / n), realArray(fit)}
	return append(append(out, side(right, len(v)-best)...), side(left, best)...)
}

// linesBag names what fit2Lines gives.
func linesBag(f []*node) *node {
	b := newObject()
	for i, k := range []string{"rsquare", "split_idx", "variance", "rvariance", "line_fit"} {
		b.set(k, f[i])
	}
	for s, name := range []string{"right", "left"} {
		side := newObject()
		for i, k := range []string{"rsquare", "slope", "interception", "variance", "rvariance"} {
			side.set(k, f[5+5*s+i])
		}
		b.set(name, side.node)
	}
	return b.node
}

const maxFourier = 1 << 11 // above it only lengths that are powers of two, which are fast

// fourier transforms; the third argument asks for the inverse.
func fourier(a args) any {
	re, ok := a.array(0)
	im, hasImag := a.array(1)
	if !ok || hasImag && len(im) != len(re) || len(re) > maxFourier && len(re)&(len(re)-1) != 0 || len(re) > maxResult {
		return nil
	}
	in := make([]complex128, len(re))
	for i, x := range floats(re) {
		in[i] = complex(x, 0)
		if hasImag {
			y, _ := im[i].float()
			in[i] = complex(x, y)
		}
	}
	sign, scale := -1.0, 1.0
	if a.bool(2) {
		sign, scale = 1, 1/float64(max(len(in), 1))
	}
	out := transform(in, sign)
	x, y := make([]float64, len(out)), make([]float64, len(out))
	for i, c := range out {
		x[i], y[i] = real(c)*scale, imag(c)*scale
	}
	return arrayNode([]*node{realArray(x), realArray(y)})
}

func transform(in []complex128, sign float64) []complex128 {
	n := len(in)
	out := make([]complex128, n)
	if n%2 != 0 || n <= 2 {
		roots := make([]complex128, n)
		for k := range roots {
			roots[k] = root(k, n, sign)
		}
		for k := range out {
			for i, x := range in {
				out[k] += x * roots[k*i%n]
			}
		}
		return out
	}
	even, odd := make([]complex128, n/2), make([]complex128, n/2)
	for i := range even {
		even[i], odd[i] = in[2*i], in[2*i+1]
	}
	even, odd = transform(even, sign), transform(odd, sign)
	for k := range even {
		t := odd[k] * root(k, n, sign)
		out[k], out[k+n/2] = even[k]+t, even[k]-t
	}
	return out
}

// root is a root of unity, exact at quarter turns.
func root(k, n int, sign float64) complex128 {
	if 4*k%n == 0 {
		return [4]complex128{1, complex(0, sign), -1, complex(0, -sign)}[4*k/n%4]
	}
	return cmplx.Rect(1, sign*2*math.Pi*float64(k)/float64(n))
}
