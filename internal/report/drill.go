package report

import (
	"fmt"
	"slices"
	"strings"

	"passtrail/internal/kql/types"
	"passtrail/internal/query"
)

// DrillText is the KQL that leads to what is behind a row of one of the report's tables, or "" when the table has no way
// down or the row has not the columns that it needs. Values are written as KQL literals.
func (o *Output) DrillText(t query.Table, row []any) string {
	i := slices.IndexFunc(o.Report.Tables, func(def Table) bool { return def.Name == t.Name })
	if i < 0 || o.Report.Tables[i].Drill == "" {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "let StartTime = datetime(%s);\nlet EndTime = datetime(%s);\n", o.Params.From, o.Params.To)
	for rest := o.Report.Tables[i].Drill; ; {
		before, after, found := strings.Cut(rest, "{{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, tail, _ := strings.Cut(after, "}}")
		c := t.Index(name)
		if c < 0 {
			return ""
		}
		b.WriteString(literal(row[c], t.Columns[c].Type))
		rest = tail
	}
}

// literal writes a cell as a KQL literal of its type.
func literal(v any, t types.Type) string {
	if v == nil && t != types.String {
		return t.String() + "(null)"
	}
	switch t {
	case types.DateTime, types.TimeSpan, types.Decimal, types.Guid, types.Real, types.Int, types.Long:
		return fmt.Sprintf("%s(%v)", t, query.JSONCell(v, t))
	case types.Dynamic:
		return fmt.Sprintf("parse_json(%s)", quote(fmt.Sprint(v)))
	case types.Bool:
		return fmt.Sprint(v)
	}
	s, _ := v.(string)
	return quote(s)
}

// quote writes text as a KQL string literal.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "\x00", "\ufffd").Replace(s) + `"`
}
