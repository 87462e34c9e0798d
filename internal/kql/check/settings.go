package check

import (
	"strings"

	"passtrail"
	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/plan"
	"passtrail/internal/kql/types"
)

var knownSettings = map[string]bool{
	"notruncation": true, "truncationmaxsize": true, "truncationmaxrecords": true, "querytrace": true, "servertimeout": true, "norequesttimeout": true, "maxmemoryconsumptionperiterator": true,
	"max_memory_consumption_per_query_per_node": true, "query_take_max_records": true, "query_now": true, "query_language": true, "queryconsistency": true, "best_effort": true,
	"query_datascope": true, "query_results_cache_max_age": true, "query_results_apply_getschema": true, "deferpartialqueryfailures": true, "materialized_view_shuffle": true,
	"query_force_row_level_security": true, "request_readonly": true, "request_app_name": true, "request_user": true, "request_description": true, "client_max_redirect_count": true,
	"query_datetimescope_column": true, "query_datetimescope_from": true, "query_datetimescope_to": true, "query_fanout_nodes_percent": true, "query_fanout_threads_percent": true, "query_bin_auto_size": true, "query_bin_auto_at": true,
}

func (c *checker) set(sc *scope, s *ast.Set) {
	name := strings.ToLower(s.Name.Text)
	if !knownSettings[name] {
		c.warn(s.Name.Loc, "unknown-setting", "there is no setting %s; it changes nothing", s.Name.Text)
	}
	if name == "query_now" && s.Value != nil {
		c.setNow(sc, s.Value)
	}
	for i, n := range []string{"query_bin_auto_size", "query_bin_auto_at"} {
		if name == n && s.Value != nil {
			c.bins[i] = c.expr(&env{sc: sc}, s.Value)
		}
	}
}

// setNow makes another instant that of the query.
func (c *checker) setNow(sc *scope, x ast.Expr) {
	l, ok := c.expr(&env{sc: sc}, x).(*plan.Lit)
	if !ok || l.T != types.DateTime || l.V == nil {
		c.fail(x.Span(), "bad-argument", "query_now is an instant, as in datetime(2026-03-01)")
		return
	}
	ticks, _ := l.V.(int64)
	c.o.Now = passtrail.Ticks(ticks)
	if c.o.SetNow != nil {
		c.o.SetNow(c.o.Now)
	}
}

// binAuto is bin, or with a fixed point bin_at, by what the query has set.
func (c *checker) binAuto(e *env, x *ast.Call) plan.Expr {
	if len(x.Args) != 1 {
		c.fail(x.Loc, "bad-argument", "bin_auto takes one value")
		return bad()
	}
	v := c.expr(e, x.Args[0])
	switch {
	case c.bins[0] == nil:
		c.failHint(x.Loc, "write set query_bin_auto_size = 1h; before the query, or bin(…, 1h)", "missing-setting", "the query does not set the size that bin_auto takes")
		return bad()
	case c.bins[1] == nil:
		return c.apply(x.Loc, x.Args, "bin", []plan.Expr{v, c.bins[0]})
	}
	return c.apply(x.Loc, x.Args, "bin_at", []plan.Expr{v, c.bins[0], c.bins[1]})
}

// assert ends the query with a message unless a condition over constants holds.
func (c *checker) assert(e *env, x *ast.Call) plan.Expr {
	if len(x.Args) != 2 {
		c.fail(x.Loc, "bad-argument", "assert takes a condition and a message")
		return bad()
	}
	holds := c.condition(e, x.Args[0])
	message, ok := c.expr(&env{sc: e.sc}, x.Args[1]).(*plan.Lit)
	if !ok || message.T != types.String {
		c.fail(x.Args[1].Span(), "bad-argument", "the message must be a constant text")
		return bad()
	}
	isConstant, known := constant(holds)
	switch {
	case c.diags.HasErrors():
		return bad()
	case !isConstant:
		c.fail(x.Args[0].Span(), "bad-argument", "the condition must be a constant")
		return bad()
	case !known || c.o.Sample == nil:
		return holds // a parameter without a value yet, or nothing to compute with, as in an editor
	}
	v := &plan.Values{Cols: []*plan.Col{{Name: "holds", Type: types.Bool}}, Rows: [][]plan.Expr{{holds}}}
	rows, err := c.o.Sample(plan.Output{Name: "assert", Plan: v, Cols: v.Cols})
	switch {
	case err != nil:
		c.failed = err
	case len(rows) != 1 || rows[0][0] != true:
		c.fail(x.Loc, "assertion-failed", "assert() has failed with message: '%s'", message.V)
	}
	return &plan.Lit{T: types.Bool, V: true}
}

// constant reports whether an expression reads no column, and whether the values of all parameters in it are known.
func constant(x plan.Expr) (isConstant, known bool) {
	isConstant, known = true, true
	plan.Walk(x, func(x plan.Expr) bool {
		if _, ok := x.(*plan.Ref); ok {
			isConstant = false
		}
		if op, ok := x.(*plan.Op); ok && op.Name == "param" {
			known = false
		}
		return true
	})
	return isConstant, known
}
