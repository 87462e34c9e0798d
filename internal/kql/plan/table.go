// Package plan has the relational operators that a checked query consists of, the typed scalar expressions in them,
// and rewrites that each keep the answer. It also says how a KQL table lies in the database ([Table]). It writes no SQL.
package plan

import (
	"slices"

	"passtrail/internal/kql/types"
)

// Schema is the set of tables a query can name. It is made once and then only read.
type Schema struct {
	Tables []*Table
}

// Table finds a table by its exact name, as Kusto does; nil when there is none.
func (s *Schema) Table(name string) *Table {
	if s == nil {
		return nil
	}
	for _, t := range s.Tables {
		if t.Name == name {
			return t
		}
	}
	return nil
}

// Names lists the tables' names in the schema's order.
func (s *Schema) Names() []string {
	if s == nil {
		return nil
	}
	names := make([]string, 0, len(s.Tables))
	for _, t := range s.Tables {
		names = append(names, t.Name)
	}
	return names
}

// Table is a KQL table and how it lies in the database. All SQL in it is written by the program, never by a person.
type Table struct {
	Name, Doc string
	From      string   // physical relation with alias, "record r"
	Tenant    string   // the expression that is held to the tenant set of each query, "r.tenant"; never empty for a table with tenants' rows
	Shared    bool     // the rows belong to no tenant (vocabulary): only then may Tenant be empty
	Where     string   // fixed predicate, or ""
	Joins     []Join   // written, in this order, only when a used column needs them
	Columns   []Column // in the order that queries see
	Time      string   // column that the API's time span restricts; "" is TimeGenerated or Time, whichever there is
}

// Join brings further columns to a table; it must neither drop nor repeat rows.
type Join struct {
	Key, SQL string // SQL: "LEFT JOIN registration g ON g.user_id = r.target_id"
	Needs    string // key of a join that must stand before this one, or ""
}

// Column is one column of a table.
type Column struct {
	Name    string
	Type    types.Type
	SQL     string // expression over From and Joins; "{now}" is the query's now as ticks
	Join    string // key of the join it needs, or ""
	NotNull bool   // never null; string columns always are
	Doc     string
	// Paths gives, for a dynamic column, physical expressions with the same text as a JSON path,
	// "user.userPrincipalName" to "r.actor_upn": used where the query only wants that text.
	Paths map[string]string
	// Lookup, of a text column, is a physical number by which rows with one text are found quickly; nil without one.
	Lookup *Lookup
}

// Lookup is a number that a table keeps beside a text: Of of the text, or null where it was not reckoned. Texts that differ
// in letter case alone have the same one.
type Lookup struct {
	SQL string
	Of  func(text string) int32
}

// TimeColumn names the column that the API's time span restricts, or "".
func (t *Table) TimeColumn() string {
	if t.Time != "" {
		return t.Time
	}
	for _, name := range []string{"TimeGenerated", "Time"} {
		if slices.ContainsFunc(t.Columns, func(c Column) bool { return c.Name == name && c.Type == types.DateTime }) {
			return name
		}
	}
	return ""
}

// Column finds a column by its exact name; nil when there is none.
func (t *Table) Column(name string) *Column {
	for i := range t.Columns {
		if t.Columns[i].Name == name {
			return &t.Columns[i]
		}
	}
	return nil
}
