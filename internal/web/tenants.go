package web

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"passtrail"
	"passtrail/internal/auth"
)

// Tenants are the directories of this server.
type Tenants interface {
	// TenantList returns the tenants that the one who asks may see.
	TenantList(ctx context.Context) ([]TenantView, error)
	OptIn(ctx context.Context, s Scope) error
	OptOut(ctx context.Context, s Scope) error
	SetCustomQueries(ctx context.Context, s Scope, on bool) error
	// SetRegisteredOnly sets the day from which password reset accepts registered methods only; 0 is the announced one.
	SetRegisteredOnly(ctx context.Context, s Scope, day passtrail.Ticks) error
}

// TenantView is one tenant and its settings.
type TenantView struct {
	ID                    passtrail.TenantID
	Name                  string
	Collecting            bool
	OptedInAt, OptedOutAt passtrail.Ticks
	OptedInBy, OptedOutBy string
	CustomQueries         bool
	RetentionDays         int    // 0: for ever
	RegisteredOnly        string // day from which only registered methods count, 2026-11-09
}

// Portfolio is all tenants at a glance.
type Portfolio interface {
	// TenantWork says of each tenant that the one who asks may see what needs work, in the order of TenantList.
	TenantWork(ctx context.Context, now passtrail.Ticks) ([]TenantRow, error)
}

// TenantRow is one tenant with what tells whether it needs work.
type TenantRow struct {
	TenantView
	Week, Before               int64           // records of the last seven days, and of the seven before
	LastRecord, Snapshot       passtrail.Ticks // 0: none
	People, Registered         int64
	AdminsNotCapable, SetAside int64
	HighNew, MediumNew, LowNew int64 // new findings
	Needs                      []string
}

// Share is how many in a hundred are registered, -1 where nobody is known.
func (r *TenantRow) Share() float64 {
	if r.People == 0 {
		return -1
	}
	return 100 * float64(r.Registered) / float64(r.People)
}

// New is how many findings are new.
func (r *TenantRow) New() int64 { return r.HighNew + r.MediumNew + r.LowNew }

type tenantsPage struct {
	*Shell
	Rows  []TenantRow
	Busy  int64 // tenants that need work
	Order string
	Down  bool
}

func (*tenantsPage) file() string { return "tenants.html" }

// tenantOrders compare two tenants by a column, in the direction in which it is read first.
var tenantOrders = map[string]func(a, b *TenantRow) int{
	"needs": func(a, b *TenantRow) int {
		return cmp.Or(cmp.Compare(b.HighNew, a.HighNew), cmp.Compare(len(b.Needs), len(a.Needs)), cmp.Compare(b.New(), a.New()))
	},
	"name":       func(a, b *TenantRow) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) },
	"collection": func(a, b *TenantRow) int { return cmp.Compare(number(a.Collecting), number(b.Collecting)) },
	"week":       func(a, b *TenantRow) int { return cmp.Compare(a.Week, b.Week) },
	"before":     func(a, b *TenantRow) int { return cmp.Compare(a.Week-a.Before, b.Week-b.Before) },
	"last":       func(a, b *TenantRow) int { return cmp.Compare(a.LastRecord, b.LastRecord) },
	"snapshot":   func(a, b *TenantRow) int { return cmp.Compare(a.Snapshot, b.Snapshot) },
	"registered": func(a, b *TenantRow) int { return cmp.Compare(a.Share(), b.Share()) },
	"admins":     func(a, b *TenantRow) int { return cmp.Compare(b.AdminsNotCapable, a.AdminsNotCapable) },
	"findings": func(a, b *TenantRow) int {
		return cmp.Or(cmp.Compare(b.HighNew, a.HighNew), cmp.Compare(b.MediumNew, a.MediumNew), cmp.Compare(b.LowNew, a.LowNew))
	},
	"aside": func(a, b *TenantRow) int { return cmp.Compare(b.SetAside, a.SetAside) },
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

// SortColumn is the head of a column that the list can be ordered by.
type SortColumn struct {
	Text, Href, Sorted string // Sorted is "ascending", "descending" or ""
	Numeric            bool
}

// Columns are the heads; each leads to the list in its order, and back to front when it is in that order already.
func (p *tenantsPage) Columns() []SortColumn {
	var out []SortColumn
	for _, c := range []struct {
		text, order string
		numeric     bool
	}{{"Tenant", "name", false}, {"Needs work", "needs", false}, {"Collection", "collection", false}, {"7 days", "week", true}, {"Before", "before", true},
		{"Last record", "last", false}, {"Snapshot", "snapshot", false}, {"Registered", "registered", true}, {"Admins not ready", "admins", true},
		{"New findings", "findings", false}, {"Set aside", "aside", true}} {
		col := SortColumn{Text: c.text, Numeric: c.numeric, Href: p.With("sort", c.order, "down", "")}
		if c.order == p.Order {
			col.Sorted = "descending"
			if !p.Down {
				col.Sorted, col.Href = "ascending", p.With("sort", c.order, "down", "1")
			}
		}
		out = append(out, col)
	}
	return out
}

// In is the address of a page for one of the tenants.
func (*tenantsPage) In(r TenantRow, path string, pairs ...string) string {
	v := url.Values{"tenant": {string(r.ID)}}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return address(path, v)
}

// tenantsPage lists the tenants that the person may see, those that need work first.
func (s *Server) tenantsPage(w http.ResponseWriter, r *http.Request) error {
	sh, err := s.shell(r, "tenants", "Tenants")
	if err != nil {
		return err
	}
	p := &tenantsPage{Shell: sh, Order: sh.Value("sort"), Down: sh.Value("down") != ""}
	less := tenantOrders[p.Order]
	if less == nil {
		p.Order, less = "needs", tenantOrders["needs"]
	}
	if p.Rows, err = s.services.TenantWork(r.Context(), s.scope(sh).Now); err != nil {
		return err
	}
	slices.SortStableFunc(p.Rows, func(a, b TenantRow) int {
		if p.Down {
			return less(&b, &a)
		}
		return less(&a, &b)
	})
	for i := range p.Rows {
		if len(p.Rows[i].Needs) > 0 {
			p.Busy++
		}
	}
	return s.render(w, r, p)
}

// portfolio is the entry of the menu for whoever sees several tenants.
var portfolio = MenuItem{"tenants", "Tenants", "/tenants", "tenant", auth.ReadReports, 0}
