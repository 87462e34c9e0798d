package builtin

import (
	"fmt"

	"passtrail/internal/kql/types"
)

// real1 is a def of a function of one real number that needs Go to answer NaN where DuckDB raises.
func real1(name, help, example string) def {
	return def{Sig: name + "(number:real) real", SQL: "kql_" + name + "({0})", Name: KeepFirst, Help: help, Example: example}
}

var mathFunctions = table(Scalar, "Numbers",
	def{Sig: "bin(value:number, roundTo:number) ^widen", Make: bin, Also: "floor", Name: KeepFirst, Help: "The greatest multiple of the size that is not above the value.", Example: "bin(4.5, 1) == 4.0"},
	def{Sig: "bin(value:datetime, roundTo:timespan) datetime", Make: bin, Also: "floor", Name: KeepFirst, Help: "The start of the bin; bins count from 0001-01-01.", Example: "bin(datetime(2007-01-03), 7d) == datetime(2007-01-01)"},
	def{Sig: "bin(value:timespan, roundTo:timespan) timespan", Make: bin, Also: "floor", Name: KeepFirst, Help: "The greatest multiple of the size that is not above the value.", Example: "bin(16d, 7d) == 14d"},
	def{Sig: "bin_at(value:datetime, bin_size:timespan, fixed_point:datetime) datetime", SQL: "kql_bin_at({0}, {1}, {2})", Name: KeepFirst, Help: "The start of the bin, with one bin starting at the fixed point.", Example: "bin_at(datetime(2017-05-15 10:20), 1d, datetime(1970-01-01 12:00)) == datetime(2017-05-14 12:00)"},
	def{Sig: "bin_at(value:timespan, bin_size:timespan, fixed_point:timespan) timespan", SQL: "kql_bin_at({0}, {1}, {2})", Name: KeepFirst, Help: "The start of the bin, with one bin starting at the fixed point.", Example: "bin_at(1h, 1d, 12h) == -12h"},
	def{Sig: "bin_at(value:number, bin_size:number, fixed_point:number) ^widen", Make: func(_ Env, a []Arg) string {
		w := widest(&Row{}, a, 0)
		if w.Integer() {
			return fill("kql_bin_at({0}, {1}, {2})", Env{}, a)
		}
		return Convert(fill("kql_bin_at_real(CAST({0} AS DOUBLE), CAST({1} AS DOUBLE), CAST({2} AS DOUBLE))", Env{}, a), types.Real, w)
	}, Name: KeepFirst, Help: "The start of the bin, with one bin starting at the fixed point.", Example: "bin_at(6.5, 2.5, 7) == 4.5"},
	def{Sig: "around(value:datetime, center:datetime, delta:timespan) bool", SQL: "kql_around({0}, {1}, {2})", Help: "Whether the value is not farther from the centre than delta.", Example: "around(datetime(2026-01-01), datetime(2026-01-02), 1d)"},
	def{Sig: "around(value:timespan, center:timespan, delta:timespan) bool", SQL: "kql_around({0}, {1}, {2})", Help: "Whether the value is not farther from the centre than delta.", Example: "around(1h, 2h, 1h)"},
	def{Sig: "around(value:real, center:real, delta:real) bool", SQL: "kql_around_real({0}, {1}, {2})", Help: "Whether the value is not farther from the centre than delta.", Example: "around(1, 2, 1)"},
	def{Sig: "abs(number:floating) =0", SQL: "abs({0})", Name: KeepFirst, Help: "The absolute value.", Example: "abs(-5.5) == 5.5"},
	def{Sig: "abs(number:long) ^0", SQL: "kql_abs(CAST({0} AS BIGINT))", Name: KeepFirst, Help: "The absolute value.", Example: "abs(-5) == 5"},
	def{Sig: "abs(number:timespan) timespan", SQL: "kql_abs({0})", Name: KeepFirst, Help: "The absolute value.", Example: "abs(-5m) == 5m"},
	def{Sig: "round(number:floating) =0", SQL: "round({0})", Name: KeepFirst, Help: "The nearest whole number, halves away from zero.", Example: "round(2.5) == 3.0"},
	def{Sig: "round(number:long) =0", SQL: "{0}", Name: KeepFirst, Help: "A whole number stays as it is.", Example: "round(5) == 5"},
	def{Sig: "round(number:floating, precision:const long) =0", SQL: "round({0}, CAST({lit1} AS INTEGER))", Name: KeepFirst, Help: "Rounded to so many digits, halves away from zero.", Example: "round(2.15, 1) == 2.2"},
	def{Sig: "round(number:long, precision:const long) =0", Make: roundLong, Name: KeepFirst, Help: "Rounded to so many digits; a negative number of them rounds before the point.", Example: "round(1234, -2) == 1200"},
	def{Sig: "ceiling(number:floating) =0", SQL: "ceil({0})", Name: KeepFirst, Help: "The least whole number that is not below.", Example: "ceiling(-1.1) == -1.0"},
	def{Sig: "ceiling(number:long) =0", SQL: "{0}", Name: KeepFirst, Help: "A whole number stays as it is.", Example: "ceiling(5) == 5"},
	def{Sig: "sign(number:real) real", SQL: "kql_sign({0})", Help: "-1, 0 or 1.", Example: "sign(-42) == -1"},
	def{Sig: "pow(base:real, exponent:real) real", SQL: "kql_pow({0}, {1})", Name: KeepFirst, Help: "The base raised to the exponent.", Example: "pow(2, 3) == 8.0"},
	real1("sqrt", "The square root; NaN below zero.", "sqrt(256) == 16.0"),
	real1("log", "The natural logarithm; null below zero.", "log(1) == 0.0"),
	real1("log2", "The logarithm to base 2.", "log2(8) == 3.0"),
	real1("log10", "The logarithm to base 10.", "log10(1000) == 3.0"),
	real1("exp", "e raised to the number.", "exp(0) == 1.0"),
	real1("exp2", "2 raised to the number.", "exp2(2) == 4.0"),
	real1("exp10", "10 raised to the number.", "exp10(3) == 1000.0"),
	real1("sin", "The sine.", "sin(0) == 0.0"),
	real1("cos", "The cosine.", "cos(0) == 1.0"),
	real1("tan", "The tangent.", "tan(0) == 0.0"),
	real1("asin", "The angle with this sine; NaN when there is none.", "asin(0) == 0.0"),
	real1("acos", "The angle with this cosine; NaN when there is none.", "acos(1) == 0.0"),
	real1("atan", "The angle with this tangent.", "atan(0) == 0.0"),
	def{Sig: "atan2(y:real, x:real) real", SQL: "kql_atan2({0}, {1})", Name: KeepFirst, Help: "The angle between the x axis and the line to (x, y).", Example: "atan2(0, 1) == 0.0"},
	def{Sig: "cot(number:real) real", SQL: "kql_cot({0})", Help: "The cotangent.", Example: "cot(1)"},
	def{Sig: "degrees(radians:real) real", SQL: "degrees({0})", Help: "Radians in degrees.", Example: "degrees(pi()) == 180.0"},
	def{Sig: "radians(degrees:real) real", SQL: "radians({0})", Help: "Degrees in radians.", Example: "radians(180) == pi()"},
	def{Sig: "pi() real", SQL: "pi()", NotNull: true, Help: "The number pi.", Example: "pi()"},
	real1("gamma", "The gamma function.", "gamma(5) == 24.0"),
	real1("loggamma", "The logarithm of the gamma function's absolute value.", "loggamma(1) == 0.0"),
	real1("erf", "The error function.", "erf(0) == 0.0"),
	real1("erfc", "The complementary error function.", "erfc(0) == 1.0"),
	def{Sig: "beta_cdf(x:real, alpha:real, beta:real) real", SQL: "kql_beta_cdf({0}, {1}, {2})", Help: "The cumulative distribution function of the beta distribution.", Example: "beta_cdf(0.5, 10, 20)"},
	def{Sig: "beta_inv(probability:real, alpha:real, beta:real) real", SQL: "kql_beta_inv({0}, {1}, {2})", Help: "The inverse of beta_cdf.", Example: "beta_inv(0.1, 10, 20)"},
	def{Sig: "beta_pdf(x:real, alpha:real, beta:real) real", SQL: "kql_beta_pdf({0}, {1}, {2})", Help: "The density of the beta distribution.", Example: "beta_pdf(0.5, 10, 20)"},
	def{Sig: "welch_test(mean1:real, variance1:real, count1:real, mean2:real, variance2:real, count2:real) real", SQL: "kql_welch({0}, {1}, {2}, {3}, {4}, {5})", Help: "The p-value of Welch's t-test.", Example: "welch_test(0.0, 1.0, 10, 1.0, 1.0, 10)"},
	def{Sig: "isnan(number:real) bool", SQL: "coalesce(isnan({0}), false)", NotNull: true, Help: "Whether the number is NaN.", Example: "isnan(0.0 / 0.0)"},
	def{Sig: "isinf(number:real) bool", SQL: "coalesce(isinf({0}), false)", NotNull: true, Help: "Whether the number is infinite.", Example: "isinf(1.0 / 0.0)"},
	def{Sig: "isfinite(number:real) bool", SQL: "coalesce(isfinite({0}), false)", NotNull: true, Help: "Whether the number is neither infinite nor NaN.", Example: "isfinite(1.0)"},
	def{Sig: "rand() real", SQL: "random()", Volatile: true, NotNull: true, Name: KeepFirst, Help: "A random number from 0 to below 1.", Example: "rand()"},
	def{Sig: "rand(n:long) real", SQL: "floor(random() * {0})", Volatile: true, Name: KeepFirst, Help: "A random whole number from 0 to below n.", Example: "rand(10)"},
)

// roundLong rounds a whole number; only a negative precision changes it.
func roundLong(_ Env, a []Arg) string {
	if n, ok := a[1].Value.(int64); ok && n >= 0 {
		return a[0].SQL
	}
	return fmt.Sprintf("TRY_CAST(round(CAST(%s AS DOUBLE), CAST(%s AS INTEGER)) AS %s)", a[0].SQL, literal(a[1]), SQLType(a[0].Type))
}

// bin floors. A size known to be a positive whole number makes plain arithmetic that groups and filters fast; anything
// else goes to Go, which answers null for a size that is not positive.
func bin(_ Env, a []Arg) string {
	value, size := a[0], a[1]
	whole := func(t types.Type) bool { return t.Integer() || t == types.DateTime || t == types.TimeSpan }
	n, known := size.Value.(int64)
	switch {
	case value.Type == types.DateTime && known && n > 0:
		return fmt.Sprintf("%s // %d * %d", Atom(value.SQL), n, n)
	case whole(value.Type) && whole(size.Type) && known && n > 0 && len(value.SQL) < 80 && !volatile(value.SQL):
		v := Atom(value.SQL)
		return fmt.Sprintf("%s - (%s %% %d + %d) %% %d", v, v, n, n, n)
	case whole(value.Type) && whole(size.Type):
		return call("kql_bin", "CAST("+value.SQL+" AS BIGINT)", "CAST("+size.SQL+" AS BIGINT)")
	}
	w, _ := types.Widen(value.Type, size.Type)
	v := Convert(value.SQL, value.Type, types.Real)
	if f, ok := size.Number(); ok && f > 0 {
		return Convert(fmt.Sprintf("floor(%s / %s) * %s", Atom(v), literal(size), literal(size)), types.Real, w)
	}
	return Convert(call("kql_bin_real", v, Convert(size.SQL, size.Type, types.Real)), types.Real, w)
}

// bitFunctions work on the bits of whole numbers.
var bitFunctions = table(Scalar, "Bits",
	def{Sig: "binary_and(value1:long, value2:long) long", SQL: "CAST({0} AS BIGINT) & CAST({1} AS BIGINT)", Name: KeepFirst, Help: "Bitwise and.", Example: "binary_and(6, 3) == 2"},
	def{Sig: "binary_or(value1:long, value2:long) long", SQL: "CAST({0} AS BIGINT) | CAST({1} AS BIGINT)", Name: KeepFirst, Help: "Bitwise or.", Example: "binary_or(6, 3) == 7"},
	def{Sig: "binary_xor(value1:long, value2:long) long", SQL: "xor(CAST({0} AS BIGINT), CAST({1} AS BIGINT))", Name: KeepFirst, Help: "Bitwise exclusive or.", Example: "binary_xor(6, 3) == 5"},
	def{Sig: "binary_not(value:long) long", SQL: "~CAST({0} AS BIGINT)", Name: KeepFirst, Help: "Bitwise not.", Example: "binary_not(100) == -101"},
	def{Sig: "binary_shift_left(value:long, shift:long) long", SQL: "kql_shift_left(CAST({0} AS BIGINT), CAST({1} AS BIGINT))", Name: KeepFirst, Help: "Bits moved to the left, modulo 64 places; null for a negative shift.", Example: "binary_shift_left(1, 2) == 4"},
	def{Sig: "binary_shift_right(value:long, shift:long) long", SQL: "kql_shift_right(CAST({0} AS BIGINT), CAST({1} AS BIGINT))", Name: KeepFirst, Help: "Bits moved to the right, modulo 64 places; null for a negative shift.", Example: "binary_shift_right(4, 1) == 2"},
	def{Sig: "bitset_count_ones(value:long) long", SQL: "CAST(bit_count(CAST({0} AS BIGINT)) AS BIGINT)", Name: KeepFirst, Help: "Number of bits that are set.", Example: "bitset_count_ones(42) == 3"},
)
