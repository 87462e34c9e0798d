package sqlgen

import (
	"slices"
	"strconv"
	"strings"

	"passtrail/internal/kql/builtin"
	"passtrail/internal/kql/plan"
)

// lookups lists the columns of tables that have a number by which their texts are found.
func lookups(n plan.Node) map[*plan.Col]*plan.Column {
	out := map[*plan.Col]*plan.Column{}
	plan.Visit(n, func(n plan.Node) {
		if s, ok := n.(*plan.Scan); ok {
			for i, c := range s.Cols {
				if s.Table.Columns[i].Lookup != nil {
					out[c] = &s.Table.Columns[i]
				}
			}
		}
	})
	return out
}

// lookup is the condition on a number that follows from a condition on its text, "" where none does. The texts are compared
// all the same: many have one number.
func (g *gen) lookup(b *block, x plan.Expr) string {
	var text plan.Expr
	var sought []plan.Expr
	switch x := x.(type) {
	case *plan.Compare:
		if text, sought = x.L, []plan.Expr{x.R}; x.Op != "=" {
			return ""
		}
	case *plan.Op:
		if x.Name != "equals" && x.Name != "in" && x.Name != "in fold" || len(x.Args) < 2 {
			return ""
		}
		text, sought = x.Args[0], x.Args[1:]
	default:
		return ""
	}
	ref, ok := text.(*plan.Ref)
	if !ok || g.lookups[ref.Col] == nil {
		return ""
	}
	col := g.lookups[ref.Col]
	if b.cols[ref.Col].s != builtin.Atom(g.at(col.SQL)) || b.grouped {
		return "" // not at the scan: the number is not there
	}
	var numbers []string
	for _, s := range sought {
		l, ok := s.(*plan.Lit)
		if !ok {
			return ""
		}
		v, ok := l.V.(string)
		if !ok {
			return ""
		}
		numbers = append(numbers, strconv.Itoa(int(col.Lookup.Of(strings.ReplaceAll(v, "\x00", "")))))
	}
	slices.Sort(numbers)
	numbers = slices.Compact(numbers)
	is := " = " + numbers[0]
	if len(numbers) > 1 {
		is = " IN (" + strings.Join(numbers, ", ") + ")"
	}
	return "(" + col.Lookup.SQL + is + " OR " + col.Lookup.SQL + " IS NULL)"
}
