package check

import (
	"regexp"
	"strings"

	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/builtin"
	"passtrail/internal/kql/diag"
	"passtrail/internal/kql/plan"
	"passtrail/internal/kql/types"
)

// parse makes one pattern of the operator's and takes the columns out of its groups.
func (c *checker) parse(sc *scope, r *rel, op *ast.Parse) *rel {
	if op.Kind != "" && op.Kind != "simple" && op.Kind != "regex" && op.Kind != "relaxed" {
		c.failHint(op.KindLoc.Loc, "simple, regex or relaxed", "unknown-kind", "there is no kind %s of parse", op.Kind)
		return nil
	}
	x := text(c.expr(&env{sc: sc, rel: r}, op.X))
	pattern, groups, ok := c.parsePattern(op)
	if !ok {
		return nil
	}
	// what is typed is needed for all columns: it tells whether the row fits
	var typed []plan.Expr
	var values []plan.Expr
	for _, g := range groups {
		var v plan.Expr = &plan.Op{Name: "regex group", Args: []plan.Expr{x, str(pattern), number(int64(g.group))}, T: types.String, Never: true}
		if g.typ != types.String {
			v = c.textTo(op.Loc, v, g.typ)
		}
		if g.typ != types.String && g.typ != types.Dynamic { // every text fits these
			typed = append(typed, v)
		}
		values = append(values, v)
	}
	return c.parsed(r, op, x, pattern, groups, values, typed)
}

// textTo converts text that was cut out of another; to dynamic it is read as JSON.
func (c *checker) textTo(at diag.Span, x plan.Expr, t types.Type) plan.Expr {
	if t == types.Dynamic {
		return c.builtinCall(at, "parse_json", x)
	}
	return &plan.Cast{X: x, T: t}
}

// parsed adds the columns. Where one typed column does not fit, all of the row are empty, but for kind=relaxed.
func (c *checker) parsed(r *rel, op *ast.Parse, x plan.Expr, pattern string, groups []parseGroup, values, typed []plan.Expr) *rel {
	var fits plan.Expr
	if len(typed) > 0 && op.Kind != "relaxed" {
		all := &plan.Logic{}
		for _, t := range typed {
			all.Args = append(all.Args, &plan.Op{Name: "is not null", Args: []plan.Expr{t}, T: types.Bool, Never: true})
		}
		fits = oneOf(all)
	}
	in := r
	if fits != nil && len(groups) > 1 {
		d := plan.Def{Col: &plan.Col{Name: "fits", Type: types.Bool, NotNull: true}, X: fits}
		in = r.extend(d)
		fits = ref(d.Col)
	}
	var defs []plan.Def
	for i, g := range groups {
		v := values[i]
		if fits != nil && len(groups) > 1 {
			empty := &plan.Lit{T: g.typ, V: emptyOf(g.typ)}
			v = &plan.Case{When: []plan.Expr{fits}, Then: []plan.Expr{v}, Else: empty, T: g.typ}
		}
		defs = append(defs, plan.Def{Col: col(g.name, v), X: v})
	}
	if op.Keyword == "parse-where" {
		var pred plan.Expr = &plan.Op{Name: "matches cs", Args: []plan.Expr{x, str(pattern)}, T: types.Bool, Never: true}
		if fits != nil {
			pred = fits
		}
		in = in.then(&plan.Filter{In: in.node, Pred: pred})
	}
	return in.withColumns(defs)
}

// withColumns adds columns, in place of those of the same names, else behind.
func (r *rel) withColumns(defs []plan.Def) *rel {
	cols := append([]*plan.Col{}, r.cols...)
	for _, d := range defs {
		found := false
		for i, o := range cols {
			if o.Name == d.Col.Name {
				cols[i], found = d.Col, true
			}
		}
		if !found {
			cols = append(cols, d.Col)
		}
	}
	out := r.extend(defs...)
	if out == r {
		out = r.then(r.node)
	}
	out.cols = cols
	return out
}

// parseGroup is a column of parse and the pattern's group that holds it.
type parseGroup struct {
	name  string
	typ   types.Type
	group int
}

// parsePattern translates the operator's pattern. Between constants stands as little text as will do; in kind=regex the
// constants are patterns themselves and columns take as much as they can.
func (c *checker) parsePattern(op *ast.Parse) (string, []parseGroup, bool) {
	rx := op.Kind == "regex"
	var b strings.Builder
	b.WriteString("(?s" + parseFlags(op.Flags) + ")^")
	var groups []parseGroup
	n := 0
	ok := true
	for i, part := range op.Pattern {
		last := i == len(op.Pattern)-1
		switch p := part.(type) {
		case *ast.Star:
			if !last {
				b.WriteString(".*?")
			}
		case *ast.Literal:
			s := regexp.QuoteMeta(p.Str)
			if rx {
				if err := builtin.CheckRegex(p.Str); err != nil {
					c.fail(p.Loc, "bad-pattern", "the pattern %s", err.Error())
					ok = false
					continue
				}
				s = builtin.GoRegex(p.Str)
				n += regexp.MustCompile(s).NumSubexp()
				s = "(?:" + s + ")"
			}
			b.WriteString(s)
		case *ast.Column:
			g := parseGroup{name: p.Name.Text, typ: types.String}
			if p.Type != nil {
				g.typ = c.typeRef(p.Type)
			}
			n++
			g.group = n
			groups = append(groups, g)
			loose := !last && !isText(op.Pattern[i+1])
			b.WriteString(columnPattern(g.typ, op.Kind, last, loose))
		}
	}
	return b.String(), groups, ok
}

func isText(n ast.Node) bool { _, ok := n.(*ast.Literal); return ok }

// typePatterns says what a value of a type looks like, for columns that no constant ends.
var typePatterns = map[types.Type]string{
	types.Int: `(\s*-?\d+)`, types.Long: `(\s*-?\d+)`, types.Real: `(\s*-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)`, types.Decimal: `(\s*-?\d+(?:\.\d+)?)`,
	types.DateTime: `([-\d/T:. Z+]+)`, types.TimeSpan: `([-\d:.]+)`, types.Guid: `([-0-9a-fA-F]+)`, types.Bool: `((?i:true|false|[01]))`,
}

// columnPattern is the group of a column. A loose one is followed by a wildcard or another column.
func columnPattern(t types.Type, kind string, last, loose bool) string {
	typed := typePatterns[t]
	switch {
	case kind == "regex" && (t.Numeric() || loose && typed != ""):
		return typed
	case kind == "regex":
		return "(.*)"
	case last:
		return "(.*)$"
	case loose && typed != "" && kind == "relaxed":
		return "((?:" + typed[1:len(typed)-1] + ")?)"
	case loose && typed != "":
		return typed
	}
	return "(.*?)"
}

// parseFlags keeps the flags that a pattern knows.
func parseFlags(flags string) string {
	var b strings.Builder
	for _, f := range flags {
		if strings.ContainsRune("Uim", f) && !strings.ContainsRune(b.String(), f) {
			b.WriteRune(f)
		}
	}
	return b.String()
}

// parseKV reads pairs of keys and values into columns.
func (c *checker) parseKV(sc *scope, r *rel, op *ast.ParseKV) *rel {
	e := &env{sc: sc, rel: r}
	x := text(c.expr(e, op.X))
	opts := map[string]string{"pair_delimiter": " ", "kv_delimiter": "=", "quote": "", "escape": "", "greedy": "false", "regex": ""}
	delimited := false
	for _, p := range op.Props {
		name := strings.ToLower(p.Name.Text)
		if _, ok := opts[name]; !ok {
			c.fail(p.Loc, "unknown-property", "parse-kv has no property %s", p.Name.Text)
			continue
		}
		opts[name] = c.propText(sc, p.Value)
		delimited = delimited || strings.HasSuffix(name, "_delimiter")
	}
	if !delimited { // whatever is neither letter nor digit separates
		opts["pair_delimiter"], opts["kv_delimiter"] = "", ""
	}
	bag := plan.Def{Col: &plan.Col{Name: "pairs", Type: types.Dynamic}, X: c.pairs(op, x, opts)}
	r = r.extend(bag)
	var defs []plan.Def
	if op.Columns == nil {
		return nil
	}
	for _, kc := range op.Columns.Columns {
		v := c.access(kc.Loc, ref(bag.Col), plan.Step{Key: kc.Name.Text, IsKey: true})
		t := types.String
		if kc.Type != nil {
			t = c.typeRef(kc.Type)
		}
		var x plan.Expr = &plan.Cast{X: v, T: types.String}
		if t != types.String {
			x = c.textTo(kc.Loc, x, t)
		}
		defs = append(defs, plan.Def{Col: col(kc.Name.Text, x), X: x})
	}
	return r.withColumns(defs)
}

// pairs is the bag of all pairs in a text: split at delimiters, or found by a pattern with two groups.
func (c *checker) pairs(op *ast.ParseKV, x plan.Expr, opts map[string]string) plan.Expr {
	if p := opts["regex"]; p != "" {
		if err := builtin.CheckRegex(p); err != nil {
			c.fail(op.Loc, "bad-pattern", "the pattern %s", err.Error())
		}
		return &plan.Op{Name: "parse kv regex", Args: []plan.Expr{x, str(p)}, T: types.Dynamic}
	}
	greedy := &plan.Lit{T: types.Bool, V: opts["greedy"] == "true"}
	args := []plan.Expr{x, str(opts["pair_delimiter"]), str(opts["kv_delimiter"]), str(opts["quote"]), str(opts["escape"]), greedy}
	return &plan.Op{Name: "parse kv", Args: args, T: types.Dynamic}
}

// propText is a property's value: a constant text, a bool, or a name.
func (c *checker) propText(sc *scope, x ast.Expr) string {
	if n, ok := ast.Unparen(x).(*ast.Name); ok && sc.lookup(n.Text) == nil {
		return n.Text
	}
	if l, ok := c.expr(&env{sc: sc}, x).(*plan.Lit); ok {
		switch v := l.V.(type) {
		case string:
			return v
		case bool:
			if v {
				return "true"
			}
			return "false"
		}
	}
	return ""
}
