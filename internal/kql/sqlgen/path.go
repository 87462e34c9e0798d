package sqlgen

import (
	"strconv"
	"strings"

	"passtrail/internal/kql/plan"
	"passtrail/internal/kql/types"
)

// path writes an access into a dynamic.
func (g *gen) path(b *block, x *plan.Path) sql {
	base, path := g.pathBase(b, x)
	return sql{s: fill(g.d.Ops["json at"].sql, base, path), prec: precAtom}
}

// pathBase writes all steps but the last run of them that fit in one JSON path, and that run.
func (g *gen) pathBase(b *block, x *plan.Path) (base, path string) {
	if inner, ok := x.X.(*plan.Path); ok && g.hoisted[x.X] == nil {
		x = &plan.Path{X: inner.X, Steps: append(append([]plan.Step{}, inner.Steps...), x.Steps...)}
	}
	base = g.expr(b, x.X).s
	for _, run := range runs(x.Steps) {
		if path != "" {
			base = fill(g.d.Ops["json at"].sql, base, path)
		}
		path = g.pathText(b, run)
	}
	return base, path
}

// runs splits steps where one needs a path of its own.
func runs(steps []plan.Step) [][]plan.Step {
	var out [][]plan.Step
	open := false
	for _, s := range steps {
		simple := s.X == nil && (!s.IsKey || simpleKey(s.Key))
		if simple && open {
			out[len(out)-1] = append(out[len(out)-1], s)
		} else {
			out = append(out, []plan.Step{s})
		}
		open = simple
	}
	return out
}

// simpleKey reports whether a key can stand in quotes in a JSON path without escapes.
func simpleKey(k string) bool {
	if k == "" {
		return false
	}
	for i := 0; i < len(k); i++ {
		c := k[i]
		if !(c == '_' || c == ' ' || c == '.' || c == '-' || c == '@' || c == ':' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z') {
			return false
		}
	}
	return true
}

func (g *gen) pathText(b *block, run []plan.Step) string {
	s := run[0]
	switch {
	case s.X != nil && s.X.Type() == types.String:
		return fill(g.d.Ops["json key path"].sql, g.expr(b, s.X).s)
	case s.X != nil && s.X.Type() == types.Dynamic:
		return fill(g.d.Ops["json key path"].sql, g.dynamicText(b, s.X).s)
	case s.X != nil:
		return fill(g.d.Ops["json index"].sql, g.expr(b, s.X).s)
	case s.IsKey && !simpleKey(s.Key):
		return text("/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(s.Key))
	}
	var w strings.Builder
	w.WriteByte('$')
	for _, s := range run {
		switch {
		case s.IsKey && plainName(s.Key):
			w.WriteString("." + s.Key)
		case s.IsKey:
			w.WriteString(`."` + s.Key + `"`)
		case s.Index < 0:
			w.WriteString("[#" + strconv.FormatInt(s.Index, 10) + "]")
		default:
			w.WriteString("[" + strconv.FormatInt(s.Index, 10) + "]")
		}
	}
	return text(w.String())
}
