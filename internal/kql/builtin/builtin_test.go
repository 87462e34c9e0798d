package builtin_test

import (
	"testing"

	"passtrail/internal/kql/builtin"
	"passtrail/internal/kql/types"
)

func TestTablesLoad(t *testing.T) {
	if n := len(builtin.Names(builtin.Scalar, false)); n < 250 {
		t.Errorf("only %d scalar functions", n)
	}
	for _, k := range []builtin.Kind{builtin.Scalar, builtin.Aggregate, builtin.Window, builtin.Plugin} {
		for _, name := range builtin.Names(k, true) {
			for _, r := range builtin.Of(k, name) {
				if r.Help == "" || r.Example == "" || r.Category == "" {
					t.Errorf("%s has no help, example or category", r.Signature())
				}
			}
		}
	}
}

func TestResolve(t *testing.T) {
	arg := func(t types.Type) builtin.Arg { return builtin.Arg{SQL: "x", Type: t} }
	for _, c := range []struct {
		name string
		args []builtin.Arg
		want string
	}{
		{"strlen", []builtin.Arg{arg(types.String)}, "long"},
		{"strlen", []builtin.Arg{arg(types.Long)}, "argument text of strlen must be string, not long"},
		{"strlen", nil, "strlen takes 1 argument, not 0: strlen(text)"},
		{"bin", []builtin.Arg{arg(types.Int), arg(types.Real)}, "real"},
		{"bin", []builtin.Arg{arg(types.DateTime), arg(types.TimeSpan)}, "datetime"},
		{"iff", []builtin.Arg{arg(types.Bool), arg(types.Int), arg(types.Real)}, "real"},
		{"iff", []builtin.Arg{arg(types.Bool), arg(types.Int), arg(types.String)}, "argument 3 of iff is string, which does not go with int"},
		{"iff", []builtin.Arg{arg(types.Bool), arg(types.Dynamic), arg(types.String)}, "string"},
		{"case", []builtin.Arg{arg(types.Bool), arg(types.Int), arg(types.Bool), arg(types.Long), arg(types.Int)}, "long"},
		{"abs", []builtin.Arg{arg(types.Int)}, "long"},
		{"pow", []builtin.Arg{arg(types.Int), arg(types.Decimal)}, "real"},
		{"bag_pack", []builtin.Arg{arg(types.String), arg(types.Int)}, "dynamic"},
	} {
		r, err := builtin.Resolve(builtin.Scalar, c.name, c.args)
		got := ""
		switch {
		case err != nil:
			got = err.Error()
		case r != nil:
			got = r.Result(c.args).String()
		}
		if got != c.want {
			t.Errorf("Resolve(%s) = %q, want %q", c.name, got, c.want)
		}
	}
}
