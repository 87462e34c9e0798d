package check

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"passtrail"
	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/plan"
	"passtrail/internal/kql/types"
)

var literalTypes = map[ast.Kind]types.Type{ast.Bool: types.Bool, ast.Int: types.Int, ast.Long: types.Long, ast.Real: types.Real, ast.Decimal: types.Decimal,
	ast.String: types.String, ast.Datetime: types.DateTime, ast.Timespan: types.TimeSpan, ast.GUID: types.Guid, ast.NullDynamic: types.Dynamic}

func (c *checker) literal(x *ast.Literal) plan.Expr {
	l := &plan.Lit{T: literalTypes[x.Kind]}
	if x.Null && x.Kind != ast.String {
		return l
	}
	switch x.Kind {
	case ast.Bool:
		l.V = x.Bool
	case ast.Int, ast.Long, ast.Timespan:
		l.V = x.Int
	case ast.Datetime:
		l.V = x.Int
		if x.Now {
			l.V = int64(c.o.Now)
		}
	case ast.Real:
		l.V = x.Real
	case ast.Decimal, ast.String, ast.GUID:
		l.V = x.Str
	}
	return l
}

// dynamicLiteral writes dynamic(…) as JSON text.
func (c *checker) dynamicLiteral(x *ast.Dynamic) plan.Expr {
	if l, ok := x.Value.(*ast.Literal); x.Value == nil || ok && (l.Null || l.Kind == ast.NullDynamic) {
		return &plan.Lit{T: types.Dynamic}
	}
	var b strings.Builder
	c.writeJSON(&b, x.Value)
	return &plan.Lit{T: types.Dynamic, V: b.String()}
}

func (c *checker) writeJSON(b *strings.Builder, x ast.Expr) {
	switch x := x.(type) {
	case *ast.Array:
		b.WriteByte('[')
		for i, item := range x.Items {
			if i > 0 {
				b.WriteByte(',')
			}
			c.writeJSON(b, item)
		}
		b.WriteByte(']')
	case *ast.Bag:
		b.WriteByte('{')
		for i, entry := range x.Entries {
			if i > 0 {
				b.WriteByte(',')
			}
			writeString(b, entry.Key.Str)
			b.WriteByte(':')
			c.writeJSON(b, entry.Value)
		}
		b.WriteByte('}')
	case *ast.Unary:
		if span, ok := x.X.(*ast.Literal); ok && span.Kind == ast.Timespan {
			writeString(b, SpanText(passtrail.Ticks(-span.Int)))
			return
		}
		b.WriteByte('-')
		c.writeJSON(b, x.X)
	case *ast.Dynamic:
		c.writeJSON(b, x.Value)
	case *ast.Literal:
		c.writeScalar(b, x)
	default:
		c.fail(x.Span(), "bad-dynamic", "only constants can stand in dynamic(…)")
		b.WriteString("null")
	}
}

func (c *checker) writeScalar(b *strings.Builder, x *ast.Literal) {
	if x.Null {
		b.WriteString("null")
		return
	}
	switch x.Kind {
	case ast.Bool:
		b.WriteString(strconv.FormatBool(x.Bool))
	case ast.Int, ast.Long:
		b.WriteString(strconv.FormatInt(x.Int, 10))
	case ast.Real:
		b.WriteString(realJSON(x.Real))
	case ast.Decimal:
		writeString(b, x.Str)
	case ast.Datetime:
		t := passtrail.Ticks(x.Int)
		if x.Now {
			t = c.o.Now
		}
		writeString(b, t.String())
	case ast.Timespan:
		writeString(b, SpanText(passtrail.Ticks(x.Int)))
	case ast.NullDynamic:
		b.WriteString("null")
	default:
		writeString(b, x.Str)
	}
}

func realJSON(v float64) string {
	switch {
	case math.IsNaN(v):
		return `"NaN"`
	case math.IsInf(v, 1):
		return `"Infinity"`
	case math.IsInf(v, -1):
		return `"-Infinity"`
	}
	s := strconv.FormatFloat(v, 'g', -1, 64)
	if !strings.ContainsAny(s, ".e") {
		s += ".0"
	}
	return s
}

func writeString(b *strings.Builder, s string) {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	var w strings.Builder
	e = json.NewEncoder(&w)
	e.SetEscapeHTML(false)
	_ = e.Encode(strings.ToValidUTF8(s, "\uFFFD"))
	b.WriteString(strings.TrimSuffix(w.String(), "\n"))
}

// decodeJSON reads the value of a dynamic constant for those who want to look into it; numbers come as float64.
func decodeJSON(v any) any {
	s, ok := v.(string)
	if !ok {
		return nil
	}
	var out any
	if json.Unmarshal([]byte(s), &out) != nil {
		return nil
	}
	return out
}

// SpanText writes a timespan as Kusto does: [-][d.]hh:mm:ss[.fffffff].
func SpanText(t passtrail.Ticks) string {
	u := uint64(t)
	var b strings.Builder
	if t < 0 {
		b.WriteByte('-')
		u = -u
	}
	day, hour, min, sec := uint64(passtrail.Day), uint64(passtrail.Hour), uint64(passtrail.Minute), uint64(passtrail.Second)
	if d := u / day; d > 0 {
		b.WriteString(strconv.FormatUint(d, 10) + ".")
	}
	two := func(n uint64) string {
		if n < 10 {
			return "0" + strconv.FormatUint(n, 10)
		}
		return strconv.FormatUint(n, 10)
	}
	b.WriteString(two(u%day/hour) + ":" + two(u%hour/min) + ":" + two(u%min/sec))
	if f := u % sec; f > 0 {
		s := strconv.FormatUint(f, 10)
		b.WriteString("." + strings.Repeat("0", 7-len(s)) + s)
	}
	return b.String()
}
