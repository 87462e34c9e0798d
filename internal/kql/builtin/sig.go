package builtin

import (
	"fmt"
	"strings"

	"passtrail/internal/kql/types"
)

// def is a row as the tables write it; aliases become rows of their own.
//
// The signature is written "name(param:type, param:type?, param:type=default, param:type...) result". A parameter's type is
// one of the words in paramTypes, before it may stand "const " or "regex ", after it "?" (optional), "=SQL" (optional with
// that default), "..." (repeated; several
// in a row repeat as a block) or "|a|b" (the constants allowed). The result is a type, "=N" (the type of argument N),
// "^N" (that type, int becoming long), "widen" or "widenN" (the common type of the arguments, from argument N on), "^widen" (that,
// int becoming long), or "typeof" (the type literal among the arguments).
type def struct {
	Sig      string
	SQL      string
	Make     func(Env, []Arg) string
	Help     string
	Example  string
	Dev      string // how it deviates from Kusto
	Old      string // obsolete aliases, separated by spaces
	Also     string // other current spellings
	Name     Naming
	Prefix   string
	NotNull  bool
	Volatile bool
	Refused  string
	Tuple    string // "name:type name:type"
	Instead  string // this row itself is obsolete, use that

	kind     Kind
	category string
}

// paramTypes has the words for parameter types: what is taken as it is, and what everything else becomes.
var paramTypes = map[string]Param{
	"bool":     {Accepts: []types.Type{types.Bool}, Convert: types.Bool},
	"int":      {Accepts: []types.Type{types.Int, types.Long}, Convert: types.Long},
	"long":     {Accepts: []types.Type{types.Int, types.Long}, Convert: types.Long},
	"real":     {Accepts: []types.Type{types.Real}, Convert: types.Real},
	"floating": {Accepts: []types.Type{types.Real, types.Decimal}, Convert: types.Real}, // before a row for long: dynamics become real
	"plain":    {Accepts: []types.Type{types.Int, types.Long, types.Real}, Convert: types.Real},
	"decimal":  {Accepts: []types.Type{types.Decimal}, Convert: types.Decimal},
	"number":   {Accepts: []types.Type{types.Int, types.Long, types.Real, types.Decimal}, Convert: types.Real},
	"summable": {Accepts: []types.Type{types.Int, types.Long, types.Real, types.Decimal, types.TimeSpan, types.DateTime}, Convert: types.Real},
	"spread":   {Accepts: []types.Type{types.Real, types.TimeSpan, types.DateTime}, Convert: types.Real},                        // ticks as they are
	"weighed":  {Accepts: []types.Type{types.Int, types.Long, types.Real, types.TimeSpan, types.DateTime}, Convert: types.Real}, // decimals as reals
	"string":   {Accepts: []types.Type{types.String}, Convert: types.String},
	"text":     {Any: true, Convert: types.String},
	"datetime": {Accepts: []types.Type{types.DateTime}, Convert: types.DateTime},
	"timespan": {Accepts: []types.Type{types.TimeSpan}, Convert: types.TimeSpan},
	"guid":     {Accepts: []types.Type{types.Guid}, Convert: types.Guid},
	"dynamic":  {Accepts: []types.Type{types.Dynamic}, Convert: types.Dynamic},
	"json":     {Any: true, Convert: types.Dynamic},
	"any":      {Any: true},
	"ordered":  {Accepts: []types.Type{types.Bool, types.Int, types.Long, types.Real, types.Decimal, types.String, types.DateTime, types.TimeSpan, types.Guid}},
	"rankable": {Accepts: []types.Type{types.Bool, types.Int, types.Long, types.Real, types.String, types.DateTime, types.TimeSpan, types.Guid}, Convert: types.Real}, // decimals and dynamics by their number
	"type":     {TypeName: true, Const: true},
}

// checks has the words that may stand before a parameter's type, and what they check in a constant.
var checks = map[string]func(string) error{"regex": CheckRegex, "dateformat": CheckDateFormat, "spanformat": CheckSpanFormat}

// table gives the rows of one table their kind and category.
func table(kind Kind, category string, defs ...def) []def {
	for i := range defs {
		defs[i].kind, defs[i].category = kind, category
	}
	return defs
}

// rows makes the rows of a def: its own and one per alias. A mistake in a table is a mistake in the program.
func (d def) rows() []*Row {
	r := &Row{Kind: d.kind, Category: d.category, Naming: d.Name, Prefix: d.Prefix, NeverNull: d.NotNull, Volatile: d.Volatile,
		Refused: d.Refused, Deviates: d.Dev, Help: d.Help, Example: d.Example, Obsolete: d.Instead, sql: d.SQL, make: d.Make}
	for _, f := range strings.Fields(d.Tuple) {
		name, typ, _ := strings.Cut(f, ":")
		t, ok := types.Parse(typ)
		if !ok {
			panic("builtin: " + d.Sig + ": no type " + typ)
		}
		r.Tuple = append(r.Tuple, Field{Name: name, Type: t})
	}
	if err := r.parse(d.Sig); err != nil {
		panic(fmt.Sprintf("builtin: %s: %v", d.Sig, err))
	}
	all := []*Row{r}
	for _, alias := range strings.Fields(d.Also) {
		c := *r
		c.Name = alias
		all = append(all, &c)
	}
	for _, old := range strings.Fields(d.Old) {
		c := *r
		c.Name, c.Obsolete = old, r.Name
		all = append(all, &c)
	}
	return all
}

func (r *Row) parse(sig string) error {
	open, end := strings.IndexByte(sig, '('), strings.LastIndexByte(sig, ')')
	if open < 1 || end < open {
		return fmt.Errorf("want name(parameters) result")
	}
	r.Name = sig[:open]
	for _, part := range splitParams(sig[open+1 : end]) {
		p, err := parseParam(part)
		if err != nil {
			return err
		}
		r.Params = append(r.Params, p)
	}
	return r.result.parse(strings.TrimSpace(sig[end+1:]))
}

// splitParams splits at commas outside parentheses and quotes.
func splitParams(s string) []string {
	var parts []string
	depth, start, quoted := 0, 0, false
	for i, c := range s {
		switch {
		case c == '\'':
			quoted = !quoted
		case quoted:
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == ',' && depth == 0:
			parts = append(parts, s[start:i])
			start = i + 1
		}
	}
	if strings.TrimSpace(s) != "" {
		parts = append(parts, s[start:])
	}
	return parts
}

func parseParam(s string) (Param, error) {
	name, typ, ok := strings.Cut(strings.TrimSpace(s), ":")
	if !ok {
		return Param{}, fmt.Errorf("parameter %q has no type", s)
	}
	typ, def, hasDefault := strings.Cut(typ, "=")
	var check func(string) error
	isConst := false
	if rest, ok := strings.CutPrefix(typ, "const "); ok {
		typ, isConst = rest, true
	}
	if word, rest, ok := strings.Cut(typ, " "); ok {
		if check, ok = checks[word]; !ok {
			return Param{}, fmt.Errorf("no check %q", word)
		}
		typ, isConst = rest, word != "regex?"
	}
	typ, repeat := strings.CutSuffix(typ, "...")
	typ, optional := strings.CutSuffix(typ, "?")
	choices := strings.Split(typ, "|")
	p, ok := paramTypes[choices[0]]
	if !ok {
		return Param{}, fmt.Errorf("no parameter type %q", typ)
	}
	p.Name, p.Check, p.Repeat = name, check, repeat
	p.Const = p.Const || isConst || len(choices) > 1
	p.OneOf, p.Default, p.Optional = choices[1:], def, optional || hasDefault
	return p, nil
}

// result is how a row's result type follows from the arguments.
type result struct {
	fixed types.Type
	rule  byte // 0 fixed, '=' type of argument, '^' that promoted, 'w' common type, 't' type literal
	arg   int
	long  bool // an int as common type becomes long
}

func (t *result) parse(s string) error {
	if typ, ok := types.Parse(s); ok {
		t.fixed = typ
		return nil
	}
	switch {
	case s == "":
		t.fixed = types.Unknown // plugins: a table
	case s == "^widen":
		t.rule, t.long = 'w', true
	case s[0] == '=' || s[0] == '^':
		t.rule = s[0]
		_, err := fmt.Sscan(s[1:], &t.arg)
		return err
	case s == "typeof":
		t.rule = 't'
	case strings.HasPrefix(s, "widen"):
		t.rule = 'w'
		if n := s[len("widen"):]; n != "" {
			_, err := fmt.Sscan(n, &t.arg)
			return err
		}
	default:
		return fmt.Errorf("no result type %q", s)
	}
	return nil
}

func (t result) of(r *Row, args []Arg) types.Type {
	switch t.rule {
	case '=', '^':
		if t.arg >= len(args) {
			return types.Unknown
		}
		return t.promote(converted(r.param(t.arg, len(args)), args[t.arg].Type))
	case 't':
		for _, a := range args {
			if typ, ok := a.Value.(types.Type); ok {
				return typ
			}
		}
		return types.String
	case 'w':
		if w := widest(r, args, t.arg); w != types.Int || !t.long {
			return w
		}
		return types.Long
	}
	return t.fixed
}

func (t result) promote(typ types.Type) types.Type {
	switch {
	case t.rule == '^' && typ == types.Int:
		return types.Long
	case typ == types.Null:
		return types.Long
	}
	return typ
}

// common is the type of two branches: a dynamic becomes what the other is. It returns false when there is none.
func common(a, b types.Type) (types.Type, bool) {
	switch c, ok := types.Widen(a, b); {
	case ok:
		return c, true
	case a == types.Dynamic:
		return b, true
	case b == types.Dynamic:
		return a, true
	}
	return a, false
}

// widest is the common type of the arguments from the given one on; where there is none, of the first.
func widest(r *Row, args []Arg, from int) types.Type {
	w := types.Null
	for i := from; i < len(args); i++ {
		w, _ = common(w, converted(r.param(i, len(args)), args[i].Type))
	}
	return w
}

// param returns the parameter of argument i of n. The last one may stand for several, and so may the first few together
// (bag_pack, case).
func (r *Row) param(i, n int) Param {
	last := len(r.Params) - 1
	block := 0
	for block <= last && r.Params[block].Repeat {
		block++
	}
	switch {
	case block > 1 && block <= last && i == n-1:
		return r.Params[last]
	case block > 1:
		return r.Params[i%block]
	case i <= last:
		return r.Params[i]
	case last >= 0 && r.Params[last].Repeat:
		return r.Params[last]
	}
	return Param{Any: true}
}

// converted is the type an argument has after the parameter's conversion.
func converted(p Param, t types.Type) types.Type {
	if p.Any && p.Convert != types.Unknown {
		return p.Convert
	}
	if p.Any || t.Open() || p.takes(t) || p.Convert == types.Unknown {
		return t
	}
	return p.Convert
}

func (p Param) takes(t types.Type) bool {
	for _, a := range p.Accepts {
		if a == t {
			return true
		}
	}
	return false
}
