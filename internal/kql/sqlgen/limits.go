package sqlgen

import (
	"errors"
	"fmt"
	"strings"

	"passtrail/internal/kql/plan"
)

// ErrTooLarge is in the chain of the errors that name the limit over which a statement would go.
var ErrTooLarge = errors.New("the query becomes too large to run")

// Limits of one statement. DuckDB cannot be interrupted while it plans: the time it takes there grows with the cube of an
// expression's depth and of the number of joins, and doubles with every aggregation above another and with every sub-query
// inside another, so that a short text could hold a processor for hours. At these limits it takes a second at most.
const (
	maxSQL     = 1 << 20  // bytes
	maxWork    = 64 << 20 // bytes written until the statement stands, those written anew included
	maxDeep    = 48       // operators in one another in one expression; what is deeper is computed below
	maxDeepSQL = 80       // the same in brackets of the text
	maxNested  = 150      // sub-selects in one another
	maxGroups  = 16       // aggregations in one another
	maxQueries = 6        // scalar sub-queries in one another
	maxJoins   = 32       // joins of a statement
	maxCols    = 1000     // columns of a sub-select
	maxReads   = 512      // tables, unions' legs and sub-queries of a statement
)

// fail stops the writing: the first reason counts.
func (g *gen) fail(format string, args ...any) {
	if g.err == nil {
		g.err = fmt.Errorf("%w: %s", ErrTooLarge, fmt.Sprintf(format, args...))
	}
}

// spend counts text that was written.
func (g *gen) spend(n int) {
	g.work += n
	switch {
	case n > maxSQL:
		g.fail("its SQL would have more than %d bytes", maxSQL)
	case g.work > maxWork:
		g.fail("its values are computed from one another too often")
	}
}

// stopped reports that what is written now is thrown away: it is too large, or something has to be computed below first.
func (g *gen) stopped() bool { return g.err != nil || g.hoist != nil }

// frame has the values written directly inside the one that is being written, and how deep they are.
type frame struct {
	kids  []kid
	below int
}

type kid struct {
	x plan.Expr
	s string
}

// judge asks for a value inside x to be computed below when its long text stands there several times, or for x itself when
// it is too deep.
func (g *gen) judge(x plan.Expr, s sql, kids []kid) {
	if g.spend(len(s.s)); !g.settling || g.stopped() {
		return
	}
	if g.repeated(s.s, kids); g.hoist != nil {
		return
	}
	if s.deep > maxDeep || len(s.s) > longText && brackets(s.s) > maxDeepSQL {
		switch x.(type) {
		case *plan.Lit, *plan.Window:
		default:
			g.hoist = x
		}
	}
}

// repeatedIn ends the frame of a text that is no expression of the plan's, and judges the values in it.
func (g *gen) repeatedIn(f, outer *frame, s string, args []plan.Expr, b *block) {
	g.spend(len(s))
	g.measure(args, b, s)
	if g.frame = outer; g.settling && !g.stopped() {
		g.repeated(s, f.kids)
	}
}

func (g *gen) repeated(s string, kids []kid) {
	if len(s) < 2*longText {
		return
	}
	for _, k := range kids {
		switch k.x.(type) {
		case *plan.Lit, *plan.Window:
			continue
		}
		if len(k.s) > longText && strings.Count(s, k.s) > 1 {
			g.hoist = k.x
			return
		}
	}
}

// brackets is how deep the brackets of a text are nested.
func brackets(s string) int {
	deep, most := 0, 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '(':
			deep++
			most = max(most, deep)
		case ')':
			deep--
		}
	}
	return most
}

// load is what a plan asks of the database's planner.
type load struct{ groups, queries, joins, reads int }

// beside adds up what stands side by side; the depths do not add up.
func (l load) beside(m load) load {
	return load{max(l.groups, m.groups), max(l.queries, m.queries), l.joins + m.joins, l.reads + m.reads}
}

// weigh refuses a plan that the database would take too long to plan.
func (g *gen) weigh(n plan.Node) {
	readers := map[*plan.CTE]int{}
	plan.Visit(n, func(n plan.Node) {
		if s, ok := n.(*plan.Shared); ok {
			readers[s.CTE]++
		}
	})
	l := (&scale{readers: readers, seen: map[*plan.CTE]load{}}).node(n)
	switch {
	case l.groups > maxGroups:
		g.fail("it has more than %d aggregations in one another", maxGroups)
	case l.queries > maxQueries:
		g.fail("it has more than %d sub-queries in one another", maxQueries)
	case l.joins > maxJoins:
		g.fail("it has more than %d joins", maxJoins)
	case l.reads > maxReads:
		g.fail("it reads more than %d tables", maxReads)
	}
}

type scale struct {
	readers map[*plan.CTE]int
	seen    map[*plan.CTE]load
}

func (s *scale) node(n plan.Node) load {
	var l load
	for _, in := range plan.Inputs(n) {
		l = l.beside(s.node(in))
	}
	for _, x := range plan.Exprs(n) {
		plan.Walk(x, func(x plan.Expr) bool {
			switch x := x.(type) {
			case *plan.Query:
				l = l.beside(s.query(x.Plan))
			case *plan.InQuery:
				l = l.beside(s.query(x.Plan))
			}
			return true
		})
	}
	switch n := n.(type) {
	case *plan.Aggregate, *plan.First:
		l.groups++
	case *plan.Combine:
		l.joins++
	case *plan.Scan, *plan.Values, *plan.Range:
		l.reads++
	case *plan.Shared:
		return s.shared(n.CTE)
	}
	return l
}

func (s *scale) query(n plan.Node) load {
	l := s.node(n)
	l.queries++
	l.reads++
	return l
}

// shared is the load of a relation that is computed once. Nothing above it is planned together with it, unless it has one
// reader, where it is put in.
func (s *scale) shared(c *plan.CTE) load {
	if _, again := s.seen[c]; again {
		return load{reads: 1}
	}
	s.seen[c] = load{}
	l := s.node(c.Plan)
	if s.readers[c] > 1 {
		if l.groups <= maxGroups {
			l.groups = 0
		}
	}
	return l
}
