package builtin_test

import (
	"os"
	"strings"
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
		{"round", []builtin.Arg{arg(types.Dynamic)}, "real"},
		{"round", []builtin.Arg{arg(types.Long)}, "long"},
		{"round", []builtin.Arg{arg(types.Decimal)}, "decimal"},
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

func TestReferenceIsUpToDate(t *testing.T) {
	got, err := os.ReadFile("../../../docs/kql.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != builtin.Reference() {
		t.Error("docs/kql.md is not what the tables say; run go generate ./internal/kql/builtin")
	}
}

func TestCheckRegex(t *testing.T) {
	for pattern, want := range map[string]string{
		`^Update\s+\w+$`:          "",
		`(?i)a|b`:                 "",
		`[[:alpha:]]+`:            "",
		`\p{L}+`:                  "",
		`[]a]`:                    "",
		`(?=x)`:                   "look-around",
		`(?<!x)y`:                 "look-around",
		`(a)\1`:                   "back-reference",
		`[a-z&&[^b]]`:             "",
		`[a[b]]`:                  "",
		`[0-9--4~~[:digit:]]`:     "",
		`\u0041\u{42}\U00000043`:  "",
		`[a-z&&[b]`:               "not a valid pattern",
		`(?x)a b`:                 "not a valid pattern",
		`(`:                       "not a valid pattern",
		strings.Repeat("(a)", 17): "17 groups",
		`\(?=x`:                   "",
	} {
		err := builtin.CheckRegex(pattern)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("CheckRegex(%q) = %v, want %q", pattern, err, want)
		}
	}
}
