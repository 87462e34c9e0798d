package kql

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strings"

	"passtrail"
	"passtrail/internal/kql/check"
	"passtrail/internal/kql/types"
)

// Cell turns a value from the database into that of the Log Analytics query API for a column of type t: instants and
// timespans as text, numbers and bools as they are, NaN and infinities as text, dynamic as JSON text, null as nil.
func Cell(v any, t types.Type) any {
	switch v := v.(type) {
	case nil:
		if t == types.String {
			return ""
		}
		return nil
	case []byte:
		return Cell(string(v), t)
	case float64:
		return realCell(v)
	case float32:
		return realCell(float64(v))
	case *big.Int:
		return v.String()
	case string:
		switch {
		case t == types.Dynamic && v == "null":
			return nil
		case t == types.Decimal && strings.Contains(v, "."):
			return strings.TrimSuffix(strings.TrimRight(v, "0"), ".")
		}
		return v
	}
	if n, ok := whole(v); ok {
		switch t {
		case types.DateTime:
			return passtrail.Ticks(n).String()
		case types.TimeSpan:
			return check.SpanText(passtrail.Ticks(n))
		}
		return n
	}
	if t == types.Dynamic {
		if b, err := json.Marshal(v); err == nil {
			return string(b)
		}
	}
	if s, ok := v.(fmt.Stringer); ok {
		return Cell(s.String(), t)
	}
	return v
}

func realCell(v float64) any {
	switch {
	case math.IsNaN(v):
		return "NaN"
	case math.IsInf(v, 1):
		return "Infinity"
	case math.IsInf(v, -1):
		return "-Infinity"
	}
	return v
}

func whole(v any) (int64, bool) {
	switch v := v.(type) {
	case int64:
		return v, true
	case int32:
		return int64(v), true
	case int16:
		return int64(v), true
	case int8:
		return int64(v), true
	case uint8:
		return int64(v), true
	case uint32:
		return int64(v), true
	}
	return 0, false
}
