package kqltest

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strings"

	"passtrail/internal/kql"
	"passtrail/internal/kql/plan"
)

//go:embed binder.js
var binder string

// Question asks Microsoft's binder for the columns of a query's last table.
type Question struct {
	Schema *plan.Schema
	Query  string
}

// Prediction is the binder's answer. Open is set where it cannot know all columns, as after bag_unpack.
type Prediction struct {
	Columns []TableColumn `json:"columns"`
	Errors  []string      `json:"errors"`
	Open    bool          `json:"open"`
	Failure string        `json:"failure"`
}

// Predict puts questions to the npm package @kusto/language-service-next, which lies in dir; it needs Node.
func Predict(ctx context.Context, dir string, questions []Question) ([]Prediction, error) {
	var in bytes.Buffer
	w := json.NewEncoder(&in)
	for _, q := range questions {
		if err := w.Encode(map[string]any{"tables": schemaTables(q.Schema), "query": q.Query}); err != nil {
			return nil, err
		}
	}
	cmd := exec.CommandContext(ctx, "node", "-e", binder, dir)
	cmd.Stdin = &in
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("node: %w", err)
	}
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<24)
	var all []Prediction
	for lines.Scan() {
		var p Prediction
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	if len(all) != len(questions) {
		return nil, fmt.Errorf("%d answers to %d questions", len(all), len(questions))
	}
	return all, lines.Err()
}

func schemaTables(s *plan.Schema) []Table {
	tables := []Table{}
	for _, t := range s.Tables {
		cols := []TableColumn{}
		for _, c := range t.Columns {
			cols = append(cols, TableColumn{c.Name, c.Type.String()})
		}
		tables = append(tables, Table{Name: t.Name, Columns: cols})
	}
	return tables
}

// Differ says how compiled columns differ from those predicted; "" when they do not. Of an open prediction only the
// columns that it knows count.
func (p Prediction) Differ(columns []kql.Column) string {
	var got []TableColumn
	for _, c := range columns {
		got = append(got, TableColumn{c.Name, c.Type.String()})
	}
	known := func(c TableColumn) bool {
		return slices.ContainsFunc(p.Columns, func(k TableColumn) bool { return same(c, k) })
	}
	if p.Open {
		got = slices.DeleteFunc(got, func(c TableColumn) bool { return !known(c) })
	}
	if slices.EqualFunc(got, p.Columns, same) {
		return ""
	}
	return fmt.Sprintf("got    %s\nbinder %s", columnList(got), columnList(p.Columns))
}

// same compares a column with a predicted one, whose type may be unknown.
func same(c, predicted TableColumn) bool {
	return c.Name == predicted.Name && (c.Type == predicted.Type || predicted.Type == "unknown")
}

func columnList(cols []TableColumn) string {
	var parts []string
	for _, c := range cols {
		parts = append(parts, c.Name+":"+c.Type)
	}
	return strings.Join(parts, ", ")
}
