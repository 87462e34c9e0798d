package check

import (
	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/plan"
)

func (c *checker) scanOp(sc *scope, r *rel, op *ast.Scan) *rel {
	c.unsupported(op.Loc, "Scan", "not yet")
	return nil
}
func (c *checker) evaluate(sc *scope, r *rel, op *ast.Evaluate) *rel {
	c.unsupported(op.Loc, "Evaluate", "not yet")
	return nil
}
func (c *checker) plugin(x *ast.Call) { c.unsupported(x.Loc, x.Name.Text, "not yet") }

type scanStates struct{}

func (s *scanStates) own(name string) (plan.Expr, bool)  { return nil, false }
func (s *scanStates) step(a, b string) (plan.Expr, bool) { return nil, false }
