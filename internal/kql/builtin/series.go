package builtin

import "strings"

// seriesFunctions work on arrays of numbers.
var seriesFunctions = append(table(Scalar, "Series",
	def{Sig: "series_sum(series:dynamic) real", SQL: "kql_series_sum({0})", Help: "The sum of the elements.", Example: "series_sum(dynamic([1, 2])) == 3.0"},
	def{Sig: "series_product(series:dynamic) real", SQL: "kql_series_product({0})", Help: "The product of the elements.", Example: "series_product(dynamic([2, 3])) == 6.0"},
	def{Sig: "series_magnitude(series:dynamic) real", SQL: "kql_series_magnitude({0})", Help: "The Euclidean length.", Example: "series_magnitude(dynamic([3, 4])) == 5.0"},
	def{Sig: "series_dot_product(series1:json, series2:json) real", SQL: "kql_series_dot({0}, {1})", Help: "The sum of the products of elements.", Example: "series_dot_product(dynamic([1, 2]), dynamic([3, 4])) == 11.0"},
	def{Sig: "series_cosine_similarity(series1:dynamic, series2:dynamic, magnitude1:real=CAST(NULL AS DOUBLE), magnitude2:real=CAST(NULL AS DOUBLE)) real", SQL: "kql_series_cosine({0}, {1}, {2}, {3})", Help: "The cosine of the angle between two vectors.", Example: "series_cosine_similarity(dynamic([1, 0]), dynamic([0, 1])) == 0.0"},
	def{Sig: "series_pearson_correlation(series1:dynamic, series2:dynamic) real", SQL: "kql_series_pearson({0}, {1})", Help: "Pearson's correlation coefficient.", Example: "series_pearson_correlation(dynamic([1, 2, 3]), dynamic([2, 4, 6])) == 1.0"},
	def{Sig: "series_fill_const(series:dynamic, constant:json='0', placeholder:json=CAST(NULL AS JSON)) dynamic", SQL: "kql_series_fill_const({0}, {1}, {2})", Name: KeepFirst, Help: "Missing values replaced by a constant.", Example: "series_fill_const(dynamic([1, null]), 0)"},
	def{Sig: "series_fill_forward(series:dynamic, placeholder:json=CAST(NULL AS JSON)) dynamic", SQL: "kql_series_fill_forward({0}, {1})", Name: KeepFirst, Help: "Missing values replaced by the last one before.", Example: "series_fill_forward(dynamic([1, null]))"},
	def{Sig: "series_fill_backward(series:dynamic, placeholder:json=CAST(NULL AS JSON)) dynamic", SQL: "kql_series_fill_backward({0}, {1})", Name: KeepFirst, Help: "Missing values replaced by the next one after.", Example: "series_fill_backward(dynamic([null, 1]))"},
	def{Sig: "series_fill_linear(series:dynamic, placeholder:json=CAST(NULL AS JSON), fill_edges:bool=true, constant:json='0.0') dynamic", SQL: "kql_series_fill_linear({0}, {1}, {2}, {3})", Name: KeepFirst, Help: "Missing values on the line between their neighbours.", Example: "series_fill_linear(dynamic([1, null, 3]))"},
	def{Sig: "series_fir(series:dynamic, filter:dynamic, normalize:bool=CAST(NULL AS BOOLEAN), center:bool=false) dynamic", SQL: "kql_series_fir({0}, {1}, {2}, {3})", Name: KeepFirst, Help: "A finite impulse response filter.", Example: "series_fir(dynamic([1, 2, 3]), dynamic([1, 1]), false)"},
	def{Sig: "series_iir(series:dynamic, numerators:dynamic, denominators:dynamic) dynamic", SQL: "kql_series_iir({0}, {1}, {2})", Name: KeepFirst, Help: "An infinite impulse response filter.", Example: "series_iir(dynamic([1, 1]), dynamic([1]), dynamic([1, -1]))"},
	def{Sig: "series_outliers(series:dynamic, kind:string='ctukey', ignore_val:real=CAST(NULL AS DOUBLE), min_percentile:real=10.0, max_percentile:real=90.0) dynamic", SQL: "kql_series_outliers({0}, {1}, {2}, {3}, {4})", Name: KeepFirst, Help: "Outlier scores by Tukey's test.", Example: "series_outliers(dynamic([1, 2, 1, 50]))"},
	def{Sig: "series_stats(series:dynamic, ignore_nonfinite:const bool=false) dynamic", SQL: "kql_series_stats({0}, {1})", Name: Special, Tuple: "min:real min_idx:long max:real max_idx:long avg:real stdev:real variance:real", Help: "Least and greatest value with their indices, mean, standard deviation, variance.", Example: "series_stats(dynamic([1, 2]))"},
	def{Sig: "series_stats_dynamic(series:dynamic, ignore_nonfinite:const bool=false) dynamic", SQL: "kql_series_stats_dynamic({0}, {1})", Help: "What series_stats gives, as a property bag.", Example: "series_stats_dynamic(dynamic([1, 2])).max"},
	def{Sig: "series_fit_line(series:dynamic) dynamic", SQL: "kql_series_fit_line({0})", Name: Special, Tuple: "rsquare:real slope:real variance:real rvariance:real interception:real line_fit:dynamic", Help: "The line of least squares.", Example: "series_fit_line(dynamic([1, 2, 3]))"},
	def{Sig: "series_fit_line_dynamic(series:dynamic) dynamic", SQL: "kql_series_fit_line_dynamic({0})", Help: "What series_fit_line gives, as a property bag.", Example: "series_fit_line_dynamic(dynamic([1, 2, 3])).slope"},
	def{Sig: "series_seasonal(series:dynamic, period:long=-1) dynamic", SQL: "kql_series_seasonal({0}, {1})", Dev: devModel, Help: "What repeats with the period: the median of each of its phases. Without a period one is looked for; without any it is 0.", Example: "series_seasonal(dynamic([1, 2, 1, 2]), 2)"},
	def{Sig: "series_fit_poly(y_series:dynamic) dynamic", SQL: "kql_series_fit_poly({0}, 1)", Name: Special, Tuple: "rsquare:real coefficients:dynamic variance:real rvariance:real poly_fit:dynamic", Help: "The line of least squares, as a polynomial.", Example: "series_fit_poly(dynamic([1, 4, 9, 16]))"},
	def{Sig: "series_fit_poly(y_series:dynamic, x_series:dynamic, degree:long=1) dynamic", SQL: "kql_series_fit_poly_xy({0}, {1}, {2})", Name: Special, Tuple: "rsquare:real coefficients:dynamic variance:real rvariance:real poly_fit:dynamic", Help: "The polynomial of least squares over given places.", Example: "series_fit_poly(dynamic([1, 4, 9]), dynamic([1, 2, 3]), 2)"},
	def{Sig: "series_fit_2lines(series:dynamic) dynamic", SQL: "kql_series_fit_2lines({0})", Name: Special, Tuple: "rsquare:real split_idx:long variance:real rvariance:real line_fit:dynamic right_rsquare:real right_slope:real right_interception:real right_variance:real right_rvariance:real left_rsquare:real left_slope:real left_interception:real left_variance:real left_rvariance:real", Help: "The two lines of least squares, and where they meet.", Example: "series_fit_2lines(dynamic([1, 2, 3, 3, 2, 1]))"},
	def{Sig: "series_fit_2lines_dynamic(series:dynamic) dynamic", SQL: "kql_series_fit_2lines_dynamic({0})", Help: "What series_fit_2lines gives, as a property bag.", Example: "series_fit_2lines_dynamic(dynamic([1, 2, 3, 3, 2, 1])).left.slope"},
	def{Sig: "series_fft(real:dynamic, imaginary:dynamic=CAST(NULL AS JSON)) dynamic", SQL: "kql_series_fft({0}, {1}, false)", Name: Special, Tuple: "real:dynamic imag:dynamic", Help: "The discrete Fourier transform.", Example: "series_fft(dynamic([1, 0, 0, 0]))"},
	def{Sig: "series_ifft(real:dynamic, imaginary:dynamic=CAST(NULL AS JSON)) dynamic", SQL: "kql_series_fft({0}, {1}, true)", Name: Special, Tuple: "real:dynamic imag:dynamic", Help: "The inverse of the discrete Fourier transform.", Example: "series_ifft(dynamic([1, 1, 1, 1]))"},
	def{Sig: "series_periods_detect(series:dynamic, min_period:real, max_period:real, num_periods:long) dynamic", SQL: "kql_series_periods({0}, {1}, {2}, {3})", Name: Special, Tuple: "periods:dynamic scores:dynamic", Dev: devModel, Help: "The periods in which the series repeats, of 4 points at least; 0 for those that are not there.", Example: "series_periods_detect(dynamic([1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4]), 4, 6, 1)"},
	def{Sig: "series_periods_validate(series:dynamic, period:json...) dynamic", SQL: "kql_series_periods_validate({0}, json_array({1*}))", Name: Special, Tuple: "periods:dynamic scores:dynamic", Dev: devModel, Help: "How well the series repeats in the given periods; 0 for one below 4 points or above half of the series.", Example: "series_periods_validate(dynamic([1, 2, 3, 4, 1, 2, 3, 4]), 4.0)"},
	def{Sig: "series_decompose(series:dynamic, period:long=-1, trend:string='avg', test_points:long=0, threshold:real=0.6) dynamic", SQL: "kql_series_decompose({0}, {1}, {2}, {3}, CAST({4} AS DOUBLE))", Name: Special, Tuple: "baseline:dynamic seasonal:dynamic trend:dynamic residual:dynamic", Dev: devModel, Help: "The series split into season, trend and rest.", Example: "series_decompose(dynamic([1, 2, 1, 2, 1, 2]))"},
	def{Sig: "series_decompose_forecast(series:dynamic, points:long, period:long=-1, trend:string='linefit', threshold:real=0.6) dynamic", SQL: "kql_series_decompose({0}, {2}, {3}, {1}, CAST({4} AS DOUBLE))", Name: Special, Tuple: "baseline:dynamic seasonal:dynamic trend:dynamic residual:dynamic", Dev: devModel, Help: "The last points as season and trend of the others foretell them.", Example: "series_decompose_forecast(dynamic([1, 2, 3, 4, 0, 0]), 2)"},
	def{Sig: "series_decompose_anomalies(series:dynamic, threshold:real=1.5, period:long=-1, trend:string='avg', test_points:long=0, method:string='ctukey', seasonality_threshold:real=0.6) dynamic", SQL: "kql_series_anomalies({0}, CAST({1} AS DOUBLE), {2}, {3}, {4}, {5}, CAST({6} AS DOUBLE))", Name: Special, Tuple: "ad_flag:dynamic ad_score:dynamic baseline:dynamic", Dev: devModel, Help: "Which values stand out from season and trend: 1 above, -1 below; how much; and the baseline.", Example: "series_decompose_anomalies(dynamic([1, 1, 1, 9, 1, 1]))"},
), seriesElementwise()...)

const devModel = "periods are found by autocorrelation, so scores differ in the decimals, and near the threshold in what is found"

// seriesElementwise has the functions that work element by element.
func seriesElementwise() []def {
	var defs []def
	for _, op := range strings.Fields("add:sum subtract:difference multiply:product divide:quotient pow:power greater:comparison greater_equals:comparison less:comparison less_equals:comparison equals:comparison not_equals:comparison") {
		name, what, _ := strings.Cut(op, ":")
		defs = append(defs, def{Sig: "series_" + name + "(series1:json, series2:json) dynamic", SQL: "kql_series_binary('" + name + "', {0}, {1})",
			Help: "The " + what + " (" + strings.ReplaceAll(name, "_", " ") + "), element by element.", Example: "series_" + name + "(dynamic([1, 2]), dynamic([2, 2]))"})
	}
	for _, name := range strings.Fields("abs exp sign sin asin cos acos tan atan log floor ceiling") {
		defs = append(defs, def{Sig: "series_" + name + "(series:dynamic) dynamic", SQL: "kql_series_unary('" + name + "', {0})",
			Help: "What " + name + " gives for each element.", Example: "series_" + name + "(dynamic([1, 0.5]))"})
	}
	return table(Scalar, "Series", defs...)
}

// unitFunctions convert physical units.
var unitFunctions = func() []def {
	var defs []def
	for kind, units := range map[string][2]string{"angle": {"Degree", "Radian"}, "energy": {"Joule", "Kilojoule"}, "force": {"Newton", "Kilonewton"}, "length": {"Meter", "Kilometer"},
		"mass": {"Kilogram", "Gram"}, "speed": {"MeterPerSecond", "KilometerPerHour"}, "temperature": {"Kelvin", "DegreeCelsius"}, "volume": {"Liter", "CubicMeter"}} {
		defs = append(defs, def{Sig: "convert_" + kind + "(value:real, from:string, to:string) real", SQL: "kql_convert('" + kind + "', {0}, {1}, {2})",
			Dev: "the usual units of each kind; for others the answer is null", Help: "A value in another unit of " + kind + ".", Example: `convert_` + kind + `(1.2, "` + units[0] + `", "` + units[1] + `")`})
	}
	return table(Scalar, "Units", defs...)
}()
