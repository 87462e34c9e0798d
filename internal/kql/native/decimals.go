package native

import "math/big"

// decimals multiply and divide texts of decimals exactly, to 18 digits behind the point: DuckDB's product has as many
// digits there as both factors together, which leaves too few before it, and its quotient is a double.
var decimals = []fn{
	{"kql_decimal_mul", "ss:s", func(a args) any {
		return ofDecimals(a, func(x, y *big.Rat) *big.Rat { return x.Mul(x, y) })
	}},
	{"kql_decimal_div", "ss:s", func(a args) any {
		return ofDecimals(a, func(x, y *big.Rat) *big.Rat {
			if y.Sign() == 0 {
				return nil
			}
			return x.Quo(x, y)
		})
	}},
}

const decimalScale = 18

func ofDecimals(a args, f func(x, y *big.Rat) *big.Rat) any {
	x, ok1 := new(big.Rat).SetString(a.str(0))
	y, ok2 := new(big.Rat).SetString(a.str(1))
	if !ok1 || !ok2 {
		return nil
	}
	r := f(x, y)
	if r == nil {
		return nil
	}
	return r.FloatString(decimalScale)
}
