package builtin

import (
	"fmt"
	"strings"

	"passtrail/internal/kql/types"
)

// Mismatch says why no row of a name takes the arguments.
type Mismatch struct {
	Arg int    // index of the offending argument; -1 when their number is wrong
	Msg string // for the person
}

// Error returns the message.
func (m *Mismatch) Error() string { return m.Msg }

// Resolve picks the row of the kind and name that takes the arguments: the first that takes their types as they are, else
// the first that takes them converted. The error is a [*Mismatch]; when there is no row at all, both results are nil.
func Resolve(k Kind, name string, args []Arg) (*Row, error) {
	rows := Of(k, name)
	if len(rows) == 0 {
		return nil, nil
	}
	var best *Row
	var first *Mismatch
	for _, r := range rows {
		exact, bad := r.fits(args)
		switch {
		case bad == nil && exact:
			return r, nil
		case bad == nil && best == nil:
			best = r
		case bad != nil && (first == nil || first.Arg < bad.Arg):
			first = bad
		}
	}
	if best != nil {
		return best, nil
	}
	return nil, first
}

// fits reports whether the row takes the arguments, and whether without conversion.
func (r *Row) fits(args []Arg) (exact bool, bad *Mismatch) {
	low, high := r.Arity()
	if len(args) < low || high >= 0 && len(args) > high {
		return false, &Mismatch{Arg: -1, Msg: fmt.Sprintf("%s takes %s, not %d: %s", r.Name, arityText(low, high), len(args), r.Signature())}
	}
	exact = true
	for i, a := range args {
		p := r.param(i, len(args))
		if msg := p.refuse(a); msg != "" {
			return false, &Mismatch{Arg: i, Msg: fmt.Sprintf("argument %s of %s %s", p.Name, r.Name, msg)}
		}
		if !p.Any && !a.Type.Open() && !p.takes(a.Type) {
			exact = false
		}
	}
	return exact, r.branches(args)
}

// branches checks that the arguments of a row whose result is their common type have one.
func (r *Row) branches(args []Arg) *Mismatch {
	w := types.Null
	for i := r.result.arg; r.result.rule == 'w' && i < len(args); i++ {
		t := converted(r.param(i, len(args)), args[i].Type)
		if r.Name == "case" && i%2 == 0 && i < len(args)-1 {
			continue // a predicate
		}
		c, ok := common(w, t)
		if !ok {
			return &Mismatch{Arg: i, Msg: fmt.Sprintf("argument %d of %s is %s, which does not go with %s", i+1, r.Name, t, w)}
		}
		w = c
	}
	return nil
}

// Arity returns the least and greatest number of arguments; -1 when there is no greatest.
func (r *Row) Arity() (low, high int) {
	high = len(r.Params)
	for _, p := range r.Params {
		if !p.Optional {
			low++
		}
		if p.Repeat {
			high = -1
		}
	}
	return low, high
}

func arityText(low, high int) string {
	switch {
	case high < 0:
		return fmt.Sprintf("at least %s", countText(low))
	case low == high:
		return countText(low)
	}
	return fmt.Sprintf("%d to %s", low, countText(high))
}

func countText(n int) string {
	if n == 1 {
		return "1 argument"
	}
	return fmt.Sprintf("%d arguments", n)
}

// refuse says why the parameter does not take the argument, or "".
func (p Param) refuse(a Arg) string {
	switch {
	case p.TypeName:
		if _, ok := a.Value.(types.Type); !ok && a.Type != types.Unknown {
			return "must be a type, as in typeof(long)"
		}
		return ""
	case p.Const && !a.Const && a.Type != types.Unknown:
		return "must be a constant"
	case len(p.OneOf) > 0 && a.Value != nil && !p.allows(a.Value):
		return "must be one of " + strings.Join(p.OneOf, ", ")
	case p.Check != nil && a.Const && a.Type == types.Dynamic: // its text would go by unchecked
		return fmt.Sprintf("must be %s, not %s", p.want(), a.Type)
	case p.Any || a.Type.Open() || p.takes(a.Type):
	case p.converts(a.Type):
	default:
		return fmt.Sprintf("must be %s, not %s", p.want(), a.Type)
	}
	if text, ok := a.Value.(string); ok && p.Check != nil {
		if err := p.Check(text); err != nil {
			return err.Error()
		}
	}
	return ""
}

// converts reports whether an argument of type t is converted without being asked to: a dynamic to anything, and a number
// to a wider one.
func (p Param) converts(t types.Type) bool {
	switch {
	case p.Convert == types.Unknown:
		return false
	case t == types.Dynamic:
		return true
	case t == types.Decimal && p.Convert == types.Real:
		return true
	}
	return t.Numeric() && p.Convert.Numeric() && t < p.Convert
}

func (p Param) allows(v any) bool {
	text, ok := v.(string)
	if !ok {
		return false
	}
	for _, o := range p.OneOf {
		if strings.EqualFold(o, text) {
			return true
		}
	}
	return false
}

func (p Param) want() string {
	var names []string
	for _, t := range p.Accepts {
		names = append(names, t.String())
	}
	if len(names) > 1 {
		return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
	}
	return strings.Join(names, "")
}
