package native

import "math"

var unary = map[string]func(float64) float64{"abs": math.Abs, "exp": math.Exp, "sign": sign, "sin": math.Sin, "asin": math.Asin, "cos": math.Cos, "acos": math.Acos, "tan": math.Tan, "atan": math.Atan, "log": math.Log, "floor": math.Floor, "ceiling": math.Ceil}

func seriesUnary(a args) any {
	items, ok := a.array(1)
	f := unary[a.str(0)]
	if !ok || f == nil {
		return nil
	}
	whole := a.str(0) == "abs" || a.str(0) == "sign"
	out := make([]*node, len(items))
	for i, n := range items {
		out[i] = nullNode
		if x, ok := n.element(); ok {
			out[i] = numberNode(f(x), whole && n.typeName() == "long")
		}
	}
	return arrayNode(out)
}

// numberNode writes a whole number without a fraction when the answer is meant to be one.
func numberNode(f float64, whole bool) *node {
	if whole && math.Abs(f) < 1<<53 && f == math.Trunc(f) {
		return longNode(int64(f))
	}
	return realNode(f)
}

var compares = map[string]func(x, y float64) bool{
	"greater": func(x, y float64) bool { return x > y }, "greater_equals": func(x, y float64) bool { return x >= y },
	"less": func(x, y float64) bool { return x < y }, "less_equals": func(x, y float64) bool { return x <= y },
	"equals": func(x, y float64) bool { return x == y }, "not_equals": func(x, y float64) bool { return x != y },
}

var combines = map[string]func(x, y float64) float64{
	"add": func(x, y float64) float64 { return x + y }, "subtract": func(x, y float64) float64 { return x - y },
	"multiply": func(x, y float64) float64 { return x * y }, "divide": func(x, y float64) float64 { return x / y }, "pow": math.Pow,
}

// wholes are the operations that stay whole numbers between whole numbers.
var wholes = map[string]func(x, y int64) int64{
	"add": func(x, y int64) int64 { return x + y }, "subtract": func(x, y int64) int64 { return x - y }, "multiply": func(x, y int64) int64 { return x * y },
}

// seriesBinary works element by element; a number stands for a series of it, and beyond the end of the shorter series is null.
func seriesBinary(a args) any {
	n, m := a.json(1), a.json(2)
	if n.kind != array && m.kind != array {
		return nil
	}
	out := make([]*node, max(len(n.items), len(m.items)))
	for i := range out {
		out[i] = combined(a.str(0), elementAt(n, i), elementAt(m, i))
	}
	return arrayNode(out)
}

// combined applies an operation to two elements; null when either is no number.
func combined(op string, x, y *node) *node {
	fx, ok1 := x.element()
	fy, ok2 := y.element()
	if !ok1 || !ok2 {
		return nullNode
	}
	if f := compares[op]; f != nil {
		return boolNode(f(fx, fy))
	}
	if f := wholes[op]; f != nil && x.typeName() == "long" && y.typeName() == "long" {
		i, ok1 := dynamicLong(x).(int64)
		j, ok2 := dynamicLong(y).(int64)
		if ok1 && ok2 {
			return longNode(f(i, j))
		}
	}
	if f := combines[op]; f != nil {
		return realNode(f(fx, fy))
	}
	return nullNode
}

func elementAt(n *node, i int) *node {
	switch {
	case n.kind != array:
		return n
	case i < len(n.items):
		return n.items[i]
	}
	return nullNode
}
