package native

import (
	"math"
	"sort"
)

const (
	minPeriod = 4    // a season has at least so many points
	maxLag    = 2000 // longest period that is looked for
	maxLags   = 20_000_000
)

// trendShare is how much of the variation a line must explain so that a series is looked at without it alone.
const trendShare = 0.2

// lags has how a series correlates with itself so many steps before, as it is and without its trend.
type lags struct {
	raw, flat []float64
	length    int
}

// lagsOf computes lags up to half of the series. The work is lags times length: of long series only short lags are known.
func lagsOf(v []float64) lags {
	flat, l := make([]float64, len(v)), lineOf(v, 0)
	for i := range v {
		flat[i] = v[i] - l.inter - l.slope*float64(i)
	}
	if share(l.rest, l.all) > trendShare {
		v = flat
	}
	last := min(len(v)/2, maxLag, maxLags/max(len(v), 1))
	out := lags{raw: make([]float64, last+1), flat: make([]float64, last+1), length: len(v)}
	for lag := 1; lag <= last; lag++ {
		out.raw[lag], out.flat[lag] = autocorrelation(v, lag), autocorrelation(flat, lag)
	}
	return out
}

// autocorrelation of the values with themselves lag steps before.
func autocorrelation(v []float64, lag int) float64 {
	m, cov, variance := mean(v), 0.0, 0.0
	for i := range v {
		variance += (v[i] - m) * (v[i] - m)
		if i >= lag {
			cov += (v[i] - m) * (v[i-lag] - m)
		}
	}
	if variance == 0 {
		return 0
	}
	return cov / variance * float64(len(v)) / float64(len(v)-lag)
}

// score is how well the series repeats after so many points: the least correlation at the period and its multiples, with and
// without the trend. What chance alone makes likely scores 0.
func (l lags) score(period int) float64 {
	if period < minPeriod || period >= len(l.raw) {
		return 0
	}
	s := 1.0
	for k := period; k < len(l.raw); k += period {
		s = min(s, l.raw[k], l.flat[k])
	}
	if s < 1.96/math.Sqrt(float64(l.length)) {
		return 0
	}
	return s
}

// peak reports whether the correlation is greatest there among all lags within a quarter of it. The longest known lag is
// none: what lies behind it is not known.
func (l lags) peak(lag int) bool {
	if lag+1 >= len(l.flat) {
		return false
	}
	low, high := min(lag-1, (3*lag+3)/4), max(lag+1, 5*lag/4)
	for k := low; k <= min(high, len(l.flat)-1); k++ {
		if k != lag && (l.flat[k] > l.flat[lag] || k < lag && l.flat[k] == l.flat[lag]) {
			return false
		}
	}
	return true
}

// detectPeriods gives the lags at which a series repeats, best first, leaving out multiples of better ones, and their scores; 0
// stands for those that are wanted and not there.
func detectPeriods(v []float64, low, high float64, count int) (periods, scores []float64) {
	l := lagsOf(v)
	periods, scores = make([]float64, count), make([]float64, count)
	for found := 0; found < count; found++ {
		best, top := 0, 0.0
		for lag := minPeriod; lag < len(l.raw); lag++ {
			if float64(lag) < low || float64(lag) > high || !l.peak(lag) || multiple(lag, periods[:found]) {
				continue
			}
			if s := l.score(lag); s > 0 && (best == 0 || s > top+0.05) {
				best, top = lag, s
			}
		}
		if best == 0 {
			break
		}
		periods[found], scores[found] = float64(best), top
	}
	return periods, scores
}

func multiple(lag int, of []float64) bool {
	for _, p := range of {
		if lag%int(p) == 0 {
			return true
		}
	}
	return false
}

// periodOf is the best period of a series, 0 when none scores as much as the threshold.
func periodOf(v []float64, threshold float64) int {
	found, scores := detectPeriods(v, minPeriod, float64(len(v)), 1)
	if scores[0] < threshold {
		return 0
	}
	return int(found[0])
}

type parts struct{ baseline, seasonal, trend, residual []float64 }

// decompose splits a series into season, trend and rest: the trend is that of the values without the season, as the public
// reference has it. A slope stays out of the season, where it would count twice. A period of -1 is looked for, 0 is none. The
// last test points do not take part in finding season and trend.
func decompose(raw []float64, period int, trend string, test int, threshold float64) parts {
	v := known(raw)
	train := max(len(v)-max(test, 0), 1)
	d := parts{seasonal: make([]float64, len(v)), baseline: make([]float64, len(v)), residual: make([]float64, len(v))}
	if period < 0 {
		period = periodOf(v[:train], threshold)
	}
	if period > 0 && period <= train {
		season := medians(level(v[:train], trend), period)
		for i := range v {
			d.seasonal[i] = season[i%period]
		}
	}
	flat := make([]float64, train)
	for i := range flat {
		flat[i] = v[i] - d.seasonal[i]
	}
	d.trend = trendOf(flat, len(v), trend)
	for i := range v {
		d.baseline[i] = d.trend[i] + d.seasonal[i]
		d.residual[i] = v[i] - d.baseline[i]
	}
	return d
}

// level takes the slope off values, when a slope is wanted as trend.
func level(v []float64, trend string) []float64 {
	if trend != "linefit" {
		return v
	}
	out := make([]float64, len(v))
	for i, l := 0, lineOf(v, 0); i < len(v); i++ {
		out[i] = v[i] - l.slope*(float64(i)-float64(len(v)-1)/2)
	}
	return out
}

// trendOf is the trend of the values, carried on to so many.
func trendOf(v []float64, count int, kind string) []float64 {
	out := make([]float64, count)
	switch kind {
	case "none":
	case "linefit":
		l := lineOf(v, 0)
		for i := range out {
			out[i] = l.inter + l.slope*float64(i)
		}
	default:
		m := mean(v)
		for i := range out {
			out[i] = m
		}
	}
	return out
}

// medians gives the median of each phase of the period, NaN where all values of a phase are missing.
func medians(v []float64, period int) []float64 {
	phases := make([][]float64, period)
	for i, x := range v {
		if !math.IsNaN(x) {
			phases[i%period] = append(phases[i%period], x)
		}
	}
	out := make([]float64, period)
	for i, p := range phases {
		sort.Float64s(p)
		switch n := len(p); {
		case n == 0:
			out[i] = math.NaN()
		case n%2 == 1:
			out[i] = p[n/2]
		default:
			out[i] = (p[n/2-1] + p[n/2]) / 2
		}
	}
	return out
}

// seasonal is the part of a series that repeats: without a period one is looked for, and without any it is 0 throughout.
func seasonal(a args) any {
	items, ok := a.array(0)
	if !ok {
		return nil
	}
	v := floats(items)
	period := int(a.long(1))
	if period == -1 {
		period = periodOf(known(v), seasonThreshold)
	}
	out := make([]*node, len(v))
	if period < 1 || period > len(v) {
		return realArray(make([]float64, len(v)))
	}
	season := medians(v, period)
	for i := range out {
		if out[i] = nullNode; !math.IsNaN(season[i%period]) {
			out[i] = realNode(season[i%period])
		}
	}
	return arrayNode(out)
}

// seasonThreshold is the score from which on series_seasonal takes a period that it has found.
const seasonThreshold = 0.7

// anomalies marks values whose rest stands out: flag 1 above, -1 below, 0 within; the score; the baseline.
func anomalies(a args) any {
	items, ok := a.array(0)
	if !ok || len(items) == 0 {
		return nil
	}
	threshold, test := a.real(1), int(a.long(4))
	d := decompose(floats(items), int(a.long(2)), fold(a.str(3)), test, a.real(6))
	low, high := 10.0, 90.0
	if fold(a.str(5)) == "tukey" {
		low, high = 25, 75
	}
	scores := tukey(d.residual, d.residual[:max(len(items)-max(test, 0), 1)], low, high)
	flags := make([]*node, len(scores))
	for i, s := range scores {
		flags[i] = longNode(0)
		if math.Abs(s) > threshold {
			flags[i] = longNode(int64(sign(s)))
		}
	}
	return arrayNode([]*node{arrayNode(flags), realArray(scores), realArray(d.baseline)})
}
