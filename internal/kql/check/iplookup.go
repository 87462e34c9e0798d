package check

import (
	"slices"

	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/plan"
)

// ipv4Lookup pairs rows with the networks of a table that their address lies in.
func (c *checker) ipv4Lookup(sc *scope, r *rel, op *ast.Evaluate) *rel {
	var args []ast.Expr
	for _, a := range op.Call.Args {
		if n, ok := a.(*ast.Named); ok {
			if l, isLit := ast.Unparen(n.X).(*ast.Literal); !isLit || l.Bool {
				c.unsupported(n.Loc, "ipv4_lookup with return_unmatched", "add the others with a join of kind leftanti")
				return nil
			}
			continue
		}
		args = append(args, a)
	}
	if len(args) < 3 || !c.tabular(sc, args[0]) {
		c.fail(op.Call.Loc, "bad-argument", "ipv4_lookup takes a table, the address, and the table's column of networks")
		return nil
	}
	other := c.table(sc, args[0])
	if other == nil {
		return nil
	}
	address := text(c.expr(&env{sc: sc, rel: r}, args[1]))
	network, ok := c.expr(&env{sc: sc, rel: other}, args[2]).(*plan.Ref)
	if !ok || c.diags.HasErrors() {
		if !ok {
			c.fail(args[2].Span(), "bad-argument", "a column of the lookup table is needed here")
		}
		return nil
	}
	on := c.extraKeys(r, other, args[3:])
	out := c.pair(r, other, on, plan.Inner, other.cols)
	found := out.cols[len(r.cols)+slices.Index(other.cols, network.Col)]
	match := c.builtinCall(op.Call.Loc, "ipv4_is_match", address, ref(found))
	return out.then(&plan.Filter{In: out.node, Pred: match})
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
