package kqltest

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"passtrail/internal/kql"
)

// Value is a line of a script that says what one expression yields.
type Value struct {
	Name string // section and expression
	Expr string
	Type string
	Want string // as in the wanted CSV
}

// Query is a query of a script and its name.
type Query struct {
	Name, Text string
}

// Values lists the lines of the sections name.values; empty ones and comments are left out.
func (s *Script) Values() []Value {
	var out []Value
	for _, f := range s.archive.Files {
		section, ok := strings.CutSuffix(f.Name, ".values")
		if !ok {
			continue
		}
		for line := range strings.Lines(string(f.Data)) {
			line = strings.TrimRight(line, "\n")
			if line == "" || strings.HasPrefix(line, "//") {
				continue
			}
			expr, want, _ := strings.Cut(line, " ==> ")
			typ, cell, _ := strings.Cut(want, " ")
			out = append(out, Value{Name: section + ": " + expr, Expr: expr, Type: typ, Want: cell})
		}
	}
	return out
}

// Queries lists the queries of the script, and of each value the query that yields it.
func (s *Script) Queries() []Query {
	var out []Query
	for _, name := range s.Cases() {
		src, _ := s.section(name + ".kql")
		out = append(out, Query{name, strings.TrimRight(src, "\n")})
	}
	for _, v := range s.Values() {
		out = append(out, Query{v.Name, v.query()})
	}
	return out
}

func (v Value) query() string { return "print v = " + v.Expr }

// CheckValue runs the expression and says how its value or type differs from what is wanted; "" when it does not.
func (s *Script) CheckValue(ctx context.Context, db *sql.DB, v Value) string {
	c, err := kql.Compile(v.query(), s.schema, s.Options(ctx, db))
	if err != nil {
		return "does not compile: " + mistakes(v.query(), err)
	}
	t, err := run(ctx, db, c.Results[0])
	if err != nil {
		return err.Error()
	}
	got := t.Columns[0].Type + " " + cellText(t.Rows[0][0])
	if want := v.Type + " " + v.Want; got != want {
		return fmt.Sprintf("%s ==> %s, want %s", v.Expr, got, want)
	}
	return ""
}
