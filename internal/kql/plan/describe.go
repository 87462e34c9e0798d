package plan

import (
	"fmt"
	"strings"
)

// Describe writes a plan for people, one operator a line, inputs indented.
func Describe(out Output) string {
	var b strings.Builder
	b.WriteString("show " + colNames(out.Cols))
	if len(out.Order) > 0 {
		fmt.Fprintf(&b, " ordered by %d keys", len(out.Order))
	}
	b.WriteByte('\n')
	describe(&b, out.Plan, 1)
	return b.String()
}

func describe(b *strings.Builder, n Node, depth int) {
	b.WriteString(strings.Repeat("  ", depth) + line(n) + "\n")
	for _, in := range Inputs(n) {
		describe(b, in, depth+1)
	}
}

func line(n Node) string {
	switch n := n.(type) {
	case *Scan:
		return "scan " + n.Table.Name
	case *Values:
		return fmt.Sprintf("values, %d rows of %s", len(n.Rows), colNames(n.Cols))
	case *Range:
		return "range " + n.Col.Name
	case *Filter:
		return "filter"
	case *Extend:
		return "extend " + defNames(n.Defs)
	case *Limit:
		if len(n.Order) > 0 {
			return "top"
		}
		return "take"
	case *Aggregate:
		names := make([]string, len(n.Aggs))
		for i, a := range n.Aggs {
			names[i] = a.Col.Name
		}
		return "aggregate " + strings.Join(names, ", ") + " by " + defNames(n.Keys)
	case *First:
		return "first row of each key"
	case *Combine:
		return [...]string{"join", "left join", "right join", "full join", "semi join", "anti join"}[n.Kind]
	case *Union:
		return fmt.Sprintf("union of %d", len(n.Legs))
	case *Expand:
		return "expand"
	case *Shared:
		return "read " + n.CTE.Name
	case *RowNumber:
		return "number rows"
	case *Fold:
		return "fold rows, state " + colNames(n.Next)
	case *FoldRow:
		return "row and state"
	}
	return "?"
}

func defNames(defs []Def) string {
	names := make([]string, len(defs))
	for i, d := range defs {
		names[i] = d.Col.Name
	}
	return strings.Join(names, ", ")
}

func colNames(cols []*Col) string {
	names := make([]string, len(cols))
	for i, c := range cols {
		names[i] = c.Name
	}
	return strings.Join(names, ", ")
}
