package check

import (
	"slices"
	"strconv"

	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/plan"
	"passtrail/internal/kql/types"
)

// find looks in several tables and shows where each row came from. Tables that have no column of the condition are left out.
func (c *checker) find(sc *scope, op *ast.Find) *rel {
	legs := c.searched(c.findTables(sc, op), op.Predicate, true)
	var kept []*rel
	for _, l := range legs {
		if l == nil {
			return nil
		}
		n := len(c.diags)
		kept = append(kept, c.filterTable(sc, l, &searchEnv{rel: l, table: l.name}, op.Predicate))
		if len(c.diags) > n && c.diags.HasErrors() {
			return nil
		}
	}
	if len(kept) == 0 {
		c.fail(op.Loc, "no-tables", "no table has a column of the condition")
		return nil
	}
	source := "source_"
	if op.WithSource != nil {
		source = op.WithSource.Text
	}
	shown := c.findSmart(kept, op)
	if !op.Smart {
		shown = c.findProject(kept, op)
	}
	if c.diags.HasErrors() {
		return nil
	}
	pack := op.PackAll || op.Smart && slices.ContainsFunc(kept, func(l *rel) bool { return len(unshown(l, shown)) > 0 })
	for i, l := range kept {
		kept[i] = c.findColumns(l, shown, pack, op)
	}
	return c.unite(kept, source, false)
}

func (c *checker) findTables(sc *scope, op *ast.Find) []*rel {
	if len(op.Tables) == 0 {
		return c.everyTable(sc, op.Loc)
	}
	var legs []*rel
	for i, t := range op.Tables {
		for _, l := range c.leg(sc, t, false) {
			if l != nil && l.name == "" {
				l = l.copy()
				l.name = "find_arg" + strconv.Itoa(i)
			}
			legs = append(legs, l)
		}
	}
	return legs
}

// found is a column that find shows: its name, its type where project says one, and otherwise the one that it has in the
// first table with it.
type found struct {
	name string
	said types.Type
	typ  types.Type
}

// findSmart lists what is shown without project: the columns that all tables have, then those of the condition.
func (c *checker) findSmart(legs []*rel, op *ast.Find) []found {
	away := map[string]bool{}
	for _, x := range op.ProjectAway {
		if n, ok := x.(*ast.Name); ok {
			away[n.Text] = true
		}
	}
	named := columnsNamed(legs, op.Predicate)
	var out []found
	add := func(col *plan.Col) {
		if !away[col.Name] && !slices.ContainsFunc(out, func(f found) bool { return f.name == col.Name }) {
			out = append(out, found{name: col.Name, typ: col.Type})
		}
	}
	for _, col := range legs[0].cols {
		common := !slices.ContainsFunc(legs, func(l *rel) bool {
			o := l.column(col.Name)
			return o == nil || o.Type != col.Type && !slices.ContainsFunc(named, func(n *plan.Col) bool { return n.Name == col.Name })
		})
		if common {
			add(col)
		}
	}
	for _, col := range named {
		add(col)
	}
	return out
}

// findProject lists the columns of project.
func (c *checker) findProject(legs []*rel, op *ast.Find) []found {
	var out []found
	for _, p := range op.Project {
		f := found{name: p.Name.Text}
		for _, l := range legs {
			if col := l.column(f.name); col != nil && f.typ == types.Unknown {
				f.typ = col.Type
			}
		}
		if p.Type != nil {
			f.said = c.typeRef(p.Type)
		}
		if f.typ == types.Unknown {
			c.fail(p.Name.Loc, "unknown-column", "no table of the find has a column %s", f.name)
		}
		out = append(out, f)
	}
	return out
}

// unshown lists the columns of a table that are not shown by themselves.
func unshown(l *rel, shown []found) []*plan.Col {
	var out []*plan.Col
	for _, col := range l.cols {
		if !slices.ContainsFunc(shown, func(f found) bool { return f.name == col.Name }) {
			out = append(out, col)
		}
	}
	return out
}

// findColumns shows the columns of one table, and the rest in a bag.
func (c *checker) findColumns(l *rel, shown []found, pack bool, op *ast.Find) *rel {
	var defs []plan.Def
	for _, f := range shown {
		var v plan.Expr = &plan.Lit{T: f.typ, V: emptyOf(f.typ)}
		if col := l.column(f.name); col != nil {
			v = ref(col)
		}
		if f.said != types.Unknown {
			v = c.sameType(v, f.said)
		}
		defs = append(defs, define(f.name, v))
	}
	if pack {
		var args []plan.Expr
		for _, col := range unshown(l, shown) {
			args = append(args, str(col.Name), ref(col))
		}
		bag := plan.Expr(&plan.Lit{T: types.Dynamic, V: "{}"})
		if len(args) > 0 {
			bag = c.builtinCall(op.Loc, "bag_pack", args...)
		}
		defs = append(defs, define("pack_", bag))
	}
	out := l.show(defs)
	out.name = l.name
	return out
}
