package check

import (
	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/diag"
	"passtrail/internal/kql/plan"
)

func (c *checker) mvApply(sc *scope, r *rel, op *ast.MvApply) *rel {
	c.unsupported(op.Loc, "MvApply", "not yet")
	return nil
}
func (c *checker) parse(sc *scope, r *rel, op *ast.Parse) *rel {
	c.unsupported(op.Loc, "Parse", "not yet")
	return nil
}
func (c *checker) parseKV(sc *scope, r *rel, op *ast.ParseKV) *rel {
	c.unsupported(op.Loc, "ParseKV", "not yet")
	return nil
}
func (c *checker) makeSeries(sc *scope, r *rel, op *ast.MakeSeries) *rel {
	c.unsupported(op.Loc, "MakeSeries", "not yet")
	return nil
}
func (c *checker) scanOp(sc *scope, r *rel, op *ast.Scan) *rel {
	c.unsupported(op.Loc, "Scan", "not yet")
	return nil
}
func (c *checker) partition(sc *scope, r *rel, op *ast.Partition) *rel {
	c.unsupported(op.Loc, "Partition", "not yet")
	return nil
}
func (c *checker) fork(sc *scope, r *rel, op *ast.Fork) *rel {
	c.unsupported(op.Loc, "Fork", "not yet")
	return nil
}
func (c *checker) facet(sc *scope, r *rel, op *ast.Facet) *rel {
	c.unsupported(op.Loc, "Facet", "not yet")
	return nil
}
func (c *checker) as(sc *scope, r *rel, op *ast.As) *rel {
	c.unsupported(op.Loc, "As", "not yet")
	return nil
}
func (c *checker) topNested(sc *scope, r *rel, op *ast.TopNested) *rel {
	c.unsupported(op.Loc, "TopNested", "not yet")
	return nil
}
func (c *checker) topHitters(sc *scope, r *rel, op *ast.TopHitters) *rel {
	c.unsupported(op.Loc, "TopHitters", "not yet")
	return nil
}
func (c *checker) sample(sc *scope, r *rel, op *ast.Sample) *rel {
	c.unsupported(op.Loc, "Sample", "not yet")
	return nil
}
func (c *checker) sampleDistinct(sc *scope, r *rel, op *ast.SampleDistinct) *rel {
	c.unsupported(op.Loc, "SampleDistinct", "not yet")
	return nil
}
func (c *checker) evaluate(sc *scope, r *rel, op *ast.Evaluate) *rel {
	c.unsupported(op.Loc, "Evaluate", "not yet")
	return nil
}
func (c *checker) invoke(sc *scope, r *rel, op *ast.Invoke) *rel {
	c.unsupported(op.Loc, "Invoke", "not yet")
	return nil
}
func (c *checker) searchOp(sc *scope, r *rel, op *ast.Search) *rel {
	c.unsupported(op.Loc, "Search", "not yet")
	return nil
}
func (c *checker) find(sc *scope, op *ast.Find) *rel {
	c.unsupported(op.Loc, "find", "not yet")
	return nil
}
func (c *checker) getSchema(r *rel) *rel                     { return nil }
func (c *checker) plugin(x *ast.Call)                        { c.unsupported(x.Loc, x.Name.Text, "not yet") }
func (c *checker) columnHas(e *env, x *ast.Binary) plan.Expr { return bad() }
func (c *checker) anyColumn(e *env, x *ast.Binary) plan.Expr { return bad() }

type searchEnv struct{ table string }

func (s *searchEnv) term(c *checker, t string, at diag.Span) plan.Expr { return bad() }

type scanStates struct{}

func (s *scanStates) own(name string) (plan.Expr, bool)  { return nil, false }
func (s *scanStates) step(a, b string) (plan.Expr, bool) { return nil, false }
