package sqlgen

import (
	"strings"

	"passtrail/internal/kql/builtin"
	"passtrail/internal/kql/plan"
	"passtrail/internal/kql/types"
)

// agg writes an aggregate.
func (g *gen) agg(b *block, a plan.Agg) sql {
	var s string
	outer, f := g.frame, frame{}
	g.frame = &f
	if a.Row != nil {
		args := make([]builtin.Arg, len(a.Args))
		for i, x := range a.Args {
			args[i] = g.builtinArg(b, x)
			if p := paramOf(a.Row, i); x.Type() == types.Dynamic && p.Convert == types.String {
				args[i].SQL, args[i].Type = g.dynamicText(b, x).s, types.String
			}
		}
		env := g.env
		if keys := g.orderBy(b, a.Order); len(keys) > 0 {
			env.Order = "ORDER BY " + strings.Join(keys, ", ")
		}
		s = a.Row.Expand(env, args)
	} else {
		args := make([]string, len(a.Args))
		for i, x := range a.Args {
			args[i] = g.expr(b, x).s
		}
		s = fill(g.d.Aggs[a.Name], args...)
	}
	g.repeatedIn(&f, outer, s, a.Args, b)
	return sql{s: strings.ReplaceAll(s, "{order}", ""), prec: textPrec(s)}
}
