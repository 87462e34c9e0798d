package sqlgen

import (
	"strings"

	"passtrail/internal/kql/plan"
)

// combine pairs two relations. The left side stays as flat as it is where that keeps the answer.
func (g *gen) combine(n *plan.Combine, need plan.Set) *block {
	ln, rn := plan.Set{}, plan.Set{}
	for _, on := range n.On {
		g.refs(ln, on[0])
		g.refs(rn, on[1])
	}
	g.sides(n, need, ln, rn)
	l, r := g.node(n.L, ln), g.node(n.R, rn)
	outerLeft := n.Kind == plan.RightOuter || n.Kind == plan.FullOuter
	joins := n.Kind != plan.Semi && n.Kind != plan.Anti
	if !l.plain() || joins && l.from == "" || outerLeft && (len(l.where) > 0 || l.alias == "") {
		l = g.wrap(l, ln)
	}
	if !r.plain() || len(r.where) > 0 || r.alias == "" {
		r = g.wrap(r, rn)
	}
	var right, on []string
	r = g.settle(r, rn, func(r *block) {
		right = right[:0]
		for _, k := range n.On {
			right = append(right, g.expr(r, k[1]).brackets(precOther))
		}
	})
	l = g.settle(l, ln, func(l *block) {
		on = on[:0]
		for i, k := range n.On {
			on = append(on, g.keysAlike(l, right[i], k))
		}
	})
	l.nested = max(l.nested, r.nested)
	if !joins {
		return g.semi(l, r, on, n.Kind == plan.Anti)
	}
	cond := "TRUE"
	if len(on) > 0 {
		cond = strings.Join(on, " AND ")
	}
	l.from += joinWords[n.Kind] + r.from + " ON " + cond
	l.alias = ""
	for c, s := range r.cols {
		l.cols[c] = s
	}
	for _, list := range [][]plan.Rename{n.LOut, n.ROut} {
		for _, m := range list {
			if s, ok := l.cols[m.From]; ok && need[m.To] {
				l.cols[m.To] = g.missing(s, m.To.Type)
			}
		}
	}
	return l
}

var joinWords = map[plan.JoinKind]string{plan.Inner: " JOIN ", plan.LeftOuter: " LEFT JOIN ", plan.RightOuter: " RIGHT JOIN ", plan.FullOuter: " FULL JOIN "}

// sides finds out which columns each side must give.
func (g *gen) sides(n *plan.Combine, need, ln, rn plan.Set) {
	renamed := plan.Set{}
	for _, m := range n.LOut {
		renamed[m.To] = true
		if need[m.To] {
			ln[m.From] = true
		}
	}
	for _, m := range n.ROut {
		renamed[m.To] = true
		if need[m.To] {
			rn[m.From] = true
		}
	}
	left := plan.Offers(n.L)
	for c := range need {
		of := c
		if p, ok := g.inside[c]; ok {
			of = p.of
		}
		switch {
		case renamed[c]:
		case left[of]:
			ln[c] = true
		default:
			rn[c] = true
		}
	}
}

// keysAlike writes one equality of a join; null keys match each other.
func (g *gen) keysAlike(l *block, y string, on [2]plan.Expr) string {
	x := g.expr(l, on[0]).brackets(precOther)
	if on[0].NotNull() || on[1].NotNull() {
		return x + " = " + y
	}
	return x + " IS NOT DISTINCT FROM " + y
}

// semi keeps the rows with a partner, or those without one. Where the dialect has a join for it, it is written as one: DuckDB
// turns an EXISTS over grouped rows into a join with all rows that agree in one key.
func (g *gen) semi(l, r *block, on []string, anti bool) *block {
	cond := strings.Join(on, " AND ")
	join := g.d.Semi
	if anti {
		join = g.d.Anti
	}
	if join != "" && cond != "" && l.from != "" && !strings.Contains(cond, "SELECT") {
		l.from += join + r.from + " ON " + cond
		l.alias = ""
		return l
	}
	word := "EXISTS ("
	if anti {
		word = "NOT EXISTS ("
	}
	w := "SELECT 1 FROM " + r.from
	if cond != "" {
		w += " WHERE " + cond
	}
	l.where = append(l.where, word+w+")")
	return l
}
