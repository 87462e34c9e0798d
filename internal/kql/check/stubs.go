package check

import (
	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/plan"
)

func (c *checker) scanOp(sc *scope, r *rel, op *ast.Scan) *rel {
	c.unsupported(op.Loc, "Scan", "not yet")
	return nil
}

type scanStates struct{}

func (s *scanStates) own(name string) (plan.Expr, bool)  { return nil, false }
func (s *scanStates) step(a, b string) (plan.Expr, bool) { return nil, false }
