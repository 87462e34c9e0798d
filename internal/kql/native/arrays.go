package native

import (
	"math"
	"sort"

	"passtrail"
)

// arrays work on dynamic arrays; what is no array gives null.
var arrays = []fn{
	{"kql_array_length", "j:l", func(a args) any {
		if items, ok := a.array(0); ok {
			return int64(len(items))
		}
		return nil
	}},
	{"kql_array_concat", "?*j:j", func(a args) any {
		var all []*node
		some := false
		for i := range a {
			items, ok := a.array(i)
			all, some = append(all, items...), some || ok
		}
		if !some {
			return nil
		}
		return arrayNode(all)
	}},
	{"kql_array_sum", "j:r", func(a args) any {
		items, ok := a.array(0)
		sum := 0.0
		for _, n := range items {
			f, _ := n.float()
			sum, ok = sum+f, ok && n.kind == number
		}
		if !ok {
			return nil
		}
		return sum
	}},
	{"kql_array_iff", "?jjj:j", arrayIff},
	{"kql_array_index_of", "?jjlll:l", arrayIndexOf},
	{"kql_array_slice", "jll:j", func(a args) any {
		items, ok := a.array(0)
		if !ok {
			return nil
		}
		n := int64(len(items))
		from, to := fromEnd(a.long(1), n), min(fromEnd(a.long(2), n), n-1)
		if from > to {
			return arrayNode(nil)
		}
		return arrayNode(items[max(from, 0) : to+1])
	}},
	{"kql_array_split", "jj:j", arraySplit},
	{"kql_array_shift", "?jlj:j", func(a args) any { return arrayShift(a, 1) }},
	{"kql_array_shift_right", "?jlj:j", func(a args) any { return arrayShift(a, -1) }},
	{"kql_array_rotate", "jl:j", func(a args) any { return arrayRotate(a, 1) }},
	{"kql_array_rotate_right", "jl:j", func(a args) any { return arrayRotate(a, -1) }},
	{"kql_array_reverse", "j:j", func(a args) any {
		items, ok := a.array(0)
		if !ok {
			return nil
		}
		out := make([]*node, len(items))
		for i, n := range items {
			out[len(items)-1-i] = n
		}
		return arrayNode(out)
	}},
	{"kql_array_sort", "jbb:j", func(a args) any {
		items, ok := a.array(0)
		if !ok {
			return nil
		}
		return arrayNode(pick(items, sortedOrder(items, a.bool(1), a.bool(2))))
	}},
	{"kql_array_sort_all", "?bb*j:j", func(a args) any {
		first, ok := a.array(2)
		if !ok {
			return nil
		}
		order := sortedOrder(first, a.bool(0), a.bool(1))
		var out []*node
		for i := 2; i < len(a); i++ {
			items, ok := a.array(i)
			if !ok || len(items) != len(first) {
				out = append(out, nullNode)
				continue
			}
			out = append(out, arrayNode(pick(items, order)))
		}
		return arrayNode(out)
	}},
	{"kql_range_long", "lll:j", func(a args) any {
		return steps(a.long(0), a.long(1), a.long(2), longNode)
	}},
	{"kql_range_real", "rrr:j", rangeReal},
	{"kql_range_datetime", "lll:j", func(a args) any {
		return steps(a.long(0), a.long(1), a.long(2), func(t int64) *node { return textNode(passtrail.Ticks(t).String()) })
	}},
	{"kql_range_timespan", "lll:j", func(a args) any {
		return steps(a.long(0), a.long(1), a.long(2), func(t int64) *node { return textNode(timespanText(t)) })
	}},
	{"kql_repeat", "?jl:j", func(a args) any {
		n := a.long(1)
		if a.null(1) || n < 0 {
			return nil
		}
		if n > maxResult {
			return errTooLarge
		}
		v := a.json(0)
		out := make([]*node, n)
		for i := range out {
			out[i] = v
		}
		return arrayNode(out)
	}},
	{"kql_zip", "?*j:j", zip},
	{"kql_flat", "jl:j", func(a args) any {
		items, ok := a.array(0)
		if !ok {
			return nil
		}
		out := flat(items)
		return arrayNode(out[:min(int64(len(out)), max(a.long(1), 0))])
	}},
	{"kql_distinct", "jl:j", func(a args) any {
		items, ok := a.array(0)
		if !ok {
			return nil
		}
		out := distinct(flat(items), func(n *node) bool { return n.kind != null })
		return arrayNode(out[:min(int64(len(out)), max(a.long(1), 0))])
	}},
}

func fromEnd(i, n int64) int64 {
	if i < 0 {
		return i + n
	}
	return i
}

func arrayIff(a args) any {
	conds, ok := a.array(0)
	if !ok {
		return nil
	}
	branch := func(n *node, i int) *node {
		switch {
		case n.kind != array:
			return n
		case i < len(n.items):
			return n.items[i]
		}
		return nullNode
	}
	yes, no := a.json(1), a.json(2)
	out := make([]*node, len(conds))
	for i, c := range conds {
		f, isNumber := c.float()
		switch {
		case c.kind == boolean && c.text == "true" || c.kind == number && isNumber && f != 0:
			out[i] = branch(yes, i)
		case c.kind == boolean || c.kind == number:
			out[i] = branch(no, i)
		default:
			out[i] = nullNode
		}
	}
	return arrayNode(out)
}

func arrayIndexOf(a args) any {
	items, ok := a.array(0)
	if !ok {
		return nil
	}
	if a.long(3) < -1 || a.long(4) < 0 {
		return nil
	}
	n := int64(len(items))
	start, want, occurrence := max(fromEnd(a.long(2), n), 0), a.json(1).key(), a.long(4)
	end := n
	if a.long(3) >= 0 {
		end = start + min(a.long(3), max(n-start, 0))
	}
	for i := start; i < end; i++ {
		if items[i].key() == want {
			if occurrence--; occurrence <= 0 {
				return i
			}
		}
	}
	return int64(-1)
}

func arraySplit(a args) any {
	items, ok := a.array(0)
	if !ok {
		return nil
	}
	cuts := []*node{a.json(1)}
	if cuts[0].kind == array {
		cuts = cuts[0].items
	}
	var out []*node
	from := int64(0)
	n := int64(len(items))
	for _, c := range cuts {
		at, ok := dynamicLong(c).(int64)
		if !ok {
			return nil
		}
		at = min(max(fromEnd(at, n), from), n)
		out = append(out, arrayNode(items[from:at]))
		from = at
	}
	return arrayNode(append(out, arrayNode(items[from:])))
}

func arrayRotate(a args, direction int64) any {
	items, ok := a.array(0)
	if !ok {
		return nil
	}
	n := int64(len(items))
	if n == 0 {
		return arrayNode(nil)
	}
	k := ((a.long(1)%n)*direction + n) % n
	return arrayNode(append(append([]*node{}, items[k:]...), items[:k]...))
}

func arrayShift(a args, direction int64) any {
	items, ok := a.array(0)
	if !ok || a.null(1) {
		return nil
	}
	fill, n := a.json(2), int64(len(items))
	k := min(max(a.long(1), -n), n) * direction
	out := make([]*node, n)
	for i := range out {
		if from := int64(i) + k; from >= 0 && from < n {
			out[i] = items[from]
		} else {
			out[i] = fill
		}
	}
	return arrayNode(out)
}

// sortedOrder returns the indices in sorted order. Values of different kinds sort numbers, then text, then the rest.
func sortedOrder(items []*node, desc, nullsLast bool) []int {
	order := make([]int, len(items))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(i, j int) bool {
		x, y := items[order[i]], items[order[j]]
		if (x.kind == null) != (y.kind == null) {
			return (x.kind == null) != nullsLast
		}
		if desc {
			x, y = y, x
		}
		return x.less(y)
	})
	return order
}

func (n *node) less(m *node) bool {
	if n.kind == number && m.kind == number {
		x, _ := n.float()
		y, _ := m.float()
		if x == y && math.Abs(x) >= 1<<53 {
			i, ok1 := atoi(n.text)
			j, ok2 := atoi(m.text)
			return ok1 && ok2 && i < j
		}
		return x < y
	}
	if n.kind != m.kind {
		return n.rank() < m.rank()
	}
	return n.plain() < m.plain()
}

func (n *node) rank() int {
	return map[kind]int{number: 0, text: 1, boolean: 2, array: 3, object: 4, null: 5}[n.kind]
}

func pick(items []*node, order []int) []*node {
	out := make([]*node, len(order))
	for i, o := range order {
		out[i] = items[o]
	}
	return out
}

func steps(from, to, step int64, make func(int64) *node) any {
	if step == 0 {
		return nil
	}
	var out []*node
	for v := from; (step > 0 && v <= to || step < 0 && v >= to) && len(out) < maxResult; v += step {
		out = append(out, make(v))
		if step > 0 && v > math.MaxInt64-step || step < 0 && v < math.MinInt64-step {
			break
		}
	}
	return arrayNode(out)
}

func rangeReal(a args) any {
	from, to, step := a.real(0), a.real(1), a.real(2)
	if !(step != 0) || math.IsNaN(from) || math.IsNaN(to) || math.IsInf(from, 0) {
		return nil
	}
	var out []*node
	for i := 0; i < maxResult; i++ {
		v := from + float64(i)*step
		if step > 0 && v > to || step < 0 && v < to {
			break
		}
		out = append(out, realNode(v))
	}
	return arrayNode(out)
}

func zip(a args) any {
	longest := 0
	all := make([][]*node, len(a))
	for i := range a {
		items, ok := a.array(i)
		if !ok && !a.null(i) {
			return nil
		}
		all[i], longest = items, max(longest, len(items))
	}
	out := make([]*node, longest)
	for i := range out {
		row := make([]*node, len(all))
		for j, items := range all {
			row[j] = nullNode
			if i < len(items) {
				row[j] = items[i]
			}
		}
		out[i] = arrayNode(row)
	}
	return arrayNode(out)
}

// sets work on arrays as sets: the answer has each element once, in the order of first occurrence.
var sets = []fn{
	{"kql_set_union", "?*j:j", func(a args) any {
		var all []*node
		some := false
		for i := range a {
			items, ok := a.array(i)
			all, some = append(all, items...), some || ok
		}
		if !some {
			return nil
		}
		return arrayNode(distinct(all, func(*node) bool { return true }))
	}},
	{"kql_set_intersect", "*j:j", func(a args) any { return setFilter(a, true) }},
	{"kql_set_difference", "?*j:j", func(a args) any { return setFilter(a, false) }},
	{"kql_set_equals", "jj:b", func(a args) any {
		x, ok1 := a.array(0)
		y, ok2 := a.array(1)
		if !ok1 || !ok2 {
			return nil
		}
		kx, ky := keySet(x), keySet(y)
		for k := range kx {
			if !ky[k] {
				return false
			}
		}
		return len(kx) == len(ky)
	}},
	{"kql_set_has", "jj:b", func(a args) any {
		items, ok := a.array(0)
		if !ok {
			return nil
		}
		return keySet(items)[a.json(1).key()]
	}},
	{"kql_jaccard", "jj:r", func(a args) any {
		x, ok1 := a.array(0)
		y, ok2 := a.array(1)
		if !ok1 || !ok2 {
			return nil
		}
		kx, ky, both := keySet(x), keySet(y), 0
		for k := range kx {
			if ky[k] {
				both++
			}
		}
		return float64(both) / float64(len(kx)+len(ky)-both)
	}},
}

// flat puts the elements of arrays in place of the arrays, one level deep, as aggregates over dynamic arrays do.
func flat(items []*node) []*node {
	nested := false
	for _, n := range items {
		nested = nested || n.kind == array
	}
	if !nested {
		return items
	}
	var out []*node
	for _, n := range items {
		if n.kind == array {
			out = append(out, n.items...)
			continue
		}
		out = append(out, n)
	}
	return out
}

func keySet(items []*node) map[string]bool {
	m := make(map[string]bool, len(items))
	for _, n := range items {
		m[n.key()] = true
	}
	return m
}

func distinct(items []*node, keep func(*node) bool) []*node {
	seen := make(map[string]bool, len(items))
	out := []*node{}
	for _, n := range items {
		if k := n.key(); keep(n) && !seen[k] {
			seen[k] = true
			out = append(out, n)
		}
	}
	return out
}

// setFilter keeps those elements of the first array that all the others have, or that none has.
func setFilter(a args, inAll bool) any {
	first, ok := a.array(0)
	if !ok {
		return nil
	}
	var others []map[string]bool
	for i := 1; i < len(a); i++ {
		items, ok := a.array(i)
		if !ok && inAll {
			return nil
		}
		others = append(others, keySet(items))
	}
	return arrayNode(distinct(first, func(n *node) bool {
		for _, o := range others {
			if o[n.key()] != inAll {
				return false
			}
		}
		return true
	}))
}
