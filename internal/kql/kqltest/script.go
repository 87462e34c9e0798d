package kqltest

import (
	"context"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"

	"passtrail"
	"passtrail/internal/kql"
	"passtrail/internal/kql/diag"
	"passtrail/internal/kql/plan"
	"passtrail/internal/kql/sqlgen"
	"passtrail/internal/kql/types"
)

// Tenant is the tenant that the rows of a script's tables belong to unless they have a column tenant.
const Tenant = passtrail.TenantID("11111111-1111-1111-1111-111111111111")

// Now is the instant that scripts run at: 2026-03-10T12:00:00Z.
const Now = passtrail.Ticks(639087408000000000)

// Script is a text archive of tables and queries. A section Name.csv whose name begins with a capital is a table; its header
// has name:type cells, string being the default, and a column tenant is not shown. A section name.kql is a query, name.csv
// beside it the wanted answer (name2.csv, name3.csv … that of further results), name.err the wanted mistakes as people see
// them, name.sql the wanted SQL, which [Script.Update] rewrites. Rows are compared in order when the query ends sorted.
// A section name.values has lines "expression ==> type answer", one value each ([Value]).
type Script struct {
	archive *txtar.Archive
	schema  *plan.Schema
	tables  []scriptTable
}

type scriptTable struct {
	name string
	head []string
	rows [][]string
}

// ParseScript reads a script.
func ParseScript(b []byte) (*Script, error) {
	s := &Script{archive: txtar.Parse(b), schema: &plan.Schema{}}
	for _, f := range s.archive.Files {
		name, ok := strings.CutSuffix(f.Name, ".csv")
		if !ok || name[0] < 'A' || name[0] > 'Z' {
			continue
		}
		recs, err := records(f.Data)
		if err != nil || len(recs) == 0 {
			return nil, fmt.Errorf("table %s: %v", name, err)
		}
		s.addTable(name, recs)
	}
	return s, nil
}

func records(b []byte) ([][]string, error) {
	r := csv.NewReader(strings.NewReader(string(b)))
	r.FieldsPerRecord = -1
	return r.ReadAll()
}

func (s *Script) addTable(name string, recs [][]string) {
	t := &plan.Table{Name: name, From: "t_" + strings.ToLower(name) + " t", Tenant: "t.tenant"}
	for i, h := range recs[0] {
		col, typ, _ := strings.Cut(h, ":")
		if col == "tenant" {
			continue
		}
		ct, ok := types.Parse(typ)
		if !ok {
			ct = types.String
		}
		t.Columns = append(t.Columns, plan.Column{Name: col, Type: ct, SQL: fmt.Sprintf("t.c%d", i)})
	}
	s.schema.Tables = append(s.schema.Tables, t)
	s.tables = append(s.tables, scriptTable{name, recs[0], recs[1:]})
}

// Schema is the script's tables.
func (s *Script) Schema() *plan.Schema { return s.schema }

// Cases lists the names of the queries.
func (s *Script) Cases() []string {
	var out []string
	for _, f := range s.archive.Files {
		if name, ok := strings.CutSuffix(f.Name, ".kql"); ok {
			out = append(out, name)
		}
	}
	return out
}

func (s *Script) section(name string) (string, bool) {
	for _, f := range s.archive.Files {
		if f.Name == name {
			return string(f.Data), true
		}
	}
	return "", false
}

// Load makes the script's tables in a database.
func (s *Script) Load(ctx context.Context, db *sql.DB) error {
	for _, t := range s.tables {
		table := "t_" + strings.ToLower(t.name)
		cols := []string{"tenant VARCHAR"}
		for i, h := range t.head {
			_, typ, _ := strings.Cut(h, ":")
			ct, _ := types.Parse(typ)
			cols = append(cols, fmt.Sprintf("c%d %s", i, columnType(ct)))
		}
		if _, err := db.ExecContext(ctx, "CREATE OR REPLACE TABLE "+table+" ("+strings.Join(cols, ", ")+")"); err != nil {
			return err
		}
		for _, row := range t.rows {
			if err := insert(ctx, db, table, t.head, row); err != nil {
				return err
			}
		}
	}
	return nil
}

func columnType(t types.Type) string {
	if s, ok := sqlgen.DuckDB.Types[t]; ok {
		return s
	}
	return "VARCHAR"
}

func insert(ctx context.Context, db *sql.DB, table string, head, row []string) error {
	vals := []any{string(Tenant)}
	marks := []string{"$1"}
	for i, h := range head {
		name, typ, _ := strings.Cut(h, ":")
		t, ok := types.Parse(typ)
		if !ok {
			t = types.String
		}
		v := value(row[i], t)
		if name == "tenant" {
			vals[0] = row[i]
		}
		vals = append(vals, v)
		marks = append(marks, fmt.Sprintf("$%d", len(vals)))
	}
	_, err := db.ExecContext(ctx, "INSERT INTO "+table+" VALUES ("+strings.Join(marks, ", ")+")", vals...)
	return err
}

// value reads a cell; an empty one is null, but text.
func value(s string, t types.Type) any {
	switch {
	case t == types.String:
		return s
	case s == "":
		return nil
	case t == types.DateTime:
		at, err := passtrail.ParseTicks(s)
		if err != nil {
			return nil
		}
		return int64(at)
	}
	return s
}

// Options are what the script's queries compile with.
func (s *Script) Options(ctx context.Context, db *sql.DB) kql.Options {
	return kql.Options{Now: Now, Tenants: []passtrail.TenantID{Tenant}, CurrentPrincipal: "alice@contoso.com",
		Sample: func(q string, args []any) ([][]any, error) { return query(ctx, db, q, args) }}
}

// Check runs one query and says how its answer, mistakes or SQL differ from what is wanted; "" when nothing does.
func (s *Script) Check(ctx context.Context, db *sql.DB, name string) string {
	src, _ := s.section(name + ".kql")
	src = strings.TrimRight(src, "\n")
	c, err := kql.Compile(src, s.schema, s.Options(ctx, db))
	if want, ok := s.section(name + ".err"); ok {
		return differ(mistakes(src, err), want)
	}
	if err != nil {
		return fmt.Sprintf("does not compile: %s", mistakes(src, err))
	}
	for i, r := range c.Results {
		suffix := ""
		if i > 0 {
			suffix = fmt.Sprint(i + 1)
		}
		want, ok := s.section(name + suffix + ".csv")
		if !ok {
			continue
		}
		t, err := run(ctx, db, r)
		if err != nil {
			return err.Error()
		}
		if d := differ(Text(t, sorted(r.SQL)), Normal(want, sorted(r.SQL))); d != "" {
			return d + "\nsql: " + r.SQL
		}
	}
	if want, ok := s.section(name + ".sql"); ok {
		return differ(sqlText(c), want)
	}
	return ""
}

// Update rewrites the SQL sections with what is generated now, and nothing else.
func (s *Script) Update() []byte {
	for i, f := range s.archive.Files {
		name, ok := strings.CutSuffix(f.Name, ".sql")
		src, isQuery := s.section(name + ".kql")
		if !ok || !isQuery {
			continue
		}
		c, err := kql.Compile(strings.TrimRight(src, "\n"), s.schema, kql.Options{Now: Now, Tenants: []passtrail.TenantID{Tenant}})
		if err == nil {
			s.archive.Files[i].Data = []byte(sqlText(c))
		}
	}
	return txtar.Format(s.archive)
}

func sqlText(c *kql.Compiled) string {
	var b strings.Builder
	for _, r := range c.Results {
		b.WriteString(r.SQL + "\n")
	}
	return b.String()
}

func mistakes(src string, err error) string {
	var l diag.List
	switch {
	case errors.As(err, &l):
		return l.Render(src)
	case err != nil:
		return err.Error()
	}
	return "no mistakes"
}

func differ(got, want string) string {
	if strings.TrimSpace(got) == strings.TrimSpace(want) {
		return ""
	}
	return "got\n" + got + "\nwant\n" + want
}

// sorted reports whether a statement ends in an order of its own.
func sorted(text string) bool {
	i := strings.LastIndex(text, "ORDER BY")
	return i >= 0 && !strings.Contains(text[i:], ") AS ") && strings.Count(text[i:], "(") >= strings.Count(text[i:], ")")
}

// Text writes a result as CSV with types in the header.
func Text(t Table, inOrder bool) string {
	head := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		head[i] = c.Name + ":" + c.Type
	}
	var rows []string
	for _, r := range t.Rows {
		cells := make([]string, len(r))
		for i, v := range r {
			cells[i] = cellText(v)
		}
		rows = append(rows, line(cells))
	}
	if !inOrder {
		slices.Sort(rows)
	}
	return line(head) + strings.Join(rows, "")
}

func cellText(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return v
	}
	b, _ := json.Marshal(v)
	return string(b)
}

func line(cells []string) string {
	if len(cells) == 1 && cells[0] == "" {
		return "\"\"\n" // a line of its own, not an empty one
	}
	var b strings.Builder
	w := csv.NewWriter(&b)
	_ = w.Write(cells)
	w.Flush()
	return b.String()
}

// Normal brings wanted CSV into the form that [Text] writes.
func Normal(want string, inOrder bool) string {
	recs, err := records([]byte(want))
	if err != nil || len(recs) == 0 {
		return want
	}
	var rows []string
	for _, r := range recs[1:] {
		rows = append(rows, line(r))
	}
	if !inOrder {
		slices.Sort(rows)
	}
	return line(recs[0]) + strings.Join(rows, "")
}
