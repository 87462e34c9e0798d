package check

import (
	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/diag"
	"passtrail/internal/kql/plan"
	"passtrail/internal/kql/types"
)

// scope holds what let, parameters and "as" have named; inner scopes hide outer names.
type scope struct {
	parent *scope
	names  map[string]*binding
}

// binding is what a name stands for: exactly one of scalar, table and fn is set.
type binding struct {
	name   string
	scalar plan.Expr
	table  func(at diag.Span) *rel // binds the table anew for each use
	fn     *function
}

// function is a user's function and the scope it was written in.
type function struct {
	decl  *ast.Function
	scope *scope
	name  string
}

func (s *scope) lookup(name string) *binding {
	for ; s != nil; s = s.parent {
		if b, ok := s.names[name]; ok {
			return b
		}
	}
	return nil
}

// visible lists the names that satisfy keep, for suggestions.
func (s *scope) visible(keep func(*binding) bool) []string {
	var out []string
	for ; s != nil; s = s.parent {
		for name, b := range s.names {
			if b != nil && keep(b) {
				out = append(out, name)
			}
		}
	}
	return out
}

// freeze returns a scope with the names of s as they are now; names that s gets later are not in it.
func (s *scope) freeze() *scope {
	s.parent, s.names = &scope{parent: s.parent, names: s.names}, map[string]*binding{}
	return s.parent
}

func child(s *scope) *scope { return &scope{parent: s, names: map[string]*binding{}} }

// let binds a name. A table is bound once here, so that its mistakes show even when nobody uses it, and anew for each use.
func (c *checker) let(sc *scope, s *ast.Let) {
	name := s.Name.Text
	v := ast.Unparen(s.Value)
	outer := child(sc)
	switch {
	case v == nil:
		return
	case isFunction(v):
		if !c.spend(s.Loc, 5) {
			return
		}
		outer = sc.freeze()
		fn := v.(*ast.Function)
		sc.names[name] = &binding{name: name, fn: &function{decl: fn, scope: outer, name: name}}
		c.tryFunction(outer, fn, name)
	case c.tabular(outer, v):
		c.letTable(sc, outer, name, v)
	default:
		if n, ok := v.(*ast.Name); ok {
			if b := outer.lookup(n.Text); b != nil && b.fn != nil {
				sc.names[name] = b
				return
			}
		}
		sc.names[name] = &binding{name: name, scalar: c.expr(&env{sc: outer, constant: true}, v)}
	}
}

func isFunction(v ast.Expr) bool { _, ok := v.(*ast.Function); return ok }

func (c *checker) letTable(sc, outer *scope, name string, v ast.Expr) {
	if call, ok := v.(*ast.Call); ok && call.Name.Text == "materialize" {
		sc.names[name] = c.materialized(outer, call, name)
		return
	}
	r := c.table(outer, v)
	used := false
	sc.names[name] = &binding{name: name, table: func(at diag.Span) *rel {
		if !used || !c.spend(at, r.size()) {
			used = true
			return r.copy()
		}
		return r.clone()
	}}
}

// tryFunction binds a function's body with stand-ins for its parameters, for its mistakes.
func (c *checker) tryFunction(outer *scope, fn *ast.Function, name string) {
	for _, p := range fn.Params {
		if p.Type == nil && (p.Schema == nil || p.Schema.Any) {
			return // what the body may say depends on the table given
		}
	}
	in := child(outer)
	for _, p := range fn.Params {
		if p.Type != nil {
			in.names[p.Name.Text] = &binding{name: p.Name.Text, scalar: &plan.Op{Name: "param", T: c.typeRef(p.Type)}}
			continue
		}
		schema := p.Schema
		in.names[p.Name.Text] = &binding{name: p.Name.Text, table: func(diag.Span) *rel { return c.emptyTable(schema) }}
	}
	c.body(in, fn)
	_ = name
}

func (c *checker) emptyTable(s *ast.Schema) *rel {
	v := &plan.Values{}
	for _, col := range s.Columns {
		v.Cols = append(v.Cols, &plan.Col{Name: col.Name.Text, Type: c.typeRef(col.Type)})
	}
	return &rel{node: v, cols: v.Cols, ser: true} // whether rows come in an order is seen at each call
}

// body binds a function's statements and its result; a table or a value.
func (c *checker) body(in *scope, fn *ast.Function) (*rel, plan.Expr) {
	for _, s := range fn.Statements {
		switch s := s.(type) {
		case *ast.Let:
			c.let(in, s)
		case *ast.Set:
			c.set(in, s)
		default:
			c.fail(s.Span(), "bad-function", "only let statements can stand in a function before its result")
		}
	}
	if fn.Result == nil {
		return nil, nil
	}
	res := ast.Unparen(fn.Result)
	if c.tabular(in, res) {
		return c.table(in, res), nil
	}
	return nil, c.expr(&env{sc: in}, res)
}

// tabular reports whether an expression stands for a table.
func (c *checker) tabular(sc *scope, x ast.Expr) bool {
	switch x := ast.Unparen(x).(type) {
	case *ast.Pipeline:
		if len(x.Operators) == 0 {
			if e, ok := x.Source.(ast.Expr); ok {
				return c.tabular(sc, e)
			}
		}
		return true
	case *ast.Name:
		if b := sc.lookup(x.Text); b != nil {
			return b.table != nil || b.fn != nil && len(b.fn.decl.Params) == 0 && c.tabularFunction(b.fn)
		}
		return c.schema.Table(x.Text) != nil
	case *ast.Wildcard:
		return true
	case *ast.Path:
		call, ok := x.X.(*ast.Call)
		return ok && foreign[call.Name.Text] != ""
	case *ast.Call:
		if b := sc.lookup(x.Name.Text); b != nil && b.fn != nil {
			return c.tabularFunction(b.fn)
		}
		return x.Name.Text == "materialize" || x.Name.Text == "table" || foreign[x.Name.Text] != ""
	}
	return false
}

// tabularFunction reports whether a function yields a table.
func (c *checker) tabularFunction(f *function) bool {
	in := child(f.scope)
	for _, p := range f.decl.Params {
		b := &binding{name: p.Name.Text, scalar: bad()}
		if p.Type == nil {
			b = &binding{name: p.Name.Text, table: func(diag.Span) *rel { return nil }}
		}
		in.names[p.Name.Text] = b
	}
	for _, s := range f.decl.Statements {
		if l, ok := s.(*ast.Let); ok {
			in.names[l.Name.Text] = &binding{name: l.Name.Text, scalar: bad()}
			if v := ast.Unparen(l.Value); v != nil && !isFunction(v) && c.tabular(in, v) {
				in.names[l.Name.Text] = &binding{name: l.Name.Text, table: func(diag.Span) *rel { return nil }}
			} else if fn, ok := v.(*ast.Function); ok {
				in.names[l.Name.Text] = &binding{name: l.Name.Text, fn: &function{decl: fn, scope: in, name: l.Name.Text}}
			}
		}
	}
	return f.decl.Result != nil && c.tabular(in, f.decl.Result)
}

// callFunction binds a call of a user's function: its body with the arguments for the parameters.
func (c *checker) callFunction(e *env, at diag.Span, f *function, args []ast.Expr, first *rel) (*rel, plan.Expr) {
	if !c.enter(at) || !c.spend(at, 5) {
		return nil, bad()
	}
	defer c.leave()
	in := child(f.scope)
	given := c.matchArgs(at, f, args, first != nil)
	for i, p := range f.decl.Params {
		in.names[p.Name.Text] = c.argument(e, at, f, p, given[i], first, i)
	}
	r, x := c.body(in, f.decl)
	if x == nil {
		x = bad()
	}
	return r, x
}

// matchArgs puts arguments, also named ones, to parameters; nil where none was given.
func (c *checker) matchArgs(at diag.Span, f *function, args []ast.Expr, piped bool) []ast.Expr {
	given := make([]ast.Expr, len(f.decl.Params))
	next := 0
	if piped {
		next = 1
	}
	for _, a := range args {
		if n, ok := a.(*ast.Named); ok && len(n.Names) == 1 {
			found := false
			for i, p := range f.decl.Params {
				if p.Name.Text == n.Names[0].Text {
					given[i], found = n.X, true
				}
			}
			if !found {
				c.fail(n.Loc, "bad-argument", "%s has no parameter %s", f.name, n.Names[0].Text)
			}
			continue
		}
		for next < len(given) && given[next] != nil {
			next++ // given by name before
		}
		if next >= len(given) {
			c.fail(a.Span(), "bad-argument", "%s takes %d arguments", f.name, len(given))
			break
		}
		given[next] = a
		next++
	}
	return given
}

func (c *checker) argument(e *env, at diag.Span, f *function, p *ast.Param, given ast.Expr, first *rel, i int) *binding {
	name := p.Name.Text
	switch {
	case p.Type == nil && i == 0 && first != nil:
		used := false
		return &binding{name: name, table: func(diag.Span) *rel {
			if used {
				return first.clone()
			}
			used = true
			return first
		}}
	case p.Type == nil && given != nil:
		sc := e.sc
		if !c.tabular(sc, given) {
			c.fail(given.Span(), "bad-argument", "parameter %s of %s takes a table", name, f.name)
			return &binding{name: name, table: func(diag.Span) *rel { return nil }}
		}
		return &binding{name: name, table: func(diag.Span) *rel { return c.table(sc, given) }}
	case given != nil:
		return &binding{name: name, scalar: c.coerce(given.Span(), c.expr(e.inner(), given), c.typeRef(p.Type))}
	case p.Default != nil:
		return &binding{name: name, scalar: c.coerce(p.Default.Span(), c.expr(&env{sc: f.scope}, p.Default), c.typeRef(p.Type))}
	}
	c.fail(at, "bad-argument", "parameter %s of %s has no argument", name, f.name)
	if p.Type == nil {
		return &binding{name: name, table: func(diag.Span) *rel { return nil }}
	}
	return &binding{name: name, scalar: bad()}
}

// materialized binds materialize(T): a relation that is computed once.
func (c *checker) materialized(sc *scope, call *ast.Call, name string) *binding {
	r := c.materializeCall(sc, call)
	if r == nil {
		return &binding{name: name, table: func(diag.Span) *rel { return nil }}
	}
	cte := c.cte(r)
	return &binding{name: name, table: func(diag.Span) *rel { return readCTE(cte, r) }}
}

func (c *checker) materializeCall(sc *scope, call *ast.Call) *rel {
	if len(call.Args) != 1 || !c.tabular(sc, call.Args[0]) {
		c.fail(call.Loc, "bad-argument", "materialize takes one table")
		return nil
	}
	return c.table(sc, call.Args[0])
}

func (c *checker) cte(r *rel) *plan.CTE {
	c.ctes++
	return &plan.CTE{Name: cteName(c.ctes), Order: c.ctes, Plan: r.node, Cols: append(append([]*plan.Col{}, r.cols...), r.hidden()...)}
}

// readCTE is a new reader of a shared relation, with columns of its own.
func readCTE(cte *plan.CTE, r *rel) *rel {
	cols := make([]*plan.Col, len(cte.Cols))
	to := map[*plan.Col]*plan.Col{}
	for i, col := range cte.Cols {
		copied := *col
		cols[i] = &copied
		to[col] = &copied
	}
	out := &rel{node: &plan.Shared{CTE: cte, Cols: cols}, cols: cols[:len(r.cols)], name: r.name}
	for _, k := range r.order {
		if ref, ok := k.X.(*plan.Ref); ok && to[ref.Col] != nil {
			out.order = append(out.order, plan.Key{X: &plan.Ref{Col: to[ref.Col]}, Desc: k.Desc, NullsFirst: k.NullsFirst})
		} else {
			out.order = nil
			break
		}
	}
	sorted := len(r.order) > 0 && len(out.order) == len(r.order)
	out.ser = r.ser && (sorted || r.order == nil && r.row == nil) // rows are read in the order that they were put in
	return out
}

func bad() plan.Expr { return &plan.Lit{T: types.Unknown} }
