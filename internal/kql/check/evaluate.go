package check

import (
	"encoding/json"
	"slices"
	"strings"

	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/builtin"
	"passtrail/internal/kql/diag"
	"passtrail/internal/kql/plan"
	"passtrail/internal/kql/types"
)

// maxUnpacked is the most columns that bag_unpack and pivot make.
const maxUnpacked = 500

func (c *checker) evaluate(sc *scope, r *rel, op *ast.Evaluate) *rel {
	switch op.Call.Name.Text {
	case "bag_unpack":
		return c.bagUnpack(sc, r, op)
	case "pivot":
		return c.pivot(sc, r, op)
	case "narrow":
		return c.narrow(r, op)
	case "ipv4_lookup", "ipv6_lookup":
		return c.ipLookup(sc, r, op)
	case "sequence_detect":
		return c.sequenceDetect(sc, r, op)
	case "rows_near":
		return c.rowsNear(sc, r, op)
	case "preview":
		return c.preview(sc, r, op)
	case "identity":
		return r.then(r.node)
	}
	if plugin, ok := activity[op.Call.Name.Text]; ok {
		return plugin(c, sc, r, op)
	}
	c.plugin(op.Call)
	return nil
}

// plugin refuses a plugin by name.
func (c *checker) plugin(x *ast.Call) {
	name := x.Name.Text
	for _, row := range builtin.Of(builtin.Plugin, name) {
		if row.Refused != "" {
			c.unsupported(x.Name.Loc, name, row.Refused)
			return
		}
	}
	if len(builtin.Of(builtin.Plugin, name)) > 0 {
		c.unsupported(x.Name.Loc, name, "it works on rows; put it behind a table and |")
		return
	}
	c.failHint(x.Name.Loc, diag.DidYouMean(name, builtin.Names(builtin.Plugin, false)), "unknown-plugin", "there is no plugin %s", name)
}

// sample asks the database for what decides the columns of a result: those of some plugins depend on the data.
func (c *checker) sample(at diag.Span, what string, out plan.Output) ([][]any, bool) {
	if c.diags.HasErrors() {
		return nil, false
	}
	if c.o.Sample == nil {
		c.failHint(at, "say the columns: evaluate "+what+"(…) : (name:type, …)", "needs-data", "the columns of %s depend on the data", what)
		return nil, false
	}
	rows, err := c.o.Sample(out)
	if err != nil {
		c.failed = err
		return nil, false
	}
	if len(rows) > maxUnpacked {
		c.fail(at, codeTooLarge, "%s would make more than %d columns", what, maxUnpacked)
		return nil, false
	}
	return rows, true
}

func (c *checker) bagUnpack(sc *scope, r *rel, op *ast.Evaluate) *rel {
	args := c.pluginArgs(op.Call, "Column", "OutputColumnPrefix", "columnsConflict", "ignoredProperties")
	if len(args) == 0 || args[0] == nil {
		c.fail(op.Call.Loc, "bad-argument", "bag_unpack takes a dynamic column")
		return nil
	}
	src, ok := c.expr(&env{sc: sc, rel: r}, args[0]).(*plan.Ref)
	if !ok || src.Col.Type != types.Dynamic {
		c.fail(args[0].Span(), "bad-argument", "bag_unpack takes a dynamic column")
		return nil
	}
	prefix := c.constText(sc, args, 1, "")
	conflict := c.constText(sc, args, 2, "error")
	ignored := map[string]bool{}
	if len(args) > 3 && args[3] != nil {
		var list []string
		if l, ok := c.expr(&env{sc: sc}, args[3]).(*plan.Lit); ok {
			s, _ := l.V.(string)
			_ = json.Unmarshal([]byte(s), &list)
		}
		for _, k := range list {
			ignored[k] = true
		}
	}
	keys, ok := c.bagKeys(r, src, op, prefix)
	if !ok {
		return nil
	}
	return c.unpacked(r, src, op, keys, prefix, conflict, ignored)
}

// pluginArgs puts a plugin's arguments in the order of its parameters; nil where none was given.
func (c *checker) pluginArgs(x *ast.Call, params ...string) []ast.Expr {
	out := make([]ast.Expr, 0, len(params))
	for _, a := range x.Args {
		n, ok := a.(*ast.Named)
		if !ok {
			out = append(out, a)
			continue
		}
		i := slices.IndexFunc(params, func(p string) bool { return strings.EqualFold(p, n.Names[0].Text) })
		if i < 0 {
			c.failHint(n.Loc, diag.DidYouMean(n.Names[0].Text, params), "bad-argument", "%s has no parameter %s", x.Name.Text, n.Names[0].Text)
			continue
		}
		for len(out) <= i {
			out = append(out, nil)
		}
		out[i] = n.X
	}
	return out
}

// bagKey is a key to unpack and the type of its column.
type bagKey struct {
	key string
	typ types.Type
}

func (c *checker) constText(sc *scope, args []ast.Expr, i int, otherwise string) string {
	if i >= len(args) || args[i] == nil {
		return otherwise
	}
	if l, ok := c.expr(&env{sc: sc}, args[i]).(*plan.Lit); ok {
		if s, ok := l.V.(string); ok {
			return s
		}
	}
	return otherwise
}

// bagKeys are the keys from the written schema, else from the data.
func (c *checker) bagKeys(r *rel, src *plan.Ref, op *ast.Evaluate, prefix string) ([]bagKey, bool) {
	var keys []bagKey
	if op.Schema != nil {
		for _, sc := range op.Schema.Columns {
			if o := r.column(sc.Name.Text); o != nil && o != src.Col {
				continue
			}
			keys = append(keys, bagKey{strings.TrimPrefix(sc.Name.Text, prefix), c.typeRef(sc.Type)})
		}
		return keys, true
	}
	rows, ok := c.sample(op.Call.Name.Loc, "bag_unpack", c.keysOf(r.clone(), r, src))
	if !ok {
		return nil, false
	}
	at := map[string]int{}
	for _, row := range rows {
		key, _ := row[0].(string)
		kind, _ := row[1].(string)
		t := kindType(kind)
		if i, seen := at[key]; seen {
			keys[i].typ = mixed(keys[i].typ, t)
			continue
		}
		at[key] = len(keys)
		keys = append(keys, bagKey{key, t})
	}
	return keys, true
}

// keysOf is the query for all keys with the kinds of their values.
func (c *checker) keysOf(r, original *rel, src *plan.Ref) plan.Output {
	bag := ref(r.cols[slices.Index(original.cols, src.Col)])
	elem := &plan.Col{Name: "k", Type: types.Dynamic}
	ex := &plan.Expand{In: r.node, Items: []plan.Item{{X: c.builtinCall(diag.Span{}, "bag_keys", bag), Col: elem}}}
	key := plan.Def{Col: &plan.Col{Name: "key", Type: types.String, NotNull: true}, X: &plan.Cast{X: ref(elem), T: types.String}}
	bags := &plan.Filter{In: ex, Pred: c.builtinCall(diag.Span{}, "isnotnull", ref(elem))} // what is no bag has no keys
	keyed := &plan.Extend{In: bags, Defs: []plan.Def{key}}
	value := &plan.Path{X: bag, Steps: []plan.Step{{X: ref(key.Col)}}}
	kind := plan.Def{Col: &plan.Col{Name: "kind", Type: types.String, NotNull: true}, X: c.builtinCall(diag.Span{}, "gettype", value)}
	group := &plan.Aggregate{In: keyed, Keys: []plan.Def{{Col: &plan.Col{Name: "key", Type: types.String, NotNull: true}, X: ref(key.Col)}, kind}}
	out := []*plan.Col{group.Keys[0].Col, kind.Col}
	return plan.Output{Name: "keys", Plan: &plan.Limit{In: group, N: number(maxUnpacked + 1)}, Cols: out, Order: []plan.Key{{X: ref(out[0])}, {X: ref(out[1])}}}
}

func kindType(kind string) types.Type {
	switch kind {
	case "long", "int":
		return types.Long
	case "double", "real":
		return types.Real
	case "string":
		return types.String
	case "bool":
		return types.Bool
	case "null":
		return types.Null
	}
	return types.Dynamic
}

func mixed(a, b types.Type) types.Type {
	if t, ok := types.Widen(a, b); ok {
		return t
	}
	return types.Dynamic
}

func (c *checker) unpacked(r *rel, src *plan.Ref, op *ast.Evaluate, keys []bagKey, prefix, conflict string, ignored map[string]bool) *rel {
	var cols []*plan.Col
	at := -1
	for _, col := range r.cols {
		if col == src.Col {
			at = len(cols)
			continue
		}
		cols = append(cols, col)
	}
	var defs []plan.Def
	for _, k := range keys {
		if ignored[k.key] {
			continue
		}
		if k.typ == types.Null {
			k.typ = types.Dynamic
		}
		var v plan.Expr = &plan.Path{X: src, Steps: []plan.Step{{Key: k.key, IsKey: true}}}
		if k.typ != types.Dynamic {
			v = &plan.Cast{X: v, T: k.typ}
		}
		d := plan.Def{Col: col(prefix+k.key, v), X: v}
		i := slices.IndexFunc(cols, func(o *plan.Col) bool { return o.Name == d.Col.Name })
		switch {
		case i >= 0 && conflict == "replace_source":
			cols = append(slices.Delete(cols, i, i+1), d.Col)
			if at > i {
				at--
			}
		case i >= 0 && conflict == "keep_source":
			continue
		case i >= 0:
			c.failHint(op.Call.Loc, "give a prefix as second argument", "duplicate-column", "the bag has a key %s, which is also a column", d.Col.Name)
			continue
		case d.Col.Name == src.Col.Name:
			cols = slices.Insert(cols, at, d.Col)
		default:
			cols = append(cols, d.Col)
		}
		defs = append(defs, d)
	}
	if op.Schema != nil && !op.Schema.Any {
		cols = slices.DeleteFunc(cols, func(o *plan.Col) bool {
			return !slices.ContainsFunc(op.Schema.Columns, func(w *ast.Column) bool { return w.Name.Text == o.Name })
		})
	}
	out := r.extend(defs...)
	if out == r {
		out = r.then(r.node)
	}
	out.cols = cols
	return out
}

// narrow makes a row of each cell.
func (c *checker) narrow(r *rel, op *ast.Evaluate) *rel {
	win := c.newWindows(r)
	order := win.order()
	r = win.apply(r)
	var pairs []plan.Expr
	for _, col := range r.cols {
		pairs = append(pairs, c.builtinCall(op.Loc, "pack_array", str(col.Name), text(ref(col))))
	}
	if len(pairs) == 0 {
		return r
	}
	elem := &plan.Col{Name: "cell", Type: types.Dynamic}
	node := &plan.Expand{In: r.node, Items: []plan.Item{{X: c.builtinCall(op.Loc, "pack_array", pairs...), Col: elem}}}
	out := r.then(node)
	part := func(i int64) plan.Expr {
		return &plan.Cast{X: &plan.Path{X: ref(elem), Steps: []plan.Step{{Index: i}}}, T: types.String}
	}
	row := &plan.Op{Name: "sub", Args: []plan.Expr{order[0].X, number(1)}, T: types.Long, Never: true}
	return out.show([]plan.Def{define("Row", row), define("Column", part(0)), define("Value", part(1))})
}

// pivot makes a column of each value of a column, aggregated by the others.
func (c *checker) pivot(sc *scope, r *rel, op *ast.Evaluate) *rel {
	args := op.Call.Args
	if len(args) == 0 {
		c.fail(op.Call.Loc, "bad-argument", "pivot takes a column, an aggregate and the columns to keep")
		return nil
	}
	src, ok := c.expr(&env{sc: sc, rel: r}, args[0]).(*plan.Ref)
	if !ok {
		c.fail(args[0].Span(), "bad-argument", "pivot takes a column")
		return nil
	}
	agg := &ast.Call{At: op.Call.At, Name: &ast.Name{At: op.Call.At, Text: "count"}}
	if len(args) > 1 {
		if agg, ok = ast.Unparen(args[1]).(*ast.Call); !ok {
			c.fail(args[1].Span(), "bad-argument", "an aggregate is needed here, sum(x) for example")
			return nil
		}
	}
	values, ok := c.pivotValues(r, src, op)
	if !ok {
		return nil
	}
	return c.pivoted(sc, r, src, op, agg, values)
}

func (c *checker) pivotValues(r *rel, src *plan.Ref, op *ast.Evaluate) ([]string, bool) {
	copied := r.clone()
	from := ref(copied.cols[slices.Index(r.cols, src.Col)])
	key := plan.Def{Col: &plan.Col{Name: "value", Type: types.String, NotNull: true}, X: text(from)}
	group := &plan.Aggregate{In: copied.node, Keys: []plan.Def{key}}
	out := plan.Output{Name: "values", Plan: &plan.Limit{In: group, N: number(maxUnpacked + 1)}, Cols: []*plan.Col{key.Col}, Order: []plan.Key{{X: ref(key.Col)}}}
	var values []string
	if op.Schema != nil {
		for _, sc := range op.Schema.Columns {
			if r.column(sc.Name.Text) == nil {
				values = append(values, sc.Name.Text)
			}
		}
		return values, true
	}
	rows, ok := c.sample(op.Call.Name.Loc, "pivot", out)
	for _, row := range rows {
		s, _ := row[0].(string)
		values = append(values, s)
	}
	return values, ok
}

// conditional has the aggregates that take a predicate where Kusto's name for them is not the name with "if".
var conditional = map[string]string{"make_list": "make_list_if", "make_set": "make_set_if", "make_bag": "make_bag_if", "take_any": "take_anyif", "any": "anyif", "hll": "hll_if"}

func (c *checker) pivoted(sc *scope, r *rel, src *plan.Ref, op *ast.Evaluate, agg *ast.Call, values []string) *rel {
	name := conditional[agg.Name.Text]
	if name == "" {
		name = agg.Name.Text + "if"
	}
	in := &env{sc: sc, rel: r}
	given := c.args(in, agg)
	used := plan.Set{src.Col: true}
	for _, g := range given {
		plan.Walk(g, func(x plan.Expr) bool {
			if o, ok := x.(*plan.Ref); ok {
				used[o.Col] = true
			}
			return true
		})
	}
	keys := c.pivotKeys(in, r, op, used)
	if len(builtin.Of(builtin.Aggregate, name)) == 0 {
		return c.pivotTwice(in, src, agg, keys, values)
	}
	a := &aggs{order: r.rowOrder()}
	names := newNames()
	for _, k := range keys {
		names.used[k.Col.Name] = true
	}
	var defs []plan.Def
	for _, v := range values {
		cond := &plan.Compare{Op: "=", L: text(src), R: str(v)}
		all := append(slices.Clone(given), cond)
		row, ga, ok := c.resolve(agg.Loc, agg.Args, builtin.Aggregate, name, all)
		if !ok {
			return nil
		}
		x := a.add("", row.Result(ga), row.NeverNull, plan.Agg{Row: row, Args: all})
		defs = append(defs, a.show(names.claim(v), x))
	}
	return c.group(r, keys, a, defs)
}

// pivotTwice groups by the value too, with any aggregate, and then puts the groups of one row beside each other. A value
// that a row does not have is null, as these aggregates are over no rows.
func (c *checker) pivotTwice(e *env, src *plan.Ref, agg *ast.Call, keys []plan.Def, values []string) *rel {
	a := &aggs{order: e.rel.rowOrder()}
	cell := c.aggregateCall(&env{sc: e.sc, rel: e.rel, aggs: a}, agg)
	if c.diags.HasErrors() {
		return nil
	}
	value := plan.Def{Col: &plan.Col{Name: "value", Type: types.String, NotNull: true}, X: text(src)}
	inner := c.group(e.rel, append(slices.Clone(keys), value), a, []plan.Def{a.show("cell", cell)})
	names := newNames()
	again := make([]plan.Def, len(keys))
	for i, k := range keys {
		names.used[k.Col.Name] = true
		again[i] = define(k.Col.Name, ref(k.Col))
	}
	outer := &aggs{}
	how := "any"
	if cell.Type() == types.String {
		how = "any not empty"
	}
	var defs []plan.Def
	for _, v := range values {
		x := &plan.Case{When: []plan.Expr{&plan.Compare{Op: "=", L: ref(value.Col), R: str(v)}}, Then: []plan.Expr{cell}, Else: &plan.Lit{T: cell.Type(), V: emptyOf(cell.Type())}, T: cell.Type()}
		shown := outer.add("", cell.Type(), cell.Type() == types.String, plan.Agg{Name: how, Args: []plan.Expr{x}})
		defs = append(defs, outer.show(names.claim(v), shown))
	}
	return c.group(inner, again, outer, defs)
}

// pivotKeys are the columns named behind the aggregate, else all that pivot does not use.
func (c *checker) pivotKeys(e *env, r *rel, op *ast.Evaluate, used plan.Set) []plan.Def {
	var keys []plan.Def
	if len(op.Call.Args) > 2 {
		names := newNames()
		for _, x := range op.Call.Args[2:] {
			keys = append(keys, c.item(e, x, names, columnName)...)
		}
	} else {
		for _, col := range r.cols {
			if !used[col] {
				keys = append(keys, plan.Def{Col: col, X: ref(col)})
			}
		}
	}
	for _, k := range keys {
		c.needsScalar(op.Loc, k.X, "grouped")
	}
	return keys
}
