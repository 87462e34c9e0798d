package plan

import (
	"slices"
	"strings"

	"passtrail/internal/kql/types"
)

// wideTest is how many tests joined by "or" are worth taking apart for each leg of a union.
const wideTest = 8

// Where keeps the rows of in for which pred is true. A predicate that tests many columns, as `* has "x"` does, is asked of
// each leg of a union by itself: columns that a leg lacks are constants there, as are some that a table has, and a search
// for a term need not look at them. Other predicates stay as they are, since the database moves them itself; so do those
// that look at other rows or hold sub-queries.
func Where(in Node, pred Expr) Node {
	if !wide(pred) {
		return &Filter{In: in, Pred: pred}
	}
	switch n := in.(type) {
	case *Filter: // the order of two filters does not matter, unless the first looks at other rows
		if alone(n.Pred) {
			return &Filter{In: Where(n.In, pred), Pred: n.Pred}
		}
	case *Union:
		out := &Union{Cols: n.Cols, Legs: slices.Clone(n.Legs)}
		for i, leg := range n.Legs {
			out.Legs[i].In = narrowed(leg.In, pred, n.Cols, leg.X)
		}
		return out
	case *Scan:
		own := make([]Expr, len(n.Cols))
		for i, c := range n.Cols {
			own[i] = &Ref{Col: c}
		}
		return narrowed(n, pred, n.Cols, own)
	}
	return &Filter{In: in, Pred: pred}
}

// narrowed filters in by a predicate over cols, whose values in it are xs.
func narrowed(in Node, pred Expr, cols []*Col, xs []Expr) Node {
	value := map[*Col]Expr{}
	for i, c := range cols {
		value[c] = known(in, xs[i])
	}
	return &Filter{In: in, Pred: simplify(Map(pred, func(x Expr) Expr {
		if r, ok := x.(*Ref); ok {
			return value[r.Col]
		}
		return nil
	}))}
}

// wide tells a predicate that joins many tests by "or" and looks at the row alone.
func wide(pred Expr) bool {
	many := false
	Walk(pred, func(x Expr) bool {
		l, ok := x.(*Logic)
		many = many || ok && l.Or && len(l.Args) >= wideTest
		return !many
	})
	return many && alone(pred)
}

// alone tells a predicate that looks at its row and at nothing else.
func alone(pred Expr) bool {
	ok := true
	Walk(pred, func(x Expr) bool {
		switch x.(type) {
		case *Window, *Query, *InQuery:
			ok = false
		}
		return ok
	})
	return ok
}

// known is a column of a scan as the constant that it is, where the table has it empty in every row.
func known(in Node, x Expr) Expr {
	r, isRef := x.(*Ref)
	scan, isScan := in.(*Scan)
	if !isRef || !isScan {
		return x
	}
	if i := slices.Index(scan.Cols, r.Col); i >= 0 && i < len(scan.Table.Columns) && scan.Table.Columns[i].SQL == "''" {
		return &Lit{T: types.String, V: ""}
	}
	return x
}

// simplify takes tests that cannot be true out of a predicate.
func simplify(pred Expr) Expr {
	switch x := pred.(type) {
	case *Logic:
		out := &Logic{Or: x.Or}
		for _, a := range x.Args {
			a = simplify(a)
			if l, ok := a.(*Lit); ok && l.V == false && x.Or {
				continue
			}
			out.Args = append(out.Args, a)
		}
		switch len(out.Args) {
		case 0:
			return &Lit{T: types.Bool, V: !x.Or}
		case 1:
			return out.Args[0]
		}
		return out
	case *Op:
		if len(x.Args) == 2 && finds(x.Name) && empty(x.Args[0]) && someText(x.Args[1]) {
			return &Lit{T: types.Bool, V: false}
		}
	}
	return pred
}

// finds tells the operators that find nothing in an empty text unless they look for one.
func finds(name string) bool {
	switch strings.TrimSuffix(name, " cs") {
	case "has", "contains", "startswith", "endswith", "hasprefix", "hassuffix":
		return true
	}
	return false
}

// empty tells an expression that is the empty text or null, whatever the row.
func empty(x Expr) bool {
	switch x := x.(type) {
	case *Lit:
		return x.V == nil || x.V == ""
	case *Cast:
		return empty(x.X)
	}
	return false
}

func someText(x Expr) bool {
	l, ok := x.(*Lit)
	s, isText := "", false
	if ok {
		s, isText = l.V.(string)
	}
	return isText && s != ""
}
