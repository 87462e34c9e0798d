package native

import (
	"math"
	"strings"
)

// one is a function of one real.
func one(name string, f func(float64) float64) fn {
	return fn{"kql_" + name, "r:r", func(a args) any { return f(a.real(0)) }}
}

// logarithm is null for a negative number.
func logarithm(name string, f func(float64) float64) fn {
	return fn{"kql_" + name, "r:r", func(a args) any {
		if a.real(0) < 0 {
			return nil
		}
		return f(a.real(0))
	}}
}

// numbers answer with NaN where DuckDB raises an error.
var numbers = []fn{
	one("sqrt", math.Sqrt), one("exp", math.Exp), one("exp2", math.Exp2),
	one("exp10", func(x float64) float64 { return math.Pow(10, x) }), one("sin", math.Sin), one("cos", math.Cos), one("tan", math.Tan), one("asin", math.Asin), one("acos", math.Acos),
	one("atan", math.Atan), one("cot", func(x float64) float64 { return 1 / math.Tan(x) }), one("gamma", math.Gamma), one("erf", math.Erf), one("erfc", math.Erfc),
	one("loggamma", func(x float64) float64 { v, _ := math.Lgamma(x); return v }),
	one("sign", sign),
	logarithm("log", math.Log), logarithm("log2", math.Log2), logarithm("log10", math.Log10),
	{"kql_pow", "rr:r", func(a args) any { return math.Pow(a.real(0), a.real(1)) }},
	{"kql_atan2", "rr:r", func(a args) any { return math.Atan2(a.real(0), a.real(1)) }},
	{"kql_around", "lll:b", func(a args) any {
		d := a.long(2)
		low, high := clampAdd(a.long(1), -d), clampAdd(a.long(1), d)
		return d >= 0 && low <= a.long(0) && a.long(0) <= high
	}},
	{"kql_around_real", "rrr:b", func(a args) any {
		return a.real(1)-a.real(2) <= a.real(0) && a.real(0) <= a.real(1)+a.real(2)
	}},
	{"kql_abs", "l:l", func(a args) any { return max(a.long(0), -a.long(0)) }},
	{"kql_shift_left", "ll:l", func(a args) any {
		if a.long(1) < 0 {
			return nil
		}
		return a.long(0) << uint(a.long(1)%64)
	}},
	{"kql_shift_right", "ll:l", func(a args) any {
		if a.long(1) < 0 {
			return nil
		}
		return a.long(0) >> uint(a.long(1)%64)
	}},
	{"kql_beta_cdf", "rrr:r", func(a args) any {
		if a.real(1) > maxShape || a.real(2) > maxShape {
			return math.NaN()
		}
		return betaCDF(a.real(0), a.real(1), a.real(2))
	}},
	{"kql_beta_inv", "rrr:r", func(a args) any { return betaInverse(a.real(0), a.real(1), a.real(2)) }},
	{"kql_beta_pdf", "rrr:r", func(a args) any {
		x, p, q := a.real(0), a.real(1), a.real(2)
		if !(x > 0) || !(x < 1) || !(p > 0) || !(q > 0) {
			return math.NaN()
		}
		return math.Exp((p-1)*math.Log(x) + (q-1)*math.Log1p(-x) - logBeta(p, q))
	}},
	{"kql_welch", "rrrrrr:r", func(a args) any {
		return welch(a.real(0), a.real(1), a.real(2), a.real(3), a.real(4), a.real(5))
	}},
	{"kql_convert", "srss:r", func(a args) any { return convertUnit(a.str(0), a.real(1), a.str(2), a.str(3)) }},
}

// clampAdd adds, and stays at the end of the numbers where they run out.
func clampAdd(x, y int64) int64 {
	switch {
	case y > 0 && x > math.MaxInt64-y:
		return math.MaxInt64
	case y < 0 && x < math.MinInt64-y:
		return math.MinInt64
	}
	return x + y
}

func sign(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return x
}

func logBeta(a, b float64) float64 {
	x, _ := math.Lgamma(a)
	y, _ := math.Lgamma(b)
	z, _ := math.Lgamma(a + b)
	return x + y - z
}

// maxShape is the greatest parameter for which Kusto computes the beta distribution.
const maxShape = 10000

// betaCDF is the regularised incomplete beta function, by its continued fraction (Lentz's method).
func betaCDF(x, a, b float64) float64 {
	if !(x >= 0 && x <= 1) || !(a > 0) || !(b > 0) {
		return math.NaN()
	}
	if x == 0 || x == 1 {
		return x
	}
	front := math.Exp(a*math.Log(x) + b*math.Log1p(-x) - logBeta(a, b))
	if x < (a+1)/(a+b+2) {
		return front * betaFraction(x, a, b) / a
	}
	return 1 - front*betaFraction(1-x, b, a)/b
}

func betaFraction(x, a, b float64) float64 {
	const tiny = 1e-300
	c, d := 1.0, 1-(a+b)*x/(a+1)
	if math.Abs(d) < tiny {
		d = tiny
	}
	d = 1 / d
	h := d
	for m := 1.0; m < 500; m++ {
		for _, num := range [2]float64{m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m)), -(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))} {
			d, c = 1+num*d, 1+num/c
			if math.Abs(d) < tiny {
				d = tiny
			}
			if math.Abs(c) < tiny {
				c = tiny
			}
			d = 1 / d
			h *= d * c
		}
		if math.Abs(d*c-1) < 1e-15 {
			break
		}
	}
	return h
}

// betaInverse halves the interval until nothing is left between. Outside the domain the answers are those of the examples of
// the public reference, which its text has the other way round.
func betaInverse(p, a, b float64) any {
	switch {
	case !(a > 0) || !(b > 0):
		return math.NaN()
	case !(p > 0 && p <= 1):
		return nil
	}
	low, high := 0.0, 1.0
	for range 200 {
		mid := (low + high) / 2
		if betaCDF(mid, a, b) < p {
			low = mid
		} else {
			high = mid
		}
	}
	return (low + high) / 2
}

// welch is the two-sided p-value of Welch's t-test.
func welch(mean1, var1, n1, mean2, var2, n2 float64) any {
	s1, s2 := var1/n1, var2/n2
	t := (mean1 - mean2) / math.Sqrt(s1+s2)
	df := (s1 + s2) * (s1 + s2) / (s1*s1/(n1-1) + s2*s2/(n2-1))
	if math.IsNaN(t) || math.IsNaN(df) || df <= 0 {
		return nil
	}
	return betaCDF(df/(df+t*t), df/2, 0.5)
}

// unitFactors has how much of the kind's base unit each unit is.
var unitFactors = map[string]map[string]float64{
	"angle":  {"Arcminute": math.Pi / 10800, "Arcsecond": math.Pi / 648000, "Centiradian": 0.01, "Deciradian": 0.1, "Degree": math.Pi / 180, "Gradian": math.Pi / 200, "Microdegree": math.Pi / 180e6, "Microradian": 1e-6, "Millidegree": math.Pi / 180e3, "Milliradian": 1e-3, "Nanodegree": math.Pi / 180e9, "Nanoradian": 1e-9, "NatoMil": math.Pi / 3200, "Radian": 1, "Revolution": 2 * math.Pi, "Tilt": math.Pi / 2},
	"energy": {"BritishThermalUnit": 1055.05585262, "Calorie": 4.184, "ElectronVolt": 1.602176565e-19, "Erg": 1e-7, "FootPound": 1.355817948, "GigawattHour": 3.6e12, "Gigajoule": 1e9, "HorsepowerHour": 2684519.53769617, "Joule": 1, "Kilocalorie": 4184, "Kilojoule": 1e3, "KilowattHour": 3.6e6, "Megajoule": 1e6, "MegawattHour": 3.6e9, "Millijoule": 1e-3, "WattHour": 3600},
	"force":  {"Decanewton": 10, "Dyn": 1e-5, "KilogramForce": 9.80665, "Kilonewton": 1e3, "KiloPond": 9.80665, "Meganewton": 1e6, "Micronewton": 1e-6, "Millinewton": 1e-3, "Newton": 1, "OunceForce": 0.2780138509537812, "Poundal": 0.138254954376, "PoundForce": 4.4482216152605, "TonneForce": 9806.65},
	"length": {"Angstrom": 1e-10, "AstronomicalUnit": 1.495978707e11, "Centimeter": 0.01, "Decimeter": 0.1, "Fathom": 1.8288, "Foot": 0.3048, "Hectometer": 100, "Inch": 0.0254, "Kilometer": 1000, "LightYear": 9.46073047258e15, "Meter": 1, "Micrometer": 1e-6, "Mil": 2.54e-5, "Mile": 1609.344, "Millimeter": 1e-3, "Nanometer": 1e-9, "NauticalMile": 1852, "Yard": 0.9144},
	"mass":   {"Centigram": 1e-5, "Decigram": 1e-4, "Grain": 6.479891e-5, "Gram": 1e-3, "Hectogram": 0.1, "Kilogram": 1, "Kilotonne": 1e6, "Megatonne": 1e9, "Microgram": 1e-9, "Milligram": 1e-6, "Nanogram": 1e-12, "Ounce": 0.028349523125, "Pound": 0.45359237, "Slug": 14.5939029, "Stone": 6.35029318, "Tonne": 1000, "ShortTon": 907.18474, "LongTon": 1016.0469088},
	"speed":  {"CentimeterPerSecond": 0.01, "FootPerMinute": 0.00508, "FootPerSecond": 0.3048, "InchPerSecond": 0.0254, "KilometerPerHour": 1 / 3.6, "KilometerPerMinute": 1000.0 / 60, "KilometerPerSecond": 1000, "Knot": 1852.0 / 3600, "MeterPerHour": 1.0 / 3600, "MeterPerMinute": 1.0 / 60, "MeterPerSecond": 1, "MilePerHour": 0.44704, "MillimeterPerSecond": 1e-3, "YardPerSecond": 0.9144},
	"volume": {"Centiliter": 1e-5, "CubicCentimeter": 1e-6, "CubicDecimeter": 1e-3, "CubicFoot": 0.028316846592, "CubicInch": 1.6387064e-5, "CubicKilometer": 1e9, "CubicMeter": 1, "CubicMile": 4168181825.440579584, "CubicMillimeter": 1e-9, "CubicYard": 0.764554857984, "Deciliter": 1e-4, "Hectoliter": 0.1, "Liter": 1e-3, "Microliter": 1e-9, "Milliliter": 1e-6, "UsGallon": 0.003785411784, "UsOunce": 2.95735295625e-5, "UsPint": 4.73176473e-4, "UsQuart": 9.46352946e-4, "ImperialGallon": 0.00454609, "OilBarrel": 0.158987294928},
}

func convertUnit(kind string, v float64, from, to string) any {
	if kind == "temperature" {
		return convertTemperature(v, from, to)
	}
	x, ok1 := unitFactors[kind][from]
	y, ok2 := unitFactors[kind][to]
	if !ok1 || !ok2 {
		return nil
	}
	return v * x / y
}

// temperatures have a scale and a zero point: kelvin = (v + shift) * scale.
var temperatures = map[string][2]float64{"Kelvin": {0, 1}, "DegreeCelsius": {273.15, 1}, "DegreeFahrenheit": {459.67, 5.0 / 9}, "DegreeRankine": {0, 5.0 / 9}, "DegreeReaumur": {273.15 * 0.8, 1.25}, "DegreeDelisle": {-559.725, -2.0 / 3}}

func convertTemperature(v float64, from, to string) any {
	x, ok1 := temperatures[from]
	y, ok2 := temperatures[to]
	if !ok1 || !ok2 {
		return nil
	}
	return (v+x[0])*x[1]/y[1] - y[0]
}

// fold compares names of operations without regard to letter case.
func fold(s string) string { return strings.ToLower(s) }
