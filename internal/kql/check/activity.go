package check

import (
	"strings"

	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/plan"
	"passtrail/internal/kql/types"
)

// activity are the plugins that count who was active when. Bins begin at _start, and _end is included.
var activity map[string]func(*checker, *scope, *rel, *ast.Evaluate) *rel

func init() {
	activity = map[string]func(*checker, *scope, *rel, *ast.Evaluate) *rel{
		"activity_counts_metrics": (*checker).activityCounts,
		"activity_metrics":        (*checker).activityMetrics,
		"new_activity_metrics":    (*checker).newActivity,
		"activity_engagement":     (*checker).engagement,
		"active_users_count":      (*checker).activeUsers,
		"session_count":           (*checker).sessionCount,
		"sliding_window_counts":   (*checker).slidingCounts,
		"rolling_percentile":      (*checker).rollingPercentile,
	}
}

const activityCountsText = `
let W = T | where t between (_start .. _end) | extend b = bin_at(t, _step, _start);
let N = W | summarize b = min(b) by id DIMS | summarize new_dcount = count() by b DIMS;
W | summarize count = count(), dcount = dcount(id) by b DIMS
| lookup N on b DIMS
| extend new_dcount = coalesce(new_dcount, 0)
| sort by b asc
| extend key = tostring(pack_array(0 DIMS))
| partition hint.strategy=native by key (sort by b asc | extend aggregated_dcount = row_cumsum(new_dcount))
| project b DIMS, ['count'], dcount, new_dcount, aggregated_dcount
| sort by b asc`

func (c *checker) activityCounts(sc *scope, r *rel, op *ast.Evaluate) *rel {
	p := c.newTimeline(sc, r, op, "_start", "_end", "_step")
	if p == nil {
		return nil
	}
	return p.run(activityCountsText, p.name)
}

const activityMetricsText = `
let A = T | where _all or t between (_start .. _end) | extend b = BIN | distinct b, id DIMS;
A | extend before = BEFORE
| join kind=leftouter (A | project before = b, id DIMS, seen = 1) on before, id DIMS
| summarize dcount_values = count(), again = countif(seen == 1) by b, before DIMS
| lookup (A | summarize had = count() by before = b DIMS) on before DIMS
| extend retention_rate = todouble(again) / todouble(coalesce(had, 0))
| project b DIMS, dcount_values, dcount_newvalues = dcount_values - again, retention_rate, churn_rate = 1.0 - retention_rate
| sort by b asc`

// calendar are the windows that are named by a text: the start of the one with t, and of the one before b.
var calendar = map[string][2]string{
	"week": {"startofweek(t)", "startofweek(b - 1d)"}, "month": {"startofmonth(t)", "startofmonth(b - 1d)"}, "year": {"startofyear(t)", "startofyear(b - 1d)"},
}

func (c *checker) activityMetrics(sc *scope, r *rel, op *ast.Evaluate) *rel {
	consts := []string{"_step"}
	if a := op.Call.Args; len(a) >= 5 && c.isConstant(sc, r, a[3]) && c.isConstant(sc, r, a[4]) {
		consts = []string{"_start", "_end", "_step"}
	}
	p := c.newTimeline(sc, r, op, consts...)
	if p == nil {
		return nil
	}
	bin, before := "bin_at(t, _step, _start)", "b - _step"
	all := len(consts) == 1
	if all {
		bin = "bin(t, _step)"
		t := p.table.column("t").Type
		p.consts["_start"], p.consts["_end"] = &plan.Lit{T: t}, &plan.Lit{T: t}
	}
	if l, ok := p.consts["_step"].(*plan.Lit); ok && l.T == types.String {
		name, _ := l.V.(string)
		if calendar[name][0] == "" || p.table.column("t").Type != types.DateTime {
			c.failHint(op.Call.Loc, "week, month or year, over a datetime", "bad-argument", "there is no window %s", name)
			return nil
		}
		bin, before = calendar[name][0], calendar[name][1]
	}
	p.consts["_all"] = &plan.Lit{T: types.Bool, V: all}
	return p.run(strings.NewReplacer("BIN", bin, "BEFORE", before).Replace(activityMetricsText), p.name)
}

// isConstant reports whether an expression names no column.
func (c *checker) isConstant(sc *scope, r *rel, x ast.Expr) bool {
	constant := true
	plan.Walk(c.quiet(&env{sc: sc, rel: r}, x), func(x plan.Expr) bool {
		if _, ok := x.(*plan.Ref); ok {
			constant = false
		}
		return constant
	})
	return constant
}

const newActivityText = `
let A = T | where t between (_start .. _end) | extend b = bin_at(t, _step, _start) | distinct b, id DIMS;
let F = A | summarize cohort = min(b) by id DIMS;
let G = A | lookup F on id DIMS;
let P = F | where _all or cohort == _cohort | summarize size = count() by cohort DIMS
| extend one = 1 | join kind=inner (range b from _start to _end step _step | extend one = 1) on one
| where b >= cohort | project cohort, b, size DIMS;
P | lookup (G | summarize kept = count() by cohort, b DIMS) on cohort, b DIMS
| extend kept = coalesce(kept, 0)
| lookup (P | join kind=inner (G | project b, first = cohort DIMS) on b DIMS
    | summarize fresh = countif(first > cohort or b == cohort and first == cohort) by cohort, b DIMS) on cohort, b DIMS
| project cohort, b DIMS, dcount_new_values = coalesce(fresh, 0), dcount_retained_values = kept, dcount_churn_values = size - kept,
    retention_rate = todouble(kept) / size, churn_rate = todouble(size - kept) / size
| sort by cohort asc, b asc`

func (c *checker) newActivity(sc *scope, r *rel, op *ast.Evaluate) *rel {
	consts := []string{"_start", "_end", "_step"}
	args := op.Call.Args
	if len(args) > 5 && c.tabular(sc, args[len(args)-1]) {
		c.unsupported(args[len(args)-1].Span(), "new_activity_metrics with a look back", "leave those people out before")
		return nil
	}
	if len(args) > 5 && c.isConstant(sc, r, args[5]) {
		consts = append(consts, "_cohort")
	}
	p := c.newTimeline(sc, r, op, consts...)
	if p == nil {
		return nil
	}
	p.consts["_all"] = &plan.Lit{T: types.Bool, V: len(consts) == 3}
	if len(consts) == 3 {
		p.consts["_cohort"] = &plan.Lit{T: p.table.column("t").Type}
	}
	return p.run(newActivityText, "from_"+p.name, "to_"+p.name)
}

const slidingText = `
T | where t >= _start - _look and t <= _end
| extend b = bin_at(t, _step, _start)
| mv-expand b = range(b, b + _look - _step, _step) to typeof(TYPE)
| where b between (_start .. _end)
`

func (c *checker) slidingCounts(sc *scope, r *rel, op *ast.Evaluate) *rel {
	p := c.newTimeline(sc, r, op, "_start", "_end", "_look", "_step")
	if p == nil {
		return nil
	}
	return p.run(slidingText+"| summarize Count = count(), Dcount = dcount(id) by b DIMS | sort by b asc", p.name)
}

const engagementText = `
| summarize dcount_activities_outer = dcount(id) by b DIMS
| lookup (T | where t between (_start .. _end) | summarize dcount_activities_inner = dcount(id) by b = bin_at(t, _step, _start) DIMS) on b DIMS
| extend dcount_activities_inner = coalesce(dcount_activities_inner, 0)
| project b DIMS, dcount_activities_inner, dcount_activities_outer, activity_ratio = todouble(dcount_activities_inner) / dcount_activities_outer
| sort by b asc`

func (c *checker) engagement(sc *scope, r *rel, op *ast.Evaluate) *rel {
	p := c.newTimeline(sc, r, op, "_start", "_end", "_step", "_look")
	if p == nil {
		return nil
	}
	return p.run(slidingText+engagementText, p.name)
}

const activeUsersText = `
let P = T | where t > _start - _look and t <= _end | distinct id, t DIMS;
P | where t >= _start
| join kind=inner (P | project id, u = t DIMS) on id DIMS
| where u <= t and u > t - _look
| summarize n = dcount(bin(u, _period)) by id, t DIMS
| where n >= _count
| summarize dcount = dcount(id) by b = bin_at(t, _step, _start) DIMS
| sort by b asc`

func (c *checker) activeUsers(sc *scope, r *rel, op *ast.Evaluate) *rel {
	p := c.newTimeline(sc, r, op, "_start", "_end", "_look", "_period", "_count", "_step")
	if p == nil {
		return nil
	}
	return p.run(activeUsersText, p.name)
}

const sessionCountText = `
T | where t >= _start - _look and t <= _end
| extend key = tostring(pack_array(id DIMS))
| partition hint.strategy=native by key (sort by t asc | extend before = prev(t))
| where t >= _start and (isnull(before) or t - before > _look)
| summarize count_sessions = count() by b = bin_at(t, _step, _start) DIMS
| sort by b asc`

func (c *checker) sessionCount(sc *scope, r *rel, op *ast.Evaluate) *rel {
	p := c.newTimeline(sc, r, op, "_start", "_end", "_step", "_look")
	if p == nil {
		return nil
	}
	return p.run(sessionCountText, p.name)
}

const rollingText = `
let B = T | extend b = bin(t, _step);
B | mv-expand b = range(b, b + _step * (_count - 1), _step) to typeof(TYPE)
| lookup kind=inner (B | distinct b DIMS) on b DIMS
| summarize value = percentile(id, _percent) by b DIMS
| sort by b asc`

// rollingPercentile has the value where the others have the column that is followed.
func (c *checker) rollingPercentile(sc *scope, r *rel, op *ast.Evaluate) *rel {
	given := op.Call.Args
	if len(given) < 5 {
		c.fail(op.Call.Loc, "bad-argument", "rolling_percentile takes a value, a percentile, a time line, the size of a bin and the number of bins")
		return nil
	}
	percent := c.expr(&env{sc: sc}, given[1])
	turned := *op
	call := *op.Call
	call.Args = append([]ast.Expr{given[0], given[2], given[3], given[4]}, given[5:]...)
	turned.Call = &call
	p := c.newTimeline(sc, r, &turned, "_step", "_count")
	if p == nil {
		return nil
	}
	p.consts["_percent"] = percent
	out := p.run(rollingText, p.name)
	if out != nil {
		last := out.cols[len(out.cols)-1]
		last.Name = "rolling_" + percentText(p.consts["_count"]) + "_percentile_" + derive(given[0]) + "_" + percentText(percent)
	}
	return out
}
