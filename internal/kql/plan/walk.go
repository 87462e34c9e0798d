package plan

// Inputs lists the relations directly below n.
func Inputs(n Node) []Node {
	switch n := n.(type) {
	case *Filter:
		return []Node{n.In}
	case *Extend:
		return []Node{n.In}
	case *Limit:
		return []Node{n.In}
	case *Aggregate:
		return []Node{n.In}
	case *First:
		return []Node{n.In}
	case *Combine:
		return []Node{n.L, n.R}
	case *Union:
		in := make([]Node, len(n.Legs))
		for i, l := range n.Legs {
			in[i] = l.In
		}
		return in
	case *Expand:
		return []Node{n.In}
	case *RowNumber:
		return []Node{n.In}
	case *Fold:
		return []Node{n.In, n.Body}
	}
	return nil
}

// Exprs lists the expressions of n itself.
func Exprs(n Node) []Expr {
	var out []Expr
	switch n := n.(type) {
	case *Values:
		for _, row := range n.Rows {
			out = append(out, row...)
		}
	case *Range:
		return []Expr{n.From, n.To, n.Step}
	case *Filter:
		return []Expr{n.Pred}
	case *Extend:
		return defExprs(n.Defs)
	case *Limit:
		return append(keyExprs(n.Order), n.N)
	case *Aggregate:
		out = defExprs(n.Keys)
		for _, a := range n.Aggs {
			out = append(append(out, a.Args...), keyExprs(a.Order)...)
		}
	case *First:
		return append(append(out, n.Keys...), keyExprs(n.Order)...)
	case *Combine:
		for _, on := range n.On {
			out = append(out, on[0], on[1])
		}
	case *Union:
		for _, l := range n.Legs {
			out = append(out, l.X...)
		}
	case *Expand:
		for _, i := range n.Items {
			out = append(out, i.X)
		}
		if n.Limit != nil {
			out = append(out, n.Limit)
		}
	case *RowNumber:
		return keyExprs(n.Order)
	case *Fold:
		return n.Init
	}
	return out
}

func defExprs(defs []Def) []Expr {
	out := make([]Expr, len(defs))
	for i, d := range defs {
		out[i] = d.X
	}
	return out
}

func keyExprs(keys []Key) []Expr {
	out := make([]Expr, len(keys), len(keys)+1)
	for i, k := range keys {
		out[i] = k.X
	}
	return out
}

// Visit calls visit for n and every relation below it, those in sub-queries and shared ones included, each once.
func Visit(n Node, visit func(Node)) {
	seen := map[*CTE]bool{}
	var down func(Node)
	inside := func(x Expr) bool {
		switch x := x.(type) {
		case *Query:
			down(x.Plan)
		case *InQuery:
			down(x.Plan)
		}
		return true
	}
	down = func(n Node) {
		visit(n)
		for _, in := range Inputs(n) {
			down(in)
		}
		for _, x := range Exprs(n) {
			Walk(x, inside)
		}
		if s, ok := n.(*Shared); ok && !seen[s.CTE] {
			seen[s.CTE] = true
			down(s.CTE.Plan)
		}
	}
	down(n)
}

// Offers is the set of columns that n gives, hidden ones included.
func Offers(n Node) Set {
	out := Set{}
	offers(n, out)
	return out
}

func offers(n Node, out Set) {
	add := func(cols []*Col) {
		for _, c := range cols {
			out[c] = true
		}
	}
	switch n := n.(type) {
	case *Scan:
		add(n.Cols)
	case *Values:
		add(n.Cols)
	case *Range:
		out[n.Col] = true
	case *Extend:
		for _, d := range n.Defs {
			out[d.Col] = true
		}
	case *Aggregate:
		for _, k := range n.Keys {
			out[k.Col] = true
		}
		for _, a := range n.Aggs {
			out[a.Col] = true
		}
		add(n.Carry)
		return
	case *Union:
		add(n.Cols)
		return
	case *Shared:
		add(n.Cols)
	case *Combine:
		for _, m := range append(append([]Rename{}, n.LOut...), n.ROut...) {
			out[m.To] = true
		}
		if n.Kind == Semi || n.Kind == Anti {
			offers(n.L, out)
			return
		}
	case *Expand:
		for _, i := range n.Items {
			out[i.Col] = true
		}
		if n.Index != nil {
			out[n.Index] = true
		}
	case *RowNumber:
		out[n.Col] = true
	}
	for _, in := range Inputs(n) {
		offers(in, out)
	}
}
