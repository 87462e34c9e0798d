package check

import (
	"slices"
	"strings"

	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/plan"
	"passtrail/internal/kql/types"
)

// ipLookup pairs rows with the networks of a table that their address lies in: evaluate ipv4_lookup and ipv6_lookup.
func (c *checker) ipLookup(sc *scope, r *rel, op *ast.Evaluate) *rel {
	name := op.Call.Name.Text
	args, others := c.lookupArgs(op.Call)
	if len(args) < 3 || !c.tabular(sc, args[0]) {
		c.fail(op.Call.Loc, "bad-argument", "%s takes a table, the address, and the table's column of networks", name)
		return nil
	}
	other := c.table(sc, args[0])
	if other == nil {
		return nil
	}
	if others && len(r.part) > 0 {
		c.unsupported(op.Call.Loc, name+" with return_unmatched in a sub-pipeline", "it mixes the rows of different parts")
		return nil
	}
	numbered := r
	if others {
		id := &plan.Col{Name: "row", Type: types.Long, NotNull: true}
		all := r.then(&plan.RowNumber{In: r.node, Col: id})
		all.carry = []*plan.Col{id}
		numbered = c.shareCarried(all)
	}
	network, ok := c.expr(&env{sc: sc, rel: other}, args[2]).(*plan.Ref)
	if !ok || c.diags.HasErrors() {
		if !ok {
			c.fail(args[2].Span(), "bad-argument", "a column of the lookup table is needed here")
		}
		return nil
	}
	address := text(c.expr(&env{sc: sc, rel: numbered}, args[1]))
	on := c.extraKeys(numbered, other, args[3:])
	right := slices.DeleteFunc(slices.Clone(other.cols), func(col *plan.Col) bool {
		return slices.ContainsFunc(on, func(k [2]plan.Expr) bool { return isSame(k[1], &plan.Ref{Col: col}) })
	})
	pairs := c.pair(numbered, other, on, plan.Inner, right)
	found := pairs.cols[len(r.cols)+slices.Index(right, network.Col)]
	match := c.builtinCall(op.Call.Loc, strings.Replace(name, "lookup", "is_match", 1), address, ref(found))
	pairs = pairs.then(&plan.Filter{In: pairs.node, Pred: match})
	if !others {
		return pairs
	}
	return c.withUnmatched(numbered, pairs)
}

// lookupArgs are the arguments of an IP lookup without the last, which says whether rows without a network stay.
func (c *checker) lookupArgs(x *ast.Call) (args []ast.Expr, others bool) {
	for i, a := range x.Args {
		n, named := a.(*ast.Named)
		if named {
			a = n.X
		}
		l, lit := ast.Unparen(a).(*ast.Literal)
		switch {
		case lit && l.Kind == ast.Bool && (named && n.Names[0].Text == "return_unmatched" || i == len(x.Args)-1):
			others = l.Bool
		case named:
			c.fail(n.Loc, "bad-argument", "%s has the parameter return_unmatched, true or false, and no %s", x.Name.Text, n.Names[0].Text)
		default:
			args = append(args, a)
		}
	}
	return args, others
}

// shareCarried is the relation, computed once, with what it carries.
func (c *checker) shareCarried(r *rel) *rel {
	cte := c.cte(r)
	out := readCTE(cte, r)
	for _, k := range r.carry {
		out.carry = append(out.carry, out.node.(*plan.Shared).Cols[slices.Index(cte.Cols, k)])
	}
	return out
}

// withUnmatched adds the rows of numbered that have no pair, told by the number that both carry.
func (c *checker) withUnmatched(numbered, pairs *rel) *rel {
	cte := c.cte(pairs)
	found, again := readCTE(cte, pairs), readCTE(cte, pairs)
	source := numbered.node.(*plan.Shared)
	left := &plan.Shared{CTE: source.CTE}
	rest := &rel{}
	var id *plan.Col
	for _, col := range source.Cols {
		copied := *col
		left.Cols = append(left.Cols, &copied)
		switch {
		case slices.Contains(numbered.cols, col):
			rest.cols = append(rest.cols, &copied)
		case col == numbered.carry[0]:
			id = &copied
		}
	}
	taken := again.node.(*plan.Shared).Cols[slices.Index(cte.Cols, numbered.carry[0])]
	rest.node = &plan.Combine{Kind: plan.Anti, L: left, R: again.node, On: [][2]plan.Expr{{ref(id), ref(taken)}}}
	return c.unite([]*rel{found, rest}, "", false)
}

// extraKeys are further columns, of one name on both sides, that have to be equal.
func (c *checker) extraKeys(r, other *rel, names []ast.Expr) [][2]plan.Expr {
	var on [][2]plan.Expr
	for _, x := range names {
		if n, ok := ast.Unparen(x).(*ast.Name); ok {
			on = append(on, c.condPairs(nil, r, other, n)...)
			continue
		}
		c.fail(x.Span(), "bad-argument", "a column's name is needed here")
	}
	return on
}
