package explore

import (
	"context"
	"fmt"
	"strings"

	"passtrail"
	"passtrail/internal/query"
	"passtrail/internal/store"
)

// TenantWork is one tenant and what tells whether it needs work today.
type TenantWork struct {
	store.Tenant
	store.Standing
	Week, Before int64           // records of the seven days up to now, and of the seven before
	LastRecord   passtrail.Ticks // 0: none
}

// The ages from which on something is reported as missing.
const (
	silentAfter  = 2 * passtrail.Day // records come every day
	snapshotLife = 8 * passtrail.Day // weekly, and a day late
)

// Needs says what needs work, the gravest first; nothing when all is well.
func (w *TenantWork) Needs(now passtrail.Ticks) []string {
	var needs []string
	add := func(is bool, text string) {
		if is {
			needs = append(needs, text)
		}
	}
	add(w.NewFindings["high"] > 0, "severe findings")
	add(w.OptedInAt == 0, "collection is off")
	add(w.OptedInAt != 0 && w.LastRecord == 0, "no records")
	add(w.LastRecord != 0 && w.LastRecord < now-silentAfter, "no new records")
	add(w.NewFindings["high"] == 0 && len(w.NewFindings) > 0, "findings")
	add(w.AdminsNotCapable > 0, "admins who cannot reset")
	add(w.Snapshot == 0, "no registrations")
	add(w.Snapshot != 0 && w.Snapshot < now-snapshotLife, "old registrations")
	add(w.SetAside > 0, "inputs set aside")
	return needs
}

// FindingWords says how many new findings there are, by severity: "1 high, 3 low".
func (w *TenantWork) FindingWords() string {
	var parts []string
	for _, severity := range []string{"high", "medium", "low"} {
		if n := w.NewFindings[severity]; n > 0 {
			parts = append(parts, fmt.Sprint(n, " ", severity))
		}
	}
	return strings.Join(parts, ", ")
}

// tenantRecords counts records per tenant; the week before is looked at apart from all that was before it.
const tenantRecords = `AuditLogs
| where TimeGenerated > ago(14d) and TimeGenerated <= now()
| summarize Week = countif(TimeGenerated > ago(7d)), Before = countif(TimeGenerated <= ago(7d)) by TenantId;
AuditLogs
| where TimeGenerated <= now()
| summarize Last = max(TimeGenerated) by TenantId`

// Work says of each tenant what tells whether it needs work, in the order given. It sees no other tenants.
func Work(ctx context.Context, st store.Model, engine *query.Engine, tenants []store.Tenant, now passtrail.Ticks) ([]TenantWork, error) {
	if len(tenants) == 0 {
		return nil, nil
	}
	ids := make([]passtrail.TenantID, len(tenants))
	out, at := make([]TenantWork, len(tenants)), make(map[string]*TenantWork, len(tenants))
	for i, t := range tenants {
		ids[i] = t.ID
		out[i].Tenant = t
		at[string(t.ID)] = &out[i]
	}
	standings, err := st.Standings(ctx, ids, now)
	if err != nil {
		return nil, err
	}
	for i := range standings {
		out[i].Standing = standings[i]
	}
	res, err := engine.Run(ctx, query.Request{Text: tenantRecords, Tenants: ids, Now: now})
	if err != nil {
		return nil, err
	}
	for _, row := range res.Tables[0].Rows {
		if w := at[row[0].(string)]; w != nil {
			w.Week, w.Before = row[1].(int64), row[2].(int64)
		}
	}
	for _, row := range res.Tables[1].Rows {
		if w := at[row[0].(string)]; w != nil {
			last, _ := row[1].(int64)
			w.LastRecord = passtrail.Ticks(last)
		}
	}
	return out, nil
}
